//! Outbox, relay and broker as this simulation has them, for a world in which somebody consumes.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::clients::client;
use super::database::Database;
use super::{CALM, Odds, oracle, relay, settle};

/// Relays die and connections break, but no row is refused.
const ODDS: Odds = Odds {
    transactions: 30,
    clients: 3,
    broken_connection: Some(60),
    broken_producer: Some(20),
    life: Some(Duration::from_millis(400)),
    ..CALM
};

#[derive(Clone)]
pub(crate) struct Upstream {
    seed: u64,
    database: Database,
    broker: Broker,
}

impl Upstream {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            database: Database::new(seed, ODDS),
            broker: Broker::new(seed ^ 0x5eed, ODDS),
        }
    }

    /// A service writes, and relays publish, until all is published.
    pub(crate) async fn run(self) {
        let Self {
            seed,
            database,
            broker,
        } = self;
        let stop = CancellationToken::new();
        let relaying = tokio::spawn(relay(database.clone(), broker.clone(), stop.clone(), seed));
        let clients = (0..ODDS.clients).map(|number| {
            let seed = seed * 1_000 + number as u64;
            tokio::spawn(client(database.clone(), seed, ODDS))
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        database.calm_down();
        broker.calm_down();
        settle(&database).await;
        stop.cancel();
        relaying.await.unwrap();
    }

    /// Rows in the order in which they were published, from a place on, each with its key. Some come twice.
    pub(crate) fn published(&self, from: usize) -> Vec<(i64, u8)> {
        let tables = self.database.tables();
        let keys: BTreeMap<i64, u8> = tables
            .committed
            .iter()
            .map(|(event, _)| (event.id, event.key))
            .collect();
        let topic = self.broker.topic();
        let published = topic.log.iter().skip(from);
        published.map(|id| (*id, keys[id])).collect()
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        oracle::check(&self.database, &self.broker)
    }
}
