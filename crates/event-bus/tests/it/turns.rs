//! Nobody holds a turn while waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nova_event_bus::{BreakerOptions, Consumer, ConsumerOptions, Delivery, Router, WhenOpen};
use nova_proto::content::v1::PostCreated;
use nova_proto::identity::v1::UserFollowed;
use nova_resilience::{BreakerConfig, BreakerPolicy, Code};
use nova_testkit::{Stack, eventually};
use sqlx::PgConnection;

use crate::door::{Door, write_down};
use crate::recorder::{Member, Told, database, effects, post};

const HOUR: Duration = Duration::from_secs(3_600);

#[derive(Clone, Default)]
struct Both {
    door: Door,
    follows: Arc<AtomicUsize>,
}

async fn create(
    both: &Both,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), Told> {
    write_down(&both.door, tx, post).await
}

async fn follow(both: &Both, _: &mut PgConnection, _: &Delivery<UserFollowed>) -> Result<(), Told> {
    both.follows.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

async fn announce(both: &Both, post: &Delivery<PostCreated>) -> Result<(), Told> {
    both.door.pass(&format!("then {}", post.content)).await
}

/// One transaction at a time.
fn narrow() -> ConsumerOptions {
    ConsumerOptions {
        transactions: 1,
        ..ConsumerOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_whose_breaker_is_open_holds_no_transaction() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let both = Both::default();
    for number in 0..30 {
        let name = number.to_string();
        both.door.refuse(&name, Code::Unavailable);
        stack.publish(&post(&name, &name)).await;
    }
    let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
    let options = ConsumerOptions {
        breaker: Some(BreakerOptions {
            config: config.open_for(HOUR, 1, HOUR).unwrap(),
            when_open: WhenOpen::Hold,
        }),
        ..narrow()
    };
    let router = Router::new("turns", both.clone())
        .once::<PostCreated>(create)
        .once::<UserFollowed>(follow);
    let consumer = Consumer::new(&stack.kafka, pool.clone(), router).options(options);
    let member = Member::start(consumer);
    eventually("breakers are open", async || !both.door.runs().is_empty()).await;
    for number in 0..10 {
        let follow = UserFollowed {
            user_id: number.to_string(),
            ..Default::default()
        };
        stack.publish(&follow).await;
    }
    eventually("the other topic flows", async || {
        both.follows.load(Ordering::SeqCst) == 10
    })
    .await;
    member.leave().await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_transaction_holds_none_and_keeps_no_other_key_waiting() {
    const KEYS: usize = 20;
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let both = Both::default();
    for number in 0..KEYS {
        both.door.hold(&format!("then {number}"));
        stack
            .publish(&post(&number.to_string(), &number.to_string()))
            .await;
    }
    let router = Router::new("thens", both.clone()).once_then::<PostCreated>(create, announce);
    let consumer = Consumer::new(&stack.kafka, pool.clone(), router).options(narrow());
    let member = Member::start(consumer);
    eventually(
        "all second halves are begun, and none has ended",
        async || {
            let runs = both.door.runs();
            (0..KEYS).all(|number| runs.contains(&format!("then {number}")))
        },
    )
    .await;
    // With all of them waiting, the one transaction is free.
    stack.publish(&post("new", "new")).await;
    eventually("it is handled", async || {
        effects(&pool).await.len() == KEYS + 1
    })
    .await;
    for number in 0..KEYS {
        both.door.release(&format!("then {number}"));
    }
    member.leave().await;
    stack.finish().await;
}
