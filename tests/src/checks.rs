//! What every answer must look like.

use std::collections::BTreeSet;

use nova_testkit::Answer;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// Members of a post.
pub const POST: &[&str] = &[
    "id",
    "author_id",
    "content",
    "type",
    "visibility",
    "tags",
    "media",
    "revision",
    "created_at",
    "updated_at",
];
/// Members of a profile as everyone sees it.
pub const PROFILE: &[&str] = &[
    "id",
    "username",
    "display_name",
    "avatar_url",
    "locked",
    "created_at",
    "updated_at",
];
/// Members of one's own profile.
pub const ACCOUNT: &[&str] = &[
    "id",
    "username",
    "display_name",
    "avatar_url",
    "locked",
    "created_at",
    "updated_at",
    "email",
    "email_verified",
];
/// Members of what a sign-in gives.
pub const SESSION: &[&str] = &["user", "access_token", "refresh_token", "expires_in"];
/// Members of one page of a list.
pub const PAGE: &[&str] = &["items", "next_cursor"];

/// Asserts that an object has these members and no other.
#[track_caller]
pub fn has_members(object: &Value, members: &[&str]) {
    let there: BTreeSet<&str> = object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let expected: BTreeSet<&str> = members.iter().copied().collect();
    assert_eq!(there, expected, "members of {object}");
}

/// Asserts that this is a well-formed post.
#[track_caller]
pub fn is_post(post: &Value) {
    has_members(post, POST);
    is_id(&post["id"]);
    is_id(&post["author_id"]);
    assert!(post["content"].is_string(), "{post}");
    assert!(
        ["TEXT", "IMAGE", "VIDEO", "REEL"].contains(&text(&post["type"])),
        "{post}"
    );
    assert!(
        ["PUBLIC", "PRIVATE", "FOLLOWERS_ONLY"].contains(&text(&post["visibility"])),
        "{post}"
    );
    assert!(
        post["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .all(Value::is_string),
        "{post}"
    );
    assert!(
        post["revision"]
            .as_i64()
            .is_some_and(|revision| revision >= 1),
        "{post}"
    );
    let (created, updated) = (time(&post["created_at"]), time(&post["updated_at"]));
    assert!(created <= updated, "{post}");
}

/// Asserts that this is a well-formed profile as everyone may see it.
#[track_caller]
pub fn is_profile(user: &Value) {
    has_members(user, PROFILE);
    is_id(&user["id"]);
    assert!(
        user["username"].is_string() && user["display_name"].is_string(),
        "{user}"
    );
    assert!(
        user["avatar_url"].is_string() || user["avatar_url"].is_null(),
        "{user}"
    );
    assert!(user["locked"].is_boolean(), "{user}");
    assert!(
        time(&user["created_at"]) <= time(&user["updated_at"]),
        "{user}"
    );
}

/// Asserts that this is a well-formed profile as only its owner may see it, and gives the public part.
#[track_caller]
pub fn is_account(user: &Value) -> Value {
    has_members(user, ACCOUNT);
    assert!(user["email"].is_string(), "{user}");
    assert!(user["email_verified"].is_boolean(), "{user}");
    let mut public = user.clone();
    let members = public.as_object_mut().expect("an object");
    members.remove("email");
    members.remove("email_verified");
    is_profile(&public);
    public
}

/// Asserts that this is what a sign-in gives.
#[track_caller]
pub fn is_session(session: &Value) {
    has_members(session, SESSION);
    is_account(&session["user"]);
    assert_eq!(
        text(&session["access_token"]).split('.').count(),
        3,
        "{session}"
    );
    assert!(!text(&session["refresh_token"]).is_empty(), "{session}");
    assert!(
        session["expires_in"]
            .as_i64()
            .is_some_and(|seconds| seconds > 0),
        "{session}"
    );
}

/// Asserts that this is one page of a list whose items are all as `is_item` says, and gives the items.
#[track_caller]
pub fn is_page(page: &Value, is_item: impl Fn(&Value)) -> &Vec<Value> {
    has_members(page, PAGE);
    let cursor = &page["next_cursor"];
    assert!(
        cursor.is_null() || cursor.as_str().is_some_and(|cursor| !cursor.is_empty()),
        "{page}"
    );
    let items = page["items"].as_array().expect("items");
    items.iter().for_each(is_item);
    items
}

/// Asserts that this is a well-formed item of a home feed.
#[track_caller]
pub fn is_feed_item(item: &Value) {
    has_members(item, &["post", "author"]);
    is_post(&item["post"]);
    has_members(
        &item["author"],
        &["id", "username", "display_name", "avatar_url"],
    );
    assert_eq!(item["author"]["id"], item["post"]["author_id"]);
}

/// Asserts that this is an id: a hyphenated UUID of version 7 in lower case.
#[track_caller]
pub fn is_id(id: &Value) {
    let id = text(id);
    let uuid = Uuid::parse_str(id).expect("a UUID");
    assert_eq!(uuid.get_version_num(), 7, "{id}");
    assert_eq!(uuid.hyphenated().to_string(), id);
}

/// A time as answers write it: RFC 3339 in UTC with milliseconds and a Z.
///
/// # Panics
/// When it is written otherwise.
#[track_caller]
#[must_use]
pub fn time(value: &Value) -> OffsetDateTime {
    let written = text(value);
    assert!(
        written.len() == 24 && written.ends_with('Z'),
        "{written} has no milliseconds in UTC"
    );
    OffsetDateTime::parse(written, &Rfc3339).expect("RFC 3339")
}

/// The string that a value is.
///
/// # Panics
/// When it is none.
#[track_caller]
#[must_use]
pub fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no string"))
}

/// Asserts that an answer is a whole and proper problem: RFC 9457 with Nova's members and no other.
#[track_caller]
pub fn is_problem(answer: &Answer, status: u16) -> Value {
    let shown = answer.text();
    assert_eq!(answer.status, status, "the answer was: {shown}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{shown}"
    );
    let problem: Value = answer.json();
    let members = ["type", "title", "status", "detail", "code", "trace_id"];
    match problem.get("errors") {
        Some(errors) => {
            has_members(&problem, &[members.as_slice(), &["errors"]].concat());
            let errors = errors.as_array().expect("a list of errors");
            assert!(!errors.is_empty(), "{shown}");
            errors.iter().for_each(is_field_error);
        }
        None => has_members(&problem, &members),
    }
    assert_eq!(problem["status"], status, "{shown}");
    for member in ["type", "title", "detail", "code"] {
        assert!(
            !text(&problem[member]).is_empty(),
            "{member} is empty in {shown}"
        );
    }
    let code = text(&problem["code"]);
    assert!(
        code.chars()
            .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()),
        "{shown}"
    );
    let trace_id = text(&problem["trace_id"]);
    assert!(
        trace_id.len() == 32 && trace_id.chars().all(|c| c.is_ascii_hexdigit()),
        "{shown}"
    );
    assert!(trace_id.chars().any(|c| c != '0'), "{shown}");
    problem
}

#[track_caller]
fn is_field_error(error: &Value) {
    has_members(error, &["field", "code", "message"]);
    // A field's name may be empty: JSON allows it.
    assert!(error["field"].is_string(), "{error}");
    for member in ["code", "message"] {
        assert!(!text(&error[member]).is_empty(), "{error}");
    }
}

/// Asserts that a problem has this status and code.
#[track_caller]
pub fn is_refused(answer: &Answer, status: u16, code: &str) -> Value {
    let problem = is_problem(answer, status);
    assert_eq!(problem["code"], code, "{problem}");
    problem
}

/// Asserts that a problem is about exactly this field, or a part of it (`tags` may be `tags[0]`).
#[track_caller]
pub fn blames(answer: &Answer, field: &str) {
    let problem = is_problem(answer, 400);
    let fields: Vec<&str> = problem["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| text(&error["field"]))
        .collect();
    let is_it = |blamed: &&str| {
        blamed
            .strip_prefix(field)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
    };
    assert!(
        !fields.is_empty() && fields.iter().all(is_it),
        "expected a complaint of {field} alone: {problem}"
    );
}

/// Asserts that whatever the answer is, it is the caller's fault and properly said.
#[track_caller]
pub fn is_callers_fault(answer: &Answer) {
    assert!(
        (400..500).contains(&answer.status),
        "{}: {}",
        answer.status,
        answer.text()
    );
    is_problem(answer, answer.status);
}

/// Asserts that two answers cannot be told apart: same status, same headers, same bytes, but for the
/// id of the trace and the time of day.
#[track_caller]
pub fn are_indistinguishable(one: &Answer, other: &Answer) {
    assert_eq!(
        one.status,
        other.status,
        "{} and {}",
        one.text(),
        other.text()
    );
    assert_eq!(anonymous_body(one), anonymous_body(other));
    assert_eq!(telling_headers(one), telling_headers(other));
}

fn anonymous_body(answer: &Answer) -> String {
    let body = answer.text();
    let Ok(Value::Object(problem)) = serde_json::from_str(&body) else {
        return body;
    };
    match problem.get("trace_id").and_then(Value::as_str) {
        Some(trace_id) => body.replace(trace_id, "TRACE"),
        None => body,
    }
}

fn telling_headers(answer: &Answer) -> BTreeSet<(String, String)> {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-trace-id"].contains(&name.as_str()));
    headers
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect()
}
