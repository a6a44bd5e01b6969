//! Who is measured, and how it is told something.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use nova_cli::bench::{Crowd, Plan, Target};
use nova_ids::UserId;
use nova_testkit::Stack;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::bare;
use crate::events::{FEED_TIME, POST_TIME, feed_updated, post};
use crate::node::Node;
use crate::world::{PATIENCE, World, begun};

/// With which a stream of eventbridge begins: before it there may be others, while Redis is being connected to.
pub(crate) const READY: &str = "event: ready";

/// A server, its clients, and what tells it something.
pub(crate) struct Side<'a> {
    pub(crate) name: &'static str,
    pub(crate) node: &'a Node,
    pub(crate) crowd: Crowd,
    /// Clients that each event reaches.
    pub(crate) reaches: u64,
    source: Source,
    sending: JoinSet<()>,
}

/// What tells it something.
enum Source {
    /// Posts of one author with one tag.
    Posts(Arc<Stack>, UserId, String),
    /// What happens in the feeds of these, one after the other.
    Feeds(Arc<Stack>, Vec<UserId>),
    /// Frames for these many channels, one after the other.
    Plain(TcpStream, Frame, u32),
}

/// A frame that was seen, in which only the time is another each time.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl<'a> Side<'a> {
    /// Eventbridge with so many clients of one tag.
    pub(crate) async fn of_one_tag(
        world: &'a World,
        tag: &str,
        count: usize,
    ) -> anyhow::Result<Self> {
        let target = Target::at(
            world.node.address,
            &format!("/v1/events?channels=tag:{tag}"),
        );
        let crowd = Crowd::open(Plan {
            time_field: Some(POST_TIME.to_owned()),
            begins: Some(READY.to_owned()),
            ..Plan::new(target, count)
        })?;
        begun(&crowd, count).await?;
        let stack = Arc::clone(&world.stack);
        let source = Source::Posts(stack, UserId::new(), tag.to_owned());
        Ok(Self::new("nova", &world.node, crowd, count as u64, source))
    }

    /// Eventbridge with so many clients, who are these users in turns.
    pub(crate) async fn of_users(
        world: &'a World,
        users: &[UserId],
        count: usize,
        keeps_ids: bool,
    ) -> anyhow::Result<Self> {
        let crowd = Crowd::open(Plan {
            time_field: Some(FEED_TIME.to_owned()),
            channels: users.len(),
            own_headers: tokens(&world.stack, users),
            keeps_ids,
            begins: Some(READY.to_owned()),
            ..Plan::new(Target::at(world.node.address, "/v1/events"), count)
        })?;
        begun(&crowd, count).await?;
        let source = Source::Feeds(Arc::clone(&world.stack), users.to_vec());
        let reaches = (count / users.len()) as u64;
        Ok(Self::new("nova", &world.node, crowd, reaches, source))
    }

    /// The plain server with so many clients of so many channels.
    pub(crate) async fn plain(
        node: &'a Node,
        channels: usize,
        count: usize,
        frame: Frame,
        time_field: &str,
    ) -> anyhow::Result<Self> {
        let crowd = Crowd::open(Plan {
            time_field: Some(time_field.to_owned()),
            channels,
            ..Plan::new(Target::at(node.address, "/events/{n}"), count)
        })?;
        begun(&crowd, count).await?;
        let mut control = TcpStream::connect(node.address).await?;
        control.set_nodelay(true)?;
        let head = "POST / HTTP/1.1\r\nhost: plain\r\ncontent-length: 1000000000000000\r\n\r\n";
        control.write_all(head.as_bytes()).await?;
        let source = Source::Plain(control, frame, u32::try_from(channels)?);
        let reaches = (count / channels) as u64;
        Ok(Self::new("plain axum", node, crowd, reaches, source))
    }

    fn new(name: &'static str, node: &'a Node, crowd: Crowd, reaches: u64, source: Source) -> Self {
        Self {
            name,
            node,
            crowd,
            reaches,
            source,
            sending: JoinSet::new(),
        }
    }

    /// Tells it something, and does not wait until it is told.
    pub(crate) async fn send(&mut self, number: usize) -> anyhow::Result<()> {
        match &mut self.source {
            Source::Posts(stack, author, tag) => {
                let (stack, event) = (Arc::clone(stack), post(*author, tag));
                self.sending.spawn(async move {
                    stack.publish(&event).await;
                });
            }
            Source::Feeds(stack, users) => {
                let event = feed_updated(users[number % users.len()]);
                let stack = Arc::clone(stack);
                self.sending.spawn(async move {
                    stack.publish(&event).await;
                });
            }
            Source::Plain(control, frame, channels) => {
                let channel = u32::try_from(number)? % *channels;
                control.write_all(&frame.now(channel)?).await?;
            }
        }
        while self.sending.try_join_next().transpose()?.is_some() {}
        Ok(())
    }

    /// Waits until all that was told was told.
    pub(crate) async fn sent(&mut self) -> anyhow::Result<()> {
        while self.sending.join_next().await.transpose()?.is_some() {}
        Ok(())
    }
}

/// A header with the token of each of these.
pub(crate) fn tokens(stack: &Stack, users: &[UserId]) -> Vec<String> {
    let header = |user: &UserId| format!("authorization: Bearer {}", stack.token(*user));
    users.iter().map(header).collect()
}

/// Starts the plain server.
pub(crate) async fn plain_node() -> anyhow::Result<Node> {
    Node::start(bare::PLAIN, &BTreeMap::new()).await
}

impl Frame {
    /// As long as it would be without an envelope.
    pub(crate) fn short(time_field: &str, length: usize) -> Self {
        let begin = format!("id: 1\ndata: {{\"{time_field}\":\"");
        let filled = length.saturating_sub(begin.len() + 30 + 13);
        Self {
            before: begin.into_bytes(),
            after: format!("\",\"text\":\"{}\"}}\n\n", "x".repeat(filled)).into_bytes(),
        }
    }

    /// The next that a stream is told of a tag, while one is sent to it.
    pub(crate) async fn seen(
        world: &World,
        path: &str,
        headers: &str,
        time_field: &str,
        send: impl AsyncFnOnce(),
    ) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(world.node.address).await?;
        let ask = format!("GET {path} HTTP/1.1\r\nhost: nova\r\n{headers}\r\n");
        stream.write_all(ask.as_bytes()).await?;
        let mut seen = Vec::new();
        until(&mut stream, &mut seen, b"event: ready", 0).await?;
        send().await;
        // Behind what a stream of a node is told that has only just begun.
        let begin = until(&mut stream, &mut seen, b"event: nova.", 0).await?;
        let end = until(&mut stream, &mut seen, b"\n\n", begin).await? + 2;
        let frame = seen.get(begin..end).context("a frame")?;
        let before = format!("\"{time_field}\":\"");
        let at = find(frame, before.as_bytes()).context("a frame with its time")?;
        let (before, rest) = frame.split_at(at + before.len());
        let after = rest.get(find(rest, b"\"").context("the end of a time")?..);
        Ok(Self {
            before: before.to_vec(),
            after: after.unwrap_or_default().to_vec(),
        })
    }

    /// Bytes on the wire.
    pub(crate) fn len(&self) -> usize {
        self.before.len() + "2026-11-23T00:00:00.123456789Z".len() + self.after.len()
    }

    fn now(&self, channel: u32) -> anyhow::Result<Vec<u8>> {
        let time = OffsetDateTime::now_utc().format(&Rfc3339)?;
        let length = self.before.len() + time.len() + self.after.len();
        let mut bytes = Vec::with_capacity(bare::BEFORE + length);
        bytes.extend_from_slice(&channel.to_be_bytes());
        bytes.extend_from_slice(&u32::try_from(length)?.to_be_bytes());
        bytes.extend_from_slice(&self.before);
        bytes.extend_from_slice(time.as_bytes());
        bytes.extend_from_slice(&self.after);
        Ok(bytes)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|some| some == what)
}

/// Reads until this stands behind that place, and tells where.
async fn until(
    stream: &mut TcpStream,
    seen: &mut Vec<u8>,
    what: &[u8],
    from: usize,
) -> anyhow::Result<usize> {
    let found = async {
        loop {
            let behind = seen.get(from..).unwrap_or_default();
            if let Some(at) = find(behind, what) {
                return anyhow::Ok(from + at);
            }
            ensure!(stream.read_buf(seen).await? > 0, "a stream has ended");
        }
    };
    tokio::time::timeout(PATIENCE, found).await?
}
