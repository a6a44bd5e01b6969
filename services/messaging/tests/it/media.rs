//! Messages with media: whatever comes first, the end is the same.

use futures::future::join;
use nova_ids::MediaId;
use nova_proto::media::v1::{
    MediaDeleted, MediaFailed, MediaMetadata, MediaPurpose, MediaThumbnail, MediaType,
    MediaUploaded,
};
use nova_proto::messaging::v1::{MessageEdited, MessageSent};
use nova_testkit::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::messaging::{Messaging, User};

/// A picture of somebody that can be shown from now on.
fn picture(owner: &User, id: MediaId) -> MediaUploaded {
    let path = |rest: &str| format!("/v1/media/{id}/{rest}");
    MediaUploaded {
        media_id: id.to_string(),
        user_id: owner.id.to_string(),
        r#type: MediaType::Image.into(),
        url: path("content"),
        metadata: Some(MediaMetadata {
            width: 4,
            height: 3,
            size_bytes: 99,
            mime_type: "image/png".to_owned(),
            duration_seconds: None,
        }),
        purpose: MediaPurpose::Post.into(),
        thumbnails: vec![MediaThumbnail {
            name: "small".to_owned(),
            url: path("thumbnail/small"),
            width: 4,
            height: 3,
        }],
        revision: 1,
        ..MediaUploaded::default()
    }
}

/// What is said of its media: ids that can be shown, and `-` before those that are awaited.
fn media(message: &Value) -> Vec<String> {
    let said = |one: &Value| {
        let id = one["id"].as_str().unwrap();
        let is_awaited = one["state"] == "pending";
        format!("{}{id}", if is_awaited { "-" } else { "" })
    };
    message["media"]
        .as_array()
        .unwrap()
        .iter()
        .map(said)
        .collect()
}

async fn becomes(
    nova: &Messaging,
    viewer: &User,
    conversation: &str,
    expected: &[String],
) -> Value {
    eventually("the message has those media", async || {
        let seen = nova.messages(viewer, conversation).await;
        let last = seen.last().cloned().unwrap_or_default();
        if media(&last) == expected {
            Ok(last)
        } else {
            Err(last)
        }
    })
    .await
}

#[tokio::test]
async fn a_message_waits_for_its_media_and_others_do_not_see_that() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let (first, second) = (MediaId::new(), MediaId::new());
    let client = Uuid::now_v7();
    let body = json!({ "media_ids": [first, second], "client_message_id": client });
    let path = format!("{direct}/messages");
    let sent = nova.post(&ada, &path, body.clone()).await.expect(201);
    assert_eq!(media(&sent), [format!("-{first}"), format!("-{second}")]);
    assert_eq!(
        (&sent["type"], &sent["content"]),
        (&json!("TEXT"), &json!(""))
    );
    assert_eq!(media(&nova.messages(&ben, &direct).await[0]), [""; 0]);
    nova.stack.publish(&picture(&ada, first)).await;
    let shown = becomes(&nova, &ben, &direct, &[first.to_string()]).await;
    assert_eq!(
        (&shown["type"], &shown["position"]),
        (&json!("IMAGE"), &json!(3))
    );
    assert_eq!(
        (&shown["revision"], &shown["edited_at"]),
        (&json!(2), &Value::Null)
    );
    let start = format!("/v1/media/{first}/content?expires=");
    assert!(
        shown["media"][0]["url"]
            .as_str()
            .unwrap()
            .starts_with(&start)
    );
    // What fails is taken out; and so is what goes.
    let failed = MediaFailed {
        media_id: second.to_string(),
        user_id: ada.id.to_string(),
        revision: 1,
        ..MediaFailed::default()
    };
    nova.stack.publish(&failed).await;
    becomes(&nova, &ada, &direct, &[first.to_string()]).await;
    let gone = MediaDeleted {
        media_id: first.to_string(),
        user_id: ada.id.to_string(),
        revision: 2,
        ..MediaDeleted::default()
    };
    nova.stack.publish(&gone).await;
    let bare = becomes(&nova, &ada, &direct, &[]).await;
    assert_eq!(
        (&bare["type"], &bare["position"]),
        (&json!("TEXT"), &json!(5))
    );
    // Each step was told, with unsigned paths; the answer of then is that of then.
    let told = nova.published::<MessageEdited>().await;
    let positions: Vec<i64> = told.iter().map(|told| told.event.position).collect();
    assert_eq!(positions, [3, 4, 5]);
    let whole = told[0].event.message.as_ref().unwrap();
    assert_eq!(whole.media[0].url, format!("/v1/media/{first}/content"));
    assert!(whole.media[1].pending);
    let of_sent = nova.published::<MessageSent>().await;
    assert!(of_sent[0].event.media.iter().all(|one| one.pending));
    assert_eq!(nova.post(&ada, &path, body).await.expect(201), sent);
    nova.finish().await;
}

#[tokio::test]
async fn whatever_comes_first_the_end_is_the_same() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    for _ in 0..15 {
        let id = MediaId::new();
        let event = picture(&ada, id);
        let body = json!({ "content": "look", "media_ids": [id] });
        let path = format!("{direct}/messages");
        let (sent, _) = join(nova.post(&ada, &path, body), nova.stack.publish(&event)).await;
        sent.expect(201);
        let end = becomes(&nova, &ben, &direct, &[id.to_string()]).await;
        assert_eq!(end["type"], "IMAGE");
    }
    let whole = nova.get(&ada, &direct).await.expect(200);
    let edits = nova.published::<MessageEdited>().await.len();
    assert_eq!(whole["position"], json!(16 + edits));
    nova.finish().await;
}

#[tokio::test]
async fn nobody_shows_what_is_another_s() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let (hers, his) = (MediaId::new(), MediaId::new());
    nova.stack.publish(&picture(&ada, hers)).await;
    nova.stack.publish(&picture(&ben, his)).await;
    eventually("the media are known", async || {
        let known = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM media WHERE revision > 0");
        known.fetch_one(&nova.pool).await.unwrap() == 2
    })
    .await;
    let body = json!({ "media_ids": [his, hers], "type": "VIDEO" });
    let sent = nova
        .post(&ada, &format!("{direct}/messages"), body)
        .await
        .expect(201);
    assert_eq!(media(&sent), [format!("-{his}"), hers.to_string()]);
    assert_eq!(sent["type"], "VIDEO");
    assert_eq!(
        media(&nova.messages(&ben, &direct).await[0]),
        [hers.to_string()]
    );
    nova.finish().await;
}
