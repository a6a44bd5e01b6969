//! Lists of users that are shown of a user.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};

use super::sql::seen;
use crate::domain::{Listed, Position, User, UserList};

macro_rules! listed {
    ($($from:expr),+) => {
        concat!(
            "SELECT users.id, username, display_name, avatar_url, locked, users.revision,
                 updated_at, since FROM ",
            $($from),+,
            " LIMIT $4"
        )
    };
}

const FOLLOWERS: &str = listed!(
    "follows JOIN users ON users.id = follower_id
     WHERE followee_id = $1 AND active AND (since, follower_id) < ($2, $3) AND ",
    seen!("$1" by "$5"),
    " AND ",
    seen!("follower_id" by "$5"),
    " ORDER BY since DESC, follower_id DESC"
);

const FOLLOWING: &str = listed!(
    "follows JOIN users ON users.id = followee_id
     WHERE follower_id = $1 AND active AND (since, followee_id) < ($2, $3) AND ",
    seen!("$1" by "$5"),
    " AND ",
    seen!("followee_id" by "$5"),
    " ORDER BY since DESC, followee_id DESC"
);

// A block ends requests, so nobody in this list is hidden.
const FOLLOW_REQUESTS: &str = listed!(
    "follow_requests JOIN users ON users.id = requester_id
     WHERE target_id = $1 AND gone_since IS NULL AND (since, requester_id) < ($2, $3)
     ORDER BY since DESC, requester_id DESC"
);

// A block ends these too.
const REQUESTS_MADE: &str = listed!(
    "follow_requests JOIN users ON users.id = target_id
     WHERE requester_id = $1 AND gone_since IS NULL AND (since, target_id) < ($2, $3)
     ORDER BY since DESC, target_id DESC"
);

// Whoever blocks somebody must see whom, to take it back.
const BLOCKS: &str = listed!(
    "blocks JOIN users ON users.id = other_id
     WHERE user_id = $1 AND active AND gone_since IS NULL AND (since, other_id) < ($2, $3)
     ORDER BY since DESC, other_id DESC"
);

const MUTES: &str = listed!(
    "mutes JOIN users ON users.id = mutes.other_id
     WHERE mutes.user_id = $1 AND mutes.active AND (mutes.since, mutes.other_id) < ($2, $3) AND ",
    seen!("mutes.other_id" by "$1"),
    " ORDER BY mutes.since DESC, mutes.other_id DESC"
);

/// At most `limit` lines of the list, beginning after `after`. Whoever is hidden from the viewer is in none but the
/// viewer's own list of blocks; of a user who is hidden from the viewer, a list has no lines.
///
/// # Errors
/// When the database fails.
pub async fn read(
    pool: &PgPool,
    list: UserList,
    viewer: Option<UserId>,
    after: Position,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    let sql = match list {
        UserList::Followers(_) => FOLLOWERS,
        UserList::Following(_) => FOLLOWING,
        UserList::FollowRequests(_) => FOLLOW_REQUESTS,
        UserList::RequestsMade(_) => REQUESTS_MADE,
        UserList::Blocks(_) => BLOCKS,
        UserList::Mutes(_) => MUTES,
    };
    let lines = sqlx::query_as(sql)
        .bind(list.user().uuid())
        .bind(after.since)
        .bind(after.user_id.uuid())
        .bind(limit);
    let lines = if list.is_own() {
        lines
    } else {
        lines.bind(viewer.map(UserId::uuid))
    };
    lines.fetch_all(pool).await
}

impl FromRow<'_, PgRow> for Listed {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            user: User::from_row(row)?,
            since: row.try_get("since")?,
        })
    }
}
