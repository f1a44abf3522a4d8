//! Sending mail: over SMTP, or into a folder of `.eml` files.

use super::config::{MailConfig, MailTransport, SmtpConfig, is_loopback};
use super::error::{Error, Result};
use super::metrics::metrics;
use super::outbox::Mail;
use lettre::message::header::HeaderName;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::PathBuf;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// How long one answer of the SMTP server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends what the outbox holds.
pub(crate) struct Mailer {
    from: Mailbox,
    transport: Transport,
}

enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
}

impl Mailer {
    pub(crate) fn new(config: &MailConfig) -> Result<Self> {
        let from = config
            .from
            .parse()
            .map_err(|e| Error::invalid("mail-from", format!("‘{}’ is no mail address: {e}", config.from)))?;
        let transport = match &config.transport {
            MailTransport::Smtp(smtp) => Transport::Smtp(Box::new(connect(smtp)?)),
            MailTransport::Folder(path) => Transport::Folder(path.clone()),
        };
        Ok(Self { from, transport })
    }

    /// The folder that receives mail while no SMTP server is configured.
    pub(crate) fn folder(&self) -> Option<&PathBuf> {
        match &self.transport {
            Transport::Folder(path) => Some(path),
            Transport::Smtp(_) => None,
        }
    }

    /// Sends under an id that is the same at every attempt, so that a
    /// receiver can tell a second delivery.
    ///
    /// # Errors
    /// `Permanent` where the receiving side will never take it.
    pub(crate) async fn send(&self, id: Uuid, request_id: &str, mail: &Mail) -> Result<()> {
        let sent = self.hand_over(id, request_id, mail).await;
        let outcome = match &sent {
            Ok(()) => "sent",
            Err(error) if error.is_permanent() => "rejected",
            Err(_) => "failed",
        };
        metrics().mails.with_label_values(&[outcome]).inc();
        sent
    }

    async fn hand_over(&self, id: Uuid, request_id: &str, mail: &Mail) -> Result<()> {
        let host = self.from.email.domain();
        let to = mail.recipient.parse();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to.map_err(|e| Error::Permanent(format!("the recipient is no mail address: {e}")))?)
            .subject(&mail.subject)
            .message_id(Some(format!("<{id}@{host}>")))
            .raw_header(header("X-Request-Id", request_id)?)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(Error::internal)?;
        match &self.transport {
            Transport::Smtp(smtp) => {
                smtp.send(message).await.map_err(|e| refused(&e))?;
            }
            Transport::Folder(folder) => {
                tokio::fs::create_dir_all(folder).await.map_err(Error::internal)?;
                let partial = folder.join(format!(".{id}.partial"));
                tokio::fs::write(&partial, message.formatted()).await.map_err(Error::internal)?;
                let path = folder.join(format!("{id}.eml"));
                tokio::fs::rename(&partial, &path).await.map_err(Error::internal)?;
            }
        }
        Ok(())
    }
}

/// Answers 5xx are for good, but for those about who we are: an operator
/// mends a wrong password, and the mails that wait are sent then.
fn refused(error: &SmtpError) -> Error {
    let code = error.status().map(u16::from);
    let about_us = matches!(code, Some(530 | 534 | 535 | 538));
    if about_us {
        return Error::internal(format!("SMTP: the server does not accept our sign-in: {error}"));
    }
    if error.is_permanent() {
        return Error::Permanent(format!("SMTP: {error}"));
    }
    let what = if error.is_tls() { "the server's certificate or TLS does not fit: " } else { "" };
    Error::internal(format!("SMTP: {what}{error}"))
}

fn wrong(detail: impl std::fmt::Display) -> Error {
    Error::invalid("smtp-url", format!("The SMTP URL cannot be used: {detail}"))
}

/// How a connection to the server is kept from listeners.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Secrecy {
    /// TLS from the first byte: `smtps://`.
    Implicit,
    /// STARTTLS, or nothing is sent.
    Required,
    /// STARTTLS where the server offers it.
    Opportunistic,
    None,
}

/// Without a word in the URL, mail on this machine goes as it is, a password
/// needs TLS, and all else takes what the server offers.
fn secrecy(url: &Url) -> Result<Secrecy> {
    let local = url.host_str().is_some_and(is_loopback);
    let password = url.password().is_some();
    let wanted = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
    let secrecy = match (url.scheme(), wanted.as_deref()) {
        ("smtps", None | Some("required")) => Secrecy::Implicit,
        ("smtp", Some("required")) => Secrecy::Required,
        ("smtp", Some("opportunistic")) => Secrecy::Opportunistic,
        ("smtp", Some("none")) => Secrecy::None,
        ("smtp", None) if local => Secrecy::None,
        ("smtp", None) if password => Secrecy::Required,
        ("smtp", None) => Secrecy::Opportunistic,
        ("smtp" | "smtps", Some(other)) => {
            return Err(wrong(format!("tls=‘{other}’ is not one of required, opportunistic, none")));
        }
        (other, _) => return Err(wrong(format!("it begins with {other}:, not smtp: or smtps:"))),
    };
    if password && !local && matches!(secrecy, Secrecy::None | Secrecy::Opportunistic) {
        return Err(wrong("it would send a password in the clear; use smtps:// or tls=required"));
    }
    Ok(secrecy)
}

/// Connects when first asked.
fn connect(config: &SmtpConfig) -> Result<AsyncSmtpTransport<Tokio1Executor>> {
    let url = &config.url;
    let host = url.host_str().ok_or_else(|| wrong("it names no host"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let secrecy = secrecy(url)?;
    let (tls, port) = match secrecy {
        Secrecy::Implicit => (Tls::Wrapper(parameters(bare, config)?), SUBMISSIONS_PORT),
        Secrecy::Required => (Tls::Required(parameters(bare, config)?), SUBMISSION_PORT),
        Secrecy::Opportunistic => (Tls::Opportunistic(parameters(bare, config)?), SUBMISSION_PORT),
        Secrecy::None => (Tls::None, SMTP_PORT),
    };
    let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(bare)
        .tls(tls)
        .port(url.port().unwrap_or(port))
        .timeout(Some(PATIENCE));
    if let Some(password) = url.password() {
        smtp = smtp.credentials(Credentials::new(decoded(url.username())?, decoded(password)?));
    }
    Ok(smtp.build())
}

fn decoded(text: &str) -> Result<String> {
    let plain = percent_encoding::percent_decode_str(text).decode_utf8();
    Ok(plain.map_err(|e| wrong(format!("user or password: {e}")))?.into_owned())
}

fn parameters(host: &str, config: &SmtpConfig) -> Result<TlsParameters> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(file) = &config.ca {
        let unusable = |e: &dyn std::fmt::Display| {
            Error::invalid("smtp-ca", format!("{} holds no certificate in PEM form: {e}", file.display()))
        };
        let pem = std::fs::read(file).map_err(|e| unusable(&e))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| unusable(&e))?);
    }
    parameters.build().map_err(wrong)
}

fn header(name: &str, value: &str) -> Result<lettre::message::header::HeaderValue> {
    let name = HeaderName::new_from_ascii(name.into()).map_err(Error::internal)?;
    Ok(lettre::message::header::HeaderValue::new(name, value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_travels_in_the_clear() {
        for (url, wanted) in [
            ("smtp://127.0.0.1:25", Some(Secrecy::None)),
            ("smtp://a:b@localhost", Some(Secrecy::None)),
            ("smtp://mail.example", Some(Secrecy::Opportunistic)),
            ("smtp://a:b@mail.example", Some(Secrecy::Required)),
            ("smtp://mail.example?tls=required", Some(Secrecy::Required)),
            ("smtp://mail.example?tls=none", Some(Secrecy::None)),
            ("smtps://a:b@mail.example", Some(Secrecy::Implicit)),
            ("smtp://a:b@mail.example?tls=none", None),
            ("smtp://a:b@mail.example?tls=opportunistic", None),
            ("smtp://mail.example?tls=yes", None),
            ("http://mail.example", None),
        ] {
            assert_eq!(secrecy(&url.parse().unwrap()).ok(), wanted, "{url}");
        }
    }
}
