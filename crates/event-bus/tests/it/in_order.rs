//! Topics whose messages are handled in the order of their offsets.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nova_event_bus::{
    BreakerOptions, BreakerState, Consumer, ConsumerOptions, Record, Router, Topic, WhenOpen,
    create_topics, lag,
};
use nova_resilience::{Backoff, BreakerConfig, BreakerPolicy, Code, Condition};
use nova_testkit::{Stack, eventually, within};
use sqlx::PgPool;

use crate::counters;
use crate::recorder::{Member, Told, database};

const POSTS: Topic = Topic::new("in-order", 2);
const PARTITIONS: usize = 2;
const KEYS: usize = 50;
const BATCH: usize = 16;

/// Where handlers publish to; clones are the same.
#[derive(Clone, Default)]
struct Target(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// What was published, in the order in which it was.
    published: Mutex<BTreeMap<i32, Vec<i64>>>,
    /// What was told to be dropped.
    dropped: Mutex<BTreeMap<i32, Vec<Range<i64>>>>,
    largest: Mutex<usize>,
    inside: Mutex<BTreeMap<i32, u32>>,
    overlaps: AtomicU32,
    /// Tries that still fail, of those that have something to publish.
    fails: AtomicU32,
    failed: Mutex<Vec<Vec<i64>>>,
    is_down: AtomicBool,
    /// Whether it cannot be told what is dropped.
    is_deaf: AtomicBool,
}

fn offsets(records: &[Record]) -> Vec<i64> {
    records.iter().map(Record::offset).collect()
}

async fn publish(target: &Target, records: &[Record]) -> Result<(), Told> {
    let target = &*target.0;
    let partition = records[0].partition();
    let enter = |by: i32| {
        let mut inside = target.inside.lock().unwrap();
        let inside = inside.entry(partition).or_default();
        *inside = inside.saturating_add_signed(by);
        *inside
    };
    if enter(1) > 1 {
        target.overlaps.fetch_add(1, Ordering::SeqCst);
    }
    tokio::task::yield_now().await;
    enter(-1);
    if target.is_down.load(Ordering::SeqCst) {
        return Err(Told(Code::Unavailable));
    }
    let fails = |left: u32| left.checked_sub(1);
    let (set, fetch) = (Ordering::SeqCst, Ordering::SeqCst);
    if target.fails.fetch_update(set, fetch, fails).is_ok() {
        target.failed.lock().unwrap().push(offsets(records));
        // Whatever it says: it is tried again.
        return Err(Told(Code::Internal));
    }
    let mut largest = target.largest.lock().unwrap();
    *largest = (*largest).max(records.len());
    let mut published = target.published.lock().unwrap();
    published
        .entry(partition)
        .or_default()
        .extend(offsets(records));
    Ok(())
}

async fn note(target: &Target, records: &[Record]) -> Result<(), Told> {
    if target.0.is_deaf.load(Ordering::SeqCst) {
        return Err(Told(Code::Unavailable));
    }
    let (first, last) = (&records[0], &records[records.len() - 1]);
    let range = first.offset()..last.offset() + 1;
    assert_eq!(offsets(records), range.clone().collect::<Vec<_>>());
    let mut dropped = target.0.dropped.lock().unwrap();
    dropped.entry(first.partition()).or_default().push(range);
    Ok(())
}

impl Target {
    fn consumer(&self, group: &'static str, stack: &Stack, pool: &PgPool) -> Consumer {
        let router = Router::new(group, self.clone())
            .in_order(POSTS.name, publish)
            .dropped(note);
        Consumer::new(&stack.kafka, pool.clone(), router)
    }

    fn published(&self) -> BTreeMap<i32, Vec<i64>> {
        self.0.published.lock().unwrap().clone()
    }

    /// What was published, each as it came first.
    fn first(&self) -> BTreeMap<i32, Vec<i64>> {
        let mut all = self.published();
        for published in all.values_mut() {
            let mut seen = std::collections::BTreeSet::new();
            published.retain(|offset| seen.insert(*offset));
        }
        all
    }

    async fn publishes(&self, messages: usize) {
        within(Duration::from_secs(60), "all is published", async || {
            let seen: usize = self.first().values().map(Vec::len).sum();
            if seen == messages { Ok(()) } else { Err(seen) }
        })
        .await;
        for (partition, published) in self.first() {
            let expected: Vec<i64> = (0..published.len() as i64).collect();
            assert_eq!(published, expected, "partition {partition}");
        }
    }
}

fn options(when_open: WhenOpen) -> ConsumerOptions {
    let wait = Duration::from_millis(20);
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(3))
        .and_then(|config| config.open_for(wait * 5, 1, wait * 5));
    ConsumerOptions {
        batch: BATCH,
        backoff: Backoff::new(wait, wait).unwrap(),
        breaker: Some(BreakerOptions {
            config: config.unwrap(),
            when_open,
        }),
        ..ConsumerOptions::default()
    }
}

async fn stack() -> (Stack, PgPool) {
    counters::record();
    let stack = Stack::new().await;
    create_topics(&stack.kafka, &[POSTS], 1).await.unwrap();
    let pool = database(&stack).await;
    (stack, pool)
}

async fn produce(stack: &Stack, rounds: usize) {
    for round in 0..rounds {
        for key in 0..KEYS {
            let (key, content) = (key.to_string(), round.to_string());
            let (key, content) = (key.as_bytes(), content.as_bytes());
            stack
                .produce(POSTS.name, Some(key), Some(content), &[])
                .await;
        }
    }
}

/// Waits until everything is committed.
async fn committed(stack: &Stack, group: &str) {
    eventually("everything is committed", async || {
        let lags = lag(&stack.kafka, group, &[POSTS]).await.unwrap();
        let is_all = lags.len() == PARTITIONS && lags.iter().all(|lag| lag.lag == 0);
        if is_all { Ok(()) } else { Err(lags) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_come_in_the_order_of_offsets_also_after_failures() {
    let (stack, pool) = stack().await;
    let target = Target::default();
    target.0.fails.store(2, Ordering::SeqCst);
    produce(&stack, 10).await;
    let consumer = target.consumer("ordered", &stack, &pool);
    let member = Member::start(consumer.options(options(WhenOpen::Hold)));
    target.publishes(10 * KEYS).await;
    assert_eq!(target.first(), target.published(), "nothing came twice");
    assert_eq!(*target.0.largest.lock().unwrap(), BATCH);
    assert_eq!(target.0.overlaps.load(Ordering::SeqCst), 0);
    assert_eq!(target.0.failed.lock().unwrap().len(), 2);
    committed(&stack, "ordered").await;
    assert_eq!(
        counters::count("nova_consumer_violations_total", "ordered"),
        0
    );
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_take_partitions_over_without_a_hole() {
    let (stack, pool) = stack().await;
    let target = Target::default();
    let start = || {
        let consumer = target.consumer("taken-over", &stack, &pool);
        Member::start(consumer.options(options(WhenOpen::Hold)))
    };
    let mut members = vec![start()];
    for round in 0..6 {
        produce(&stack, 5).await;
        match round {
            1 | 3 => members.push(start()),
            2 | 4 => members.remove(0).leave().await,
            _ => {}
        }
    }
    target.publishes(6 * 5 * KEYS).await;
    committed(&stack, "taken-over").await;
    for member in members {
        member.leave().await;
    }
    assert_eq!(target.0.overlaps.load(Ordering::SeqCst), 0);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_told_before_it_is_committed() {
    let (stack, pool) = stack().await;
    let target = Target::default();
    target.0.is_down.store(true, Ordering::SeqCst);
    target.0.is_deaf.store(true, Ordering::SeqCst);
    produce(&stack, 4).await;
    let start = || {
        let consumer = target.consumer("dropping-in-order", &stack, &pool);
        consumer.options(options(WhenOpen::Drop))
    };
    let consumer = start();
    let standings = consumer.standings();
    let member = Member::start(consumer);
    eventually("both breakers have opened", async || {
        let all = standings.list();
        let opened = all.iter().filter(|one| one.counts.failures == 3);
        if opened.count() == PARTITIONS {
            Ok(())
        } else {
            Err(all)
        }
    })
    .await;
    // Whatever could be committed is so when it leaves.
    member.leave().await;
    assert_eq!(standings.list(), []);
    let lags = lag(&stack.kafka, "dropping-in-order", &[POSTS])
        .await
        .unwrap();
    assert!(
        lags.iter().all(|lag| lag.committed.unwrap_or(0) == 0),
        "{lags:?}"
    );

    target.0.is_deaf.store(false, Ordering::SeqCst);
    let member = Member::start(start());
    committed(&stack, "dropping-in-order").await;
    target.0.is_down.store(false, Ordering::SeqCst);
    let dropped = target.0.dropped.lock().unwrap().clone();
    let count: i64 = dropped
        .values()
        .flatten()
        .map(|range| range.end - range.start)
        .sum();
    assert_eq!(count as usize, 4 * KEYS);
    for ranges in dropped.values() {
        let starts: Vec<i64> = ranges.iter().map(|range| range.start).collect();
        let ends = ranges.iter().map(|range| range.end);
        let expected: Vec<i64> = std::iter::once(0).chain(ends).take(starts.len()).collect();
        assert_eq!(starts, expected, "{ranges:?}");
    }
    assert_eq!(
        counters::count("nova_events_dropped_total", "dropping-in-order"),
        count as u64
    );
    assert_eq!(target.published(), BTreeMap::new());
    member.leave().await;
    stack.finish().await;
}

/// The issue that led to this says that it is called stuck, and makes the process unready.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_is_held_degrades_and_tells_how_it_stands() {
    let (stack, pool) = stack().await;
    let target = Target::default();
    target.0.is_down.store(true, Ordering::SeqCst);
    let options = ConsumerOptions {
        // The client tells every 2 s how its partitions stand.
        stuck_after: Duration::from_secs(1),
        ..options(WhenOpen::Hold)
    };
    let consumer = target.consumer("held-in-order", &stack, &pool).alone();
    let consumer = consumer.options(options);
    let (health, standings) = (consumer.health(), consumer.standings());
    let of = |name: &str| {
        let name = format!("held-in-order.{name}");
        let health = health.iter().find(|health| health.name() == name);
        health.unwrap().clone()
    };
    let (progress, breaker) = (of("progress"), of("breaker"));
    assert!(progress.is_required() && !breaker.is_required());
    produce(&stack, 1).await;
    let member = Member::start(consumer);
    eventually(
        "it names the partitions that are held",
        async || match breaker.condition().0 {
            Condition::Down(why)
                if why.contains("in-order 0 (") && why.contains("in-order 1 (") =>
            {
                Ok(())
            }
            condition => Err(condition),
        },
    )
    .await;
    eventually("it tells how far behind they are", async || {
        let all = standings.list();
        let lag: u64 = all.iter().filter_map(|one| one.lag).sum();
        if lag == KEYS as u64 { Ok(()) } else { Err(all) }
    })
    .await;
    for standing in standings.list() {
        assert_eq!(standing.topic, POSTS.name);
        assert_ne!(standing.breaker, BreakerState::Closed);
        assert_eq!(standing.counts.failure_rate(), 1.0);
    }
    // As often as it is looked at in so much time as is called stuck.
    let (_, since) = progress.condition();
    within(
        Duration::from_secs(30),
        "it was held for long",
        async || {
            let held = since.elapsed().unwrap();
            if held > Duration::from_secs(10) {
                Ok(())
            } else {
                Err(held)
            }
        },
    )
    .await;
    assert_eq!(progress.condition(), (Condition::Up, since));
    target.0.is_down.store(false, Ordering::SeqCst);
    target.publishes(KEYS).await;
    produce(&stack, 1).await;
    eventually("nothing is held", async || {
        breaker.condition().0 == Condition::Up
    })
    .await;
    eventually("nothing is behind", async || {
        let all = standings.list();
        let is_well = |one: &nova_event_bus::PartitionStanding| {
            one.lag == Some(0) && one.breaker == BreakerState::Closed
        };
        if all.iter().all(is_well) {
            Ok(())
        } else {
            Err(all)
        }
    })
    .await;
    member.leave().await;
    stack.finish().await;
}
