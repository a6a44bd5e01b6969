use nova_proto::content::v1::DeletePostRequest;
use serde_json::json;

use crate::content::{Content, path_of, request};

#[tokio::test]
async fn a_deleted_post_is_gone_and_is_deleted_once() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(
        &content
            .posted(&ada, json!({"content": "short-lived"}))
            .await,
    );
    let deleted = content.app.delete(&path).bearer(&ada.token).await;
    deleted.expect(204);
    assert!(deleted.body.is_empty());
    content
        .app
        .delete(&path)
        .bearer(&ada.token)
        .await
        .problem(404, "not_found");
    content
        .get(Some(&ada), &path)
        .await
        .problem(404, "not_found");
    let edit = json!({"content": "again"});
    content
        .app
        .patch(&path)
        .bearer(&ada.token)
        .json(edit)
        .await
        .problem(404, "not_found");
    let page = content
        .get(Some(&ada), &format!("/v1/users/{}/posts", ada.id))
        .await
        .expect(200);
    assert_eq!(page, json!({"items": [], "next_cursor": null}));
    content.finish().await;
}

#[tokio::test]
async fn of_two_deletes_at_the_same_time_one_finds_nothing() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(
        &content
            .posted(&ada, json!({"content": "short-lived"}))
            .await,
    );
    let delete = || content.app.delete(&path).bearer(&ada.token).send();
    let (one, other) = tokio::try_join!(delete(), delete()).unwrap();
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
    content.finish().await;
}

#[tokio::test]
async fn nobody_deletes_a_post_of_somebody_else() {
    let content = Content::start().await;
    let (author, other) = (content.user(), content.user());
    let seen = content.posted(&author, json!({"content": "seen"})).await;
    let hidden = content
        .posted(
            &author,
            json!({"content": "hidden", "visibility": "PRIVATE"}),
        )
        .await;
    let delete = |post| content.app.delete(&path_of(post));
    delete(&seen)
        .bearer(&other.token)
        .await
        .problem(403, "forbidden");
    delete(&hidden)
        .bearer(&other.token)
        .await
        .problem(404, "not_found");
    delete(&seen).await.problem(401, "unauthenticated");
    for post in [seen, hidden] {
        content
            .get(Some(&author), &path_of(&post))
            .await
            .expect(200);
    }
    content.finish().await;
}

#[tokio::test]
async fn grpc_makes_the_same_deletes() {
    let content = Content::start().await;
    let (ada, other) = (content.user(), content.user());
    let post = content
        .posted(&ada, json!({"content": "short-lived"}))
        .await;
    let message = DeletePostRequest {
        id: post["id"].as_str().unwrap().to_owned(),
    };
    let mut grpc = content.grpc().await;
    for (caller, code) in [
        (None, tonic::Code::Unauthenticated),
        (Some(&other), tonic::Code::PermissionDenied),
        (Some(&ada), tonic::Code::Ok),
        (Some(&ada), tonic::Code::NotFound),
    ] {
        let answer = grpc.delete_post(request(caller, message.clone())).await;
        assert_eq!(
            answer.map_or_else(|refused| refused.code(), |_| tonic::Code::Ok),
            code
        );
    }
    content
        .get(Some(&ada), &path_of(&post))
        .await
        .problem(404, "not_found");
    content.finish().await;
}
