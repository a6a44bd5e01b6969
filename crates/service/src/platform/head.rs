//! Connections that do not say what they want.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::takeover::lock;

/// What a connection of HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Where a stream is given back.
pub(super) type GivenBack = Arc<Mutex<Option<TcpStream>>>;

/// Whose turn it is on a connection of HTTP/1.1: an even number while a head is awaited, an odd one while a
/// request is served. Clones are of the same connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn(Arc<AtomicU32>);

impl Turn {
    /// A whole head has come.
    pub(super) fn request_begins(&self) {
        self.0.fetch_or(1, Ordering::Relaxed);
    }

    /// The answer is ready: what is read next belongs to the next head, as far as anybody can tell from here.
    pub(super) fn request_ends(&self) {
        let now = self.now();
        if now % 2 == 1 {
            self.0.store(now.wrapping_add(1), Ordering::Relaxed);
        }
    }

    fn now(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection that fails to be read when its first byte, or the rest of a head whose first byte has come, takes
/// longer than `within`. HTTP/2 is timed up to the end of its preface: from there on pings tell who is still there.
///
/// When it is dropped its stream goes back, to whoever takes the connection over.
pub(super) struct Timed {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    back: GivenBack,
    turn: Turn,
    within: Duration,
    spoken: Spoken,
    /// When the head of that turn must have come.
    due: Option<(u32, Instant)>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    /// So many bytes have come, all like the preface of HTTP/2.
    Unknown(usize),
    Http1,
    Http2,
}

impl Spoken {
    fn after(self, bytes: &[u8]) -> Self {
        let Self::Unknown(seen) = self else {
            return self;
        };
        let expected = &PREFACE[seen..PREFACE.len().min(seen + bytes.len())];
        if !bytes.starts_with(expected) {
            return Self::Http1;
        }
        if seen + expected.len() == PREFACE.len() {
            return Self::Http2;
        }
        Self::Unknown(seen + expected.len())
    }
}

impl Timed {
    /// The time of the first head runs from now.
    pub(super) fn new(stream: TcpStream, back: GivenBack, turn: Turn, within: Duration) -> Self {
        let due = Instant::now().checked_add(within);
        Self {
            stream: Some(stream),
            back,
            due: due.map(|due| (turn.now(), due)),
            turn,
            within,
            spoken: Spoken::Unknown(0),
            timer: None,
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn note(&mut self, bytes: &[u8]) {
        self.spoken = self.spoken.after(bytes);
        let turn = self.turn.now();
        let is_timed = self.due.is_some_and(|(of, _)| of == turn);
        if self.spoken == Spoken::Http2 {
            self.due = None;
        } else if !is_timed && turn.is_multiple_of(2) && !bytes.is_empty() {
            let due = Instant::now().checked_add(self.within);
            self.due = due.map(|due| (turn, due));
        }
    }

    /// Ready when the head that is awaited should have come by now.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let turn = self.turn.now();
        let Some((_, due)) = self.due.filter(|(of, _)| *of == turn) else {
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(context)
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = self.stream()?.poll_read(context, buffer) {
            self.note(&buffer.filled()[before..]);
            return Poll::Ready(outcome);
        }
        ready!(self.poll_late(context));
        let late = "the head of a request did not come in time";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, late)))
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        *lock(&self.back) = self.stream.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_2_is_known_by_its_preface_however_it_is_cut() {
        let spoken = |parts: &[&[u8]]| {
            parts
                .iter()
                .fold(Spoken::Unknown(0), |spoken, part| spoken.after(part))
        };
        assert_eq!(spoken(&[PREFACE]), Spoken::Http2);
        assert_eq!(
            spoken(&[&PREFACE[..3], &PREFACE[3..], b"more"]),
            Spoken::Http2
        );
        assert_eq!(spoken(&[&PREFACE[..3]]), Spoken::Unknown(3));
        assert_eq!(spoken(&[b"PRI", b"VET / HTTP/1.1"]), Spoken::Http1);
        assert_eq!(spoken(&[b"GET", PREFACE]), Spoken::Http1);
    }

    #[test]
    fn turns_alternate() {
        let turn = Turn::default();
        turn.request_ends();
        assert_eq!(turn.now(), 0);
        turn.request_begins();
        turn.request_begins();
        assert_eq!(turn.now(), 1);
        turn.request_ends();
        assert_eq!(turn.now(), 2);
    }
}
