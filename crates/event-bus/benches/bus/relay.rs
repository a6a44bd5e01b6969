//! From a full outbox to Kafka.

use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_event_bus::{KafkaConfig, Relay, Topic, create_topics};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use super::events::{Message, Posts};
use super::{Extent, bare, database};

const GOAL: f64 = 0.65;
const TOPICS: &[Topic] = &[CONTENT_EVENTS];
/// The lock of who leads, `relay/mod.rs`.
const LEADER_LOCK: i64 = 0x6e6f_7661_0001;
/// More than a relay needs to connect, and its producer to get its id.
const GETTING_READY: Duration = Duration::from_secs(3);

/// The limits have their connections before the clock starts. So has the relay: it waits for a lead that
/// becomes free then.
pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack.create_database("relay", nova_event_bus::SCHEMA).await;
    let mut posts = Posts::new();
    let events: Vec<_> = (0..extent.events).map(|_| posts.post()).collect();
    let per_second = |took: Duration| extent.events as f64 / took.as_secs_f64();
    let [mut relay, mut producer, mut returning, mut relays_form] =
        [(); 4].map(|()| Rounds::default());
    // A broker that has just started is slow at first.
    let topic = new_topic(&stack.kafka, "warm.").await?;
    produce(topic, events.iter().map(Message::of).collect()).await?;
    database::keep(&pool, &events).await?;
    for round in 1..=extent.rounds {
        database::fill(&pool).await?;
        let first = per_second(database::delete_returning(&pool).await?);
        database::fill(&pool).await?;
        let second = per_second(database::read_and_delete(&pool).await?);
        let topic = new_topic(&stack.kafka, &format!("bare{round}.")).await?;
        let messages: Vec<Message> = events.iter().map(Message::of).collect();
        let third = per_second(produce(topic, messages).await?);
        database::fill(&pool).await?;
        let topic = new_topic(&stack.kafka, &format!("relay{round}.")).await?;
        let fourth = per_second(empty(&pool, &topic, extent.events).await?);
        println!(
            "relay, round {round}: Postgres alone {} /s (DELETE … RETURNING) and {} /s (the relay's \
             way), librdkafka alone {} /s, relay {} /s",
            grouped(first),
            grouped(second),
            grouped(third),
            grouped(fourth)
        );
        returning.push(first);
        relays_form.push(second);
        producer.push(third);
        relay.push(fourth);
    }
    println!(
        "{}",
        row(extent, &relay, &producer, &returning, &relays_form)
    );
    stack.finish().await;
    Ok(())
}

fn row(
    extent: Extent,
    relay: &Rounds,
    producer: &Rounds,
    returning: &Rounds,
    relays_form: &Rounds,
) -> Row {
    let (database, how) = if returning.median() > relays_form.median() {
        (returning, "`DELETE … RETURNING`")
    } else {
        (relays_form, "the relay's way")
    };
    let ratio = relay.median() / database.median().min(producer.median());
    Row {
        what: format!(
            "relay: {} outbox rows of as many transactions to Kafka",
            grouped(extent.events as f64)
        ),
        measured: format!("{relay}"),
        limit: format!(
            "Postgres alone, 2,000 rows at a time with {how}: {database}; librdkafka alone: {producer}"
        ),
        ratio: format!("{ratio:.2} of the lower"),
        goal: format!("≥ {GOAL}"),
        met: Some(ratio >= GOAL),
    }
}

/// A connection that has the lead, as one has it that relays for another process.
async fn former_leader(pool: &PgPool) -> anyhow::Result<PgConnection> {
    let mut connection = pool.acquire().await?.detach();
    let leads: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LEADER_LOCK)
        .fetch_one(&mut connection)
        .await?;
    ensure!(leads, "something else relays");
    Ok(connection)
}

/// The same cluster with another prefix, and the topic of posts there.
pub(super) async fn new_topic(kafka: &KafkaConfig, prefix: &str) -> anyhow::Result<KafkaConfig> {
    let mut kafka = kafka.clone();
    kafka.topic_prefix.push_str(prefix);
    create_topics(&kafka, TOPICS, 1).await?;
    Ok(kafka)
}

async fn produce(kafka: KafkaConfig, messages: Vec<Message>) -> anyhow::Result<Duration> {
    let topic = kafka.topic(CONTENT_EVENTS.name);
    let produced =
        tokio::task::spawn_blocking(move || bare::produce(&kafka, &topic, messages.iter()));
    produced.await?
}

/// Lets a relay in waiting take over, and waits until the last row is gone.
pub(super) async fn empty(
    pool: &PgPool,
    kafka: &KafkaConfig,
    events: usize,
) -> anyhow::Result<Duration> {
    let last = database::last(pool).await?;
    let stop = CancellationToken::new();
    let before = former_leader(pool).await?;
    let relay = Relay::new("content", pool.clone(), kafka);
    let relaying = tokio::spawn(relay.run(stop.clone()));
    // It says nothing of how far it is with its connections.
    tokio::time::sleep(GETTING_READY).await;
    let began = Instant::now();
    before.close().await?;
    database::wait_until_gone(pool, last).await?;
    let took = began.elapsed();
    stop.cancel();
    relaying.await?;
    let left = database::count(pool).await?;
    ensure!(left == 0, "{left} rows are left in the outbox");
    let kafka = kafka.clone();
    let topic = kafka.topic(CONTENT_EVENTS.name);
    let published = tokio::task::spawn_blocking(move || bare::count(&kafka, &topic)).await??;
    ensure!(
        published == events,
        "{published} of {events} events are on the topic"
    );
    Ok(took)
}
