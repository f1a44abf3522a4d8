//! Where a request comes from: the network, and the browser it knows.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// Where a request comes from, as far as that is known.
#[derive(Clone, Default, Debug)]
pub struct Origin {
    /// The address of the client's side: of the proxy's client behind proxies
    /// that are trusted.
    pub address: Option<IpAddr>,
    /// The secret of a browser in which somebody signed in before.
    pub device: Option<String>,
}

impl Origin {
    /// The network that the address stands for: one household or office has
    /// one IPv4 address, or a /64 of IPv6.
    pub(crate) fn network(&self) -> Option<String> {
        let address = self.address?.to_canonical();
        Some(match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        })
    }
}

/// The header in which proxies pass on whom they speak for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ProxyHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl ProxyHeader {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// The addresses in its values, the nearest last; `None` for what is none.
    fn addresses(self, text: &str) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
        text.split(',').map(move |element| match self {
            Self::XForwardedFor => address(element),
            Self::Forwarded => {
                let part = element.split(';').find_map(|part| {
                    let (name, value) = part.split_once('=')?;
                    name.trim().eq_ignore_ascii_case("for").then_some(value)
                });
                part.and_then(address)
            }
        })
    }
}

/// An address as it stands in a header: quoted, bracketed, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Some((inside, _)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside.parse().ok();
    }
    let bare = text.split_once(':').filter(|(_, port)| !port.contains(':')).map_or(text, |(host, _)| host);
    bare.parse().ok()
}

/// The proxies in front of the installation; none unless configured.
#[derive(Clone, Default, Debug)]
pub struct Proxies {
    pub trusted: Vec<IpNet>,
    pub header: ProxyHeader,
}

impl Proxies {
    /// Whom a connection's other end speaks for. Only what trusted proxies
    /// wrote counts: the header is read from its end, and the first address
    /// that is not trusted is the client.
    #[must_use]
    pub fn client(&self, peer: IpAddr, header: &str) -> IpAddr {
        let trusts = |address: IpAddr| self.trusted.iter().any(|net| net.contains(&address.to_canonical()));
        let mut client = peer;
        for address in self.header.addresses(header).rev() {
            let Some(address) = address.filter(|_| trusts(client)) else { break };
            client = address;
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ProxyHeader, peer: &str, text: &str) -> String {
        let trusted = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        Proxies { trusted, header }.client(peer.parse().unwrap(), text).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        use ProxyHeader::{Forwarded, XForwardedFor};
        for (header, peer, text, wanted) in [
            (XForwardedFor, "10.0.0.1", "203.0.113.7", "203.0.113.7"),
            (XForwardedFor, "10.0.0.1", "203.0.113.7:4711, 10.2.3.4", "203.0.113.7"),
            // Whatever the client itself put in front is not read.
            (XForwardedFor, "10.0.0.1", "10.9.9.9, 198.51.100.1, 203.0.113.7", "203.0.113.7"),
            (XForwardedFor, "203.0.113.9", "198.51.100.1", "203.0.113.9"),
            (XForwardedFor, "10.0.0.1", "", "10.0.0.1"),
            (XForwardedFor, "10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
            (XForwardedFor, "::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
            (Forwarded, "::1", "for=192.0.2.43;proto=https, For=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            (Forwarded, "::1", "for=192.0.2.43, for=unknown", "::1"),
            (Forwarded, "10.0.0.1", "proto=https;for=192.0.2.43", "192.0.2.43"),
        ] {
            assert_eq!(client(header, peer, text), wanted, "{peer} {text}");
        }
    }

    #[test]
    fn nobody_is_believed_unless_configured() {
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(Proxies::default().client(peer, "203.0.113.7"), peer);
    }

    #[test]
    fn an_ipv6_household_is_one_network() {
        let network = |text: &str| Origin { address: text.parse().ok(), device: None }.network();
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::"), network("2001:db8:1:3::"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
