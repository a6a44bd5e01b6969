//! What Nova is held against, each a process of its own with the allocator of Nova's programs.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use futures::stream::SplitSink;
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

/// A task for each socket, that pings and reads, and does nothing else.
pub(crate) const TASKS: &str = "bare-tasks";
/// WebSockets of axum, and a loop that sends one text to all of them.
pub(crate) const LOOP: &str = "bare-loop";

/// As often as Nova does.
const HEARTBEAT: Duration = Duration::from_secs(30);
const PING: [u8; 2] = [0x89, 0];

async fn listen() -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address: SocketAddr = listener.local_addr()?;
    println!("{address}");
    Ok(listener)
}

/// Serves tasks until `stop`.
pub(crate) async fn tasks(stop: CancellationToken) -> anyhow::Result<()> {
    let listener = listen().await?;
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, _) = accepted?;
        stream.set_nodelay(true)?;
        drop(tokio::spawn(task(stream)));
    }
    Ok(())
}

async fn task(stream: TcpStream) -> std::io::Result<Infallible> {
    let mut ping = tokio::time::Instant::now() + HEARTBEAT;
    loop {
        tokio::select! {
            readable = stream.readable() => {
                readable?;
                match stream.try_read(&mut [0; 512]) {
                    Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(error),
                    Ok(_) | Err(_) => {}
                }
            }
            () = tokio::time::sleep_until(ping) => {
                ping += HEARTBEAT;
                stream.try_write(&PING)?;
            }
        }
    }
}

type Sinks = Arc<Mutex<Vec<SplitSink<WebSocketStream<TokioIo<Upgraded>>, Message>>>>;

/// Serves the loop until `stop`.
pub(crate) async fn loops(stop: CancellationToken) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/v1/chat/ws", get(open))
        .route("/", post(send))
        .with_state(Sinks::default());
    let listener = listen()
        .await?
        .tap_io(|stream| drop(stream.set_nodelay(true)));
    match stop
        .run_until_cancelled(axum::serve(listener, router).into_future())
        .await
    {
        Some(served) => Ok(served?),
        None => Ok(()),
    }
}

/// What axum's own `WebSocketUpgrade` does, with the tungstenite that Nova has already.
async fn open(State(sinks): State<Sinks>, mut request: Request) -> Result<Response, StatusCode> {
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let upgrade = upgrade.ok_or(StatusCode::UPGRADE_REQUIRED)?;
    let accept = accept(request.headers()).ok_or(StatusCode::BAD_REQUEST)?;
    drop(tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else {
            return;
        };
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        let (sink, mut stream) = socket.split();
        sinks.lock().await.push(sink);
        while let Some(Ok(_)) = stream.next().await {}
    }));
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .body(Body::empty())
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn accept(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    Some(derive_accept_key(key.as_bytes()))
}

/// Sends the body to every socket, and answers when it was.
async fn send(State(sinks): State<Sinks>, text: String) -> StatusCode {
    let text = Utf8Bytes::from(text);
    for sink in sinks.lock().await.iter_mut() {
        if sink.send(Message::Text(text.clone())).await.is_err() {
            return StatusCode::GONE;
        }
    }
    StatusCode::OK
}
