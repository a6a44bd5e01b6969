//! The thread that polls Kafka.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{ClientConfig, Message, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use super::context::{Context, commit};
use super::lane::Lane;
use crate::error::BusError;
use crate::record::Record;

/// How long a poll waits when there is nothing to do.
const IDLE: Duration = Duration::from_millis(100);
/// How long a poll waits when a lane is full and may have room again soon.
const FULL: Duration = Duration::from_millis(2);
/// Messages taken from the client's queue before the lanes get theirs.
const GATHERED: usize = 1_024;

pub(super) struct Poller {
    consumer: Arc<BaseConsumer<Context>>,
    topics: Vec<Arc<str>>,
    stop: CancellationToken,
}

impl Poller {
    pub(super) fn subscribe(
        config: ClientConfig,
        context: Context,
        topics: &[String],
        stop: CancellationToken,
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
            stop,
        })
    }

    /// Polls until told to stop, or until the client is of no more use.
    pub(super) fn run(self) -> Result<(), BusError> {
        let mut outcome = Ok(());
        while !self.stop.is_cancelled() && outcome.is_ok() {
            outcome = self.turn();
        }
        let context = self.consumer.context();
        context.drain(|_| true);
        commit(&self.consumer);
        outcome
    }

    /// Takes what there is, then gives every lane its share.
    fn turn(&self) -> Result<(), BusError> {
        let mut wait = self.hand_over();
        for _ in 0..GATHERED {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => self.gather(&message),
                Some(Err(error)) => check(error)?,
            }
            wait = Duration::ZERO;
        }
        Ok(())
    }

    fn gather(&self, message: &BorrowedMessage<'_>) {
        let Some(topic) = self
            .topics
            .iter()
            .find(|topic| ***topic == *message.topic())
        else {
            return;
        };
        let record = Record::copy(topic.clone(), message);
        let context = self.consumer.context();
        let mut lanes = context.lanes();
        let partition = message.partition();
        let found = lanes
            .iter()
            .position(|lane| lane.partition() == partition && Arc::ptr_eq(lane.topic(), topic));
        let at = found.unwrap_or_else(|| {
            lanes.push(Lane::open(
                &context.runtime,
                Arc::clone(&context.work),
                Arc::clone(&self.consumer),
                topic.clone(),
                partition,
            ));
            lanes.len() - 1
        });
        if let Some(lane) = lanes.get_mut(at)
            && lane.gather(record)
        {
            self.settle(lane);
        }
    }

    /// Hands every lane what was gathered for it; returns how long the next poll may wait.
    fn hand_over(&self) -> Duration {
        let mut wait = IDLE;
        for lane in self.consumer.context().lanes().iter_mut() {
            self.settle(lane);
            if lane.is_paused() {
                wait = FULL;
            }
        }
        wait
    }

    /// A lane that cannot keep up has its partition paused until it can.
    fn settle(&self, lane: &mut Lane) {
        let has_room = lane.hand_over();
        if !lane.set_paused(!has_room) {
            return;
        }
        let mut partition = TopicPartitionList::with_capacity(1);
        partition.add_partition(lane.topic(), lane.partition());
        let outcome = if has_room {
            self.consumer.resume(&partition)
        } else {
            self.consumer.pause(&partition)
        };
        if let Err(error) = outcome {
            tracing::debug!(topic = %lane.topic(), partition = lane.partition(), %error,
                "a partition was not paused or resumed");
        }
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
