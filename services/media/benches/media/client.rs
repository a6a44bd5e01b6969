//! The least of a client: what it costs is on both sides of each ratio.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const BOUNDARY: &str = "------------------------7c1f9f6d";

/// A connection, used again and again.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What a server says.
pub(crate) struct Said {
    pub(crate) status: u16,
    /// Of a body that was thrown away.
    pub(crate) length: usize,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(to: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 256 << 10],
        })
    }

    /// Lets go what only answers need.
    pub(crate) fn is_sending(&mut self) {
        self.buffer = Vec::new();
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Asks for this, and throws the body away unless it is to be kept.
    pub(crate) async fn get(&mut self, path: &str, range: &str) -> anyhow::Result<Said> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: nova\r\n{range}\r\n");
        self.send(request.as_bytes()).await?;
        self.answer(false).await
    }

    /// The answer to what was sent.
    pub(crate) async fn answer(&mut self, kept: bool) -> anyhow::Result<Said> {
        let mut filled = 0;
        let (head, status, length) = loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server has closed the connection");
            filled += read;
            let text = &self.buffer[..filled];
            let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = std::str::from_utf8(&text[..end])?.to_ascii_lowercase();
            let status = head.get(9..12).context("no status")?.parse()?;
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            break (
                end + 4,
                status,
                length.context("no length")?.parse::<usize>()?,
            );
        };
        let mut body = Vec::new();
        let mut left = length - (filled - head);
        if kept {
            body.extend_from_slice(&self.buffer[head..filled]);
        }
        while left > 0 {
            let read = self.stream.read(&mut self.buffer).await?;
            ensure!(read > 0, "the server has closed the connection");
            left -= read;
            if kept {
                body.extend_from_slice(&self.buffer[..read]);
            }
        }
        Ok(Said {
            status,
            length,
            body,
        })
    }
}

/// What stands before a file of so many bytes, and after it.
pub(crate) fn form(token: &str, file: usize) -> (Vec<u8>, Vec<u8>) {
    let before = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let length = before.len() + file + after.len();
    let head = format!(
        "POST /v1/media HTTP/1.1\r\nhost: nova\r\nauthorization: Bearer {token}\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {length}\r\n\r\n{before}"
    );
    (head.into_bytes(), after.into_bytes())
}

/// Noise that can be heard: of so many megabytes, another for each number.
pub(crate) fn sound(megabytes: usize, number: u64) -> Vec<u8> {
    let bytes = u32::try_from(megabytes * 1_000_000).unwrap_or(u32::MAX);
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    file.extend(44_100_u32.to_le_bytes());
    file.extend(176_400_u32.to_le_bytes());
    file.extend(b"\x04\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..bytes / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.extend(state.to_le_bytes());
    }
    file.resize(44 + bytes as usize, 0);
    file
}
