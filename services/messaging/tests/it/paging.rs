//! Stretches of a conversation.

use serde_json::{Value, json};

use crate::messaging::{Messaging, message_path};

/// The sequences of a stretch, and where it goes on.
fn stretch(answer: &Value) -> (Vec<i64>, Option<i64>, Option<i64>) {
    let items = answer["items"].as_array().unwrap().iter();
    let sequences = items.map(|one| one["sequence"].as_i64().unwrap()).collect();
    (
        sequences,
        answer["before"].as_i64(),
        answer["after"].as_i64(),
    )
}

#[tokio::test]
async fn a_stretch_is_ascending_and_says_where_it_goes_on() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let get = async |query: &str| {
        let path = format!("{direct}/messages?{query}");
        stretch(&nova.get(&ben, &path).await.expect(200))
    };
    assert_eq!(get("").await, (vec![], None, None));
    for number in 1..=10 {
        nova.say(&ada, &direct, &number.to_string()).await;
    }
    for (query, expected) in [
        ("limit=3", (vec![8, 9, 10], Some(8), None)),
        ("", ((1..=10).collect(), None, None)),
        ("before=8&limit=3", (vec![5, 6, 7], Some(5), Some(7))),
        ("before=3&limit=3", (vec![1, 2], None, Some(2))),
        ("before=99&limit=2", (vec![9, 10], Some(9), None)),
        ("after=0&limit=2", (vec![1, 2], None, Some(2))),
        ("after=8&limit=2", (vec![9, 10], Some(9), None)),
        ("after=10", (vec![], None, None)),
        ("before=1", (vec![], None, None)),
        ("around=5&limit=5", (vec![3, 4, 5, 6, 7], Some(3), Some(7))),
        ("around=5&limit=4", (vec![3, 4, 5, 6], Some(3), Some(6))),
        ("around=5&limit=1", (vec![5], Some(5), Some(5))),
        ("around=1&limit=4", (vec![1, 2, 3, 4], None, Some(4))),
        ("around=10&limit=4", (vec![7, 8, 9, 10], Some(7), None)),
        ("around=99&limit=2", (vec![9, 10], Some(9), None)),
    ] {
        assert_eq!(get(query).await, expected, "{query}");
    }
    nova.finish().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let nova = Messaging::start().await;
    let ada = nova.user().await;
    let group = nova.group(&ada, &[]).await;
    for (query, field) in [
        ("before=1&after=1", "after"),
        ("before=1&around=1", "around"),
        ("after=-1", "after"),
        ("around=x", "around"),
        ("before=99999999999999999999", "before"),
        ("before=", "before"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("offset=1", "offset"),
        ("before=1&before=2", "before"),
    ] {
        let refused = nova.get(&ada, &format!("{group}/messages?{query}")).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{query}"
        );
    }
    nova.finish().await;
}

#[tokio::test]
async fn hidden_and_deleted_messages_do_not_end_a_stretch() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben, &third]).await;
    for number in 0..6 {
        nova.say([&ada, &ben][number % 2], &group, "x").await;
    }
    let last = nova.say(&ada, &group, "last").await;
    nova.delete(&ada, &message_path(&last)).await.expect(204);
    nova.block(&third, &ben, true, 1).await;
    let path = format!("{group}/messages?limit=2");
    let seen = nova.get(&third, &path).await.expect(200);
    assert_eq!(stretch(&seen), (vec![5, 7], Some(5), None));
    let path = format!("{group}/messages?limit=2&before=5");
    let seen = nova.get(&third, &path).await.expect(200);
    assert_eq!(stretch(&seen), (vec![1, 3], None, Some(3)));
    assert_eq!(seen["items"][0]["content"], json!("x"));
    nova.finish().await;
}
