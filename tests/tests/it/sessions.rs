//! Where one is signed in, and what another password does to it.

use nova_testkit::Answer;
use nova_tests::checks::{blames, has_members, is_id, is_page, is_refused, text, time};
use nova_tests::{Nova, User, id_of, unique};
use serde_json::{Value, json};

const SESSION: &[&str] = &[
    "id",
    "created_at",
    "last_used_at",
    "address",
    "user_agent",
    "current",
];

#[track_caller]
fn is_session_of_list(session: &Value) {
    has_members(session, SESSION);
    is_id(&session["id"]);
    assert!(time(&session["created_at"]) <= time(&session["last_used_at"]));
    assert!(session["address"].is_string() && session["current"].is_boolean());
}

/// The same user signed in once more: a refresh token.
async fn sign_in(nova: &Nova, user: &User) -> String {
    let credentials = json!({ "username": user.username, "password": user.password });
    let session = nova.post("/v1/auth/login").json(credentials).await;
    text(&session.expect(200)["refresh_token"]).to_owned()
}

async fn refresh(nova: &Nova, token: &str) -> Answer {
    nova.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": token }))
        .await
}

async fn change_password(user: &User, current: &str, new: &str) -> Answer {
    user.put("/v1/users/me/password")
        .json(json!({ "current_password": current, "new_password": new }))
        .await
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let nova = Nova::shared().await;
    let (user, other) = (nova.user("listed").await, nova.user("other").await);
    let elsewhere = sign_in(&nova, &user).await;
    let page = user.get("/v1/users/me/sessions").await.expect(200);
    let sessions = is_page(&page, is_session_of_list);
    let current: Vec<bool> = sessions
        .iter()
        .filter_map(|session| session["current"].as_bool())
        .collect();
    assert_eq!(current, [false, true]);
    assert_eq!(id_of(&sessions[1]), user.session_id());

    let path = format!("/v1/users/me/sessions/{}", id_of(&sessions[0]));
    is_refused(&other.delete(&path).await, 404, "not_found");
    user.delete(&path).await.expect(204);
    is_refused(&user.delete(&path).await, 404, "not_found");
    is_refused(
        &refresh(&nova, &elsewhere).await,
        401,
        "invalid_refresh_token",
    );
    refresh(&nova, &user.refresh_token).await.expect(200);
}

#[tokio::test]
async fn another_password_leaves_one_session() {
    let nova = Nova::shared().await;
    let user = nova.user("changes").await;
    let elsewhere = sign_in(&nova, &user).await;
    let wrong = change_password(&user, "not the password", "another password").await;
    is_refused(&wrong, 403, "wrong_password");
    let short = change_password(&user, &user.password, "short").await;
    blames(&short, "new_password");
    let answer = change_password(&user, &user.password, "another password").await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    is_refused(
        &refresh(&nova, &elsewhere).await,
        401,
        "invalid_refresh_token",
    );
    refresh(&nova, &user.refresh_token).await.expect(200);
    for (password, status) in [(user.password.as_str(), 401), ("another password", 200)] {
        let credentials = json!({ "email": user.email, "password": password });
        let answer = nova.post("/v1/auth/login").json(credentials).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn nobody_speaks_for_the_platform() {
    let nova = Nova::shared().await;
    let user = nova.user("plain").await;
    for username in ["admin", "ROOT", "Support", "system", "nova"] {
        let email = format!("{}@example.org", unique("new"));
        let body = json!({ "username": username, "email": email, "password": "long enough" });
        blames(&nova.post("/v1/auth/register").json(body).await, "username");
        let rename = user.patch("/v1/users/me");
        blames(
            &rename.json(json!({ "username": username })).await,
            "username",
        );
    }
}
