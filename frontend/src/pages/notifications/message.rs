//! A mail's few parts that people read, out of its source (RFC 5322, MIME):
//! enough for mails that this installation wrote itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The parts of a mail that people read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Message {
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

impl Message {
    /// Reads a mail; what cannot be read is shown as it stands.
    pub(super) fn parse(raw: &str) -> Self {
        let raw = raw.replace("\r\n", "\n");
        let (head, body) = raw.split_once("\n\n").unwrap_or((&raw, ""));
        Self {
            to: words_decode(&header(head, "to").unwrap_or_default()),
            subject: words_decode(&header(head, "subject").unwrap_or_default()),
            text: text_of(head, body, 0).unwrap_or_else(|| body.to_owned()),
        }
    }
}

/// A header's value, its folded lines joined.
fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines();
    let first = lines.by_ref().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })?;
    let folded = lines.take_while(|line| line.starts_with([' ', '\t']));
    Some(folded.fold(first, |all, line| format!("{all} {}", line.trim())))
}

/// The plain text of a part, or of the first part inside that has one.
fn text_of(head: &str, body: &str, depth: usize) -> Option<String> {
    let kind = header(head, "content-type").unwrap_or_else(|| "text/plain".into());
    let lower = kind.to_lowercase();
    if lower.starts_with("text/plain") {
        let encoding = header(head, "content-transfer-encoding").unwrap_or_default().to_lowercase();
        return Some(body_decode(body, &encoding));
    }
    if !lower.starts_with("multipart/") || depth > 4 {
        return None;
    }
    let boundary = kind.split_once("boundary=")?.1.split(';').next()?.trim().trim_matches('"');
    let separator = format!("--{boundary}");
    body.split(separator.as_str()).skip(1).find_map(|part| {
        let (head, body) = part.trim_start_matches('\n').split_once("\n\n")?;
        text_of(head, body, depth + 1)
    })
}

fn body_decode(body: &str, encoding: &str) -> String {
    match encoding {
        "quoted-printable" => quoted_decode(&body.replace("=\n", "")),
        "base64" => {
            let compact: String = body.split_whitespace().collect();
            let bytes = STANDARD.decode(compact).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => body.to_owned(),
    }
}

/// `=C3=A9` and its like.
fn quoted_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        bytes.extend_from_slice(before.as_bytes());
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = match code {
            Some(byte) => {
                bytes.push(byte);
                after.get(2..).unwrap_or_default()
            }
            None => {
                bytes.push(b'=');
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encoded words in a header (RFC 2047): `=?utf-8?b?…?=`.
fn words_decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?") {
        let decoded = after.split_once("?=").and_then(|(word, tail)| {
            let mut parts = word.splitn(3, '?');
            let (_, encoding, data) = (parts.next()?, parts.next()?, parts.next()?);
            let words = match encoding.to_ascii_lowercase().as_str() {
                "b" => String::from_utf8_lossy(&STANDARD.decode(data).ok()?).into_owned(),
                "q" => quoted_decode(&data.replace('_', " ")),
                _ => return None,
            };
            Some((words, tail))
        });
        // The blank between two encoded words is no part of the text.
        if !(out.is_empty() || before.trim().is_empty()) || out.is_empty() {
            out.push_str(before);
        }
        match decoded {
            Some((words, tail)) => {
                out.push_str(&words);
                rest = tail;
            }
            None => {
                out.push_str("=?");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_parts_are_found_and_decoded() {
        let raw = "From: a@b\r\nTo: =?utf-8?b?TWFyYSBMaW5kw6k=?= <mara@nordhaven.example>\r\n\
            Subject: =?utf-8?q?fraud-scorer=402?=\r\n =?utf-8?b?IHdhaXRz?=\r\n\
            Content-Type: multipart/alternative;\r\n boundary=\"xyz\"\r\n\r\n\
            --xyz\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n\
            --xyz\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            Caf=C3=A9 is =\r\nopen at 100=25.\r\n--xyz--\r\n";
        let message = Message::parse(raw);
        assert_eq!(message.to, "Mara Lindé <mara@nordhaven.example>");
        assert_eq!(message.subject, "fraud-scorer@2 waits");
        assert_eq!(message.text.trim(), "Café is open at 100%.");
    }

    #[test]
    fn what_is_no_mail_is_shown_as_it_stands() {
        assert_eq!(Message::parse("no mail").text, "");
        assert_eq!(Message::parse("Subject: =?odd\n\nbody").subject, "=?odd");
        assert_eq!(Message::parse("Subject: a\n\nbody = b").text, "body = b");
    }
}
