//! Sending mail: over SMTP, or into a folder of `.eml` files.

use super::config::{MailConfig, MailTransport};
use super::error::{Error, Result};
use super::outbox::Mail;
use lettre::message::header::HeaderName;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::PathBuf;
use uuid::Uuid;

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
            MailTransport::Smtp(url) => {
                let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
                    .map_err(|e| Error::invalid("smtp-url", format!("cannot be used: {e}")))?;
                Transport::Smtp(Box::new(smtp.build()))
            }
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
    pub(crate) async fn send(&self, id: Uuid, request_id: &str, mail: &Mail) -> Result<()> {
        let host = self.from.email.domain();
        let message = Message::builder()
            .from(self.from.clone())
            .to(mail.recipient.parse().map_err(Error::internal)?)
            .subject(&mail.subject)
            .message_id(Some(format!("<{id}@{host}>")))
            .raw_header(header("X-Request-Id", request_id)?)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(Error::internal)?;
        match &self.transport {
            Transport::Smtp(smtp) => {
                smtp.send(message).await.map_err(|e| Error::internal(format!("SMTP: {e}")))?;
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

fn header(name: &str, value: &str) -> Result<lettre::message::header::HeaderValue> {
    let name = HeaderName::new_from_ascii(name.into()).map_err(Error::internal)?;
    Ok(lettre::message::header::HeaderValue::new(name, value.into()))
}
