//! Who appends.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::database::Database;
use super::{MOST_ROWS, Odds};

const KEYS: u8 = 4;

/// One connection of a service: a transaction after the other.
pub(super) async fn client(database: Database, seed: u64, odds: Odds) {
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..odds.transactions / odds.clients {
        // Mostly busy, with pauses that are long enough for the relay to fall asleep.
        let pause = if rng.random_ratio(1, 15) { 400 } else { 12 };
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..pause))).await;
        transaction(&database, &mut rng, odds).await;
    }
}

async fn transaction(database: &Database, rng: &mut StdRng, odds: Odds) {
    let transaction = database.begin();
    if rng.random_ratio(1, 4) {
        // It has its id long before its rows.
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..60))).await;
    }
    let is_long = odds.long.is_some_and(|of| rng.random_ratio(1, of));
    // What else is appended meanwhile has its rows between those of a long one.
    let (rows, rests) = if is_long {
        (rng.random_range(1..=MOST_ROWS), 300)
    } else {
        (rng.random_range(1..4), 3)
    };
    for _ in 0..rows {
        database.append(transaction, rng.random_range(0..KEYS));
        if rng.random_ratio(1, rests) {
            tokio::time::sleep(Duration::from_millis(rng.random_range(0..25))).await;
        }
    }
    if rng.random_ratio(1, 300) {
        // Open for longer than anything the relay does by the clock.
        tokio::time::sleep(Duration::from_millis(rng.random_range(1_500..70_000))).await;
    }
    if rng.random_ratio(1, 20) {
        tokio::time::sleep(Duration::from_millis(rng.random_range(50..1_500))).await;
    }
    if rng.random_ratio(1, 8) {
        database.roll_back(transaction);
    } else {
        database.commit(transaction);
    }
}
