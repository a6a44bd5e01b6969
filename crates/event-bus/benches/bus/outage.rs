//! What handlers depend on goes away for a minute, under load, and comes back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nova_event_bus::{Consumer, Producer, Record, Router, Topic, create_topics, list_dead_letters};
use nova_resilience::{Code, Fault};
use nova_testkit::Stack;
use nova_testkit::bench::{Row, grouped};
use tokio_util::sync::CancellationToken;

const TOPIC: Topic = Topic::new("outage-records", 8);
const KEYS: usize = 1_000;
const PER_SECOND: usize = 5_000;
/// Before the outage, and after it.
const AROUND: Duration = Duration::from_secs(5);
/// Caught up within so many times the outage.
const GOAL: f64 = 2.0;

/// What handlers depend on, and what they have done.
#[derive(Default)]
struct Dependency {
    is_away: AtomicBool,
    handled: AtomicUsize,
    tries: AtomicUsize,
    /// The last number of each key, and how often one came after a later one.
    last: Mutex<(HashMap<Vec<u8>, usize>, usize)>,
}

#[derive(Debug, thiserror::Error)]
#[error("the dependency is away")]
struct Away;

impl Fault for Away {
    fn code(&self) -> Code {
        Code::Unavailable
    }
}

async fn handle(dependency: &Arc<Dependency>, record: &Record) -> Result<(), Away> {
    dependency.tries.fetch_add(1, Ordering::Relaxed);
    if dependency.is_away.load(Ordering::Relaxed) {
        return Err(Away);
    }
    let number = std::str::from_utf8(record.payload().unwrap_or_default());
    let number: usize = number.ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let key = record.key().unwrap_or_default().to_vec();
    let mut last = dependency
        .last
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let before = last.0.insert(key, number);
    last.1 += usize::from(before.is_some_and(|before| before > number));
    dependency.handled.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Publishes at a steady rate until told to stop; gives how many it were.
async fn publish(producer: Producer, topic: String, stop: CancellationToken) -> usize {
    let began = Instant::now();
    let mut sent = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let due = began.elapsed().as_millis() as usize * PER_SECOND / 1_000;
        let batch = (sent..due).map(|number| {
            let (producer, topic) = (producer.clone(), topic.clone());
            async move {
                let (key, payload) = ((number % KEYS).to_string(), number.to_string());
                let sent =
                    producer.produce(&topic, Some(key.as_bytes()), Some(payload.as_bytes()), &[]);
                sent.await.is_ok()
            }
        });
        futures::future::join_all(batch).await;
        sent = sent.max(due);
    }
    sent
}

pub(super) async fn measure(outage: Duration) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack
        .create_database("outage", nova_event_bus::SCHEMA)
        .await;
    create_topics(&stack.kafka, &[TOPIC], 1).await?;
    let dependency = Arc::new(Dependency::default());
    let router = Router::new("outage", Arc::clone(&dependency)).records(TOPIC.name, handle);
    let stop = CancellationToken::new();
    let consumer = Consumer::new(&stack.kafka, pool.clone(), router);
    let consuming = tokio::spawn(consumer.run(stop.clone()));
    let published = CancellationToken::new();
    let producer = Producer::new(&stack.kafka)?;
    let topic = stack.kafka.topic(TOPIC.name);
    let publishing = tokio::spawn(publish(producer, topic, published.clone()));

    tokio::time::sleep(AROUND).await;
    dependency.is_away.store(true, Ordering::Relaxed);
    let tries = dependency.tries.load(Ordering::Relaxed);
    tokio::time::sleep(outage).await;
    let tries = dependency.tries.load(Ordering::Relaxed) - tries;
    let parked = list_dead_letters(&pool, 100_000).await?.len();
    dependency.is_away.store(false, Ordering::Relaxed);
    let back = Instant::now();
    tokio::time::sleep(AROUND).await;
    published.cancel();
    let sent = publishing.await?;
    while dependency.handled.load(Ordering::Relaxed) < sent && back.elapsed() < outage * 10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = back.elapsed();
    let handled = dependency.handled.load(Ordering::Relaxed);
    let misordered = dependency
        .last
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .1;
    let left = list_dead_letters(&pool, 100_000).await?.len();
    stop.cancel();
    consuming.await?;
    let ratio = took.as_secs_f64() / outage.as_secs_f64();
    let row = Row {
        what: format!(
            "a dependency away for {} s at {} events/s, {} keys",
            outage.as_secs(),
            grouped(PER_SECOND as f64),
            grouped(KEYS as f64)
        ),
        measured: format!(
            "{} of {} handled {:.1} s after it was back ({:.1} s of them still publishing); {tries} tries \
             meanwhile; parked {parked}, left in the end {left}; misordered {misordered}",
            grouped(handled as f64),
            grouped(sent as f64),
            took.as_secs_f64(),
            AROUND.as_secs_f64(),
        ),
        limit: format!("the outage: {} s", outage.as_secs()),
        ratio: format!("{ratio:.2}"),
        goal: format!("≤ {GOAL}, nothing left, in order"),
        met: Some(ratio <= GOAL && handled >= sent && left == 0 && misordered == 0),
    };
    println!("{row}");
    stack.finish().await;
    Ok(())
}
