//! What is said, edited and deleted.

use futures::future::join_all;
use nova_proto::messaging::v1::{MessageDeleted, MessageEdited, MessageSent, MessageType};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::messaging::{Messaging, id_of, last_of, message_path};

#[tokio::test]
async fn a_message_is_what_the_contract_says_and_is_told() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben, &third]).await;
    let first = nova.say(&ada, &group, "hello").await;
    let client = Uuid::now_v7();
    let body = json!({
        "content": " kept as it is\n", "reply_to": id_of(&first), "client_message_id": client,
    });
    let path = format!("{group}/messages");
    let message = nova.post(&ben, &path, body).await.expect(201);
    assert_eq!(
        message,
        json!({
            "id": message["id"], "conversation_id": last_of(&group), "sequence": 2, "position": 3,
            "sender_id": ben.id, "type": "TEXT", "content": " kept as it is\n", "media": [],
            "reply_to": first["id"], "reactions": [], "client_message_id": client, "revision": 1,
            "sent_at": message["sent_at"], "edited_at": null, "deleted_at": null,
        })
    );
    assert_eq!(
        nova.messages(&ada, &group).await,
        [first.clone(), message.clone()]
    );
    let sent = nova.published::<MessageSent>().await;
    let told = &sent[1].event;
    assert_eq!(sent[1].key, last_of(&group));
    assert_eq!((told.sequence, told.position, told.revision), (2, 3, 1));
    assert_eq!(told.r#type(), MessageType::Text);
    assert_eq!(told.client_message_id, client.to_string());
    assert_eq!(told.reply_to.as_deref(), Some(id_of(&first)));
    let mut recipients = told.recipient_ids.clone();
    recipients.sort();
    let mut others = [ada.id.to_string(), third.id.to_string()];
    others.sort();
    assert_eq!(recipients, others);
    nova.finish().await;
}

#[tokio::test]
async fn a_reply_answers_what_its_sender_sees() {
    let nova = Messaging::start().await;
    let (ada, ben, new) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben]).await;
    let old = nova.say(&ada, &group, "old").await;
    let elsewhere = nova
        .say(&ada, &nova.direct(&ada, &ben).await, "elsewhere")
        .await;
    nova.put(&ada, &format!("{group}/members/{}", new.id), json!({}))
        .await
        .expect(204);
    let reply = async |sender, to: &Value| {
        let body = json!({ "content": "x", "reply_to": to });
        nova.post(sender, &format!("{group}/messages"), body).await
    };
    reply(&ben, &old["id"]).await.expect(201);
    for (sender, to) in [
        (&new, &old["id"]),
        (&ada, &elsewhere["id"]),
        (&ada, &json!(Uuid::now_v7())),
    ] {
        let refused = reply(sender, to).await;
        assert_eq!(refused.wrong_fields(422, "no_such_message"), ["reply_to"]);
    }
    nova.finish().await;
}

#[tokio::test]
async fn a_sender_edits_and_others_do_not() {
    let nova = Messaging::start().await;
    let (ada, ben, eve) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben]).await;
    let message = nova.say(&ben, &group, "one").await;
    let path = message_path(&message);
    let edit = |text: &str| json!({ "content": text });
    let edited = nova.patch(&ben, &path, edit("two")).await.expect(200);
    assert_eq!(edited["content"], "two");
    assert_eq!(
        (&edited["position"], &edited["revision"]),
        (&json!(3), &json!(2))
    );
    assert!(edited["edited_at"].is_string());
    // The same again takes no position.
    assert_eq!(
        nova.patch(&ben, &path, edit("two")).await.expect(200),
        edited
    );
    nova.patch(&ada, &path, edit("hers"))
        .await
        .problem(403, "forbidden");
    nova.patch(&eve, &path, edit("x"))
        .await
        .problem(404, "not_found");
    let none = format!("{group}/messages/{}", Uuid::now_v7());
    nova.patch(&ben, &none, edit("x"))
        .await
        .problem(404, "not_found");
    // A message of another conversation is none of this one.
    let other = nova.group(&ben, &[]).await;
    let misplaced = format!("{other}/messages/{}", id_of(&message));
    nova.patch(&ben, &misplaced, edit("x"))
        .await
        .problem(404, "not_found");
    for (text, code) in [
        ("", "empty"),
        ("a\0", "invalid_characters"),
        (&*"x".repeat(4_001), "too_long"),
    ] {
        let refused = nova.patch(&ben, &path, edit(text)).await;
        let problem = refused.problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["code"], code);
    }
    let told = nova.published::<MessageEdited>().await;
    assert_eq!(told.len(), 1);
    let whole = told[0].event.message.as_ref().unwrap();
    assert_eq!(
        (told[0].event.position, whole.content.as_deref()),
        (3, Some("two"))
    );
    nova.finish().await;
}

#[tokio::test]
async fn who_deletes_leaves_a_place() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben, &third]).await;
    let own = nova.say(&ben, &group, "secret").await;
    let led = nova.say(&third, &group, "rude").await;
    nova.put(
        &ada,
        &format!("{}/reactions/👍", message_path(&own)),
        json!({}),
    )
    .await
    .expect(204);
    nova.delete(&third, &message_path(&own))
        .await
        .problem(403, "forbidden");
    nova.delete(&ben, &message_path(&own)).await.expect(204);
    nova.delete(&ada, &message_path(&led)).await.expect(204);
    // Again is not more.
    nova.delete(&ben, &message_path(&own)).await.expect(204);
    let seen = nova.messages(&third, &group).await;
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (
            &seen[0]["content"],
            &seen[0]["media"],
            &seen[0]["reactions"]
        ),
        (&Value::Null, &json!([]), &json!([]))
    );
    assert_eq!(
        (&seen[0]["position"], &seen[1]["position"]),
        (&json!(5), &json!(6))
    );
    assert!(seen[0]["deleted_at"].is_string());
    assert_eq!(seen[0]["sender_id"], json!(ben.id));
    let edit = json!({ "content": "back" });
    nova.patch(&ben, &message_path(&own), edit)
        .await
        .problem(404, "not_found");
    let react = format!("{}/reactions/👍", message_path(&own));
    nova.put(&ada, &react, json!({}))
        .await
        .problem(404, "not_found");
    let found = nova
        .get(&ada, &format!("{group}/messages/search?q=secret"))
        .await;
    assert_eq!(found.expect(200)["items"], json!([]));
    let told = nova.published::<MessageDeleted>().await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].event.deleted_by, ben.id.to_string());
    assert_eq!(told[1].event.deleted_by, ada.id.to_string());
    assert!(
        told.iter()
            .all(|told| told.event.message.as_ref().unwrap().content.is_none())
    );
    // In a DIRECT nobody leads.
    let direct = nova.direct(&ada, &ben).await;
    let his = nova.say(&ben, &direct, "his").await;
    nova.delete(&ada, &message_path(&his))
        .await
        .problem(403, "forbidden");
    nova.finish().await;
}

#[tokio::test]
async fn many_who_speak_at_once_leave_no_gap() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben, &third]).await;
    let path = format!("{group}/messages");
    let speak = [&ada, &ben, &third].into_iter().flat_map(|user| {
        let path = &path;
        let nova = &nova;
        (0..10).map(move |number| async move {
            let said = nova
                .post(user, path, json!({ "content": number.to_string() }))
                .await;
            let said = said.expect(201);
            let react = format!("{}/reactions/🎉", message_path(&said));
            nova.put(user, &react, json!({})).await.expect(204);
            if number % 2 == 0 {
                nova.delete(user, &message_path(&said)).await.expect(204);
            }
        })
    });
    join_all(speak).await;
    let seen = nova.messages(&ada, &group).await;
    let sequences: Vec<i64> = seen
        .iter()
        .map(|one| one["sequence"].as_i64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=30).collect::<Vec<_>>());
    // Of the creation, of 30 messages, 30 reactions and 15 deletions.
    let whole = nova.get(&ada, &group).await.expect(200);
    assert_eq!(
        (&whole["sequence"], &whole["position"]),
        (&json!(30), &json!(76))
    );
    let mut told: Vec<i64> = vec![1];
    told.extend(
        nova.published::<MessageSent>()
            .await
            .iter()
            .map(|told| told.event.position),
    );
    told.extend(
        nova.published::<MessageDeleted>()
            .await
            .iter()
            .map(|told| told.event.position),
    );
    let reacted = nova
        .published::<nova_proto::messaging::v1::MessageReacted>()
        .await;
    told.extend(reacted.iter().map(|told| told.event.position));
    told.sort_unstable();
    assert_eq!(told, (1..=76).collect::<Vec<_>>());
    nova.finish().await;
}
