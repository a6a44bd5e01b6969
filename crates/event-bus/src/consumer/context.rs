//! What the Kafka client tells us: rebalances, commits, statistics, errors.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use nova_resilience::Health;
use rdkafka::ClientContext;
use rdkafka::Statistics;
use rdkafka::TopicPartitionList;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer as _, ConsumerContext, RebalanceProtocol,
};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Partition as Told;
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use tokio::runtime::Handle;

use super::assignment::{Assignment, Due, Held, Partition};
use super::finished::Finished;
use super::progress::Progress;
use crate::{kafka_log, metrics};

/// How long the group may take to say what it has committed.
const ASKED: Duration = Duration::from_secs(10);

pub(super) struct Context {
    group: &'static str,
    /// Whether brokers are reachable.
    subscription: Health,
    progress: Mutex<Progress>,
    runtime: Handle,
    assignment: Mutex<Assignment>,
    /// Each assigned partition's own queue: what is not taken from it stops the fetching of that partition
    /// and of no other.
    queues: Mutex<VecDeque<Queue>>,
    /// Why the client cannot follow its group any more.
    failure: OnceLock<KafkaError>,
    /// The client itself, once it is made.
    consumer: OnceLock<Weak<BaseConsumer<Self>>>,
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
    ) -> Self {
        Self {
            group,
            subscription,
            progress: Mutex::new(progress),
            runtime,
            assignment: Mutex::new(assignment),
            queues: Mutex::default(),
            failure: OnceLock::new(),
            consumer: OnceLock::new(),
        }
    }

    /// Never held while the client is asked for anything: it may call back.
    pub(super) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        self.assignment
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Of the thread that polls. Never held while the client's main queue is polled: it may call back.
    pub(super) fn queues(&self) -> MutexGuard<'_, VecDeque<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the client must be made anew, if it must.
    pub(super) fn failure(&self) -> Option<&KafkaError> {
        self.failure.get()
    }

    /// Tells the context whose it is.
    pub(super) fn belongs_to(&self, consumer: &Arc<BaseConsumer<Self>>) {
        // It is told once, by who made both.
        self.consumer.set(Arc::downgrade(consumer)).ok();
    }

    /// Gives each partition a queue of its own and a lane that goes on where its last owner left off. Before it
    /// is assigned: a message that went into the common queue would be read after later ones of its partition.
    fn open(&self, partitions: &TopicPartitionList) {
        // Gone when it is being closed.
        let Some(consumer) = self.consumer.get().and_then(Weak::upgrade) else {
            return;
        };
        let earlier = earlier(&consumer, partitions);
        for (element, earlier) in partitions.elements().into_iter().zip(earlier) {
            let (topic, partition) = (element.topic(), element.partition());
            let Some(mut queue) = consumer.split_partition_queue(topic, partition) else {
                let no_queue =
                    KafkaError::Subscription(format!("{topic} {partition} has no queue"));
                return self.failed(no_queue);
            };
            // Rebalances are served by the thread that polls.
            let thread = std::thread::current();
            let has_room = thread.clone();
            queue.set_nonempty_callback(move || thread.unpark());
            let partition: Partition = (topic.into(), partition);
            let has_room = Box::new(move || has_room.unpark());
            self.assignment().open(partition.clone(), earlier, has_room);
            self.queues().push_back((partition, queue));
        }
    }

    /// Finishes what is in hand of these partitions, commits it if they are still ours, and lets go of them.
    fn close(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) {
        let is_taken =
            |(topic, partition): &Partition| partitions.find_partition(topic, *partition).is_some();
        let due = self.drain(is_taken);
        if !consumer.assignment_lost() {
            commit(consumer, &due, CommitMode::Sync);
        }
        self.queues().retain(|(partition, _)| !is_taken(partition));
    }

    /// The client must be made anew.
    fn failed(&self, error: KafkaError) {
        // The first reason is the one to tell.
        self.failure.set(error).ok();
    }

    /// Ends the lanes that `chosen` names, finishing what they are at; returns what is to be committed.
    /// Blocks.
    pub(super) fn drain(&self, chosen: impl Fn(&Partition) -> bool) -> Vec<Due> {
        let leaving = self.assignment().leave(chosen);
        self.runtime.block_on(leaving.drained(self.group))
    }
}

/// What earlier owners had finished. If the group does not say, nothing: then more is repeated.
fn earlier(consumer: &BaseConsumer<Context>, partitions: &TopicPartitionList) -> Vec<Finished> {
    let committed = match consumer.committed_offsets(partitions.clone(), ASKED) {
        Ok(committed) => committed,
        Err(error) => {
            tracing::warn!(%error, "the group does not say what is committed");
            TopicPartitionList::new()
        }
    };
    let finished = |partition: &TopicPartitionListElem<'_>| {
        let element = committed.find_partition(partition.topic(), partition.partition())?;
        let position = element.offset().to_raw()?;
        // The client library panics on metadata that is not UTF-8; ours is.
        let metadata = catch_unwind(AssertUnwindSafe(|| element.metadata().to_owned())).ok()?;
        Some(Finished::decode(position, &metadata))
    };
    let partitions = partitions.elements();
    let finished = partitions.iter().map(finished);
    finished.map(Option::unwrap_or_default).collect()
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
        // A lane that goes on asks again; of one that is gone more is repeated, and the inbox knows it.
        tracing::debug!(%error, "offsets were not committed");
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
        let mut assignment = self.assignment();
        let mut standings = Vec::new();
        for lane in assignment.lanes_mut() {
            let (topic, partition) = lane.partition().clone();
            let told = statistics.topics.get(&*topic);
            let told = told.and_then(|told| told.partitions.get(&partition));
            if let Some(told) = told {
                self.look_at(lane, told);
            }
            standings.push(lane.standing(is_up && told.is_some_and(is_waiting)));
        }
        let in_flight = assignment.in_flight();
        assignment.report();
        drop(assignment);
        metrics::in_flight(self.group, in_flight);
        let progress = self.progress.lock();
        let mut progress = progress.unwrap_or_else(PoisonError::into_inner);
        progress.look(standings);
    }
}

impl Context {
    fn look_at(&self, lane: &mut Held, told: &Told) {
        // The only word of a commit that failed: librdkafka posts no event of one that nobody waits for, and so
        // rdkafka (0.39) never calls `commit_callback`.
        lane.is_known_to_have(told.committed_offset);
        let is_read = told.fetchq_cnt == 0 && told.next_offset >= 0;
        let read = is_read.then_some(told.next_offset);
        lane.look_at_log(self.group, told.lo_offset, read);
        let done = lane.done_up_to();
        let done = done.unwrap_or(told.committed_offset.max(told.lo_offset));
        if told.ls_offset >= 0 && done >= 0 {
            let behind = (told.ls_offset - done).max(0);
            let (topic, partition) = lane.partition();
            metrics::lag(self.group, topic, *partition, behind);
        }
    }
}

/// Whether the client has messages of a partition that nobody takes, or the broker some that nobody fetches.
fn is_waiting(told: &Told) -> bool {
    told.fetchq_cnt > 0 || (told.next_offset >= 0 && told.next_offset < told.ls_offset)
}

impl ConsumerContext for Context {
    /// Ours and not the library's: that one does not look whether the client took up what the group gives, and
    /// the group would wait for ever for what nobody consumes.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let is_incremental = matches!(
            consumer.rebalance_protocol(),
            RebalanceProtocol::Cooperative
        );
        let followed = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.open(partitions);
                self.subscription.up();
                let count = partitions.count();
                tracing::info!(
                    consumer = self.group,
                    partitions = count,
                    "partitions assigned"
                );
                if is_incremental {
                    consumer.incremental_assign(partitions)
                } else {
                    consumer.assign(partitions)
                }
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.close(consumer, partitions);
                let count = partitions.count();
                tracing::info!(
                    consumer = self.group,
                    partitions = count,
                    "partitions given up"
                );
                if is_incremental {
                    consumer.incremental_unassign(partitions)
                } else {
                    consumer.unassign()
                }
            }
            error => consumer
                .unassign()
                .and(Err(KafkaError::Rebalance(error.into()))),
        };
        if let Err(error) = followed {
            self.failed(error);
        }
    }
}
