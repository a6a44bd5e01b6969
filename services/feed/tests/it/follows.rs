//! What follows and reads do to cached timelines.

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::PostVisibility;
use nova_proto::identity::v1::{UserMuted, UserUnmuted};
use nova_testkit::{App, Proxy, Stack, eventually};
use sqlx::PgPool;
use uuid::Uuid;

use crate::reader::{keys, read};
use crate::world;

async fn register(stack: &Stack) -> UserId {
    let user = UserId::new();
    let username = format!("user_{}", user.uuid().simple());
    stack.publish(&world::registered(user, &username)).await;
    user
}

async fn follow(stack: &Stack, follower: UserId, followee: UserId, revision: i64) {
    stack
        .publish(&world::followed(follower, followee, revision))
        .await;
}

async fn unfollow(stack: &Stack, follower: UserId, followee: UserId, revision: i64) {
    stack
        .publish(&world::unfollowed(follower, followee, revision))
        .await;
}

async fn post(stack: &Stack, author: UserId) -> PostId {
    let id = PostId::new();
    stack
        .publish(&world::created(id, author, "hello", PostVisibility::Public))
        .await;
    id
}

async fn expect_feed(stack: &Stack, app: &App, reader: UserId, expected: &[PostId]) {
    eventually("the feed is right", async || {
        let seen = read(stack, app, reader, 20).await;
        let seen: Vec<PostId> = seen.into_iter().map(|(id, _, _)| id).collect();
        if seen == expected { Ok(()) } else { Err(seen) }
    })
    .await;
}

/// Keys of the reader's timeline, of all its versions.
async fn keys_of(stack: &Stack, reader: UserId) -> Vec<String> {
    keys(stack, &format!("feed:*:{}", reader.uuid().simple())).await
}

/// The reader's timeline: its key, and its posts, newest first.
async fn timeline(stack: &Stack, reader: UserId) -> Option<(String, Vec<PostId>)> {
    let keys = keys_of(stack, reader).await;
    let key = keys.into_iter().next_back()?;
    let mut redis = stack.redis().await;
    let members: Vec<String> = redis::cmd("ZRANGE")
        .arg(&key)
        .arg(0)
        .arg(-1)
        .arg("REV")
        .query_async(&mut redis)
        .await
        .unwrap();
    let posts = members
        .iter()
        .filter_map(|member| Uuid::try_parse(member).ok());
    Some((key, posts.map(PostId::from).collect()))
}

async fn timeline_becomes(stack: &Stack, reader: UserId, expected: &[PostId]) {
    eventually("the timeline is mended", async || {
        let found = timeline(stack, reader).await.map(|(_, posts)| posts);
        if found.as_deref() == Some(expected) {
            Ok(())
        } else {
            Err(found)
        }
    })
    .await;
}

/// How often timelines have become invalid: all, and this reader's.
async fn versions(pool: &PgPool, reader: UserId) -> (i64, i64) {
    sqlx::query_as("SELECT epoch, generation FROM timeline_epoch, readers WHERE user_id = $1")
        .bind(reader.uuid())
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Nobody reads here between two changes: it is the change that mends the timeline, and no read.
#[tokio::test(flavor = "multi_thread")]
async fn follows_mend_the_timeline() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let pool = stack.database("feed").await;
    let (ada, ben, reader) = (
        register(&stack).await,
        register(&stack).await,
        register(&stack).await,
    );
    follow(&stack, reader, ada, 1).await;
    let first = post(&stack, ada).await;
    let of_ben = post(&stack, ben).await;
    let second = post(&stack, ada).await;
    expect_feed(&stack, &app, reader, &[second, first]).await;
    timeline_becomes(&stack, reader, &[second, first]).await;
    let before = versions(&pool, reader).await;

    follow(&stack, reader, ben, 1).await;
    timeline_becomes(&stack, reader, &[second, of_ben, first]).await;
    unfollow(&stack, reader, ada, 2).await;
    timeline_becomes(&stack, reader, &[of_ben]).await;
    follow(&stack, reader, ada, 3).await;
    timeline_becomes(&stack, reader, &[second, of_ben, first]).await;
    expect_feed(&stack, &app, reader, &[second, of_ben, first]).await;
    assert_eq!(versions(&pool, reader).await, before);
    stack.finish().await;
}

/// Who is followed has posted more than a timeline holds since the reader's others last did: what the timeline holds
/// of these does not lie on top of what it leaves out.
#[tokio::test(flavor = "multi_thread")]
async fn a_follow_of_somebody_with_many_posts_hides_none() {
    let stack = Stack::new().await.with("NOVA_FEED_TIMELINE_LENGTH", "5");
    let app = stack.start(nova_feed::service).await;
    let (ada, ben, reader) = (
        register(&stack).await,
        register(&stack).await,
        register(&stack).await,
    );
    follow(&stack, reader, ada, 1).await;
    let mut expected = vec![post(&stack, ada).await];
    expect_feed(&stack, &app, reader, &expected).await;
    timeline_becomes(&stack, reader, &expected).await;
    for _ in 0..8 {
        expected.insert(0, post(&stack, ben).await);
    }
    // Ben's posts have been handled when his next follower sees them all.
    let other = register(&stack).await;
    follow(&stack, other, ben, 1).await;
    expect_feed(&stack, &app, other, &expected[..8]).await;

    follow(&stack, reader, ben, 1).await;
    expect_feed(&stack, &app, reader, &expected).await;
    stack.finish().await;
}

/// A timeline that is read does not expire; one that nobody reads does.
#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_lives_as_long_as_it_is_read() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let (ada, reader) = (register(&stack).await, register(&stack).await);
    follow(&stack, reader, ada, 1).await;
    let hello = post(&stack, ada).await;
    expect_feed(&stack, &app, reader, &[hello]).await;
    let (key, _) = timeline(&stack, reader).await.expect("a timeline");
    let mut redis = stack.redis().await;
    let ttl = async |redis: &mut _| -> i64 {
        redis::cmd("TTL")
            .arg(&key)
            .query_async(redis)
            .await
            .unwrap()
    };
    assert!(ttl(&mut redis).await > 0);
    redis::cmd("EXPIRE")
        .arg(&key)
        .arg(1_000)
        .exec_async(&mut redis)
        .await
        .unwrap();
    expect_feed(&stack, &app, reader, &[hello]).await;
    assert!(ttl(&mut redis).await > 1_000);
    stack.finish().await;
}

/// What could not be written while Redis was silent is pulled until it is written; no timeline is built anew for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_hiccup_costs_no_timeline() {
    let redis: url::Url = std::env::var("NOVA_TEST_REDIS").unwrap().parse().unwrap();
    let server = format!("{}:{}", redis.host_str().unwrap(), redis.port().unwrap());
    let proxy = Proxy::to(server).await;
    let url = format!("redis://{}", proxy.address());
    let stack = Stack::new().await.with("NOVA_REDIS", &url);
    let app = stack.start(nova_feed::service).await;
    let pool = stack.database("feed").await;
    let (ada, reader) = (register(&stack).await, register(&stack).await);
    follow(&stack, reader, ada, 1).await;
    let first = post(&stack, ada).await;
    expect_feed(&stack, &app, reader, &[first]).await;
    timeline_becomes(&stack, reader, &[first]).await;
    let before = versions(&pool, reader).await;

    proxy.swallow();
    let second = post(&stack, ada).await;
    expect_feed(&stack, &app, reader, &[second, first]).await;
    eventually("the post is pulled", async || pulled(&pool).await == 1).await;
    proxy.pass();
    proxy.cut();
    timeline_becomes(&stack, reader, &[second, first]).await;
    eventually("the post is pulled no longer", async || {
        pulled(&pool).await == 0
    })
    .await;
    expect_feed(&stack, &app, reader, &[second, first]).await;
    assert_eq!(versions(&pool, reader).await, before);

    // A follow that could not be written makes its follower's timeline invalid, and no other.
    let ben = register(&stack).await;
    let of_ben = post(&stack, ben).await;
    // Posts and follows come on different topics; a follow of somebody without posts has nothing to write.
    eventually("the post is recorded", async || {
        recorded(&pool, of_ben).await
    })
    .await;
    proxy.swallow();
    follow(&stack, reader, ben, 1).await;
    eventually("the timeline is invalid", async || {
        versions(&pool, reader).await == (before.0, before.1 + 1)
    })
    .await;
    expect_feed(&stack, &app, reader, &[of_ben, second, first]).await;
    proxy.pass();
    proxy.cut();
    timeline_becomes_by_reading(&stack, &app, reader, &[of_ben, second, first]).await;
    stack.finish().await;
}

async fn recorded(pool: &PgPool, post: PostId) -> bool {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM posts WHERE id = $1)")
        .bind(post.uuid())
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn pulled(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM pulled_posts")
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn timeline_becomes_by_reading(
    stack: &Stack,
    app: &App,
    reader: UserId,
    expected: &[PostId],
) {
    eventually("the timeline is built anew", async || {
        expect_feed(stack, app, reader, expected).await;
        let keys = keys_of(stack, reader).await;
        let found = timeline(stack, reader).await.map(|(_, posts)| posts);
        // The version before it is gone.
        if keys.len() == 1 && found.as_deref() == Some(expected) {
            Ok(())
        } else {
            Err((keys, found))
        }
    })
    .await;
}

async fn mute(stack: &Stack, user: UserId, muted: UserId, revision: i64) {
    let event = UserMuted {
        user_id: user.to_string(),
        muted_user_id: muted.to_string(),
        muted_at: None,
        revision,
    };
    stack.publish(&event).await;
}

async fn unmute(stack: &Stack, user: UserId, muted: UserId, revision: i64) {
    let event = UserUnmuted {
        user_id: user.to_string(),
        muted_user_id: muted.to_string(),
        unmuted_at: None,
        revision,
    };
    stack.publish(&event).await;
}

/// A mute comes and goes; the follow stays. Nobody reads between: the timeline itself is mended.
#[tokio::test(flavor = "multi_thread")]
async fn mutes_mend_the_timeline() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let (ada, ben, reader) = (
        register(&stack).await,
        register(&stack).await,
        register(&stack).await,
    );
    follow(&stack, reader, ada, 1).await;
    follow(&stack, reader, ben, 1).await;
    let of_ada = post(&stack, ada).await;
    let of_ben = post(&stack, ben).await;
    expect_feed(&stack, &app, reader, &[of_ben, of_ada]).await;
    timeline_becomes(&stack, reader, &[of_ben, of_ada]).await;

    mute(&stack, reader, ada, 1).await;
    timeline_becomes(&stack, reader, &[of_ben]).await;
    expect_feed(&stack, &app, reader, &[of_ben]).await;
    // What she posts while she is muted is not pushed.
    let unheard = post(&stack, ada).await;
    let heard = post(&stack, ben).await;
    timeline_becomes(&stack, reader, &[heard, of_ben]).await;

    unmute(&stack, reader, ada, 2).await;
    let all = [heard, unheard, of_ben, of_ada];
    timeline_becomes(&stack, reader, &all).await;
    // A late mute changes nothing.
    mute(&stack, reader, ada, 1).await;
    let last = post(&stack, ben).await;
    timeline_becomes(&stack, reader, &[last, heard, unheard, of_ben, of_ada]).await;
    expect_feed(
        &stack,
        &app,
        reader,
        &[last, heard, unheard, of_ben, of_ada],
    )
    .await;
    stack.finish().await;
}

/// Who is blocked sees no more, and neither does who blocks, before the ends of the follows come; and a follow from
/// before that comes late does not bring anything back.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_hides_each_from_the_other() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let (ada, ben) = (register(&stack).await, register(&stack).await);
    follow(&stack, ada, ben, 1).await;
    follow(&stack, ben, ada, 1).await;
    let of_ada = post(&stack, ada).await;
    let of_ben = post(&stack, ben).await;
    for reader in [ada, ben] {
        expect_feed(&stack, &app, reader, &[of_ben, of_ada]).await;
    }
    stack.publish(&world::blocked(ada, ben, 1)).await;
    expect_feed(&stack, &app, ada, &[of_ada]).await;
    expect_feed(&stack, &app, ben, &[of_ben]).await;

    unfollow(&stack, ada, ben, 2).await;
    stack.publish(&world::unblocked(ada, ben, 2)).await;
    // Only the end of the other follow has not come yet.
    expect_feed(&stack, &app, ben, &[of_ben, of_ada]).await;
    unfollow(&stack, ben, ada, 2).await;
    expect_feed(&stack, &app, ben, &[of_ben]).await;
    follow(&stack, ada, ben, 1).await;
    stack.publish(&world::blocked(ada, ben, 1)).await;
    follow(&stack, ada, ben, 3).await;
    expect_feed(&stack, &app, ada, &[of_ben, of_ada]).await;
    stack.finish().await;
}
