//! Requests to addresses that callers name: to public networks, and to those
//! that the operator allows. Every name is resolved here, looked at, and then
//! connected to as it was resolved, redirects too: a name cannot lead one way
//! when it is looked at and another way when it is used.

use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, redirect};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// Redirects that are followed.
const REDIRECTS_MAX: u32 = 3;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest answer, in bytes.
const ANSWER_MAX: usize = 1 << 20;

/// Where requests may go, and how long they wait.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Private networks that are allowed, and reached by plain http as well.
    pub allowed: Vec<IpNet>,
    /// How long one answer may take.
    pub patience: Duration,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self { allowed: Vec::new(), patience: Duration::from_secs(30) }
    }
}

/// Why there is no answer, in words for people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// It may not be asked at all.
    #[error("{0}")]
    Refused(String),
    /// It could not be reached, or broke off: another try may work.
    #[error("{0}")]
    Lost(String),
    /// It took too long.
    #[error("does not answer within {0} s")]
    Late(u64),
    /// What it answers is not for us.
    #[error("{0}")]
    Odd(String),
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

type Result<T> = std::result::Result<T, Trouble>;

impl Outgoing {
    /// Asks, and reads the answer. The key is left out once a redirect leads
    /// to another server.
    pub(crate) async fn ask(&self, mut url: Url, key: Option<&str>, body: Option<&Value>) -> Result<Answer> {
        let within = self.patience;
        // Boxed: the client's own futures are too deep for what waits for them.
        let asked: BoxFuture<'_, Result<Answer>> = Box::pin(async {
            let mut key = key;
            for _ in 0..=REDIRECTS_MAX {
                let response = self.send(&url, key, body).await?;
                let Some(next) = redirected(&url, &response, body.is_some())? else {
                    return read(response).await;
                };
                if next.origin() != url.origin() {
                    key = None;
                }
                url = next;
            }
            Err(Trouble::Odd(format!("redirects more than {REDIRECTS_MAX} times")))
        });
        tokio::time::timeout(within, asked).await.unwrap_or(Err(Trouble::Late(within.as_secs())))
    }

    async fn send(&self, url: &Url, key: Option<&str>, body: Option<&Value>) -> Result<reqwest::Response> {
        let (host, addresses) = self.resolve(url).await?;
        // One client a request: it knows the addresses that were looked at, and no others.
        let client = reqwest::Client::builder()
            .user_agent(concat!("weighhouse/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .resolve_to_addrs(&host, &addresses)
            .connect_timeout(CONNECT)
            .build()
            .map_err(|e| lost(&e))?;
        let mut request = match body {
            Some(body) => client.request(Method::POST, url.clone()).json(body),
            None => client.request(Method::GET, url.clone()),
        };
        if let Some(key) = key {
            let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}")) else {
                return Err(Trouble::Refused("the API key has characters that no header can carry".into()));
            };
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        request.send().await.map_err(|e| lost(&e))
    }

    /// The addresses of a URL's host, if every one of them may be asked.
    async fn resolve(&self, url: &Url) -> Result<(String, Vec<SocketAddr>)> {
        let host = url.host().ok_or_else(|| Trouble::Refused("the address has no host".into()))?;
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses: Vec<SocketAddr> = match &host {
            Host::Ipv4(ip) => vec![SocketAddr::new(IpAddr::V4(*ip), port)],
            Host::Ipv6(ip) => vec![SocketAddr::new(IpAddr::V6(*ip), port)],
            Host::Domain(name) => match tokio::net::lookup_host((*name, port)).await {
                Ok(found) => found.collect(),
                Err(e) => return Err(Trouble::Lost(format!("the name {name} cannot be resolved: {e}"))),
            },
        };
        if addresses.is_empty() {
            return Err(Trouble::Lost(format!("the name {host} has no address")));
        }
        for address in &addresses {
            self.check(url, address.ip())?;
        }
        Ok((host.to_string(), addresses))
    }

    /// Refuses an address that stands in a URL itself, before it is ever asked.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<()> {
        match url.host() {
            Some(Host::Ipv4(ip)) => self.check(url, IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => self.check(url, IpAddr::V6(ip)),
            _ => Ok(()),
        }
    }

    fn check(&self, url: &Url, ip: IpAddr) -> Result<()> {
        let ip = ip.to_canonical();
        if self.allowed.iter().any(|net| net.contains(&ip)) {
            return Ok(());
        }
        if !is_public(ip) {
            return Err(Trouble::Refused(format!(
                "{ip} is no public address, and not asked unless the operator allows its network (--allow-outgoing)"
            )));
        }
        if url.scheme() != "https" {
            return Err(Trouble::Refused(
                "is asked over https alone: plain http would show the API key to everybody on the way".into(),
            ));
        }
        Ok(())
    }
}

/// Where an answer sends us on to.
fn redirected(url: &Url, response: &reqwest::Response, posted: bool) -> Result<Option<Url>> {
    let status = response.status();
    if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let same = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    let next = to.and_then(|to| url.join(to).ok()).filter(|next| matches!(next.scheme(), "http" | "https"));
    match next {
        Some(next) if same || !posted => Ok(Some(next)),
        Some(_) => Err(Trouble::Odd(format!(
            "answers {} to a POST: set the address that it leads to",
            status.as_u16()
        ))),
        None => Err(Trouble::Odd(format!("answers {} and leads nowhere", status.as_u16()))),
    }
}

async fn read(mut response: reqwest::Response) -> Result<Answer> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| lost(&e))? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(Trouble::Odd(format!("answers with more than {ANSWER_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body })
}

/// The innermost cause says the most: “connection refused”, “certificate expired”.
fn lost(error: &reqwest::Error) -> Trouble {
    let first: &dyn std::error::Error = error;
    let last = std::iter::successors(Some(first), |error| error.source()).last();
    let why = last.map_or_else(String::new, ToString::to_string);
    Trouble::Lost(if error.is_connect() {
        format!("cannot be connected to: {why}")
    } else {
        format!("broke off: {why}")
    })
}

/// Whether an address is one of the public internet: no private network, no
/// cloud's metadata, not this machine.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let inside = |high: u16, low: u16| {
        let ([w, x], [y, z]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(w, x, y, z))
    };
    match (a, b) {
        // What stands for an IPv4 address is as public as that is.
        (0x64, 0xff9b) => [c, d, e, f] == [0; 4] && inside(g, h),
        (0x2002, _) => inside(b, c),
        (0x2001, ..=0x01ff | 0xdb8) | (0x3fff, ..=0x0fff) => false,
        // The whole of what is given out; all else is local, mapped or reserved.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public() {
        for public in
            ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "64:ff9b::808:808", "2002:808:808::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.9.9",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "203.0.113.7",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "::ffff:10.0.0.1",
            "fec0::1",
        ] {
            assert!(!is_public(private.parse::<IpAddr>().unwrap().to_canonical()), "{private}");
        }
    }

    #[tokio::test]
    async fn private_addresses_are_refused_by_whatever_name() {
        let nothing = Outgoing::default();
        for url in [
            "https://169.254.169.254/latest",
            "https://localhost/",
            "https://[::1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::ffff:10.0.0.1]/",
            "http://8.8.8.8/",
        ] {
            let refused = nothing.ask(url.parse().unwrap(), None, None).await.err().unwrap();
            assert!(matches!(refused, Trouble::Refused(_)), "{url}: {refused}");
        }
    }
}
