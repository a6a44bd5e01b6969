//! What happened to others, and must not happen here: each test is named after it and says where it was.
//!
//! JasperFx/wolverine #3680 is in [`crate::breaker`]; those of the outbox are with the outbox.

mod letters;
mod members;
mod standing;

use nova_event_bus::{GroupProtocol, KafkaConfig, lag};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_testkit::{Stack, eventually, within};
use sqlx::PgPool;

use crate::counters;
use crate::door::Door;
use crate::recorder::database;

/// A stack with its database, a door, and a way to Kafka under a protocol.
struct Scene {
    stack: Stack,
    pool: PgPool,
    kafka: KafkaConfig,
    door: Door,
}

impl Scene {
    async fn new(group_protocol: GroupProtocol) -> Self {
        counters::record();
        let stack = Stack::new().await;
        let pool = database(&stack).await;
        let kafka = KafkaConfig {
            group_protocol,
            ..stack.kafka.clone()
        };
        Self {
            stack,
            pool,
            kafka,
            door: Door::default(),
        }
    }

    /// Committed offsets of the partitions of which there are any.
    async fn committed(&self, group: &str) -> Vec<i64> {
        let lags = lag(&self.kafka, group, &[CONTENT_EVENTS]).await.unwrap();
        lags.iter().filter_map(|lag| lag.committed).collect()
    }

    /// Waits until the group has committed everything there is.
    async fn all_is_committed(&self, group: &str) {
        within(
            std::time::Duration::from_secs(60),
            "everything is committed",
            async || {
                let lags = lag(&self.kafka, group, &[CONTENT_EVENTS]).await.unwrap();
                let behind: i64 = lags.iter().map(|lag| lag.lag).sum();
                if !lags.is_empty() && behind == 0 {
                    Ok(())
                } else {
                    Err(lags)
                }
            },
        )
        .await;
    }

    /// Waits until there were so many runs.
    async fn runs(&self, count: usize) {
        eventually(&format!("there were {count} runs"), async || {
            let runs = self.door.runs().len();
            if runs >= count { Ok(()) } else { Err(runs) }
        })
        .await;
    }
}
