//! Reactions: emoji, one of each kind by each, and at most twenty kinds.

use nova_proto::messaging::v1::MessageReacted;
use serde_json::json;

use crate::messaging::{Messaging, message_path};

const KINDS: [&str; 21] = [
    "👍", "👎", "😀", "😁", "😂", "🤣", "😃", "😄", "😅", "😆", "😉", "😊", "😋", "😎", "😍", "😘",
    "😗", "😙", "😚", "🙂", "🎉",
];

#[tokio::test]
async fn members_react_and_take_it_back() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let message = nova.say(&ada, &direct, "hello").await;
    let path = |emoji: &str| format!("{}/reactions/{emoji}", message_path(&message));
    for user in [&ada, &ben, &ben] {
        nova.put(user, &path("❤️"), json!({})).await.expect(204);
    }
    // The same without its selector.
    nova.put(&ada, &path("❤"), json!({})).await.expect(204);
    nova.put(&ben, &path("👩‍👩‍👧"), json!({})).await.expect(204);
    let seen = nova.messages(&ada, &direct).await;
    assert_eq!(
        seen[0]["reactions"],
        json!([
            { "emoji": "❤️", "count": 2, "mine": true },
            { "emoji": "👩‍👩‍👧", "count": 1, "mine": false },
        ])
    );
    // Repeating took no position, and reacting is no edit.
    assert_eq!(
        (&seen[0]["position"], &seen[0]["revision"]),
        (&json!(5), &json!(1))
    );
    for _ in 0..2 {
        nova.delete(&ada, &path("❤")).await.expect(204);
    }
    let seen = nova.messages(&ben, &direct).await;
    assert_eq!(
        seen[0]["reactions"][0],
        json!({ "emoji": "❤️", "count": 1, "mine": true })
    );
    assert_eq!(seen[0]["position"], 6);
    let told = nova.published::<MessageReacted>().await;
    let told: Vec<_> = told
        .iter()
        .map(|told| {
            (
                told.event.position,
                told.event.emoji.as_str(),
                told.event.removed,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (3, "❤️", false),
            (4, "❤️", false),
            (5, "👩‍👩‍👧", false),
            (6, "❤️", true)
        ]
    );
    let all = nova.published::<MessageReacted>().await;
    let whole = all[1].event.message.as_ref().unwrap();
    assert_eq!(
        whole.reactions[0].user_ids,
        [ada.id.to_string(), ben.id.to_string()]
    );
    nova.finish().await;
}

#[tokio::test]
async fn there_are_at_most_twenty_kinds_and_nothing_but_emoji() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let message = nova.say(&ada, &direct, "hello").await;
    let path = |emoji: &str| format!("{}/reactions/{emoji}", message_path(&message));
    for emoji in &KINDS[..20] {
        nova.put(&ada, &path(emoji), json!({})).await.expect(204);
    }
    let refused = nova.put(&ben, &path(KINDS[20]), json!({})).await;
    assert_eq!(refused.wrong_fields(422, "too_many"), ["emoji"]);
    nova.put(&ben, &path(KINDS[0]), json!({})).await.expect(204);
    nova.delete(&ada, &path(KINDS[1])).await.expect(204);
    nova.put(&ben, &path(KINDS[20]), json!({}))
        .await
        .expect(204);
    for wrong in ["a", "ab", "👍👍", "%00", "%20", "1", "👍x"] {
        for answer in [
            nova.put(&ada, &path(wrong), json!({})).await,
            nova.delete(&ada, &path(wrong)).await,
        ] {
            assert_eq!(
                answer.wrong_fields(400, "validation_failed"),
                ["emoji"],
                "{wrong}"
            );
        }
    }
    let broken = nova.put(&ada, &path("%ff"), json!({})).await;
    assert_eq!(broken.wrong_fields(400, "invalid_request"), ["path"]);
    nova.finish().await;
}
