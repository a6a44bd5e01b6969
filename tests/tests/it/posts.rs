//! Making, reading, editing, deleting and listing posts.

use nova_tests::checks::{
    are_indistinguishable, blames, is_id, is_page, is_post, is_refused, time,
};
use nova_tests::{Nova, User, id_of};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

async fn posts_of(user: &User) -> Vec<String> {
    let page = user
        .get(&format!("/v1/users/{}/posts", user.id))
        .await
        .expect(200);
    is_page(&page, is_post).iter().map(id_of).collect()
}

#[tokio::test]
async fn a_post_answers_201_with_the_whole_post() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let answer = author
        .post("/v1/posts")
        .json(json!({ "content": "hello" }))
        .await;
    let post = answer.expect(201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    is_post(&post);
    let expected = json!({
        "id": post["id"],
        "author_id": author.id,
        "content": "hello",
        "type": "TEXT",
        "visibility": "PUBLIC",
        "tags": [],
        "media": [],
        "revision": 1,
        "created_at": post["created_at"],
        "updated_at": post["created_at"],
    });
    assert_eq!(post, expected);
    let age = OffsetDateTime::now_utc() - time(&post["created_at"]);
    assert!(age.whole_seconds().abs() < 60, "made {age} ago");
    let made = Uuid::parse_str(&id_of(&post))
        .expect("a UUID")
        .get_timestamp()
        .expect("a time")
        .to_unix();
    let created = time(&post["created_at"]);
    assert_eq!(
        made.0.cast_signed(),
        created.unix_timestamp(),
        "the time in the id is that of the post"
    );
    let location = answer.header("location").expect("where the post is");
    assert!(
        location.ends_with(&format!("/v1/posts/{}", id_of(&post))),
        "{location}"
    );
}

#[tokio::test]
async fn every_type_and_visibility_is_kept_as_given() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    for kind in ["TEXT", "IMAGE", "VIDEO", "REEL"] {
        for visibility in ["PUBLIC", "PRIVATE", "FOLLOWERS_ONLY"] {
            let body = json!({
                "content": "x", "type": kind, "visibility": visibility, "tags": ["Rust", "später", "a_b-c1"],
            });
            let post = author.publish(body.clone()).await;
            is_post(&post);
            for member in ["content", "type", "visibility", "tags"] {
                assert_eq!(post[member], body[member]);
            }
            let read = author
                .get(&format!("/v1/posts/{}", id_of(&post)))
                .await
                .expect(200);
            assert_eq!(read, post);
        }
    }
}

#[tokio::test]
async fn content_is_kept_to_the_letter() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    for content in [
        " leading and trailing ",
        "two\nlines\r\nand a\ttab",
        "e\u{301} is not \u{e9}",
        "👩‍👩‍👧‍👦 \u{1F980}",
        "שלום עולם",
        "<script>alert('&amp;')</script>",
        "'; DROP TABLE posts; --",
        "\\u0000 is no NUL, and % and _ and {} and $1 mean nothing",
        "\u{feff}a byte order mark",
    ] {
        let post = author.publish(json!({ "content": content })).await;
        assert_eq!(post["content"], content);
        let read = nova
            .get(&format!("/v1/posts/{}", id_of(&post)))
            .await
            .expect(200);
        assert_eq!(read["content"], content);
    }
}

#[tokio::test]
async fn the_longest_content_is_counted_in_characters() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    for letter in ["a", "ß", "🦀"] {
        author
            .publish(json!({ "content": letter.repeat(5_000) }))
            .await;
        let answer = author
            .post("/v1/posts")
            .json(json!({ "content": letter.repeat(5_001) }))
            .await;
        blames(&answer, "content");
    }
}

#[tokio::test]
async fn an_edit_answers_200_with_the_whole_post_and_one_revision_more() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let mut expected = author
        .publish(json!({ "content": "first", "type": "IMAGE", "tags": ["one"] }))
        .await;
    let path = format!("/v1/posts/{}", id_of(&expected));
    for (revision, (member, value)) in [
        ("content", json!("second")),
        ("visibility", json!("PRIVATE")),
        ("tags", json!(["two", "three"])),
        ("tags", json!([])),
    ]
    .into_iter()
    .enumerate()
    {
        let after = author
            .patch(&path)
            .json(json!({ member: value }))
            .await
            .expect(200);
        is_post(&after);
        assert!(time(&after["updated_at"]) >= time(&expected["updated_at"]));
        expected[member] = value;
        expected["revision"] = json!(revision + 2);
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected);
        assert_eq!(author.get(&path).await.expect(200), after);
    }
}

#[tokio::test]
async fn an_edit_of_nothing_changes_nothing() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let post = author
        .publish(json!({ "content": "same", "tags": ["x"] }))
        .await;
    let path = format!("/v1/posts/{}", id_of(&post));
    for edit in [
        json!({}),
        json!({ "content": "same" }),
        json!({ "tags": ["x"], "visibility": "PUBLIC" }),
    ] {
        assert_eq!(author.patch(&path).json(edit).await.expect(200), post);
    }
}

#[tokio::test]
async fn edits_at_the_same_time_each_count() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let post = author.say("revision 1").await;
    let path = format!("/v1/posts/{post}");
    let edit = |content: &'static str| {
        let request = author.patch(&path).json(json!({ "content": content }));
        async move {
            request.await.expect(200)["revision"]
                .as_i64()
                .expect("a revision")
        }
    };
    let (a, b, c, d) = tokio::join!(edit("a"), edit("b"), edit("c"), edit("d"));
    let mut revisions = [a, b, c, d];
    revisions.sort_unstable();
    assert_eq!(revisions, [2, 3, 4, 5]);
    assert_eq!(nova.get(&path).await.expect(200)["revision"], 5);
}

#[tokio::test]
async fn a_refused_edit_changes_nothing() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let post = author.publish(json!({ "content": "as it is" })).await;
    let path = format!("/v1/posts/{}", id_of(&post));
    let edit = json!({ "content": "other", "visibility": "SECRET" });
    blames(&author.patch(&path).json(edit).await, "visibility");
    assert_eq!(nova.get(&path).await.expect(200), post);
}

#[tokio::test]
async fn what_cannot_be_set_is_an_unknown_field() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let post = author.say("mine").await;
    for member in [
        "id",
        "author_id",
        "user_id",
        "revision",
        "created_at",
        "updated_at",
    ] {
        let body = json!({ "content": "x", member: "x" });
        blames(&author.post("/v1/posts").json(&body).await, member);
        blames(
            &author.patch(&format!("/v1/posts/{post}")).json(&body).await,
            member,
        );
    }
    let edit = json!({ "type": "REEL" });
    blames(
        &author.patch(&format!("/v1/posts/{post}")).json(edit).await,
        "type",
    );
}

#[tokio::test]
async fn a_deleted_post_is_gone_like_one_that_never_was() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let post = author.say("soon gone").await;
    let path = format!("/v1/posts/{post}");
    let answer = author.delete(&path).await;
    assert_eq!(
        (answer.status, answer.body.len()),
        (204, 0),
        "{}",
        answer.text()
    );

    let never = format!("/v1/posts/{}", Uuid::now_v7());
    let edit = || json!({ "content": "again" });
    is_refused(&author.get(&path).await, 404, "not_found");
    are_indistinguishable(&author.get(&path).await, &author.get(&never).await);
    are_indistinguishable(&nova.get(&path).await, &nova.get(&never).await);
    are_indistinguishable(&author.delete(&path).await, &author.delete(&never).await);
    let (gone, never_was) = (
        author.patch(&path).json(edit()).await,
        author.patch(&never).json(edit()).await,
    );
    are_indistinguishable(&gone, &never_was);
    assert!(posts_of(&author).await.is_empty());
}

#[tokio::test]
async fn a_users_posts_are_listed_newest_first() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let mut expected = Vec::new();
    for number in 0..5 {
        expected.insert(0, author.say(&format!("post {number}")).await);
    }
    assert_eq!(posts_of(&author).await, expected);
    let page = nova
        .get(&format!("/v1/users/{}/posts", author.id))
        .await
        .expect(200);
    assert_eq!(page["next_cursor"], Value::Null);
    // An edit does not move a post.
    author
        .patch(&format!("/v1/posts/{}", expected[4]))
        .json(json!({ "content": "edited" }))
        .await
        .expect(200);
    assert_eq!(posts_of(&author).await, expected);
}

#[tokio::test]
async fn someone_without_posts_has_an_empty_list() {
    let nova = Nova::shared().await;
    let silent = nova.user("silent").await;
    let empty = json!({ "items": [], "next_cursor": null });
    assert_eq!(
        nova.get(&format!("/v1/users/{}/posts", silent.id))
            .await
            .expect(200),
        empty
    );
    blames(&nova.get("/v1/users/nobody/posts").await, "id");
}

#[tokio::test]
async fn writing_needs_a_token() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let path = format!("/v1/posts/{}", author.say("public").await);
    let body = || json!({ "content": "x" });
    is_refused(
        &nova.post("/v1/posts").json(body()).await,
        401,
        "unauthenticated",
    );
    is_refused(
        &nova.patch(&path).json(body()).await,
        401,
        "unauthenticated",
    );
    is_refused(&nova.delete(&path).await, 401, "unauthenticated");
    let answer = nova.post("/v1/posts").json(body()).await;
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer"), "{challenge}");
}

#[tokio::test]
async fn what_is_no_id_of_a_post_is_named() {
    let nova = Nova::shared().await;
    let user = nova.user("user").await;
    for id in [
        "1",
        "null",
        "%00",
        "00000000-0000-7000-8000-00000000000g",
        &"a".repeat(2_000),
    ] {
        let path = format!("/v1/posts/{id}");
        blames(&nova.get(&path).await, "id");
        blames(
            &user.patch(&path).json(json!({ "content": "x" })).await,
            "id",
        );
        blames(&user.delete(&path).await, "id");
    }
    // A user's id is no post's.
    let path = format!("/v1/posts/{}", user.id);
    are_indistinguishable(
        &nova.get(&path).await,
        &nova.get(&format!("/v1/posts/{}", Uuid::now_v7())).await,
    );
}

#[tokio::test]
async fn ids_of_new_posts_grow() {
    let nova = Nova::shared().await;
    let author = nova.user("author").await;
    let mut last = String::new();
    for _ in 0..20 {
        let post = author.publish(json!({ "content": "x" })).await;
        is_id(&post["id"]);
        let id = id_of(&post);
        assert!(id > last, "{id} after {last}");
        last = id;
    }
}
