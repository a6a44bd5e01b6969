//! Whether events can be published and read, found out by doing it.

use nova_resilience::{Chain, Health};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use tokio_util::sync::CancellationToken;

use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::kafka_log::Logged;
use crate::producer::Producer;

/// Publishes a message to the health topic every now and then, and reads it from there.
pub struct Probe {
    kafka: KafkaConfig,
    publisher: Health,
    subscriber: Health,
}

/// The clients of a probe.
struct Clients {
    producer: Producer,
    consumer: StreamConsumer<Logged>,
    topic: String,
}

impl Probe {
    /// A probe of these brokers, for a service.
    #[must_use]
    pub fn new(service: &str, kafka: &KafkaConfig) -> Self {
        Self {
            kafka: kafka.clone(),
            publisher: Health::optional(&format!("{service}.kafka-publisher")),
            subscriber: Health::optional(&format!("{service}.kafka-subscriber")),
        }
    }

    /// Whether a message could be published, and read. Both optional: requests are served without Kafka.
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        vec![self.publisher.clone(), self.subscriber.clone()]
    }

    /// Tries until `stop`. The clients outlive any broker.
    pub async fn run(self, stop: CancellationToken) {
        let clients = match Clients::new(&self.kafka) {
            Ok(clients) => clients,
            Err(error) => {
                self.publisher.down(Chain(&error).to_string());
                self.subscriber.down(Chain(&error).to_string());
                return stop.cancelled().await;
            }
        };
        let mut tick = tokio::time::interval(self.kafka.probe.interval);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            if stop
                .run_until_cancelled(self.once(&clients))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    async fn once(&self, clients: &Clients) {
        let published = self.within(clients.publish()).await;
        let offset = self.tell(&self.publisher, published);
        let read = match offset {
            Some((partition, offset)) => self.within(clients.read(partition, offset)).await,
            None => Err("nothing could be published that could be read".to_owned()),
        };
        self.tell(&self.subscriber, read);
        clients.rest();
    }

    async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, BusError>>,
    ) -> Result<T, String> {
        match tokio::time::timeout(self.kafka.probe.timeout, work).await {
            Ok(outcome) => outcome.map_err(|error| Chain(&error).to_string()),
            Err(_) => Err(format!("no answer within {:?}", self.kafka.probe.timeout)),
        }
    }

    fn tell<T>(&self, health: &Health, outcome: Result<T, String>) -> Option<T> {
        match outcome {
            Ok(value) => {
                health.succeeded();
                Some(value)
            }
            Err(why) => {
                let age = health.last_success().and_then(|at| at.elapsed().ok());
                // One failure is not yet an outage.
                if age.is_none_or(|age| age > self.kafka.probe.max_age) {
                    health.down(why);
                }
                None
            }
        }
    }
}

impl Clients {
    fn new(kafka: &KafkaConfig) -> Result<Self, BusError> {
        let mut config = kafka.client();
        // No member of any group and no commit; the library wants a name.
        config
            .set("group.id", "nova-health")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "100");
        let consumer = kafka
            .finish(config)
            .create_with_context(Logged)
            .map_err(BusError::Config)?;
        Ok(Self {
            producer: Producer::new(kafka)?,
            consumer,
            topic: kafka.topic(&kafka.health_topic),
        })
    }

    /// Asks the broker for nothing until the next time: whoever is assigned a partition asks without end.
    fn rest(&self) {
        if let Err(error) = self.consumer.unassign() {
            tracing::debug!(%error, "a probe keeps its partition");
        }
    }

    /// Where the message went.
    async fn publish(&self) -> Result<(i32, i64), BusError> {
        let sent = self
            .producer
            .produce(&self.topic, None, Some(b"probe"), &[]);
        let sent = sent.await?;
        Ok((sent.partition, sent.offset))
    }

    /// Reads what is there.
    async fn read(&self, partition: i32, offset: i64) -> Result<(), BusError> {
        let failed = |source| BusError::Consume {
            topic: self.topic.clone(),
            source,
        };
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(&self.topic, partition, Offset::Offset(offset))
            .map_err(failed)?;
        self.consumer.assign(&list).map_err(failed)?;
        loop {
            match self.consumer.recv().await {
                Ok(_) => return Ok(()),
                // A broker that restarts is seen by the time that it takes.
                Err(KafkaError::MessageConsumptionFatal(code)) => {
                    return Err(failed(KafkaError::MessageConsumptionFatal(code)));
                }
                Err(_) => {}
            }
        }
    }
}
