//! The way back to calls: feed asks content for posts, and shows what it knows itself when content does not say.

use nova_tests::{Nova, User};
use serde_json::json;

/// Failures in a row that open the breaker before content.
const TO_OPEN: usize = 20;

async fn contents(reader: &User) -> Vec<String> {
    let items = reader.feed().await;
    let content = |item: &serde_json::Value| item["post"]["content"].as_str().map(str::to_owned);
    items.iter().filter_map(content).collect()
}

async fn edit(author: &User, post: &str, change: serde_json::Value) {
    let path = format!("/v1/posts/{post}");
    author.patch(&path).json(change).await.expect(200);
}

#[tokio::test]
async fn a_feed_shows_what_content_says_and_what_it_knows_itself_when_content_is_silent() {
    let (content, caller, proxy) = Nova::start_beside_caller().await;
    let (author, reader) = (content.user("author").await, content.user("reader").await);
    let asking = caller.known(&reader);
    reader.follow(&author).await;
    let picture = author.say("first").await;
    let hidden = author.say_to("FOLLOWERS_ONLY", "second").await;
    let deleted = author.say("third").await;
    for reader in [&reader, &asking] {
        reader.feed_becomes(&[&deleted, &hidden, &picture]).await;
    }

    // From here on nothing of content's events reaches the copies.
    let feed = content.stack().database("feed").await;
    let mut held = feed.begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE posts IN SHARE MODE")
        .execute(&mut *held)
        .await
        .expect("the lock");
    edit(&author, &picture, json!({ "content": "first, edited" })).await;
    edit(&author, &hidden, json!({ "visibility": "PRIVATE" })).await;
    let path = format!("/v1/posts/{deleted}");
    author.delete(&path).await.expect(204);

    assert_eq!(contents(&reader).await, ["third", "second", "first"]);
    assert_eq!(contents(&asking).await, ["first, edited"]);
    // The author sees what is theirs.
    let own = contents(&caller.known(&author)).await;
    assert_eq!(own, ["second", "first, edited"]);

    // Content says nothing: first each page waits for it a while, then none does.
    proxy.swallow();
    for _ in 0..=TO_OPEN {
        assert_eq!(contents(&asking).await, ["third", "second", "first"]);
    }
    let metrics = caller.get("/metrics").await.text();
    let rejected = "nova_feed_direct_calls_total{outcome=\"rejected\"}";
    assert!(metrics.contains(rejected), "{metrics}");

    // Content is back.
    proxy.pass();
    proxy.cut();
    nova_testkit::eventually("content is asked again", async || {
        (contents(&asking).await == ["first, edited"]).then_some(())
    })
    .await;

    held.rollback().await.expect("the end of the lock");
    reader.feed_becomes(&[&picture]).await;
    drop(caller);
    content.finish().await;
}
