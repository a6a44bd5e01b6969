//! The thread that polls Kafka.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::context::{Context, Kafka};
use super::membership::{Membership, check};
use crate::error::BusError;

/// How long the thread rests when there is nothing to do; a message wakes it, a rebalance waits.
const IDLE: Duration = Duration::from_millis(20);

pub(super) struct Poller {
    client: Kafka,
    runtime: Handle,
    /// Between two looks at the client of which the first has found something.
    gather: Duration,
    stop: CancellationToken,
    /// The consumer must not go on: too many of its events fail.
    exceeded: CancellationToken,
}

impl Poller {
    pub(super) fn subscribe(
        config: ClientConfig,
        context: Context,
        topics: &[String],
        gather: Duration,
        stop: CancellationToken,
        exceeded: CancellationToken,
    ) -> Result<Self, BusError> {
        let runtime = context.runtime.clone();
        let consumer: BaseConsumer<Context> = config
            .create_with_context(context)
            .map_err(BusError::Config)?;
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        let client = Kafka(Arc::new(consumer));
        client.0.context().belongs_to(&client);
        client.0.subscribe(&topics).map_err(BusError::Config)?;
        Ok(Self {
            client,
            runtime,
            gather,
            stop,
            exceeded,
        })
    }

    /// Polls until told to stop, or until the client is of no more use.
    pub(super) fn run(&self) -> Result<(), BusError> {
        let mut outcome = Ok(());
        while !self.stop.is_cancelled() && !self.exceeded.is_cancelled() && outcome.is_ok() {
            outcome = self.turn();
        }
        if self.exceeded.is_cancelled() && !self.stop.is_cancelled() {
            return Err(BusError::TooManyFailures);
        }
        outcome
    }

    /// Finishes what is in hand, commits it, and leaves the group.
    pub(super) fn leave(self) {
        self.runtime.block_on(self.member().end(&self.client));
    }

    fn member(&self) -> &Membership<Kafka> {
        &self.client.0.context().member
    }

    /// Serves the client and the lanes, and rests if there was nothing, or for what comes next to be more.
    #[expect(
        clippy::disallowed_methods,
        reason = "the thread is its own, and what wakes it is to wait"
    )]
    fn turn(&self) -> Result<(), BusError> {
        // Messages come through the queues of their partitions; here is everything else.
        while let Some(polled) = self.client.0.poll(Duration::ZERO) {
            match polled {
                Ok(message) => return Err(BusError::Misled(message.partition())),
                Err(error) => check(error)?,
            }
        }
        if self.member().turn(&self.client)? == 0 {
            std::thread::park_timeout(IDLE);
        } else if !self.gather.is_zero() {
            std::thread::sleep(self.gather);
        }
        Ok(())
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        // Queues hold the client, and the client holds them.
        self.member().clear();
    }
}
