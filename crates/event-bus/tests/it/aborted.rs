//! A handler that swallows a database error and says that all is well leaves an aborted transaction, of which
//! Postgres answers the commit with a rollback.

use nova_event_bus::{
    Consumer, ConsumerOptions, DeadLetter, Delivery, OutboxError, Router, list_dead_letters,
};
use nova_proto::content::v1::PostCreated;
use nova_testkit::{Stack, eventually};
use sqlx::{PgConnection, PgPool};

use crate::recorder::{Member, database, effects, post};

const GOOD: usize = 20;

async fn write(tx: &mut PgConnection, post: &Delivery<PostCreated>) {
    let write = "INSERT INTO effects (key, value, partition, position) VALUES ($1, $2, 0, 0)";
    let write = sqlx::query(write).bind(&post.user_id).bind(&post.content);
    // Whatever became of it.
    write.execute(&mut *tx).await.ok();
    if post.content == "swallowed" {
        sqlx::query("SELECT 1 / 0").execute(tx).await.ok();
    }
}

async fn one(
    (): &(),
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), OutboxError> {
    write(tx, post).await;
    Ok(())
}

async fn many(
    (): &(),
    tx: &mut PgConnection,
    posts: &[&Delivery<PostCreated>],
) -> Result<(), OutboxError> {
    for post in posts {
        write(tx, post).await;
    }
    Ok(())
}

fn once() -> Router<()> {
    Router::new("once", ()).once::<PostCreated>(one)
}

fn batch() -> Router<()> {
    Router::new("batch", ()).batch::<PostCreated>(many)
}

async fn parked(pool: &PgPool) -> DeadLetter {
    eventually("the guilty one is parked", async || {
        list_dead_letters(pool, 10).await.unwrap().pop()
    })
    .await
}

/// One swallows an error among others that are there already, so that they share transactions if they may.
async fn only_the_guilty_one_has_no_effect(router: Router<()>, batch: usize) {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    for number in 0..GOOD {
        let content = if number == GOOD / 2 {
            "swallowed"
        } else {
            "good"
        };
        stack.publish(&post(&number.to_string(), content)).await;
    }
    let options = ConsumerOptions {
        batch,
        ..ConsumerOptions::default()
    };
    let consumer = Consumer::new(&stack.kafka, pool.clone(), router).options(options);
    let member = Member::start(consumer);
    let letter = parked(&pool).await;
    assert!(
        letter.reason.starts_with("aborted_transaction"),
        "{letter:?}"
    );
    assert_eq!(
        letter.key.as_deref(),
        Some((GOOD / 2).to_string().as_bytes())
    );
    eventually("all others have their effect", async || {
        let seen = effects(&pool).await.len();
        if seen == GOOD - 1 { Ok(()) } else { Err(seen) }
    })
    .await;
    member.leave().await;
    assert_eq!(list_dead_letters(&pool, 10).await.unwrap().len(), 1);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_error_of_a_once_handler_parks_its_event() {
    only_the_guilty_one_has_no_effect(once(), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_error_takes_no_other_event_of_a_shared_transaction_with_it() {
    only_the_guilty_one_has_no_effect(once(), 128).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_error_of_a_batch_handler_parks_its_event() {
    only_the_guilty_one_has_no_effect(batch(), 128).await;
}
