//! What the description says of each operation, so that a client can be generated from it: a name to call it by, and
//! what each error looks like. Which errors, `nova_tests::contract` says; that answers have no other status is held by
//! every test here: see `nova_tests::Nova`.

use std::collections::BTreeSet;

use nova_tests::Nova;
use serde_json::{Value, json};

use crate::openapi::{description, operations};

const VERBS: [&str; 26] = [
    "accept", "begin", "block", "change", "check", "connect", "create", "delete", "end", "follow",
    "forgot", "get", "give", "list", "log", "mute", "refresh", "refuse", "register", "remove",
    "reset", "unblock", "unfollow", "unmute", "update", "verify",
];

/// What is wrong with the names of operations: each is unique, in `snake_case`, and begins with a verb.
fn bad_names(description: &Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut bad = Vec::new();
    for (path, method, operation) in operations(description) {
        let name = operation["operationId"].as_str().unwrap_or_default();
        let is_snake_case = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let verb = name.split('_').next().unwrap_or_default();
        if !is_snake_case || !VERBS.contains(&verb) || !names.insert(name.to_owned()) {
            bad.push(format!("{method} {path} is called {name:?}"));
        }
    }
    bad
}

/// Responses that do not say when they come, and errors that do not say what they look like.
fn bad_responses(description: &Value) -> Vec<String> {
    let mut bad = Vec::new();
    for (path, method, operation) in operations(description) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let says_when = response["description"]
                .as_str()
                .is_some_and(|words| !words.is_empty());
            let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let is_error = status == "default" || status.starts_with(['4', '5']);
            let has_form = !is_error || problem == "#/components/schemas/Problem";
            // Not ready: the page says why.
            let is_page = path.starts_with("/health/") && status == "503";
            if !says_when || !(has_form || is_page) {
                bad.push(format!("{method} {path} answers {status}: {response}"));
            }
        }
    }
    bad
}

#[tokio::test]
async fn each_operation_has_a_name_to_call_it_by() {
    let planted = |path: &str, name: &str| {
        let mut description = json!({ "paths": {
            "/a": { "get": { "operationId": "get_a" } },
        } });
        description["paths"][path]["post"] = json!({ "operationId": name });
        bad_names(&description).len()
    };
    assert_eq!(planted("/a", "create_a"), 0);
    for name in ["get_a", "createA", "a_create", "create-a", ""] {
        assert_eq!(planted("/b", name), 1, "{name}");
    }
    let nova = Nova::shared().await;
    assert_eq!(bad_names(&description(&nova).await), [""; 0]);
}

#[tokio::test]
async fn each_response_says_when_it_comes_and_each_error_what_it_looks_like() {
    let planted = |response: Value| {
        let operation = json!({ "responses": { "404": response } });
        bad_responses(&json!({ "paths": { "/a": { "get": operation } } })).len()
    };
    let form = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    assert_eq!(
        planted(json!({ "description": "gone", "content": form })),
        0
    );
    assert_eq!(planted(json!({ "content": form })), 1);
    assert_eq!(planted(json!({ "description": "gone" })), 1);
    let nova = Nova::shared().await;
    assert_eq!(bad_responses(&description(&nova).await), [""; 0]);
}

#[tokio::test]
async fn what_nova_openapi_prints_is_what_is_served() {
    let nova = Nova::shared().await;
    let printed = serde_json::to_value(nova_cli::platform::openapi()).expect("a document");
    assert_eq!(description(&nova).await, printed);
}
