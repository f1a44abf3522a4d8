//! What an installation is told from outside.

use std::path::PathBuf;
use url::Url;

/// The settings of one process.
#[derive(Clone, Debug)]
pub struct Config {
    /// The application's own login.
    pub database_url: String,
    /// Connections kept to the database.
    pub database_connections: usize,
    pub store_url: Url,
    pub mail: MailConfig,
    /// Where people reach the installation; links in mails start with it.
    pub public_url: Url,
    /// The keys of JWTs.
    pub jwt: JwtConfig,
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

/// Where mail goes.
#[derive(Clone)]
pub enum MailTransport {
    /// `smtp://`, `smtps://`, with credentials inside.
    Smtp(Url),
    /// A folder that receives `.eml` files.
    Folder(PathBuf),
}

impl std::fmt::Debug for MailTransport {
    /// Leaves out the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Smtp(url) => write!(f, "Smtp({})", url.host_str().unwrap_or("?")),
            Self::Folder(path) => write!(f, "Folder({})", path.display()),
        }
    }
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

    /// An address of the installation.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

/// Whether a host name or address is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
