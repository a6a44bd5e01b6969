//! What timelines and their readers have yet to be told: a line per event, with how far it has got.

use std::collections::HashMap;
use std::time::Duration;

use nova_event_bus::Cause;
use nova_ids::{PostId, UserId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::timelines::Timeline;
use crate::domain::{Kind, UnknownName};

/// What is due and not to be had is with another process: it is looked for again after so many seconds.
const MOMENT: f64 = 0.01;

/// Something to be told.
#[derive(Debug, Clone)]
pub struct FanOut {
    /// Its line.
    pub id: i64,
    /// Of whom.
    pub author: UserId,
    /// Of which post.
    pub post: PostId,
    /// What happened.
    pub kind: Kind,
    /// The event that it follows from.
    pub cause: Option<Cause>,
    /// Followers up to this one have been told.
    pub told_to: Option<UserId>,
    /// Whether followers may see the post now.
    pub is_shown: bool,
    /// Whether readers pull the post, and for good.
    pub pulled: Option<Pulled>,
    /// Whether the author has more followers than are written to.
    pub is_for_many: bool,
    /// The generation of all timelines that is valid.
    pub epoch: i64,
}

/// For how long readers pull a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// Until timelines have it.
    ForNow,
    /// Always.
    ForGood,
}

/// Followers to be told next.
#[derive(Debug, Default)]
pub struct Audience {
    /// Those who have a timeline.
    pub timelines: Vec<Timeline>,
    /// Those whose feed is in use.
    pub active: Vec<UserId>,
    /// The last one that was looked at; none when there are no more behind.
    pub end: Option<UserId>,
}

/// Takes the lines that `$which` describes and nobody else has taken: at most `$1`, with `$2` the push limit.
macro_rules! take {
    ($which:literal) => {
        concat!(
            "WITH taken AS (
                 SELECT id FROM fanouts WHERE ",
            $which,
            " ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
             SELECT f.id, f.author_id, f.post_id, f.kind, f.cause, f.told_to, pulled.stays,
                    COALESCE(NOT p.deleted AND p.visibility <> 'PRIVATE', false) AS is_shown,
                    $2 < (SELECT count(*) FROM (
                        SELECT FROM follows WHERE followee_id = f.author_id AND shown
                        LIMIT $2 + 1) AS counted) AS is_for_many,
                    epoch.epoch
             FROM taken JOIN fanouts f ON f.id = taken.id
             LEFT JOIN posts p ON p.id = f.post_id
             LEFT JOIN pulled_posts pulled
                 ON pulled.author_id = f.author_id AND pulled.post_id = f.post_id
             CROSS JOIN timeline_epoch AS epoch
             ORDER BY f.id"
        )
    };
}

const FIRST_OF_EACH_AUTHOR: &str = take!(
    "kind <> 'PUSH' AND due <= now() AND NOT EXISTS (
         SELECT FROM fanouts AS earlier
         WHERE earlier.author_id = fanouts.author_id AND earlier.id < fanouts.id
           AND earlier.kind <> 'PUSH')"
);
const PUSHES: &str = take!("kind = 'PUSH' AND due <= now()");

/// Takes at most `limit` lines that nobody else has taken: what is to be told now, the first of each author, since it is
/// told in order. They stay taken until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut PgConnection, limit: i64, push_limit: i64) -> sqlx::Result<Vec<FanOut>> {
    taken(FIRST_OF_EACH_AUTHOR, tx, limit, push_limit).await
}

/// Takes at most `limit` lines that only bring timelines up to date; otherwise as [`take()`].
///
/// # Errors
/// When the database fails.
pub async fn take_pushes(
    tx: &mut PgConnection,
    limit: i64,
    push_limit: i64,
) -> sqlx::Result<Vec<FanOut>> {
    taken(PUSHES, tx, limit, push_limit).await
}

async fn taken(
    sql: &'static str,
    tx: &mut PgConnection,
    limit: i64,
    push_limit: i64,
) -> sqlx::Result<Vec<FanOut>> {
    let query = sqlx::query(sql).bind(limit).bind(push_limit);
    let rows = query.fetch_all(tx).await?;
    rows.iter().map(fan_out).collect()
}

fn fan_out(row: &PgRow) -> sqlx::Result<FanOut> {
    let named = |error: UnknownName| sqlx::Error::Decode(error.into());
    let stays: Option<bool> = row.try_get("stays")?;
    let cause: Option<Json<Cause>> = row.try_get("cause")?;
    let told_to: Option<Uuid> = row.try_get("told_to")?;
    Ok(FanOut {
        id: row.try_get("id")?,
        author: UserId::from(row.try_get::<Uuid, _>("author_id")?),
        post: PostId::from(row.try_get::<Uuid, _>("post_id")?),
        kind: row.try_get::<&str, _>("kind")?.parse().map_err(named)?,
        cause: cause.map(|cause| cause.0),
        told_to: told_to.map(UserId::from),
        is_shown: row.try_get("is_shown")?,
        pulled: stays.map(|stays| {
            if stays {
                Pulled::ForGood
            } else {
                Pulled::ForNow
            }
        }),
        is_for_many: row.try_get("is_for_many")?,
        epoch: row.try_get("epoch")?,
    })
}

/// For each of these the next followers who have read their feed lately enough to have a timeline, at most `limit`.
/// Their feed is in use when they have done so since `active_since`.
///
/// # Errors
/// When the database fails.
pub async fn audiences(
    tx: &mut PgConnection,
    of: &[&FanOut],
    active_since: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<HashMap<i64, Audience>> {
    let ids: Vec<i64> = of.iter().map(|one| one.id).collect();
    let authors: Vec<Uuid> = of.iter().map(|one| one.author.uuid()).collect();
    let told_to: Vec<Uuid> = of.iter().map(|one| after(one)).collect();
    let epochs: Vec<i64> = of.iter().map(|one| one.epoch).collect();
    let rows: Vec<(i64, i64, Uuid, bool)> = sqlx::query_as(
        "SELECT asked.id, asked.epoch + f.generation, f.follower_id, f.read_at > $5
         FROM UNNEST($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[])
              AS asked(id, author_id, told_to, epoch)
         CROSS JOIN LATERAL (
             SELECT follows.follower_id, reader.generation, reader.read_at FROM follows
             CROSS JOIN LATERAL (
                 SELECT generation, read_at FROM readers
                 WHERE user_id = follows.follower_id LIMIT 1) AS reader
             WHERE follows.followee_id = asked.author_id AND follows.shown
               AND follows.follower_id > asked.told_to
             ORDER BY follows.follower_id LIMIT $6) AS f",
    )
    .bind(ids)
    .bind(authors)
    .bind(told_to)
    .bind(epochs)
    .bind(active_since)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    let mut audiences: HashMap<i64, Audience> = HashMap::new();
    for (id, version, follower, is_active) in rows {
        let user = UserId::from(follower);
        let audience = audiences.entry(id).or_default();
        audience.timelines.push(Timeline { user, version });
        audience.end = audience.end.max(Some(user));
        if is_active {
            audience.active.push(user);
        }
    }
    for audience in audiences.values_mut() {
        if (audience.timelines.len() as i64) < limit {
            audience.end = None;
        }
    }
    Ok(audiences)
}

/// Of the next `limit` users whose feed has been in use since `active_since`, those who follow the author: for
/// authors with more followers than there are such users.
///
/// # Errors
/// When the database fails.
pub async fn active_among_many(
    tx: &mut PgConnection,
    of: &FanOut,
    active_since: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Audience> {
    let rows: Vec<(Uuid, Option<bool>)> = sqlx::query_as(
        "SELECT reader.user_id, follow.shown FROM (
             SELECT user_id FROM readers WHERE user_id > $2 AND read_at > $3
             ORDER BY user_id LIMIT $4) AS reader
         LEFT JOIN LATERAL (
             SELECT shown FROM follows
             WHERE follower_id = reader.user_id AND followee_id = $1 AND shown LIMIT 1
         ) AS follow ON true
         ORDER BY reader.user_id",
    )
    .bind(of.author.uuid())
    .bind(after(of))
    .bind(active_since)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    let is_full = rows.len() as i64 == limit;
    let end = rows.last().filter(|_| is_full).map(|row| row.0.into());
    let follow = rows.into_iter().filter(|(_, follows)| follows.is_some());
    Ok(Audience {
        timelines: Vec::new(),
        active: follow.map(|(user, _)| user.into()).collect(),
        end,
    })
}

fn after(one: &FanOut) -> Uuid {
    one.told_to.map_or(Uuid::nil(), UserId::uuid)
}

/// How far a line has got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// The line.
    pub id: i64,
    /// Followers up to this one have been told; none when all have.
    pub end: Option<UserId>,
    /// It goes on so many seconds after this round began.
    pub rest: f64,
}

/// Notes how far these have got; those that have got to the end are done with. What was pushed to all timelines is no
/// longer pulled.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut PgConnection, reached: &[Reached]) -> sqlx::Result<()> {
    let done = reached.iter().filter(|one| one.end.is_none());
    let done: Vec<i64> = done.map(|one| one.id).collect();
    let under_way = reached
        .iter()
        .filter_map(|one| Some((one.id, one.end?.uuid(), one.rest)));
    let mut ids = Vec::new();
    let mut ends = Vec::new();
    let mut rests = Vec::new();
    for (id, end, rest) in under_way {
        ids.push(id);
        ends.push(end);
        rests.push(rest);
    }
    sqlx::query(
        "WITH gone AS (
             DELETE FROM fanouts WHERE id = ANY($1) RETURNING author_id, post_id, kind
         ), pushed AS (
             DELETE FROM pulled_posts USING gone
             WHERE gone.kind = 'PUSH' AND NOT pulled_posts.stays
               AND pulled_posts.author_id = gone.author_id AND pulled_posts.post_id = gone.post_id
         )
         UPDATE fanouts SET told_to = reached.told_to, due = now() + make_interval(secs => reached.rest)
         FROM UNNEST($2::bigint[], $3::uuid[], $4::float8[]) AS reached(id, told_to, rest)
         WHERE fanouts.id = reached.id",
    )
    .bind(done)
    .bind(ids)
    .bind(ends)
    .bind(rests)
    .execute(tx)
    .await?;
    Ok(())
}

/// Timelines could not be reached: from now on readers pull these posts, until they have been pushed once more.
///
/// # Errors
/// When the database fails.
pub async fn pull_for_now(tx: &mut PgConnection, posts: &[&FanOut]) -> sqlx::Result<()> {
    let (authors, ids): (Vec<Uuid>, Vec<Uuid>) = posts
        .iter()
        .map(|one| (one.author.uuid(), one.post.uuid()))
        .unzip();
    sqlx::query(
        "WITH pulled AS (
             INSERT INTO pulled_posts (author_id, post_id, stays)
             SELECT author_id, post_id, false FROM UNNEST($1::uuid[], $2::uuid[]) AS missed(author_id, post_id)
             ON CONFLICT DO NOTHING
         )
         INSERT INTO fanouts (author_id, post_id, kind, due)
         SELECT author_id, post_id, 'PUSH', now() + interval '1 second'
         FROM UNNEST($1::uuid[], $2::uuid[]) AS missed(author_id, post_id)",
    )
    .bind(authors)
    .bind(ids)
    .execute(tx)
    .await?;
    Ok(())
}

/// These could not be pushed; later.
///
/// # Errors
/// When the database fails.
pub async fn postpone(tx: &mut PgConnection, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query("UPDATE fanouts SET due = now() + interval '1 second' WHERE id = ANY($1)")
        .bind(ids)
        .execute(tx)
        .await?;
    Ok(())
}

/// After what time the next line is due; none when there is no line.
///
/// # Errors
/// When the database fails.
pub async fn next_due(tx: &mut PgConnection) -> sqlx::Result<Option<Duration>> {
    let seconds: Option<f64> = sqlx::query_scalar(
        "SELECT EXTRACT(EPOCH FROM min(due) - clock_timestamp())::float8 FROM fanouts",
    )
    .fetch_one(tx)
    .await?;
    Ok(seconds.map(|seconds| Duration::from_secs_f64(seconds.max(MOMENT))))
}

/// How many lines there are, and how old the oldest one is, in seconds: those to be told, and those that only bring
/// timelines up to date.
///
/// # Errors
/// When the database fails.
pub async fn backlog(pool: &PgPool) -> sqlx::Result<[(i64, f64); 2]> {
    let (told, told_age, pushed, pushed_age) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE kind <> 'PUSH'),
                COALESCE(EXTRACT(EPOCH FROM now() - min(since) FILTER (WHERE kind <> 'PUSH')), 0)::float8,
                count(*) FILTER (WHERE kind = 'PUSH'),
                COALESCE(EXTRACT(EPOCH FROM now() - min(since) FILTER (WHERE kind = 'PUSH')), 0)::float8
         FROM fanouts",
    )
    .fetch_one(pool)
    .await?;
    Ok([(told, told_age), (pushed, pushed_age)])
}

/// Gives up bringing timelines up to date one by one: all are built anew as they are read.
///
/// # Errors
/// When the database fails.
pub async fn give_up_pushes(tx: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "WITH gone AS (
             DELETE FROM fanouts WHERE kind = 'PUSH' RETURNING author_id, post_id
         ), pushed AS (
             DELETE FROM pulled_posts USING gone
             WHERE NOT pulled_posts.stays
               AND pulled_posts.author_id = gone.author_id AND pulled_posts.post_id = gone.post_id
         )
         UPDATE timeline_epoch SET epoch = epoch + 1 RETURNING epoch",
    )
    .fetch_one(tx)
    .await
}
