//! From Kafka to a handler that does nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_event_bus::{Consumer, Delivery, KafkaConfig, OutboxError, Router};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_proto::content::v1::PostCreated;
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bare::Reads;
use super::events::{Message, PAYLOAD, Posts};
use super::{Extent, bare};

const GOAL: f64 = 0.6;
const PATIENCE: Duration = Duration::from_secs(300);

/// Both read the same topic from its beginning, in turns. The clock runs from the first event to the
/// last: joining a group takes either as long.
pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack
        .create_database("consumer", nova_event_bus::SCHEMA)
        .await;
    let topic = stack.kafka.topic(CONTENT_EVENTS.name);
    fill(&stack.kafka, &topic, extent.events).await?;
    let per_second = |took: Duration| (extent.events - 1) as f64 / took.as_secs_f64();
    let (mut nova, mut bare) = (Rounds::default(), Rounds::default());
    for round in 1..=extent.rounds {
        let first = consume(&stack.kafka, &pool, round, extent.events).await?;
        let group = format!("bare{round}");
        let second =
            bare::consume(&stack.kafka, &group, &topic, extent.events, Reads::Headers).await?;
        let (first, second) = (per_second(first), per_second(second));
        println!(
            "consumer, round {round}: nova {} /s, bare StreamConsumer that reads the headers {} /s",
            grouped(first),
            grouped(second)
        );
        nova.push(first);
        bare.push(second);
    }
    let ratio = nova.median() / bare.median();
    let row = Row {
        what: format!(
            "consumer: {} events of {PAYLOAD} bytes with ten headers on {} partitions, a handler that does nothing",
            grouped(extent.events as f64),
            CONTENT_EVENTS.partitions
        ),
        measured: format!("{nova}"),
        limit: format!("bare `StreamConsumer` loop that reads the same headers: {bare}"),
        ratio: format!("{ratio:.2}"),
        goal: format!("≥ {GOAL}"),
        met: Some(ratio >= GOAL),
    };
    println!("{row}");
    stack.finish().await;
    Ok(())
}

async fn fill(kafka: &KafkaConfig, topic: &str, events: usize) -> anyhow::Result<()> {
    let (kafka, topic) = (kafka.clone(), topic.to_owned());
    let filled = tokio::task::spawn_blocking(move || {
        let mut posts = Posts::new();
        let messages = (0..events).map(|_| Message::of(&posts.post()));
        bare::produce(&kafka, &topic, messages)
    });
    filled.await??;
    Ok(())
}

/// What the handler sees.
struct Count {
    wanted: usize,
    seen: AtomicUsize,
    first: OnceLock<Instant>,
    last: OnceLock<Instant>,
    is_complete: Notify,
}

async fn count(count: &Arc<Count>, _: &Delivery<PostCreated>) -> Result<(), OutboxError> {
    let seen = count.seen.fetch_add(1, Ordering::Relaxed) + 1;
    if seen == 1 {
        count.first.get_or_init(Instant::now);
    }
    if seen == count.wanted {
        count.last.get_or_init(Instant::now);
        count.is_complete.notify_one();
    }
    Ok(())
}

async fn consume(
    kafka: &KafkaConfig,
    pool: &PgPool,
    round: usize,
    events: usize,
) -> anyhow::Result<Duration> {
    let state = Arc::new(Count {
        wanted: events,
        seen: AtomicUsize::new(0),
        first: OnceLock::new(),
        last: OnceLock::new(),
        is_complete: Notify::new(),
    });
    // A service's group has a name for life; so have the few of this process.
    let group: &'static str = format!("nova{round}").leak();
    let router = Router::new(group, Arc::clone(&state)).at_least_once::<PostCreated>(count);
    let stop = CancellationToken::new();
    let consumer = Consumer::new(kafka, pool.clone(), router);
    let consuming = tokio::spawn(consumer.run(stop.clone()));
    tokio::time::timeout(PATIENCE, state.is_complete.notified())
        .await
        .with_context(|| {
            let seen = state.seen.load(Ordering::Relaxed);
            format!("the consumer saw {seen} of {events} events within {PATIENCE:?}")
        })?;
    stop.cancel();
    consuming.await?;
    let (first, last) = (state.first.get(), state.last.get());
    let (first, last) = first.zip(last).context("no event was seen")?;
    Ok(*last - *first)
}
