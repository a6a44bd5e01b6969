//! What is left of somebody, wherever it may lie.

use std::time::Duration;

use nova_testkit::{Stack, within};
use nova_tests::User;
use sqlx::PgPool;

/// What one who is gone for good leaves, by their id alone: so that nothing that comes late brings anything back.
const TOMBSTONES: [&str; 5] = [
    "content.accounts: id",
    "feed.authors: id",
    "media.accounts: id",
    "messaging.accounts: id",
    "realtime-chat.accounts: id",
];

/// Longer than it takes: a transaction of any other test may be waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What nothing of may be left: each with what it is.
pub(super) struct Needles(Vec<(&'static str, String)>);

impl Needles {
    /// Of this user, who wrote these words.
    pub(super) fn new(user: &User, words: &[String]) -> Self {
        let mut needles = vec![
            ("id", user.id.clone()),
            ("id", user.id.replace('-', "")),
            ("name", user.username.clone()),
            ("address", user.email.clone()),
        ];
        needles.extend(words.iter().map(|word| ("text", word.clone())));
        // What is in a column of bytes is shown so.
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let as_bytes: Vec<_> = needles
            .iter()
            .map(|(what, text)| (*what, hex(text)))
            .collect();
        needles.extend(as_bytes);
        Self(needles)
    }

    /// Waits until nothing of it is left, but for tombstones.
    pub(super) async fn are_gone(&self, stack: &Stack) {
        within(PATIENCE, "nothing is left", async || {
            let mut found = in_databases(stack, self).await;
            found.retain(|place| !TOMBSTONES.contains(&place.as_str()));
            found.extend(in_redis(stack, self).await);
            if found.is_empty() { Ok(()) } else { Err(found) }
        })
        .await;
    }
}

/// Where in the databases of all services it is: `service.table: what`.
pub(super) async fn in_databases(stack: &Stack, needles: &Needles) -> Vec<String> {
    let mut found = Vec::new();
    for service in [
        "identity",
        "content",
        "feed",
        "media",
        "messaging",
        "realtime-chat",
    ] {
        let pool = stack.database(service).await;
        for table in tables(&pool).await {
            for (what, text) in &needles.0 {
                // The name came from the catalogue of Postgres.
                let sql = format!(
                    "SELECT EXISTS (SELECT FROM \"{table}\" AS line
                     WHERE line::text ILIKE '%' || $1 || '%'
                        OR line::text ILIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%')"
                );
                let is_there: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                    .bind(text)
                    .fetch_one(&pool)
                    .await
                    .expect("an answer");
                let place = format!("{service}.{table}: {what}");
                if is_there && !found.contains(&place) {
                    found.push(place);
                }
            }
        }
        pool.close().await;
    }
    found
}

/// Every table, but for the parts of those that are in parts.
async fn tables(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
           AND NOT relispartition ORDER BY relname",
    )
    .fetch_all(pool)
    .await
    .expect("names of tables")
}

/// Keys of Redis that name it.
pub(super) async fn in_redis(stack: &Stack, needles: &Needles) -> Vec<String> {
    let mut redis = stack.redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("{}*", stack.redis_prefix))
        .query_async(&mut redis)
        .await
        .expect("keys of Redis");
    let names = |key: &String| {
        needles
            .0
            .iter()
            .any(|(_, text)| key.contains(text.as_str()))
    };
    keys.into_iter().filter(names).collect()
}
