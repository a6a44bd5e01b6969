//! The whole of the bus in one small program: it publishes an event in a transaction, handles it, publishes
//! another one from there, and ends when that one has come back.
//!
//! `nova servers -- cargo run -p nova-event-bus --example greeter`

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::sync::Arc;

use anyhow::Context;
use nova_event_bus::{
    Consumer, Delivery, KafkaConfig, Outbox, OutboxError, Relay, Router, SCHEMA, create_topics,
};
use nova_proto::catalogue::TOPICS;
use nova_proto::content::v1::PostCreated;
use nova_proto::feed::v1::FeedUpdated;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

struct Greeter {
    outbox: Outbox,
    done: Arc<Notify>,
}

/// Runs once per event: what it writes commits together with the inbox.
async fn greet(
    greeter: &Greeter,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), OutboxError> {
    println!("{} posted {:?}", post.user_id, post.content);
    let event = FeedUpdated {
        user_id: post.user_id.clone(),
        ..Default::default()
    };
    greeter.outbox.append(tx, &event).await?;
    Ok(())
}

/// Runs at least once: caches, sockets, whatever is idempotent by itself.
async fn announce(greeter: &Greeter, feed: &Delivery<FeedUpdated>) -> Result<(), OutboxError> {
    println!("the feed of {} changed", feed.user_id);
    greeter.done.notify_one();
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let kafka = own_topics().await?;
    let pool = own_database().await?;
    let (outbox, done) = (Outbox::new("greeter"), Arc::new(Notify::new()));
    let router = Router::new(
        "greeter",
        Greeter {
            outbox,
            done: Arc::clone(&done),
        },
    )
    .once::<PostCreated>(greet)
    .at_least_once::<FeedUpdated>(announce);
    let stop = CancellationToken::new();
    let consumer = tokio::spawn(Consumer::new(&kafka, pool.clone(), router).run(stop.clone()));
    let relay = tokio::spawn(Relay::new("greeter", pool.clone(), &kafka).run(stop.clone()));

    let mut tx = pool.begin().await?;
    let post = PostCreated {
        user_id: "ada".into(),
        content: "hello".into(),
        ..Default::default()
    };
    outbox.append(&mut tx, &post).await?;
    tx.commit().await?;

    done.notified().await;
    stop.cancel();
    consumer.await?;
    relay.await?;
    Ok(())
}

/// Topics that no other run has seen.
async fn own_topics() -> anyhow::Result<KafkaConfig> {
    let mut kafka = KafkaConfig::new(variable("NOVA_TEST_KAFKA")?);
    kafka.topic_prefix = format!("greeter.{}.", uuid::Uuid::now_v7().simple());
    create_topics(&kafka, TOPICS, 1).await?;
    Ok(kafka)
}

/// A database that no other run has seen.
async fn own_database() -> anyhow::Result<PgPool> {
    let url = variable("NOVA_TEST_POSTGRES")?;
    let (server, _) = url
        .rsplit_once('/')
        .context("NOVA_TEST_POSTGRES names no database")?;
    let name = format!("greeter_{}", uuid::Uuid::now_v7().simple());
    let mut maintenance = PgConnection::connect(&format!("{server}/postgres")).await?;
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut maintenance)
        .await?;
    let pool = PgPool::connect(&format!("{server}/{name}")).await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    Ok(pool)
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name)
        .with_context(|| format!("{name} is not set: run it under `nova servers --`"))
}
