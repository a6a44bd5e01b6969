//! Posts with media: whatever comes first, the end is the same.

use futures::future::join;
use nova_ids::{MediaId, PostId};
use nova_proto::content::v1::{CreatePostRequest, PostCreated, PostUpdated};
use nova_proto::media::v1::{
    MediaDeleted, MediaFailed, MediaMetadata, MediaPurpose, MediaThumbnail, MediaType,
    MediaUploaded,
};
use nova_testkit::eventually;
use serde_json::{Value, json};

use crate::content::{Content, User, path_of, request};

/// A picture of somebody that can be shown from now on.
fn picture(owner: &User, id: MediaId) -> MediaUploaded {
    let path = |rest: &str| format!("/v1/media/{id}/{rest}");
    MediaUploaded {
        media_id: id.to_string(),
        user_id: owner.id.to_string(),
        r#type: MediaType::Image.into(),
        url: path("content"),
        thumbnail_url: path("thumbnail/small"),
        metadata: Some(MediaMetadata {
            width: 4,
            height: 3,
            size_bytes: 99,
            mime_type: "image/png".to_owned(),
            duration_seconds: None,
        }),
        alt: Some("a cat".to_owned()),
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

fn gone(owner: &User, id: MediaId) -> MediaDeleted {
    MediaDeleted {
        media_id: id.to_string(),
        user_id: owner.id.to_string(),
        revision: 2,
        ..MediaDeleted::default()
    }
}

/// What is said of its media: ids that can be shown, and `-` before those that are awaited.
fn media(post: &Value) -> Vec<String> {
    let media = post["media"].as_array().unwrap();
    let said = |one: &Value| {
        let id = one["id"].as_str().unwrap();
        if one["state"] == "pending" {
            format!("-{id}")
        } else {
            id.to_owned()
        }
    };
    media.iter().map(said).collect()
}

/// The post as the viewer sees it, once it has this revision.
async fn seen(content: &Content, viewer: Option<&User>, post: &Value, revision: i64) -> Value {
    let path = path_of(post);
    eventually("the post has that revision", async || {
        let seen = content.get(viewer, &path).await.expect(200);
        if seen["revision"] == revision {
            Ok(seen)
        } else {
            Err(seen)
        }
    })
    .await
}

#[tokio::test]
async fn a_post_waits_for_its_media_and_others_do_not_see_that() {
    let content = Content::start().await;
    let ada = content.user();
    let (first, second) = (MediaId::new(), MediaId::new());
    let body = json!({ "content": "", "media_ids": [first, second] });
    let post = content.posted(&ada, body).await;
    let waits = |id: MediaId| format!("-{id}");
    assert_eq!(media(&post), [waits(first), waits(second)]);
    assert_eq!(post["type"], "TEXT");
    assert_eq!(media(&seen(&content, None, &post, 1).await), [""; 0]);

    content.stack.publish(&picture(&ada, second)).await;
    let others = seen(&content, None, &post, 2).await;
    assert_eq!(media(&others), [second.to_string()]);
    assert_eq!(others["type"], "TEXT");
    content.stack.publish(&picture(&ada, first)).await;
    let others = seen(&content, None, &post, 3).await;
    assert_eq!(media(&others), [first.to_string(), second.to_string()]);
    assert_eq!(others["type"], "IMAGE");
    let shown = &others["media"][0];
    assert_eq!(
        (&shown["type"], &shown["width"], &shown["height"]),
        (&json!("IMAGE"), &json!(4), &json!(3))
    );
    assert_eq!(shown["alt"], "a cat");
    assert_eq!(shown["thumbnails"]["large"], Value::Null);
    for (link, rest) in [
        (&shown["url"], "content"),
        (&shown["thumbnails"]["small"], "thumbnail/small"),
    ] {
        let start = format!("/v1/media/{first}/{rest}?expires=");
        assert!(link.as_str().unwrap().starts_with(&start), "{link}");
    }
    // Everybody who keeps posts hears of each step, with unsigned paths.
    let created = content.published::<PostCreated>().await;
    assert!(created[0].event.media.iter().all(|one| one.pending));
    let updated = content.published::<PostUpdated>().await;
    let told = &updated.last().unwrap().event.media;
    assert_eq!(told[0].url, format!("/v1/media/{first}/content"));
    assert!(!told[1].pending);
    content.finish().await;
}

#[tokio::test]
async fn media_that_are_there_are_shown_at_once() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    let known = MediaId::new();
    content.stack.publish(&picture(&ada, known)).await;
    content.stack.publish(&picture(&ben, known)).await;
    content.has_media(2).await;
    let body = json!({ "content": "look", "media_ids": [known] });
    let post = content.posted(&ada, body.clone()).await;
    assert_eq!(media(&post), [known.to_string()]);
    assert_eq!(
        (&post["type"], &post["revision"]),
        (&json!("IMAGE"), &json!(1))
    );
    // Somebody else's is one that never was.
    let eve = content.user();
    let post = content.posted(&eve, body).await;
    assert_eq!(media(&post), [format!("-{known}")]);
    assert_eq!(media(&seen(&content, Some(&ada), &post, 1).await), [""; 0]);
    // What was chosen stays.
    let body = json!({ "media_ids": [known], "type": "REEL" });
    assert_eq!(content.posted(&ada, body).await["type"], "REEL");
    content.finish().await;
}

#[tokio::test]
async fn whatever_comes_first_the_end_is_the_same() {
    let content = Content::start().await;
    let ada = content.user();
    for round in 0..20 {
        let id = MediaId::new();
        let event = picture(&ada, id);
        let body = json!({ "content": "look", "media_ids": [id] });
        let (post, _) = join(content.posted(&ada, body), content.stack.publish(&event)).await;
        let path = path_of(&post);
        let end = eventually("the post has its picture", async || {
            let seen = content.get(None, &path).await.expect(200);
            if media(&seen) == [id.to_string()] {
                Ok(seen)
            } else {
                Err(seen)
            }
        })
        .await;
        assert_eq!(end["type"], "IMAGE", "{round}");
        let revision = if media(&post) == [id.to_string()] {
            1
        } else {
            2
        };
        assert_eq!(end["revision"], revision, "{round}");
    }
    content.finish().await;
}

#[tokio::test]
async fn a_medium_names_its_post() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    let post = content.posted(&ada, json!({ "content": "look" })).await;
    let named = |owner: &User, id: MediaId, post: &str| MediaUploaded {
        post_id: post.to_owned(),
        ..picture(owner, id)
    };
    let id = post["id"].as_str().unwrap();
    let (mine, foreign) = (MediaId::new(), MediaId::new());
    content.stack.publish(&named(&ben, foreign, id)).await;
    let nowhere = PostId::new().to_string();
    content
        .stack
        .publish(&named(&ada, MediaId::new(), &nowhere))
        .await;
    content.stack.publish(&named(&ada, mine, id)).await;
    let seen = seen(&content, None, &post, 2).await;
    assert_eq!(media(&seen), [mine.to_string()]);
    assert_eq!(seen["type"], "IMAGE");
    content.has_media(3).await;
    let path = path_of(&post);
    assert_eq!(content.get(None, &path).await.expect(200)["revision"], 2);
    content.finish().await;
}

#[tokio::test]
async fn what_fails_or_goes_is_gone_from_posts() {
    let content = Content::start().await;
    let ada = content.user();
    let (fails, goes, went) = (MediaId::new(), MediaId::new(), MediaId::new());
    content.stack.publish(&gone(&ada, went)).await;
    content.has_media(1).await;
    let body = json!({ "content": "", "media_ids": [went, fails, goes] });
    let post = content.posted(&ada, body).await;
    assert_eq!(media(&post), [format!("-{fails}"), format!("-{goes}")]);
    content.stack.publish(&picture(&ada, goes)).await;
    seen(&content, Some(&ada), &post, 2).await;
    let failed = MediaFailed {
        media_id: fails.to_string(),
        user_id: ada.id.to_string(),
        revision: 1,
        ..MediaFailed::default()
    };
    content.stack.publish(&failed).await;
    let without = seen(&content, Some(&ada), &post, 3).await;
    assert_eq!(media(&without), [goes.to_string()]);
    assert_eq!(without["type"], "IMAGE");
    content.stack.publish(&gone(&ada, goes)).await;
    let bare = seen(&content, Some(&ada), &post, 4).await;
    assert_eq!((media(&bare), &bare["type"]), (Vec::new(), &json!("TEXT")));
    // It does not come back.
    content.stack.publish(&picture(&ada, goes)).await;
    let later = MediaId::new();
    content.stack.publish(&picture(&ada, later)).await;
    content.has_media(4).await;
    let path = path_of(&post);
    assert_eq!(content.get(None, &path).await.expect(200)["revision"], 4);
    content.finish().await;
}

#[tokio::test]
async fn an_edit_takes_other_media() {
    let content = Content::start().await;
    let ada = content.user();
    let (one, other) = (MediaId::new(), MediaId::new());
    for id in [one, other] {
        content.stack.publish(&picture(&ada, id)).await;
    }
    content.has_media(2).await;
    let post = content.posted(&ada, json!({ "media_ids": [one] })).await;
    let patch = async |body: Value| {
        let path = path_of(&post);
        let request = content.app.patch(&path).bearer(&ada.token);
        request.json(body).await
    };
    let edited = patch(json!({ "media_ids": [other, one] }))
        .await
        .expect(200);
    assert_eq!(media(&edited), [other.to_string(), one.to_string()]);
    assert_eq!(edited["revision"], 2);
    let same = patch(json!({ "media_ids": [other, one] }))
        .await
        .expect(200);
    assert_eq!(same["revision"], 2);
    let refused = patch(json!({ "media_ids": [] })).await;
    assert_eq!(refused.wrong_fields(400, "validation_failed"), ["content"]);
    let told = patch(json!({ "media_ids": [], "content": "gone" }))
        .await
        .expect(200);
    assert_eq!((media(&told), &told["type"]), (Vec::new(), &json!("TEXT")));
    let refused = patch(json!({ "content": " " })).await;
    assert_eq!(refused.wrong_fields(400, "validation_failed"), ["content"]);
    content.finish().await;
}

#[tokio::test]
async fn wrong_media_are_named() {
    let content = Content::start().await;
    let ada = content.user();
    let id = MediaId::new();
    let eleven: Vec<MediaId> = (0..11).map(|_| MediaId::new()).collect();
    for (body, field) in [
        (json!({ "content": "x", "media_ids": eleven }), "media_ids"),
        (
            json!({ "content": "x", "media_ids": [id, id] }),
            "media_ids[1]",
        ),
        (
            json!({ "content": "x", "media_ids": [id, "cat"] }),
            "media_ids[1]",
        ),
        (json!({ "content": "x", "media_ids": id }), "media_ids"),
        (json!({ "content": "x", "media_ids": null }), "media_ids"),
        (json!({ "content": "", "media_ids": [] }), "content"),
        (json!({}), "content"),
    ] {
        let refused = content.post(&ada, body.clone()).await;
        let wrong = refused.wrong_fields(400, "validation_failed");
        assert_eq!(wrong, [field], "{body}");
    }
    let mut client = content.grpc().await;
    let refused = client
        .create_post(request(
            Some(&ada),
            CreatePostRequest {
                content: "x".to_owned(),
                media_ids: vec![id.to_string(), "cat".to_owned()],
                ..CreatePostRequest::default()
            },
        ))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    content.finish().await;
}

#[tokio::test]
async fn over_grpc_media_are_what_they_are_over_http() {
    let content = Content::start().await;
    let ada = content.user();
    let id = MediaId::new();
    content.stack.publish(&picture(&ada, id)).await;
    content.has_media(1).await;
    let mut client = content.grpc().await;
    let created = client.create_post(request(
        Some(&ada),
        CreatePostRequest {
            media_ids: vec![id.to_string()],
            ..CreatePostRequest::default()
        },
    ));
    let post = created.await.unwrap().into_inner().post.unwrap();
    let [medium] = &post.media[..] else {
        panic!("one medium: {post:?}")
    };
    let start = format!("/v1/media/{id}/content?expires=");
    assert!(medium.url.starts_with(&start), "{}", medium.url);
    assert!(!medium.pending && medium.small.is_some() && medium.large.is_none());
    content.finish().await;
}

/// Its links are of then: what is the same is the post.
#[tokio::test]
async fn a_replay_is_the_post_of_then() {
    let content = Content::start().await;
    let ada = content.user();
    let id = MediaId::new();
    let body = json!({ "content": "look", "media_ids": [id] });
    let post = async || {
        let request = content.app.post("/v1/posts").bearer(&ada.token);
        let request = request.header("idempotency-key", "k1");
        request.json(body.clone()).await
    };
    let first = post().await.expect(201);
    content.stack.publish(&picture(&ada, id)).await;
    seen(&content, None, &first, 2).await;
    assert_eq!(post().await.expect(201), first);
    content.finish().await;
}
