//! A Postgres, or the way to it, that falls silent.

use std::time::Duration;

use nova_event_bus::{Relay, Tables, outbox_status};
use nova_resilience::{Condition, Health};
use nova_testkit::{Proxy, Stack, eventually, within};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::{append, contents, emptied, published, relay, rows, stopped};
use crate::counters;
use crate::recorder::database;

/// Nothing of the machine's own load makes a statement take as long, and no test waits long for it.
const DEADLINE: Duration = Duration::from_secs(3);
/// The server gives up a silent leader after 10 s, and a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(40);

async fn proxied(stack: &Stack) -> (Proxy, PgPool) {
    database(stack).await;
    let proxy = stack.proxy_postgres().await;
    let pool = stack.database_through(&proxy, "bus").await;
    (proxy, pool)
}

fn is_down(health: &[Health]) -> Result<(), Condition> {
    match health[0].condition().0 {
        Condition::Down(_) => Ok(()),
        other => Err(other),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_whose_postgres_falls_silent_says_so_and_another_leads() {
    let stack = Stack::new().await;
    let (proxy, far) = proxied(&stack).await;
    let pool = stack.database("bus").await;
    let stop = CancellationToken::new();
    let half_dead = Relay::new("test", Tables::from(&far).deadline(DEADLINE), &stack.kafka);
    let health = half_dead.health();
    let relaying = tokio::spawn(half_dead.run(stop.clone()));
    append(&pool, "a", "1").await;
    emptied(&pool).await;
    proxy.swallow();
    let standby = relay(&stack.kafka, &pool);
    eventually("the relay says that it cannot work", async || {
        is_down(&health)
    })
    .await;
    append(&pool, "a", "2").await;
    within(PATIENCE, "another one leads", async || {
        rows(&pool).await == 0
    })
    .await;
    proxy.pass();
    eventually("the relay works again", async || {
        health[0].condition().0 == Condition::Up
    })
    .await;
    stopped(standby).await;
    append(&pool, "a", "3").await;
    emptied(&pool).await;
    assert_eq!(contents(&published(&stack, 3).await, "a"), ["1", "2", "3"]);
    stop.cancel();
    relaying.await.unwrap();
    stack.finish().await;
}

/// A relay that has nothing to do, because Kafka is away, must not be taken for dead; and it goes on to say how
/// old its outbox is.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_without_kafka_keeps_the_lead_and_tells_the_age_of_its_outbox() {
    counters::record();
    let age = || {
        let ages = counters::values("nova_outbox_oldest_seconds", "aged");
        ages.last().copied().unwrap_or_default()
    };
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let mut nowhere = stack.kafka.clone();
    nowhere.brokers = "127.0.0.1:1".to_owned();
    append(&pool, "a", "waits").await;
    let stop = CancellationToken::new();
    let leader = tokio::spawn(Relay::new("aged", &pool, &nowhere).run(stop.clone()));
    let waits = async |least: f64| match age() {
        age if age >= least => Ok(()),
        age => Err(age),
    };
    within(PATIENCE, "the age is told", async || waits(0.001).await).await;
    let connection = async || {
        let holder = sqlx::query_scalar::<_, i32>(
            "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
             WHERE datname = current_database() AND locktype = 'advisory'",
        );
        holder.fetch_one(&pool).await.unwrap()
    };
    let before = connection().await;
    // Longer than the server lets a silent leader live.
    within(PATIENCE, "the age grows", async || waits(12.0).await).await;
    assert_eq!(connection().await, before);
    assert!(outbox_status(&pool).await.unwrap().is_relayed);
    stop.cancel();
    leader.await.unwrap();
    let stop = CancellationToken::new();
    let alive = tokio::spawn(Relay::new("aged", &pool, &stack.kafka).run(stop.clone()));
    emptied(&pool).await;
    within(PATIENCE, "an empty outbox has no age", async || {
        age() == 0.0
    })
    .await;
    stop.cancel();
    alive.await.unwrap();
    stack.finish().await;
}
