//! Consuming: a thread that polls Kafka, a lane per partition that handles by key, positions committed after.

pub(crate) mod assignment;
mod context;
mod deleted;
pub(crate) mod finished;
pub(crate) mod flow;
mod keys;
pub(crate) mod lane;
mod poll;
mod progress;
pub(crate) mod replay;
mod sentinel;
mod tracker;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use nova_resilience::{Backoff, Chain, Health};
use rdkafka::ClientConfig;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use self::assignment::Assignment;
use self::context::Context;
use self::lane::Means;
use self::poll::Poller;
use self::progress::Progress;
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
    topics: Vec<String>,
    kafka: KafkaConfig,
    options: ConsumerOptions,
    subscription: Health,
    progress: Health,
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
        let name = router.group;
        let topics = router.topics();
        let group = Group {
            name,
            topics: topics.into_iter().map(|topic| kafka.topic(topic)).collect(),
            kafka: kafka.clone(),
            options: ConsumerOptions::default(),
            subscription: Health::optional(&format!("{name}.subscription")),
            progress: Health::required(&format!("{name}.progress")),
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

    /// Whether events are being handled and whether Kafka gives them (both optional: without them what is
    /// read is late, not wrong), and whether the consumer gets on with what it has (required: one that is
    /// stuck, or has stopped itself, is of no use).
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        let group = &self.group;
        vec![
            self.handling.clone(),
            group.subscription.clone(),
            group.progress.clone(),
        ]
    }

    /// Runs until `stop`, then finishes and commits what is in hand. A consumer that fails for good
    /// is made anew with backoff; one of whose events too many fail stays stopped, and says so.
    pub async fn run(self, stop: CancellationToken) {
        // Nothing has failed yet; with no events to handle that would never be said otherwise.
        self.handling.up();
        self.group.progress.up();
        let parts = (self.build)(self.group.options.clone());
        tokio::join!(
            self.group.consume(&parts.means, &parts.exceeded, &stop),
            (parts.replay)(stop.clone()),
            sweep(&self.tables, &self.group, &stop),
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
            let Err(error) = self.poll_until(means, exceeded, stop).await else {
                failures = 0;
                continue;
            };
            if matches!(error, BusError::TooManyFailures) {
                self.progress
                    .down("it has stopped: too many events fail, see the dead letters");
                return stop.cancelled().await;
            }
            failures += 1;
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
        let assignment = Assignment::new(means.clone(), self.options.clone(), runtime.clone());
        let context = Context::new(
            self.name,
            self.subscription.clone(),
            Progress::new(self.progress.clone(), self.options.stuck_after),
            runtime,
            assignment,
        );
        // The thread must not outlive this future, which may be dropped and not only stopped.
        let until = stop.child_token();
        let _ends_the_thread = until.clone().drop_guard();
        let config = self.client_config();
        let (topics, names) = (&self.topics, self.kafka.header_names());
        let exceeded = exceeded.clone();
        let poller = Poller::subscribe(config, context, topics, names, until, exceeded)?;
        let (ended, end) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name(format!("{}-poll", self.name))
            .spawn(move || {
                // Nobody waits any more when the runtime is going down.
                ended.send(poller.run()).ok();
            })
            .map_err(|_| BusError::Thread)?;
        end.await.unwrap_or(Err(BusError::Thread))
    }

    fn client_config(&self) -> ClientConfig {
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
            .set("queued.max.messages.kbytes", "8192")
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

/// Sees to the tables every now and then, until `stop`: makes the inbox's days to come, forgets those long past, and
/// letters that are too old.
async fn sweep(tables: &Tables, group: &Group, stop: &CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let kept = group.options.inbox_retention;
        let mut outcome = inbox::upkeep(tables, kept).await;
        if let (Ok(_), Some(kept)) = (&outcome, group.options.letter_retention) {
            outcome = dead_letter::expire(tables, kept).await;
        }
        if let Err(error) = outcome {
            let error = Chain(&error);
            tracing::warn!(
                consumer = group.name,
                "the tables were not seen to: {error}"
            );
            tick.reset_after(SWEPT_AGAIN);
        }
    }
}
