//! Consuming: a thread that polls Kafka, a lane per partition that handles, offsets stored after.

mod context;
mod lane;
mod poll;
mod work;

use std::sync::Arc;
use std::time::Duration;

use nova_resilience::{Backoff, Chain, Health};
use rdkafka::ClientConfig;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use self::context::Context;
use self::poll::Poller;
use self::work::{Work, Worker};
use crate::config::{GroupProtocol, KafkaConfig};
use crate::error::BusError;
use crate::router::Router;
use crate::{inbox, metrics};

/// How often ids of long-handled events are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// Handles a service's events for as long as it runs.
pub struct Consumer {
    group: String,
    topics: Vec<String>,
    kafka: KafkaConfig,
    pool: PgPool,
    worker: Arc<dyn Work>,
    handling: Health,
    subscription: Health,
}

impl Consumer {
    /// A consumer of the router's events; inbox and dead letters are in `pool`'s database.
    pub fn new<S: Send + Sync + 'static>(
        kafka: &KafkaConfig,
        pool: PgPool,
        router: Router<S>,
    ) -> Self {
        metrics::describe();
        let handling = Health::optional(&format!("{}.consumer", router.group));
        let subscription = Health::optional(&format!("{}.subscription", router.group));
        Self {
            group: router.group.to_owned(),
            topics: router
                .topics()
                .into_iter()
                .map(|topic| kafka.topic(topic))
                .collect(),
            kafka: kafka.clone(),
            worker: Arc::new(Worker::new(router, pool.clone(), handling.clone())),
            pool,
            handling,
            subscription,
        }
    }

    /// Whether events are being handled, and whether Kafka gives them. Both optional: without them
    /// what is read is late, not wrong.
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        vec![self.handling.clone(), self.subscription.clone()]
    }

    /// Runs until `stop`, then finishes and commits what is in hand. A consumer that fails for good
    /// is made anew with backoff.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.consume(&stop), self.sweep(&stop));
    }

    async fn consume(&self, stop: &CancellationToken) {
        let backoff = Backoff::standard();
        let mut failures = 0;
        while !stop.is_cancelled() {
            match self.poll_until(stop).await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    self.subscription.down(Chain(&error).to_string());
                    tracing::error!(
                        consumer = self.group,
                        failures,
                        "the consumer is made anew: {}",
                        Chain(&error)
                    );
                    tokio::select! {
                        () = tokio::time::sleep(backoff.wait(failures)) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }

    /// Polls in a thread of its own: the client's rebalance callbacks block until lanes are drained.
    async fn poll_until(&self, stop: &CancellationToken) -> Result<(), BusError> {
        let context = Context::new(
            self.group.clone(),
            self.subscription.clone(),
            Arc::clone(&self.worker),
            tokio::runtime::Handle::current(),
        );
        // The thread must not outlive this future, which may be dropped and not only stopped.
        let until = stop.child_token();
        let _ends_the_thread = until.clone().drop_guard();
        let poller = Poller::subscribe(self.client_config(), context, &self.topics, until)?;
        // Nothing has failed yet; with no events to handle that would never be said otherwise.
        self.handling.up();
        let (ended, end) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name(format!("{}-poll", self.group))
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
                format!("{}{}", self.kafka.topic_prefix, self.group),
            )
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            // An offset is stored when the work is done, never when the message was handed out.
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.queue.backoff.ms", "10")
            .set("queued.max.messages.kbytes", "16384")
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

    async fn sweep(&self, stop: &CancellationToken) {
        let mut tick = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = stop.cancelled() => return,
            }
            if let Err(error) = inbox::sweep(&self.pool, &self.group).await {
                tracing::warn!(
                    consumer = self.group,
                    "the inbox was not swept: {}",
                    Chain(&error)
                );
            }
        }
    }
}
