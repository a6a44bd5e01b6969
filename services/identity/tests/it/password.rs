use futures::future::join_all;
use nova_identity::commands;
use nova_identity::config::Config;
use nova_identity::domain::{Device, Login};
use nova_identity::error::Error;
use nova_identity::state::State;
use nova_ids::UserId;
use nova_testkit::{Answer, App, Stack};
use serde_json::{Value, json};

use crate::{PASSWORD, Person, register, sign_in, start, wrong};

const NEW: &str = "battery staple horse";

async fn change(app: &App, token: &str, current: &str, new: &str) -> Answer {
    put(
        app,
        token,
        json!({ "current_password": current, "new_password": new }),
    )
    .await
}

async fn put(app: &App, token: &str, body: Value) -> Answer {
    let request = app.put("/v1/users/me/password").bearer(token);
    request.json(body).await
}

async fn refresh(app: &App, person: &Person) -> Answer {
    app.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": person.refresh_token }))
        .await
}

async fn login(app: &App, password: &str) -> Answer {
    app.post("/v1/auth/login")
        .json(json!({ "username": "ada", "password": password }))
        .await
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_the_old_password() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let (phone, laptop) = (sign_in(&app, "ada").await, sign_in(&app, "ada").await);
    let answer = change(&app, &phone.access_token, PASSWORD, NEW).await;
    answer.expect(204);
    assert!(answer.body.is_empty());
    for other in [&ada, &laptop] {
        refresh(&app, other)
            .await
            .problem(401, "invalid_refresh_token");
    }
    for kept in [&phone, &ben] {
        refresh(&app, kept).await.expect(200);
    }
    login(&app, PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    login(&app, NEW).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let phone = sign_in(&app, "ada").await;
    // Right for another account, nearly right, and the one that is wanted.
    for guess in [NEW, &PASSWORD[1..], &PASSWORD.to_uppercase()] {
        let refused = change(&app, &ada.access_token, guess, NEW).await;
        let problem = refused.problem(403, "wrong_password");
        assert!(!problem.to_string().contains(guess), "{problem}");
    }
    refresh(&app, &phone).await.expect(200);
    login(&app, PASSWORD).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn passwords_are_checked_as_at_registration_by_their_names() {
    // So that the longest get as far as to be looked at.
    let stack = Stack::new().await.with("NOVA_BODY_LIMIT", "1000000");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let token = &ada.access_token;
    let refused = async |body| wrong(&put(&app, token, body).await);
    let field = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let both =
        |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    assert_eq!(
        refused(both("", "short")).await,
        [
            field("current_password", "empty"),
            field("new_password", "too_short")
        ]
    );
    let long = "p".repeat(100_000);
    assert_eq!(
        refused(both(&long, &long)).await,
        [
            field("current_password", "too_long"),
            field("new_password", "too_long")
        ]
    );
    assert_eq!(
        refused(both(PASSWORD, "long enough\0")).await,
        [field("new_password", "invalid_characters")]
    );
    assert_eq!(
        refused(json!({ "current_password": PASSWORD })).await,
        [field("new_password", "missing_field")]
    );
    assert_eq!(
        refused(json!({ "new_password": NEW })).await,
        [field("current_password", "missing_field")]
    );
    let more = json!({ "current_password": PASSWORD, "new_password": NEW, "password": NEW });
    assert_eq!(refused(more).await, [field("password", "unknown_field")]);
    login(&app, PASSWORD).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn only_who_is_signed_in_to_an_account_changes_its_password() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    register(&app, "ada").await;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    let anonymous = app.put("/v1/users/me/password").json(&body).await;
    anonymous.problem(401, "unauthenticated");
    let stranger = stack.token(UserId::new());
    put(&app, &stranger, body)
        .await
        .problem(401, "invalid_token");
    stack.finish().await;
}

/// Access tokens are good until they expire, also those of a session that has ended.
#[tokio::test]
async fn of_a_session_that_has_ended_nothing_is_kept() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let elsewhere = stack.token(ada.user_id());
    change(&app, &elsewhere, PASSWORD, NEW).await.expect(204);
    refresh(&app, &ada)
        .await
        .problem(401, "invalid_refresh_token");
    stack.finish().await;
}

#[tokio::test]
async fn of_two_changes_at_the_same_time_one_is_too_late() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let others = ["the first of two", "the second of two"];
    let changes = others.map(|new| change(&app, &ada.access_token, PASSWORD, new));
    let answers = join_all(changes).await;
    let mut won = Vec::new();
    for (answer, new) in answers.iter().zip(others) {
        if answer.status == 204 {
            won.push(new);
        } else {
            answer.problem(403, "wrong_password");
        }
    }
    assert_eq!(won.len(), 1);
    login(&app, won[0]).await.expect(200);
    stack.finish().await;
}

/// The old password is proven before it changes, and the session would begin after.
#[tokio::test]
async fn no_session_begins_with_a_password_that_was_changed_meanwhile() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut env = stack.env();
    let config = Config::read(&mut env).expect("settings");
    let state = State::connect(&config, &mut env).await.expect("a state");
    let attempt = Login::check(Some("ada"), None, PASSWORD).expect("a login");
    let proven = commands::check_credentials(&state, attempt).await;
    let proven = proven.expect("it is the password");
    change(&app, &ada.access_token, PASSWORD, NEW)
        .await
        .expect(204);
    let mut tx = state.begin().await.expect("a transaction");
    let signed_in = commands::login(&mut tx, &state, proven, Device::default()).await;
    assert!(matches!(signed_in, Err(Error::InvalidCredentials)));
    drop(tx);
    state.database.pool.close().await;
    stack.finish().await;
}
