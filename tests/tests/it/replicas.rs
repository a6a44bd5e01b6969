//! Two processes of one platform are one platform.

use nova_testkit::Answer;
use nova_tests::checks::{is_problem, text};
use nova_tests::{Nova, id_of, unique};
use serde_json::json;

#[tokio::test]
async fn what_one_replica_is_told_the_other_knows() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let author = one.user("author").await;
    let reader = other.user("reader").await;
    other.known(&reader).follow(&author).await;
    let mut posts = Vec::new();
    for turn in 0..10 {
        let author = [&one, &other][turn % 2].known(&author);
        posts.insert(0, author.say(&format!("turn {turn}")).await);
    }
    let expected: Vec<&String> = posts.iter().collect();
    one.known(&reader).feed_becomes(&expected).await;
    other.known(&reader).feed_becomes(&expected).await;

    // A cursor is good at both.
    let first = one.known(&reader).page("/v1/feed", 4, None).await;
    let cursor = first["next_cursor"].as_str();
    let rest = [
        one.known(&reader).page("/v1/feed", 100, cursor).await,
        other.known(&reader).page("/v1/feed", 100, cursor).await,
    ];
    assert_eq!(rest[0], rest[1]);
    assert_eq!(rest[0]["items"].as_array().map(Vec::len), Some(6));
    drop(other);
    one.finish().await;
}

#[tokio::test]
async fn one_key_makes_one_post_whichever_replica_is_asked() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let user = one.user("twice").await;
    let key = unique("key");
    let send = |nova: &Nova| {
        let request = nova.known(&user).post("/v1/posts").idempotency_key(&key);
        request.json(json!({ "content": "once" }))
    };
    let answers: [Answer; 4] =
        tokio::join!(send(&one), send(&other), send(&one), send(&other)).into();
    for answer in &answers {
        answer.expect(201);
        assert_eq!(answer.body, answers[0].body);
    }
    let path = format!("/v1/users/{}/posts", user.id);
    assert_eq!(user.list(&path, 100).await.len(), 1);
    drop(other);
    one.finish().await;
}

#[tokio::test]
async fn a_refresh_token_is_good_once_in_all() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let user = one.user("refresh").await;
    let refresh = |nova: &Nova, token: &str| {
        nova.post("/v1/auth/refresh")
            .json(json!({ "refresh_token": token }))
    };
    let session = refresh(&other, &user.refresh_token).await.expect(200);
    is_problem(&refresh(&one, &user.refresh_token).await, 401);
    is_problem(&refresh(&other, text(&session["refresh_token"])).await, 401);
    drop(other);
    one.finish().await;
}

#[tokio::test]
async fn when_one_replica_dies_the_other_goes_on() {
    let one = Nova::start().await;
    let other = one.replica().await;
    let (author, reader) = (one.user("author").await, one.user("reader").await);
    reader.follow(&author).await;
    let mut posts = vec![author.say("while both live").await];
    reader.feed_becomes(&[&posts[0]]).await;

    one.app().kill().await;
    let (author, reader) = (other.known(&author), other.known(&reader));
    for number in 0..5 {
        let post = author
            .publish(json!({ "content": format!("after that {number}") }))
            .await;
        posts.insert(0, id_of(&post));
    }
    reader.feed_becomes(&posts.iter().collect::<Vec<_>>()).await;
    drop(one);
    other.finish().await;
}
