//! Connections: accepted, served with HTTP/1.1 or HTTP/2, ended in order.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use futures::future::BoxFuture;
use http::{Method, Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

use super::doors::{Doors, Full, Rooms};
use super::head::{GivenBack, Timed, Turn};
use super::takeover::{Handover, Taken, lock};

/// A connection without a whole request's head for this long is closed, when `NOVA_HEADER_TIMEOUT` has not: idle
/// ones. Longer than the 60 s after which most proxies and clients let go themselves.
const IDLE: Duration = Duration::from_secs(75);

/// HTTP/2 peers are asked this often whether they are still there.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Requests at once on one connection of HTTP/2: twice the 100 that RFC 9113 (section 6.5.2) calls the least.
const STREAMS: u32 = 200;

/// Most bytes that a connection of HTTP/1 has read and nobody has taken yet, its head among them: a slow consumer of a fast
/// body holds no more. Room is made as bodies fill it, so that a slow body takes little.
const READ_AHEAD: usize = 32 * 1024;

/// Most bytes of the head of a request of HTTP/2, decompressed.
const HEAD: u32 = 16 * 1024;

/// The two steps of ending connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Closing {
    /// No new connections and no new requests; those under way are answered.
    pub(super) soft: CancellationToken,
    /// What is still there is cut.
    pub(super) hard: CancellationToken,
}

/// What all connections are served with.
struct Serving {
    http: Builder<TokioExecutor>,
    router: Router,
    head_timeout: Duration,
    closing: Closing,
}

/// Accepts connections until the soft close, and returns when all have ended.
pub(super) async fn serve(
    mut listener: TcpListener,
    router: Router,
    doors: Doors,
    closing: Closing,
) {
    let rooms = Rooms::behind(doors);
    let connections = TaskTracker::new();
    let serving = Arc::new(Serving {
        http: server(),
        router,
        head_timeout: doors.head_timeout,
        closing,
    });
    // axum's `accept` waits out errors such as too many open files.
    while let Some((stream, peer)) = serving
        .closing
        .soft
        .run_until_cancelled(Listener::accept(&mut listener))
        .await
    {
        let place = match rooms.enter(peer.ip()) {
            Ok(place) => place,
            Err(full) => {
                refused(full);
                continue;
            }
        };
        let serving = Arc::clone(&serving);
        let from = Box::new((stream, peer));
        connections.spawn(async move {
            // In boxes, one behind the other: whoever takes a connection over carries nothing of what HTTP was. They are made
            // here because memory goes back soonest where it came from.
            if let Some(next) = Box::pin(serving.http(from)).await {
                serving.closing.hard.run_until_cancelled(next).await;
            }
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

fn server() -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(READ_AHEAD);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD);
    server
}

fn refused(full: Full) {
    metrics::counter!("nova_connections_refused_total", "limit" => full.as_str()).increment(1);
    tracing::debug!(reason = %full, "a connection is refused");
}

impl Serving {
    /// Speaks HTTP until the connection ends, or until a route takes it over: then it is that route's from behind the head on.
    async fn http(&self, from: Box<(TcpStream, SocketAddr)>) -> Option<BoxFuture<'static, ()>> {
        let (stream, peer) = *from;
        // Answers are small and written at once: waiting to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
        let back = GivenBack::default();
        let turn = Turn::default();
        let timed = Timed::new(stream, Arc::clone(&back), turn.clone(), self.head_timeout);
        let taken = self.until_taken(timed, turn, peer).await?;
        let stream = lock(&back).take()?;
        let began = self.closing.hard.run_until_cancelled(taken.begin(stream));
        began.await.flatten()
    }

    async fn until_taken(&self, timed: Timed, turn: Turn, peer: SocketAddr) -> Option<Taken> {
        let router = self.router.clone();
        let handover = Handover::default();
        let hands = handover.clone();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            turn.request_begins();
            let can_be_taken =
                request.version() < Version::HTTP_2 && request.method() == Method::GET;
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = router.clone().call(request);
            let (turn, hands) = (turn.clone(), hands.clone());
            async move {
                let mut response = answer.await?;
                if can_be_taken && let Some(taken) = Taken::out_of(&mut response) {
                    hands.give(taken).await;
                }
                // While a stream is sent nobody knows what is read meanwhile, and what is read once HTTP has been left
                // is no head.
                let is_whole = response.body().size_hint().exact().is_some();
                if is_whole && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                    turn.request_ends();
                }
                Ok::<_, Infallible>(response)
            }
        });
        let mut serving = std::pin::pin!(
            self.http
                .serve_connection_with_upgrades(TokioIo::new(timed), service)
        );
        let mut given = std::pin::pin!(handover.given());
        let outcome = tokio::select! {
            outcome = &mut serving => outcome,
            taken = &mut given => return Some(taken),
            () = self.closing.soft.cancelled() => {
                serving.as_mut().graceful_shutdown();
                tokio::select! {
                    outcome = &mut serving => outcome,
                    taken = &mut given => return Some(taken),
                    () = self.closing.hard.cancelled() => return None,
                }
            }
        };
        if let Err(error) = outcome {
            // Clients that go away, send what is not HTTP, or fall silent.
            tracing::debug!(error = %error, "a connection failed");
        }
        None
    }
}
