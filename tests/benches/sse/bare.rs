//! What Nova is held against: axum, a `tokio::sync::broadcast` for each channel, and a body that sends what comes of it. Nothing
//! is checked, kept or resumed. A process of its own with the allocator of Nova's programs.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use futures::{StreamExt as _, stream};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// The mode of this program.
pub(crate) const PLAIN: &str = "plain-axum";

/// As often as Nova does.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Frames that wait for the slowest of a channel.
const WAITING: usize = 1_024;
/// Before each frame that is published: its channel and its length, four bytes each, the highest first.
pub(crate) const BEFORE: usize = 8;

type Channels = Arc<Mutex<HashMap<u32, Sender<Bytes>>>>;

fn of(channels: &Channels, number: u32) -> Sender<Bytes> {
    let mut channels = channels.lock().unwrap_or_else(PoisonError::into_inner);
    channels
        .entry(number)
        .or_insert_with(|| channel(WAITING).0)
        .clone()
}

/// Serves until `stop`.
pub(crate) async fn serve(stop: CancellationToken) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/events/{channel}", get(follow))
        .route("/", post(publish))
        .with_state(Channels::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address: SocketAddr = listener.local_addr()?;
    println!("{address}");
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let served = axum::serve(listener, router).into_future();
    match stop.run_until_cancelled(served).await {
        Some(served) => Ok(served?),
        None => Ok(()),
    }
}

async fn follow(State(channels): State<Channels>, Path(number): Path<u32>) -> Response {
    let follower = Follower {
        told: of(&channels, number).subscribe(),
        beat: Instant::now() + HEARTBEAT,
    };
    let hello = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"data: hello\n\n"))]);
    let frames = stream::unfold(follower, Follower::next);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from_stream(hello.chain(frames))).into_response()
}

struct Follower {
    told: Receiver<Bytes>,
    beat: Instant,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let frame = tokio::select! {
            told = self.told.recv() => match told {
                Ok(frame) => frame,
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            },
            () = sleep_until(self.beat) => Bytes::from_static(b":\n\n"),
        };
        self.beat = Instant::now() + HEARTBEAT;
        Some((Ok(frame), self))
    }
}

/// Frames one behind the other, for as long as the body goes on.
async fn publish(State(channels): State<Channels>, body: Body) -> StatusCode {
    let mut body = body.into_data_stream();
    let mut waiting: Vec<u8> = Vec::new();
    while let Some(Ok(more)) = body.next().await {
        waiting.extend_from_slice(&more);
        let mut rest = waiting.as_slice();
        while let Some((number, length, after)) = head(rest) {
            let Some((frame, after)) = after.split_at_checked(length) else {
                break;
            };
            // Nobody may be there.
            drop(of(&channels, number).send(Bytes::copy_from_slice(frame)));
            rest = after;
        }
        let taken = waiting.len() - rest.len();
        waiting.drain(..taken);
    }
    StatusCode::OK
}

fn head(bytes: &[u8]) -> Option<(u32, usize, &[u8])> {
    let (channel, rest) = bytes.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = u32::from_be_bytes(*length);
    Some((u32::from_be_bytes(*channel), length as usize, rest))
}
