//! Pairs of users who write to each other: the first has a socket of one node, the second of the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use nova_proto::identity::v1::UserRegistered;
use nova_proto::timestamp;
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::board::{Board, content};
use crate::client::{Socket, Writer, say};
use crate::node::PLATFORM;
use crate::times::Times;
use crate::world::{User, World, rows};
use nova_tests::connection::{Connection, request_with};

const LANES: usize = 16;
const LENGTH: usize = 100;

/// Two nodes with all services, and pairs.
pub(crate) struct Crowd {
    pub(crate) world: World,
    pub(crate) pairs: Vec<Pair>,
    /// What the second of each pair hears from the first.
    pub(crate) board: Arc<Board>,
    connections: Mutex<Vec<Connection>>,
    sent: u32,
}

/// Two users who write to each other.
pub(crate) struct Pair {
    pub(crate) users: [User; 2],
    pub(crate) conversation: String,
    /// To the first one's socket.
    writer: Option<Writer>,
}

/// How a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Rest,
    Socket,
}

/// How long messages took until they were on the socket.
#[derive(Default)]
pub(crate) struct Took {
    /// From before each was sent.
    pub(crate) from_sending: Times,
    /// From when its commit was answered, as long as a request was sent.
    pub(crate) from_commit: Times,
}

impl Crowd {
    pub(crate) async fn gather(pairs: usize) -> anyhow::Result<Self> {
        let world = World::start(PLATFORM, 2).await?;
        let users: Vec<User> = (0..2 * pairs).map(|_| world.user()).collect();
        register(&world, &users).await?;
        let open = |users: [User; 2]| async {
            let body = format!(
                "{{\"type\":\"DIRECT\",\"member_ids\":[\"{}\"]}}",
                users[1].id
            );
            let open = request_with("POST", "/v1/conversations", Some(&users[0].token), &body);
            let mut connection = Connection::open(world.nodes[0].address).await?;
            let opened = connection.expect(201, &open).await?;
            let id = opened["id"].as_str().context("no id")?;
            anyhow::Ok(Pair {
                users,
                conversation: id.to_owned(),
                writer: None,
            })
        };
        let opened = stream::iter(users.chunks_exact(2))
            .map(|two| open([two[0].clone(), two[1].clone()]))
            .buffered(LANES);
        let opened: Vec<Pair> = opened.try_collect().await?;
        world.kept("conversations", pairs).await?;
        Ok(Self {
            world,
            pairs: opened,
            board: Arc::default(),
            connections: Mutex::default(),
            sent: 0,
        })
    }

    /// Opens the sockets of these pairs, on a node each, and reads them.
    pub(crate) async fn connect(&mut self, count: usize) -> anyhow::Result<Vec<JoinHandle<()>>> {
        let others = Arc::new(Board::default());
        let (one, two) = (self.world.nodes[0].address, self.world.nodes[1].address);
        let mut reading = Vec::new();
        for pair in self.pairs.iter_mut().take(count) {
            let first = Socket::live(one, &pair.users[0].token).await?;
            let second = Socket::live(two, &pair.users[1].token).await?;
            pair.writer = Some(first.writer());
            reading.push(others.watch(first, false));
            reading.push(self.board.watch(second, true));
        }
        Ok(reading)
    }

    /// The first of these pairs write, one after the other at a steady rate; waits until all of that has come.
    pub(crate) async fn write(
        &mut self,
        by: By,
        rate: u32,
        turn: Duration,
        talkers: usize,
    ) -> anyhow::Result<Took> {
        let count = (turn.as_secs_f64() * f64::from(rate)) as usize;
        let (before, from) = (self.board.count(), self.sent);
        self.board.take_all();
        let mut ticks = interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut sending = JoinSet::new();
        let mut sent = Vec::new();
        for at in 0..count {
            ticks.tick().await;
            let number = self.sent;
            self.sent += 1;
            let pair = &self.pairs[at % talkers];
            sent.push(Instant::now());
            match by {
                By::Rest => {
                    let connection = self.connections.lock().await.pop();
                    sending.spawn(post(
                        connection,
                        self.world.nodes[0].address,
                        pair.post(number),
                    ));
                }
                By::Socket => {
                    let writer = pair.writer.as_ref().context("no socket")?;
                    say(writer, &pair.send(number)).await?;
                }
            }
        }
        let mut answered = Vec::new();
        for posted in sending.join_all().await {
            let (connection, number, at) = posted?;
            self.connections.lock().await.push(connection);
            answered.push((number, at));
        }
        self.board.wait_for(before + count as u64).await?;
        self.took(from, &sent, &answered)
    }

    fn took(
        &self,
        from: u32,
        sent: &[Instant],
        answered: &[(u32, Instant)],
    ) -> anyhow::Result<Took> {
        let mut took = Took::default();
        let mut came = vec![None; sent.len()];
        for (number, at) in self.board.take_all() {
            let place = number.checked_sub(from).map(|place| place as usize);
            if let Some(place) = place.and_then(|place| came.get_mut(place)) {
                ensure!(place.replace(at).is_none(), "a message came twice");
            }
        }
        for (sent, came) in sent.iter().zip(&came) {
            let came: Instant = came.context("a message did not come")?;
            took.from_sending.push(came.duration_since(*sent));
        }
        for (number, at) in answered {
            let came = came.get((number - from) as usize).copied().flatten();
            let came = came.context("a message did not come")?;
            // It may be there before the answer: both are on their way at once.
            took.from_commit.push(came.saturating_duration_since(*at));
        }
        Ok(took)
    }
}

impl Pair {
    fn post(&self, number: u32) -> (u32, Vec<u8>) {
        let path = format!("/v1/conversations/{}/messages", self.conversation);
        let body = format!("{{\"content\":\"{}\"}}", content(number, LENGTH));
        (
            number,
            request_with("POST", &path, Some(&self.users[0].token), &body),
        )
    }

    fn send(&self, number: u32) -> String {
        format!(
            "{{\"type\":\"send\",\"client_message_id\":\"{}\",\"conversation_id\":\"{}\",\"content\":\"{}\"}}",
            Uuid::now_v7(),
            self.conversation,
            content(number, LENGTH)
        )
    }
}

async fn post(
    connection: Option<Connection>,
    address: std::net::SocketAddr,
    (number, request): (u32, Vec<u8>),
) -> anyhow::Result<(Connection, u32, Instant)> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => Connection::open(address).await?,
    };
    let status = connection.ask(&request).await?.status;
    let at = Instant::now();
    ensure!(status == 201, "a message was answered with {status}");
    Ok((connection, number, at))
}

/// Messaging hears of them.
async fn register(world: &World, users: &[User]) -> anyhow::Result<()> {
    let now = timestamp(OffsetDateTime::now_utc());
    let registered = |(number, user): (usize, &User)| {
        let event = UserRegistered {
            user_id: user.id.to_string(),
            username: format!("user_{number}"),
            email: format!("user_{number}@example.com"),
            registered_at: Some(now),
            display_name: format!("User {number}"),
            revision: 1,
        };
        async move {
            world.stack.publish(&event).await;
        }
    };
    stream::iter(users.iter().enumerate())
        .map(registered)
        .buffer_unordered(LANES)
        .collect::<()>()
        .await;
    let pool = world.stack.database("messaging").await;
    rows(&pool, "accounts", users.len()).await;
    pool.close().await;
    Ok(())
}
