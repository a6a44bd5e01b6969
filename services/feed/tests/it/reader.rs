//! Reading home feeds as a client does.

use nova_ids::UserId;
use nova_testkit::{App, Stack, eventually};
use sqlx::PgPool;

use crate::world::{Entry, World};

/// The whole feed of a user, in pages of that size.
pub(crate) async fn read(stack: &Stack, app: &App, user: UserId, limit: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/feed?limit={limit}{cursor}");
        let page = app.get(&path).bearer(stack.token(user)).await.expect(200);
        let items = page["items"].as_array().unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        entries.extend(items.iter().map(|item| {
            let post = &item["post"];
            assert_eq!(post["author_id"], item["author"]["id"]);
            (
                text(&post["id"]).parse().unwrap(),
                text(&post["content"]),
                text(&item["author"]["username"]),
            )
        }));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return entries,
        }
        assert_eq!(items.len(), limit, "only the last page is short");
    }
}

/// Waits until every feed is as the world says, in large pages and in small ones.
pub(crate) async fn expect_feeds(stack: &Stack, app: &App, world: &World, when: &str) {
    for user in &world.users {
        let expected = world.home(*user);
        for limit in [100, 2] {
            let what = format!("{when}, a feed in pages of {limit} is right");
            eventually(&what, async || {
                let seen = read(stack, app, *user, limit).await;
                if seen == expected {
                    Ok(())
                } else {
                    Err((seen, expected.clone()))
                }
            })
            .await;
        }
    }
}

/// Takes this test's timelines out of Redis.
pub(crate) async fn flush(stack: &Stack) {
    let keys = keys(stack, "*").await;
    if !keys.is_empty() {
        redis::cmd("DEL")
            .arg(keys)
            .exec_async(&mut stack.redis().await)
            .await
            .unwrap();
    }
}

/// This test's keys in Redis that are like the pattern behind their prefix.
pub(crate) async fn keys(stack: &Stack, pattern: &str) -> Vec<String> {
    redis::cmd("KEYS")
        .arg(format!("{}{pattern}", stack.redis_prefix))
        .query_async(&mut stack.redis().await)
        .await
        .unwrap()
}

/// How many events the service has handled. Near midnight (UTC) a claim is two rows.
pub(crate) async fn handled(pool: &PgPool) -> i64 {
    let count = sqlx::query_scalar("SELECT count(DISTINCT (consumer, event_id)) FROM inbox");
    count.fetch_one(pool).await.unwrap()
}
