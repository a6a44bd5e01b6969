//! A client that reads a stream, comes back whenever that ends, and keeps what it was told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::ways::Ways;

/// Streams have a heartbeat this often.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(2);
/// Whoever hears nothing for twice as long, and some time for a machine that has other things to do, is on a dead stream.
const HEARS_WITHIN: Duration = Duration::from_secs(8);
/// Most milliseconds that a client waits before it comes back, whatever it was told: the run is short.
const MOST_RETRY: u64 = 1_000;

/// What a client was told, in this order.
#[derive(Debug, Clone)]
pub(super) enum Told {
    /// The event with this id.
    Event(String),
    /// That something is missing.
    Gap {
        reason: String,
        from: OffsetDateTime,
        to: OffsetDateTime,
    },
}

/// Counted over all clients.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) connections: AtomicUsize,
    pub(super) resumed: AtomicUsize,
    /// Streams on which nothing came for too long.
    pub(super) silent: AtomicUsize,
    pub(super) live: AtomicUsize,
}

/// What is known of a client by others.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    /// Number of its user.
    pub(super) user: Option<usize>,
    /// Whether it follows what reaches its user.
    pub(super) is_mine: bool,
    pub(super) tags: Vec<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    told: Vec<Told>,
    last_id: Option<String>,
    /// What no client should be told.
    wrong: Vec<String>,
}

impl Seen {
    pub(super) fn new(
        name: String,
        user: Option<usize>,
        is_mine: bool,
        tags: Vec<&'static str>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            user,
            is_mine,
            tags,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn told(&self) -> Vec<Told> {
        self.state().told.clone()
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.state().wrong.clone()
    }

    /// Whether it has an id to come back with.
    pub(super) fn has_begun(&self) -> bool {
        self.state().last_id.is_some()
    }

    fn channels(&self) -> String {
        let mine = self.is_mine.then(|| "me".to_owned());
        let tags = self.tags.iter().map(|tag| format!("tag:{tag}"));
        mine.into_iter().chain(tags).collect::<Vec<_>>().join(",")
    }
}

/// A client.
pub(super) struct Reader {
    pub(super) seen: Arc<Seen>,
    pub(super) counts: Arc<Counts>,
    pub(super) ways: Arc<Ways>,
    pub(super) token: Option<String>,
    /// Where it says that it comes from: streams are counted by that.
    pub(super) address: String,
    pub(super) random: StdRng,
    /// Where it goes next.
    pub(super) node: usize,
    pub(super) orders: watch::Receiver<bool>,
}

impl Reader {
    /// Comes back again and again until the orders are false.
    pub(super) async fn live(mut self) {
        loop {
            let mut orders = self.orders.clone();
            let retry = tokio::select! {
                _ = orders.wait_for(|go| !go) => return,
                retry = self.read() => retry,
            };
            self.node += 1;
            let retry = self.random.random_range(1..=retry.clamp(50, MOST_RETRY));
            sleep(Duration::from_millis(retry)).await;
        }
    }

    /// Reads one stream to its end. Answers after how many milliseconds to come back.
    async fn read(&self) -> u64 {
        let mut retry = 300;
        let Ok(Some(mut stream)) = timeout(HEARS_WITHIN, self.open()).await else {
            return retry;
        };
        self.counts.connections.fetch_add(1, Ordering::Relaxed);
        loop {
            let frame = match timeout(HEARS_WITHIN, stream.until("\n\n")).await {
                Ok(Some(frame)) => frame,
                Ok(None) => return retry,
                Err(_) => {
                    self.counts.silent.fetch_add(1, Ordering::Relaxed);
                    return retry;
                }
            };
            if let Err(wrong) = self.take(&frame, &mut retry) {
                self.seen.state().wrong.push(format!("{wrong}: {frame:?}"));
            }
        }
    }

    async fn open(&self) -> Option<Stream> {
        let url = self.ways.url(self.node);
        let address = url.trim_start_matches("http://");
        let socket = TcpStream::connect(address).await.ok()?;
        let mut stream = Stream {
            socket,
            read: Vec::new(),
        };
        let channels = self.seen.channels();
        let mut head = format!(
            "GET /v1/events?channels={channels} HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: {}\r\n",
            self.address
        );
        if let Some(token) = &self.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if let Some(id) = &self.seen.state().last_id {
            head.push_str(&format!("Last-Event-ID: {id}\r\n"));
        }
        head.push_str("\r\n");
        stream.socket.write_all(head.as_bytes()).await.ok()?;
        let head = stream.until("\r\n\r\n").await?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status == "200" {
            return Some(stream);
        }
        // EventSource would give up on it. A node that begins or ends may say that it cannot.
        if status != "503" {
            self.seen.state().wrong.push(format!("a status: {head}"));
        }
        None
    }

    fn take(&self, text: &str, retry: &mut u64) -> Result<(), String> {
        let (mut event, mut data, mut id) = ("", Value::Null, None);
        for line in text.lines().filter(|line| !line.starts_with(':')) {
            match line.split_once(": ").ok_or("no field")? {
                ("event", name) => event = name,
                ("data", json) => {
                    data = serde_json::from_str(json).map_err(|error| error.to_string())?;
                }
                ("id", text) => id = Some(text.to_owned()),
                ("retry", millis) => {
                    *retry = millis.parse().map_err(|_| "no milliseconds".to_owned())?;
                }
                _ => return Err("an unknown field".to_owned()),
            }
        }
        let mut state = self.seen.state();
        let has_begun = state.last_id.is_some();
        match event {
            "" => {}
            "live" => {
                self.counts.live.fetch_add(1, Ordering::Relaxed);
            }
            "ready" => {
                let resumed = data["resumed"] == true;
                self.counts
                    .resumed
                    .fetch_add(usize::from(resumed), Ordering::Relaxed);
                if !has_begun && resumed {
                    return Err("resumed without an id".to_owned());
                }
            }
            "gap" => {
                let time = |name: &str| {
                    let text = data[name].as_str().unwrap_or_default();
                    OffsetDateTime::parse(text, &Rfc3339).map_err(|error| error.to_string())
                };
                let gap = Told::Gap {
                    reason: data["reason"].as_str().unwrap_or_default().to_owned(),
                    from: time("from")?,
                    to: time("to")?,
                };
                state.told.push(gap);
            }
            "expired" => return Err("no token has expired".to_owned()),
            _ => {
                let id = data["id"].as_str().ok_or("an event without id")?;
                state.told.push(Told::Event(id.to_owned()));
            }
        }
        if id.is_some() {
            state.last_id = id;
        }
        Ok(())
    }
}

/// A connection that is read.
struct Stream {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Stream {
    /// What comes up to this text; none at the end.
    async fn until(&mut self, end: &str) -> Option<String> {
        let mut looked = 0;
        loop {
            let unseen = self.read.get(looked..)?;
            let found = unseen
                .windows(end.len())
                .position(|bytes| bytes == end.as_bytes());
            if let Some(at) = found {
                let rest = self.read.split_off(looked + at + end.len());
                let mut text = std::mem::replace(&mut self.read, rest);
                text.truncate(looked + at);
                return String::from_utf8(text).ok();
            }
            looked = self.read.len().saturating_sub(end.len());
            if self.socket.read_buf(&mut self.read).await.ok()? == 0 {
                return None;
            }
        }
    }
}
