//! Writers at work: each appends events of its own keys, numbered per key, and notes what was acknowledged.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nova_event_bus::Outbox;
use nova_ids::EventId;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::UserFollowed;
use nova_tests::bus::{IN_TRANSACTION, Kind, NAME, OUTSIDE};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

const WRITERS: usize = 5;
const KEYS: usize = 200;
/// Events in one transaction.
const TOGETHER: std::ops::RangeInclusive<usize> = 1..=5;
/// Milliseconds between two transactions of a writer.
const PAUSE: std::ops::Range<u64> = 5..40;
/// One key in so many has poisoned events.
const POISONED_KEYS: usize = 10;
/// Of their events.
const POISONED: f64 = 0.1;
/// A transaction that takes longer is given up; whether it took effect shows later.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everyone's work. Dropping it ends it where it is.
pub(super) struct Load {
    ending: Arc<AtomicBool>,
    workers: JoinSet<Vec<Uuid>>,
}

impl Load {
    pub(super) fn begin(pool: &PgPool, seed: u64) -> Self {
        let ending = Arc::new(AtomicBool::new(false));
        let mut workers = JoinSet::new();
        for number in 0..WRITERS {
            let writer = Writer {
                pool: pool.clone(),
                number,
                random: StdRng::seed_from_u64(seed.wrapping_add(number as u64 + 1)),
                next: HashMap::new(),
                acknowledged: Vec::new(),
            };
            workers.spawn(writer.work(Arc::clone(&ending)));
        }
        Self { ending, workers }
    }

    /// Lets everyone finish; gives the events that were acknowledged.
    pub(super) async fn end(self) -> Vec<Uuid> {
        self.ending.store(true, Ordering::Relaxed);
        self.workers.join_all().await.concat()
    }
}

struct Writer {
    pool: PgPool,
    number: usize,
    random: StdRng,
    /// The next number of each topic and key, as far as it is known.
    next: HashMap<(&'static str, String), i64>,
    acknowledged: Vec<Uuid>,
}

/// An event that is to be appended.
struct Draft {
    kind: Kind,
    key: String,
    poisoned: bool,
}

impl Draft {
    const fn topic(&self) -> &'static str {
        match self.kind {
            Kind::Once | Kind::Batch | Kind::OnceThen => IN_TRANSACTION,
            Kind::AtLeastOnce => OUTSIDE,
        }
    }
}

impl Writer {
    async fn work(mut self, ending: Arc<AtomicBool>) -> Vec<Uuid> {
        while !ending.load(Ordering::Relaxed) {
            let drafts = self.drafts();
            match timeout(PATIENCE, self.append(&drafts)).await {
                Ok(Ok(ids)) => self.acknowledged.extend(ids),
                // It may have been committed: the numbers are looked up again.
                Ok(Err(_)) | Err(_) => self.next.clear(),
            }
            sleep(Duration::from_millis(self.random.random_range(PAUSE))).await;
        }
        self.acknowledged
    }

    fn drafts(&mut self) -> Vec<Draft> {
        let count = self.random.random_range(TOGETHER);
        let mut draft = || {
            let own = self.random.random_range(0..KEYS / WRITERS);
            Draft {
                kind: Kind::ALL[self.random.random_range(0..Kind::ALL.len())],
                key: format!("key {}", own * WRITERS + self.number),
                poisoned: own % POISONED_KEYS == 0 && self.random.random_bool(POISONED),
            }
        };
        (0..count).map(|_| draft()).collect()
    }

    async fn append(&mut self, drafts: &[Draft]) -> anyhow::Result<Vec<Uuid>> {
        let mut tx = self.pool.begin().await?;
        let mut next = self.next.clone();
        let mut ids = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let place = (draft.topic(), draft.key.clone());
            let number = match next.get(&place) {
                Some(number) => *number,
                None => next_number(&mut tx, draft).await?,
            };
            ids.push(append(&mut tx, draft, number).await?);
            next.insert(place, number + 1);
        }
        tx.commit().await?;
        self.next = next;
        Ok(ids)
    }
}

async fn next_number(tx: &mut PgConnection, draft: &Draft) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT coalesce(max(number), 0) + 1 FROM appended WHERE topic = $1 AND key = $2",
    )
    .bind(draft.topic())
    .bind(&draft.key)
    .fetch_one(tx)
    .await
}

async fn append(tx: &mut PgConnection, draft: &Draft, number: i64) -> anyhow::Result<Uuid> {
    let id = publish(tx, draft, number).await?.uuid();
    sqlx::query(
        "INSERT INTO appended (event_id, topic, key, number, kind) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(draft.topic())
    .bind(&draft.key)
    .bind(number)
    .bind(draft.kind.name())
    .execute(&mut *tx)
    .await?;
    if draft.poisoned {
        let poison = sqlx::query("INSERT INTO poisoned (event_id) VALUES ($1)");
        poison.bind(id).execute(tx).await?;
    }
    Ok(id)
}

async fn publish(tx: &mut PgConnection, draft: &Draft, number: i64) -> anyhow::Result<EventId> {
    const OUTBOX: Outbox = Outbox::new(NAME);
    let key = draft.key.clone();
    Ok(match draft.kind {
        Kind::Once => {
            let event = PostCreated {
                user_id: key,
                revision: number,
                ..Default::default()
            };
            OUTBOX.append(tx, &event).await?
        }
        Kind::Batch => {
            let event = PostUpdated {
                post_id: key,
                revision: number,
                ..Default::default()
            };
            OUTBOX.append(tx, &event).await?
        }
        Kind::OnceThen => {
            let event = PostDeleted {
                post_id: key,
                revision: number,
                ..Default::default()
            };
            OUTBOX.append(tx, &event).await?
        }
        Kind::AtLeastOnce => {
            let event = UserFollowed {
                user_id: key,
                revision: number,
                ..Default::default()
            };
            OUTBOX.append(tx, &event).await?
        }
    })
}
