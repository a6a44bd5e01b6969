//! A message is sent once, by whichever way and however often.

use futures::future::{join, join_all};
use nova_proto::messaging::v1::{MessageRejected, MessageSent};
use nova_proto::realtime_chat::v1::MessageSubmitted;
use nova_testkit::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::messaging::{Messaging, id_of, last_of, message_path};

/// Doubled sends: zulip/zulip #31219, mattermost/mattermost #2925.
#[tokio::test]
async fn a_client_message_id_sends_once_for_ever() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let path = format!("{direct}/messages");
    let client = Uuid::now_v7();
    let body = json!({ "content": "once", "client_message_id": client });
    let all = join_all((0..8).map(|_| nova.post(&ada, &path, body.clone()))).await;
    let first = all[0].expect(201);
    for answer in &all {
        assert_eq!(answer.expect(201), first);
    }
    let replayed = all
        .iter()
        .filter(|one| one.header("idempotency-replayed").is_some());
    assert_eq!(replayed.count(), 7);
    // Whatever became of it, what was answered is answered.
    let edit = json!({ "content": "edited" });
    nova.patch(&ada, &message_path(&first), edit)
        .await
        .expect(200);
    assert_eq!(
        nova.post(&ada, &path, body.clone()).await.expect(201),
        first
    );
    // But for what was deleted: of that nothing is kept.
    nova.delete(&ada, &message_path(&first)).await.expect(204);
    let left = nova.post(&ada, &path, body.clone()).await.expect(201);
    assert_eq!(
        (&left["id"], &left["content"]),
        (&first["id"], &Value::Null)
    );
    // It is its sender's, in all conversations.
    let other = json!({ "content": "other", "client_message_id": client });
    let refused = nova.post(&ada, &path, other).await;
    let wrong = refused.wrong_fields(422, "client_message_id_reused");
    assert_eq!(wrong, ["client_message_id"]);
    let elsewhere = format!("{}/messages", nova.group(&ada, &[]).await);
    nova.post(&ada, &elsewhere, body.clone())
        .await
        .problem(422, "client_message_id_reused");
    nova.post(&ben, &path, body).await.expect(201);
    assert_eq!(nova.published::<MessageSent>().await.len(), 2);
    nova.finish().await;
}

#[tokio::test]
async fn a_key_sends_once_and_means_nothing_elsewhere() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let send = async |body: Value| {
        let request = nova
            .app
            .post(&format!("{direct}/messages"))
            .bearer(&ada.token);
        request.idempotency_key("k").json(body).await
    };
    let group = json!({ "type": "GROUP", "member_ids": [] });
    let request = nova.app.post("/v1/conversations").bearer(&ada.token);
    request.idempotency_key("k").json(&group).await.expect(201);
    let first = send(json!({ "content": "once" })).await.expect(201);
    // A refused one does not burn its key, nor does it take another's.
    send(json!({ "content": "other" }))
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(send(json!({ "content": "once" })).await.expect(201), first);
    // The sweep of answers leaves it.
    sqlx::query("DELETE FROM idempotency_keys")
        .execute(&nova.pool)
        .await
        .unwrap();
    assert_eq!(send(json!({ "content": "once" })).await.expect(201), first);
    assert_eq!(nova.published::<MessageSent>().await.len(), 1);
    nova.finish().await;
}

#[tokio::test]
async fn by_rest_and_by_socket_at_once_it_is_sent_once() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    for number in 1..=10 {
        let client = Uuid::now_v7();
        let submitted = MessageSubmitted {
            conversation_id: last_of(&direct),
            user_id: ada.id.to_string(),
            client_message_id: client.to_string(),
            content: "once".to_owned(),
            ..MessageSubmitted::default()
        };
        let body = json!({ "content": "once", "client_message_id": client });
        let path = format!("{direct}/messages");
        let (answer, _) = join(nova.post(&ada, &path, body), nova.stack.publish(&submitted)).await;
        let answer = answer.expect(201);
        assert_eq!(answer["sequence"], number);
        // Whichever was first, the socket is told what it became.
        eventually("the socket is answered", async || {
            let sent = nova.published::<MessageSent>().await;
            let sent = sent
                .iter()
                .filter(|told| told.event.client_message_id == client.to_string());
            let sent: Vec<_> = sent.map(|told| told.event.message_id.clone()).collect();
            assert_eq!(sent, [id_of(&answer)]);
            let rejected = nova.published::<MessageRejected>().await;
            let rejected: Vec<_> = rejected
                .iter()
                .filter(|told| told.event.client_message_id == client.to_string())
                .collect();
            let handled: i64 = sqlx::query_scalar("SELECT count(*) FROM inbox")
                .fetch_one(&nova.pool)
                .await
                .unwrap();
            for told in &rejected {
                assert_eq!(told.event.code, "already_sent");
                let message = told.event.message.as_ref().unwrap();
                assert_eq!(message.id, id_of(&answer));
            }
            handled >= i64::from(number)
        })
        .await;
    }
    assert_eq!(nova.texts(&ben, &direct).await.len(), 10);
    nova.has_no_dead_letters().await;
    nova.finish().await;
}
