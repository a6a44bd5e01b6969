//! Batch handlers: many events in one call, and each as if it were alone when one fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use nova_event_bus::{Consumer, Delivery, Router, list_dead_letters};
use nova_proto::content::v1::PostCreated;
use nova_resilience::Code;
use nova_testkit::{Stack, eventually};
use sqlx::PgConnection;

use crate::door::{Door, write_down};
use crate::recorder::{Member, Told, database, effects, post};

const KEYS: usize = 20;
const ROUNDS: usize = 10;

#[derive(Clone, Default)]
struct Batches {
    door: Door,
    largest: Arc<AtomicUsize>,
    /// The last number of each key that a batch held, to see that a batch is in order.
    misordered: Arc<Mutex<usize>>,
}

async fn all(
    batches: &Batches,
    tx: &mut PgConnection,
    posts: &[&Delivery<PostCreated>],
) -> Result<(), Told> {
    batches.largest.fetch_max(posts.len(), Ordering::SeqCst);
    let mut last: HashMap<&str, i64> = HashMap::new();
    for post in posts {
        let before = last.insert(&post.user_id, post.record.offset());
        if before.is_some_and(|before| before > post.record.offset()) {
            *batches.misordered.lock().unwrap() += 1;
        }
        write_down(&batches.door, tx, post).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_poisoned_event_takes_its_own_key_out_of_a_batch_and_nothing_else() {
    let stack = Stack::new().await;
    let pool = database(&stack).await;
    let batches = Batches::default();
    batches.door.refuse("7:4", Code::Invalid);
    for round in 0..ROUNDS {
        for key in 0..KEYS {
            let content = format!("{key}:{round}");
            stack.publish(&post(&key.to_string(), &content)).await;
        }
    }
    let router = Router::new("batches", batches.clone()).batch::<PostCreated>(all);
    let member = Member::start(Consumer::new(&stack.kafka, pool.clone(), router));
    let parked = ROUNDS - 4;
    eventually("everything is handled or parked", async || {
        let letters = list_dead_letters(&pool, 100).await.unwrap().len();
        let seen = (effects(&pool).await.len(), letters);
        if seen == (KEYS * ROUNDS - parked, parked) {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    let mut of_key: HashMap<String, Vec<String>> = HashMap::new();
    for (key, value) in effects(&pool).await {
        of_key.entry(key).or_default().push(value);
    }
    for (key, values) in of_key {
        let rounds = if key == "7" { 4 } else { ROUNDS };
        let expected: Vec<String> = (0..rounds).map(|round| format!("{key}:{round}")).collect();
        assert_eq!(values, expected);
    }
    assert!(batches.largest.load(Ordering::SeqCst) > 1);
    assert_eq!(*batches.misordered.lock().unwrap(), 0);
    member.leave().await;
    stack.finish().await;
}
