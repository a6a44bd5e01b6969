//! Redis may be empty, old or away: the answers are the same.

use nova_ids::UserId;
use nova_proto::identity::v1::UserDeleted;
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

/// The rest of them is erased meanwhile, and where their timeline is must still be known when Redis is back.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_while_redis_is_away_has_no_timeline_when_it_is_back() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let (user, pool) = (UserId::new(), stack.database("feed").await);
    let pattern = format!("*{}*", user.uuid().simple());
    read(&stack, &app, user, 10).await;
    assert_eq!(keys(&stack, &pattern).await.len(), 1);
    app.stop().await;

    let stack = stack.with("NOVA_REDIS", "redis://127.0.0.1:1");
    let without_redis = stack.start(nova_feed::service).await;
    let deleted = UserDeleted {
        user_id: user.to_string(),
        deleted_at: None,
        revision: 1,
    };
    stack.publish(&deleted).await;
    eventually("what Postgres has is erased", async || {
        sqlx::query_scalar::<_, bool>(
            "SELECT EXISTS (SELECT FROM authors WHERE id = $1 AND erased)
                AND NOT EXISTS (SELECT FROM erasures)",
        )
        .bind(user.uuid())
        .fetch_one(&pool)
        .await
        .unwrap()
    })
    .await;
    without_redis.stop().await;
    assert_eq!(keys(&stack, &pattern).await.len(), 1);

    let redis = std::env::var("NOVA_TEST_REDIS").unwrap();
    let stack = stack.with("NOVA_REDIS", &redis);
    let app = stack.start(nova_feed::service).await;
    eventually("nothing of them is left", async || {
        let readers = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM readers");
        let readers = readers.fetch_one(&pool).await.unwrap();
        readers == 0 && keys(&stack, &pattern).await.is_empty()
    })
    .await;
    // An access token from before brings nothing back.
    assert!(read(&stack, &app, user, 10).await.is_empty());
    assert!(keys(&stack, &pattern).await.is_empty());
    pool.close().await;
    stack.finish().await;
}
