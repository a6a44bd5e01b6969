//! HTTP/1.1 as cheap as it can be asked: requests are bytes made beforehand, answers are read by their
//! length and looked at no further than need be.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const LARGEST_USUAL_ANSWER: usize = 32 * 1_024;

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer, as long as the next request is not made.
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(LARGEST_USUAL_ANSWER),
        })
    }

    /// Whether the other side has not said that it ends, as far as is known. Between two requests only.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let read = self.stream.try_read(&mut [0]);
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends, and when the answer is no HTTP or has no length.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the connection ended in an answer");
            }
            let Some(head) = head(&self.received)? else {
                continue;
            };
            let end = head.length + head.body;
            if self.received.len() > end {
                bail!("an answer is longer than it says");
            }
            if self.received.len() == end {
                let body = self.received.get(head.length..).unwrap_or_default();
                return Ok(Answer {
                    status: head.status,
                    body,
                });
            }
        }
    }

    /// Sends a request, asserts the status, and gives the JSON in the answer; null when it is empty.
    ///
    /// # Errors
    /// Those of [`Self::ask`], and when the status is another or the body is no JSON.
    pub async fn expect(&mut self, status: u16, request: &[u8]) -> anyhow::Result<Value> {
        let answer = self.ask(request).await?;
        let text = String::from_utf8_lossy(answer.body);
        if answer.status != status {
            bail!(
                "expected {status}, the answer was {}: {text}",
                answer.status
            );
        }
        if text.is_empty() {
            Ok(Value::Null)
        } else {
            Ok(serde_json::from_str(&text)?)
        }
    }
}

struct Head {
    status: u16,
    /// Bytes up to the body.
    length: usize,
    /// Bytes of the body.
    body: usize,
}

/// The head of an answer, once it is there whole.
fn head(received: &[u8]) -> anyhow::Result<Option<Head>> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(received.get(..end).unwrap_or_default())?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.context("an answer without a status")?.parse()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim())
    });
    let body = match (length, status) {
        (Some(length), _) => length.parse()?,
        (None, 204) => 0,
        (None, _) => bail!("an answer without a length"),
    };
    Ok(Some(Head {
        status,
        length: end + 4,
        body,
    }))
}

/// The bytes of a request without a body.
#[must_use]
pub fn request(method: &str, path: &str, token: Option<&str>) -> Vec<u8> {
    let mut bytes = line_and_headers(method, path, token);
    bytes.extend(b"\r\n");
    bytes
}

/// The bytes of a request with a JSON body.
#[must_use]
pub fn request_with(method: &str, path: &str, token: Option<&str>, body: &str) -> Vec<u8> {
    let mut bytes = line_and_headers(method, path, token);
    let length = body.len();
    bytes.extend(
        format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
            .as_bytes(),
    );
    bytes
}

fn line_and_headers(method: &str, path: &str, token: Option<&str>) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: nova\r\n");
    if let Some(token) = token {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    head.into_bytes()
}
