use nova_event_bus::header;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostType, PostUpdated, PostVisibility};
use nova_testkit::Published;
use prost_types::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::content::{Content, path_of};

fn timestamp(time: &Value) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(time.as_str().unwrap(), &Rfc3339).unwrap();
    Some(nova_proto::timestamp(time))
}

fn header_of<'a, E>(published: &'a Published<E>, name: &str) -> Option<&'a str> {
    let header = published.headers.iter().find(|(key, _)| key == name);
    header.map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn the_life_of_a_post_is_published() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({
        "content": "draft", "type": "REEL", "visibility": "FOLLOWERS_ONLY", "tags": ["a", "b"],
    });
    let post = content.posted(&ada, body).await;
    let path = path_of(&post);
    let edit = json!({"content": "final", "visibility": "PUBLIC", "tags": []});
    let edited = content
        .app
        .patch(&path)
        .bearer(&ada.token)
        .json(edit)
        .await
        .expect(200);
    content
        .app
        .delete(&path)
        .bearer(&ada.token)
        .await
        .expect(204);

    let id = post["id"].as_str().unwrap().to_owned();
    let created = content.published::<PostCreated>().await;
    let expected = PostCreated {
        post_id: id.clone(),
        user_id: ada.id.to_string(),
        content: "draft".to_owned(),
        r#type: PostType::Reel.into(),
        visibility: PostVisibility::FollowersOnly.into(),
        tags: vec!["a".to_owned(), "b".to_owned()],
        created_at: timestamp(&post["created_at"]),
        revision: 1,
        media: Vec::new(),
    };
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].event, expected);
    assert_eq!(created[0].key, ada.id.to_string());

    let updated = content.published::<PostUpdated>().await;
    let expected = PostUpdated {
        post_id: id.clone(),
        user_id: ada.id.to_string(),
        content: Some("final".to_owned()),
        tags: Vec::new(),
        updated_at: timestamp(&edited["updated_at"]),
        r#type: PostType::Reel.into(),
        visibility: PostVisibility::Public.into(),
        created_at: timestamp(&post["created_at"]),
        revision: 2,
        media: Vec::new(),
    };
    assert_eq!(updated.len(), 1);
    assert_eq!(updated[0].event, expected);
    assert_eq!(updated[0].key, id);

    let deleted = content.published::<PostDeleted>().await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(
        (deleted[0].post_id.as_str(), deleted[0].user_id.as_str()),
        (&*id, &*ada.id.to_string())
    );
    assert_eq!(deleted[0].revision, 3);
    let seconds = |time: &Option<Timestamp>| time.as_ref().unwrap().seconds;
    assert!(seconds(&deleted[0].deleted_at) >= seconds(&updated[0].updated_at));
    assert_eq!(deleted[0].key, id);
    // Edit and delete have one key, hence one order.
    assert_eq!(deleted[0].partition, updated[0].partition);
    content.finish().await;
}

#[tokio::test]
async fn events_are_cloud_events() {
    let content = Content::start().await;
    let ada = content.user();
    let post = content.posted(&ada, json!({"content": "hello"})).await;
    let created = &content.published::<PostCreated>().await[0];
    let (user, post) = (ada.id.to_string(), post["id"].as_str().unwrap());
    for (name, value) in [
        (header::SPEC_VERSION, "1.0"),
        (header::ID, created.id.as_str()),
        (header::SOURCE, "/nova/content"),
        (header::TYPE, "nova.content.v1.PostCreated"),
        (header::SUBJECT, post),
        (header::PARTITION_KEY, user.as_str()),
        (header::DATA_VERSION, "1.1"),
        (header::CONTENT_TYPE, "application/protobuf"),
    ] {
        assert_eq!(header_of(created, name), Some(value), "{name}");
    }
    content.finish().await;
}

#[tokio::test]
async fn what_was_refused_is_not_published() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    let path = path_of(&content.posted(&ada, json!({"content": "hers"})).await);
    content.post(&ada, json!({"content": ""})).await.expect(400);
    content
        .app
        .patch(&path)
        .bearer(&ben.token)
        .json(json!({"content": "his"}))
        .await
        .expect(403);
    content
        .app
        .delete(&path)
        .bearer(&ben.token)
        .await
        .expect(403);
    assert_eq!(content.published::<PostCreated>().await.len(), 1);
    assert_eq!(content.published::<PostUpdated>().await.len(), 0);
    assert_eq!(content.published::<PostDeleted>().await.len(), 0);
    content.finish().await;
}
