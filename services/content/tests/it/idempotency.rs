use std::collections::HashSet;

use nova_proto::content::v1::{CreatePostRequest, PostCreated};
use nova_testkit::{Answer, Request};
use serde_json::{Value, json};

use crate::content::{Content, User, request};

fn keyed(content: &Content, author: &User, key: &str, body: Value) -> Request {
    content
        .app
        .post("/v1/posts")
        .bearer(&author.token)
        .idempotency_key(key)
        .json(body)
}

/// Posts in the database and events of them on the topic: as many of the one as of the other.
async fn number_of_posts(content: &Content) -> usize {
    // A relay that was killed sends again what it had sent, under the same id.
    let events = content.published::<PostCreated>().await;
    let events: HashSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    let count = sqlx::query_scalar("SELECT count(*) FROM posts");
    let posts: i64 = count.fetch_one(&content.pool).await.unwrap();
    assert_eq!(usize::try_from(posts), Ok(events.len()));
    events.len()
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test]
async fn the_same_again_gets_the_first_answer_and_makes_no_second_post() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({"content": "once", "tags": ["a"]});
    let first = keyed(&content, &ada, "key", body.clone()).await;
    first.expect(201);
    // Neither an edit nor another spelling of the same request makes the answer another.
    let edit = json!({"content": "edited"});
    let path = first.header("location").unwrap();
    content
        .app
        .patch(path)
        .bearer(&ada.token)
        .json(edit)
        .await
        .expect(200);
    let spelt = json!({"tags": ["a"], "visibility": "PUBLIC", "type": "TEXT", "content": "once"});
    for again in [body, spelt] {
        let again = keyed(&content, &ada, "key", again).await;
        again.expect(201);
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("location"), Some(path));
        assert!(is_replay(&again) && !is_replay(&first));
    }
    assert_eq!(number_of_posts(&content).await, 1);
    content.finish().await;
}

#[tokio::test]
async fn the_same_sent_many_times_at_once_makes_one_post_and_one_answer() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({"content": "once"});
    let requests = (0..8).map(|_| keyed(&content, &ada, "key", body.clone()).send());
    let answers = futures::future::try_join_all(requests).await.unwrap();
    for answer in &answers {
        answer.expect(201);
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(
        answers.iter().filter(|answer| !is_replay(answer)).count(),
        1
    );
    assert_eq!(number_of_posts(&content).await, 1);
    content.finish().await;
}

#[tokio::test]
async fn a_crash_after_the_commit_changes_nothing() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({"content": "once"});
    let first = keyed(&content, &ada, "key", body.clone()).await;
    first.expect(201);
    content.app.kill().await;
    let content = Content::start_on(content.stack).await;
    let again = keyed(&content, &ada, "key", body).await;
    again.expect(201);
    assert_eq!(again.body, first.body);
    assert_eq!(number_of_posts(&content).await, 1);
    content.finish().await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_user() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    keyed(&content, &ada, "key", json!({"content": "one"}))
        .await
        .expect(201);
    let other = keyed(&content, &ada, "key", json!({"content": "other"})).await;
    other.problem(422, "idempotency_key_reused");
    assert!(!is_replay(
        &keyed(&content, &ben, "key", json!({"content": "one"})).await
    ));
    assert!(!is_replay(
        &keyed(&content, &ada, "other-key", json!({"content": "one"})).await
    ));
    assert_eq!(number_of_posts(&content).await, 3);
    content.finish().await;
}

#[tokio::test]
async fn a_refused_request_does_not_burn_its_key() {
    let content = Content::start().await;
    let ada = content.user();
    let body = json!({"content": "at last"});
    keyed(&content, &ada, "key", json!({"content": ""}))
        .await
        .problem(400, "validation_failed");
    keyed(&content, &ada, "key", json!({"kontent": ""}))
        .await
        .problem(400, "validation_failed");
    let anonymous = content
        .app
        .post("/v1/posts")
        .idempotency_key("key")
        .json(&body);
    anonymous.await.problem(401, "unauthenticated");
    let answer = keyed(&content, &ada, "key", body).await;
    answer.expect(201);
    assert!(!is_replay(&answer));
    content.finish().await;
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let content = Content::start().await;
    let ada = content.user();
    for key in ["", "a b", &"k".repeat(256)] {
        let answer = keyed(&content, &ada, key, json!({"content": "x"})).await;
        assert_eq!(
            answer.wrong_fields(400, "validation_failed"),
            ["Idempotency-Key"],
            "{key:?}"
        );
    }
    keyed(&content, &ada, &"k".repeat(255), json!({"content": "x"}))
        .await
        .expect(201);
    content.finish().await;
}

#[tokio::test]
async fn rest_and_grpc_know_the_same_keys() {
    let content = Content::start().await;
    let ada = content.user();
    let rest = keyed(&content, &ada, "key", json!({"content": "once"}))
        .await
        .expect(201);
    let mut grpc = content.grpc().await;
    let keyed = |text: &str| {
        let message = CreatePostRequest {
            content: text.to_owned(),
            ..Default::default()
        };
        let mut request = request(Some(&ada), message);
        request
            .metadata_mut()
            .insert("idempotency-key", "key".parse().unwrap());
        request
    };
    let replayed = grpc
        .create_post(keyed("once"))
        .await
        .unwrap()
        .into_inner()
        .post
        .unwrap();
    assert_eq!(rest["id"], replayed.id);
    let refused = grpc.create_post(keyed("other")).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    assert_eq!(number_of_posts(&content).await, 1);
    content.finish().await;
}

/// A request that an earlier build has answered, as it kept both. What is written here stands in databases: a build
/// that reads it otherwise is wrong, not this.
#[tokio::test]
async fn what_an_earlier_build_has_kept_is_answered_by_this_one() {
    let content = Content::start().await;
    let ada = content.user();
    let former = r#"{"content":"once","kind":"TEXT","visibility":"PUBLIC","tags":["a"]}"#;
    let since = r#"{"content""once""kind""TEXT""tags"["a",]"visibility""PUBLIC"}"#;
    let answer = json!({
        "id": "01a20064-c62d-72cf-8a5a-b0c559973bd7", "author_id": ada.id, "content": "once", "type": "TEXT",
        "visibility": "PUBLIC", "tags": ["a"], "revision": 1,
        "created_at": "2026-11-21T12:00:00.000Z", "updated_at": "2026-11-21T12:00:00.000Z",
    });
    for (key, said) in [("former", former), ("since", since)] {
        sqlx::query(
            "INSERT INTO idempotency_keys (owner, key, request, status, body)
             VALUES ($1, $2, sha256(convert_to($3, 'UTF8')), 201, $4)",
        )
        .bind(ada.id.uuid())
        .bind(key)
        .bind(format!("create_post\n{said}"))
        .bind(answer.to_string().into_bytes())
        .execute(&content.pool)
        .await
        .unwrap();
        let body = json!({"content": "once", "tags": ["a"]});
        let again = keyed(&content, &ada, key, body).await;
        again.expect(201);
        assert_eq!(again.json::<Value>(), answer);
        assert!(is_replay(&again));
        let message = CreatePostRequest {
            content: "once".to_owned(),
            tags: vec!["a".to_owned()],
            ..Default::default()
        };
        let mut message = request(Some(&ada), message);
        message
            .metadata_mut()
            .insert("idempotency-key", key.parse().unwrap());
        let again = content.grpc().await.create_post(message).await.unwrap();
        assert_eq!(again.into_inner().post.unwrap().content, "once");
    }
    assert_eq!(number_of_posts(&content).await, 0);
    content.finish().await;
}
