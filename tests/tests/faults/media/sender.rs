//! Requests of which it is known how many bytes of the body have left: HTTP/1.1 by hand.

use std::fmt;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// For an answer, and for a server that reads on: it says itself after 15 s that it cannot.
const PATIENCE: Duration = Duration::from_secs(60);
/// Handed to the socket at a time.
const BLOCK: usize = 16 << 10;
/// Bytes that a server may be behind before it is waited for.
const LEFT_UNREAD: u64 = 512 << 10;
/// Whether it is still.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Bytes that the kernel keeps of what has left.
const SEND_BUFFER: u32 = 64 << 10;

/// A request. Its headers are whole lines.
pub(super) struct Request<'a> {
    pub(super) line: String,
    pub(super) headers: String,
    pub(super) body: &'a [u8],
}

/// A whole answer.
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

/// What became of a request.
pub(super) struct Sent {
    /// Bytes of the body that the socket took.
    pub(super) bytes: u64,
    pub(super) reply: Option<Reply>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    pub(super) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {self}"))
    }

    /// The word that says what is wrong.
    pub(super) fn code(&self) -> String {
        let code = self.json().map(|problem| problem["code"].clone());
        let code = code.ok().and_then(|code| Some(code.as_str()?.to_owned()));
        code.unwrap_or_default()
    }

    /// Where an upload goes on.
    pub(super) fn offset(&self) -> anyhow::Result<u64> {
        let offset = self.header("upload-offset").context("no Upload-Offset")?;
        Ok(offset.parse()?)
    }

    /// `None` unless all of it came.
    fn read(bytes: &[u8], is_head: bool) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?.to_owned();
        let reply = Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            body: bytes.get(end + 4..)?.to_vec(),
            head,
        };
        let announced = reply.header("content-length").map(str::parse);
        let announced: usize = announced.and_then(Result::ok).unwrap_or_default();
        (is_head || reply.body.len() >= announced).then_some(reply)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.body);
        let some: String = text.chars().take(400).collect();
        write!(f, "{} {some}", self.status)
    }
}

impl Request<'_> {
    fn head(&self, address: &str) -> String {
        format!(
            "{} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{}content-length: {}\r\n\r\n",
            self.line,
            self.headers,
            self.body.len()
        )
    }
}

/// A connection that keeps little of what has left.
async fn connect(address: &str) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    let stream = socket.connect(address.parse()?).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends a request. Before the body's byte `at` this happens, whatever the server has said by then.
///
/// # Errors
/// Those of what happens.
pub(super) async fn send(
    address: &str,
    request: &Request<'_>,
    at: usize,
    happens: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Sent> {
    let (before, after) = request.body.split_at(at.min(request.body.len()));
    let Ok(stream) = connect(address).await else {
        happens().await?;
        return Ok(Sent {
            bytes: 0,
            reply: None,
        });
    };
    let (mut from, mut to) = stream.into_split();
    let (mut bytes, mut answer) = (0, Vec::new());
    {
        let mut reading = pin!(async {
            // A connection that is reset may have answered before.
            from.read_to_end(&mut answer).await.ok();
        });
        let begun = async {
            let head = request.head(address);
            if to.write_all(head.as_bytes()).await.is_ok() {
                write(&mut to, before, &mut bytes).await;
            }
        };
        let answered = tokio::select! {
            () = &mut reading => true,
            () = within(begun) => false,
        };
        happens().await?;
        let rest = async {
            if bytes == before.len() as u64 {
                write(&mut to, after, &mut bytes).await;
            }
        };
        if !answered {
            tokio::select! {
                () = &mut reading => {}
                () = async { within(rest).await; within(std::future::pending()).await } => {}
            }
        }
    }
    let is_head = request.line.starts_with("HEAD ");
    Ok(Sent {
        bytes,
        reply: Reply::read(&answer, is_head),
    })
}

/// Sends the beginning of a request, and hangs up.
pub(super) async fn give_up(address: &str, request: &Request<'_>, at: usize) {
    let sent = async {
        let mut stream = connect(address).await?;
        stream.write_all(request.head(address).as_bytes()).await?;
        let some = request.body.get(..at).unwrap_or_default();
        anyhow::Ok(stream.write_all(some).await?)
    };
    // Who hangs up does not care what becomes of it.
    drop(timeout(PATIENCE, sent).await);
}

async fn within(what: impl Future<Output = ()>) {
    timeout(PATIENCE, what).await.ok();
}

/// Until the end, or until nobody is there any more; `written` counts what the socket took. What has left has as good as come:
/// there is never much more of it than the server has read.
async fn write(to: &mut OwnedWriteHalf, bytes: &[u8], written: &mut u64) {
    let mut ahead = 0;
    for block in bytes.chunks(BLOCK) {
        let mut rest = block;
        while !rest.is_empty() {
            match to.write(rest).await {
                Ok(some) if some > 0 => {
                    rest = rest.get(some..).unwrap_or_default();
                    *written += some as u64;
                }
                _ => return,
            }
        }
        ahead += block.len() as u64;
        if ahead >= LEFT_UNREAD {
            ahead = 0;
            while unread(to).is_some_and(|unread| unread > LEFT_UNREAD) {
                sleep(LOOK_AGAIN).await;
            }
        }
    }
}

/// What the kernel keeps for the server of this connection, which may be many megabytes if nobody looks.
fn unread(to: &OwnedWriteHalf) -> Option<u64> {
    let own = to.local_addr().ok()?;
    let server = to.peer_addr().ok()?;
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let (own, server) = (in_table(own)?, in_table(server)?);
    table.lines().find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        let is_it = columns.next() == Some(&server) && columns.next() == Some(&own);
        let (_, received) = columns.nth(1).filter(|_| is_it)?.split_once(':')?;
        u64::from_str_radix(received, 16).ok()
    })
}

/// As the kernel writes an address.
fn in_table(address: SocketAddr) -> Option<String> {
    let SocketAddr::V4(address) = address else {
        return None;
    };
    let host = u32::from_ne_bytes(address.ip().octets());
    Some(format!("{host:08X}:{:04X}", address.port()))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_does_not_read_is_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stream = connect(&address).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let (_from, mut to) = stream.into_split();
        let bytes = vec![0; 4 << 20];
        let mut written = 0;
        let writing = write(&mut to, &bytes, &mut written);
        let mut writing = pin!(writing);
        let ended = timeout(Duration::from_millis(300), &mut writing).await;
        assert!(ended.is_err(), "all of it was sent");
        let mut read = vec![0; bytes.len()];
        let ((), read) = tokio::join!(writing, server.read_exact(&mut read));
        assert_eq!(read.unwrap(), bytes.len());
    }

    #[test]
    fn half_an_answer_is_none() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nbody";
        let whole = Reply::read(answer, false).unwrap();
        assert_eq!((whole.status, whole.body.as_slice()), (201, &b"body"[..]));
        assert_eq!(whole.header("content-length"), Some("4"));
        for length in 0..answer.len() {
            assert!(Reply::read(&answer[..length], false).is_none(), "{length}");
        }
        let head = &answer[..answer.len() - 4];
        assert!(Reply::read(head, true).is_some());
    }
}
