//! Many partitions and several members, against few partitions.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_event_bus::{
    Consumer, ConsumerOptions, OutboxError, Record, Router, Topic, create_topics,
};
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Extent;
use super::keyed::{SIZE, fill};
use super::memory::resident;

const FEW: Topic = Topic::new("few-partitions", 8);
const MANY: Topic = Topic::new("many-partitions", 100);
const MEMBERS: usize = 3;
const KEYS: usize = 10_000;
const GOAL: f64 = 0.9;
const PATIENCE: Duration = Duration::from_secs(300);
/// What a member may have in memory: events in flight, and twice what it fetches ahead (64 MiB).
const MEMBER: usize = (64 + 2 * 64) << 20;

/// What all members see.
struct Run {
    wanted: usize,
    /// Members that have seen nothing yet. When they all have, the partitions are shared out, and handlers begin.
    waiting: AtomicUsize,
    begins: CancellationToken,
    began: OnceLock<Instant>,
    seen: AtomicUsize,
    last: OnceLock<Instant>,
    is_complete: Notify,
}

impl Run {
    fn of(wanted: usize) -> Arc<Self> {
        Arc::new(Self {
            wanted,
            waiting: AtomicUsize::new(MEMBERS),
            begins: CancellationToken::new(),
            began: OnceLock::new(),
            seen: AtomicUsize::new(0),
            last: OnceLock::new(),
            is_complete: Notify::new(),
        })
    }
}

struct Member {
    run: Arc<Run>,
    has_seen: AtomicBool,
}

async fn handle(member: &Member, _: &Record) -> Result<(), OutboxError> {
    let run = &member.run;
    if !member.has_seen.load(Ordering::Relaxed)
        && !member.has_seen.swap(true, Ordering::AcqRel)
        && run.waiting.fetch_sub(1, Ordering::AcqRel) == 1
    {
        run.began.get_or_init(Instant::now);
        run.begins.cancel();
    }
    if run.began.get().is_none() {
        run.begins.cancelled().await;
    }
    if run.seen.fetch_add(1, Ordering::Relaxed) + 1 == run.wanted {
        run.last.get_or_init(Instant::now);
        run.is_complete.notify_one();
    }
    Ok(())
}

pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack
        .create_database("partitions", nova_event_bus::SCHEMA)
        .await;
    create_topics(&stack.kafka, &[FEW, MANY], 1).await?;
    for topic in [FEW, MANY] {
        let name = stack.kafka.topic(topic.name);
        fill(&stack.kafka, &name, extent.events, KEYS).await?;
    }
    let (mut few, mut many) = (Rounds::default(), Rounds::default());
    let mut most = 0;
    for round in 1..=extent.rounds {
        let (of_few, _) = consume(&stack, &pool, FEW, round, extent.events).await?;
        let (of_many, grown) = consume(&stack, &pool, MANY, round, extent.events).await?;
        println!(
            "partitions, round {round}: {} /s of 8, {} /s of 100, {} MB more",
            grouped(of_few),
            grouped(of_many),
            grown >> 20
        );
        few.push(of_few);
        many.push(of_many);
        most = most.max(grown);
    }
    let ratio = many.median() / few.median();
    let bound = MEMBERS * MEMBER;
    let row = Row {
        what: format!(
            "{} records of {SIZE} bytes on 100 partitions, {MEMBERS} members of one process",
            grouped(extent.events as f64)
        ),
        measured: format!("{many}; at most {} MB more in memory", most >> 20),
        limit: format!("the same on 8 partitions: {few}; bound: {} MB", bound >> 20),
        ratio: format!("{ratio:.2}"),
        goal: format!("≥ {GOAL}, within the bound"),
        met: Some(ratio >= GOAL && most <= bound),
    };
    println!("{row}");
    stack.finish().await;
    Ok(())
}

/// Records per second from when all members have partitions, and bytes that this process grew.
async fn consume(
    stack: &Stack,
    pool: &PgPool,
    topic: Topic,
    round: usize,
    events: usize,
) -> anyhow::Result<(f64, usize)> {
    let run = Run::of(events);
    let group: &'static str = format!("p{}x{round}", topic.partitions).leak();
    let before = resident()?;
    let stop = CancellationToken::new();
    let members: Vec<_> = (0..MEMBERS)
        .map(|_| {
            let member = Member {
                run: Arc::clone(&run),
                has_seen: AtomicBool::new(false),
            };
            let router = Router::new(group, member).records(topic.name, handle);
            let options = ConsumerOptions {
                // What waits for the others to join gives way when they do.
                drain: Duration::from_millis(100),
                ..ConsumerOptions::default()
            };
            let consumer = Consumer::new(&stack.kafka, pool.clone(), router).options(options);
            tokio::spawn(consumer.run(stop.clone()))
        })
        .collect();
    let mut grown = 0;
    let complete = run.is_complete.notified();
    tokio::pin!(complete);
    let began = Instant::now();
    while tokio::time::timeout(Duration::from_millis(50), &mut complete)
        .await
        .is_err()
    {
        grown = grown.max(resident()?.saturating_sub(before));
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "not handled within {PATIENCE:?}"
        );
    }
    stop.cancel();
    for member in members {
        member.await?;
    }
    let times = run.began.get().zip(run.last.get());
    let (began, last) = times.context("nothing was seen")?;
    Ok((events as f64 / (*last - *began).as_secs_f64(), grown))
}
