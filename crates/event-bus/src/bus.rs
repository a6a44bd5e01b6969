//! What a service runs to publish and to consume, in one value.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use nova_resilience::Health;
use tokio_util::sync::CancellationToken;

use crate::config::KafkaConfig;
use crate::consumer::Consumer;
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

/// Something that runs until its token is cancelled.
pub struct Part {
    /// What it is, for people.
    pub name: &'static str,
    /// How it is.
    pub healths: Vec<Health>,
    /// Runs it; it ends soon after the token is cancelled, and not earlier.
    pub run: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>,
}

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

    /// What there is to run.
    #[must_use]
    pub fn parts(self) -> Vec<Part> {
        let relay = Relay::new(self.service, self.tables, &self.kafka);
        let probe = Probe::new(self.service, &self.kafka);
        let mut parts = vec![
            Part {
                name: "relay",
                healths: relay.health(),
                run: Box::new(|stop| relay.run(stop).boxed()),
            },
            Part {
                name: "probe",
                healths: probe.health(),
                run: Box::new(|stop| probe.run(stop).boxed()),
            },
        ];
        parts.extend(self.consumer.map(|consumer| Part {
            name: "consumer",
            healths: consumer.health(),
            run: Box::new(|stop| consumer.run(stop).boxed()),
        }));
        parts
    }
}
