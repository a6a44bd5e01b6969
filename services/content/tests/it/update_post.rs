use nova_proto::content::v1::{PostUpdated, PostVisibility, Tags, UpdatePostRequest};
use serde_json::{Value, json};

use crate::content::{Content, path_of, request};

#[tokio::test]
async fn an_edit_changes_what_it_names_and_answers_the_whole_post() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({"content": "draft", "type": "IMAGE", "tags": ["a"]});
    let before = content.posted(&ada, body).await;
    let path = path_of(&before);
    let edit = json!({"content": "final", "visibility": "PRIVATE", "tags": ["b", "c"]});
    let after = content
        .app
        .patch(&path)
        .bearer(&ada.token)
        .json(edit)
        .await
        .expect(200);
    let expected = json!({
        "id": before["id"], "author_id": ada.id, "content": "final", "type": "IMAGE",
        "visibility": "PRIVATE", "tags": ["b", "c"], "media": [], "revision": 2,
        "created_at": before["created_at"], "updated_at": after["updated_at"],
    });
    assert_eq!(after, expected);
    assert!(after["updated_at"].as_str() >= before["updated_at"].as_str());
    assert_eq!(content.get(Some(&ada), &path).await.expect(200), after);
    content.finish().await;
}

#[tokio::test]
async fn an_edit_that_changes_nothing_answers_the_same_post_and_tells_nobody() {
    let content = Content::start().await;
    let ada = content.user();
    let answer = content
        .post(&ada, json!({"content": "same", "tags": ["a"]}))
        .await;
    let path = path_of(&answer.expect(201));
    for edit in [
        json!({}),
        json!({"content": "same", "visibility": "PUBLIC", "tags": ["a"]}),
    ] {
        let edited = content.app.patch(&path).bearer(&ada.token).json(edit).await;
        edited.expect(200);
        assert_eq!(edited.body, answer.body);
    }
    assert!(content.published::<PostUpdated>().await.is_empty());
    content.finish().await;
}

#[tokio::test]
async fn edits_at_the_same_time_are_made_one_after_the_other() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(&content.posted(&ada, json!({"content": "0"})).await);
    let edits = (1..=8).map(|number| {
        let edit = json!({"content": number.to_string()});
        content
            .app
            .patch(&path)
            .bearer(&ada.token)
            .json(edit)
            .send()
    });
    let answers = futures::future::try_join_all(edits).await.unwrap();
    let mut revisions: Vec<i64> = answers
        .iter()
        .map(|answer| answer.expect(200)["revision"].as_i64().unwrap())
        .collect();
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=9).collect::<Vec<_>>());
    content.finish().await;
}

#[tokio::test]
async fn nobody_edits_a_post_of_somebody_else() {
    let content = Content::start().await;
    let (author, other) = (content.user(), content.user());
    let seen = content.posted(&author, json!({"content": "seen"})).await;
    let hidden = content
        .posted(
            &author,
            json!({"content": "hidden", "visibility": "PRIVATE"}),
        )
        .await;
    for edit in [json!({"content": "mine"}), json!({})] {
        let patch = |post: &Value| content.app.patch(&path_of(post)).json(&edit);
        patch(&seen)
            .bearer(&other.token)
            .await
            .problem(403, "forbidden");
        patch(&hidden)
            .bearer(&other.token)
            .await
            .problem(404, "not_found");
        patch(&seen).await.problem(401, "unauthenticated");
    }
    for post in [seen, hidden] {
        assert_eq!(
            content
                .get(Some(&author), &path_of(&post))
                .await
                .expect(200),
            post
        );
    }
    content.finish().await;
}

#[tokio::test]
async fn grpc_makes_the_same_edits() {
    let content = Content::start().await;
    let (ada, other) = (content.user(), content.user());
    let post = content
        .posted(&ada, json!({"content": "draft", "tags": ["a"]}))
        .await;
    let id = post["id"].as_str().unwrap().to_owned();
    let mut grpc = content.grpc().await;
    let edit = UpdatePostRequest {
        id: id.clone(),
        content: Some("final".to_owned()),
        ..Default::default()
    };
    let edited = grpc
        .update_post(request(Some(&ada), edit.clone()))
        .await
        .unwrap()
        .into_inner();
    let edited = edited.post.unwrap();
    assert_eq!((edited.content.as_str(), edited.revision), ("final", 2));
    assert_eq!(edited.tags, ["a"]);

    let refused = grpc
        .update_post(request(Some(&other), edit))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let edit = UpdatePostRequest {
        id,
        visibility: Some(PostVisibility::Private.into()),
        tags: Some(Tags { tags: Vec::new() }),
        ..Default::default()
    };
    let edited = grpc
        .update_post(request(Some(&ada), edit.clone()))
        .await
        .unwrap()
        .into_inner();
    let edited = edited.post.unwrap();
    assert_eq!(edited.visibility(), PostVisibility::Private);
    assert!(edited.tags.is_empty());
    let refused = grpc
        .update_post(request(Some(&other), edit))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
    content.finish().await;
}
