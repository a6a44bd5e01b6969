//! As much of Postgres as the relay sees: snapshots, transaction ids, an identity column, two locks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::Odds;
use crate::error::BusError;
use crate::relay::gaps::Horizon;
use crate::relay::rows::{Fields, Rows, Waiting};
use crate::relay::runs::Run;

/// A row of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) id: i64,
    pub(super) key: u8,
    pub(super) transaction: i64,
    /// How many transactions had committed when it was appended: it may tell of what they did.
    pub(super) saw: usize,
    pub(super) is_too_large: bool,
}

#[derive(Default)]
struct Transaction {
    rows: Vec<Event>,
    /// It holds the sleep lock, shared: the relay was awake.
    keeps_awake: bool,
    /// It found the relay asleep.
    notifies: bool,
}

pub(super) struct Tables {
    odds: Odds,
    rng: StdRng,
    next_transaction: i64,
    next_id: i64,
    running: BTreeMap<i64, Transaction>,
    /// The outbox, as a snapshot taken now shows it.
    outbox: BTreeMap<i64, Event>,
    /// Rows of the transactions that committed, with the number of the commit.
    pub(super) committed: Vec<(Event, usize)>,
    commits: usize,
    is_asleep: bool,
    /// Which rows the broker had acknowledged, or refused, is for the oracle to know.
    pub(super) deleted: BTreeSet<i64>,
    pub(super) parked: BTreeSet<i64>,
}

/// The server, and any connection to it.
#[derive(Clone)]
pub(super) struct Database {
    tables: Arc<Mutex<Tables>>,
    wake: Arc<Notify>,
}

impl Database {
    pub(super) fn new(seed: u64, odds: Odds) -> Self {
        let tables = Tables {
            odds,
            rng: StdRng::seed_from_u64(seed),
            next_transaction: 700,
            next_id: 1,
            running: BTreeMap::new(),
            outbox: BTreeMap::new(),
            committed: Vec::new(),
            commits: 0,
            is_asleep: false,
            deleted: BTreeSet::new(),
            parked: BTreeSet::new(),
        };
        Self {
            tables: Arc::new(Mutex::new(tables)),
            wake: Arc::default(),
        }
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    pub(super) fn connect(&self) -> Self {
        self.clone()
    }

    /// The relay's connection is gone, and so are its locks.
    pub(super) fn disconnect(&self) {
        self.tables().is_asleep = false;
    }

    /// From here on nothing breaks.
    pub(super) fn calm_down(&self) {
        let odds = &mut self.tables().odds;
        odds.broken_connection = None;
        odds.life = None;
    }

    pub(super) fn life(&self) -> Option<Duration> {
        self.tables().odds.life
    }

    pub(super) fn waiting(&self) -> usize {
        self.tables().outbox.len()
    }

    pub(super) fn skip_ids(&self, ids: i64) {
        self.tables().next_id += ids;
    }

    pub(super) fn begin(&self) -> i64 {
        let mut tables = self.tables();
        let id = tables.next_transaction;
        tables.next_transaction += 1;
        tables.running.insert(id, Transaction::default());
        id
    }

    pub(super) fn append(&self, transaction: i64, key: u8) {
        let mut tables = self.tables();
        let too_large = tables.odds.too_large;
        let event = Event {
            id: tables.next_id,
            key,
            transaction,
            saw: tables.commits,
            is_too_large: too_large.is_some_and(|of| tables.rng.random_ratio(1, of)),
        };
        tables.next_id += 1;
        let is_asleep = tables.is_asleep;
        let running = tables.running.get_mut(&transaction).unwrap();
        running.rows.push(event);
        running.keeps_awake |= !is_asleep;
        running.notifies |= is_asleep;
    }

    pub(super) fn commit(&self, transaction: i64) {
        let mut tables = self.tables();
        let ended = tables.running.remove(&transaction).unwrap();
        tables.commits += 1;
        for event in ended.rows {
            let number = tables.commits;
            tables.committed.push((event, number));
            tables.outbox.insert(event.id, event);
        }
        if ended.notifies {
            self.wake.notify_one();
        }
    }

    pub(super) fn roll_back(&self, transaction: i64) {
        self.tables().running.remove(&transaction).unwrap();
    }

    /// A row that was not appended: it takes no id and tells nobody.
    pub(super) fn copy_in(&self, id: i64, key: u8) {
        let mut tables = self.tables();
        tables.commits += 1;
        let event = Event {
            id,
            key,
            transaction: 0,
            saw: tables.commits - 1,
            is_too_large: false,
        };
        let number = tables.commits;
        tables.committed.push((event, number));
        tables.outbox.insert(id, event);
    }

    /// A statement takes effect somewhere between being sent and being answered, and may break off on
    /// either side of that.
    async fn statement<T>(&self, effect: impl FnOnce(&mut Tables) -> T) -> Result<T, BusError> {
        self.travel().await?;
        let done = effect(&mut self.tables());
        self.travel().await?;
        Ok(done)
    }

    async fn travel(&self) -> Result<(), BusError> {
        let (took, breaks) = {
            let mut tables = self.tables();
            let breaks = tables.odds.broken_connection;
            let took = Duration::from_micros(tables.rng.random_range(20..1_500));
            let breaks = breaks.is_some_and(|of| tables.rng.random_ratio(1, 2 * of));
            (took, breaks)
        };
        tokio::time::sleep(took).await;
        if breaks {
            return Err(BusError::Database(sqlx::Error::WorkerCrashed));
        }
        Ok(())
    }
}

impl Waiting for Event {
    fn id(&self) -> i64 {
        self.id
    }

    fn fields(&self) -> Result<Fields<'_>, BusError> {
        Ok(Fields {
            event_id: uuid::Uuid::nil(),
            event_type: "",
            version: "",
            source: "",
            topic: "",
            key: "",
            subject: "",
            occurred_at: OffsetDateTime::UNIX_EPOCH,
            correlation: None,
            causation: None,
            traceparent: None,
            tracestate: None,
            payload: &[],
        })
    }
}

impl Rows for Database {
    type Row = Event;

    async fn read(
        &mut self,
        gaps: &[Run],
        after: i64,
        limit: usize,
    ) -> Result<Vec<Event>, BusError> {
        self.statement(|tables| {
            let in_gaps = gaps
                .iter()
                .filter(|gap| gap.first <= gap.last)
                .flat_map(|gap| tables.outbox.range(gap.first..=gap.last));
            let late: Vec<Event> = in_gaps.map(|(_, event)| *event).take(limit).collect();
            let next = tables.outbox.range(after + 1..).map(|(_, event)| *event);
            late.into_iter().chain(next.take(limit)).collect()
        })
        .await
    }

    async fn oldest(&mut self, from: i64) -> Result<Option<(i64, OffsetDateTime)>, BusError> {
        self.statement(|tables| {
            let oldest = tables.outbox.range(from..).next();
            oldest.map(|(id, _)| (*id, OffsetDateTime::UNIX_EPOCH))
        })
        .await
    }

    async fn delete(&mut self, published: &[Run]) -> Result<(), BusError> {
        self.statement(|tables| {
            for run in published {
                for id in run.first..=run.last {
                    if tables.outbox.remove(&id).is_some() {
                        tables.deleted.insert(id);
                    }
                }
            }
        })
        .await
    }

    async fn horizon(&mut self) -> Result<Horizon, BusError> {
        self.statement(|tables| {
            let next = tables.next_transaction;
            tables.next_transaction += 1;
            let oldest = tables.running.keys().next().copied().unwrap_or(next);
            Horizon { oldest, next }
        })
        .await
    }

    async fn park(&mut self, row: i64, _why: &str) -> Result<(), BusError> {
        self.statement(|tables| {
            if tables.outbox.remove(&row).is_some() {
                tables.parked.insert(row);
            }
        })
        .await
    }

    async fn fall_asleep(&mut self) -> Result<bool, BusError> {
        self.statement(|tables| {
            tables.is_asleep = !tables.running.values().any(|open| open.keeps_awake);
            tables.is_asleep
        })
        .await
    }

    async fn woken(&mut self) -> Result<(), BusError> {
        self.wake.notified().await;
        Ok(())
    }

    async fn wake_up(&mut self) -> Result<(), BusError> {
        self.statement(|tables| tables.is_asleep = false).await
    }
}
