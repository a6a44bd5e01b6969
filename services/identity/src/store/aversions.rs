//! Blocks and mutes: two tables of one form. Whoever changes a pair holds its lock ([`super::pairs::lock`]) until the
//! transaction ends, so the revisions of a pair are published in their order.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::pairs::SaveError;
use crate::domain::{Aversion, Pair};

macro_rules! begin_in {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " AS known (user_id, other_id, active, revision, since)
             VALUES ($1, $2, true, 1, $3)
             ON CONFLICT (user_id, other_id) DO UPDATE
             SET active = true, revision = known.revision + 1, since = $3
             WHERE NOT known.active
             RETURNING revision"
        )
    };
}

macro_rules! end_in {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET active = false, revision = revision + 1
             WHERE user_id = $1 AND other_id = $2 AND active
             RETURNING revision"
        )
    };
}

/// Makes the one of the pair block or mute the other. The pair's new revision, or none when it was so already.
///
/// # Errors
/// When one of the two is no user, and when the database fails.
pub async fn begin(
    tx: &mut PgConnection,
    aversion: Aversion,
    pair: Pair,
    now: OffsetDateTime,
) -> Result<Option<i64>, SaveError> {
    let sql = match aversion {
        Aversion::Block => begin_in!("blocks"),
        Aversion::Mute => begin_in!("mutes"),
    };
    let revision = sqlx::query_scalar(sql)
        .bind(pair.user().uuid())
        .bind(pair.other().uuid())
        .bind(now)
        .fetch_optional(tx)
        .await?;
    Ok(revision)
}

/// Makes the one of the pair no longer block or mute the other. The pair's new revision, or none when it was so
/// already.
///
/// # Errors
/// When the database fails.
pub async fn end(
    tx: &mut PgConnection,
    aversion: Aversion,
    pair: Pair,
) -> sqlx::Result<Option<i64>> {
    let sql = match aversion {
        Aversion::Block => end_in!("blocks"),
        Aversion::Mute => end_in!("mutes"),
    };
    sqlx::query_scalar(sql)
        .bind(pair.user().uuid())
        .bind(pair.other().uuid())
        .fetch_optional(tx)
        .await
}
