//! The thread that polls Kafka.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::assignment::Partition;
use super::context::{Context, commit};
use super::finished::Finished;
use crate::error::BusError;
use crate::record::Record;

/// How long the thread rests when there is nothing to do; a message wakes it, a rebalance waits.
const IDLE: Duration = Duration::from_millis(20);
/// Messages taken from one partition before the next has its turn.
const TAKEN_AT_ONCE: usize = 256;
/// How often positions are committed.
const COMMIT_EVERY: Duration = Duration::from_millis(500);
/// How long the group may take to say what it has committed.
const ASKED: Duration = Duration::from_secs(10);

pub(super) struct Poller {
    consumer: Arc<BaseConsumer<Context>>,
    topics: Vec<Arc<str>>,
    /// Each assigned partition's own queue: what is not taken from it stops the fetching of that partition
    /// and of no other.
    queues: VecDeque<(Partition, PartitionQueue<Context>)>,
    stop: CancellationToken,
    /// The consumer must not go on: too many of its events fail.
    exceeded: CancellationToken,
    committed_at: Instant,
}

impl Poller {
    pub(super) fn subscribe(
        config: ClientConfig,
        context: Context,
        topics: &[String],
        stop: CancellationToken,
        exceeded: CancellationToken,
    ) -> Result<Self, BusError> {
        let consumer: BaseConsumer<Context> = config
            .create_with_context(context)
            .map_err(BusError::Config)?;
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer.subscribe(&names).map_err(BusError::Config)?;
        let topics = names.into_iter().map(Arc::from).collect();
        Ok(Self {
            consumer: Arc::new(consumer),
            topics,
            queues: VecDeque::new(),
            stop,
            exceeded,
            committed_at: Instant::now(),
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
        self.follow_assignment();
        // Before any queue of its own is read: what came before that was split off is here, and comes first.
        self.serve_all()?;
        let taken = self.fill()?;
        if self.committed_at.elapsed() >= COMMIT_EVERY {
            self.committed_at = Instant::now();
            let due = self.consumer.context().assignment().due();
            commit(&self.consumer, &due, CommitMode::Async);
        }
        if taken == 0 {
            std::thread::park_timeout(IDLE);
        }
        Ok(())
    }

    /// Serves the client until nothing is left. The client also answers "nothing" when it has called back.
    fn serve_all(&mut self) -> Result<(), BusError> {
        let consumer = Arc::clone(&self.consumer);
        loop {
            let calls = consumer.context().calls();
            match consumer.poll(Duration::ZERO) {
                Some(polled) => self.serve(polled)?,
                None if consumer.context().calls() == calls => return Ok(()),
                None => {}
            }
        }
    }

    fn serve(&mut self, polled: KafkaResult<BorrowedMessage<'_>>) -> Result<(), BusError> {
        let message = match polled {
            Ok(message) => message,
            Err(error) => return check(error),
        };
        let Some(topic) = self.topic(message.topic()) else {
            return Ok(());
        };
        let partition = (topic, message.partition());
        let record = Record::copy(Arc::clone(&partition.0), &message);
        self.open(std::slice::from_ref(&partition));
        let mut assignment = self.consumer.context().assignment();
        if let Some(at) = assignment.position_of(&partition) {
            assignment.give(at, vec![record]);
        }
        Ok(())
    }

    fn topic(&self, name: &str) -> Option<Arc<str>> {
        self.topics.iter().find(|topic| ***topic == *name).cloned()
    }

    /// Opens lanes for partitions that are new and forgets the queues of those that are gone.
    fn follow_assignment(&mut self) {
        if !self.consumer.context().was_rebalanced() {
            return;
        }
        let Ok(assigned) = self.consumer.assignment() else {
            return;
        };
        let new: Vec<Partition> = assigned
            .elements()
            .iter()
            .filter_map(|element| Some((self.topic(element.topic())?, element.partition())))
            .collect();
        self.open(&new);
        let assignment = self.consumer.context().assignment();
        self.queues
            .retain(|(partition, _)| assignment.position_of(partition).is_some());
    }

    /// Opens a lane for each of these that has none, where its last owner left off.
    fn open(&mut self, partitions: &[Partition]) {
        let assignment = self.consumer.context().assignment();
        let new: Vec<&Partition> = partitions
            .iter()
            .filter(|partition| assignment.position_of(partition).is_none())
            .collect();
        drop(assignment);
        if new.is_empty() {
            return;
        }
        let earlier = self.earlier(&new);
        for (partition, earlier) in new.into_iter().zip(earlier) {
            self.queues.retain(|(other, _)| other != partition);
            let queue = self
                .consumer
                .split_partition_queue(&partition.0, partition.1);
            let Some(mut queue) = queue else { continue };
            let thread = std::thread::current();
            queue.set_nonempty_callback(move || thread.unpark());
            self.queues.push_back((partition.clone(), queue));
            let thread = std::thread::current();
            let has_room = Box::new(move || thread.unpark());
            let mut assignment = self.consumer.context().assignment();
            assignment.open(partition.clone(), earlier, has_room);
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
            while chunk.len() < room {
                match queue.poll(Duration::ZERO) {
                    None => break,
                    Some(Ok(message)) => {
                        chunk.push(Record::copy(Arc::clone(&partition.0), &message));
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
