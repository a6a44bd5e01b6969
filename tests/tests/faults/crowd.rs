//! Followers who never say anything: so many that the fan-out tells them in several goes.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::users::User;

/// How many they are. The fan-out tells 500 at a time; half of these come before all who are registered, and half
/// after them.
pub(crate) const CROWD: u16 = 1_200;
/// One of so many has their feed in use; the others have a timeline and are not told.
const ONE_ACTIVE_OF: i32 = 41;

/// Followers who are in the database of feed alone.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    /// Ids of those whom they follow.
    pub(crate) authors: BTreeSet<String>,
    /// Those whose feeds are in use.
    pub(crate) active: Vec<String>,
}

impl Crowd {
    /// Lets all of them follow these, as events would have.
    pub(crate) async fn gather(feed: &mut PgConnection, authors: &[&User]) -> anyhow::Result<Self> {
        let authors: BTreeSet<String> = authors.iter().map(|author| author.id.clone()).collect();
        let ids: Result<Vec<Uuid>, _> = authors.iter().map(|id| id.parse()).collect();
        let active: Vec<Uuid> = sqlx::query_scalar(
            "WITH crowd AS MATERIALIZED (
                 SELECT n, (CASE WHEN n % 2 = 0 THEN '00' ELSE 'ff' END
                            || substr(md5(n::text), 3))::uuid AS id
                 FROM generate_series(1, $1) AS n
             ), followed AS (
                 INSERT INTO follows (follower_id, followee_id, active, revision)
                 SELECT id, author, true, 1 FROM crowd, UNNEST($2::uuid[]) AS author
             ), noted AS (
                 INSERT INTO readers (user_id, read_at)
                 SELECT id, CASE WHEN n % $3 = 0 THEN now() ELSE now() - interval '2 days' END
                 FROM crowd
             )
             SELECT id FROM crowd WHERE n % $3 = 0",
        )
        .bind(i32::from(CROWD))
        .bind(ids?)
        .bind(ONE_ACTIVE_OF)
        .fetch_all(feed)
        .await?;
        let active = active.iter().map(Uuid::to_string).collect();
        Ok(Self { authors, active })
    }
}
