//! The circuit breaker around handlers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use nova_event_bus::{
    BreakerOptions, Consumer, ConsumerOptions, Delivery, Router, WhenOpen, list_dead_letters,
};
use nova_proto::content::v1::PostCreated;
use nova_resilience::{Backoff, BreakerConfig, BreakerPolicy, Code};
use nova_testkit::{Stack, eventually};
use sqlx::{PgConnection, PgPool};

use crate::counters;
use crate::door::{Door, write_down};
use crate::recorder::{Member, Told, database, effects, post};

const KEYS: usize = 30;
const ROUNDS: usize = 40;
const EVENTS: usize = KEYS * ROUNDS;

/// What the handler depends on.
#[derive(Clone, Default)]
struct Dependency {
    door: Door,
    is_down: Arc<AtomicBool>,
    refusals: Arc<AtomicU64>,
}

async fn depend(
    dependency: &Dependency,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), Told> {
    if dependency.is_down.load(Ordering::SeqCst) {
        dependency.refusals.fetch_add(1, Ordering::SeqCst);
        return Err(Told(Code::Unavailable));
    }
    write_down(&dependency.door, tx, post).await
}

impl Dependency {
    fn consume(
        &self,
        group: &'static str,
        when_open: WhenOpen,
        stack: &Stack,
        pool: &PgPool,
    ) -> Member {
        let times = Duration::from_millis(50)..=Duration::from_millis(200);
        let config = BreakerConfig::new(BreakerPolicy::Consecutive(3))
            .and_then(|config| config.open_for(*times.start(), 2, *times.end()));
        let options = ConsumerOptions {
            breaker: Some(BreakerOptions {
                config: config.unwrap(),
                when_open,
            }),
            patience: Duration::MAX,
            backoff: Backoff::new(*times.start(), *times.end()).unwrap(),
            ..ConsumerOptions::default()
        };
        let router = Router::new(group, self.clone()).once::<PostCreated>(depend);
        Member::start(Consumer::new(&stack.kafka, pool.clone(), router).options(options))
    }

    /// Goes away, and comes back when so many more have felt it.
    async fn fail(&self, refusals: u64) {
        let before = self.refusals.load(Ordering::SeqCst);
        self.is_down.store(true, Ordering::SeqCst);
        eventually("handlers feel that it is down", async || {
            let now = self.refusals.load(Ordering::SeqCst);
            if now >= before + refusals {
                Ok(())
            } else {
                Err(now)
            }
        })
        .await;
        self.is_down.store(false, Ordering::SeqCst);
    }
}

async fn publish(stack: &Stack, rounds: std::ops::Range<usize>) {
    for round in rounds {
        for key in 0..KEYS {
            stack
                .publish(&post(&key.to_string(), &round.to_string()))
                .await;
        }
    }
}

/// JasperFx/wolverine #3680: a breaker tripped beside a durable inbox and lost 9 of 1,200 messages, because
/// state was marked after the latch was looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_breaker_that_opens_again_and_again_loses_none_of_1200_events_and_keeps_their_order() {
    counters::record();
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let dependency = Dependency::default();
    let member = dependency.consume("held", WhenOpen::Hold, &stack, &pool);
    for part in 0..4 {
        let rounds = part * ROUNDS / 4..(part + 1) * ROUNDS / 4;
        tokio::join!(publish(&stack, rounds), dependency.fail(20));
    }
    eventually("every event is handled", async || {
        let seen = effects(&pool).await.len();
        if seen >= EVENTS { Ok(()) } else { Err(seen) }
    })
    .await;
    let mut of_key: HashMap<String, Vec<String>> = HashMap::new();
    for (key, value) in effects(&pool).await {
        of_key.entry(key).or_default().push(value);
    }
    let expected: Vec<String> = (0..ROUNDS).map(|round| round.to_string()).collect();
    assert_eq!(of_key.len(), KEYS);
    for (key, values) in of_key {
        assert_eq!(values, expected, "key {key}");
    }
    assert!(list_dead_letters(&pool, 10).await.unwrap().is_empty());
    assert_eq!(counters::count("nova_events_dropped_total", "held"), 0);
    assert_eq!(counters::count("nova_consumer_violations_total", "held"), 0);
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breaker_that_drops_counts_every_event_that_it_drops() {
    counters::record();
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let dependency = Dependency::default();
    dependency.is_down.store(true, Ordering::SeqCst);
    publish(&stack, 0..ROUNDS).await;
    let member = dependency.consume("dropping", WhenOpen::Drop, &stack, &pool);
    let dropped = || counters::count("nova_events_dropped_total", "dropping");
    eventually("the breaker lets events fall", async || dropped() > 0).await;
    dependency.is_down.store(false, Ordering::SeqCst);
    eventually("each event was handled or dropped", async || {
        let handled = effects(&pool).await.len();
        let seen = (handled, dropped());
        if handled as u64 + dropped() == EVENTS as u64 {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    assert!(list_dead_letters(&pool, 10).await.unwrap().is_empty());
    member.leave().await;
    stack.finish().await;
}
