//! Connections: accepted, served with HTTP/1.1 or HTTP/2, ended in order.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// A connection without a whole request's head for this long is closed: idle ones, and those who send
/// a header a minute. Longer than the 60 s after which most proxies and clients let go themselves.
const IDLE: Duration = Duration::from_secs(75);

/// HTTP/2 peers are asked this often whether they are still there.
const PING_EVERY: Duration = Duration::from_secs(30);

/// The two steps of ending connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Closing {
    /// No new connections and no new requests; those under way are answered.
    pub(super) soft: CancellationToken,
    /// What is still there is cut.
    pub(super) hard: CancellationToken,
}

/// Accepts connections until the soft close, and returns when all have ended.
pub(super) async fn serve(mut listener: TcpListener, router: Router, closing: Closing) {
    let server = server();
    let connections = TaskTracker::new();
    // axum's `accept` waits out errors such as too many open files.
    while let Some((stream, peer)) = closing
        .soft
        .run_until_cancelled(Listener::accept(&mut listener))
        .await
    {
        connections.spawn(connection(
            server.clone(),
            stream,
            peer,
            router.clone(),
            closing.clone(),
        ));
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
        .header_read_timeout(IDLE);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY);
    server
}

async fn connection(
    server: Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    closing: Closing,
) {
    // Answers are small and written at once: waiting to fill a packet only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let mut serving =
        std::pin::pin!(server.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let outcome = tokio::select! {
        outcome = &mut serving => outcome,
        () = closing.soft.cancelled() => {
            serving.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = &mut serving => outcome,
                () = closing.hard.cancelled() => return,
            }
        }
    };
    if let Err(error) = outcome {
        // Clients that go away, send what is not HTTP, or fall silent.
        tracing::debug!(error = %error, "a connection failed");
    }
}
