//! Two users at a time.

use sqlx::PgConnection;

use super::sql::key_of_pair;
use crate::domain::Pair;

/// What is between two users could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is no user who could do it.
    #[error("there is no such user to do it")]
    UnknownUser,
    /// There is no user to whom it could be done.
    #[error("there is no such user to do it to")]
    UnknownOther,
    /// The database failed.
    #[error("what is between two users could not be saved")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for SaveError {
    /// Foreign keys are named after who of the two it is.
    fn from(error: sqlx::Error) -> Self {
        match error
            .as_database_error()
            .and_then(|error| error.constraint())
        {
            Some(
                "follows_follower" | "follow_requests_requester" | "blocks_user" | "mutes_user",
            ) => Self::UnknownUser,
            Some(
                "follows_followee" | "follow_requests_target" | "blocks_other" | "mutes_other",
            ) => Self::UnknownOther,
            _ => Self::Database(error),
        }
    }
}

/// Lets no other transaction change anything between the two, in either direction, before this one ends.
///
/// Whatever changes a follow, a request, a block or a mute takes this lock first, and looks at how things stand only
/// then: a follow that was under way when a block came is ended by it, or finds it. The locks of users' rows come after,
/// in the order of their ids where there are two. Who has a user's row and needs pairs does not wait for them
/// ([`super::follow_requests::hold`]). So nobody waits for somebody who waits for them.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut PgConnection, pair: Pair) -> sqlx::Result<()> {
    const LOCK: &str = concat!(
        "SELECT pg_advisory_xact_lock(",
        key_of_pair!("$1::uuid", "$2::uuid"),
        ")"
    );
    sqlx::query(LOCK)
        .bind(pair.user().uuid())
        .bind(pair.other().uuid())
        .execute(tx)
        .await?;
    Ok(())
}
