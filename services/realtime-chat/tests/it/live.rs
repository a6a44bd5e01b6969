//! What happens is told as it happens, on every node, once and in order.

use nova_ids::UserId;
use nova_proto::messaging::v1::MessageRejected;
use nova_proto::realtime_chat::v1::{MarksReported, MessageSubmitted};
use nova_proto::timestamp;
use nova_testkit::eventually;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::stage::{Room, Stage, pong, send};

#[tokio::test]
async fn every_change_reaches_every_device_on_every_node_in_order() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut sockets = vec![
        stage.socket(0, ada).await,
        stage.socket(1, ada).await,
        stage.socket(0, bob).await,
        stage.socket(1, bob).await,
    ];
    let mut message = room.say(&stage, ada, "hello").await;
    room.edit(&stage, &mut message, "Hello").await;
    room.react(&stage, &mut message, bob).await;
    room.delete(&stage, &mut message).await;
    let carl = UserId::new();
    room.add(&stage, carl).await;
    for socket in &mut sockets {
        let told = socket.json().await;
        assert_eq!(
            told,
            json!({
                "type": "message", "conversation_id": room.id, "position": 2,
                "message": {
                    "id": message.id, "conversation_id": room.id, "sequence": 1, "position": 2,
                    "sender_id": ada, "type": "TEXT", "content": "hello", "media": [],
                    "reply_to": null, "reactions": [], "client_message_id": null, "revision": 1,
                    "sent_at": told["message"]["sent_at"], "edited_at": null, "deleted_at": null,
                },
            })
        );
        assert!(told["message"]["sent_at"].as_str().unwrap().ends_with('Z'));
        let edited = socket.json().await;
        assert_eq!(
            (&edited["type"], &edited["position"]),
            (&json!("edited"), &json!(3))
        );
        assert_eq!(edited["message"]["content"], "Hello");
        assert_eq!(edited["message"]["revision"], 2);
        let reacted = socket.json().await;
        assert_eq!(
            (&reacted["type"], &reacted["position"]),
            (&json!("reacted"), &json!(4))
        );
        let reactions = json!([{ "emoji": "👍", "count": 1 }]);
        assert_eq!(reacted["message"]["reactions"], reactions);
        let deleted = socket.json().await;
        assert_eq!(
            (&deleted["type"], &deleted["position"]),
            (&json!("deleted"), &json!(5))
        );
        assert_eq!(deleted["message"]["content"], json!(null));
        let changed = socket.json().await;
        assert_eq!(
            (&changed["type"], &changed["position"]),
            (&json!("conversation"), &json!(6))
        );
        let members = changed["conversation"]["members"].as_array().unwrap();
        assert_eq!(members.len(), 3);
        assert_eq!(members[2]["user_id"], carl.to_string());
        assert_eq!(changed["conversation"]["title"], "a room");
        pong(socket).await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn who_sends_is_answered_and_their_other_devices_are_told() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut sender = stage.socket(0, ada).await;
    let mut other = stage.socket(1, ada).await;
    let (id, frame) = send(&room, "over the wire");
    sender.send_json(&frame).await;
    let submitted = eventually("it is submitted", async || {
        stage.stack.published::<MessageSubmitted>().await.pop()
    })
    .await;
    assert_eq!(submitted.key, room.id.to_string());
    assert_eq!(submitted.user_id, ada.to_string());
    assert_eq!(submitted.client_message_id, id.to_string());
    assert_eq!(submitted.content, "over the wire");
    let message = room
        .say_as(&stage, ada, "over the wire", &id.to_string())
        .await;
    let ack = sender.json().await;
    assert_eq!(
        ack,
        json!({
            "type": "ack", "client_message_id": id, "message_id": message.id,
            "conversation_id": room.id, "sequence": 1, "position": 2, "sent_at": ack["sent_at"],
        })
    );
    let told = other.json().await;
    assert_eq!(told["type"], "message");
    assert_eq!(told["message"]["client_message_id"], id.to_string());
    // Once: nothing more has come.
    pong(&mut sender).await;
    pong(&mut other).await;
    stage.finish().await;
}

#[tokio::test]
async fn what_is_not_taken_is_answered_to_who_has_sent_it() {
    let stage = Stage::new(2).await;
    let ada = UserId::new();
    let mut room = Room::begin(&stage, &[ada]).await;
    let mut sender = stage.socket(1, ada).await;
    let mut other = stage.socket(0, ada).await;
    let (id, frame) = send(&room, "no");
    sender.send_json(&frame).await;
    pong(&mut sender).await;
    let rejected = MessageRejected {
        conversation_id: room.id.to_string(),
        user_id: ada.to_string(),
        client_message_id: id.to_string(),
        code: "validation_failed".to_owned(),
        detail: "some fields are not valid".to_owned(),
        field: Some("reply_to".to_owned()),
        rejected_at: Some(timestamp(OffsetDateTime::now_utc())),
        message: None,
    };
    stage.stack.publish(&rejected).await;
    assert_eq!(
        sender.json().await,
        json!({
            "type": "error", "code": "validation_failed", "detail": "some fields are not valid",
            "field": "reply_to", "client_message_id": id,
        })
    );
    // What was sent before, by this or another way, is the answer.
    let message = room.say(&stage, ada, "before").await;
    assert_eq!(sender.json().await["type"], "message");
    assert_eq!(other.json().await["type"], "message");
    let (again, frame) = send(&room, "before");
    sender.send_json(&frame).await;
    pong(&mut sender).await;
    let before = MessageRejected {
        client_message_id: again.to_string(),
        code: "already_sent".to_owned(),
        field: None,
        message: Some(nova_proto::messaging::v1::Message {
            client_message_id: again.to_string(),
            ..message.clone()
        }),
        ..rejected
    };
    stage.stack.publish(&before).await;
    let ack = sender.json().await;
    assert_eq!(
        (&ack["type"], &ack["message_id"]),
        (&json!("ack"), &json!(message.id))
    );
    pong(&mut other).await;
    stage.finish().await;
}

#[tokio::test]
async fn no_ack_tells_of_what_is_still_to_come() {
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let mut room = Room::begin(&stage, &[ada]).await;
    let mut sender = stage.socket(0, ada).await;
    let (id, frame) = send(&room, "twice");
    let mut message = room.say_as(&stage, ada, "twice", &id.to_string()).await;
    assert_eq!(sender.json().await["type"], "message");
    // Somebody who has not understood that this is theirs says it again, and meanwhile it is edited.
    sender.send_json(&frame).await;
    pong(&mut sender).await;
    let (text, edited_at) = ("edited".to_owned(), timestamp(OffsetDateTime::now_utc()));
    let before = MessageRejected {
        conversation_id: room.id.to_string(),
        user_id: ada.to_string(),
        client_message_id: id.to_string(),
        code: "already_sent".to_owned(),
        detail: "this message was sent before".to_owned(),
        field: None,
        rejected_at: Some(edited_at),
        message: Some(nova_proto::messaging::v1::Message {
            content: Some(text.clone()),
            position: room.position + 1,
            revision: 2,
            edited_at: Some(edited_at),
            ..message.clone()
        }),
    };
    stage.stack.publish(&before).await;
    room.edit(&stage, &mut message, &text).await;
    let edited = sender.json().await;
    assert_eq!(
        (&edited["type"], &edited["position"]),
        (&json!("edited"), &json!(3))
    );
    let ack = sender.json().await;
    assert_eq!((&ack["type"], &ack["position"]), (&json!("ack"), &json!(3)));
    assert_eq!(ack["client_message_id"], id.to_string());
    // Once: nothing more has come.
    pong(&mut sender).await;
    stage.finish().await;
}

#[tokio::test]
async fn marks_go_to_messaging_and_come_to_the_others() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut of_ada = stage.socket(0, ada).await;
    let mut of_bob = stage.socket(1, bob).await;
    let mut his_other = stage.socket(0, bob).await;
    room.say(&stage, ada, "read me").await;
    assert_eq!(of_bob.json().await["type"], "message");
    assert_eq!(his_other.json().await["type"], "message");
    assert_eq!(of_ada.json().await["type"], "message");
    let mark = json!({ "type": "mark", "conversation_id": room.id, "read": 1, "delivered": 1 });
    of_bob.send_json(&mark).await;
    let reported = eventually("it is reported", async || {
        stage.stack.published::<MarksReported>().await.pop()
    })
    .await;
    assert_eq!(reported.user_id, bob.to_string());
    assert_eq!(
        (reported.read_sequence, reported.delivered_sequence),
        (Some(1), Some(1))
    );
    let read = nova_proto::messaging::v1::MessageRead {
        conversation_id: room.id.to_string(),
        user_id: bob.to_string(),
        sequence: 1,
        read_at: Some(timestamp(OffsetDateTime::now_utc())),
    };
    stage.stack.publish(&read).await;
    let told = json!({ "type": "mark", "conversation_id": room.id, "user_id": bob, "read": 1 });
    assert_eq!(of_ada.json().await, told);
    // What is read on one device is so on the others, and the one that said it needs not be told.
    assert_eq!(his_other.json().await, told);
    pong(&mut of_bob).await;
    // The same once more is no news, and whoever comes later hears of it after `resumed`.
    stage.stack.publish(&read).await;
    room.say(&stage, bob, "next").await;
    assert_eq!(of_ada.json().await["type"], "message");
    let (mut later, _) = stage
        .resumed(1, ada, json!({ room.id.to_string(): 3 }))
        .await;
    assert_eq!(later.json().await, told);
    stage.finish().await;
}

/// One blocks the other, and that is kept.
async fn blocked(stage: &Stage, blocker: UserId, blocked: UserId) -> sqlx::PgPool {
    let event = nova_proto::identity::v1::UserBlocked {
        user_id: blocker.to_string(),
        blocked_user_id: blocked.to_string(),
        revision: 1,
        ..Default::default()
    };
    stage.stack.publish(&event).await;
    let pool = stage.stack.database("realtime-chat").await;
    eventually("the block is kept", async || {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM blocks WHERE active")
            .fetch_one(&pool)
            .await
            .unwrap();
        (found == 1).then_some(()).ok_or(found)
    })
    .await;
    pool
}

#[tokio::test]
async fn reactions_of_who_is_blocked_do_not_count() {
    let stage = Stage::new(2).await;
    let (ada, bob, carl) = (UserId::new(), UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob, carl]).await;
    let pool = blocked(&stage, bob, ada).await;
    let mut of_ada = stage.socket(1, ada).await;
    let mut of_carl = stage.socket(1, carl).await;
    let mut message = room.say(&stage, carl, "seen by all").await;
    room.react(&stage, &mut message, bob).await;
    let (none, one) = (json!([]), json!([{ "emoji": "👍", "count": 1 }]));
    for (socket, reactions) in [(&mut of_ada, &none), (&mut of_carl, &one)] {
        assert_eq!(socket.json().await["position"], 2);
        let told = socket.json().await;
        assert_eq!(told["type"], "reacted", "{told}");
        assert_eq!(told["message"]["reactions"], *reactions, "{told}");
    }
    for (user, reactions) in [(ada, &none), (carl, &one)] {
        let (_, told) = stage
            .resumed(0, user, json!({ room.id.to_string(): 2 }))
            .await;
        assert_eq!(told[0]["message"]["reactions"], *reactions);
    }
    pool.close().await;
    stage.finish().await;
}

#[tokio::test]
async fn who_is_blocked_is_hidden_and_who_leaves_sees_nothing_more() {
    use nova_proto::identity::v1::UserUnblocked;
    let stage = Stage::new(2).await;
    let (ada, bob, carl) = (UserId::new(), UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob, carl]).await;
    let mut of_ada = stage.socket(0, ada).await;
    let mut of_carl = stage.socket(1, carl).await;
    let pool = blocked(&stage, bob, ada).await;
    // A socket that comes now knows of it; one that was there is told, at the latest by a look.
    let mut late = stage.socket(1, ada).await;
    room.say(&stage, bob, "you do not see me").await;
    let hidden = json!({
        "type": "message", "conversation_id": room.id, "position": 2, "hidden": true,
    });
    assert_eq!(late.json().await, hidden);
    assert_eq!(
        of_carl.json().await["message"]["content"],
        "you do not see me"
    );
    of_ada.json_of("message").await;
    let (_, told) = stage
        .resumed(0, ada, json!({ room.id.to_string(): 1 }))
        .await;
    assert_eq!(told[0], hidden);
    stage
        .stack
        .publish(&UserUnblocked {
            user_id: bob.to_string(),
            blocked_user_id: ada.to_string(),
            revision: 2,
            ..UserUnblocked::default()
        })
        .await;
    eventually("the block has ended", async || {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM blocks WHERE active")
            .fetch_one(&pool)
            .await
            .unwrap();
        (found == 0).then_some(()).ok_or(found)
    })
    .await;
    let (_, told) = stage
        .resumed(1, ada, json!({ room.id.to_string(): 1 }))
        .await;
    assert_eq!(told[0]["message"]["content"], "you do not see me");

    room.remove(&stage, carl).await;
    room.say(&stage, ada, "without carl").await;
    assert_eq!(
        of_carl.json().await,
        json!({ "type": "conversation", "conversation_id": room.id, "position": 3, "hidden": true })
    );
    assert_eq!(of_ada.json().await["position"], 3);
    assert_eq!(of_ada.json().await["position"], 4);
    pong(&mut of_carl).await;
    of_carl
        .send_json(&json!({ "type": "typing", "conversation_id": room.id, "active": true }))
        .await;
    assert_eq!(of_carl.json().await["code"], "not_found");
    let (_, told) = stage
        .resumed(0, carl, json!({ room.id.to_string(): 2 }))
        .await;
    assert_eq!(told.len(), 2);
    assert_eq!(
        (&told[0]["position"], &told[0]["hidden"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(told[1]["conversations"], json!([]));
    pool.close().await;
    stage.finish().await;
}

#[tokio::test]
async fn a_conversation_that_begins_is_told_whole() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut of_bob = stage.socket(1, bob).await;
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    room.say(&stage, ada, "hi").await;
    let begun = of_bob.json().await;
    assert_eq!(
        (&begun["type"], &begun["position"]),
        (&json!("conversation"), &json!(1))
    );
    assert_eq!(begun["conversation"]["id"], room.id.to_string());
    assert_eq!(of_bob.json().await["position"], 2);
    let carl = UserId::new();
    let mut of_carl = stage.socket(0, carl).await;
    room.add(&stage, carl).await;
    room.say(&stage, ada, "hi carl").await;
    assert_eq!(of_carl.json().await["position"], 3);
    assert_eq!(of_carl.json().await["message"]["content"], "hi carl");
    let unknown = Uuid::now_v7();
    of_carl
        .send_json(&json!({ "type": "mark", "conversation_id": unknown, "read": 1 }))
        .await;
    assert_eq!(of_carl.json().await["code"], "not_found");
    stage.finish().await;
}
