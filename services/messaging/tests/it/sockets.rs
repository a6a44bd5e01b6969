//! What sockets say comes by events, and what cannot be taken is answered by events.

use nova_proto::messaging::v1::{MessageDelivered, MessageRead, MessageRejected, MessageSent};
use nova_proto::realtime_chat::v1::{MarksReported, MessageSubmitted};
use nova_testkit::eventually;
use serde_json::json;
use uuid::Uuid;

use crate::messaging::{Messaging, User, last_of};

fn submitted(sender: &User, conversation: &str, text: &str) -> MessageSubmitted {
    MessageSubmitted {
        conversation_id: last_of(conversation),
        user_id: sender.id.to_string(),
        client_message_id: Uuid::now_v7().to_string(),
        content: text.to_owned(),
        ..MessageSubmitted::default()
    }
}

async fn rejected(nova: &Messaging, client: &str) -> MessageRejected {
    eventually("it is rejected", async || {
        let all = nova.published::<MessageRejected>().await;
        let found = all
            .into_iter()
            .find(|told| told.event.client_message_id == client);
        found.map(|told| told.event).ok_or("not yet")
    })
    .await
}

#[tokio::test]
async fn what_a_socket_submits_is_sent() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let event = submitted(&ada, &direct, "by socket");
    nova.stack.publish(&event).await;
    eventually("it is there", async || {
        nova.texts(&ben, &direct).await == ["by socket"]
    })
    .await;
    let sent = nova.published::<MessageSent>().await;
    assert_eq!(sent[0].event.client_message_id, event.client_message_id);
    // Another event of the same says that it was taken, and what it is.
    nova.stack.publish(&event).await;
    let told = rejected(&nova, &event.client_message_id).await;
    assert_eq!(told.code, "already_sent");
    let message = told.message.unwrap();
    assert_eq!(message.id, sent[0].event.message_id);
    assert_eq!((message.sequence, message.position), (1, 2));
    // By REST the same is the same.
    let body = json!({ "content": "by socket", "client_message_id": event.client_message_id });
    let again = nova.post(&ada, &format!("{direct}/messages"), body).await;
    assert_eq!(again.expect(201)["id"], message.id.as_str());
    nova.finish().await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_answered_and_is_no_dead_letter() {
    let nova = Messaging::start().await;
    let (ada, ben, eve) = (nova.user().await, nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let blocked = nova.direct(&ada, &eve).await;
    nova.block(&eve, &ada, true, 1).await;
    let left = nova.user().await;
    nova.hide(&left, true, 1).await;
    let good = || submitted(&ada, &direct, "x");
    let used = good();
    nova.stack.publish(&used).await;
    let named = |change: fn(&mut MessageSubmitted)| {
        let mut event = good();
        change(&mut event);
        event
    };
    let mut other = used.clone();
    other.content = "other".to_owned();
    let cases = [
        (submitted(&eve, &direct, "x"), "not_found", None),
        (
            submitted(&ada, "/v1/conversations/nowhere", "x"),
            "validation_failed",
            Some("conversation_id"),
        ),
        (
            submitted(&ada, "/a\0b", "x"),
            "validation_failed",
            Some("conversation_id"),
        ),
        (
            submitted(&ada, &Uuid::now_v7().to_string(), "x"),
            "not_found",
            None,
        ),
        (submitted(&ada, &blocked, "x"), "blocked", None),
        (submitted(&left, &direct, "x"), "invalid_token", None),
        (
            submitted(&ada, &direct, " "),
            "validation_failed",
            Some("content"),
        ),
        (
            submitted(&ada, &direct, "a\0"),
            "validation_failed",
            Some("content"),
        ),
        (
            submitted(&ada, &direct, &"x".repeat(4_001)),
            "validation_failed",
            Some("content"),
        ),
        (
            named(|event| event.r#type = 77),
            "validation_failed",
            Some("type"),
        ),
        (
            named(|event| event.media_ids = vec!["cat".to_owned()]),
            "validation_failed",
            Some("media_ids[0]"),
        ),
        (
            named(|event| event.reply_to = Some(Uuid::now_v7().to_string())),
            "no_such_message",
            Some("reply_to"),
        ),
        (
            named(|event| event.reply_to = Some(String::new())),
            "validation_failed",
            Some("reply_to"),
        ),
        (
            named(|event| event.client_message_id = format!("{}\0", Uuid::now_v7())),
            "validation_failed",
            Some("client_message_id"),
        ),
    ];
    for (event, code, field) in cases {
        nova.stack.publish(&event).await;
        let told = rejected(&nova, &event.client_message_id).await;
        assert_eq!(
            (told.code.as_str(), told.field.as_deref()),
            (code, field),
            "{event:?}"
        );
        assert_eq!(told.user_id, event.user_id);
        assert!(!told.detail.is_empty());
    }
    nova.stack.publish(&other).await;
    let told = rejected(&nova, &other.client_message_id).await;
    assert_eq!(told.code, "client_message_id_reused");
    assert_eq!(nova.published::<MessageSent>().await.len(), 1);
    nova.has_no_dead_letters().await;
    nova.finish().await;
}

#[tokio::test]
async fn marks_of_devices_count_as_far_as_there_are_messages() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    for text in ["one", "two", "three"] {
        nova.say(&ada, &direct, text).await;
    }
    let reported = |user: &User, conversation: &str, read, delivered| MarksReported {
        conversation_id: conversation.to_owned(),
        user_id: user.id.to_string(),
        read_sequence: read,
        delivered_sequence: delivered,
        reported_at: None,
    };
    let conversation = last_of(&direct);
    // Of nowhere, of who is not there, and of the future.
    for event in [
        reported(&ben, "nowhere", Some(1), None),
        reported(&ben, &Uuid::now_v7().to_string(), Some(1), None),
        reported(&nova.stranger(), &conversation, Some(1), None),
        reported(&ben, &conversation, Some(1), Some(i64::MAX)),
        reported(&ben, &conversation, Some(i64::MIN), Some(-1)),
    ] {
        nova.stack.publish(&event).await;
    }
    eventually("the marks are there", async || {
        let seen = nova.get(&ada, &direct).await.expect(200);
        let members = seen["members"].as_array().unwrap();
        let his = members
            .iter()
            .find(|one| one["user_id"] == json!(ben.id))
            .unwrap();
        if his["read_sequence"] == 1 && his["delivered_sequence"] == 3 {
            Ok(())
        } else {
            Err(seen)
        }
    })
    .await;
    eventually("they are told", async || {
        let read = nova.published::<MessageRead>().await;
        let delivered = nova.published::<MessageDelivered>().await;
        let read = read
            .last()
            .map(|told| (told.event.sequence, told.event.user_id.clone()));
        let delivered = delivered.last().map(|told| told.event.sequence);
        (read, delivered) == (Some((1, ben.id.to_string())), Some(3))
    })
    .await;
    nova.has_no_dead_letters().await;
    nova.finish().await;
}
