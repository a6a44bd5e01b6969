//! Where a stream is.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, bail, ensure};
use url::Url;

/// An address of a stream. `{n}` in it is the number of the connection, or that of the channel if there are fewer channels.
#[derive(Debug, Clone)]
pub struct Target {
    pub(super) address: SocketAddr,
    host: String,
    path: String,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is none, not plain HTTP, or leads to no address.
    pub fn read(url: &str) -> anyhow::Result<Self> {
        // Braces are escaped otherwise.
        let number = "nova-number";
        let parsed = Url::parse(&url.replace("{n}", number));
        let parsed = parsed.with_context(|| format!("{url} is no URL"))?;
        if parsed.scheme() != "http" {
            bail!("{url}: only plain HTTP is measured");
        }
        let host = parsed.host_str().context("a URL without a host")?;
        let port = parsed.port_or_known_default().unwrap_or(80);
        let mut addresses = (host.trim_matches(['[', ']']), port).to_socket_addrs()?;
        let address = addresses.next();
        let address = address.with_context(|| format!("{host} has no address"))?;
        let query = parsed.query().map(|query| format!("?{query}"));
        let path = format!("{}{}", parsed.path(), query.unwrap_or_default());
        Ok(Self {
            address,
            host: format!("{host}:{port}"),
            path: path.replace(number, "{n}"),
        })
    }

    /// One at this address.
    #[must_use]
    pub fn at(address: SocketAddr, path: &str) -> Self {
        Self {
            address,
            host: address.to_string(),
            path: path.to_owned(),
        }
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// What asks for the stream of this number, with these header lines, each with its end.
    pub(super) fn request(&self, number: usize, headers: &str) -> Vec<u8> {
        let path = self.path.replace("{n}", &number.to_string());
        format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\naccept: text/event-stream\r\n{headers}",
            self.host
        )
        .into_bytes()
    }

    /// Where the connection of this number comes from: servers limit streams by address, and the ports of one would end. None
    /// for the one that the machine takes.
    pub(super) fn source(&self, number: usize, of_each: usize) -> Option<SocketAddr> {
        if !matches!(self.address.ip(), IpAddr::V4(ip) if ip.is_loopback()) {
            return None;
        }
        let number = u16::try_from(number / of_each.max(1)).ok()?;
        let [high, low] = (number + 1).to_be_bytes();
        // 127.1.0.1 and so on: all of 127.0.0.0/8 is this machine.
        Some(SocketAddr::from(([127, 1, high, low], 0)))
    }
}

/// Checks that a header can be sent, and makes a line of it.
pub(super) fn header_line(header: &str) -> anyhow::Result<String> {
    let (name, value) = header.split_once(':').context("a header is Name: value")?;
    let is_line = !header.contains(['\r', '\n', '\0']) && !name.trim().is_empty();
    ensure!(is_line, "{header:?} is no header");
    Ok(format!("{}: {}\r\n", name.trim(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_put_into_the_path() {
        let target = Target::read("http://127.0.0.1:8080/v1/events?channels=tag:t{n}").unwrap();
        assert!(target.is_here());
        let request = String::from_utf8(target.request(7, "a: b\r\n")).unwrap();
        assert_eq!(
            request,
            "GET /v1/events?channels=tag:t7 HTTP/1.1\r\nhost: 127.0.0.1:8080\r\naccept: text/event-stream\r\na: b\r\n"
        );
        for other in ["https://127.0.0.1/", "127.0.0.1", "http://"] {
            assert!(Target::read(other).is_err(), "{other}");
        }
    }

    #[test]
    fn connections_come_from_several_addresses() {
        let target = Target::at(SocketAddr::from(([127, 0, 0, 1], 1)), "/");
        let from = |number| target.source(number, 150).unwrap().to_string();
        assert_eq!(from(149), "127.1.0.1:0");
        assert_eq!(from(150), "127.1.0.2:0");
        assert_eq!(from(14_999), "127.1.0.100:0");
        assert_eq!(from(300 * 150), "127.1.1.45:0");
        let elsewhere = Target::at(SocketAddr::from(([10, 0, 0, 1], 1)), "/");
        assert_eq!(elsewhere.source(0, 150), None);
    }

    #[test]
    fn headers_are_one_line() {
        assert_eq!(header_line("A:b ").unwrap(), "A: b\r\n");
        for other in ["a", ": b", "a: b\r\nc: d"] {
            assert!(header_line(other).is_err(), "{other:?}");
        }
    }
}
