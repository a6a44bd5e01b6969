//! Bad input is told which field is wrong, and nothing answers 500.

use nova_ids::{MediaId, UserId};
use serde_json::json;
use uuid::Uuid;

use crate::messaging::{Messaging, id_of};

#[tokio::test]
async fn a_bad_conversation_is_refused_by_its_field() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let group = |title| json!({ "type": "GROUP", "member_ids": [], "title": title });
    for (body, field) in [
        (json!({}), "type"),
        (json!({ "type": "GROUP" }), "member_ids"),
        (json!({ "type": "group", "member_ids": [] }), "type"),
        (json!({ "type": "DIRECT", "member_ids": [] }), "member_ids"),
        (
            json!({ "type": "DIRECT", "member_ids": [ben.id, UserId::new()] }),
            "member_ids",
        ),
        (
            json!({ "type": "DIRECT", "member_ids": [ben.id], "title": "x" }),
            "title",
        ),
        (
            json!({ "type": "GROUP", "member_ids": [ben.id, ben.id] }),
            "member_ids[1]",
        ),
        (
            json!({ "type": "GROUP", "member_ids": ["me"] }),
            "member_ids[0]",
        ),
        (
            json!({ "type": "GROUP", "member_ids": [7] }),
            "member_ids[0]",
        ),
        (
            json!({ "type": "GROUP", "member_ids": [], "owner": ben.id }),
            "owner",
        ),
        (group(json!("")), "title"),
        (group(json!("a\0")), "title"),
        (group(json!("x".repeat(101))), "title"),
        (group(json!(null)), "title"),
    ] {
        let refused = nova.open(&ada, body.clone()).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{body}"
        );
    }
    let path = nova.group(&ada, &[&ben]).await;
    for (body, field) in [
        (json!({ "title": " " }), "title"),
        (json!({ "title": 5 }), "title"),
        (json!({ "type": "DIRECT" }), "type"),
    ] {
        let refused = nova.patch(&ada, &path, body.clone()).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{body}"
        );
    }
    let member = format!("{path}/members/{}", ben.id);
    for (body, field) in [
        (json!({ "role": "KING" }), "role"),
        (json!({ "role": null }), "role"),
        (json!({ "rank": "ADMIN" }), "rank"),
    ] {
        let refused = nova.put(&ada, &member, body.clone()).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{body}"
        );
    }
    let text = nova
        .app
        .put(&member)
        .bearer(&ada.token)
        .body("role=ADMIN")
        .await;
    text.problem(415, "unsupported_media_type");
    nova.finish().await;
}

#[tokio::test]
async fn a_bad_message_is_refused_by_its_field() {
    let nova = Messaging::start().await;
    let ada = nova.user().await;
    let group = nova.group(&ada, &[]).await;
    let path = format!("{group}/messages");
    let medium = MediaId::new();
    let many: Vec<MediaId> = (0..11).map(|_| MediaId::new()).collect();
    for (body, field) in [
        (json!({}), "content"),
        (json!({ "content": "" }), "content"),
        (json!({ "content": "\u{3000}" }), "content"),
        (json!({ "content": "a\0b" }), "content"),
        (json!({ "content": "x".repeat(4_001) }), "content"),
        (json!({ "content": null }), "content"),
        (json!({ "content": 7 }), "content"),
        (json!({ "content": "x", "type": "REEL" }), "type"),
        (
            json!({ "content": "x", "media_ids": ["cat"] }),
            "media_ids[0]",
        ),
        (
            json!({ "content": "x", "media_ids": [medium, medium] }),
            "media_ids[1]",
        ),
        (json!({ "content": "x", "media_ids": many }), "media_ids"),
        (json!({ "content": "x", "reply_to": "x" }), "reply_to"),
        (
            json!({ "content": "x", "client_message_id": "x" }),
            "client_message_id",
        ),
        (
            json!({ "content": "x", "client_message_id": 7 }),
            "client_message_id",
        ),
        (json!({ "content": "x", "sender_id": ada.id }), "sender_id"),
    ] {
        let refused = nova.post(&ada, &path, body.clone()).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{body}"
        );
    }
    nova.post(&ada, &path, json!({ "content": "ж".repeat(4_000) }))
        .await
        .expect(201);
    let request = nova
        .app
        .post(&path)
        .bearer(&ada.token)
        .idempotency_key("a b");
    let refused = request.json(json!({ "content": "x" })).await;
    assert_eq!(
        refused.wrong_fields(400, "validation_failed"),
        ["Idempotency-Key"]
    );
    nova.finish().await;
}

#[tokio::test]
async fn a_bad_path_is_refused_by_its_part_and_needs_a_token() {
    let nova = Messaging::start().await;
    let ada = nova.user().await;
    let group = nova.group(&ada, &[]).await;
    let message = nova.say(&ada, &group, "x").await;
    let none = Uuid::now_v7();
    let say = json!({ "content": "x" });
    for (path, field) in [
        ("/v1/conversations/x".to_owned(), "id"),
        (format!("/v1/conversations/{}", none.simple()), "id"),
        ("/v1/conversations/x/messages".to_owned(), "id"),
        ("/v1/conversations/x/messages/search?q=a".to_owned(), "id"),
    ] {
        let refused = nova.get(&ada, &path).await;
        assert_eq!(
            refused.wrong_fields(400, "invalid_request"),
            [field],
            "{path}"
        );
    }
    for (path, field) in [
        (format!("{group}/messages/x"), "message_id"),
        (
            format!("/v1/conversations/x/messages/{}", id_of(&message)),
            "id",
        ),
        (format!("{group}/members/x"), "user_id"),
        (format!("{group}/messages/x/reactions/👍"), "message_id"),
    ] {
        let refused = nova.delete(&ada, &path).await;
        assert_eq!(
            refused.wrong_fields(400, "invalid_request"),
            [field],
            "{path}"
        );
    }
    let nowhere = format!("/v1/conversations/{none}");
    for answer in [
        nova.get(&ada, &nowhere).await,
        nova.patch(&ada, &nowhere, json!({ "title": "x" })).await,
        nova.get(&ada, &format!("{nowhere}/messages")).await,
        nova.post(&ada, &format!("{nowhere}/messages"), say.clone())
            .await,
        nova.put(&ada, &format!("{nowhere}/read"), json!({ "sequence": 0 }))
            .await,
        nova.put(&ada, &format!("{nowhere}/mute"), json!({ "until": null }))
            .await,
        nova.delete(&ada, &format!("{nowhere}/members/me")).await,
        nova.delete(&ada, &format!("{group}/messages/{none}")).await,
    ] {
        answer.problem(404, "not_found");
    }
    for (method, path) in [
        ("GET", group.clone()),
        ("GET", format!("{group}/messages")),
        ("GET", format!("{group}/messages/search?q=a")),
        ("DELETE", format!("{group}/members/me")),
        ("DELETE", format!("{group}/messages/{}", id_of(&message))),
    ] {
        let request = match method {
            "GET" => nova.app.get(&path),
            _ => nova.app.delete(&path),
        };
        request.await.problem(401, "unauthenticated");
    }
    let post = nova.app.post(&format!("{group}/messages")).json(say);
    post.await.problem(401, "unauthenticated");
    nova.finish().await;
}
