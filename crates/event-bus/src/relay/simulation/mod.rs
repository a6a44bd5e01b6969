//! The active relay against a database and a broker that exist only here, on a clock that nobody waits for.
//!
//! A schedule is all that happens by chance: transactions that overlap, roll back and commit out of the
//! order of their rows, connections that break, relays that die, acknowledgements that take their time. It
//! follows from a seed alone. `NOVA_SEED=17 cargo test -p nova-event-bus simulation` runs one again.

mod broker;
mod clients;
mod database;
mod oracle;
pub(crate) mod upstream;

use std::time::Duration;

use nova_resilience::Health;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::broker::Broker;
use self::database::Database;
use super::leader::{BATCH, Leader};

/// Schedules of each test.
const SEEDS: u64 = 100;
/// By then, on the simulated clock, a relay that nobody disturbs has published what is left.
const PATIENCE: Duration = Duration::from_secs(150);

/// What happens by chance, and how often.
#[derive(Clone, Copy)]
struct Odds {
    transactions: usize,
    clients: usize,
    /// A statement in so many fails, before or after it took effect.
    broken_connection: Option<u32>,
    /// A batch in so many breaks the producer in its middle.
    broken_producer: Option<u32>,
    /// A relay lives for at most so long.
    life: Option<Duration>,
    /// A message in so many is too large.
    too_large: Option<u32>,
    /// A transaction in so many has up to [`MOST_ROWS`] rows: more than the relay reads at once.
    long: Option<u32>,
    /// Longest time to an acknowledgement.
    acknowledged: Duration,
}

const CALM: Odds = Odds {
    transactions: 150,
    clients: 6,
    broken_connection: None,
    broken_producer: None,
    life: None,
    too_large: None,
    long: None,
    acknowledged: Duration::from_millis(10),
};

/// Rows of the longest transaction.
const MOST_ROWS: usize = 2 * BATCH + BATCH / 2;

#[test]
fn every_committed_row_is_published_in_order() {
    for_every_seed(CALM);
}

#[test]
fn nothing_is_lost_when_relays_die_and_connections_break() {
    for_every_seed(Odds {
        broken_connection: Some(60),
        broken_producer: Some(20),
        life: Some(Duration::from_millis(400)),
        too_large: Some(50),
        ..CALM
    });
}

#[test]
fn acknowledgements_that_take_seconds_neither_lose_nor_reorder() {
    for_every_seed(Odds {
        broken_producer: Some(40),
        acknowledged: Duration::from_secs(3),
        ..CALM
    });
}

#[test]
fn transactions_larger_than_a_batch_are_published_whole_and_in_order() {
    let odds = Odds {
        transactions: 24,
        broken_connection: Some(100),
        broken_producer: Some(40),
        life: Some(Duration::from_secs(2)),
        long: Some(8),
        ..CALM
    };
    // Each of them holds as many rows as all the schedules of another test.
    for_seeds(SEEDS / 4, odds);
}

/// What no appender would do: a row far below everything, long after (rows copied back by an operator).
#[test]
fn a_row_that_appears_below_everything_is_found_in_the_end() {
    let (database, broker) = (Database::new(1, CALM), Broker::new(2, CALM));
    on_a_paused_clock(async {
        database.skip_ids(100);
        let stop = CancellationToken::new();
        let relaying = tokio::spawn(relay(database.clone(), broker.clone(), stop.clone(), 3));
        let transaction = database.begin();
        database.append(transaction, 0);
        database.commit(transaction);
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(database.waiting(), 0);
        database.copy_in(50, 1);
        settle(&database).await;
        stop.cancel();
        relaying.await.unwrap();
    });
    assert_eq!(oracle::check(&database, &broker), Ok(()));
}

fn for_every_seed(odds: Odds) {
    for_seeds(SEEDS, odds);
}

fn for_seeds(seeds: u64, odds: Odds) {
    let given = std::env::var("NOVA_SEED").ok();
    let seeds = match given.map(|seed| seed.parse().unwrap()) {
        Some(seed) => seed..seed + 1,
        None => 0..seeds,
    };
    for seed in seeds {
        if let Err(why) = run(seed, odds) {
            panic!("seed {seed}: {why}");
        }
    }
}

fn run(seed: u64, odds: Odds) -> Result<(), String> {
    let database = Database::new(seed, odds);
    let broker = Broker::new(seed ^ 0x5eed, odds);
    on_a_paused_clock(async {
        let stop = CancellationToken::new();
        let relaying = tokio::spawn(relay(database.clone(), broker.clone(), stop.clone(), seed));
        let clients = (0..odds.clients).map(|number| {
            let seed = seed * 1_000 + number as u64;
            tokio::spawn(clients::client(database.clone(), seed, odds))
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        database.calm_down();
        broker.calm_down();
        settle(&database).await;
        stop.cancel();
        relaying.await.unwrap();
    });
    oracle::check(&database, &broker)
}

/// Waits until the outbox is empty, or for longer than that may take.
async fn settle(database: &Database) {
    let deadline = Instant::now() + PATIENCE;
    while database.waiting() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One relay after the other, as `Relay::run` does it: each begins when the one before has lost the lock.
async fn relay(database: Database, broker: Broker, stop: CancellationToken, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let health = Health::optional("simulated");
    while !stop.is_cancelled() {
        let leader = Leader::new("simulated", &health, database.connect(), broker.connect());
        let life = database.life().map_or(Duration::MAX, |most| {
            most.mul_f64(rng.random_range(0.05..1.0))
        });
        tokio::select! {
            biased;
            outcome = leader.run(&stop) => drop(outcome),
            () = tokio::time::sleep(life) => {}
        }
        database.disconnect();
        tokio::time::sleep(Duration::from_millis(rng.random_range(1..200))).await;
    }
}

fn on_a_paused_clock(run: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(run);
}
