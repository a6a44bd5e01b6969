//! Who hears of a post, whatever their number, and when the service dies on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostVisibility};
use nova_proto::feed::v1::{FeedChange, FeedUpdated};
use nova_testkit::{Stack, eventually, within};
use sqlx::PgPool;
use uuid::Uuid;

use crate::reader::read;
use crate::world;

/// Each look reads the whole topic.
const PATIENCE: Duration = Duration::from_secs(60);

/// More than were told at the most, once: of these every tenth does not read.
const FOLLOWERS: usize = 12_000;

/// An author whom so many follow, of whom all read their feeds but for every tenth.
struct Crowd {
    author: UserId,
    readers: Vec<UserId>,
}

impl Crowd {
    /// As events would have made it.
    async fn gather(stack: &Stack, pool: &PgPool, followers: usize) -> Self {
        let author = UserId::new();
        let registered = world::registered(author, "known_to_many");
        stack.publish(&registered).await;
        let users: Vec<UserId> = (0..followers).map(|_| UserId::new()).collect();
        let readers: Vec<UserId> = users
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 10 != 0)
            .map(|(_, user)| *user)
            .collect();
        let ids =
            |users: &[UserId]| -> Vec<Uuid> { users.iter().map(|user| user.uuid()).collect() };
        sqlx::query(
            "INSERT INTO follows (follower_id, followee_id, active, revision)
             SELECT follower, $2, true, 1 FROM UNNEST($1::uuid[]) AS follower",
        )
        .bind(ids(&users))
        .bind(author.uuid())
        .execute(pool)
        .await
        .unwrap();
        // Who does not read now has done so long ago, or never.
        sqlx::query(
            "INSERT INTO readers (user_id, read_at)
             SELECT id, CASE WHEN id = ANY($2) THEN now() ELSE now() - interval '2 days' END
             FROM UNNEST($1::uuid[]) AS id",
        )
        .bind(ids(&users))
        .bind(ids(&readers))
        .execute(pool)
        .await
        .unwrap();
        Self { author, readers }
    }

    fn post(&self) -> PostCreated {
        world::created(
            PostId::new(),
            self.author,
            "to all of you",
            PostVisibility::Public,
        )
    }

    /// Waits until everybody was told, and that nobody was told twice or in vain.
    async fn expect_told(&self, stack: &Stack, post: &str, change: FeedChange) {
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        for user in self.readers.iter().chain([&self.author]) {
            expected.insert(user.to_string(), 1);
        }
        let told = within(PATIENCE, "all readers are told", async || {
            let told = told(stack, post, change).await;
            let all = expected.keys().all(|user| told.contains_key(user));
            if all { Ok(told) } else { Err(told.len()) }
        })
        .await;
        assert_eq!(told, expected);
    }
}

async fn told(stack: &Stack, post: &str, change: FeedChange) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for published in stack.published::<FeedUpdated>().await {
        // A relay that dies may publish an event once more, under the same id.
        if !seen.insert(published.id) {
            continue;
        }
        let event = published.event;
        assert_eq!(published.key, event.user_id);
        if event.post_id == post && event.change == i32::from(change) {
            *told.entry(event.user_id).or_default() += 1;
        }
    }
    told
}

async fn everybody_is_told_once(push_limit: &str) {
    let stack = Stack::new().await.with("NOVA_FEED_PUSH_LIMIT", push_limit);
    let app = stack.start(nova_feed::service).await;
    let pool = stack.database("feed").await;
    let crowd = Crowd::gather(&stack, &pool, FOLLOWERS).await;
    // A crash in the midst of it: what was told is not told again, and the rest is.
    let post = crowd.post();
    stack.publish(&post).await;
    eventually("some are told", async || {
        !told(&stack, &post.post_id, FeedChange::PostAdded)
            .await
            .is_empty()
    })
    .await;
    app.kill().await;
    let app = stack.start(nova_feed::service).await;
    crowd
        .expect_told(&stack, &post.post_id, FeedChange::PostAdded)
        .await;
    for reader in crowd.readers.iter().step_by(2_000) {
        let seen = read(&stack, &app, *reader, 20).await;
        assert_eq!(seen.len(), 1, "{seen:?}");
    }
    let deleted = PostDeleted {
        post_id: post.post_id.clone(),
        user_id: post.user_id.clone(),
        deleted_at: None,
        revision: 2,
    };
    stack.publish(&deleted).await;
    crowd
        .expect_told(&stack, &post.post_id, FeedChange::PostRemoved)
        .await;
    assert!(read(&stack, &app, crowd.readers[0], 20).await.is_empty());
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_followers_of_an_author_who_is_pushed_are_told_once() {
    everybody_is_told_once("100000").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_followers_of_an_author_who_is_pulled_are_told_once() {
    everybody_is_told_once("5000").await;
}

/// A post of somebody with many followers does not hold up that of another.
#[tokio::test(flavor = "multi_thread")]
async fn others_pass_a_long_fan_out_that_is_pushed() {
    others_pass("100000").await;
}

/// Nor does the pace at which very many are told.
#[tokio::test(flavor = "multi_thread")]
async fn others_pass_a_long_fan_out_that_is_pulled() {
    others_pass("5000").await;
}

async fn others_pass(push_limit: &str) {
    let stack = Stack::new().await.with("NOVA_FEED_PUSH_LIMIT", push_limit);
    let app = stack.start(nova_feed::service).await;
    let pool = stack.database("feed").await;
    let many = Crowd::gather(&stack, &pool, FOLLOWERS).await;
    // More than a round tells.
    let few = Crowd::gather(&stack, &pool, 700).await;
    let (long, short) = (many.post(), few.post());
    stack.publish(&long).await;
    eventually("the long one has begun", async || {
        !told(&stack, &long.post_id, FeedChange::PostAdded)
            .await
            .is_empty()
    })
    .await;
    stack.publish(&short).await;
    few.expect_told(&stack, &short.post_id, FeedChange::PostAdded)
        .await;
    many.expect_told(&stack, &long.post_id, FeedChange::PostAdded)
        .await;
    drop(app);
    stack.finish().await;
}
