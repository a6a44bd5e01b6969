//! A node that serves streams, a client that reads them, and events as they come from Redis.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use nova_eventbridge::config::Config;
use nova_eventbridge::domain::{Channel, Entry, Partition, Position, frame};
use nova_eventbridge::state::State;
use nova_eventbridge::state::hub::Hub;
use nova_eventbridge::store::windows::{Published, Pushes, Told};
use nova_ids::{SessionId, UserId};
use nova_service::tokens::{AUDIENCE, Claims};
use nova_testkit::{App, Stack};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const PATH: &str = "/v1/events";
/// A heartbeat comes each second.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(1);
pub(crate) const TYPE: &str = "nova.feed.v1.FeedUpdated";
const SOON: Duration = Duration::from_secs(10);

/// A node that runs, and what it is handed.
pub(crate) struct Node {
    pub(crate) app: App,
    pub(crate) state: State,
}

/// Settings for short tests.
pub(crate) async fn stack() -> Stack {
    let stack = Stack::new().await;
    stack
        .with("NOVA_EVENTBRIDGE_HEARTBEAT", "1s")
        .with("NOVA_EVENTBRIDGE_ORIGINS", "https://app.example")
}

pub(crate) async fn node(stack: &Stack) -> Node {
    let (give, given) = oneshot::channel();
    let kafka = stack.kafka.clone();
    let service = async move |env: &mut nova_service::Env| {
        let config = Config::read(env)?;
        let state = State::connect(&config, &kafka, env).await?;
        state.hub.know_losses(Vec::new());
        state.windows.install(1).await?;
        state.windows.begin(1, OffsetDateTime::UNIX_EPOCH);
        let pushes = state.windows.listen().await?;
        give.send(state.clone()).ok();
        let hub = state.hub.clone();
        let serving = nova_eventbridge::serving(&state, &config.origins);
        Ok(serving.task("receive", |stop| receive(hub, pushes, stop)))
    };
    let app = stack.start(service).await;
    let state = given.await.unwrap();
    Node { app, state }
}

async fn receive(hub: Hub, mut pushes: Pushes, stop: CancellationToken) {
    while let Some(Some(told)) = stop.run_until_cancelled(pushes.next()).await {
        hub.publish(told);
    }
    stop.cancelled().await;
}

fn entry(channels: &[Channel], event_type: &str, offset: i64) -> Entry {
    Entry {
        partition: Partition::of("feed-updates", 0).unwrap(),
        offset,
        time: OffsetDateTime::now_utc(),
        event_type: event_type.into(),
        subject: "".into(),
        channels: if channels.len() > 1 {
            channels.into()
        } else {
            Arc::new([])
        },
        shows: Arc::new([]),
        post: None,
        head: frame::event(event_type, &format!(r#"{{"number":{offset}}}"#)),
    }
}

impl Node {
    /// Puts an event on channels in Redis.
    pub(crate) async fn publish(&self, channels: &[Channel], offset: i64) {
        let published = Published {
            channels: channels.to_vec(),
            entry: Arc::new(entry(channels, TYPE, offset)),
        };
        self.state.windows.publish(&[published]).await.unwrap();
    }

    /// Puts events with these offsets on a channel in Redis, at once.
    pub(crate) async fn publish_all(&self, channel: &Channel, offsets: Range<i64>) {
        let published = |offset| Published {
            channels: vec![channel.clone()],
            entry: Arc::new(entry(std::slice::from_ref(channel), TYPE, offset)),
        };
        let all: Vec<Published> = offsets.map(published).collect();
        self.state.windows.publish(&all).await.unwrap();
    }

    /// Opens a stream that is answered with 200.
    pub(crate) async fn open(&self, query: &str, headers: &[(&str, &str)]) -> Client {
        let client = Client::open(&self.app.base_url, query, headers).await;
        assert_eq!(client.status, 200, "{:?}", client.headers);
        client
    }

    /// Opens a stream, and reads its first frame.
    pub(crate) async fn begun(&self, query: &str, token: &str) -> Client {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str())];
        // Without a token it is anybody's.
        let headers = &headers[..usize::from(!token.is_empty())];
        let mut client = self.open(query, headers).await;
        let ready = client.frame().await;
        assert_eq!(ready.event, "ready", "{ready:?}");
        client
    }

    /// What Redis would bring, without it.
    pub(crate) fn tell(&self, channel: &Channel, event_type: &str, offset: i64) {
        let entry = entry(std::slice::from_ref(channel), event_type, offset);
        self.state.hub.publish(Told {
            channel: channel.clone(),
            position: Position::from_iter([(entry.partition, offset)]),
            entry: Arc::new(entry),
        });
    }
}

/// A token that ends after some seconds.
pub(crate) fn token_for(stack: &Stack, user: UserId, seconds: u64) -> String {
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap();
    stack.sign(&Claims {
        sub: user,
        sid: SessionId::new(),
        iss: "nova".to_owned(),
        aud: AUDIENCE.to_owned(),
        iat: now,
        exp: now + seconds,
        jti: Uuid::now_v7(),
    })
}

/// What stands between two empty lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) event: String,
    pub(crate) data: Value,
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<u64>,
}

/// A client that reads bytes as they come.
pub(crate) struct Client {
    socket: TcpStream,
    read: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
}

impl Client {
    /// Asks for `/v1/events`; `query` has its `?`, if it is not empty.
    pub(crate) async fn open(base_url: &str, query: &str, headers: &[(&str, &str)]) -> Self {
        Self::ask("GET", base_url, query, headers).await
    }

    /// The same, with any method.
    pub(crate) async fn ask(
        method: &str,
        base_url: &str,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let address = base_url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).await.unwrap();
        let mut head = format!("{method} {PATH}{query} HTTP/1.1\r\nHost: {address}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        socket
            .write_all(format!("{head}\r\n").as_bytes())
            .await
            .unwrap();
        let mut client = Self {
            socket,
            read: Vec::new(),
            status: 0,
            headers: HashMap::new(),
        };
        let head = client.until("\r\n\r\n").await.expect("a head");
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        client.status = status.parse().unwrap();
        let pairs = lines.filter_map(|line| line.split_once(": "));
        client.headers = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        client
    }

    /// What comes up to this text, without it; none if nothing more comes.
    async fn until(&mut self, end: &str) -> Option<String> {
        loop {
            let found = self
                .read
                .windows(end.len())
                .position(|bytes| bytes == end.as_bytes());
            if let Some(at) = found {
                let rest = self.read.split_off(at + end.len());
                let mut text = std::mem::replace(&mut self.read, rest);
                text.truncate(at);
                return Some(String::from_utf8(text).unwrap());
            }
            let more = timeout(SOON, self.socket.read_buf(&mut self.read));
            if more.await.expect("in time").unwrap_or(0) == 0 {
                assert_eq!(String::from_utf8_lossy(&self.read), "", "half a frame");
                return None;
            }
        }
    }

    /// The next frame or comment as it is written; none at the end.
    pub(crate) async fn raw(&mut self) -> Option<String> {
        self.until("\n\n").await
    }

    /// The next frame, past heartbeats; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            let text = self.raw().await?;
            if text == ":" {
                continue;
            }
            let mut frame = Frame::default();
            for line in text.lines() {
                match line.split_once(": ").expect("a field") {
                    ("event", name) => frame.event = name.to_owned(),
                    ("data", json) => frame.data = serde_json::from_str(json).unwrap(),
                    ("id", id) => frame.id = Some(id.to_owned()),
                    ("retry", millis) => frame.retry = Some(millis.parse().unwrap()),
                    other => panic!("{other:?}"),
                }
            }
            return Some(frame);
        }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Frame {
        self.next().await.expect("a frame")
    }

    /// Everything until the end.
    pub(crate) async fn rest(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        frames
    }
}
