//! The thread that polls Kafka.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Message};
use tokio_util::sync::CancellationToken;

use super::context::{Context, commit};
use crate::error::BusError;
use crate::record::{HeaderNames, Record};

/// How long the thread rests when there is nothing to do; a message wakes it, a rebalance waits.
const IDLE: Duration = Duration::from_millis(20);
/// Messages taken from one partition before the next has its turn: so many that a busy partition gives several
/// of each key, which are then handled in one go.
const TAKEN_AT_ONCE: usize = 1_024;
/// How often positions are committed, and lanes are looked at.
const COMMIT_EVERY: Duration = Duration::from_millis(500);

pub(super) struct Poller {
    consumer: Arc<BaseConsumer<Context>>,
    stop: CancellationToken,
    /// The consumer must not go on: too many of its events fail.
    exceeded: CancellationToken,
    names: &'static HeaderNames,
    committed_at: Instant,
}

impl Poller {
    pub(super) fn subscribe(
        config: ClientConfig,
        context: Context,
        topics: &[String],
        names: &'static HeaderNames,
        stop: CancellationToken,
        exceeded: CancellationToken,
    ) -> Result<Self, BusError> {
        let consumer: BaseConsumer<Context> = config
            .create_with_context(context)
            .map_err(BusError::Config)?;
        let consumer = Arc::new(consumer);
        consumer.context().belongs_to(&consumer);
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(BusError::Config)?;
        Ok(Self {
            consumer,
            stop,
            exceeded,
            names,
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
        // Messages come through the queues of their partitions; here is everything else.
        while let Some(polled) = self.consumer.poll(Duration::ZERO) {
            match polled {
                Ok(message) => return Err(BusError::Misled(message.partition())),
                Err(error) => check(error)?,
            }
        }
        if let Some(error) = self.consumer.context().failure() {
            return Err(BusError::Rebalance(error.clone()));
        }
        let taken = self.fill()?;
        if self.committed_at.elapsed() >= COMMIT_EVERY {
            self.committed_at = Instant::now();
            let mut assignment = self.consumer.context().assignment();
            let (due, broken) = (assignment.due(), assignment.broken());
            drop(assignment);
            commit(&self.consumer, &due, CommitMode::Async);
            if let Some(error) = broken {
                return Err(error);
            }
        }
        if taken == 0 {
            std::thread::park_timeout(IDLE);
        }
        Ok(())
    }

    /// Gives every lane what it has room for and its queue has, in turns; returns how much that was.
    fn fill(&mut self) -> Result<usize, BusError> {
        let context = self.consumer.context();
        let mut queues = context.queues();
        let next = usize::from(queues.len() > 1);
        queues.rotate_left(next);
        let mut taken = 0;
        for (partition, queue) in queues.iter() {
            let mut assignment = context.assignment();
            let Some(at) = assignment.position_of(partition) else {
                continue;
            };
            let room = assignment.room(at).min(TAKEN_AT_ONCE);
            drop(assignment);
            let mut chunk = Vec::new();
            // A count of references that the lanes do not share with this thread.
            let mut topic: Option<Arc<str>> = None;
            while chunk.len() < room {
                match queue.poll(Duration::ZERO) {
                    None => break,
                    Some(Ok(message)) => {
                        let topic = topic.get_or_insert_with(|| Arc::from(&*partition.0));
                        chunk.push(Record::copy(Arc::clone(topic), &message, self.names));
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

impl Drop for Poller {
    fn drop(&mut self) {
        // Queues hold the client, and the client holds them.
        self.consumer.context().queues().clear();
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
