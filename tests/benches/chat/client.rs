//! Sockets of clients, as cheap as they can be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use nova_testkit::socket::{first_byte, masked};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);
/// Room for an usual frame.
const ROOM: usize = 4 * 1_024;

/// What says to a socket.
pub(crate) type Writer = Arc<Mutex<OwnedWriteHalf>>;

/// A socket of a client. Pings are answered.
pub(crate) struct Socket {
    read: OwnedReadHalf,
    writer: Writer,
    buffer: Vec<u8>,
    /// Where what was not looked at yet begins in it.
    at: usize,
}

impl Socket {
    /// A connection that needs no handshake.
    pub(crate) async fn plain(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self::over(connect(address, None).await?))
    }

    /// A chat socket that was greeted.
    pub(crate) async fn open(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let mut socket = Self::upgraded(connect(address, None).await?, token).await?;
        socket.until("{\"type\":\"hello\"").await?;
        Ok(socket)
    }

    /// The same, of which the kernel keeps little that is not read.
    pub(crate) async fn narrow(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let stream = connect(address, Some(4_096)).await?;
        let mut socket = Self::upgraded(stream, token).await?;
        socket.until("{\"type\":\"hello\"").await?;
        Ok(socket)
    }

    /// A chat socket that is live.
    pub(crate) async fn live(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let mut socket = Self::open(address, token).await?;
        socket.say("{\"type\":\"ping\",\"id\":\"1\"}").await?;
        socket.until("{\"type\":\"pong\"").await?;
        Ok(socket)
    }

    /// A WebSocket of anybody's.
    pub(crate) async fn of_bare(address: SocketAddr) -> anyhow::Result<Self> {
        Self::upgraded(connect(address, None).await?, "").await
    }

    async fn upgraded(mut stream: TcpStream, token: &str) -> anyhow::Result<Self> {
        let request = format!(
            "GET /v1/chat/ws HTTP/1.1\r\nhost: nova\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: nova.chat.v1.json\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut socket = Self::over(stream);
        loop {
            if let Some(end) = end_of_head(&socket.buffer) {
                let is_open = socket.buffer.starts_with(b"HTTP/1.1 101");
                ensure!(is_open, "{}", String::from_utf8_lossy(&socket.buffer));
                socket.at = end;
                return Ok(socket);
            }
            ensure!(socket.more().await? > 0, "hung up in a handshake");
        }
    }

    fn over(stream: TcpStream) -> Self {
        let (read, write) = stream.into_split();
        Self {
            read,
            writer: Arc::new(Mutex::new(write)),
            buffer: Vec::new(),
            at: 0,
        }
    }

    pub(crate) fn writer(&self) -> Writer {
        Arc::clone(&self.writer)
    }

    async fn more(&mut self) -> std::io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
        }
        self.buffer.reserve(ROOM);
        self.read.read_buf(&mut self.buffer).await
    }

    /// The next text or bytes, or none when it was closed.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<&[u8]>> {
        let (begin, end) = loop {
            let Some((first, begin, end)) = self.parse() else {
                if self.more().await? == 0 {
                    return Ok(None);
                }
                continue;
            };
            self.at = end;
            match first {
                first_byte::TEXT | first_byte::BINARY => break (begin, end),
                first_byte::PING => {
                    let pong = masked(first_byte::PONG, &self.buffer[begin..end]);
                    self.writer.lock().await.write_all(&pong).await?;
                }
                first_byte::CLOSE => return Ok(None),
                _ => {}
            }
        };
        Ok(Some(&self.buffer[begin..end]))
    }

    /// First byte, begin and end of the next frame, if it is there whole.
    fn parse(&mut self) -> Option<(u8, usize, usize)> {
        let [first, length, rest @ ..] = &self.buffer[self.at..] else {
            return None;
        };
        let (length, head) = match length & 0x7F {
            126 => (u16::from_be_bytes(*rest.first_chunk()?).into(), 4),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), 10),
            short => (short.into(), 2),
        };
        let begin = self.at + head;
        let end = begin + usize::try_from(length).ok()?;
        if end <= self.buffer.len() {
            return Some((*first, begin, end));
        }
        if self.at > 0 {
            // Or what waits would grow with all that came before it.
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        None
    }

    /// Says a text.
    pub(crate) async fn say(&self, text: &str) -> std::io::Result<()> {
        say(&self.writer, text).await
    }

    /// The next text that begins with this, past others.
    pub(crate) async fn until(&mut self, begin: &str) -> anyhow::Result<String> {
        let found = async {
            loop {
                let text = self.next().await?.context("a socket was closed")?;
                if text.starts_with(begin.as_bytes()) {
                    return anyhow::Ok(String::from_utf8_lossy(text).into_owned());
                }
            }
        };
        let found = timeout(PATIENCE, found).await;
        found.with_context(|| format!("{begin} does not come"))?
    }
}

/// Says a text.
pub(crate) async fn say(writer: &Writer, text: &str) -> std::io::Result<()> {
    let frame = masked(first_byte::TEXT, text.as_bytes());
    writer.lock().await.write_all(&frame).await
}

async fn connect(address: SocketAddr, receive: Option<u32>) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = receive {
        socket.set_recv_buffer_size(bytes)?;
    }
    let stream = timeout(PATIENCE, socket.connect(address)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(at + 4)
}
