use nova_ids::PostId;
use nova_proto::content::v1::{CreatePostRequest, PostType, PostVisibility};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::content::{Content, path_of, request};

#[tokio::test]
async fn a_post_is_answered_with_everything_about_it_and_where_it_is() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({
        "content": "  first\n\tline 👩‍🔬 ", "type": "REEL", "visibility": "FOLLOWERS_ONLY",
        "tags": ["Rust", "été-2026"],
    });
    let answer = content.post(&ada, body).await;
    let post = answer.expect(201);
    let id: PostId = post["id"].as_str().unwrap().parse().unwrap();
    let expected = json!({
        "id": id, "author_id": ada.id, "content": "  first\n\tline 👩‍🔬 ", "type": "REEL",
        "visibility": "FOLLOWERS_ONLY", "tags": ["Rust", "été-2026"], "media": [], "revision": 1,
        "created_at": post["created_at"], "updated_at": post["created_at"],
    });
    assert_eq!(post, expected);
    assert_eq!(answer.header("location"), Some(path_of(&post).as_str()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        content.get(Some(&ada), &path_of(&post)).await.body,
        answer.body
    );
    content.finish().await;
}

#[tokio::test]
async fn a_post_was_created_in_the_millisecond_of_its_id() {
    let content = Content::start().await;
    let ada = content.user();
    let post = content.posted(&ada, json!({"content": "now"})).await;
    let id: PostId = post["id"].as_str().unwrap().parse().unwrap();
    let text = post["created_at"].as_str().unwrap();
    let created_at = OffsetDateTime::parse(text, &Rfc3339).unwrap();
    assert_eq!(created_at, id.made_at());
    assert_eq!(text.len(), "2026-11-21T00:47:00.123Z".len());
    content.finish().await;
}

#[tokio::test]
async fn a_post_is_public_text_unless_it_says_otherwise() {
    let content = Content::start().await;
    let ada = content.user();
    let post = content.posted(&ada, json!({"content": "plain"})).await;
    assert_eq!(post["type"], "TEXT");
    assert_eq!(post["visibility"], "PUBLIC");
    assert_eq!(post["tags"], json!([]));
    content.finish().await;
}

#[tokio::test]
async fn nobody_posts_without_a_good_token() {
    let content = Content::start().await;
    let body = json!({"content": "who am I?"});
    let anonymous = content.app.post("/v1/posts").json(&body).await;
    anonymous.problem(401, "unauthenticated");
    let forged = content
        .app
        .post("/v1/posts")
        .bearer("a.b.c")
        .json(&body)
        .await;
    forged.problem(401, "invalid_token");
    let mut grpc = content.grpc().await;
    let message = CreatePostRequest {
        content: "who am I?".to_owned(),
        ..Default::default()
    };
    let refused = grpc.create_post(request(None, message)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    content.finish().await;
}

#[tokio::test]
async fn grpc_makes_the_same_posts() {
    let content = Content::start().await;
    let ada = content.user();
    let mut grpc = content.grpc().await;
    let message = CreatePostRequest {
        content: "over gRPC".to_owned(),
        r#type: PostType::Video.into(),
        visibility: PostVisibility::Private.into(),
        tags: vec!["grpc".to_owned()],
        media_ids: Vec::new(),
    };
    let made = grpc
        .create_post(request(Some(&ada), message))
        .await
        .unwrap()
        .into_inner();
    let made = made.post.unwrap();
    let read = content
        .get(Some(&ada), &format!("/v1/posts/{}", made.id))
        .await
        .expect(200);
    assert_eq!(read["content"], "over gRPC");
    assert_eq!(read["type"], "VIDEO");
    assert_eq!(read["visibility"], "PRIVATE");
    assert_eq!(read["tags"], json!(["grpc"]));
    assert_eq!(made.revision, 1);
    assert_eq!(made.created_at, made.updated_at);

    let bare = CreatePostRequest {
        content: "bare".to_owned(),
        ..Default::default()
    };
    let made = grpc
        .create_post(request(Some(&ada), bare))
        .await
        .unwrap()
        .into_inner();
    let made = made.post.unwrap();
    assert_eq!(made.r#type(), PostType::Text);
    assert_eq!(made.visibility(), PostVisibility::Public);
    content.finish().await;
}
