//! identity with real Postgres and Kafka: `nova servers -- cargo test -p nova-identity`.

#![allow(
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

mod avatars;
mod blocks;
mod deletion;
mod export;
mod follow;
mod grpc;
mod keys;
mod leaving_races;
mod lists;
mod locked;
mod login;
mod logout;
mod mail;
mod mutes;
mod password;
mod people;
mod profile;
mod races;
mod recovery;
mod refresh;
mod register;
mod requests;
mod reset_password;
mod rotation;
mod sessions;
mod smtp;
mod sweep;
mod throttle;
mod usernames;
mod verify_email;

use nova_ids::UserId;
use nova_testkit::{Answer, App, Stack};
use serde_json::{Value, json};

/// The password of everyone in these tests.
const PASSWORD: &str = "correct horse battery";

/// Someone who has registered and is signed in.
struct Person {
    id: String,
    username: String,
    access_token: String,
    refresh_token: String,
}

impl Person {
    fn of(session: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            id: text(&session["user"]["id"]),
            username: text(&session["user"]["username"]),
            access_token: text(&session["access_token"]),
            refresh_token: text(&session["refresh_token"]),
        }
    }

    fn user_id(&self) -> UserId {
        self.id.parse().expect("an id")
    }
}

/// Registers someone by that name.
async fn register(app: &App, username: &str) -> Person {
    Person::of(&try_to_register(app, username).await.expect(201))
}

async fn try_to_register(app: &App, username: &str) -> Answer {
    let email = format!("{username}@example.org");
    let body = json!({ "username": username, "email": email, "password": PASSWORD });
    app.post("/v1/auth/register").json(body).await
}

/// Signs in somebody who has registered.
async fn sign_in(app: &App, username: &str) -> Person {
    let body = json!({ "username": username, "password": PASSWORD });
    Person::of(&app.post("/v1/auth/login").json(body).await.expect(200))
}

async fn start(stack: &Stack) -> App {
    stack.start(nova_identity::service).await
}

/// Field and code of everything a validation error complains of.
fn wrong(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let problem = answer.problem(400, "validation_failed");
    let errors = problem["errors"].as_array().expect("errors");
    errors
        .iter()
        .map(|error| (text(&error["field"]), text(&error["code"])))
        .collect()
}
