//! A WebSocket of a client, byte by byte: it can say what a good one never does.

use std::io;
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than a lease, without which nobody is told that a node is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first byte of a whole frame.
pub mod first_byte {
    /// Text.
    pub const TEXT: u8 = 0x81;
    /// Bytes.
    pub const BINARY: u8 = 0x82;
    /// The end.
    pub const CLOSE: u8 = 0x88;
    /// Is anybody there?
    pub const PING: u8 = 0x89;
    /// Somebody is there.
    pub const PONG: u8 = 0x8A;
}

/// A WebSocket that was opened.
#[derive(Debug)]
pub struct WebSocket {
    stream: TcpStream,
    read: Vec<u8>,
}

/// A frame of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its first byte: see [`first_byte`].
    pub first: u8,
    /// What is in it.
    pub payload: Vec<u8>,
}

/// An answer that opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its status.
    pub status: u16,
    /// All of it.
    pub text: String,
}

impl WebSocket {
    /// Opens one at `http://host:port` with this path and these headers beside those of a handshake; one that is given as
    /// empty is left out.
    ///
    /// # Errors
    /// The answer, if it is not 101.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn open(
        base_url: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Refused> {
        let opened = timeout(PATIENCE, Self::try_open(base_url, path, headers)).await;
        opened
            .expect("the server says something")
            .expect("a server")
    }

    /// Opens one where nobody may be. Who waits no longer drops it.
    ///
    /// # Errors
    /// When nobody answers; inside, the answer, if it is not 101.
    pub async fn try_open(
        base_url: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Result<Self, Refused>> {
        let host = base_url.trim_start_matches("http://");
        let mut key = [0; 16];
        rand::fill(&mut key).map_err(io::Error::other)?;
        let key = STANDARD.encode(key);
        let mut all = vec![
            ("Host", host),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key.as_str()),
        ];
        all.retain(|(name, _)| {
            !headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        });
        all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
        let mut request = format!("GET {path} HTTP/1.1\r\n");
        for (name, value) in all {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let stream = TcpStream::connect(host).await?;
        let mut socket = Self {
            stream,
            read: Vec::new(),
        };
        socket.send_raw(request.as_bytes()).await;
        let head = socket.head().await?;
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Ok(match status {
            Some(101) => Ok(socket),
            status => Err(socket.refused(status.unwrap_or_default(), head).await),
        })
    }

    async fn head(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.read.drain(..at + 4).collect();
                return Ok(String::from_utf8_lossy(&head).into_owned());
            }
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn refused(mut self, status: u16, head: String) -> Refused {
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().ok())?
        });
        let length: usize = length.unwrap_or_default();
        while self.read.len() < length && self.more().await.unwrap_or_default() {}
        let body = String::from_utf8_lossy(&self.read);
        Refused {
            status,
            text: format!("{head}{body}"),
        }
    }

    /// Reads some more; false at the end.
    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.read).await? > 0)
    }

    /// Sends these very bytes. Whether they arrive is not known.
    pub async fn send_raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.ok();
    }

    /// Sends a frame with this first byte, masked.
    pub async fn send(&mut self, first: u8, payload: &[u8]) {
        self.send_raw(&masked(first, payload)).await;
    }

    /// Sends a text of JSON.
    pub async fn send_json(&mut self, value: &Value) {
        self.send(first_byte::TEXT, value.to_string().as_bytes())
            .await;
    }

    /// The next frame, or none at the end.
    ///
    /// # Panics
    /// When nothing comes, and when the server masks what it sends.
    pub async fn frame(&mut self) -> Option<Frame> {
        let heard = timeout(PATIENCE, self.heard()).await;
        // However it ended.
        heard
            .expect("the server says something")
            .unwrap_or_default()
    }

    /// The next frame, or none at the end, however long that takes. Nothing is lost when this is dropped.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn heard(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.parse() {
                return Ok(Some(frame));
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    fn parse(&mut self) -> Option<Frame> {
        let [first, second, rest @ ..] = self.read.as_slice() else {
            return None;
        };
        assert_eq!(second & 0x80, 0, "a server does not mask");
        let (length, head) = match second & 0x7F {
            126 => (
                u64::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?)),
                4,
            ),
            127 => (u64::from_be_bytes(rest.get(..8)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let end = head + usize::try_from(length).expect("a length");
        let frame = Frame {
            first: *first,
            payload: self.read.get(head..end)?.to_vec(),
        };
        self.read.drain(..end);
        Some(frame)
    }

    /// The next text as JSON. Pings are answered meanwhile.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn json(&mut self) -> Value {
        loop {
            let frame = self.frame().await.expect("the socket is open");
            match frame.first {
                first_byte::TEXT => {
                    return serde_json::from_slice(&frame.payload).expect("JSON");
                }
                first_byte::PING => self.send(first_byte::PONG, &frame.payload).await,
                first_byte::PONG => {}
                first => panic!("{first:#x} {:?}", String::from_utf8_lossy(&frame.payload)),
            }
        }
    }

    /// The next JSON of this type, past others.
    ///
    /// # Panics
    /// When the socket ends before.
    pub async fn json_of(&mut self, kind: &str) -> Value {
        loop {
            let value = self.json().await;
            if value["type"] == kind {
                return value;
            }
        }
    }

    /// The code with which the server closes, past everything else; none when it hangs up.
    pub async fn closed(&mut self) -> Option<u16> {
        while let Some(frame) = self.frame().await {
            if frame.first == first_byte::CLOSE {
                let code = frame.payload.get(..2)?.try_into().ok()?;
                return Some(u16::from_be_bytes(code));
            }
        }
        None
    }
}

/// A frame of a client.
#[must_use]
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x5A, 0x17, 0xC3, 0x08];
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | short as u8),
        medium @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend((medium as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    let mask = MASK.iter().cycle();
    bytes.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    bytes
}
