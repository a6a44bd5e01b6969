//! What the Kafka client tells us: rebalances, statistics, errors.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nova_resilience::Health;
use rdkafka::ClientContext;
use rdkafka::Statistics;
use rdkafka::TopicPartitionList;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::runtime::Handle;

use super::lane::Lane;
use super::work::Work;
use crate::{kafka_log, metrics};

/// How long lanes may take to finish what they are at before their partitions are given up. Less
/// than the session timeout, so that the group does not take them away first.
const DRAIN: Duration = Duration::from_secs(5);

pub(super) struct Context {
    pub(super) group: String,
    /// Whether brokers are reachable.
    subscription: Health,
    pub(super) work: Arc<dyn Work>,
    pub(super) runtime: Handle,
    lanes: Mutex<Vec<Lane>>,
}

impl Context {
    pub(super) fn new(
        group: String,
        subscription: Health,
        work: Arc<dyn Work>,
        runtime: Handle,
    ) -> Self {
        Self {
            group,
            subscription,
            work,
            runtime,
            lanes: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn lanes(&self) -> MutexGuard<'_, Vec<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the lanes that `chosen` names: what they are at is finished and its offset stored.
    pub(super) fn drain(&self, chosen: impl Fn(&Lane) -> bool) {
        let leaving: Vec<Lane> = self.lanes().extract_if(.., |lane| chosen(lane)).collect();
        for lane in &leaving {
            lane.stop();
        }
        let deadline = Instant::now() + DRAIN;
        for lane in leaving {
            let (topic, partition) = (lane.topic().clone(), lane.partition());
            if !lane.wait(deadline) {
                tracing::warn!(consumer = self.group, %topic, partition,
                    "an event was not finished before its partition was given up");
            }
        }
    }
}

/// Commits what is stored and waits for the broker's word.
pub(super) fn commit(consumer: &BaseConsumer<Context>) {
    match consumer.commit_consumer_state(CommitMode::Sync) {
        Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
        // Events will be delivered again; the inbox knows them.
        Err(error) => tracing::debug!(%error, "offsets were not committed"),
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka_log::write(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.subscription.down("no kafka broker is reachable");
        }
        tracing::debug!(consumer = self.group, %error, "kafka client: {reason}");
    }

    fn stats(&self, statistics: Statistics) {
        if statistics
            .brokers
            .values()
            .any(|broker| broker.nodeid >= 0 && broker.state == "UP")
        {
            self.subscription.up();
        }
        for (topic, told) in &statistics.topics {
            for (partition, told) in &told.partitions {
                if *partition >= 0 && told.consumer_lag_stored >= 0 {
                    metrics::lag(&self.group, topic, *partition, told.consumer_lag_stored);
                }
            }
        }
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(partitions) = rebalance else {
            return;
        };
        self.drain(|lane| contains(partitions, lane));
        if !consumer.assignment_lost() {
            commit(consumer);
        }
        tracing::info!(
            consumer = self.group,
            partitions = partitions.count(),
            "partitions given up"
        );
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                self.subscription.up();
                tracing::info!(
                    consumer = self.group,
                    partitions = partitions.count(),
                    "partitions assigned"
                );
            }
            Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => {
                tracing::error!(consumer = self.group, %error, "a rebalance failed");
            }
        }
    }
}

fn contains(partitions: &TopicPartitionList, lane: &Lane) -> bool {
    partitions
        .find_partition(lane.topic(), lane.partition())
        .is_some()
}
