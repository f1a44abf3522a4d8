//! One letter in two forms: plain text, and HTML that mail programs agree on.

use crate::kernel::outbox::Mail;
use std::fmt::Write;

/// A letter's content.
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// What to do now: a label and where it leads.
    pub(super) button: Option<(String, String)>,
}

/// A row of the letter's table.
pub(super) struct Row {
    pub(super) head: bool,
    pub(super) cells: [String; 3],
}

impl Letter {
    /// The mail to somebody.
    pub(super) fn to(&self, recipient: &str) -> Mail {
        Mail {
            recipient: recipient.to_owned(),
            subject: self.subject.clone(),
            text: self.text(),
            html: self.html(),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.paragraphs.join("\n\n");
        if !self.rows.is_empty() {
            text.push_str("\n\n");
            for Row { cells: [metric, before, after], .. } in &self.rows {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{metric:<44} {before:>18} {after:>18}");
            }
        }
        if let Some((label, link)) = &self.button {
            let _ = write!(text, "\n\n{label}:\n{link}\n");
        }
        text
    }

    pub(super) fn html(&self) -> String {
        let paragraph = |p: &String| format!("<p style=\"margin:0 0 14px\">{}</p>", escape(p));
        let paragraphs: String = self.paragraphs.iter().map(paragraph).collect();
        let rows: String = self.rows.iter().map(Row::html).collect();
        let table = if rows.is_empty() {
            String::new()
        } else {
            format!("<table style=\"border-collapse:collapse;font-size:13px;margin:0 0 18px\">{rows}</table>")
        };
        let button = self.button.as_ref().map_or_else(String::new, |(label, link)| {
            format!(
                "<p style=\"margin:22px 0\"><a href=\"{}\" style=\"background:#7a5a12;color:#fff;\
                 padding:10px 18px;border-radius:4px;text-decoration:none;font-weight:600\">{}</a></p>",
                escape(link),
                escape(label)
            )
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
             <body style=\"margin:0;background:#f6f3ec\"><div style=\"max-width:600px;margin:0 auto;padding:28px 24px;\
             background:#fffdf8;color:#22262b;font:15px/1.5 system-ui,sans-serif\">\
             <p style=\"margin:0 0 20px;font-weight:700;letter-spacing:.02em\">Weighhouse</p>\
             {paragraphs}{table}{button}</div></body></html>",
            escape(&self.subject)
        )
    }
}

impl Row {
    fn html(&self) -> String {
        let tag = if self.head { "th" } else { "td" };
        let [metric, before, after] = &self.cells;
        let cell = |align: &str, text: &str| {
            format!(
                "<{tag} style=\"text-align:{align};padding:5px 14px 5px 0;border-bottom:1px solid #e2dccd\">{}</{tag}>",
                escape(text)
            )
        };
        format!("<tr>{}{}{}</tr>", cell("left", metric), cell("right", before), cell("right", after))
    }
}

/// Text made safe inside HTML and its attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// A name as one segment of a path.
pub(super) fn path_segment(name: &str) -> String {
    let mut url = url::Url::parse("http://x/").ok();
    if let Some(mut segments) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        segments.push(name);
    }
    url.map_or_else(|| name.to_owned(), |url| url.path().trim_start_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_stay_text() {
        let letter = Letter {
            subject: "x".into(),
            paragraphs: vec!["<script>alert('1')</script>".into()],
            rows: Vec::new(),
            button: Some(("Go".into(), "http://x/?a=\"b\"".into())),
        };
        assert!(!letter.html().contains("<script>"));
        assert!(!letter.html().contains("=\"b\""));
    }

    #[test]
    fn segments_are_encoded() {
        assert_eq!(path_segment("a b?c"), "a%20b%3Fc");
    }
}
