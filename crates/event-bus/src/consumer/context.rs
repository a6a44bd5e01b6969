//! The Kafka client of production: what it tells us (rebalances, statistics, errors), and what a member asks of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
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
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};
use rdkafka::types::RDKafkaRespErr;
use tokio::runtime::Handle;

use super::assignment::{Due, Partition};
use super::client::{Client, Queue, Told, Wake};
use super::membership::{Change, Membership};
use crate::kafka_log;
use crate::record::{HeaderNames, Record};

/// How long the group may take to say what it has committed.
const ASKED: Duration = Duration::from_secs(10);

pub(super) struct Context {
    group: &'static str,
    /// Whether brokers are reachable.
    subscription: Health,
    pub(super) runtime: Handle,
    names: &'static HeaderNames,
    pub(super) member: Membership<Kafka>,
    /// The client itself, once it is made.
    consumer: OnceLock<Weak<BaseConsumer<Self>>>,
    /// It is being closed, and has given up all that it had.
    gave_up: AtomicBool,
}

/// The client.
#[derive(Clone)]
pub(super) struct Kafka(pub(super) Arc<BaseConsumer<Context>>);

/// A partition's own queue of messages.
pub(super) struct Messages {
    queue: PartitionQueue<Context>,
    names: &'static HeaderNames,
}

impl Context {
    pub(super) const fn new(
        group: &'static str,
        subscription: Health,
        runtime: Handle,
        names: &'static HeaderNames,
        member: Membership<Kafka>,
    ) -> Self {
        Self {
            group,
            subscription,
            runtime,
            names,
            member,
            consumer: OnceLock::new(),
            gave_up: AtomicBool::new(false),
        }
    }

    /// Tells the context whose it is.
    pub(super) fn belongs_to(&self, client: &Kafka) {
        // It is told once, by who made both.
        self.consumer.set(Arc::downgrade(&client.0)).ok();
    }

    fn follow(&self, client: &Kafka, change: Change) {
        // Rebalances are served by the thread that polls.
        let thread = std::thread::current();
        let wake: Wake = Arc::new(move || thread.unpark());
        self.runtime
            .block_on(self.member.follow(client, change, &wake));
    }

    /// Answers the group while the client is closed. Once, for all that it has: if partitions were about to be given
    /// when the closing began, a second event follows the first, and by then the client may have ended; whoever
    /// asks it for anything just as it does so is never answered (librdkafka 2.12, its issues 4041 and 4884).
    fn give_up(&self, consumer: &BaseConsumer<Self>) {
        if self.gave_up.swap(true, Ordering::Relaxed) {
            return;
        }
        // Whatever the protocol: a client that is closed takes everything for this.
        if let Err(error) = consumer.unassign() {
            tracing::debug!(consumer = self.group, %error, "partitions are not given up");
        }
    }
}

impl Client for Kafka {
    type Queue = Messages;

    fn committed(&self, partitions: &[Partition]) -> KafkaResult<Vec<(i64, String)>> {
        let committed = self.0.committed_offsets(unset(partitions), ASKED)?;
        let metadata = |element: &TopicPartitionListElem<'_>| {
            // The client library panics on metadata that is not UTF-8; ours is.
            catch_unwind(AssertUnwindSafe(|| element.metadata().to_owned())).unwrap_or_default()
        };
        let of = |(topic, partition): &Partition| {
            let element = committed.find_partition(topic, *partition)?;
            Some((element.offset().to_raw()?, metadata(&element)))
        };
        let nothing = || (-1, String::new());
        Ok(partitions
            .iter()
            .map(|partition| of(partition).unwrap_or_else(nothing))
            .collect())
    }

    fn split(&self, (topic, partition): &Partition, wake: Wake) -> Option<Messages> {
        let mut queue = self.0.split_partition_queue(topic, *partition)?;
        queue.set_nonempty_callback(move || wake());
        Some(Messages {
            queue,
            names: self.0.context().names,
        })
    }

    fn assign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        let partitions = unset(partitions);
        if is_incremental(&self.0) {
            self.0.incremental_assign(&partitions)
        } else {
            self.0.assign(&partitions)
        }
    }

    fn unassign(&self, partitions: &[Partition]) -> KafkaResult<()> {
        if is_incremental(&self.0) {
            self.0.incremental_unassign(&unset(partitions))
        } else {
            self.0.unassign()
        }
    }

    fn is_lost(&self) -> bool {
        self.0.assignment_lost()
    }

    fn commit(&self, due: &[Due], last: bool) -> KafkaResult<()> {
        let mut list = TopicPartitionList::with_capacity(due.len());
        for ((topic, partition), position) in due {
            let mut element = list.add_partition(topic, *partition);
            element.set_offset(Offset::Offset(position.offset))?;
            element.set_metadata(&position.metadata);
        }
        let mode = if last {
            CommitMode::Sync
        } else {
            CommitMode::Async
        };
        self.0.commit(&list, mode)
    }
}

impl Queue for Messages {
    fn next(&self, topic: impl FnOnce() -> Arc<str>) -> Option<KafkaResult<Record>> {
        let message = self.queue.poll(Duration::ZERO)?;
        Some(message.map(|message| Record::copy(topic(), &message, self.names)))
    }
}

fn is_incremental(consumer: &BaseConsumer<Context>) -> bool {
    matches!(
        consumer.rebalance_protocol(),
        RebalanceProtocol::Cooperative
    )
}

/// The partitions, without positions.
fn unset(partitions: &[Partition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for (topic, partition) in partitions {
        list.add_partition(topic, *partition);
    }
    list
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
        self.member.look(is_up, |(topic, partition)| {
            let told = statistics.topics.get(&**topic)?;
            let told = told.partitions.get(partition)?;
            Some(Told {
                // The only word of a commit that failed: librdkafka posts no event of one that nobody waits for,
                // and so rdkafka (0.39) never calls `commit_callback`.
                committed: told.committed_offset,
                first: told.lo_offset,
                end: told.ls_offset,
                next: told.next_offset,
                is_queued: told.fetchq_cnt > 0,
            })
        });
    }
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
        let all = partitions.elements().into_iter();
        let all = all.map(|element| (element.topic().into(), element.partition()));
        let change = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.subscription.up();
                Change::Assigned(all.collect())
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => Change::Revoked(all.collect()),
            error => {
                let error = KafkaError::Rebalance(error.into());
                let followed = consumer.unassign();
                return self.member.failed(followed.err().unwrap_or(error));
            }
        };
        match self.consumer.get().and_then(Weak::upgrade) {
            Some(consumer) => self.follow(&Kafka(consumer), change),
            // It is being closed, and nothing of it is in hand any more.
            None => self.give_up(consumer),
        }
    }
}
