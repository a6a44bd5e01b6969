//! `Idempotency-Key`: a request that is sent again takes effect once and is answered the same.

use nova_proto::content::v1::PostCreated;
use nova_testkit::{Answer, eventually};
use nova_tests::checks::{blames, is_problem, is_refused};
use nova_tests::{Nova, User, id_of, unique};
use serde_json::{Value, json};

async fn post(user: &User, key: &str, body: &Value) -> Answer {
    user.post("/v1/posts").idempotency_key(key).json(body).await
}

async fn number_of_posts(user: &User) -> usize {
    user.list(&format!("/v1/users/{}/posts", user.id), 100)
        .await
        .len()
}

#[tokio::test]
async fn simultaneous_posts_with_one_key_make_one_post_and_one_answer() {
    let nova = Nova::shared().await;
    let user = nova.user("twice").await;
    let (key, body) = (unique("key"), json!({ "content": "once", "tags": ["a"] }));
    let send = || post(&user, &key, &body);
    let answers: [Answer; 8] = tokio::join!(
        send(),
        send(),
        send(),
        send(),
        send(),
        send(),
        send(),
        send()
    )
    .into();
    let first = answers[0].expect(201);
    for answer in &answers {
        answer.expect(201);
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(number_of_posts(&user).await, 1);
    // Nor are there two events.
    let events = eventually("the post is published", async || {
        let events = nova.stack().published::<PostCreated>().await;
        let events: Vec<_> = events
            .into_iter()
            .filter(|event| event.user_id == user.id)
            .collect();
        (!events.is_empty()).then_some(events)
    })
    .await;
    let ids: Vec<&str> = events.iter().map(|event| event.post_id.as_str()).collect();
    assert_eq!(ids, [id_of(&first)]);
}

#[tokio::test]
async fn a_repeated_post_gets_the_original_bytes_and_says_so() {
    let nova = Nova::shared().await;
    let user = nova.user("again").await;
    let (key, body) = (
        unique("key"),
        json!({ "content": "🦀 once", "visibility": "PRIVATE" }),
    );
    let original = post(&user, &key, &body).await;
    original.expect(201);
    for _ in 0..2 {
        let replay = post(&user, &key, &body).await;
        replay.expect(201);
        assert_eq!(replay.body, original.body);
        assert_eq!(
            replay.header("content-type"),
            original.header("content-type")
        );
        assert_eq!(replay.header("idempotency-replayed"), Some("true"));
    }
    assert_eq!(original.header("idempotency-replayed"), None);
    assert_eq!(number_of_posts(&user).await, 1);
}

#[tokio::test]
async fn the_original_is_answered_even_after_an_edit_and_after_the_deletion() {
    let nova = Nova::shared().await;
    let user = nova.user("later").await;
    let (key, body) = (unique("key"), json!({ "content": "as it was" }));
    let original = post(&user, &key, &body).await;
    let path = format!("/v1/posts/{}", id_of(&original.expect(201)));

    user.patch(&path)
        .json(json!({ "content": "as it is" }))
        .await
        .expect(200);
    assert_eq!(post(&user, &key, &body).await.body, original.body);
    user.delete(&path).await.expect(204);
    let replay = post(&user, &key, &body).await;
    assert_eq!((replay.status, replay.body), (201, original.body));
    assert_eq!(user.get(&path).await.status, 404);
    assert_eq!(number_of_posts(&user).await, 0);
}

#[tokio::test]
async fn another_body_with_the_same_key_is_422() {
    let nova = Nova::shared().await;
    let user = nova.user("other").await;
    let (key, body) = (
        unique("key"),
        json!({ "content": "first", "tags": ["a", "b"] }),
    );
    let original = post(&user, &key, &body).await;
    for other in [
        json!({ "content": "second", "tags": ["a", "b"] }),
        json!({ "content": "first", "tags": ["b", "a"] }),
        json!({ "content": "first" }),
        json!({ "content": "first", "tags": ["a", "b"], "visibility": "PRIVATE" }),
        json!({ "content": "first ", "tags": ["a", "b"] }),
    ] {
        is_refused(
            &post(&user, &key, &other).await,
            422,
            "idempotency_key_reused",
        );
    }
    assert_eq!(post(&user, &key, &body).await.body, original.body);
    assert_eq!(number_of_posts(&user).await, 1);
}

#[tokio::test]
async fn of_two_bodies_at_the_same_time_one_is_made_and_the_other_is_422() {
    let nova = Nova::shared().await;
    let user = nova.user("contest").await;
    let key = unique("key");
    let (one, other) = (json!({ "content": "one" }), json!({ "content": "other" }));
    let (first, second) = tokio::join!(post(&user, &key, &one), post(&user, &key, &other));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", first.text(), second.text());
    assert_eq!(number_of_posts(&user).await, 1);
}

#[tokio::test]
async fn the_same_request_written_otherwise_is_the_same() {
    let nova = Nova::shared().await;
    let user = nova.user("spelled").await;
    let key = unique("key");
    let original = post(&user, &key, &json!({ "content": "é", "tags": ["a"] })).await;
    original.expect(201);
    for body in [
        "{\"tags\":[\"a\"],\"content\":\"é\"}",
        " { \"content\" : \"\\u00e9\" ,\n\"tags\":[ \"a\" ] } ",
    ] {
        let request = user.post("/v1/posts").idempotency_key(&key);
        let replay = request
            .header("content-type", "application/json")
            .body(body)
            .await;
        assert_eq!(
            (replay.status, &replay.body),
            (201, &original.body),
            "{}",
            replay.text()
        );
    }
}

#[tokio::test]
async fn what_was_refused_does_not_burn_the_key() {
    let nova = Nova::shared().await;
    let user = nova.user("unburnt").await;
    let key = unique("key");
    let good = json!({ "content": "in the end" });
    let raw = |content_type: &str, body: &str| {
        let request = user.post("/v1/posts").idempotency_key(&key);
        request.header("content-type", content_type).body(body)
    };
    is_problem(&post(&user, &key, &json!({ "content": "" })).await, 400);
    is_problem(
        &post(
            &user,
            &key,
            &json!({ "content": "x", "visibility": "SECRET" }),
        )
        .await,
        400,
    );
    is_problem(&raw("application/json", "{").await, 400);
    is_problem(&raw("text/plain", "hello").await, 415);
    is_problem(&raw("application/json", &" ".repeat(70_000)).await, 413);
    is_problem(
        &nova
            .post("/v1/posts")
            .idempotency_key(&key)
            .json(&good)
            .await,
        401,
    );
    is_problem(
        &nova
            .post("/v1/posts")
            .bearer("nonsense")
            .idempotency_key(&key)
            .json(&good)
            .await,
        401,
    );
    let made = post(&user, &key, &good).await;
    made.expect(201);
    assert_eq!(made.header("idempotency-replayed"), None);
    assert_eq!(number_of_posts(&user).await, 1);
}

#[tokio::test]
async fn a_used_key_does_not_hide_that_a_request_is_wrong() {
    let nova = Nova::shared().await;
    let user = nova.user("used").await;
    let key = unique("key");
    let body = json!({ "content": "made" });
    let original = post(&user, &key, &body).await;
    original.expect(201);
    is_problem(
        &nova
            .post("/v1/posts")
            .idempotency_key(&key)
            .json(&body)
            .await,
        401,
    );
    blames(
        &post(&user, &key, &json!({ "content": "" })).await,
        "content",
    );
    assert_eq!(post(&user, &key, &body).await.body, original.body);
}

#[tokio::test]
async fn keys_are_each_users_own() {
    let nova = Nova::shared().await;
    let (one, other) = (nova.user("one").await, nova.user("other").await);
    let (key, body) = (unique("key"), json!({ "content": "the same" }));
    let first = post(&one, &key, &body).await.expect(201);
    let second = post(&other, &key, &body).await.expect(201);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["author_id"], other.id);
    assert_eq!(
        (number_of_posts(&one).await, number_of_posts(&other).await),
        (1, 1)
    );
}

#[tokio::test]
async fn without_a_key_every_post_is_a_new_one() {
    let nova = Nova::shared().await;
    let user = nova.user("plain").await;
    let (one, other) = (user.say("the same").await, user.say("the same").await);
    assert_ne!(one, other);
    assert_eq!(number_of_posts(&user).await, 2);
}

#[tokio::test]
async fn a_key_is_1_to_255_visible_ascii_characters() {
    let nova = Nova::shared().await;
    let user = nova.user("odd").await;
    let body = json!({ "content": "x" });
    let long = "k".repeat(256);
    let bad: [&[u8]; 6] = [
        b"",
        long.as_bytes(),
        "schlüssel".as_bytes(),
        b"two words",
        b"tab\there",
        b"\xff\xfe",
    ];
    for key in bad {
        let answer = user
            .post("/v1/posts")
            .header("Idempotency-Key", key)
            .json(&body)
            .await;
        assert_eq!(answer.status, 400, "{key:?}: {}", answer.text());
        blames(&answer, "Idempotency-Key");
    }
    let two = user
        .post("/v1/posts")
        .idempotency_key("one")
        .idempotency_key("two")
        .json(&body)
        .await;
    blames(&two, "Idempotency-Key");
    assert_eq!(number_of_posts(&user).await, 0);
    for key in [
        "k".repeat(255).as_str(),
        "!",
        "\"quoted\"",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
    ] {
        post(&user, key, &body).await.expect(201);
    }
}
