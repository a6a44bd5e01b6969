//! Records of a thousand keys on eight partitions, through handlers that wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_event_bus::{
    Consumer, ConsumerOptions, KafkaConfig, Record, Router, Topic, create_topics,
};
use nova_resilience::{Code, Fault};
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bare::Reads;
use super::wait::Clock;
use super::{Extent, bare, rival};

const KEYS: usize = 1_000;
pub(super) const TOPIC: Topic = Topic::new("keyed-records", 8);
/// Bytes of a record, as the rival's own table has it.
pub(super) const SIZE: usize = 100;
const PATIENCE: Duration = Duration::from_secs(300);
const GOAL_BARE: f64 = 0.8;
const GOAL_CEILING: f64 = 0.9;
/// As the last, when a handler waits for 1 ms only.
const GOAL_SHORT: f64 = 0.8;
const GOAL_POISONED: f64 = 0.95;
/// So many times as fast as the rival, at 10 ms; ahead of it elsewhere.
const GOAL_RIVAL: f64 = 2.5;
/// One key in so many fails for good.
const POISONED: usize = 100;

/// What the handler of one run sees and does.
struct Run {
    wanted: usize,
    seen: AtomicUsize,
    first: OnceLock<Instant>,
    last: OnceLock<Instant>,
    is_complete: Notify,
    clock: Option<Clock>,
    poisoned: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("a poisoned key")]
struct Poisoned;

impl Fault for Poisoned {
    fn code(&self) -> Code {
        Code::Invalid
    }
}

async fn handle(run: &Arc<Run>, record: &Record) -> Result<(), Poisoned> {
    if run.poisoned && is_poisoned(record) {
        return Err(Poisoned);
    }
    if run.first.get().is_none() {
        run.first.get_or_init(Instant::now);
    }
    if let Some(clock) = &run.clock {
        clock.wait().await;
    }
    if run.seen.fetch_add(1, Ordering::Relaxed) + 1 == run.wanted {
        run.last.get_or_init(Instant::now);
        run.is_complete.notify_one();
    }
    Ok(())
}

fn is_poisoned(record: &Record) -> bool {
    number_of(record).is_some_and(|key| key % POISONED == POISONED / 2)
}

fn number_of(record: &Record) -> Option<usize> {
    std::str::from_utf8(record.key()?).ok()?.parse().ok()
}

pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack.create_database("keyed", nova_event_bus::SCHEMA).await;
    create_topics(&stack.kafka, &[TOPIC], 1).await?;
    let topic = stack.kafka.topic(TOPIC.name);
    fill(&stack.kafka, &topic, extent.events, KEYS).await?;
    for (wait, events) in [
        (0, extent.events),
        (1, extent.events),
        (10, extent.events.min(300_000)),
        (100, extent.events.min(40_000)),
    ] {
        let case = Case {
            stack: &stack,
            pool: &pool,
            topic: &topic,
            wait: Duration::from_millis(wait),
            events,
            all: extent.events,
        };
        case.measure(extent.rounds).await?;
    }
    stack.finish().await;
    Ok(())
}

pub(super) async fn fill(
    kafka: &KafkaConfig,
    topic: &str,
    events: usize,
    keys: usize,
) -> anyhow::Result<()> {
    let (kafka, topic) = (kafka.clone(), topic.to_owned());
    let filled = tokio::task::spawn_blocking(move || {
        bare::fill(
            &kafka,
            &topic,
            (0..events).map(|at| (at % keys).to_string()),
            SIZE,
        )
    });
    filled.await?
}

/// One length of waiting.
struct Case<'a> {
    stack: &'a Stack,
    pool: &'a PgPool,
    topic: &'a str,
    wait: Duration,
    events: usize,
    /// Records on the topic.
    all: usize,
}

impl Case<'_> {
    async fn measure(&self, rounds: usize) -> anyhow::Result<()> {
        let [mut nova, mut bare, mut poisoned, mut rivals] = [(); 4].map(|()| Rounds::default());
        for round in 1..=rounds {
            nova.push(self.nova(&format!("{round}"), false).await?);
            poisoned.push(self.nova(&format!("p{round}"), true).await?);
            bare.push(self.bare(round).await?);
            if let Some(rival) = self.rival().await? {
                rivals.push(rival);
            }
            println!(
                "{} ms, round {round}: nova {}, with poison {}, bare loop {}, parallel-consumer {}",
                self.wait.as_millis(),
                nova,
                poisoned,
                bare,
                rivals
            );
        }
        self.print(&nova, &bare, &poisoned, &rivals);
        Ok(())
    }

    fn what(&self) -> String {
        format!(
            "{} records of {SIZE} bytes, {KEYS} keys, {} partitions, {}",
            grouped(self.events as f64),
            TOPIC.partitions,
            match self.wait.as_millis() {
                0 => "a handler that does nothing".to_owned(),
                wait => format!("a handler that waits {wait} ms"),
            }
        )
    }

    fn print(&self, nova: &Rounds, bare: &Rounds, poisoned: &Rounds, rivals: &Rounds) {
        let ceiling = KEYS as f64 / self.wait.as_secs_f64();
        let limit = bare.median().min(ceiling);
        let ratio = nova.median() / limit;
        let goal = match self.wait.as_millis() {
            0 => GOAL_BARE,
            1 => GOAL_SHORT,
            _ => GOAL_CEILING,
        };
        let of = if self.wait.is_zero() {
            format!("bare `StreamConsumer` loop: {bare}")
        } else {
            format!(
                "keys ÷ time: {} /s; bare `StreamConsumer` loop: {bare}",
                grouped(ceiling)
            )
        };
        self.row(nova, of, ratio, goal, "consumer");
        let ratio = poisoned.median() / nova.median();
        let of = format!("itself without poison: {nova}");
        let what = "consumer, one key in a hundred poisoned";
        self.row(poisoned, of, ratio, GOAL_POISONED, what);
        if rivals.median() > 0.0 {
            let goal = if self.wait.as_millis() == 10 {
                GOAL_RIVAL
            } else {
                1.0
            };
            let ratio = nova.median() / rivals.median();
            let of = format!("Confluent parallel-consumer: {rivals}");
            self.row(nova, of, ratio, goal, "consumer beside its rival");
        }
    }

    fn row(&self, measured: &Rounds, limit: String, ratio: f64, goal: f64, what: &str) {
        let row = Row {
            what: format!("{what}: {}", self.what()),
            measured: format!("{measured}"),
            limit,
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {goal}"),
            met: Some(ratio >= goal),
        };
        println!("{row}");
    }

    async fn nova(&self, name: &str, poisoned: bool) -> anyhow::Result<f64> {
        // Of a poisoned key nothing is counted.
        let healthy = |events: usize| events - events / POISONED;
        let wanted = if poisoned {
            healthy(self.all)
        } else {
            self.all
        };
        let run = Arc::new(Run {
            wanted: wanted.min(if poisoned {
                healthy(self.events)
            } else {
                self.events
            }),
            seen: AtomicUsize::new(0),
            first: OnceLock::new(),
            last: OnceLock::new(),
            is_complete: Notify::new(),
            clock: (!self.wait.is_zero()).then(|| Clock::of(self.wait)),
            poisoned,
        });
        // A service's group has a name for life; so have the few of this process.
        let group: &'static str = format!("nova{}x{name}", self.wait.as_millis()).leak();
        let router = Router::new(group, Arc::clone(&run)).records(TOPIC.name, handle);
        let stop = CancellationToken::new();
        let options = ConsumerOptions {
            concurrency: 2 * KEYS,
            in_flight: 20_000,
            ..ConsumerOptions::default()
        };
        let consumer = Consumer::new(&self.stack.kafka, self.pool.clone(), router).options(options);
        let consuming = tokio::spawn(consumer.run(stop.clone()));
        tokio::time::timeout(PATIENCE, run.is_complete.notified())
            .await
            .with_context(|| {
                let seen = run.seen.load(Ordering::Relaxed);
                format!("{seen} of {} were handled within {PATIENCE:?}", run.wanted)
            })?;
        stop.cancel();
        consuming.await?;
        let (first, last) = run
            .first
            .get()
            .zip(run.last.get())
            .context("nothing was seen")?;
        Ok((run.wanted - 1) as f64 / (*last - *first).as_secs_f64())
    }

    async fn bare(&self, round: usize) -> anyhow::Result<f64> {
        let group = format!("bare{}x{round}", self.wait.as_millis());
        let took = bare::consume(
            &self.stack.kafka,
            &group,
            self.topic,
            self.events,
            Reads::Nothing,
        )
        .await?;
        Ok((self.events - 1) as f64 / took.as_secs_f64())
    }

    async fn rival(&self) -> anyhow::Result<Option<f64>> {
        let brokers = &self.stack.kafka.brokers;
        // It needs a while to warm up, and has a minute at most.
        rival::parallel_consumer(brokers, self.topic, self.events, self.wait, KEYS).await
    }
}
