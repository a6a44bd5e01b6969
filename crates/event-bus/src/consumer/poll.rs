//! The thread that polls Kafka.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Message, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::assignment::Partition;
use super::context::{Context, Queue, commit};
use super::finished::Finished;
use crate::error::BusError;
use crate::record::Record;

/// How long the thread rests when there is nothing to do; a message wakes it, a rebalance waits.
const IDLE: Duration = Duration::from_millis(20);
/// Messages taken from one partition before the next has its turn: so many that a busy partition gives several
/// of each key, which are then handled in one go.
const TAKEN_AT_ONCE: usize = 1_024;
/// How often positions are committed.
const COMMIT_EVERY: Duration = Duration::from_millis(500);
/// A partition that is ours and is not consumed for so long makes the client anew.
const MISSING: Duration = Duration::from_secs(1);
/// How long the group may take to say what it has committed.
const ASKED: Duration = Duration::from_secs(10);

pub(super) struct Poller {
    consumer: Arc<BaseConsumer<Context>>,
    /// Each assigned partition's own queue: what is not taken from it stops the fetching of that partition
    /// and of no other.
    queues: VecDeque<Queue>,
    /// Queues of partitions that were assigned and have no lane yet.
    assigned: Receiver<Queue>,
    stop: CancellationToken,
    /// The consumer must not go on: too many of its events fail.
    exceeded: CancellationToken,
    committed_at: Instant,
    /// Since when a partition that is ours is not consumed.
    missing_since: Option<Instant>,
}

impl Poller {
    pub(super) fn subscribe(
        config: ClientConfig,
        context: Context,
        assigned: Receiver<Queue>,
        topics: &[String],
        stop: CancellationToken,
        exceeded: CancellationToken,
    ) -> Result<Self, BusError> {
        let consumer: BaseConsumer<Context> = config
            .create_with_context(context)
            .map_err(BusError::Config)?;
        let consumer = Arc::new(consumer);
        consumer.context().belongs_to(&consumer);
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer.subscribe(&names).map_err(BusError::Config)?;
        Ok(Self {
            consumer,
            queues: VecDeque::new(),
            assigned,
            stop,
            exceeded,
            committed_at: Instant::now(),
            missing_since: None,
        })
    }

    /// Polls until told to stop, or until the client is of no more use.
    pub(super) fn run(mut self) -> Result<(), BusError> {
        let mut outcome = Ok(());
        while !self.stop.is_cancelled() && !self.exceeded.is_cancelled() && outcome.is_ok() {
            outcome = self.turn();
        }
        let due = self.consumer.context().drain(|_| true);
        commit(&self.consumer, &due, CommitMode::Sync);
        if self.exceeded.is_cancelled() && !self.stop.is_cancelled() {
            return Err(BusError::TooManyFailures);
        }
        outcome
    }

    /// Serves the client, gives every lane what it has room for, commits, and rests if there was nothing.
    fn turn(&mut self) -> Result<(), BusError> {
        // Messages come through the queues of their partitions; here is everything else.
        while let Some(polled) = self.consumer.poll(Duration::ZERO) {
            match polled {
                Ok(message) => return Err(BusError::Misled(message.partition())),
                Err(error) => check(error)?,
            }
        }
        if let Some((topic, partition)) = self.consumer.context().forgotten() {
            let topic = topic.to_string();
            return Err(BusError::Forgotten { topic, partition });
        }
        self.follow_assignment();
        let taken = self.fill()?;
        if self.committed_at.elapsed() >= COMMIT_EVERY {
            self.committed_at = Instant::now();
            let due = self.consumer.context().assignment().due();
            commit(&self.consumer, &due, CommitMode::Async);
            self.check_entitled()?;
        }
        if taken == 0 {
            std::thread::park_timeout(IDLE);
        }
        Ok(())
    }

    /// Every partition that the group has given us must have a lane and be fetched. The client library reports no
    /// failure of its own to take one up, and the group would wait for ever.
    fn check_entitled(&mut self) -> Result<(), BusError> {
        let context = self.consumer.context();
        let assigned = self.consumer.assignment().ok();
        let lanes = context.assignment();
        let is_kept = |partition: &Partition| {
            let (topic, number) = partition;
            let fetched = assigned
                .as_ref()
                .is_none_or(|assigned| assigned.find_partition(topic, *number).is_some());
            let queued = self.queues.iter().any(|(other, _)| other == partition);
            fetched && queued && lanes.position_of(partition).is_some()
        };
        let missing = context
            .entitled()
            .iter()
            .find(|partition| !is_kept(partition))
            .cloned();
        let Some((topic, partition)) = missing else {
            self.missing_since = None;
            return Ok(());
        };
        let since = *self.missing_since.get_or_insert_with(Instant::now);
        if since.elapsed() < MISSING {
            return Ok(());
        }
        let has_lane = lanes.position_of(&(topic.clone(), partition)).is_some();
        let fetched = assigned.is_some_and(|all| all.find_partition(&topic, partition).is_some());
        tracing::error!(%topic, partition, has_lane, fetched, "a partition that is ours is not consumed");
        let topic = topic.to_string();
        Err(BusError::Forgotten { topic, partition })
    }

    /// Opens lanes for partitions that are new, where their last owners left off, and forgets the queues of
    /// those that are gone.
    fn follow_assignment(&mut self) {
        let mut new: Vec<Queue> = self.assigned.try_iter().collect();
        let context = self.consumer.context();
        if !new.is_empty() {
            // Some may have been taken away again before anyone looked.
            if let Ok(assigned) = self.consumer.assignment() {
                new.retain(|((topic, partition), _)| {
                    assigned.find_partition(topic, *partition).is_some()
                });
            }
            // Of a partition that was given up and assigned again meanwhile the last queue counts.
            let mut last = Vec::with_capacity(new.len());
            while let Some(queue) = new.pop() {
                if !last
                    .iter()
                    .any(|(partition, _): &Queue| *partition == queue.0)
                {
                    last.push(queue);
                }
            }
            let new = last;
            let partitions: Vec<&Partition> = new.iter().map(|(partition, _)| partition).collect();
            let earlier = self.earlier(&partitions);
            for ((partition, queue), earlier) in new.into_iter().zip(earlier) {
                self.queues.retain(|(other, _)| *other != partition);
                let thread = std::thread::current();
                let has_room = Box::new(move || thread.unpark());
                context
                    .assignment()
                    .open(partition.clone(), earlier, has_room);
                self.queues.push_back((partition, queue));
            }
        }
        let assignment = context.assignment();
        if assignment.lanes().len() != self.queues.len() {
            self.queues
                .retain(|(partition, _)| assignment.position_of(partition).is_some());
        }
    }

    /// What earlier owners had finished. If the group does not say, nothing: then more is repeated.
    fn earlier(&self, partitions: &[&Partition]) -> Vec<Finished> {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for (topic, partition) in partitions {
            list.add_partition(topic, *partition);
        }
        let committed = match self.consumer.committed_offsets(list, ASKED) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::warn!(%error, "the group does not say what is committed");
                TopicPartitionList::new()
            }
        };
        let finished = |(topic, partition): &&Partition| {
            let element = committed.find_partition(topic, *partition)?;
            let position = element.offset().to_raw()?;
            // The client library panics on metadata that is not UTF-8; ours is.
            let metadata = catch_unwind(AssertUnwindSafe(|| element.metadata().to_owned())).ok()?;
            Some(Finished::decode(position, &metadata))
        };
        partitions
            .iter()
            .map(|partition| finished(partition).unwrap_or_default())
            .collect()
    }

    /// Gives every lane what it has room for and its queue has, in turns; returns how much that was.
    fn fill(&mut self) -> Result<usize, BusError> {
        self.queues.rotate_left(usize::from(self.queues.len() > 1));
        let mut taken = 0;
        let context = self.consumer.context();
        for (partition, queue) in &self.queues {
            let mut assignment = context.assignment();
            let Some(at) = assignment.position_of(partition) else {
                continue;
            };
            let room = assignment.room(at).min(TAKEN_AT_ONCE);
            drop(assignment);
            let mut chunk = Vec::new();
            // A count of references that the lanes do not share with this thread.
            let topic: Arc<str> = Arc::from(&*partition.0);
            while chunk.len() < room {
                match queue.poll(Duration::ZERO) {
                    None => break,
                    Some(Ok(message)) => {
                        chunk.push(Record::copy(Arc::clone(&topic), &message));
                    }
                    Some(Err(error)) => check(error)?,
                }
            }
            if !chunk.is_empty() {
                taken += chunk.len();
                context.assignment().give(at, chunk);
            }
        }
        Ok(taken)
    }
}

/// Most errors pass by themselves: a broker restarts, a topic is about to be created.
fn check(error: KafkaError) -> Result<(), BusError> {
    match error {
        KafkaError::MessageConsumptionFatal(_) => Err(BusError::Config(error)),
        _ => {
            tracing::debug!(%error, "kafka consumer");
            Ok(())
        }
    }
}
