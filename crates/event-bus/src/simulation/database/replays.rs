//! The one who replays, for as long as its connection lives.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Sequence, SimStore, Tables, faults};
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
            // Of a session that has ended meanwhile the lock ends with it.
            let is_free = tables.replayer.is_none() && !tables.ended.contains(&session);
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
        answer.await?.ok_or_else(faults::away)
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
            tables.ended.insert(session);
            if tables.replayer == Some(session) {
                tables.replayer = None;
            }
        });
    }
}

fn key(parked: &Parked) -> (Arc<str>, Vec<u8>) {
    (Arc::clone(&parked.topic), parked.sequence.clone())
}

impl Tables {
    fn due(&self, in_hand: &[Parked], most: Most) -> Vec<Due> {
        let now = Instant::now();
        let is_due = |row: &Sequence| {
            let goes_by_itself = row.next_at.is_some_and(|at| at <= now);
            row.requested.is_some() || goes_by_itself
        };
        let mut due: Vec<_> = self
            .sequences
            .iter()
            .filter(|(of, row)| is_due(row) && !in_hand.iter().any(|parked| key(parked) == **of))
            .collect();
        // What was asked for first.
        due.sort_by_key(|(_, row)| (row.requested.is_none(), row.requested, row.next_at));
        due.truncate(most.sequences);
        let of_each = (most.letters / due.len().max(1)).max(1);
        let due = due.into_iter().map(|(of, row)| Due {
            parked: Parked {
                topic: Arc::clone(&of.0),
                sequence: of.1.clone(),
            },
            tries: row.tries,
            automatic: row.requested.is_none().then(|| row.fingerprint.clone()),
            letters: self.letters_of(of, of_each),
        });
        due.collect()
    }

    fn letters_of(&self, sequence: &(Arc<str>, Vec<u8>), limit: usize) -> Vec<Returning> {
        let rows = self.letters.values();
        let rows = rows.filter(|row| row.sequence == *sequence && !row.is_aside);
        let returning = |row: &super::Row| Returning {
            id: row.id,
            record: row.record.clone(),
        };
        rows.take(limit).map(returning).collect()
    }
}

impl Replays for SimReplays {
    fn renew<'a>(&'a mut self, build: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        let build = build.to_owned();
        self.statement(move |tables| {
            for row in tables.sequences.values_mut() {
                if row.next_at.is_none() && !row.builds.contains(&build) {
                    row.next_at = Some(Instant::now());
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
        let in_hand = in_hand.to_vec();
        self.statement(move |tables| tables.due(&in_hand, most))
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
            let rows = tables.letters.values_mut();
            for row in rows.filter(|row| row.id == letter) {
                row.is_aside = true;
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
        let (fingerprint, build) = (again.fingerprint.clone(), build.to_owned());
        let letter = again.letter;
        self.statement(move |tables| {
            if tables.has_no_letter(letter) {
                // Somebody discarded it meanwhile, and what waits behind it goes at once.
                return;
            }
            let Some(row) = tables.sequences.get_mut(&sequence) else {
                return;
            };
            row.requested = None;
            row.next_at = next.map(|next| Instant::now() + next);
            row.tries = tries;
            row.fingerprint = fingerprint;
            if is_another {
                row.builds.clear();
            }
            if !row.builds.contains(&build) {
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
            let mut released = parked;
            released.retain(|parked| {
                let sequence = key(parked);
                let is_empty = tables.letters_of(&sequence, 1).is_empty();
                if is_empty {
                    world.trace(|| format!("lets {} flow", String::from_utf8_lossy(&sequence.1)));
                    tables.sequences.remove(&sequence);
                }
                is_empty
            });
            released
        })
        .boxed()
    }

    fn tell<'a>(&'a mut self, _: &'a str, _: u64) -> BoxFuture<'a, Result<(), Failure>> {
        self.statement(|_| ()).boxed()
    }
}
