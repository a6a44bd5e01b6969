//! A program that asks itself whether it is ready: images have no shell and nothing else that could.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::config::{ConfigError, Env};
use crate::platform;

/// How long the answer may take: less than what health checks of containers have (30 s every 30 s, unless told otherwise).
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of the answer that are read.
const MOST: u64 = 64 * 1024;

/// What the program that runs with these settings answers at `/health/ready`: its text if it is ready.
///
/// # Errors
/// [`ConfigError`] when a setting is wrong; what it answers if that is not 200, or why it did not.
pub(crate) fn ask(env: &mut Env) -> anyhow::Result<String> {
    let address = reachable(platform::operators(env)?)?;
    let answer = get(address)
        .map_err(|error| anyhow::anyhow!("no answer from {address} to /health/ready: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let line = head.lines().next().unwrap_or_default();
    match line.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => anyhow::bail!("{address} is not ready: {line}\n{body}"),
    }
}

/// Where who listens there is reached from here.
fn reachable(listens: SocketAddr) -> Result<SocketAddr, ConfigError> {
    if listens.port() == 0 {
        return Err(ConfigError::Invalid {
            name: "NOVA_LISTEN",
            value: listens.to_string(),
            expects: "an address with a port, which --check could ask",
        });
    }
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, listens.port()))
}

fn get(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What asking says of a server that answers so.
    fn asked(answer: &'static str) -> anyhow::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1_024];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let listen = format!("0.0.0.0:{}", address.port());
        let mut env = Env::of([("NOVA_LISTEN".to_owned(), listen)]);
        let said = ask(&mut env);
        let request = serving.join().unwrap();
        assert!(
            request.starts_with("GET /health/ready HTTP/1.1\r\n"),
            "{request}"
        );
        said
    }

    #[test]
    fn who_answers_200_is_ready() {
        let said = asked("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        assert_eq!(said, "{}");
    }

    #[test]
    fn who_answers_otherwise_or_not_is_not() {
        let said = asked("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"unready\"}");
        let said = said.unwrap_err().to_string();
        assert!(said.contains("503") && said.contains("unready"), "{said}");
        assert!(asked("").is_err());
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let mut env = Env::of([("NOVA_ADMIN_LISTEN".to_owned(), gone.to_string())]);
        let said = ask(&mut env).unwrap_err().to_string();
        assert!(said.contains(&gone.to_string()), "{said}");
    }

    #[test]
    fn who_listens_anywhere_is_not_to_be_found() {
        let mut env = Env::of([("NOVA_LISTEN".to_owned(), "127.0.0.1:0".to_owned())]);
        let refused = ask(&mut env).unwrap_err();
        assert!(refused.is::<ConfigError>(), "{refused}");
    }
}
