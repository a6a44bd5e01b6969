//! What a service runs to publish and to consume, in one value.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use nova_resilience::Health;
use tokio_util::sync::CancellationToken;

use crate::config::KafkaConfig;
use crate::consumer::Consumer;
use crate::consumer::standing::Standings;
use crate::options::ConsumerOptions;
use crate::probe::Probe;
use crate::relay::Relay;
use crate::router::Router;
use crate::tables::Tables;

/// A relay and a probe, and a consumer where there is one: each is a [`Part`] for whatever runs the process.
pub struct Bus {
    service: &'static str,
    kafka: KafkaConfig,
    tables: Tables,
    consumer: Option<Consumer>,
}

/// Something that runs until its token is cancelled: its name, how it is, and what runs it.
pub type Part = (&'static str, Vec<Health>, Run);

/// Runs a [`Part`]; ends soon after the token is cancelled, and not earlier.
pub type Run = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>;

impl Bus {
    /// Publishes what the service of that name appends to the outbox of these tables.
    #[must_use]
    pub fn new(service: &'static str, kafka: &KafkaConfig, tables: impl Into<Tables>) -> Self {
        Self {
            service,
            kafka: kafka.clone(),
            tables: tables.into(),
            consumer: None,
        }
    }

    /// Also consumes what the router lists.
    #[must_use]
    pub fn consume<S>(mut self, router: Router<S>, options: ConsumerOptions) -> Self
    where
        S: Send + Sync + 'static,
    {
        let consumer = Consumer::new(&self.kafka, self.tables.clone(), router);
        self.consumer = Some(consumer.options(options));
        self
    }

    /// How each partition stands that is assigned to the consumer, where there is one.
    #[must_use]
    pub fn standings(&self) -> Option<Standings> {
        Some(self.consumer.as_ref()?.standings())
    }

    /// What there is to run.
    #[must_use]
    pub fn parts(self) -> Vec<Part> {
        let relay = Relay::new(self.service, self.tables, &self.kafka);
        let probe = Probe::new(self.service, &self.kafka);
        let mut parts: Vec<Part> = vec![
            (
                "relay",
                relay.health(),
                Box::new(|stop| relay.run(stop).boxed()),
            ),
            (
                "probe",
                probe.health(),
                Box::new(|stop| probe.run(stop).boxed()),
            ),
        ];
        if let Some(consumer) = self.consumer {
            let health = consumer.health();
            parts.push((
                "consumer",
                health,
                Box::new(|stop| consumer.run(stop).boxed()),
            ));
        }
        parts
    }
}
