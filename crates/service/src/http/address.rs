//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName};

use super::problem::Problem;
use crate::config::{ConfigError, Env};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: the peer's, or what trusted proxies say of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address found in a request's extensions: for gRPC, `request.extensions()`. The
    /// unspecified address when there is none, which only happens outside a platform.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions
            .get()
            .copied()
            .unwrap_or(Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED)))
    }

    /// The address as one key of a rate limit: for IPv6 its /64, since one client has all of it.
    #[must_use]
    pub fn group(&self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::of(&parts.extensions))
    }
}

/// How many proxies stand before this server, each adding the address it sees to `X-Forwarded-For`.
#[derive(Debug)]
pub(crate) struct TrustedProxies {
    count: usize,
    /// Whether somebody has been told that there may be proxies that are not trusted.
    told: AtomicBool,
}

impl TrustedProxies {
    pub(crate) fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let help = "proxies before this server whose X-Forwarded-For is believed";
        env.read("NOVA_TRUSTED_PROXIES", "0", help).map(Self::these)
    }

    const fn these(count: usize) -> Self {
        Self {
            count,
            told: AtomicBool::new(false),
        }
    }

    /// Whether connections come from proxies, and not from clients.
    pub(crate) const fn are_any(&self) -> bool {
        self.count > 0
    }

    /// Whether the request says whom it was forwarded for, and is not believed; only the first time. Either a
    /// client lies, or all clients share the limits of one address.
    pub(crate) fn doubts(&self, headers: &HeaderMap) -> bool {
        !self.are_any()
            && !self.told.load(Ordering::Relaxed)
            && headers.contains_key(FORWARDED_FOR)
            && !self.told.swap(true, Ordering::Relaxed)
    }

    /// The client's address. With `n` trusted proxies it is the `n`-th entry from the right: what
    /// stands further left was written by the client itself.
    pub(crate) fn client(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Option<ClientAddress> {
        let peer = || {
            extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|peer| peer.0.ip())
        };
        let address = self.are_any().then(|| forwarded(headers, self.count));
        address
            .flatten()
            .or_else(peer)
            .map(|address| ClientAddress(address.to_canonical()))
    }
}

fn forwarded(headers: &HeaderMap, from_right: usize) -> Option<IpAddr> {
    let lines = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let entries: Vec<&str> = lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    let entry = entries.get(entries.len().checked_sub(from_right)?)?;
    // Some proxies write the port behind the address.
    entry
        .parse()
        .ok()
        .or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: usize, forwarded: &[&'static str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", http::HeaderValue::from_static(line));
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 99))));
        TrustedProxies::these(proxies)
            .client(&headers, &extensions)
            .unwrap()
            .0
    }

    #[test]
    fn without_trusted_proxies_the_peer_counts() {
        assert_eq!(client(0, &["1.2.3.4"]).to_string(), "10.0.0.1");
    }

    #[test]
    fn entries_are_counted_from_the_right() {
        let forged_then_real = ["6.6.6.6, 1.2.3.4", "5.6.7.8"];
        assert_eq!(client(1, &forged_then_real).to_string(), "5.6.7.8");
        assert_eq!(client(2, &forged_then_real).to_string(), "1.2.3.4");
        assert_eq!(client(9, &forged_then_real).to_string(), "10.0.0.1");
        assert_eq!(client(1, &["[::1]:80"]).to_string(), "::1");
        assert_eq!(client(1, &["::ffff:1.2.3.4"]).to_string(), "1.2.3.4");
        assert_eq!(client(1, &["nonsense"]).to_string(), "10.0.0.1");
    }

    #[test]
    fn a_proxy_that_is_not_trusted_is_told_of_once() {
        let (none, mut forwarded) = (HeaderMap::new(), HeaderMap::new());
        forwarded.insert(FORWARDED_FOR, http::HeaderValue::from_static("1.2.3.4"));
        let nobody = TrustedProxies::these(0);
        let doubted = [&none, &forwarded, &forwarded].map(|headers| nobody.doubts(headers));
        assert_eq!(doubted, [false, true, false]);
        assert!(!TrustedProxies::these(1).doubts(&forwarded));
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let group = |text: &str| ClientAddress(text.parse().unwrap()).group();
        assert_eq!(group("2001:db8::1"), group("2001:db8::ffff:2"));
        assert_ne!(group("2001:db8::1"), group("2001:db8:0:1::1"));
        assert_ne!(group("1.2.3.4"), group("1.2.3.5"));
    }
}
