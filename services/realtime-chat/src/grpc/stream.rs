//! A stream of gRPC as something that carries a session.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use nova_proto::realtime_chat::v1::{ConnectRequest, ConnectResponse};
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::{Code, Status, Streaming};

use crate::domain::connection::Close;
use crate::state::{Heard, Transport, Turn, client_frame};

/// A call of `Connect`: pings are HTTP/2's own.
pub(super) struct Stretched {
    heard: Streaming<ConnectRequest>,
    sender: mpsc::Sender<Result<ConnectResponse, Status>>,
    out: VecDeque<Bytes>,
}

/// What goes to the client.
pub(super) struct Received(pub(super) mpsc::Receiver<Result<ConnectResponse, Status>>);

impl Stream for Received {
    type Item = Result<ConnectResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

impl Stretched {
    pub(super) const fn new(
        heard: Streaming<ConnectRequest>,
        sender: mpsc::Sender<Result<ConnectResponse, Status>>,
    ) -> Self {
        Self {
            heard,
            sender,
            out: VecDeque::new(),
        }
    }
}

async fn send(
    sender: &mpsc::Sender<Result<ConnectResponse, Status>>,
    out: &mut VecDeque<Bytes>,
) -> io::Result<()> {
    while !out.is_empty() {
        let place = sender.reserve().await;
        let place = place.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        if let Some(frame) = out.pop_front() {
            place.send(
                ConnectResponse::decode(frame).map_err(|error| Status::internal(error.to_string())),
            );
        }
    }
    *out = VecDeque::new();
    Ok(())
}

impl Transport for Stretched {
    fn put(&mut self, frame: Bytes) {
        self.out.push_back(frame);
    }

    fn put_ping(&mut self) {}

    fn put_pong(&mut self, _: Vec<u8>) {}

    fn is_flushed(&self) -> bool {
        self.out.is_empty()
    }

    async fn turn(&mut self) -> io::Result<Turn> {
        let has_more = !self.out.is_empty();
        let heard = tokio::select! {
            sent = send(&self.sender, &mut self.out), if has_more => {
                return sent.map(|()| Turn::Flushed);
            }
            () = self.sender.closed() => return Ok(Turn::Heard(Heard::Gone)),
            heard = self.heard.message() => heard,
        };
        Ok(Turn::Heard(match heard {
            Ok(Some(request)) => Heard::Frame(client_frame(request)),
            Ok(None) => Heard::Close(Close::NORMAL),
            Err(_) => Heard::Gone,
        }))
    }

    async fn flush(&mut self) -> io::Result<()> {
        send(&self.sender, &mut self.out).await
    }

    async fn finish(&mut self, close: &Close) {
        if self.flush().await.is_err() || close.code == Close::NORMAL.code {
            return;
        }
        let code = match close.code {
            4001 => Code::Unauthenticated,
            4008 | 4013 | 4029 => Code::ResourceExhausted,
            1001 => Code::Unavailable,
            _ => Code::Internal,
        };
        let status = Status::new(code, format!("{}: {}", close.code, close.reason));
        // Who is gone needs no status.
        self.sender.send(Err(status)).await.ok();
    }
}
