//! What a seed decides before the run begins.

use std::time::Duration;

use nova_resilience::{Backoff, BreakerConfig, BreakerPolicy};

use super::chance::Chance;
use crate::consumer::finished::LIMIT;
use crate::options::{BreakerOptions, ConsumerOptions, FailureLimit, WhenOpen};

/// How a run goes. Percentages are of the times when it could happen.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) partitions: usize,
    pub(super) keys: usize,
    pub(super) events: usize,
    /// Produced after everything before has been handled, mended and replayed.
    pub(super) later_events: usize,
    /// Whether the topic gets one more partition when all is consumed and some of it is parked.
    pub(super) grows: bool,
    /// Whether new builds come, and with them a type of events that the first one does not know. Nobody asks for
    /// replays at the end.
    pub(super) deploys: bool,
    /// Whether the inbox forgets, now and then, everything whose events are consumed.
    pub(super) forgets: bool,
    /// Rebalances, crashes and the like.
    pub(super) incidents: usize,
    /// Events whose handler fails in some way.
    pub(super) failing: u32,
    pub(super) duplicated: u32,
    pub(super) gapped: u32,
    /// Fetches that begin again with what was given before.
    pub(super) repeated: u32,
    pub(super) uncommitted: u32,
    pub(super) database_faults: u32,
    /// Whether what is dropped can be told to nobody until all is calm.
    pub(super) unnoted: bool,
    /// Bytes of metadata that go with a commit.
    pub(super) metadata: usize,
    /// Milliseconds that a statement takes at most.
    pub(super) latency: u64,
    /// Milliseconds that a handler takes at most.
    pub(super) work: u64,
    /// Milliseconds between events at most.
    pub(super) pace: u64,
    pub(super) options: ConsumerOptions,
}

impl Plan {
    pub(super) fn draw(seed: u64, chance: &Chance) -> Self {
        let forgets = chance.percent(30);
        let duplicated = if forgets { 0 } else { chance.between(0..=20) };
        Self {
            partitions: 1 + chance.up_to(3),
            keys: 1 + chance.up_to(5),
            events: 10 + chance.up_to(80),
            later_events: chance.up_to(15),
            grows: chance.percent(20),
            deploys: chance.percent(40),
            forgets,
            incidents: chance.up_to(8),
            failing: chance.between(0..=25) as u32,
            duplicated: duplicated as u32,
            gapped: chance.between(0..=30) as u32,
            repeated: chance.between(0..=15) as u32,
            uncommitted: chance.between(0..=40) as u32,
            database_faults: chance.between(0..=6) as u32,
            unnoted: false,
            metadata: *chance.one_of(&[LIMIT, LIMIT, LIMIT, 24, 48]).unwrap(),
            latency: chance.between(1..=12),
            work: chance.between(1..=60),
            pace: *chance.one_of(&[5, 60, 60, 150]).unwrap(),
            options: options(seed, chance),
        }
    }

    /// Nothing goes wrong, unless the one who calls wants it to.
    pub(super) fn quiet(chance: &Chance) -> Self {
        Self {
            failing: 0,
            duplicated: 0,
            gapped: 0,
            repeated: 0,
            uncommitted: 0,
            database_faults: 0,
            incidents: 0,
            later_events: 0,
            partitions: 1,
            grows: false,
            deploys: false,
            forgets: false,
            metadata: LIMIT,
            ..Self::draw(0, chance)
        }
    }

    pub(super) fn drops(&self) -> bool {
        let breaker = self.options.breaker.as_ref();
        breaker.is_some_and(|breaker| breaker.when_open == WhenOpen::Drop)
    }
}

fn options(seed: u64, chance: &Chance) -> ConsumerOptions {
    let base = chance.millis(1..=20);
    ConsumerOptions {
        concurrency: 1 + chance.up_to(6),
        transactions: 1 + chance.up_to(3),
        batch: 1 + chance.up_to(7),
        in_flight: 1 + chance.up_to(40),
        handler_timeout: chance.millis(100..=300),
        patience: chance.millis(0..=1_200),
        backoff: Backoff::new(base, base * 8).unwrap(),
        replay_backoff: Backoff::new(base * 10, base * 100).unwrap(),
        drain: chance.millis(20..=400),
        breaker: breaker(seed, chance),
        failure_limit: chance.percent(20).then_some(FailureLimit {
            window: 1_000,
            failures: 900,
            share: 1.0,
        }),
        ..ConsumerOptions::default()
    }
}

fn breaker(seed: u64, chance: &Chance) -> Option<BreakerOptions> {
    let when_open = match chance.up_to(9) {
        0..=2 => return None,
        3 => WhenOpen::Drop,
        _ => WhenOpen::Hold,
    };
    let failures = chance.between(1..=5) as u32;
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(failures)).unwrap();
    let first = chance.millis(10..=100);
    let config = config.open_for(first, 2, Duration::from_millis(500));
    let config = config.unwrap().half_open(1, 1 + chance.up_to(1) as u32);
    Some(BreakerOptions {
        config: config.unwrap().seeded(seed),
        when_open,
    })
}
