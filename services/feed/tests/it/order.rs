//! Whatever order events arrive in, the feeds end the same.

use nova_ids::UserId;
use nova_testkit::{Stack, eventually};
use sqlx::PgPool;

use crate::reader::{expect_feeds, flush, handled, read};
use crate::world::World;

const WORLDS: u64 = 6;
const STEPS: usize = 60;

/// Seeds are printed, and `NOVA_TEST_SEED` runs one again.
fn seeds() -> Vec<u64> {
    match std::env::var("NOVA_TEST_SEED") {
        Ok(seed) => vec![seed.parse().expect("NOVA_TEST_SEED is a number")],
        Err(_) => (0..WORLDS).map(|_| rand::random()).collect(),
    }
}

/// Nothing is left of the user but their id, in one place.
async fn expect_erased(pool: &PgPool, user: UserId) {
    eventually("nothing is left of who is gone", async || {
        let left: Vec<String> = sqlx::query_scalar(
            "SELECT 'erasures' FROM erasures WHERE user_id = $1
             UNION ALL SELECT 'fanouts' FROM fanouts WHERE author_id = $1
             UNION ALL SELECT 'pulled_posts' FROM pulled_posts WHERE author_id = $1
             UNION ALL SELECT 'posts' FROM posts WHERE author_id = $1
             UNION ALL SELECT 'follows' FROM follows WHERE $1 IN (follower_id, followee_id)
             UNION ALL SELECT 'authors' FROM authors WHERE id = $1 AND username || display_name <> ''",
        )
        .bind(user.uuid())
        .fetch_all(pool)
        .await
        .unwrap();
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
}

/// With cached timelines of that length, authors who are pulled when they have more followers than that, and feeds
/// being read all the while.
async fn feeds_end_the_same(timeline_length: &str, push_limit: &str) {
    let stack = Stack::new()
        .await
        .with("NOVA_FEED_TIMELINE_LENGTH", timeline_length)
        .with("NOVA_FEED_PUSH_LIMIT", push_limit);
    let app = stack.start(nova_feed::service).await;
    let pool = stack.database("feed").await;
    let mut published = 0;
    for seed in seeds() {
        println!("NOVA_TEST_SEED={seed}");
        let mut world = World::new(seed);
        let mut events = world.live(STEPS);
        world.shuffle(&mut events);
        for (number, event) in events.iter().enumerate() {
            event.publish(&stack).await;
            if number % 5 == 0 {
                let reader = world.users[number / 5 % world.users.len()];
                read(&stack, &app, reader, 3).await;
            }
            if number == events.len() / 2 {
                flush(&stack).await;
            }
        }
        published += events.len();
        eventually("every event is handled", async || {
            let handled = handled(&pool).await;
            if handled == published as i64 {
                Ok(())
            } else {
                Err((handled, published))
            }
        })
        .await;
        expect_feeds(&stack, &app, &world, &format!("seed {seed}: at the end")).await;
        flush(&stack).await;
        expect_feeds(&stack, &app, &world, &format!("seed {seed}: rebuilt")).await;
        for user in world.users.iter().filter(|user| world.is_erased(**user)) {
            expect_erased(&pool, *user).await;
        }
    }
    let parked = nova_event_bus::list_dead_letters(&pool, 10).await.unwrap();
    assert!(parked.is_empty(), "{parked:?}");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_timelines_that_hold_everything() {
    feeds_end_the_same("500", "5000").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_timelines_that_are_cut_short() {
    feeds_end_the_same("5", "5000").await;
}

/// Of four users each is now above the limit, now below it.
#[tokio::test(flavor = "multi_thread")]
async fn with_authors_who_cross_the_limit() {
    feeds_end_the_same("500", "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_authors_who_are_all_pulled_and_short_timelines() {
    feeds_end_the_same("5", "0").await;
}
