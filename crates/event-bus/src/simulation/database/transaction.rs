//! Transactions with an inbox.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{DEADLINE, SimStore, Tables, faults, within};
use crate::failure::Failure;
use crate::simulation::events::Half;
use crate::store::Transaction;

/// After how long Postgres looks whether those who wait wait for each other (`deadlock_timeout`).
const LOOK_FOR_DEADLOCK: Duration = Duration::from_secs(1);

pub(in crate::simulation) struct SimTransaction {
    store: SimStore,
    id: u64,
    epoch: u64,
    connection: SimConnection,
    is_ended: bool,
}

/// What handlers write through.
#[derive(Default)]
pub(in crate::simulation) struct SimConnection {
    /// Events whose effects are written.
    pub(in crate::simulation) written: Vec<usize>,
    /// A statement has failed: nothing of the transaction will come true.
    pub(in crate::simulation) is_aborted: bool,
}

impl SimTransaction {
    pub(super) fn of(store: SimStore) -> Self {
        let mut tables = store.0.database.tables();
        let (id, epoch) = (tables.next(), tables.epoch);
        drop(tables);
        Self {
            store,
            id,
            epoch,
            connection: SimConnection::default(),
            is_ended: false,
        }
    }

    /// Makes an event or a letter one that only this transaction may see to; false for one that is gone.
    async fn lock(
        &self,
        id: Uuid,
        is_gone: impl Fn(&Tables, Uuid) -> bool,
    ) -> Result<bool, Failure> {
        let database = &self.store.0.database;
        loop {
            database.answers().await;
            let ended = database.ended.notified();
            {
                let mut tables = database.tables();
                tables.waits.remove(&self.id);
                if tables.epoch != self.epoch {
                    return Err(faults::away());
                }
                if is_gone(&tables, id) {
                    return Ok(false);
                }
                match tables.claims.get(&id).copied() {
                    Some(other) if other != self.id => tables.waits.insert(self.id, other),
                    _ => {
                        tables.claims.insert(id, self.id);
                        return Ok(true);
                    }
                };
            }
            let waited = tokio::time::timeout(LOOK_FOR_DEADLOCK, ended).await;
            if waited.is_err() && database.tables().is_deadlocked(self.id) {
                // A deadlock.
                return Err(faults::answered("40P01"));
            }
        }
    }
}

impl Tables {
    fn is_deadlocked(&self, id: u64) -> bool {
        let mut at = id;
        for _ in 0..self.waits.len() {
            match self.waits.get(&at) {
                Some(next) if *next == id => return true,
                Some(next) => at = *next,
                None => return false,
            }
        }
        false
    }

    pub(super) fn has_no_letter(&self, id: Uuid) -> bool {
        !self.letters.values().any(|row| row.id == id)
    }

    fn roll_back(&mut self, id: u64) {
        self.claims.retain(|_, by| *by != id);
        self.waits.remove(&id);
    }
}

impl Transaction for SimTransaction {
    type Connection = SimConnection;

    fn connection(&mut self) -> Result<&mut SimConnection, Failure> {
        Ok(&mut self.connection)
    }

    fn claim<'a>(
        &'a mut self,
        _: &'a str,
        events: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashSet<Uuid>, Failure>> {
        async move {
            self.store.reach().await?;
            let claim = async {
                let mut new = HashSet::new();
                for event in events {
                    let has_happened = |tables: &Tables, id| tables.inbox.contains(&id);
                    if self.lock(*event, has_happened).await? {
                        new.insert(*event);
                    }
                }
                Ok(new)
            };
            let claimed = tokio::time::timeout(DEADLINE, claim).await;
            let claimed = claimed.unwrap_or_else(|_| Err(faults::away()));
            claimed.map_err(Failure::held)
        }
        .boxed()
    }

    fn take_out<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<bool, Failure>> {
        async move {
            self.store.reach().await?;
            let take = async {
                for letter in letters {
                    if !self.lock(*letter, Tables::has_no_letter).await? {
                        return Ok(false);
                    }
                }
                Ok(true)
            };
            let taken = tokio::time::timeout(DEADLINE, take).await;
            taken.unwrap_or_else(|_| Err(faults::away()))
        }
        .boxed()
    }

    fn commit(self) -> BoxFuture<'static, Result<(), Failure>> {
        async move {
            self.store.reach().await?;
            let (tell, told) = oneshot::channel();
            tokio::spawn(async move {
                let world = Arc::clone(&self.store.0);
                // Slow now and then.
                let slow = if world.happens(5) { 40 } else { 1 };
                world.chance.pause(world.plan.latency * slow).await;
                world.database.answers().await;
                let outcome = self.apply();
                world.chance.pause(world.plan.latency).await;
                world.database.answers().await;
                if !world.happens(world.plan.database_faults) {
                    tell.send(outcome).ok();
                }
            });
            within(told).await?
        }
        .boxed()
    }
}

impl SimTransaction {
    /// At once, or not at all.
    fn apply(mut self) -> Result<(), Failure> {
        let world = Arc::clone(&self.store.0);
        let mut tables = world.database.tables();
        if tables.epoch != self.epoch {
            return Err(faults::away());
        }
        if self.connection.is_aborted {
            // What Postgres answers to a commit, and nobody may overlook.
            tables.roll_back(self.id);
            self.is_ended = true;
            world.database.ended.notify_waiters();
            return Err(faults::aborted());
        }
        let mine = |by: &u64| *by == self.id;
        let claimed: Vec<Uuid> = tables
            .claims
            .iter()
            .filter(|(_, by)| mine(by))
            .map(|(event, _)| *event)
            .collect();
        let before = tables.letters.len();
        tables.letters.retain(|_, row| !claimed.contains(&row.id));
        let taken = before - tables.letters.len();
        world.count(|counts| counts.replayed += taken);
        tables.has_happened(&claimed);
        tables.inbox.extend(claimed);
        tables.roll_back(self.id);
        drop(tables);
        for number in std::mem::take(&mut self.connection.written) {
            world.trace(|| format!("commits the effect of {number}"));
            world.events.happened(number, Half::Within);
        }
        self.is_ended = true;
        world.database.ended.notify_waiters();
        Ok(())
    }
}

impl Drop for SimTransaction {
    /// The database learns a little later that a client is gone.
    fn drop(&mut self) {
        if self.is_ended {
            return;
        }
        let (world, id) = (Arc::clone(&self.store.0), self.id);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            world.chance.pause(world.plan.latency * 2).await;
            world.database.answers().await;
            world.database.tables().roll_back(id);
            world.database.ended.notify_waiters();
        });
    }
}
