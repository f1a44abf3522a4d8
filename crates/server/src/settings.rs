//! Settings shared by the subcommands, from flags, `WEIGHHOUSE_*` variables
//! and, for secrets, files.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use url::Url;
use weighhouse_core::kernel::config::{
    Config, MailConfig, MailTransport, SmtpConfig, StoreConfig, is_loopback,
};

/// Where the database is.
#[derive(Args, Clone)]
pub(crate) struct DatabaseArgs {
    /// Postgres, as postgres://user:password@host/database?sslmode=verify-full&sslrootcert=FILE
    #[arg(long, env = "WEIGHHOUSE_DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    pub(crate) database_url: Option<String>,
    /// A file that holds the database URL
    #[arg(
        long,
        env = "WEIGHHOUSE_DATABASE_URL_FILE",
        value_name = "FILE",
        conflicts_with = "database_url",
        global = true
    )]
    pub(crate) database_url_file: Option<PathBuf>,
}

impl DatabaseArgs {
    pub(crate) fn given(&self) -> Result<Option<String>> {
        secret(self.database_url.as_deref(), self.database_url_file.as_deref())
    }

    pub(crate) fn required(&self) -> Result<String> {
        self.given()?.context(
            "no database is set; give --database-url or WEIGHHOUSE_DATABASE_URL (or run ‘weighhouse up’, which has its own)",
        )
    }
}

/// How many connections to the database are kept.
#[derive(Args, Clone)]
pub(crate) struct PoolArgs {
    /// Connections kept to the database, by this process
    #[arg(
        long,
        env = "WEIGHHOUSE_DATABASE_CONNECTIONS",
        default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(2..=1000),
        value_name = "NUMBER"
    )]
    database_connections: u16,
}

impl PoolArgs {
    pub(crate) fn applied(&self, config: Config) -> Config {
        Config { database_connections: self.database_connections.into(), ..config }
    }
}

/// Where Prometheus reads.
#[derive(Args, Clone)]
pub(crate) struct MetricsArgs {
    /// Address and port for /metrics, /healthz and /readyz, for a private network; off unless given
    #[arg(long, env = "WEIGHHOUSE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    metrics_listen: Option<SocketAddr>,
}

impl MetricsArgs {
    /// Binds the socket before anything else is started.
    pub(crate) fn bind(&self) -> Result<Option<TcpListener>> {
        let Some(address) = self.metrics_listen else { return Ok(None) };
        let listener = TcpListener::bind(address).with_context(|| {
            format!("cannot listen on {address} for metrics: choose another port with --metrics-listen")
        })?;
        Ok(Some(listener))
    }
}

/// How mail leaves.
#[derive(Args, Clone)]
pub(crate) struct MailArgs {
    /// SMTP server, as smtps://user:password@host or smtp://user:password@host:587?tls=required
    #[arg(long, env = "WEIGHHOUSE_SMTP_URL", hide_env_values = true, value_name = "URL")]
    smtp_url: Option<String>,
    /// A file that holds the SMTP URL
    #[arg(long, env = "WEIGHHOUSE_SMTP_URL_FILE", value_name = "FILE", conflicts_with = "smtp_url")]
    smtp_url_file: Option<PathBuf>,
    /// A PEM file of authorities that sign the SMTP server's certificate, beside the machine's own
    #[arg(long, env = "WEIGHHOUSE_SMTP_CA", value_name = "FILE")]
    smtp_ca: Option<PathBuf>,
    /// The sender of mails
    #[arg(
        long,
        env = "WEIGHHOUSE_MAIL_FROM",
        default_value = "Weighhouse <weighhouse@localhost.localdomain>",
        value_name = "ADDRESS"
    )]
    mail_from: String,
}

impl MailArgs {
    /// The mail settings; without an SMTP server, mail goes into `folder`.
    pub(crate) fn config(&self, folder: Option<PathBuf>) -> Result<MailConfig> {
        let smtp = secret(self.smtp_url.as_deref(), self.smtp_url_file.as_deref())?;
        let transport = match (smtp, folder) {
            (Some(url), _) => {
                let url = url.parse().context("--smtp-url is no URL")?;
                MailTransport::Smtp(SmtpConfig { url, ca: self.smtp_ca.clone() })
            }
            (None, Some(folder)) => MailTransport::Folder(folder),
            (None, None) => bail!("no mail server is set; give --smtp-url or WEIGHHOUSE_SMTP_URL"),
        };
        Ok(MailConfig { from: self.mail_from.clone(), transport })
    }
}

/// Where people reach the installation.
#[derive(Args, Clone)]
pub(crate) struct ListenArgs {
    /// Address and port to listen on
    #[arg(long, env = "WEIGHHOUSE_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,
    /// The address that people type, https:// behind a proxy; http://LISTEN unless given
    #[arg(long, env = "WEIGHHOUSE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Url>,
}

impl ListenArgs {
    /// The public URL. Plain http beyond loopback is refused.
    pub(crate) fn public_url(&self) -> Result<Url> {
        let url = match &self.public_url {
            Some(url) => url.clone(),
            None if self.listen.ip().is_loopback() => format!("http://{}", self.listen).parse()?,
            None => bail!(
                "listening on {} lets other machines in over plain http, and browsers do not send the \
                 sign-in cookie back over plain http: people would be asked to sign in for ever. \
                 Put a proxy with TLS in front and give --public-url https://…, or listen on 127.0.0.1",
                self.listen
            ),
        };
        let host = url.host_str().context("--public-url has no host")?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(host) => Ok(url),
            "http" => bail!(
                "--public-url {url} is plain http beyond this machine: the sign-in cookie is bound to https \
                 and would never come back. Put a proxy with TLS in front and give its https:// address"
            ),
            other => bail!("--public-url must begin with https:// (or http:// on loopback), not {other}:"),
        }
    }
}

/// The settings of a process.
pub(crate) fn config(database_url: String, store_url: Url, mail: MailConfig, public_url: Url) -> Config {
    // A variable that is no text is none of the store's.
    let variables =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let store = StoreConfig { url: store_url, options: variables.collect() };
    Config { database_url, database_connections: 16, store, mail, public_url }
}

/// A secret from its flag or variable, or from the file that holds it.
fn secret(value: Option<&str>, file: Option<&Path>) -> Result<Option<String>> {
    match (value, file) {
        (Some(value), _) => Ok(Some(value.to_owned())),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("the secret file {} cannot be read", file.display()))?;
            Ok(Some(text.trim().to_owned()))
        }
        (None, None) => Ok(None),
    }
}
