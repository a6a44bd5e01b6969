//! How far somebody has read, told once a second and not oftener.

use nova_proto::messaging::v1::{MessageDelivered, MessageRead};
use nova_testkit::eventually;
use serde_json::{Value, json};

use crate::messaging::{Messaging, last_of};

#[tokio::test]
async fn a_read_mark_only_grows_and_never_into_the_future() {
    let nova = Messaging::start().await;
    let (ada, ben, eve) = (nova.user().await, nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    for text in ["one", "two", "three"] {
        nova.say(&ada, &direct, text).await;
    }
    nova.say(&ben, &direct, "mine").await;
    let read = format!("{direct}/read");
    let state = async |user| {
        let seen = nova.get(user, &direct).await.expect(200);
        (seen["read_sequence"].clone(), seen["unread_count"].clone())
    };
    let is = |read: i64, unread: i64| (json!(read), json!(unread));
    // One's own are never unread.
    assert_eq!(state(&ben).await, is(0, 3));
    assert_eq!(state(&ada).await, is(0, 1));
    for (sequence, then) in [(2, is(2, 1)), (1, is(2, 1)), (0, is(2, 1)), (4, is(4, 0))] {
        nova.put(&ben, &read, json!({ "sequence": sequence }))
            .await
            .expect(204);
        assert_eq!(state(&ben).await, then);
    }
    let future = nova.put(&ben, &read, json!({ "sequence": 5 })).await;
    assert_eq!(future.wrong_fields(422, "not_yet"), ["sequence"]);
    for wrong in [json!(-1), json!("1"), json!(1.5), Value::Null] {
        let refused = nova.put(&ben, &read, json!({ "sequence": wrong })).await;
        assert_eq!(refused.wrong_fields(400, "validation_failed"), ["sequence"]);
    }
    nova.put(&eve, &read, json!({ "sequence": 1 }))
        .await
        .problem(404, "not_found");
    let seen = nova.get(&ada, &direct).await.expect(200);
    let members = seen["members"].as_array().unwrap();
    let his = members
        .iter()
        .find(|one| one["user_id"] == json!(ben.id))
        .unwrap();
    assert_eq!(
        (&his["read_sequence"], &his["delivered_sequence"]),
        (&json!(4), &json!(4))
    );
    // It takes no position.
    assert_eq!(seen["position"], 5);
    nova.finish().await;
}

#[tokio::test]
async fn marks_are_told_a_few_times_and_the_last_is_never_lost() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let path = format!("{direct}/read");
    for sequence in 1..=30 {
        nova.say(&ada, &direct, "x").await;
        nova.put(&ben, &path, json!({ "sequence": sequence }))
            .await
            .expect(204);
    }
    // Killed with some of it untold.
    nova.app.kill().await;
    let nova = Messaging::start_on(nova.stack).await;
    let told = eventually("the last is told", async || {
        let told = nova.published::<MessageRead>().await;
        let last = told.last().map(|told| told.event.sequence);
        if last == Some(30) {
            Ok(told)
        } else {
            Err(last)
        }
    })
    .await;
    let sequences: Vec<i64> = told.iter().map(|told| told.event.sequence).collect();
    assert!(
        sequences.is_sorted_by(|one, next| one < next),
        "{sequences:?}"
    );
    // By the times in them, which no busy machine makes shorter: two are a second apart.
    let times: Vec<i128> = told
        .iter()
        .map(|told| {
            let at = told.event.read_at.unwrap();
            i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos)
        })
        .collect();
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= 1_000_000_000, "{times:?}");
    }
    assert!(told.iter().all(|told| told.key == last_of(&direct)));
    let delivered = nova.published::<MessageDelivered>().await;
    assert_eq!(delivered.last().unwrap().event.sequence, 30);
    nova.finish().await;
}
