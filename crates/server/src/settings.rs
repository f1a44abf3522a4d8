//! Settings shared by the subcommands, from flags, `WEIGHHOUSE_*` variables
//! and, for secrets, files.

use anyhow::{Context, Result, bail};
use clap::Args;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use url::Url;
use weighhouse_core::kernel::config::{Config, MailConfig, MailTransport, is_loopback};
use weighhouse_core::kernel::network::{Proxies, ProxyHeader};

/// Where the database is.
#[derive(Args, Clone)]
pub(crate) struct DatabaseArgs {
    /// Postgres, as postgres://user:password@host/database
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

/// How mail leaves.
#[derive(Args, Clone)]
pub(crate) struct MailArgs {
    /// SMTP server, as smtp://user:password@host:587?tls=required or smtps://…
    #[arg(long, env = "WEIGHHOUSE_SMTP_URL", hide_env_values = true, value_name = "URL")]
    smtp_url: Option<String>,
    /// A file that holds the SMTP URL
    #[arg(long, env = "WEIGHHOUSE_SMTP_URL_FILE", value_name = "FILE", conflicts_with = "smtp_url")]
    smtp_url_file: Option<PathBuf>,
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
            (Some(url), _) => MailTransport::Smtp(url.parse().context("--smtp-url is no URL")?),
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
    /// Proxies in front, as addresses or networks (10.0.0.0/8,::1): what they say about who
    /// connects to them is believed, and nobody else's word
    #[arg(long, env = "WEIGHHOUSE_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// The header in which they say it, and which they set anew on every request
    #[arg(
        long,
        env = "WEIGHHOUSE_PROXY_HEADER",
        value_enum,
        default_value = "x-forwarded-for",
        value_name = "HEADER"
    )]
    proxy_header: ProxyHeaderArg,
}

/// [`ProxyHeader`] on the command line.
#[derive(clap::ValueEnum, Clone, Copy)]
enum ProxyHeaderArg {
    XForwardedFor,
    Forwarded,
}

/// A network, or an address as the network of itself.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|e| format!("write an address, or a network as 10.0.0.0/8: {e}"))
}

impl ListenArgs {
    /// The proxies that are believed about who connects.
    pub(crate) fn proxies(&self) -> Proxies {
        let header = match self.proxy_header {
            ProxyHeaderArg::XForwardedFor => ProxyHeader::XForwardedFor,
            ProxyHeaderArg::Forwarded => ProxyHeader::Forwarded,
        };
        Proxies { trusted: self.trusted_proxies.clone(), header }
    }

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
    let proxies = Proxies::default();
    Config { database_url, database_connections: 16, store_url, mail, public_url, proxies }
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        listen: ListenArgs,
    }

    #[test]
    fn proxies_are_named_as_addresses_or_networks() {
        let given = ["x", "--trusted-proxies", "10.0.0.0/8, ::1", "--proxy-header", "forwarded"];
        let proxies = Cli::try_parse_from(given).unwrap().listen.proxies();
        assert_eq!(proxies.trusted, ["10.0.0.0/8".parse().unwrap(), "::1/128".parse::<IpNet>().unwrap()]);
        assert_eq!(proxies.header, ProxyHeader::Forwarded);
        let none = Cli::try_parse_from(["x"]).unwrap().listen.proxies();
        assert!(none.trusted.is_empty() && none.header == ProxyHeader::XForwardedFor);
        let wrong = Cli::try_parse_from(["x", "--trusted-proxies", "everybody"]).err().unwrap();
        assert!(wrong.to_string().contains("10.0.0.0/8"), "{wrong}");
    }
}
