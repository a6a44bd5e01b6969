//! Redis may be empty, old or away: the answers are the same.

use nova_testkit::{Stack, eventually};

use crate::reader::{expect_feeds, handled, keys, read};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_the_answers_are_the_same() {
    let stack = Stack::new().await.with("NOVA_REDIS", "redis://127.0.0.1:1");
    let app = stack.start(nova_feed::service).await;
    let mut world = World::new(rand::random());
    for event in world.live(60) {
        event.publish(&stack).await;
    }
    expect_feeds(&stack, &app, &world, "without redis").await;
    let ready = app.get("/health/ready").await.expect(200);
    assert_eq!(
        ready["dependencies"]["feed.redis"]["state"], "down",
        "{ready}"
    );
    stack.finish().await;
}

/// A process that has lost Redis handles events whose timelines another one goes on serving.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_could_not_write_is_not_missing_in_another() {
    let stack = Stack::new().await;
    let reader = stack.start(nova_feed::service).await;
    let mut world = World::new(rand::random());
    let mut events = world.live(60).into_iter();
    for event in events.by_ref().take(32) {
        event.publish(&stack).await;
    }
    let pool = stack.database("feed").await;
    let have_handled = async |at_least: i64| {
        eventually("events are handled", async || {
            let handled = handled(&pool).await;
            if handled >= at_least {
                Ok(handled)
            } else {
                Err(handled)
            }
        })
        .await
    };
    have_handled(32).await;
    for user in &world.users {
        read(&stack, &reader, *user, 10).await;
    }
    let stack = stack.with("NOVA_REDIS", "redis://127.0.0.1:1");
    let without_redis = stack.start(nova_feed::service).await;
    for event in events {
        event.publish(&stack).await;
    }
    expect_feeds(&stack, &reader, &world, "with redis").await;
    expect_feeds(&stack, &without_redis, &world, "without redis").await;
    stack.finish().await;
}

/// A Redis that comes back from an old snapshot has timelines that lack what was posted since.
#[tokio::test(flavor = "multi_thread")]
async fn timelines_of_another_server_are_not_believed() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let mut world = World::new(rand::random());
    for event in world.live(60) {
        event.publish(&stack).await;
    }
    expect_feeds(&stack, &app, &world, "at first").await;
    app.stop().await;
    // The snapshot is older than half of what the timelines held.
    let keys = keys(&stack, "feed:*").await;
    assert!(!keys.is_empty());
    let mut redis = stack.redis().await;
    for key in keys {
        let newest = redis::cmd("ZREMRANGEBYRANK")
            .arg(key)
            .arg(-3)
            .arg(-1)
            .to_owned();
        newest.exec_async(&mut redis).await.unwrap();
    }
    let pool = stack.database("feed").await;
    sqlx::query("UPDATE timeline_epoch SET server = 'another'")
        .execute(&pool)
        .await
        .unwrap();
    let app = stack.start(nova_feed::service).await;
    expect_feeds(&stack, &app, &world, "after the restart").await;
    stack.finish().await;
}
