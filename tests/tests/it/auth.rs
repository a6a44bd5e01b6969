//! Registering, signing in, refreshing, signing out.

use std::collections::BTreeSet;

use nova_testkit::{Answer, eventually};
use nova_tests::checks::{
    are_indistinguishable, blames, is_account, is_callers_fault, is_problem, is_refused,
};
use nova_tests::checks::{is_session, text};
use nova_tests::{Nova, User, unique};
use serde_json::{Value, json};

fn registration(username: &str) -> Value {
    json!({
        "username": username,
        "email": format!("{username}@example.org"),
        "password": "correct horse battery staple",
    })
}

async fn refresh(nova: &Nova, token: &str) -> Answer {
    nova.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": token }))
        .await
}

async fn logout(nova: &Nova, token: &str) -> Answer {
    nova.post("/v1/auth/logout")
        .json(json!({ "refresh_token": token }))
        .await
}

async fn login(nova: &Nova, user: &User) -> Value {
    let credentials = json!({ "username": user.username, "password": user.password });
    nova.post("/v1/auth/login")
        .json(credentials)
        .await
        .expect(200)
}

/// The status of a request that needs an access token.
async fn status_of(nova: &Nova, access_token: &str) -> u16 {
    nova.get("/v1/users/me").bearer(access_token).await.status
}

#[tokio::test]
async fn registering_answers_201_with_the_account_and_tokens() {
    let nova = Nova::shared().await;
    let username = unique("alice");
    let mut body = registration(&username);
    body["display_name"] = json!("Alice Ångström 🦀");
    let answer = nova.post("/v1/auth/register").json(body).await;

    let session = answer.expect(201);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    is_session(&session);
    assert_eq!(session["user"]["username"], username);
    assert_eq!(session["user"]["email"], format!("{username}@example.org"));
    assert_eq!(session["user"]["display_name"], "Alice Ångström 🦀");
    assert_eq!(session["user"]["avatar_url"], Value::Null);
    assert_eq!(session["user"]["created_at"], session["user"]["updated_at"]);
    assert_eq!(session["expires_in"], 900);
    assert_eq!(status_of(&nova, text(&session["access_token"])).await, 200);
}

#[tokio::test]
async fn without_a_display_name_it_is_the_username() {
    let nova = Nova::shared().await;
    let username = unique("noname");
    let session = nova
        .post("/v1/auth/register")
        .json(registration(&username))
        .await
        .expect(201);
    assert_eq!(session["user"]["display_name"], username);
}

#[tokio::test]
async fn a_username_or_address_is_given_once() {
    let nova = Nova::shared().await;
    let user = nova.user("taken").await;
    let free = unique("free");
    for (field, value, code) in [
        ("username", user.username.clone(), "username_taken"),
        ("email", user.email.clone(), "email_taken"),
        ("email", user.email.to_uppercase(), "email_taken"),
    ] {
        let mut body = registration(&free);
        body[field] = json!(value);
        let answer = nova.post("/v1/auth/register").json(body).await;
        is_refused(&answer, 409, code);
    }
    // None of the refusals took the free name.
    nova.post("/v1/auth/register")
        .json(registration(&free))
        .await
        .expect(201);
}

#[tokio::test]
async fn usernames_that_differ_in_case_alone_are_not_two_people() {
    let nova = Nova::shared().await;
    let user = nova.user("cased").await;
    let mut body = registration(&unique("other"));
    body["username"] = json!(user.username.to_uppercase());
    is_callers_fault(&nova.post("/v1/auth/register").json(body).await);
}

#[tokio::test]
async fn of_two_who_register_one_name_at_the_same_time_one_gets_it() {
    let nova = Nova::shared().await;
    let (username, one, other) = (unique("race"), unique("one"), unique("other"));
    let with_email = |email: &str| {
        let mut body = registration(&username);
        body["email"] = json!(format!("{email}@example.org"));
        nova.post("/v1/auth/register").json(body)
    };
    let (first, second) = tokio::join!(with_email(&one), with_email(&other));
    let statuses = BTreeSet::from([first.status, second.status]);
    assert_eq!(
        statuses,
        BTreeSet::from([201, 409]),
        "{} {}",
        first.text(),
        second.text()
    );
}

#[tokio::test]
async fn one_signs_in_with_username_or_address() {
    let nova = Nova::shared().await;
    let user = nova.user("signin").await;
    for (name, value) in [("username", &user.username), ("email", &user.email)] {
        let credentials = json!({ name: value, "password": user.password });
        let session = nova
            .post("/v1/auth/login")
            .json(credentials)
            .await
            .expect(200);
        is_session(&session);
        assert_eq!(session["user"]["id"], user.id);
        assert_eq!(status_of(&nova, text(&session["access_token"])).await, 200);
        assert_ne!(session["refresh_token"], user.refresh_token);
    }
}

#[tokio::test]
async fn a_sign_in_names_exactly_one_account() {
    let nova = Nova::shared().await;
    let user = nova.user("which").await;
    let both = json!({ "username": user.username, "email": user.email, "password": user.password });
    let neither = json!({ "password": user.password });
    for credentials in [both, neither] {
        is_problem(&nova.post("/v1/auth/login").json(credentials).await, 400);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_cannot_be_told_apart() {
    let nova = Nova::shared().await;
    let user = nova.user("guess").await;
    let attempt = |name: &str, value: &str| {
        nova.post("/v1/auth/login")
            .json(json!({ name: value, "password": "not the password" }))
    };
    let wrong = attempt("username", &user.username).await;
    let unknown = attempt("username", &unique("nobody")).await;
    let unknown_address = attempt("email", &format!("{}@example.org", unique("nobody"))).await;
    is_problem(&wrong, 401);
    are_indistinguishable(&wrong, &unknown);
    are_indistinguishable(&wrong, &unknown_address);
}

#[tokio::test]
async fn the_password_is_compared_whole() {
    let nova = Nova::shared().await;
    let user = nova.user("whole").await;
    let shorter = &user.password[..user.password.len() - 1];
    for password in [
        shorter,
        &format!("{} ", user.password),
        &user.password.to_uppercase(),
    ] {
        let credentials = json!({ "username": user.username, "password": password });
        is_problem(&nova.post("/v1/auth/login").json(credentials).await, 401);
    }
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_user() {
    let nova = Nova::shared().await;
    let user = nova.user("refresh").await;
    let session = refresh(&nova, &user.refresh_token).await.expect(200);
    is_session(&session);
    assert_eq!(session["user"]["id"], user.id);
    assert_ne!(session["refresh_token"], user.refresh_token);
    assert_ne!(session["access_token"], user.access_token);
    assert_eq!(status_of(&nova, text(&session["access_token"])).await, 200);
    // The new one is good for the next refresh.
    refresh(&nova, text(&session["refresh_token"]))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_whole_session_and_no_other() {
    let nova = Nova::shared().await;
    let user = nova.user("reuse").await;
    let elsewhere = login(&nova, &user).await;

    let second = refresh(&nova, &user.refresh_token).await.expect(200);
    let third = refresh(&nova, text(&second["refresh_token"]))
        .await
        .expect(200);

    is_problem(&refresh(&nova, &user.refresh_token).await, 401);
    for ended in [&third, &second] {
        is_problem(&refresh(&nova, text(&ended["refresh_token"])).await, 401);
    }
    refresh(&nova, text(&elsewhere["refresh_token"]))
        .await
        .expect(200);
}

#[tokio::test]
async fn of_two_refreshes_at_the_same_time_at_most_one_wins_and_the_session_ends() {
    let nova = Nova::shared().await;
    let user = nova.user("thief").await;
    let (one, other) = tokio::join!(
        refresh(&nova, &user.refresh_token),
        refresh(&nova, &user.refresh_token)
    );
    let winners: Vec<&Answer> = [&one, &other]
        .into_iter()
        .filter(|answer| answer.status == 200)
        .collect();
    assert!(winners.len() <= 1, "{} {}", one.text(), other.text());
    for winner in winners {
        let session = winner.expect(200);
        is_problem(&refresh(&nova, text(&session["refresh_token"])).await, 401);
    }
}

#[tokio::test]
async fn a_refresh_token_that_never_was_is_401() {
    let nova = Nova::shared().await;
    let user = nova.user("never").await;
    let reversed: String = user.refresh_token.chars().rev().collect();
    is_problem(&refresh(&nova, &reversed).await, 401);
    // It has cost nobody their session.
    refresh(&nova, &user.refresh_token).await.expect(200);
}

#[tokio::test]
async fn an_access_token_is_no_refresh_token_nor_the_other_way_round() {
    let nova = Nova::shared().await;
    let user = nova.user("swap").await;
    is_problem(&refresh(&nova, &user.access_token).await, 401);
    assert_eq!(status_of(&nova, &user.refresh_token).await, 401);
}

#[tokio::test]
async fn a_logout_ends_the_session_and_no_other() {
    let nova = Nova::shared().await;
    let user = nova.user("logout").await;
    let elsewhere = login(&nova, &user).await;

    let answer = logout(&nova, &user.refresh_token).await;
    assert_eq!(
        (answer.status, answer.body.len()),
        (204, 0),
        "{}",
        answer.text()
    );
    is_problem(&refresh(&nova, &user.refresh_token).await, 401);
    refresh(&nova, text(&elsewhere["refresh_token"]))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_logout_needs_no_access_token_and_may_be_repeated() {
    let nova = Nova::shared().await;
    let user = nova.user("again").await;
    for _ in 0..2 {
        logout(&nova, &user.refresh_token).await.expect(204);
    }
    let never_was: String = user.refresh_token.chars().rev().collect();
    logout(&nova, &never_was).await.expect(204);
}

#[tokio::test]
async fn passwords_and_addresses_of_others_are_in_no_answer() {
    let nova = Nova::shared().await;
    let user = nova.user("secret").await;
    let reader = nova.user("reader").await;
    reader.follow(&user).await;
    user.say("hello").await;
    eventually("the post is in the feed", async || {
        !reader.feed().await.is_empty()
    })
    .await;
    for path in [
        format!("/v1/users/{}", user.id),
        format!("/v1/users/by-username/{}", user.username),
        format!("/v1/users/{}/following", reader.id),
        format!("/v1/users/{}/posts", user.id),
        "/v1/users/me/sessions".to_owned(),
        "/v1/feed".to_owned(),
        "/metrics".to_owned(),
    ] {
        let shown = reader.get(&path).await.text();
        assert!(
            !shown.contains(&user.email),
            "{path} shows the address: {shown}"
        );
        assert!(
            !shown.contains(&user.password),
            "{path} shows the password: {shown}"
        );
    }
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let nova = Nova::shared().await;
    let body = json!({ "username": "", "email": "no address", "password": "x" });
    let problem = is_problem(&nova.post("/v1/auth/register").json(body).await, 400);
    let errors = problem["errors"].as_array().expect("errors");
    let fields: BTreeSet<&str> = errors.iter().map(|error| text(&error["field"])).collect();
    assert_eq!(
        fields,
        BTreeSet::from(["username", "email", "password"]),
        "{problem}"
    );
}

#[tokio::test]
async fn what_is_no_address_username_or_password_is_refused() {
    let nova = Nova::shared().await;
    for (field, values) in [
        (
            "email",
            [
                "",
                "@",
                "a@",
                "@b.example",
                "a b@c.example",
                "a@b@c",
                "a\u{0}@b.example",
            ]
            .as_slice(),
        ),
        (
            "username",
            &[
                "",
                " ",
                "two words",
                "tab\tbed",
                "nul\u{0}",
                "sla/sh",
                "a@b",
                "💥",
                "me\u{202e}em",
            ],
        ),
        ("password", &["", "a", "short"]),
        (
            "display_name",
            &[
                "",
                " ",
                "nul\u{0}",
                "bell\u{7}",
                "line\nfeed",
                "esc\u{1b}[31m",
            ],
        ),
    ] {
        for value in values {
            let mut body = registration(&unique("odd"));
            body[field] = json!(value);
            let answer = nova.post("/v1/auth/register").json(body).await;
            assert_eq!(answer.status, 400, "{field} {value:?}: {}", answer.text());
            blames(&answer, field);
        }
    }
}

#[tokio::test]
async fn the_account_of_a_token_is_the_one_it_was_given_to() {
    let nova = Nova::shared().await;
    let user = nova.user("own").await;
    let me = user.get("/v1/users/me").await.expect(200);
    is_account(&me);
    assert_eq!(me["id"], user.id);
}
