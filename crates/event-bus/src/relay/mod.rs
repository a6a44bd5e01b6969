//! From the outbox to Kafka: one relay per service is active, the others stand by.

mod attention;
mod gaps;
mod kafka;
mod leader;
mod postgres;
mod publish;
mod reader;
mod rfc3339;
mod rows;
mod runs;
#[cfg(test)]
pub(crate) mod simulation;
pub(crate) mod status;

use std::time::Duration;

use nova_resilience::{Backoff, Chain, Fault, Health};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;

use self::kafka::Kafka;
use self::leader::Leader;
use self::postgres::Postgres;
use crate::config::KafkaConfig;
use crate::error::BusError;
use crate::metrics;
use crate::tables::{Tables, within};

/// Advisory lock that the active relay holds for as long as its connection lives.
pub(crate) const LEADER_LOCK: i64 = 0x6e6f_7661_0001;
/// How often a standby looks whether it is needed.
const STANDBY: Duration = Duration::from_millis(250);
/// How long a stopping relay waits for acknowledgements.
const GRACE: Duration = Duration::from_secs(3);

/// Sends a service's outbox to Kafka, in order per key, for as long as it runs.
pub struct Relay {
    service: &'static str,
    tables: Tables,
    kafka: KafkaConfig,
    outbox_health: Health,
}

impl Relay {
    /// A relay for the outbox in these tables: those of a pool, or of a schema of their own (see
    /// [`Tables`]).
    #[must_use]
    pub fn new(service: &'static str, tables: impl Into<Tables>, kafka: &KafkaConfig) -> Self {
        metrics::describe();
        Self {
            service,
            tables: tables.into(),
            kafka: kafka.clone(),
            outbox_health: Health::optional(&format!("{service}.outbox")),
        }
    }

    /// Whether the outbox is being emptied. Optional: requests are served without that, and the outbox
    /// keeps what is to be published.
    #[must_use]
    pub fn health(&self) -> Vec<Health> {
        vec![self.outbox_health.clone()]
    }

    /// Runs until `stop`, and then a moment longer to see off what is on its way. Whatever fails is
    /// tried again with backoff.
    pub async fn run(self, stop: CancellationToken) {
        // There before there is anything to count.
        metrics::relayed(self.service, 0);
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = self.relay(&stop) => {}
            () = too_late => {}
        }
        metrics::relay_active(self.service, false);
    }

    async fn relay(&self, stop: &CancellationToken) {
        let backoff = Backoff::standard();
        let mut failures = 0;
        let mut standby = Standby::default();
        while !stop.is_cancelled() {
            let wait = match self.lead(&mut standby, stop).await {
                Ok(()) => {
                    failures = 0;
                    STANDBY
                }
                Err(error) => {
                    failures += 1;
                    standby.connection = None;
                    metrics::relay_active(self.service, false);
                    self.outbox_health.down(Chain(&error).to_string());
                    tracing::warn!(
                        service = self.service,
                        code = error.code().as_str(),
                        failures,
                        "the outbox relay begins again: {}",
                        Chain(&error)
                    );
                    backoff.wait(failures)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Relays until something fails or `stop`; returns at once when another process is the active one.
    async fn lead(&self, standby: &mut Standby, stop: &CancellationToken) -> Result<(), BusError> {
        // A producer takes a second to be ready, so it is made before it is needed, and kept.
        if !standby.publish.as_ref().is_some_and(Kafka::is_as_new) {
            standby.publish = Some(Kafka::new(&self.kafka)?);
        }
        let Some(publish) = &mut standby.publish else {
            return Ok(());
        };
        let mut connection = match standby.connection.take() {
            Some(connection) => connection,
            None => postgres::connect(&self.tables).await?,
        };
        let active = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(self.tables.schema.lock(LEADER_LOCK))
            .fetch_one(&mut connection);
        let active: bool = within(self.tables.deadline, active).await?;
        if !active {
            self.outbox_health.up();
            // Another one measures.
            metrics::outbox_age(self.service, 0.0);
            standby.connection = Some(connection);
            return Ok(());
        }
        metrics::relay_active(self.service, true);
        let rows = Postgres::new(&self.tables, connection).await?;
        Leader::new(self.service, &self.outbox_health, rows, publish)
            .run(stop)
            .await
    }
}

/// What a relay in waiting has ready.
#[derive(Default)]
struct Standby {
    /// Lock, reads and deletes share one connection: who loses it has lost the lock as well, and can no
    /// longer delete what the next relay sends. It comes from no pool: a pool would wait for a server that
    /// says nothing when it is given back.
    connection: Option<PgConnection>,
    publish: Option<Kafka>,
}
