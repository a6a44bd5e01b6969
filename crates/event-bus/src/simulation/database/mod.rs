//! A database that is simulated: what is not committed is seen by nobody and lost with its client, a claim
//! waits for one that is not committed, answers get lost, and now and then it is away.

mod faults;
mod letters;
mod replays;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use self::letters::Parking;
pub(super) use self::letters::Row;
pub(super) use self::replays::SimReplays;
pub(super) use self::transaction::SimConnection;
use self::transaction::SimTransaction;
use super::oracle;
use super::world::World;
use crate::failure::Failure;
use crate::record::Record;
use crate::store::{Letter, Store, Types};

#[derive(Default)]
pub(super) struct Database {
    tables: Mutex<Tables>,
    /// A transaction has ended.
    ended: Notify,
}

/// What it holds.
#[derive(Default)]
pub(super) struct Tables {
    inbox: BTreeSet<Uuid>,
    /// Ids that transactions have claimed, or letters that they have taken out, and not committed.
    claims: BTreeMap<Uuid, u64>,
    /// Who waits for whom.
    waits: BTreeMap<u64, u64>,
    pub(super) letters: BTreeMap<u64, Row>,
    pub(super) sequences: BTreeMap<(Arc<str>, Vec<u8>), Sequence>,
    replayer: Option<u64>,
    /// Sessions of those who replayed.
    ended: BTreeSet<u64>,
    next: u64,
    /// Grows when it restarts: what was not committed before is gone.
    epoch: u64,
    back_at: Option<Instant>,
    /// Until then it takes what it is sent, and neither does nor answers anything.
    silent_until: Option<Instant>,
}

/// So long a client waits for an answer: longer than Postgres needs to find out that two wait for each other.
const DEADLINE: Duration = Duration::from_secs(2);

/// A parked sequence.
#[derive(Default, Debug)]
pub(super) struct Sequence {
    pub(super) requested: Option<u64>,
    /// When it goes again by itself.
    pub(super) next_at: Option<Instant>,
    tries: u32,
    /// Of what blocks it.
    fingerprint: String,
    /// Those that have tried that.
    builds: Vec<String>,
}

/// How a process reaches the database.
#[derive(Clone)]
pub(super) struct SimStore(pub(super) Arc<World>);

impl Database {
    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    /// Says nothing any more for some time, while its connections stay.
    pub(super) fn fall_silent(&self, takes: Duration) {
        self.tables().silent_until = Some(Instant::now() + takes);
    }

    /// Waits for as long as it does nothing.
    async fn answers(&self) {
        loop {
            let until = self.tables().silent_until;
            match until {
                Some(until) if Instant::now() < until => tokio::time::sleep_until(until).await,
                _ => return,
            }
        }
    }

    /// Runs a statement, unless it restarted since that was sent.
    fn run<T>(&self, epoch: u64, run: impl FnOnce(&mut Tables) -> T) -> Option<T> {
        let mut tables = self.tables();
        (tables.epoch == epoch).then(|| run(&mut tables))
    }

    /// Goes away for some time, and with it every connection.
    pub(super) fn restart(&self, takes: Duration) {
        let mut tables = self.tables();
        tables.epoch += 1;
        tables.claims.clear();
        tables.waits.clear();
        tables.replayer = None;
        tables.back_at = Some(Instant::now() + takes);
        drop(tables);
        self.ended.notify_waiters();
    }
}

impl Tables {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn is_away(&mut self) -> bool {
        let is_away = self.back_at.is_some_and(|at| Instant::now() < at);
        if !is_away {
            self.back_at = None;
        }
        is_away
    }
}

/// An answer, if it comes in time. If it does not, what was asked may happen all the same.
async fn within<T>(told: oneshot::Receiver<T>) -> Result<T, Failure> {
    let told = tokio::time::timeout(DEADLINE, told).await;
    told.ok().and_then(Result::ok).ok_or_else(faults::away)
}

impl SimStore {
    /// The way to the database, which takes time and may fail.
    async fn reach(&self) -> Result<(), Failure> {
        let world = &self.0;
        world.chance.pause(world.plan.latency).await;
        if world.database.tables().is_away() || world.happens(world.plan.database_faults) {
            return Err(self.fault());
        }
        Ok(())
    }

    /// Mostly the connection, sometimes the statement.
    fn fault(&self) -> Failure {
        let state = self.0.chance.one_of(faults::STATES);
        match state {
            Some(state) if self.0.chance.percent(50) => faults::answered(state),
            _ => faults::away(),
        }
    }

    /// A statement. Once it was sent it runs, whether or not anybody waits for its answer, and the answer
    /// may get lost.
    async fn statement<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Tables) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.reach().await?;
        let (tell, told) = oneshot::channel();
        let world = Arc::clone(&self.0);
        let epoch = world.database.tables().epoch;
        tokio::spawn(async move {
            world.chance.pause(world.plan.latency).await;
            world.database.answers().await;
            let answer = world.database.run(epoch, run);
            world.chance.pause(world.plan.latency).await;
            world.database.answers().await;
            if let Some(answer) = answer
                && !world.happens(world.plan.database_faults)
            {
                tell.send(answer).ok();
            }
        });
        within(told).await
    }
}

impl Store for SimStore {
    type Connection = SimConnection;
    type Transaction = SimTransaction;
    type Replays = SimReplays;

    fn begin(&self) -> BoxFuture<'_, Result<SimTransaction, Failure>> {
        async {
            self.reach().await?;
            let answer = tokio::time::timeout(DEADLINE, self.0.database.answers());
            answer.await.map_err(|_| faults::away())?;
            Ok(SimTransaction::of(self.clone()))
        }
        .boxed()
    }

    fn parked<'a>(
        &'a self,
        _: &'a str,
        topic: &'a str,
        partition: i32,
        types: &'a Types,
    ) -> BoxFuture<'a, Result<Vec<Vec<u8>>, Failure>> {
        let (topic, types) = (topic.to_owned(), types.clone());
        self.statement(move |tables| {
            tables.take_up(&topic, partition, &types);
            tables.parked(&topic)
        })
        .boxed()
    }

    fn park<'a>(
        &'a self,
        _: &'a str,
        letter: &'a Letter<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let (record, parking) = (letter.record.clone(), Parking::of(letter));
        oracle::check_parking(&self.0, letter);
        let world = Arc::clone(&self.0);
        self.statement(move |tables| {
            world.trace(|| format!("parks {}", super::trace::shown(&record)));
            tables.park(parking);
        })
        .boxed()
    }

    fn set_aside<'a>(
        &'a self,
        _: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let records: Vec<Record> = records.iter().copied().cloned().collect();
        let world = Arc::clone(&self.0);
        self.statement(move |tables| {
            for record in &records {
                world.trace(|| format!("sets aside {}", super::trace::shown(record)));
                tables.put(record, true);
            }
        })
        .boxed()
    }

    fn park_behind<'a>(
        &'a self,
        _: &'a str,
        records: &'a [&'a Record],
    ) -> BoxFuture<'a, Result<Vec<bool>, Failure>> {
        let records: Vec<Record> = records.iter().copied().cloned().collect();
        let world = Arc::clone(&self.0);
        self.statement(move |tables| {
            let parked = tables.park_behind(&records);
            for (record, parked) in records.iter().zip(&parked) {
                world.trace(|| format!("parks behind: {parked}, {}", super::trace::shown(record)));
            }
            parked
        })
        .boxed()
    }

    fn replays<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<SimReplays>, Failure>> {
        SimReplays::begin(self.clone()).boxed()
    }
}
