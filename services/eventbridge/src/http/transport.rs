//! How a stream is written: over HTTP/1.1 to its connection itself, over HTTP/2 as a body.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::future::BoxFuture;
use nova_service::platform::Takeover;
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

use super::tickets::Claimed;
use crate::state::hub::Seat;
use crate::state::stream::Turn;

/// Most bytes of a client that are read at once, only to let them go.
const READ: usize = 512;

/// A stream, and how it is opened.
pub(super) struct Flow {
    seat: Seat,
    /// In a box that is let go when it is done: streams live long after that.
    opening: Option<BoxFuture<'static, ()>>,
    /// Until its client has an id to come back with.
    claimed: Option<Box<Claimed>>,
    has_begun: bool,
}

impl Flow {
    pub(super) fn new(
        seat: Seat,
        opening: BoxFuture<'static, ()>,
        claimed: Option<Claimed>,
    ) -> Self {
        Self {
            seat,
            opening: Some(opening),
            claimed: claimed.map(Box::new),
            has_begun: false,
        }
    }

    fn poll_fill(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Turn> {
        if let Some(opening) = &mut self.opening
            && opening.as_mut().poll(context).is_ready()
        {
            self.opening = None;
        }
        if self.has_begun
            && let Some(claimed) = self.claimed.take()
        {
            // What was made ready before has been written.
            claimed.keep();
        }
        self.has_begun = self.opening.is_none();
        let stream = self.seat.stream();
        stream.poll_fill(context, self.seat.key(), out)
    }

    /// Goes on with the connection behind the head. A client that acknowledges nothing for `patience` is gone: without that the
    /// kernel goes on for a quarter of an hour.
    pub(super) fn taking_over(self, patience: Duration) -> Takeover {
        Takeover::new(move |socket| {
            let millis = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
            if let Err(error) = set_tcp_user_timeout(&socket, millis) {
                tracing::debug!(%error, "a client that vanishes is found late");
            }
            let mut writer = Writer {
                flow: self,
                socket,
                out: Vec::new(),
                written: 0,
                is_last: false,
            };
            poll_fn(move |context| writer.poll(context))
        })
    }

    /// The same as a body.
    pub(super) fn into_body(mut self) -> Body {
        let mut is_last = false;
        Body::from_stream(futures::stream::poll_fn(move |context| {
            if is_last {
                return Poll::Ready(None);
            }
            let mut out = Vec::new();
            match self.poll_fill(context, &mut out) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Turn::Write) => {}
                Poll::Ready(Turn::Last) => is_last = true,
                Poll::Ready(Turn::Cut) => return Poll::Ready(None),
            }
            Poll::Ready(Some(Ok::<_, Infallible>(Bytes::from(out))))
        }))
    }
}

/// Writes a stream to its connection.
struct Writer {
    flow: Flow,
    socket: TcpStream,
    /// Empty, and without memory of its own, while nothing waits.
    out: Vec<u8>,
    written: usize,
    is_last: bool,
}

impl Writer {
    /// Ready when the stream, or the connection, is over.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.poll_flush(context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    tracing::debug!(%error, "a client went away");
                    return Poll::Ready(());
                }
                Poll::Pending if self.flow.seat.stream().poll_over(context) => {
                    return Poll::Ready(());
                }
                Poll::Pending => return self.poll_gone(context),
            }
            if self.is_last {
                return Pin::new(&mut self.socket).poll_shutdown(context).map(drop);
            }
            match self.flow.poll_fill(context, &mut self.out) {
                Poll::Ready(Turn::Write) => {}
                Poll::Ready(Turn::Last) => self.is_last = true,
                Poll::Ready(Turn::Cut) => return Poll::Ready(()),
                Poll::Pending => return self.poll_gone(context),
            }
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.written..)
            && !rest.is_empty()
        {
            match Pin::new(&mut self.socket).poll_write(context, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => self.written += written,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
            if self.written < self.out.len() {
                self.flow.seat.stream().progressed();
            }
        }
        self.out = Vec::new();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Reads what the client sends, which means nothing, until it goes.
    fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut room = [MaybeUninit::<u8>::uninit(); READ];
        loop {
            let mut buffer = ReadBuf::uninit(&mut room);
            match Pin::new(&mut self.socket).poll_read(context, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
