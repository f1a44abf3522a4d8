//! What an installation is told from outside.

use super::network::{Origin, Proxies};
use std::net::IpAddr;
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
    /// The proxies that are believed about where requests come from.
    pub proxies: Proxies,
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

/// Whether a host name or address is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
