//! Consuming: a thread that polls Kafka, a lane per partition that handles by key, positions committed after.

pub(crate) mod assignment;
pub(crate) mod client;
mod context;
mod deleted;
pub(crate) mod finished;
pub(crate) mod flow;
mod keys;
pub(crate) mod lane;
pub(crate) mod membership;
mod poll;
pub(crate) mod progress;
pub(crate) mod replay;
mod sentinel;
pub(crate) mod standing;
mod topics;
mod tracker;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use nova_resilience::{Backoff, Chain, Health};
use rdkafka::ClientConfig;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use self::assignment::Assignment;
use self::context::Context;
use self::lane::Means;
use self::membership::Membership;
use self::poll::Poller;
use self::progress::Progress;
use self::standing::Standings;
use self::topics::{Prefetch, Topics};
use crate::config::{GroupProtocol, KafkaConfig};
use crate::error::BusError;
use crate::middleware::Stack;
use crate::options::ConsumerOptions;
use crate::router::Router;
use crate::store::Postgres;
use crate::tables::Tables;
use crate::{dead_letter, inbox, metrics};

/// How often the tables are seen to, and how soon again if that fails.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
const SWEPT_AGAIN: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How long the last commit and the leaving of the group may take: the client library waits 5 s for the answer to
/// the latter.
const LEAVING: Duration = Duration::from_secs(8);
/// How much longer than its draining a member may take for a rebalance.
const REJOINS: Duration = Duration::from_secs(25);
/// A client that was of use for so long does not count as one that fails again and again.
const OF_USE: Duration = Duration::from_secs(60);

/// Handles a service's events for as long as it runs.
pub struct Consumer {
    group: Group,
    tables: Tables,
    handling: Health,
    /// Puts everything around the handlers, once the options are known.
    build: Box<dyn FnOnce(ConsumerOptions) -> Parts + Send>,
}

/// A member of the consumer group.
struct Group {
    name: &'static str,
    topics: Topics,
    kafka: KafkaConfig,
    options: ConsumerOptions,
    subscription: Health,
    progress: Health,
    breaker: Health,
    standings: Standings,
}

/// What a consumer runs with.
struct Parts {
    means: Means,
    exceeded: CancellationToken,
    replay: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>,
}

impl Consumer {
    /// A consumer of the router's events; inbox and dead letters are in the database of these tables, which may be
    /// given as a pool.
    pub fn new<S: Send + Sync + 'static>(
        kafka: &KafkaConfig,
        tables: impl Into<Tables>,
        mut router: Router<S>,
    ) -> Self {
        let tables = tables.into();
        metrics::describe();
        router.name(|name| kafka.topic(name), kafka.header_names());
        if let Some(group) = &kafka.group {
            // Once in the life of a process.
            router.group = Box::leak(group.clone().into_boxed_str());
        }
        let name = router.group;
        let topics = router.topics().into_iter();
        let topics = topics.map(|(name, topic)| (kafka.topic(name), topic));
        let breaker = Health::optional(&format!("{name}.breaker"));
        let group = Group {
            name,
            topics: Topics {
                all: topics.collect(),
            },
            kafka: kafka.clone(),
            options: ConsumerOptions::default(),
            subscription: Health::optional(&format!("{name}.subscription")),
            progress: Health::optional(&format!("{name}.progress")),
            standings: Standings::new(&kafka.topic_prefix, breaker.clone()),
            breaker,
        };
        let handling = Health::optional(&format!("{name}.consumer"));
        let (health, store) = (
            handling.clone(),
            Postgres {
                tables: tables.clone(),
            },
        );
        Self {
            group,
            tables,
            handling,
            build: Box::new(|options| Parts::of(Stack::new(router, store, options, health))),
        }
    }

    /// How much it does at once, and when it gives up.
    #[must_use]
    pub fn options(mut self, options: ConsumerOptions) -> Self {
        self.group.options = options;
        self
    }

    /// Says that the process serves no requests: it is of no use, and unready, when the consumer is stuck or has
    /// stopped itself. Before [`Self::health`].
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.group.progress = Health::required(self.group.progress.name());
        self
    }

    /// Whether events are being handled, whether Kafka gives them, whether each partition gets on with what it has,
    /// and whether a breaker holds any back. All optional, for without them what is read is late and not wrong; the
    /// third is required of a consumer that is [`alone`](Self::alone).
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        let group = &self.group;
        vec![
            self.handling.clone(),
            group.subscription.clone(),
            group.progress.clone(),
            group.breaker.clone(),
        ]
    }

    /// How each partition stands that is assigned to this consumer while it runs.
    #[must_use]
    pub fn standings(&self) -> Standings {
        self.group.standings.clone()
    }

    /// Runs until `stop`, then finishes and commits what is in hand. A consumer that fails for good
    /// is made anew with backoff; one of whose events too many fail stays stopped, and says so.
    pub async fn run(self, stop: CancellationToken) {
        // Nothing has failed yet; with no events to handle that would never be said otherwise.
        self.handling.up();
        self.group.progress.up();
        self.group.breaker.up();
        let parts = (self.build)(self.group.options.clone());
        let group = &self.group;
        metrics::begin(group.name);
        // For how long the topic that keeps its messages longest does so, once that is known.
        let (longest, retention) = watch::channel(None);
        tokio::join!(
            group.consume(&parts.means, &parts.exceeded, &stop),
            (parts.replay)(stop.clone()),
            group
                .topics
                .check(group.name, &group.kafka, &longest, &stop),
            sweep(&self.tables, group, retention, &stop),
            dead_letter::tell_stock(&self.tables, group.name, &stop),
        );
    }
}

impl Parts {
    fn of<S: Send + Sync + 'static>(stack: Stack<S, Postgres>) -> Self {
        let stack = Arc::new(stack);
        Self {
            means: Means::of(&stack),
            exceeded: stack.self_limit.exceeded().clone(),
            replay: Box::new(|stop| Box::pin(replay::run(stack, stop))),
        }
    }
}

impl Group {
    async fn consume(&self, means: &Means, exceeded: &CancellationToken, stop: &CancellationToken) {
        let backoff = Backoff::standard();
        let mut failures = 0;
        while !stop.is_cancelled() {
            let began = Instant::now();
            let Err(error) = self.poll_until(means, exceeded, stop).await else {
                failures = 0;
                continue;
            };
            if matches!(error, BusError::TooManyFailures) {
                self.progress
                    .down("it has stopped: too many events fail, see the dead letters");
                return stop.cancelled().await;
            }
            failures = if began.elapsed() > OF_USE {
                1
            } else {
                failures + 1
            };
            self.subscription.down(Chain(&error).to_string());
            metrics::rebuilt(self.name);
            tracing::error!(
                consumer = self.name,
                failures,
                "the consumer is made anew: {}",
                Chain(&error)
            );
            stop.run_until_cancelled(tokio::time::sleep(backoff.wait(failures)))
                .await;
        }
    }

    /// Polls in a thread of its own: the client's rebalance callbacks block until lanes are drained.
    async fn poll_until(
        &self,
        means: &Means,
        exceeded: &CancellationToken,
        stop: &CancellationToken,
    ) -> Result<(), BusError> {
        let runtime = Handle::current();
        let assignment = Assignment::new(
            means.clone(),
            self.options.clone(),
            runtime.clone(),
            self.standings.clone(),
        );
        let progress = Progress::new(self.progress.clone(), self.options.stuck_after);
        let context = Context::new(
            self.name,
            self.subscription.clone(),
            runtime,
            self.kafka.header_names(),
            Membership::new(self.name, assignment, progress),
        );
        // The thread must not outlive this future, which may be dropped and not only stopped.
        let until = stop.child_token();
        let _ends_the_thread = until.clone().drop_guard();
        let partitions = self.topics.partitions(&self.kafka);
        let Some(partitions) = stop.run_until_cancelled(partitions).await else {
            return Ok(());
        };
        let config = self.client_config(&Prefetch::of(partitions));
        let topics = self.topics.names();
        let (gather, exceeded) = (self.options.gather, exceeded.clone());
        let poller = Poller::subscribe(config, context, &topics, gather, until, exceeded)?;
        let (ended, end) = oneshot::channel();
        let (left, leave) = oneshot::channel();
        std::thread::Builder::new()
            .name(format!("{}-poll", self.name))
            .spawn(move || {
                // Nobody waits any more when the runtime is going down.
                ended.send(poller.run()).ok();
                poller.leave();
                left.send(()).ok();
            })
            .map_err(|_| BusError::Thread)?;
        let outcome = end.await.unwrap_or(Err(BusError::Thread));
        // What the client says last waits behind what a coordinator has not answered, a minute and more if that
        // one is gone. Neither a stop nor the next client may depend on it: without it, positions come again.
        if timeout(self.options.drain + LEAVING, leave).await.is_err() {
            tracing::warn!(consumer = self.name, "it did not leave its group in time");
        }
        outcome
    }

    /// In milliseconds: longer than a rebalance keeps the thread that polls, which is until lanes are drained, and than a
    /// session.
    fn rejoins_after(&self) -> u128 {
        let drained = self.options.drain + REJOINS;
        let session = u128::from(self.kafka.session_timeout_ms);
        drained.as_millis().max(session)
    }

    fn client_config(&self, prefetch: &Prefetch) -> ClientConfig {
        let mut config = self.kafka.client();
        config
            .set(
                "group.id",
                format!("{}{}", self.kafka.topic_prefix, self.name),
            )
            // Positions are committed when work is done, never when a message was handed out.
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.queue.backoff.ms", "10")
            // For so long a client waits for its group to be complete, and its group for a member that is gone. A broker
            // that stood still may forget who waits: by default they would do so for five minutes.
            .set("max.poll.interval.ms", self.rejoins_after().to_string())
            .set("queued.max.messages.kbytes", prefetch.kbytes.to_string())
            .set("queued.min.messages", prefetch.messages.to_string())
            .set("fetch.message.max.bytes", prefetch.fetched.to_string())
            .set("statistics.interval.ms", "2000");
        match self.kafka.group_protocol {
            GroupProtocol::Classic => {
                let session = self.kafka.session_timeout_ms;
                config
                    .set("partition.assignment.strategy", "cooperative-sticky")
                    .set("session.timeout.ms", session.to_string())
                    .set("heartbeat.interval.ms", (session / 20).to_string());
            }
            GroupProtocol::Consumer => {
                config.set("group.protocol", "consumer");
            }
        }
        self.kafka.finish(config)
    }
}

/// Sees to the tables every now and then, until `stop`: makes the inbox's days to come, forgets those long past,
/// letters that are too old, and what was set aside for longer than its topic would have kept it. Nothing is
/// forgotten before it is known for how long topics are kept: what they hold may come again.
async fn sweep(
    tables: &Tables,
    group: &Group,
    retention: watch::Receiver<Option<Duration>>,
    stop: &CancellationToken,
) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let longest = *retention.borrow();
        if longest.is_none() {
            tick.reset_after(SWEPT_AGAIN);
        }
        if let Err(error) = see_to(tables, group, longest).await {
            let error = Chain(&error);
            tracing::warn!(
                consumer = group.name,
                "the tables were not seen to: {error}"
            );
            tick.reset_after(SWEPT_AGAIN);
        }
    }
}

async fn see_to(
    tables: &Tables,
    group: &Group,
    longest: Option<Duration>,
) -> Result<(), sqlx::Error> {
    let kept = |longest: Duration| {
        longest
            .saturating_add(DAY)
            .max(group.options.inbox_retention)
    };
    inbox::upkeep(tables, longest.map(kept)).await?;
    if let Some(longest) = longest {
        dead_letter::expire_aside(tables, group.name, longest).await?;
    }
    if let Some(kept) = group.options.letter_retention {
        dead_letter::expire(tables, kept).await?;
    }
    Ok(())
}
