//! Connections that a route goes on with by itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

type Next = Box<dyn FnOnce(TcpStream) -> BoxFuture<'static, ()> + Send>;

/// An extension of an answer to a GET: its head is sent as HTTP/1.1, and then the connection is its route's, which ends
/// it. A stream that lives for hours so needs none of what HTTP keeps for the next request. Over HTTP/2 the answer's
/// body is sent as any other, so it must have the same in it.
///
/// The connection counts as open and is cut at the end of a stop as others are; what asks it to end before that is the
/// route's own.
#[derive(Clone)]
pub struct Takeover(Arc<Mutex<Option<Next>>>);

impl Takeover {
    /// Goes on with the connection as `next` does.
    pub fn new<F>(next: impl FnOnce(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let next: Next = Box::new(move |stream| next(stream).boxed());
        Self(Arc::new(Mutex::new(Some(next))))
    }
}

/// An answer whose connection is taken over.
pub(super) struct Taken {
    status: StatusCode,
    headers: HeaderMap,
    next: Next,
}

impl Taken {
    /// What an answer says, if it is one; nothing is left of it then.
    pub(super) fn out_of<B>(response: &mut Response<B>) -> Option<Self> {
        let Takeover(next) = response.extensions_mut().remove()?;
        let next = lock(&next).take()?;
        Some(Self {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            next,
        })
    }

    /// Sends the head; the rest is the route's, if its client is still there.
    pub(super) async fn begin(self, mut stream: TcpStream) -> Option<BoxFuture<'static, ()>> {
        if let Err(error) = stream.write_all(&head(self.status, self.headers)).await {
            tracing::debug!(%error, "a connection failed");
            return None;
        }
        Some((self.next)(stream))
    }
}

fn head(status: StatusCode, mut headers: HeaderMap) -> Vec<u8> {
    // What has no length ends with its connection.
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in &headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            bytes.extend_from_slice(part);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The way from a request to who serves its connection.
#[derive(Clone, Default)]
pub(super) struct Handover(Arc<Given>);

#[derive(Default)]
struct Given {
    taken: Mutex<Option<Taken>>,
    told: Notify,
}

impl Handover {
    /// Hands the connection over; what served it until now is dropped.
    pub(super) async fn give(&self, taken: Taken) -> ! {
        *lock(&self.0.taken) = Some(taken);
        self.0.told.notify_one();
        std::future::pending().await
    }

    /// Waits until that is done.
    pub(super) async fn given(&self) -> Taken {
        loop {
            if let Some(taken) = lock(&self.0.taken).take() {
                return taken;
            }
            self.0.told.notified().await;
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
