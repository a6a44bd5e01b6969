//! How much a consumer does at once, and when it gives up.

use std::time::Duration;

use nova_resilience::{Backoff, BreakerConfig};

/// From half a minute to an hour.
const REPLAYED: Backoff = match Backoff::new(Duration::from_secs(30), Duration::from_secs(3_600)) {
    Ok(backoff) => backoff,
    Err(_) => Backoff::standard(),
};

/// How a consumer handles events. Every bound is per consumer, that is per member of the group, whatever
/// the number of its partitions.
#[derive(Debug, Clone)]
pub struct ConsumerOptions {
    /// Handlers that run at the same time outside of transactions; 1 or more.
    pub concurrency: usize,
    /// Transactions at the same time; 1 or more, and fewer than the pool's connections.
    pub transactions: usize,
    /// Events that share a transaction when so many wait, and messages that are handled in order together
    /// ([`Router::in_order`](crate::Router::in_order)); 1 gives each its own.
    pub batch: usize,
    /// Events in memory that are not done, 1 or more; if there are more partitions than that, one of each. A
    /// partition that has its share of them waits until a part of it is done, the others flow on. Some are left
    /// for partitions that come later.
    pub in_flight: usize,
    /// Bytes of such events, roughly. Beside them the client library fetches ahead up to 64 MiB (at most 128 for
    /// a moment), and no more than 8 MiB of one partition.
    pub in_flight_bytes: usize,
    /// Events that come within so long of others are taken together: whoever handles them sooner than they would be missed
    /// does so with fewer turns. The first after a pause waits for nothing; nor does any if this is zero.
    pub gather: Duration,
    /// A handler that takes longer has failed.
    pub handler_timeout: Duration,
    /// How long an event that fails transiently is tried in place, its key waiting and others flowing, before
    /// it is parked to be replayed by itself. Tries, and the waits after them, count while the breaker is closed.
    pub patience: Duration,
    /// The waits between these tries.
    pub backoff: Backoff,
    /// The waits between replays of what failed transiently, without end.
    pub replay_backoff: Backoff,
    /// Names this build of the program: what failed for good is replayed once by each that has not tried it.
    /// Empty: never, without a person.
    pub build: String,
    /// How long the inbox remembers an event, at least. Topics that are kept longer, as far as Kafka says so,
    /// raise it to their retention plus a day.
    pub inbox_retention: Duration,
    /// Letters older than this are deleted; `None` keeps them until they are handled, discarded or purged.
    pub letter_retention: Option<Duration>,
    /// How long handlers may take to end before their partition is given up. Keep it below the session
    /// timeout, or the group takes the partition away first.
    pub drain: Duration,
    /// When to stop bothering what handlers depend on; one breaker for each partition.
    pub breaker: Option<BreakerOptions>,
    /// When to stop altogether.
    pub failure_limit: Option<FailureLimit>,
    /// A partition that has events to handle, and in which nothing moves for so long, is stuck, which health says:
    /// no event was finished, no try ended, none is waited for, and no breaker is open.
    pub stuck_after: Duration,
}

impl ConsumerOptions {
    /// What an operator may set, read through `read(name, default, help)`, which the caller's own way of configuring
    /// provides; the rest as by default. `build` names the build of the program.
    ///
    /// # Errors
    /// The caller's.
    pub fn from_settings<E>(
        build: String,
        mut read: impl FnMut(&'static str, &'static str, &'static str) -> Result<Duration, E>,
    ) -> Result<Self, E> {
        let patience = read(
            "NOVA_EVENT_PATIENCE",
            "60s",
            "how long an event that fails transiently is tried in place before it is parked",
        )?;
        let inbox_retention = read(
            "NOVA_INBOX_RETENTION",
            "7d",
            "how long handled events are remembered, at least; raised to the topics' retention plus a day",
        )?;
        let letters = read(
            "NOVA_DEAD_LETTER_RETENTION",
            "0s",
            "dead letters older than this are deleted; 0s keeps them",
        )?;
        Ok(Self {
            build,
            patience,
            inbox_retention,
            letter_retention: Some(letters).filter(|kept| !kept.is_zero()),
            ..Self::default()
        })
    }
}

/// A circuit breaker around handlers.
#[derive(Debug, Clone)]
pub struct BreakerOptions {
    /// When it opens and closes. Only transient failures count, but of topics that are handled in order, where any
    /// failure is tried again.
    pub config: BreakerConfig,
    /// What becomes of events meanwhile.
    pub when_open: WhenOpen,
}

/// What becomes of events while the breaker lets none through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenOpen {
    /// They wait, in order; their partition is read no further than its share of memory.
    Hold,
    /// They are counted (`nova_events_dropped_total`) and left out: for events that are worth something
    /// only now. One that is delivered again, after a crash, may be handled after all. Who wants to know of each says
    /// so with [`Router::dropped`](crate::Router::dropped).
    Drop,
}

/// Stops a consumer rather than have it park everything: a bad deployment fails at every event. What fails
/// transiently does not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailureLimit {
    /// Events looked back on, at least.
    pub window: u32,
    /// Failures below this number never stop it.
    pub failures: u32,
    /// The share of the window that may fail, above 0 and up to 1.
    pub share: f64,
}

impl Default for ConsumerOptions {
    fn default() -> Self {
        Self {
            concurrency: 256,
            transactions: 4,
            batch: 128,
            in_flight: 10_000,
            in_flight_bytes: 64 << 20,
            gather: Duration::ZERO,
            handler_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(60),
            backoff: Backoff::standard(),
            replay_backoff: REPLAYED,
            build: String::new(),
            inbox_retention: Duration::from_secs(7 * 24 * 3_600),
            letter_retention: None,
            drain: Duration::from_secs(5),
            breaker: Some(BreakerOptions {
                config: BreakerConfig::standard(),
                when_open: WhenOpen::Hold,
            }),
            failure_limit: Some(FailureLimit {
                window: 1_000,
                failures: 200,
                share: 0.5,
            }),
            stuck_after: Duration::from_secs(60),
        }
    }
}
