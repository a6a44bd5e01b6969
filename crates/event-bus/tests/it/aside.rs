//! Types that nobody here knows: a producer was deployed first.

use nova_event_bus::dead_letter::{self, Again, Selection};
use nova_event_bus::{Consumer, Event, Router};
use nova_proto::catalogue::EVENTS;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_testkit::{Stack, eventually};
use sqlx::{PgConnection, PgPool};

use crate::door::{Door, write_down};
use crate::healing::quick;
use crate::recorder::{Member, Told, database, effects_of, post};
use crate::replays::letters;

/// A build that knows posts that are created, and nothing else.
fn old(door: &Door, stack: &Stack, pool: &PgPool) -> Consumer {
    let router = Router::new("builds", door.clone()).once::<PostCreated>(write_down);
    Consumer::new(&stack.kafka, pool.clone(), router).options(quick("1"))
}

/// A build that handles their updates as well, and knows that it does not want deletions.
fn new(door: &Door, stack: &Stack, pool: &PgPool) -> Consumer {
    let router = Router::new("builds", door.clone())
        .knows(EVENTS)
        .once::<PostCreated>(write_down)
        .once::<PostUpdated>(update);
    Consumer::new(&stack.kafka, pool.clone(), router).options(quick("2"))
}

async fn update(
    door: &Door,
    tx: &mut PgConnection,
    post: &nova_event_bus::Delivery<PostUpdated>,
) -> Result<(), Told> {
    let write = "INSERT INTO effects (key, value, partition, position) VALUES ($1, $2, 0, 0)";
    let written = sqlx::query(write).bind(&post.post_id).bind(&post.content);
    written
        .execute(tx)
        .await
        .map_err(|_| Told(nova_resilience::Code::Unavailable))?;
    door.pass(post.content()).await
}

fn updated(key: &str, content: &str) -> PostUpdated {
    PostUpdated {
        post_id: key.to_owned(),
        content: Some(content.to_owned()),
        ..Default::default()
    }
}

async fn are(pool: &PgPool, expected: &[&str]) {
    eventually("the key has these effects", async || {
        let seen = effects_of(pool, "a").await;
        if seen == expected { Ok(()) } else { Err(seen) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_nobody_knows_holds_nothing_up_and_is_handled_by_the_build_that_knows_it() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let door = Door::default();
    let member = Member::start(old(&door, &stack, &pool));
    stack.publish(&post("a", "created")).await;
    stack.publish(&updated("a", "updated once")).await;
    stack.publish(&updated("a", "updated twice")).await;
    let deleted = PostDeleted {
        post_id: "a".to_owned(),
        ..Default::default()
    };
    stack.publish(&deleted).await;
    stack.publish(&post("a", "created again")).await;
    are(&pool, &["created", "created again"]).await;
    letters(&pool, 3).await;
    let groups = dead_letter::groups(&pool, &Selection::All, 10)
        .await
        .unwrap();
    assert_eq!(groups.len(), 2, "{groups:?}");
    for group in &groups {
        assert_eq!(group.again, Again::KnownType);
        assert!(group.reason.starts_with("unknown_type"), "{group:?}");
    }
    let of_updates = groups.iter().find(|group| group.failed == 2).unwrap();
    let event_type = PostUpdated::INFO.event_type;
    assert_eq!(of_updates.event_type.as_deref(), Some(event_type));
    member.leave().await;

    let member = Member::start(new(&door, &stack, &pool));
    are(
        &pool,
        &["created", "created again", "updated once", "updated twice"],
    )
    .await;
    // What is known to have no handler goes.
    letters(&pool, 0).await;
    stack.publish(&updated("a", "updated again")).await;
    eventually("the key flows", async || {
        effects_of(&pool, "a").await.len() == 5
    })
    .await;
    member.leave().await;
    stack.finish().await;
}
