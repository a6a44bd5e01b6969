//! The one who replays, for as long as its connection lives.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use uuid::Uuid;

use super::{SimStore, Tables, away};
use crate::failure::Failure;
use crate::store::{Parked, Replays, Returning};

pub(in crate::simulation) struct SimReplays {
    store: SimStore,
    session: u64,
}

impl SimReplays {
    pub(super) async fn begin(store: SimStore) -> Result<Option<Self>, Failure> {
        let session = store.0.database.tables().next();
        // Whatever becomes of the answer, dropping this gives the lock back.
        let replays = Self { store, session };
        let locked = replays.store.statement(move |tables| {
            let is_free = tables.replayer.is_none();
            if is_free {
                tables.replayer = Some(session);
            }
            is_free
        });
        Ok(locked.await?.then_some(replays))
    }

    /// A statement of this session; an error ends it, as it may be lost.
    async fn statement<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Tables) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let session = self.session;
        let answer = self.store.statement(move |tables| {
            let is_mine = tables.replayer == Some(session);
            is_mine.then(|| run(tables))
        });
        answer.await?.ok_or_else(away)
    }
}

impl Drop for SimReplays {
    fn drop(&mut self) {
        let (world, session) = (Arc::clone(&self.store.0), self.session);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            // Longer than a statement on its way.
            tokio::time::sleep(world.chance.millis(2..=5) * world.plan.latency as u32).await;
            world.database.answers().await;
            let mut tables = world.database.tables();
            if tables.replayer == Some(session) {
                tables.replayer = None;
            }
        });
    }
}

fn key(parked: &Parked) -> (Arc<str>, Vec<u8>) {
    (Arc::clone(&parked.topic), parked.sequence.clone())
}

impl Replays for SimReplays {
    fn requested(&mut self) -> BoxFuture<'_, Result<Option<Parked>, Failure>> {
        self.statement(|tables| {
            let requested = tables
                .sequences
                .iter()
                .filter_map(|(sequence, row)| Some((row.requested?, sequence)));
            let (_, (topic, sequence)) = requested.min_by_key(|(at, _)| *at)?;
            Some(Parked {
                topic: Arc::clone(topic),
                sequence: sequence.clone(),
            })
        })
        .boxed()
    }

    fn letters<'a>(
        &'a mut self,
        parked: &'a Parked,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Returning>, Failure>> {
        let sequence = key(parked);
        self.statement(move |tables| {
            let rows = tables.letters.values();
            let returning = |row: &super::Row| Returning {
                id: row.id,
                record: row.record.clone(),
            };
            rows.filter(|row| row.sequence == sequence)
                .take(limit)
                .map(returning)
                .collect()
        })
        .boxed()
    }

    fn handled<'a>(&'a mut self, letters: &'a [Uuid]) -> BoxFuture<'a, Result<(), Failure>> {
        let letters = letters.to_vec();
        let world = Arc::clone(&self.store.0);
        self.statement(move |tables| {
            world.trace(|| format!("takes out {} replayed", letters.len()));
            let before = tables.letters.len();
            tables.letters.retain(|_, row| !letters.contains(&row.id));
            world.count(|counts| counts.replayed += before - tables.letters.len());
        })
        .boxed()
    }

    fn failed<'a>(
        &'a mut self,
        parked: &'a Parked,
        _: Uuid,
        _: &'a Failure,
        _: String,
        _: u32,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let sequence = key(parked);
        self.statement(move |tables| {
            if let Some(row) = tables.sequences.get_mut(&sequence) {
                row.requested = None;
            }
        })
        .boxed()
    }

    fn release<'a>(&'a mut self, parked: &'a Parked) -> BoxFuture<'a, Result<bool, Failure>> {
        let sequence = key(parked);
        let world = Arc::clone(&self.store.0);
        self.statement(move |tables| {
            let is_empty = !tables.letters.values().any(|row| row.sequence == sequence);
            if is_empty {
                world.trace(|| format!("lets {} flow", String::from_utf8_lossy(&sequence.1)));
                tables.sequences.remove(&sequence);
            }
            is_empty
        })
        .boxed()
    }
}
