//! What an installation is told from outside.

use super::error::{Error, Result};
use super::network::{Origin, Proxies};
use super::outside::Outgoing;
use super::seal::SealKey;
use super::secret;
use std::net::IpAddr;
use std::path::PathBuf;
use url::Url;

/// The private key that signs the audit logs' checkpoints.
pub use weighhouse_ledger::note::Signer as LogKey;

/// The settings of one process.
#[derive(Clone, Debug)]
pub struct Config {
    /// The application's own login.
    pub database_url: String,
    /// Connections kept to the database.
    pub database_connections: usize,
    pub store: StoreConfig,
    pub mail: MailConfig,
    /// Where people reach the installation; links in mails start with it.
    pub public_url: Url,
    /// Signs the audit logs' checkpoints; without it they are not signed here.
    pub log_key: Option<LogKey>,
    /// The keys of JWTs.
    pub jwt: JwtConfig,
    /// The proxies that are believed about where requests come from.
    pub proxies: Proxies,
    /// Seals secrets that the installation must use again; without it none are kept.
    pub seal_key: Option<SealKey>,
    /// Where requests to addresses that callers name may go.
    pub outgoing: Outgoing,
}

/// Where files lie.
#[derive(Clone)]
pub struct StoreConfig {
    /// `file:`, `s3:`, `gs:` or `az:`.
    pub url: Url,
    /// The provider's settings, credentials among them, by the names of its
    /// usual environment variables: `AWS_ENDPOINT` and the like.
    pub options: Vec<(String, String)>,
}

impl std::fmt::Debug for StoreConfig {
    /// Leaves out the options, which hold credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoreConfig({})", self.url)
    }
}

/// The keys that JWTs are signed with (HS256). Without one there are none.
#[derive(Clone, Default)]
pub struct JwtConfig {
    /// Signs and verifies; at least 32 bytes.
    pub key: Option<String>,
    /// Verifies for as long as what it signed lives, while the key changes.
    pub previous: Option<String>,
}

impl std::fmt::Debug for JwtConfig {
    /// Leaves out the keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JwtConfig").field("key", &self.key.is_some()).finish_non_exhaustive()
    }
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// The sender's address.
    pub from: String,
    pub transport: MailTransport,
}

/// A server that takes mail.
#[derive(Clone)]
pub struct SmtpConfig {
    /// `smtp://` (with `?tls=required`, `opportunistic` or `none`) or
    /// `smtps://`, with credentials inside.
    pub url: Url,
    /// A PEM file of authorities, beside the machine's own.
    pub ca: Option<PathBuf>,
}

impl std::fmt::Debug for SmtpConfig {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpConfig({})", self.url.host_str().unwrap_or("?"))
    }
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// A server that takes mail.
    Smtp(SmtpConfig),
    /// A folder that receives `.eml` files.
    Folder(PathBuf),
}

impl Config {
    /// Whether people come over plain http, which only loopback may.
    #[must_use]
    pub fn plain_http(&self) -> bool {
        self.public_url.scheme() == "http"
    }

    /// The name of the session cookie: bound to host and https but on loopback.
    #[must_use]
    pub fn session_cookie(&self) -> &'static str {
        if self.plain_http() { "wh_session" } else { "__Host-wh_session" }
    }

    /// The name of the cookie by which a browser is known again.
    #[must_use]
    pub fn device_cookie(&self) -> &'static str {
        if self.plain_http() { "wh_device" } else { "__Host-wh_device" }
    }

    /// A `Set-Cookie` header's value, of a cookie that scripts cannot read;
    /// for the browser's session unless it has `seconds`.
    #[must_use]
    pub fn cookie(&self, name: &str, value: &str, path: &str, seconds: Option<u32>) -> String {
        let age = seconds.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
        let secure = if self.plain_http() { "" } else { "; Secure" };
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}")
    }

    /// Where a request comes from: its connection's other end, what it says
    /// in the header of the proxies, and its device cookie.
    #[must_use]
    pub fn origin(&self, peer: Option<IpAddr>, header: &str, device: Option<String>) -> Origin {
        Origin { address: peer.map(|peer| self.proxies.client(peer, header)), device }
    }

    /// An address of the installation.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

/// A new key for the audit logs: its secret text form and its public one.
///
/// # Errors
/// When no key can have this name.
pub fn log_key_create(name: &str) -> Result<(String, String)> {
    let (key, secret) =
        LogKey::generate(name, secret::random32()).map_err(|e| Error::invalid("name", e.to_string()))?;
    Ok((secret, key.verifier().to_string()))
}

/// Whether a host name or address is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
