//! Settings shared by the subcommands, from flags, `WEIGHHOUSE_*` variables
//! and, for secrets, files.

use anyhow::{Context, Result, bail};
use clap::Args;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;
use weighhouse_core::kernel::config::{
    Config, JwtConfig, LogKey, MailConfig, MailTransport, SmtpConfig, StoreConfig, is_loopback,
};
use weighhouse_core::kernel::network::{Proxies, ProxyHeader};
use weighhouse_core::kernel::outside::Outgoing;
use weighhouse_core::kernel::seal::SealKey;

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

/// What signs the audit logs.
#[derive(Args, Clone)]
pub(crate) struct LogKeyArgs {
    /// Key that signs the audit logs' checkpoints, as ‘weighhouse admin log-key create’ prints it
    #[arg(long, env = "WEIGHHOUSE_LOG_KEY", hide_env_values = true, value_name = "KEY")]
    log_key: Option<String>,
    /// A file that holds the log key
    #[arg(long, env = "WEIGHHOUSE_LOG_KEY_FILE", value_name = "FILE", conflicts_with = "log_key")]
    log_key_file: Option<PathBuf>,
}

impl LogKeyArgs {
    /// The key, if one is given.
    pub(crate) fn given(&self) -> Result<Option<LogKey>> {
        let text = secret(self.log_key.as_deref(), self.log_key_file.as_deref())?;
        text.map(|text| text.parse().context("the log key cannot be used")).transpose()
    }
}

/// The keys of JWTs, which API tokens are exchanged for.
#[derive(Args, Clone)]
pub(crate) struct JwtArgs {
    /// Signs JWTs (HS256): at least 32 bytes, the same for every server
    #[arg(long, env = "WEIGHHOUSE_JWT_KEY", hide_env_values = true, value_name = "KEY")]
    jwt_key: Option<String>,
    /// A file that holds the key of JWTs
    #[arg(long, env = "WEIGHHOUSE_JWT_KEY_FILE", value_name = "FILE", conflicts_with = "jwt_key")]
    jwt_key_file: Option<PathBuf>,
    /// The key before it, accepted for ten minutes after a change
    #[arg(long, env = "WEIGHHOUSE_JWT_PREVIOUS_KEY", hide_env_values = true, value_name = "KEY")]
    jwt_previous_key: Option<String>,
    /// A file that holds the key before it
    #[arg(
        long,
        env = "WEIGHHOUSE_JWT_PREVIOUS_KEY_FILE",
        value_name = "FILE",
        conflicts_with = "jwt_previous_key"
    )]
    jwt_previous_key_file: Option<PathBuf>,
}

impl JwtArgs {
    /// The keys as given. Without one, API tokens are not exchanged.
    pub(crate) fn config(&self) -> Result<JwtConfig> {
        Ok(JwtConfig {
            key: secret(self.jwt_key.as_deref(), self.jwt_key_file.as_deref())?,
            previous: secret(self.jwt_previous_key.as_deref(), self.jwt_previous_key_file.as_deref())?,
        })
    }
}

/// What the installation asks of others, in its clients' name.
#[derive(Args, Clone)]
pub(crate) struct OutgoingArgs {
    /// Seals the API keys of model providers: at least 32 bytes, the same for every server and worker
    #[arg(long, env = "WEIGHHOUSE_SEAL_KEY", hide_env_values = true, value_name = "KEY")]
    seal_key: Option<String>,
    /// A file that holds the key that seals
    #[arg(long, env = "WEIGHHOUSE_SEAL_KEY_FILE", value_name = "FILE", conflicts_with = "seal_key")]
    seal_key_file: Option<PathBuf>,
    /// Private networks in which model providers are asked all the same (10.1.0.0/16,127.0.0.1)
    #[arg(long, env = "WEIGHHOUSE_ALLOW_OUTGOING", value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    allow_outgoing: Vec<IpNet>,
    /// How long a model provider may take to answer, in seconds
    #[arg(
        long,
        env = "WEIGHHOUSE_OUTGOING_TIMEOUT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=300),
        value_name = "SECONDS"
    )]
    outgoing_timeout: u64,
}

impl OutgoingArgs {
    /// With what was given; a key is taken from `otherwise` where none was.
    pub(crate) fn applied(
        &self,
        config: Config,
        otherwise: impl FnOnce() -> Result<Option<String>>,
    ) -> Result<Config> {
        let key = match secret(self.seal_key.as_deref(), self.seal_key_file.as_deref())? {
            None => otherwise()?,
            given => given,
        };
        let seal_key = key.map(|text| text.parse::<SealKey>().map_err(anyhow::Error::msg)).transpose()?;
        let patience = Duration::from_secs(self.outgoing_timeout);
        Ok(Config {
            seal_key,
            outgoing: Outgoing { allowed: self.allow_outgoing.clone(), patience },
            ..config
        })
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
    // A variable that is no text is none of the store's.
    let variables =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    Config {
        database_url,
        database_connections: 16,
        store: StoreConfig { url: store_url, options: variables.collect() },
        mail,
        public_url,
        log_key: None,
        jwt: JwtConfig::default(),
        proxies: Proxies::default(),
        seal_key: None,
        outgoing: Outgoing::default(),
    }
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
