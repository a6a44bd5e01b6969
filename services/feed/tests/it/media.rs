//! Media of posts in a feed.

use nova_ids::{MediaId, PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostUpdated, PostVisibility};
use nova_proto::media::v1::{Attachment, MediaType};
use nova_testkit::{App, Stack, eventually};
use serde_json::Value;

use crate::world;

fn awaited(id: MediaId) -> Attachment {
    Attachment {
        id: id.to_string(),
        pending: true,
        ..Attachment::default()
    }
}

fn picture(id: MediaId) -> Attachment {
    Attachment {
        id: id.to_string(),
        r#type: MediaType::Image.into(),
        mime_type: "image/webp".to_owned(),
        size_bytes: 7,
        url: format!("/v1/media/{id}/content"),
        small: Some(format!("/v1/media/{id}/thumbnail/small")),
        ..Attachment::default()
    }
}

/// The media of the newest post, once there are so many.
async fn media(stack: &Stack, app: &App, reader: UserId, count: usize) -> Vec<Value> {
    eventually("the post has its media", async || {
        let page = app.get("/v1/feed").bearer(stack.token(reader)).await;
        let page = page.expect(200);
        let media = page["items"][0]["post"]["media"].as_array();
        match media {
            Some(media) if media.len() == count => Ok(media.clone()),
            _ => Err(page),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_has_media_with_links_and_only_the_author_sees_what_is_awaited() {
    let stack = Stack::new().await;
    let app = stack.start(nova_feed::service).await;
    let (ada, ben) = (UserId::new(), UserId::new());
    for (user, name) in [(ada, "ada"), (ben, "ben")] {
        stack.publish(&world::registered(user, name)).await;
    }
    stack.publish(&world::followed(ben, ada, 1)).await;
    let (first, second, post) = (MediaId::new(), MediaId::new(), PostId::new());
    let created = PostCreated {
        media: vec![picture(first), awaited(second)],
        ..world::created(post, ada, "look", PostVisibility::Public)
    };
    stack.publish(&created).await;
    let mine = media(&stack, &app, ada, 2).await;
    assert_eq!(mine[1]["state"], "pending");
    assert_eq!(mine[1]["id"], second.to_string());
    let [shown] = &media(&stack, &app, ben, 1).await[..] else {
        panic!("one medium")
    };
    assert_eq!(
        (&shown["id"], &shown["type"]),
        (&mine[0]["id"], &mine[0]["type"])
    );
    let link = shown["thumbnails"]["small"].as_str().unwrap();
    let start = format!("/v1/media/{first}/thumbnail/small?expires=");
    assert!(link.starts_with(&start), "{link}");
    assert_eq!(shown["thumbnails"]["large"], Value::Null);

    let updated = PostUpdated {
        post_id: post.to_string(),
        user_id: ada.to_string(),
        content: Some("look".to_owned()),
        updated_at: created.created_at,
        r#type: created.r#type,
        visibility: created.visibility,
        created_at: created.created_at,
        revision: 2,
        media: vec![picture(first), picture(second)],
        ..PostUpdated::default()
    };
    stack.publish(&updated).await;
    let both = media(&stack, &app, ben, 2).await;
    assert_eq!(both[1]["id"], second.to_string());
    stack.finish().await;
}
