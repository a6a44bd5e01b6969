//! Handlers that write down what they did, unless they are told to fail.

use nova_event_bus::{BusError, Delivery};
use nova_ids::EventId;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::UserFollowed;
use nova_resilience::{Code, Fault};
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use super::{IN_TRANSACTION, OUTSIDE};

/// Why an event was not handled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The database did not do it.
    #[error(transparent)]
    Database(BusError),
    /// It is so until someone mends it.
    #[error("the event is poisoned")]
    Poisoned,
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Fault for Failed {
    fn code(&self) -> Code {
        match self {
            Self::Database(error) => error.code(),
            Self::Poisoned => Code::Invalid,
        }
    }
}

type Handled = Result<(), Failed>;

pub(super) async fn created(
    _: &PgPool,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Handled {
    effect(tx, &[(post.id, &post.user_id, post.revision)]).await
}

pub(super) async fn updated(
    _: &PgPool,
    tx: &mut PgConnection,
    posts: &[&Delivery<PostUpdated>],
) -> Handled {
    let events: Vec<_> = posts
        .iter()
        .map(|post| (post.id, &*post.post_id, post.revision))
        .collect();
    effect(tx, &events).await
}

pub(super) async fn deleted(
    _: &PgPool,
    tx: &mut PgConnection,
    post: &Delivery<PostDeleted>,
) -> Handled {
    effect(tx, &[(post.id, &post.post_id, post.revision)]).await
}

pub(super) async fn after_deleted(pool: &PgPool, post: &Delivery<PostDeleted>) -> Handled {
    after(
        pool,
        IN_TRANSACTION,
        (post.id, &post.post_id, post.revision),
    )
    .await
}

pub(super) async fn followed(pool: &PgPool, follow: &Delivery<UserFollowed>) -> Handled {
    refuse_poison(pool, &[follow.id.uuid()]).await?;
    after(pool, OUTSIDE, (follow.id, &follow.user_id, follow.revision)).await
}

/// Id, key and number.
type Event<'a> = (EventId, &'a str, i64);

async fn effect(tx: &mut PgConnection, events: &[Event<'_>]) -> Handled {
    let ids: Vec<Uuid> = events.iter().map(|(id, ..)| id.uuid()).collect();
    let keys: Vec<&str> = events.iter().map(|(_, key, _)| *key).collect();
    let numbers: Vec<i64> = events.iter().map(|(.., number)| *number).collect();
    // What was written before the failure must go with it.
    sqlx::query(
        "INSERT INTO effects (event_id, topic, key, number)
         SELECT id, $4, key, number FROM UNNEST($1::uuid[], $2::text[], $3::bigint[])
         WITH ORDINALITY AS event(id, key, number, place) ORDER BY place",
    )
    .bind(&ids)
    .bind(keys)
    .bind(numbers)
    .bind(IN_TRANSACTION)
    .execute(&mut *tx)
    .await?;
    refuse_poison(tx, &ids).await
}

async fn after(pool: &PgPool, topic: &str, (id, key, number): Event<'_>) -> Handled {
    sqlx::query("INSERT INTO afters (event_id, topic, key, number) VALUES ($1, $2, $3, $4)")
        .bind(id.uuid())
        .bind(topic)
        .bind(key)
        .bind(number)
        .execute(pool)
        .await?;
    Ok(())
}

async fn refuse_poison(database: impl PgExecutor<'_>, ids: &[Uuid]) -> Handled {
    let is_poisoned: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM poisoned WHERE event_id = ANY($1) AND NOT mended)",
    )
    .bind(ids)
    .fetch_one(database)
    .await?;
    if is_poisoned {
        return Err(Failed::Poisoned);
    }
    Ok(())
}
