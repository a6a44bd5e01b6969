//! What the description says of each operation, so that a client can be generated from it: a name to call it by, and
//! every error that it can answer. That answers have no other status is held by every test here: see
//! `nova_tests::Nova`.

use std::collections::{BTreeMap, BTreeSet};

use nova_tests::Nova;
use serde_json::{Value, json};

use crate::openapi::{description, operations};

/// Each operation and the errors that are its own. All can answer [`ALL`]; those that take a body, [`BODY`].
const OPERATIONS: [(&str, &[&str], bool); 25] = [
    ("change_password", &["403", "429"], true),
    ("check_liveness", &[], false),
    ("check_readiness", &[], false),
    ("create_post", &["422", "429"], true),
    ("delete_post", &["400", "403", "404", "412", "429"], false),
    ("end_session", &["400", "404", "429"], false),
    ("follow_user", &["400", "404", "422", "429"], false),
    ("get_home_feed", &["400", "429"], false),
    ("get_me", &["429"], false),
    ("get_metrics", &[], false),
    ("get_post", &["400", "404", "429"], false),
    ("get_user", &["400", "404", "429"], false),
    ("get_user_by_username", &["400", "404", "429"], false),
    ("list_followers", &["400", "404", "429"], false),
    ("list_following", &["400", "404", "429"], false),
    ("list_keys", &["429"], false),
    ("list_sessions", &["400", "429"], false),
    ("list_user_posts", &["400", "429"], false),
    ("log_in", &["429"], true),
    ("log_out", &["429"], true),
    ("refresh_session", &["429"], true),
    ("register_user", &["409", "429"], true),
    ("unfollow_user", &["400", "404", "429"], false),
    ("update_me", &["409", "429"], true),
    ("update_post", &["403", "404", "412", "429"], true),
];

/// Whoever sends a bad token is told so everywhere; everything can fail.
const ALL: [&str; 3] = ["401", "500", "503"];
const BODY: [&str; 3] = ["400", "413", "415"];

const VERBS: [&str; 13] = [
    "change", "check", "create", "delete", "end", "follow", "get", "list", "log", "refresh",
    "register", "unfollow", "update",
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
            let is_page = path == "/health/ready" && status == "503";
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
async fn each_operation_lists_each_error() {
    let nova = Nova::shared().await;
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, _, operation) in operations(&description(&nova).await) {
        let name = operation["operationId"].as_str().expect("a name");
        let statuses = operation["responses"].as_object().expect("responses");
        let errors = statuses
            .keys()
            .filter(|status| status.starts_with(['4', '5']));
        listed.insert(name.to_owned(), errors.cloned().collect());
    }
    let expected = OPERATIONS.map(|(name, own, takes_a_body)| {
        let of_a_body: &[&str] = if takes_a_body { &BODY } else { &[] };
        let errors = [&ALL, own, of_a_body].concat();
        let errors: BTreeSet<String> = errors.into_iter().map(str::to_owned).collect();
        (name.to_owned(), errors)
    });
    assert_eq!(listed, BTreeMap::from(expected));
}

#[tokio::test]
async fn what_nova_openapi_prints_is_what_is_served() {
    let nova = Nova::shared().await;
    let printed = serde_json::to_value(nova_cli::platform::openapi()).expect("a document");
    assert_eq!(description(&nova).await, printed);
}
