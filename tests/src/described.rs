//! Every answer that a test gets has a status that the OpenAPI document lists.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

/// Of one operation: its method in capitals, its path and the statuses that it lists.
struct Operation {
    method: String,
    path: String,
    statuses: BTreeSet<String>,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(nova_cli::platform::openapi()).expect("a document");
    read(&document)
});

fn read(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let responses = operation["responses"].as_object().expect("responses");
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                statuses: responses.keys().cloned().collect(),
            });
        }
    }
    operations
}

/// Panics when an operation answers what it does not list. What is no operation may answer anything.
#[track_caller]
pub(crate) fn is_listed(method: &str, path: &str, status: u16) {
    judge(&OPERATIONS, method, path, status);
}

#[track_caller]
fn judge(operations: &[Operation], method: &str, path: &str, status: u16) {
    // `/v1/users/me` is at `/v1/users/{id}` too, and is that operation or none.
    let variables = |operation: &&Operation| operation.path.matches('{').count();
    let there = operations
        .iter()
        .filter(|operation| is_at(&operation.path, path));
    let Some(template) = there.min_by_key(variables).map(|nearest| &nearest.path) else {
        return;
    };
    let mut asked = operations
        .iter()
        .filter(|operation| operation.path == *template);
    let Some(operation) = asked.find(|operation| operation.method == method) else {
        return;
    };
    assert!(
        operation.statuses.contains(&status.to_string()),
        "{method} {} answers {status} and lists {:?}",
        operation.path,
        operation.statuses
    );
}

fn is_at(template: &str, path: &str) -> bool {
    let (mut parts, mut templates) = (path.split('/'), template.split('/'));
    loop {
        match (parts.next(), templates.next()) {
            (None, None) => return true,
            (Some(part), Some(template)) if part == template || template.starts_with('{') => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn operations() -> Vec<Operation> {
        read(&json!({ "paths": {
            "/v1/users/{id}": { "get": { "responses": { "200": {}, "404": {} } } },
            "/v1/users/me": { "get": { "responses": { "200": {} } } },
        } }))
    }

    #[test]
    fn what_is_listed_and_what_is_no_operation_passes() {
        for (method, path, status) in [
            ("GET", "/v1/users/7", 404),
            ("GET", "/v1/users/me", 200),
            ("PUT", "/v1/users/me", 405),
            ("GET", "/v1/users/7/8", 404),
        ] {
            judge(&operations(), method, path, status);
        }
    }

    #[test]
    #[should_panic = "GET /v1/users/{id} answers 409"]
    fn what_is_not_listed_does_not() {
        judge(&operations(), "GET", "/v1/users/7", 409);
    }

    #[test]
    #[should_panic = "GET /v1/users/me answers 404"]
    fn the_nearest_path_is_the_one_asked() {
        judge(&operations(), "GET", "/v1/users/me", 404);
    }
}
