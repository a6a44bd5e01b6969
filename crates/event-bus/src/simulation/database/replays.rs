//! The one who replays, for as long as its connection lives.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Sequence, SimStore, Tables, away};
use crate::failure::Failure;
use crate::store::{Due, FailedAgain, Most, Parked, Replays, Returning};

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
    fn renew<'a>(&'a mut self, build: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        let build = build.to_owned();
        self.statement(move |tables| {
            for sequence in tables.sequences.values_mut() {
                if sequence.next_at.is_none() && !sequence.builds.contains(&build) {
                    sequence.next_at = Some(Instant::now());
                }
            }
        })
        .boxed()
    }

    fn due<'a>(
        &'a mut self,
        in_hand: &'a [Parked],
        most: Most,
    ) -> BoxFuture<'a, Result<Vec<Due>, Failure>> {
        let in_hand: Vec<_> = in_hand.iter().map(key).collect();
        self.statement(move |tables| {
            let now = Instant::now();
            let is_due = |row: &Sequence| {
                row.requested.is_some() || row.next_at.is_some_and(|next| next <= now)
            };
            let mut due: Vec<_> = tables
                .sequences
                .iter()
                .filter(|(key, row)| is_due(row) && !in_hand.contains(key))
                .collect();
            due.sort_by_key(|(_, row)| (row.requested.is_none(), row.requested, row.next_at));
            due.truncate(most.sequences);
            let of_each = (most.letters / due.len().max(1)).max(1);
            let letters = |key: &(Arc<str>, Vec<u8>)| {
                let rows = tables.letters.values();
                rows.filter(|row| row.sequence == *key && !row.aside)
                    .take(of_each)
                    .map(|row| Returning {
                        id: row.id,
                        record: row.record.clone(),
                    })
                    .collect()
            };
            due.into_iter()
                .map(|(key, row)| Due {
                    parked: Parked {
                        topic: Arc::clone(&key.0),
                        sequence: key.1.clone(),
                    },
                    tries: row.tries,
                    automatic: row.requested.is_none().then(String::new),
                    letters: letters(key),
                })
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

    fn set_aside(&mut self, letter: Uuid) -> BoxFuture<'_, Result<(), Failure>> {
        self.statement(move |tables| {
            let row = tables.letters.values_mut().find(|row| row.id == letter);
            if let Some(row) = row {
                row.aside = true;
            }
        })
        .boxed()
    }

    fn failed<'a>(
        &'a mut self,
        parked: &'a Parked,
        again: &'a FailedAgain,
        build: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        let sequence = key(parked);
        let (next, tries, is_another) = (again.again, again.tries, again.is_another);
        let build = build.to_owned();
        self.statement(move |tables| {
            if let Some(row) = tables.sequences.get_mut(&sequence) {
                row.requested = None;
                row.next_at = next.map(|next| Instant::now() + next);
                row.tries = tries;
                if is_another {
                    row.builds.clear();
                }
                row.builds.push(build);
            }
        })
        .boxed()
    }

    fn release<'a>(
        &'a mut self,
        parked: &'a [Parked],
    ) -> BoxFuture<'a, Result<Vec<Parked>, Failure>> {
        let parked = parked.to_vec();
        let world = Arc::clone(&self.store.0);
        self.statement(move |tables| {
            let mut released = Vec::new();
            for parked in parked {
                let sequence = key(&parked);
                let is_left = |row: &super::Row| row.sequence == sequence && !row.aside;
                if !tables.letters.values().any(is_left) {
                    world.trace(|| format!("lets {} flow", String::from_utf8_lossy(&sequence.1)));
                    tables.sequences.remove(&sequence);
                    released.push(parked);
                }
            }
            released
        })
        .boxed()
    }

    fn tell<'a>(&'a mut self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), Failure>> {
        async { Ok(()) }.boxed()
    }
}
