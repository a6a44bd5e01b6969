//! What tests of mails have in common.

use nova_testkit::{Answer, App, Stack};
use serde_json::{Value, json};

use crate::Person;

pub(crate) async fn verify(app: &App, token: &str) -> Answer {
    let body = json!({ "token": token });
    app.post("/v1/auth/verify-email").json(body).await
}

pub(crate) async fn forgot(app: &App, email: &str) -> Answer {
    let body = json!({ "email": email });
    app.post("/v1/auth/forgot-password").json(body).await
}

pub(crate) async fn reset(app: &App, token: &str, new: &str) -> Answer {
    let body = json!({ "token": token, "new_password": new });
    app.post("/v1/auth/reset-password").json(body).await
}

pub(crate) async fn login(app: &App, username: &str, password: &str) -> Answer {
    let body = json!({ "username": username, "password": password });
    app.post("/v1/auth/login").json(body).await
}

pub(crate) async fn me(app: &App, person: &Person) -> Value {
    let request = app.get("/v1/users/me").bearer(&person.access_token);
    request.await.expect(200)
}

/// Asks for the mail, the second one after that of the registration, and gives its token.
pub(crate) async fn reset_token(stack: &Stack, app: &App, email: &str) -> String {
    let before = stack.mails_to(email).len().max(1);
    forgot(app, email).await.expect(202);
    stack.mail_to(email, before + 1).await.token()
}

#[track_caller]
pub(crate) fn is_no_token(answer: &Answer) {
    assert_eq!(answer.wrong_fields(400, "invalid_token"), ["token"]);
}

/// Texts that are no token, and what nearly is this one.
pub(crate) fn no_tokens(token: &str) -> Vec<String> {
    let mut texts = vec![
        String::new(),
        " ".to_owned(),
        "\0".to_owned(),
        "token".to_owned(),
        "null".to_owned(),
        "' OR true --".to_owned(),
        "ünknown".to_owned(),
        "A".repeat(43),
        "A".repeat(100_000),
        "ü".repeat(50_000),
        token.to_uppercase(),
        token.to_lowercase(),
        format!("{token}="),
        format!("{token}A"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("token={token}"),
        token[1..].to_owned(),
        token[..token.len() - 1].to_owned(),
        token.chars().rev().collect(),
    ];
    for place in 0..token.len() {
        let other = if &token[place..=place] == "A" {
            "Q"
        } else {
            "A"
        };
        let mut changed = token.to_owned();
        changed.replace_range(place..=place, other);
        texts.push(changed);
    }
    texts
}
