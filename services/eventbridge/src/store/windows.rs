//! What is kept of channels in Redis, and how events come from there to nodes.
//!
//! Of each channel there is a stream with its last events (the window), and a text with the last offset of each partition that
//! was put on it: the channel's position, by which a second delivery is known. One script does it all, and tells followers on
//! a sharded channel. All of a batch goes in one round trip, and in one call of the script; in a cluster in one for each channel.
//!
//! Everything belongs to a generation ([`super::generations`]). Redis that has restarted knows neither of the two scripts and
//! fails whoever comes, until it is known again which generation counts: so nothing is written to, read from or told by a
//! server that may have lost something.

mod adds;
mod entry;
mod erase;
mod keys;
mod pushes;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use nova_service::redis::{Away, Link, Redis, Server};
use redis::{Cmd, ErrorKind, RedisError, Script, ServerErrorKind, Value, cmd, from_redis_value};
use time::OffsetDateTime;
use tokio::sync::watch;

use self::adds::Adds;
use self::keys::Keys;
use self::pushes::Pushed;
pub use self::pushes::Pushes;
use crate::domain::{Channel, Entry, KNOWN_FOR, Partition, Position, Window};

/// Nothing is tried for so long after Redis failed.
pub const REST: Duration = Duration::from_millis(250);
/// Positions are kept for so long after the last event of a channel, and at least twice as long as events: they say that
/// there was something which is kept no more.
const POSITIONS: Duration = KNOWN_FOR;
/// For how long what nodes send themselves is kept, so that a second delivery is known.
const OWN_AGE: Duration = Duration::from_secs(60);
/// Whoever publishes waits so long for a generation, less than a handler may take.
const SETTLING: Duration = Duration::from_secs(20);
/// Channels that are read or followed in one round trip.
const AT_ONCE: usize = 500;

/// How much is kept of a channel.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Most events, roughly: whole nodes of a stream go, of 4 kB.
    pub events: usize,
    /// For how long, at most.
    pub age: Duration,
}

/// How much is kept of some channels: events, and the milliseconds for which they and positions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    events: usize,
    age: u64,
    positions: u64,
}

/// Which events of windows are read; how far the channels are always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// All that are kept.
    Start,
    /// Those that were put there from this time on, by the clock of Redis.
    Time(OffsetDateTime),
    /// None.
    End,
}

/// The windows of all channels. Clones share their connections.
#[derive(Clone)]
pub struct Windows(Arc<Inner>);

struct Inner {
    server: Server,
    redis: Redis,
    /// What is read may be large, and nobody else waits for it.
    reading: Redis,
    keys: Keys,
    kept: Kept,
    write: Code,
    read: Code,
    /// Which generation counts, once that is known.
    generation: watch::Sender<Option<u64>>,
    /// What happened before this may be in no window of it, without a trace.
    known_since: Mutex<OffsetDateTime>,
    /// The connection on which events come.
    pushed: Mutex<Option<Pushed>>,
}

/// A script. Its name is its hash; the prefix is in it, so that servers know it only from who has the same keys.
struct Code {
    text: String,
    hash: String,
}

/// An event on a channel, as Redis brings it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where.
    pub channel: Channel,
    /// What.
    pub entry: Arc<Entry>,
    /// The channel's position after it.
    pub position: Position,
}

/// An event on its way to channels.
#[derive(Debug, Clone)]
pub struct Published {
    /// Where.
    pub channels: Vec<Channel>,
    /// What.
    pub entry: Arc<Entry>,
}

impl Code {
    fn new(text: &str, prefix: &str) -> Self {
        let text = format!("{text}-- {prefix}\n");
        let hash = Script::new(&text).get_hash().to_owned();
        Self { text, hash }
    }

    fn call(&self, keys: &[&String]) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.hash).arg(keys.len()).arg(keys);
        call
    }
}

impl Windows {
    /// The windows of one Redis, every key of which begins with `prefix`. A command takes at most `deadline`. Before
    /// [`Self::begin`] nothing works.
    #[must_use]
    pub fn new(server: Server, prefix: &str, deadline: Duration, kept: Kept) -> Self {
        Self(Arc::new(Inner {
            redis: Redis::new(server.clone(), deadline, REST),
            reading: Redis::new(server.clone(), deadline, REST),
            server,
            keys: Keys::new(prefix),
            kept,
            write: Code::new(include_str!("windows/write.lua"), prefix),
            read: Code::new(include_str!("windows/read.lua"), prefix),
            generation: watch::Sender::new(None),
            known_since: Mutex::new(OffsetDateTime::UNIX_EPOCH),
            pushed: Mutex::new(None),
        }))
    }

    /// How long events are kept at most.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.kept.age
    }

    /// As [`Self::put`], into the generation that counts, as soon as that is known.
    ///
    /// # Errors
    /// When Redis is away, and when it is not known for 20 s.
    pub async fn publish(&self, batch: &[Published]) -> Result<(), Away> {
        let generation = self.until_settled().await?;
        self.put(generation, batch).await
    }

    /// The generation that counts. While that is not known it waits, for 20 s at most.
    ///
    /// # Errors
    /// When it is not known after that.
    pub async fn until_settled(&self) -> Result<u64, Away> {
        let mut generation = self.0.generation.subscribe();
        let settled = generation.wait_for(Option::is_some);
        let settled = tokio::time::timeout(SETTLING, settled).await;
        let known = settled.ok().and_then(Result::ok);
        known.and_then(|known| *known).ok_or(Away::Resting)
    }

    /// Puts events on their channels, and tells who follows them, all in their order; in a cluster only those of each channel.
    /// Events of a partition must come in the order of their offsets. What is on a channel already is passed over there, so
    /// that this may be done again. The generation is the one that counts, or one that has begun in Redis and is being filled.
    ///
    /// # Errors
    /// When Redis is away, or another generation has begun: some of it may have been done.
    pub async fn put(&self, generation: u64, batch: &[Published]) -> Result<(), Away> {
        let mut adds: Option<Adds<'_>> = None;
        for published in batch {
            for channels in published.channels.chunks(adds::AT_ONCE) {
                // What nodes send themselves is on nobody else's channel.
                let Some(limits) = channels.first().map(|channel| self.limits(channel)) else {
                    continue;
                };
                if let Some(full) = adds.take_if(|adds| adds.are_many() || adds.limits() != limits)
                {
                    self.add(generation, &full).await?;
                }
                adds.get_or_insert_with(|| Adds::new(&self.0.write, limits))
                    .add(&published.entry, channels, generation, &self.0.keys);
            }
        }
        match adds {
            Some(rest) => self.add(generation, &rest).await,
            None => Ok(()),
        }
    }

    async fn add(&self, generation: u64, adds: &Adds<'_>) -> Result<(), Away> {
        let calls = if self.0.server.is_cluster() {
            adds.by_channel()
        } else {
            vec![adds.in_one_call()]
        };
        self.run(&self.0.redis, generation, calls).await.map(drop)
    }

    /// Nobody comes back to what nodes send themselves.
    fn limits(&self, channel: &Channel) -> Limits {
        let Kept { events, age } = self.0.kept;
        let (events, age, positions) = match channel {
            Channel::Node(_) => (1, OWN_AGE, OWN_AGE),
            _ => (events, age, POSITIONS.max(2 * age)),
        };
        Limits {
            events,
            age: millis(age),
            positions: millis(positions),
        }
    }

    /// Runs calls of scripts, and then makes sure that the generation is the one that counts.
    async fn run(
        &self,
        redis: &Redis,
        generation: u64,
        mut calls: Vec<Cmd>,
    ) -> Result<Vec<Value>, Away> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let mut which = cmd("GET");
        which.arg(self.0.keys.generation());
        let answered = redis.run(async |link| match link {
            Link::Single(_) => {
                calls.push(which);
                link.run_all(calls).await
            }
            // Commands overtake each other there.
            Link::Cluster(_) => {
                let mut answers = link.run_all(calls).await?;
                answers.push(which.query_async(link).await?);
                Ok(answers)
            }
        });
        let mut answers = match answered.await {
            Err(Away::Failed(error)) if is_unknown_script(&error) => {
                self.unsettle();
                return Err(Away::Resting);
            }
            answers => answers?,
        };
        let counts: Option<u64> = answers.pop().and_then(|value| from_redis_value(value).ok());
        if counts == Some(generation) {
            return Ok(answers);
        }
        self.unsettle();
        Err(Away::Resting)
    }

    /// Has what happens on these channels brought here from now on ([`Pushes`]).
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn follow(&self, channels: &[Channel]) -> Result<(), Away> {
        let pushed = self.pushed().ok_or(Away::Resting)?;
        for some in channels.chunks(AT_ONCE) {
            pushed.follow(&self.0.keys, some).await?;
        }
        Ok(())
    }

    /// Has it brought no more; if that fails, it comes and is of no use.
    pub async fn leave(&self, channels: &[Channel]) {
        if let Some(pushed) = self.pushed() {
            for some in channels.chunks(AT_ONCE) {
                pushed.leave(&self.0.keys, some).await;
            }
        }
    }

    fn pushed(&self) -> Option<Pushed> {
        let pushed = self.0.pushed.lock();
        pushed.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_pushed(&self, connection: Option<Pushed>) {
        let mut pushed = self.0.pushed.lock().unwrap_or_else(PoisonError::into_inner);
        *pushed = connection;
    }

    /// What is kept of these channels, in their order; of each as it was at one moment.
    ///
    /// # Errors
    /// When Redis is away, and while it is not known which generation counts.
    pub async fn read(&self, channels: &[Channel], since: Since) -> Result<Vec<Window>, Away> {
        let generation = self.generation().ok_or(Away::Resting)?;
        let since = match since {
            Since::Start => "-".to_owned(),
            Since::Time(since) => (since.unix_timestamp_nanos().max(0) / 1_000_000).to_string(),
            Since::End => String::new(),
        };
        let mut windows = Vec::with_capacity(channels.len());
        for some in channels.chunks(AT_ONCE) {
            let call = |channel: &Channel| {
                let keys = self.0.keys.of(generation, channel);
                let mut call = self.0.read.call(&[&keys.window, &keys.positions]);
                call.arg(&since);
                call
            };
            let calls = some.iter().map(call).collect();
            let answers = self.run(&self.0.reading, generation, calls).await?;
            for answer in answers {
                windows.push(window(answer).map_err(Away::Failed)?);
            }
        }
        Ok(windows)
    }

    /// Whether events can be read, and are brought here.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.generation().is_some() && self.pushed().is_some()
    }

    /// Which generation counts, if that is known.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        *self.0.generation.borrow()
    }

    /// Since when it is known what was on which channel; none while that is not known.
    #[must_use]
    pub fn known_since(&self) -> Option<OffsetDateTime> {
        let known = self.0.known_since.lock();
        let known = *known.unwrap_or_else(PoisonError::into_inner);
        self.generation().map(|_| known)
    }

    /// Waits until which generation counts is known, or is not known any more.
    pub async fn settled(&self, is_known: bool) {
        let mut generation = self.0.generation.subscribe();
        // Its sender lives as long as this.
        generation
            .wait_for(|known| known.is_some() == is_known)
            .await
            .ok();
    }

    /// Which generation counts is to be found out.
    pub fn unsettle(&self) {
        self.0.generation.send_replace(None);
    }

    /// This generation counts from now on. What happened before `known_since` may be in no window of it.
    pub fn begin(&self, generation: u64, known_since: OffsetDateTime) {
        let known = self.0.known_since.lock();
        *known.unwrap_or_else(PoisonError::into_inner) = known_since;
        self.0.generation.send_replace(Some(generation));
    }

    /// The run ids of all servers, and the generation that they know.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn servers(&self) -> Result<(String, Option<u64>), Away> {
        let key = self.0.keys.generation();
        let ask = async |link: &mut Link| {
            let ids = link.run_ids().await?;
            let known: Option<u64> = cmd("GET").arg(key).query_async(link).await?;
            Ok((ids, known))
        };
        self.0.redis.run(ask).await
    }

    /// Has Redis know this generation, and from then on the scripts: in this order, so that whoever can run one finds out that
    /// another generation counts than it believed.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn install(&self, generation: u64) -> Result<(), Away> {
        let mut set = cmd("SET");
        set.arg(self.0.keys.generation()).arg(generation);
        let set = async |link: &mut Link| set.query_async::<()>(link).await;
        self.0.redis.run(set).await?;
        self.load().await
    }

    /// Has Redis know the scripts, in the generation that it knows.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn load(&self) -> Result<(), Away> {
        let load = async |link: &mut Link| {
            for code in [&self.0.write, &self.0.read] {
                let mut load = cmd("SCRIPT");
                load.arg("LOAD").arg(&code.text);
                load.query_async::<()>(link).await?;
            }
            Ok(())
        };
        self.0.redis.run(load).await?;
        // Whoever reads first finds a connection, and not that somebody is about to make one.
        let ping = cmd("PING");
        let ping = async |link: &mut Link| ping.query_async::<()>(link).await;
        self.0.reading.run(ping).await
    }
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A window, from what the script says: entries with their fields, and the position.
fn window(answer: Value) -> Result<Window, RedisError> {
    /// Its id, and its fields.
    type Stored = (String, HashMap<String, Bytes>);
    let (kept, known): (Vec<Stored>, Option<String>) = from_redis_value(answer)?;
    let position = known.as_deref().map(entry::known);
    let unread = || RedisError::from((ErrorKind::Parse, "positions that nobody has written"));
    let position = position.unwrap_or_else(|| Some(Position::default()));
    let position = position.ok_or_else(unread)?;
    let mut window = Window {
        // Where nothing is left of a partition, nothing is whole before its end.
        whole_after: position.clone(),
        position,
        ..Window::default()
    };
    let mut begun: Vec<Partition> = Vec::new();
    let mut whole_after: Vec<(Partition, i64)> = Vec::new();
    for (_, mut fields) in kept {
        let before = fields.remove("b").unwrap_or_default();
        // Of a later build, if it cannot be read.
        let Some(entry) = fields.remove("e").and_then(entry::decode) else {
            continue;
        };
        if !begun.contains(&entry.partition) {
            begun.push(entry.partition);
            let before = std::str::from_utf8(&before).ok();
            let before = before.and_then(|before| before.parse().ok());
            whole_after.extend(before.map(|before: i64| (entry.partition, before)));
        }
        window.entries.push(Arc::new(entry));
    }
    let ends = window.position.iter();
    let ended = ends.filter(|(partition, _)| !begun.contains(partition));
    window.whole_after = ended.chain(whole_after).collect();
    Ok(window)
}

impl fmt::Debug for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Windows").finish_non_exhaustive()
    }
}
