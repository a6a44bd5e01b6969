//! `ETag`, `If-Match`, `If-None-Match`: a post's revision is its entity tag.

use nova_proto::content::v1::{DeletePostRequest, PostDeleted, PostUpdated, UpdatePostRequest};
use nova_testkit::{Answer, Request};
use serde_json::{Value, json};

use crate::content::{Content, User, path_of, request};

/// Sends with an `If-Match`.
async fn if_match(request: Request, author: &User, tags: &str) -> Answer {
    let request = request.bearer(&author.token);
    request.header("If-Match", tags).await
}

fn edit(content: &Content, path: &str, text: &str) -> Request {
    content.app.patch(path).json(json!({ "content": text }))
}

#[tokio::test]
async fn the_revision_is_the_tag_of_every_answer_with_a_post() {
    let content = Content::start().await;
    let ada = content.user();
    let create = async || {
        let request = content.app.post("/v1/posts").bearer(&ada.token);
        let request = request.idempotency_key("tagged");
        request.json(json!({ "content": "first" })).await
    };
    let (created, replayed) = (create().await, create().await);
    assert_eq!(created.header("etag"), Some("\"1\""));
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    assert_eq!(replayed.header("etag"), Some("\"1\""));

    let path = path_of(&created.expect(201));
    let edited = edit(&content, &path, "second").bearer(&ada.token).await;
    assert_eq!(edited.header("etag"), Some("\"2\""));
    let same = edit(&content, &path, "second").bearer(&ada.token).await;
    assert_eq!(same.header("etag"), Some("\"2\""));
    assert_eq!(content.get(None, &path).await.header("etag"), Some("\"2\""));
    // What the key answered is what it was then.
    assert_eq!(create().await.header("etag"), Some("\"1\""));
    content.finish().await;
}

#[tokio::test]
async fn an_edit_of_another_state_is_412_and_changes_nothing() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(&content.posted(&ada, json!({ "content": "1" })).await);
    if_match(edit(&content, &path, "2"), &ada, "\"1\"")
        .await
        .expect(200);
    let before = content.get(None, &path).await;
    for other in ["\"1\"", "\"3\"", "W/\"2\"", "\"1\", \"3\"", "\"02\""] {
        // Also an edit that would change nothing.
        for text in ["2", "3"] {
            if_match(edit(&content, &path, text), &ada, other)
                .await
                .problem(412, "precondition_failed");
        }
    }
    assert_eq!(content.get(None, &path).await.body, before.body);
    for (fitting, revision) in [("\"2\"", 3), ("\"1\", \"3\"", 4), ("*", 5)] {
        let text = revision.to_string();
        let edited = if_match(edit(&content, &path, &text), &ada, fitting).await;
        assert_eq!(edited.expect(200)["revision"], revision);
    }
    assert_eq!(content.published::<PostUpdated>().await.len(), 4);
    content.finish().await;
}

#[tokio::test]
async fn a_delete_of_another_state_is_412_and_deletes_nothing() {
    let content = Content::start().await;
    let ada = content.user();
    for (other, fitting) in [("\"2\"", "\"1\""), ("W/\"1\"", "*")] {
        let path = path_of(&content.posted(&ada, json!({ "content": "here" })).await);
        if_match(content.app.delete(&path), &ada, other)
            .await
            .problem(412, "precondition_failed");
        content.get(None, &path).await.expect(200);
        if_match(content.app.delete(&path), &ada, fitting)
            .await
            .expect(204);
        // Nothing is there that `*` could fit.
        if_match(content.app.delete(&path), &ada, "*")
            .await
            .problem(404, "not_found");
    }
    assert_eq!(content.published::<PostDeleted>().await.len(), 2);
    content.finish().await;
}

#[tokio::test]
async fn a_malformed_tag_is_400_and_named() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(&content.posted(&ada, json!({ "content": "here" })).await);
    for malformed in ["", "1", "\"1", "*, \"1\"", "\"1\" \"2\"", "W/1"] {
        for request in [edit(&content, &path, "x"), content.app.delete(&path)] {
            let answer = if_match(request, &ada, malformed).await;
            let fields = answer.wrong_fields(400, "validation_failed");
            assert_eq!(fields, ["If-Match"], "{malformed}");
        }
        let read = content.app.get(&path).header("If-None-Match", malformed);
        let fields = read.await.wrong_fields(400, "validation_failed");
        assert_eq!(fields, ["If-None-Match"], "{malformed}");
    }
    content.finish().await;
}

#[tokio::test]
async fn who_may_not_change_a_post_learns_nothing_of_its_state() {
    let content = Content::start().await;
    let (author, other) = (content.user(), content.user());
    let seen = content.posted(&author, json!({ "content": "seen" })).await;
    let hidden = json!({ "content": "hidden", "visibility": "PRIVATE" });
    let hidden = content.posted(&author, hidden).await;
    for tags in ["\"1\"", "\"2\"", "*"] {
        for (post, status, code) in [(&seen, 403, "forbidden"), (&hidden, 404, "not_found")] {
            let path = path_of(post);
            for request in [edit(&content, &path, "x"), content.app.delete(&path)] {
                if_match(request, &other, tags).await.problem(status, code);
            }
        }
    }
    content.finish().await;
}

#[tokio::test]
async fn of_edits_of_one_state_at_the_same_time_one_is_made() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(&content.posted(&ada, json!({ "content": "0" })).await);
    let edits = (1..=8).map(|number: u8| {
        let edit = edit(&content, &path, &number.to_string());
        if_match(edit, &ada, "\"1\"")
    });
    let answers = futures::future::join_all(edits).await;
    let (made, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((made.len(), refused.len()), (1, 7));
    for answer in refused {
        answer.problem(412, "precondition_failed");
    }
    let post: Value = content.get(None, &path).await.expect(200);
    assert_eq!(post, made[0].json::<Value>());
    content.finish().await;
}

#[tokio::test]
async fn a_post_that_the_caller_has_is_not_sent_again() {
    let content = Content::start().await;
    let ada = content.user();
    let path = path_of(&content.posted(&ada, json!({ "content": "1" })).await);
    let read = async |tags: &str| content.app.get(&path).header("If-None-Match", tags).await;
    for had in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
        let answer = read(had).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{had}");
        assert_eq!(answer.header("etag"), Some("\"1\""), "{had}");
    }
    if_match(edit(&content, &path, "2"), &ada, "\"1\"")
        .await
        .expect(200);
    assert_eq!(read("\"1\"").await.expect(200)["content"], "2");
    content.finish().await;
}

#[tokio::test]
async fn grpc_has_the_same_condition_in_its_metadata() {
    let content = Content::start().await;
    let ada = content.user();
    let post = content.posted(&ada, json!({ "content": "1" })).await;
    let id = post["id"].as_str().unwrap().to_owned();
    let mut grpc = content.grpc().await;
    for (tags, code) in [
        ("\"2\"", tonic::Code::Aborted),
        ("2", tonic::Code::InvalidArgument),
        ("\"1\"", tonic::Code::Ok),
    ] {
        let message = UpdatePostRequest {
            id: id.clone(),
            content: Some("2".to_owned()),
            ..Default::default()
        };
        let mut edit = request(Some(&ada), message);
        edit.metadata_mut()
            .insert("if-match", tags.parse().unwrap());
        let outcome = grpc.update_post(edit).await;
        assert_eq!(code_of(outcome), code, "{tags}");
    }
    for (tags, code) in [
        ("\"1\"", tonic::Code::Aborted),
        ("*", tonic::Code::Ok),
        ("*", tonic::Code::NotFound),
    ] {
        let mut delete = request(Some(&ada), DeletePostRequest { id: id.clone() });
        delete
            .metadata_mut()
            .insert("if-match", tags.parse().unwrap());
        assert_eq!(code_of(grpc.delete_post(delete).await), code, "{tags}");
    }
    content.finish().await;
}

fn code_of<T>(outcome: Result<T, tonic::Status>) -> tonic::Code {
    outcome.map_or_else(|refused| refused.code(), |_| tonic::Code::Ok)
}
