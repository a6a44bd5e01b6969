//! Reading and editing profiles.

use nova_tests::checks::{
    are_indistinguishable, blames, is_account, is_callers_fault, is_problem, is_profile,
};
use nova_tests::checks::{is_refused, time};
use nova_tests::{Nova, unique};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_profile_is_read_by_id_and_by_username_with_and_without_a_token() {
    let nova = Nova::shared().await;
    let user = nova.user("profile").await;
    let reader = nova.user("reader").await;
    let account = user.get("/v1/users/me").await.expect(200);
    let public = is_account(&account);
    for path in [
        format!("/v1/users/{}", user.id),
        format!("/v1/users/by-username/{}", user.username),
    ] {
        for request in [nova.get(&path), reader.get(&path), user.get(&path)] {
            let profile = request.await.expect(200);
            is_profile(&profile);
            assert_eq!(profile, public, "{path}");
        }
    }
}

#[tokio::test]
async fn who_is_not_there_is_404_and_what_is_no_id_is_named() {
    let nova = Nova::shared().await;
    let user = nova.user("there").await;
    let post = user.say("a post is no user").await;
    let unknown = nova.get(&format!("/v1/users/{}", Uuid::now_v7())).await;
    is_refused(&unknown, 404, "not_found");
    are_indistinguishable(&unknown, &nova.get(&format!("/v1/users/{post}")).await);
    is_refused(
        &nova
            .get(&format!("/v1/users/by-username/{}", unique("no")))
            .await,
        404,
        "not_found",
    );
    for id in [
        "1",
        "nova",
        "..%2Fme",
        "%00",
        "00000000-0000-7000-8000-00000000000g",
        &"a".repeat(2_000),
    ] {
        blames(&nova.get(&format!("/v1/users/{id}")).await, "id");
    }
}

#[tokio::test]
async fn an_odd_username_in_the_path_is_the_callers_fault() {
    let nova = Nova::shared().await;
    for username in [
        "%00",
        "%0A",
        "%F0%9F%92%A5",
        "a%2Fb",
        "%20",
        "'%3B--",
        &"a".repeat(3_000),
    ] {
        is_callers_fault(&nova.get(&format!("/v1/users/by-username/{username}")).await);
    }
}

#[tokio::test]
async fn ones_own_profile_needs_a_token() {
    let nova = Nova::shared().await;
    is_refused(&nova.get("/v1/users/me").await, 401, "unauthenticated");
    is_refused(
        &nova.patch("/v1/users/me").json(json!({})).await,
        401,
        "unauthenticated",
    );
}

#[tokio::test]
async fn an_edit_answers_200_with_the_whole_profile_and_stays() {
    let nova = Nova::shared().await;
    let user = nova.user("edit").await;
    let before = user.get("/v1/users/me").await.expect(200);
    let renamed = unique("renamed");
    let picture = "https://images.example.org/a.png?size=1&crop=none";
    for (member, value) in [
        ("display_name", json!("Ada Lovelace")),
        ("avatar_url", json!(picture)),
        ("username", json!(renamed)),
        ("avatar_url", Value::Null),
    ] {
        let mut expected = user.get("/v1/users/me").await.expect(200);
        expected[member] = value.clone();
        let after = user
            .patch("/v1/users/me")
            .json(json!({ member: value }))
            .await
            .expect(200);
        is_account(&after);
        assert!(time(&after["updated_at"]) >= time(&expected["updated_at"]));
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected, "after a change of {member}");
        assert_eq!(user.get("/v1/users/me").await.expect(200), after);
    }
    let after = nova
        .get(&format!("/v1/users/by-username/{renamed}"))
        .await
        .expect(200);
    assert_eq!(after["id"], user.id);
    assert_eq!(after["created_at"], before["created_at"]);
    is_problem(
        &nova
            .get(&format!("/v1/users/by-username/{}", user.username))
            .await,
        404,
    );
}

#[tokio::test]
async fn an_edit_of_nothing_changes_nothing() {
    let nova = Nova::shared().await;
    let user = nova.user("still").await;
    let before = user.get("/v1/users/me").await.expect(200);
    assert_eq!(
        user.patch("/v1/users/me").json(json!({})).await.expect(200),
        before
    );
}

#[tokio::test]
async fn someone_elses_username_cannot_be_taken() {
    let nova = Nova::shared().await;
    let (user, other) = (nova.user("mine").await, nova.user("theirs").await);
    let answer = user
        .patch("/v1/users/me")
        .json(json!({ "username": other.username }))
        .await;
    is_refused(&answer, 409, "username_taken");
    // One's own is no conflict.
    user.patch("/v1/users/me")
        .json(json!({ "username": user.username }))
        .await
        .expect(200);
}

#[tokio::test]
async fn what_is_no_username_name_or_picture_is_refused() {
    let nova = Nova::shared().await;
    let user = nova.user("refused").await;
    let before = user.get("/v1/users/me").await.expect(200);
    for (member, values) in [
        (
            "username",
            ["", " ", "two words", "nul\u{0}", "sla/sh", "💥"].as_slice(),
        ),
        (
            "display_name",
            &["", "  ", "nul\u{0}", "bell\u{7}", "line\nfeed"],
        ),
        (
            "avatar_url",
            &[
                "not a url",
                "javascript:alert(1)",
                "file:///etc/passwd",
                "//x",
                "https://",
                "h\u{0}",
            ],
        ),
    ] {
        for value in values {
            let answer = user
                .patch("/v1/users/me")
                .json(json!({ member: value }))
                .await;
            assert_eq!(answer.status, 400, "{member} {value:?}: {}", answer.text());
            blames(&answer, member);
        }
    }
    assert_eq!(user.get("/v1/users/me").await.expect(200), before);
}

#[tokio::test]
async fn what_cannot_be_edited_is_an_unknown_field() {
    let nova = Nova::shared().await;
    let user = nova.user("fixed").await;
    for member in [
        "id",
        "email",
        "email_verified",
        "password",
        "created_at",
        "updated_at",
        "is_admin",
    ] {
        let answer = user
            .patch("/v1/users/me")
            .json(json!({ member: "x" }))
            .await;
        blames(&answer, member);
    }
}
