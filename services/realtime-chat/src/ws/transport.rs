//! A WebSocket as something that carries a session.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use nova_proto::realtime_chat::v1::ConnectRequest;
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::codec::{Decoder, Message, Opcode, close_payload, write};
use crate::domain::connection::Close;
use crate::domain::{ClientFrame, Malformed};
use crate::state::{Format, Heard, MAX_FRAME, Transport, Turn, client_frame};

/// Bytes read at once, on the stack.
const READ: usize = 8 * 1024;
/// Bytes that wait when pings are not answered any more.
const MOST_PONGS: usize = 64 * 1024;
/// Who was told that it is over says so too, or is not waited for.
const FAREWELL: Duration = Duration::from_secs(2);

/// A WebSocket.
pub(super) struct WebSocket {
    stream: TokioIo<Upgraded>,
    decoder: Decoder,
    /// What was read and not heard yet.
    heard: VecDeque<Message>,
    failed: Option<Close>,
    out: Vec<u8>,
    written: usize,
    format: Format,
}

impl WebSocket {
    pub(super) fn new(upgraded: Upgraded, format: Format) -> Self {
        Self {
            stream: TokioIo::new(upgraded),
            decoder: Decoder::new(MAX_FRAME),
            heard: VecDeque::new(),
            failed: None,
            out: Vec::new(),
            written: 0,
            format,
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.written..)
            && !rest.is_empty()
        {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        // An idle socket holds no memory.
        self.out = Vec::new();
        self.written = 0;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Reads into the stack, and keeps only messages.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut room = [MaybeUninit::<u8>::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        let mut bytes = buffer.filled();
        if bytes.is_empty() {
            return Poll::Ready(Ok(false));
        }
        loop {
            match self.decoder.take(&mut bytes) {
                Ok(Some(message)) => self.heard.push_back(message),
                Ok(None) => break,
                Err(close) => {
                    self.failed.get_or_insert(close);
                    break;
                }
            }
        }
        Poll::Ready(Ok(true))
    }

    fn next_heard(&mut self) -> Option<Heard> {
        let Some(message) = self.heard.pop_front() else {
            self.heard = VecDeque::new();
            return self.failed.clone().map(Heard::Close);
        };
        Some(match (message, self.format) {
            (Message::Text(text), Format::Json) => Heard::Frame(ClientFrame::of_json(&text)),
            (Message::Binary(bytes), Format::Protobuf) => Heard::Frame(protobuf(&bytes)),
            (Message::Text(_) | Message::Binary(_), _) => Heard::Close(Close::UNSUPPORTED),
            (Message::Ping(payload), _) => Heard::Ping(payload),
            (Message::Pong, _) => Heard::Pong,
            (Message::Close(close), _) => Heard::Close(close),
        })
    }

    fn poll_turn(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Turn>> {
        if !self.is_flushed() && self.poll_flush(context)?.is_ready() {
            return Poll::Ready(Ok(Turn::Flushed));
        }
        loop {
            if let Some(heard) = self.next_heard() {
                return Poll::Ready(Ok(Turn::Heard(heard)));
            }
            if !ready!(self.poll_read(context))? {
                return Poll::Ready(Ok(Turn::Heard(Heard::Gone)));
            }
        }
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn protobuf(bytes: &[u8]) -> Result<ClientFrame, Malformed> {
    let request = ConnectRequest::decode(bytes)
        .map_err(|error| Malformed::frame(format!("this is no frame: {error}")))?;
    client_frame(request)
}

impl Transport for WebSocket {
    fn put(&mut self, frame: Bytes) {
        let opcode = match self.format {
            Format::Json => Opcode::Text,
            Format::Protobuf => Opcode::Binary,
        };
        write(&mut self.out, opcode, &frame);
    }

    fn put_ping(&mut self) {
        write(&mut self.out, Opcode::Ping, b"");
    }

    fn put_pong(&mut self, payload: Vec<u8>) {
        // The latest is enough (RFC 6455, section 5.5.3): a flood of pings from who reads nothing fills nothing.
        if self.out.len() - self.written < MOST_PONGS {
            write(&mut self.out, Opcode::Pong, &payload);
        }
    }

    fn is_flushed(&self) -> bool {
        self.out.len() == self.written
    }

    async fn turn(&mut self) -> io::Result<Turn> {
        poll_fn(|context| self.poll_turn(context)).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|context| self.poll_flush(context)).await
    }

    async fn finish(&mut self, close: &Close) {
        write(&mut self.out, Opcode::Close, &close_payload(close));
        let ended = async {
            self.flush().await?;
            poll_fn(|context| self.poll_shutdown(context)).await?;
            // What still comes is read, or the kernel would answer it with a reset that overtakes the close frame.
            let rest = async {
                while poll_fn(|context| self.poll_read(context)).await? {
                    self.heard.clear();
                }
                Ok::<_, io::Error>(())
            };
            match tokio::time::timeout(FAREWELL, rest).await {
                Ok(ended) => ended,
                Err(_) => Ok(()),
            }
        };
        if let Err(error) = ended.await {
            tracing::debug!(%error, "a socket failed as it was closed");
        }
    }
}
