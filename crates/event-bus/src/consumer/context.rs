//! What the Kafka client tells us: rebalances, commits, statistics, errors.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use nova_resilience::Health;
use rdkafka::ClientContext;
use rdkafka::Statistics;
use rdkafka::TopicPartitionList;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;
use tokio::runtime::Handle;

use super::assignment::{Assignment, Due, Partition};
use super::progress::Progress;
use super::watchdog::{Standing, Watchdog};
use crate::{kafka_log, metrics};

pub(super) struct Context {
    group: &'static str,
    /// Whether brokers are reachable.
    subscription: Health,
    progress: Mutex<Progress>,
    runtime: Handle,
    assignment: Mutex<Assignment>,
    watchdog: Watchdog,
    /// What the group has given us and not taken back.
    entitled: Mutex<Vec<Partition>>,
    /// A partition that is no longer given to us.
    forgotten: Mutex<Option<Partition>>,
    /// The client itself, once it is made.
    consumer: OnceLock<Weak<BaseConsumer<Self>>>,
    /// Takes the queues of partitions that were assigned.
    assigned: Sender<Queue>,
}

/// A partition's own queue of messages.
pub(super) type Queue = (Partition, PartitionQueue<Context>);

impl Context {
    pub(super) fn new(
        group: &'static str,
        subscription: Health,
        progress: Progress,
        runtime: Handle,
        assignment: Assignment,
        assigned: Sender<Queue>,
        watchdog: Watchdog,
    ) -> Self {
        Self {
            group,
            subscription,
            progress: Mutex::new(progress),
            runtime,
            assignment: Mutex::new(assignment),
            watchdog,
            entitled: Mutex::default(),
            forgotten: Mutex::default(),
            consumer: OnceLock::new(),
            assigned,
        }
    }

    /// Never held while the client is asked for anything: it may call back.
    pub(super) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        self.assignment
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What the group has given us and not taken back.
    pub(super) fn entitled(&self) -> MutexGuard<'_, Vec<Partition>> {
        self.entitled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A partition that has messages and is not given any more.
    pub(super) fn forgotten(&self) -> Option<Partition> {
        let mut forgotten = self.forgotten.lock();
        forgotten
            .as_mut()
            .map_or_else(|_| None, |forgotten| forgotten.take())
    }

    /// Tells the context whose it is.
    pub(super) fn belongs_to(&self, consumer: &Arc<BaseConsumer<Self>>) {
        // It is told once, by who made both.
        self.consumer.set(Arc::downgrade(consumer)).ok();
    }

    /// Gives each partition a queue of its own. Before it is assigned: a message that went into the common
    /// queue would be read after later ones of its partition.
    fn split(&self, partitions: &TopicPartitionList) {
        let Some(consumer) = self.consumer.get().and_then(Weak::upgrade) else {
            return;
        };
        for element in partitions.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            self.entitled().push((topic.into(), partition));
            let Some(mut queue) = consumer.split_partition_queue(topic, partition) else {
                tracing::error!(
                    consumer = self.group,
                    topic,
                    partition,
                    "a partition has no queue"
                );
                continue;
            };
            // Rebalances are served by the thread that polls.
            let thread = std::thread::current();
            queue.set_nonempty_callback(move || thread.unpark());
            // Nobody takes it when the consumer is being closed.
            self.assigned.send(((topic.into(), partition), queue)).ok();
        }
    }

    /// Ends the lanes that `chosen` names, finishing what they are at; returns what is to be committed.
    /// Blocks.
    pub(super) fn drain(&self, chosen: impl Fn(&Partition) -> bool) -> Vec<Due> {
        let leaving = self.assignment().leave(chosen);
        self.runtime.block_on(leaving.drained(self.group))
    }
}

/// Asks for positions to be committed.
pub(super) fn commit(consumer: &BaseConsumer<Context>, due: &[Due], mode: CommitMode) {
    if due.is_empty() {
        return;
    }
    let list = match list(due) {
        Ok(list) => list,
        Err(error) => return tracing::error!(%error, "a position cannot be committed"),
    };
    if let Err(error) = consumer.commit(&list, mode) {
        // Events will be delivered again; the inbox knows them.
        tracing::debug!(%error, "offsets were not committed");
        let mut assignment = consumer.context().assignment();
        for ((topic, partition), _) in due {
            assignment.not_committed(topic, *partition);
        }
    }
}

fn list(due: &[Due]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(due.len());
    for ((topic, partition), position) in due {
        let mut element = list.add_partition(topic, *partition);
        element.set_offset(Offset::Offset(position.offset))?;
        element.set_metadata(&position.metadata);
    }
    Ok(list)
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
        let is_up = statistics
            .brokers
            .values()
            .any(|broker| broker.nodeid >= 0 && broker.state == "UP");
        if is_up {
            self.subscription.up();
        }
        let assignment = self.assignment();
        let mut lag = 0;
        for lane in assignment.lanes() {
            let (topic, partition) = lane.partition();
            let told = statistics
                .topics
                .get(&**topic)
                .and_then(|told| told.partitions.get(partition));
            let Some(told) = told else { continue };
            let done = lane.done_up_to();
            let done = done.unwrap_or(told.committed_offset.max(told.lo_offset));
            if told.ls_offset >= 0 && done >= 0 {
                let standing = Standing {
                    done,
                    end: told.ls_offset,
                    in_flight: lane.in_flight(),
                };
                if is_up && self.watchdog.is_forgotten(lane.partition(), standing) {
                    tracing::error!(consumer = self.group, %topic, partition, ?standing,
                        fetch_state = told.fetch_state, fetched = told.fetchq_cnt,
                        next = told.next_offset, given = told.app_offset,
                        committed = told.committed_offset,
                        "a partition has messages and is not given to us");
                    let forgotten = Some(lane.partition().clone());
                    *self
                        .forgotten
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) = forgotten;
                }
                let behind = (told.ls_offset - done).max(0);
                metrics::lag(self.group, topic, *partition, behind);
                lag += behind;
            }
        }
        let (in_flight, handled) = assignment.totals();
        drop(assignment);
        metrics::in_flight(self.group, in_flight);
        self.progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .look(is_up, lag, in_flight, handled);
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let partitions = match rebalance {
            Rebalance::Assign(partitions) => return self.split(partitions),
            Rebalance::Revoke(partitions) => partitions,
            Rebalance::Error(_) => return,
        };
        let due =
            self.drain(|(topic, partition)| partitions.find_partition(topic, *partition).is_some());
        if !consumer.assignment_lost() {
            commit(consumer, &due, CommitMode::Sync);
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

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let Err(error) = result else { return };
        // A rebalance is under way, or the broker: the next look asks again.
        tracing::debug!(consumer = self.group, %error, "offsets were not committed");
        let mut assignment = self.assignment();
        for element in offsets.elements() {
            assignment.not_committed(element.topic(), element.partition());
        }
    }
}
