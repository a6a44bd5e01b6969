//! The errors that each operation lists.
//!
//! An operation says itself which errors are its own: 403, 404, 409, with the sentence that tells when. The others
//! follow from what it takes, so nobody need remember them.

use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::http::ProblemBody;

/// What a status means, whatever the operation.
type Meaning = (&'static str, &'static str);

const INVALID: Meaning = (
    "400",
    "The request is malformed or breaks a rule; `errors` names the fields",
);
/// Clients send their token with everything, and a bad one is refused wherever it is sent.
const UNAUTHENTICATED: Meaning = (
    "401",
    "No access token where one is needed, or one that is not good",
);
const PRECONDITION_FAILED: Meaning = ("412", "It is in another state than `If-Match` names");
const TOO_LARGE: Meaning = ("413", "The body is longer than this server takes");
const UNSUPPORTED: Meaning = ("415", "The body is not declared as plain JSON");
const KEY_REUSED: Meaning = (
    "422",
    "The `Idempotency-Key` was used before for another request",
);
const TOO_MANY: Meaning = ("429", "Too much was asked in too little time");
const INTERNAL: Meaning = ("500", "Something went wrong on our side");
const UNAVAILABLE: Meaning = (
    "503",
    "Something needed is not reachable, or there was no answer in time: it may or may not have happened",
);
const OTHERS: Meaning = ("default", "An error of HTTP itself");

/// Operators ask these as often as they like.
const OPERATIONS: &str = "operations";

/// Completes what an operation lists.
pub(super) fn list(operation: &mut Operation) {
    for meaning in possible(operation) {
        let (status, description) = meaning;
        let response = ResponseBuilder::new().description(description).build();
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert(RefOr::T(response));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            complete(status, response);
        }
    }
}

fn possible(operation: &Operation) -> Vec<Meaning> {
    let takes_a_body = operation.request_body.is_some();
    let parameters = || operation.parameters.iter().flatten();
    let takes = |name| parameters().any(|parameter| is_called(parameter, name));
    let mut possible = vec![UNAUTHENTICATED, INTERNAL, UNAVAILABLE, OTHERS];
    if takes_a_body {
        possible.extend([INVALID, TOO_LARGE, UNSUPPORTED]);
    }
    if parameters().next().is_some() {
        possible.push(INVALID);
    }
    if takes("If-Match") {
        possible.push(PRECONDITION_FAILED);
    }
    if takes("Idempotency-Key") {
        possible.push(KEY_REUSED);
    }
    let mut tags = operation.tags.iter().flatten();
    if !tags.any(|tag| tag == OPERATIONS) {
        possible.push(TOO_MANY);
    }
    possible
}

fn is_called(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.name == name)
}

/// Gives an error the one form that errors have, unless it has one of its own.
fn complete(status: &str, response: &mut Response) {
    let is_error = status.starts_with(['4', '5']) || status == OTHERS.0;
    if !is_error || !response.content.is_empty() {
        return;
    }
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .build();
    let form = "application/problem+json".to_owned();
    response.content.insert(form, RefOr::T(problem));
    if status == TOO_MANY.0 {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("Seconds until it may be tried again"));
        let header = RefOr::T(header.build());
        response.headers.insert("Retry-After".to_owned(), header);
    }
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::{OperationBuilder, ParameterBuilder};
    use utoipa::openapi::request_body::RequestBody;

    use super::*;

    fn listed(mut operation: Operation) -> Vec<String> {
        list(&mut operation);
        operation.responses.responses.into_keys().collect()
    }

    fn with(parameter: &str) -> OperationBuilder {
        OperationBuilder::new().parameter(ParameterBuilder::new().name(parameter))
    }

    #[test]
    fn errors_follow_from_what_an_operation_takes() {
        assert_eq!(
            listed(OperationBuilder::new().build()),
            ["401", "429", "500", "503", "default"]
        );
        assert_eq!(
            listed(OperationBuilder::new().tag(OPERATIONS).build()),
            ["401", "500", "503", "default"]
        );
        assert_eq!(
            listed(with("id").build()),
            ["400", "401", "429", "500", "503", "default"]
        );
        assert_eq!(
            listed(with("If-Match").build()),
            ["400", "401", "412", "429", "500", "503", "default"]
        );
        let body = with("Idempotency-Key").request_body(Some(RequestBody::new()));
        assert_eq!(
            listed(body.build()),
            [
                "400", "401", "413", "415", "422", "429", "500", "503", "default"
            ]
        );
    }

    #[test]
    fn an_operation_s_own_words_stand() {
        let own = ResponseBuilder::new().description("wrong password");
        let mut operation = OperationBuilder::new()
            .response("200", ResponseBuilder::new())
            .response("401", own)
            .build();
        list(&mut operation);
        let response = |status: &str| match &operation.responses.responses[status] {
            RefOr::T(response) => response,
            RefOr::Ref(_) => panic!("a reference"),
        };
        assert_eq!(response("401").description, "wrong password");
        assert!(
            response("401")
                .content
                .contains_key("application/problem+json")
        );
        assert!(response("200").content.is_empty());
    }
}
