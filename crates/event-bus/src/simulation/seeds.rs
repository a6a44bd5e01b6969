//! Thousands of seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::world::Counts;
use super::{Outcome, run};

const SEEDS: u64 = 2_000;
/// So many broken seeds tell enough.
const COMPLAINTS: u64 = 5;

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn complaint(seed: u64, outcome: &Outcome) -> String {
    let Outcome { counts, found, .. } = outcome;
    format!("seed {seed}: {found:#?}\n{counts:?}\nscripts/simulate --seed {seed} tells more")
}

#[test]
fn nothing_is_lost_doubled_or_out_of_order_whatever_the_seed() {
    if let Some(seed) = asked("NOVA_SIM_SEED") {
        let outcome = run(seed, true);
        println!("{}", outcome.trace);
        assert!(outcome.found.is_empty(), "{}", complaint(seed, &outcome));
        println!("simulation: seed {seed} {:?}", outcome.counts);
        return;
    }
    let seeds = asked("NOVA_SIM_SEEDS").unwrap_or(SEEDS);
    let most = asked("NOVA_SIM_COMPLAINTS").unwrap_or(COMPLAINTS) as usize;
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let sum = Mutex::new((Counts::default(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || sum.lock().unwrap().1.len() >= most {
                        return;
                    }
                    let outcome = run(seed, false);
                    let mut sum = sum.lock().unwrap();
                    sum.0.add(&outcome.counts);
                    if !outcome.found.is_empty() {
                        sum.1.push(complaint(seed, &outcome));
                    }
                }
            });
        }
    });
    let (counts, complaints) = sum.into_inner().unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    println!(
        "simulation: seeds={seeds} events={} handled={} parked={} replayed={} rebalances={} \
         crashes={} dropped={} lost={} doubled={} misordered={} in {:.1?}",
        counts.events,
        counts.handled,
        counts.parked,
        counts.replayed,
        counts.rebalances,
        counts.crashes,
        counts.dropped,
        counts.lost,
        counts.doubled,
        counts.misordered,
        began.elapsed(),
    );
}

#[test]
fn a_seed_runs_the_same_way_each_time() {
    for seed in 0..20 {
        let (one, other) = (run(seed, true), run(seed, true));
        assert!(one.trace == other.trace, "seed {seed}");
    }
}
