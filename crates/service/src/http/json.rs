//! JSON bodies, read strictly.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use nova_resilience::FieldError;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

use super::body::unreadable;
use super::problem::Problem;
use super::reading::field_error;

/// A JSON object as a request's body or any value as an answer's.
///
/// Read strictly: the media type must be JSON (415), the size within `NOVA_BODY_LIMIT` (413), the
/// text well-formed JSON in UTF-8 with one object and nothing behind it (400 `malformed_json`), and
/// its members those of `T`, once each and of the right types (400 `validation_failed` with the
/// member's path). `T` derives `Deserialize` with `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        check_media_type(request.headers())?;
        let bytes = read_body(request.into_body()).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let json = HeaderValue::from_static("application/json");
                ([(CONTENT_TYPE, json)], bytes).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Problem::internal().into_response()
            }
        }
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let is_json = types.next().is_some_and(is_json) && types.next().is_none();
    let is_plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|encoding| encoding == "identity");
    if is_json && is_plain {
        return Ok(());
    }
    let detail = if is_json {
        "the body must not be compressed"
    } else {
        "the body must be JSON in UTF-8, declared as content-type: application/json"
    };
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        detail,
    ))
}

/// `application/json` or `application/…+json`, without a charset other than UTF-8.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let Some(subtype) = essence.strip_prefix("application/") else {
        return false;
    };
    let in_utf8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    (subtype == "json" || subtype.ends_with("+json")) && parts.all(in_utf8)
}

async fn read_body(body: Body) -> Result<Bytes, Problem> {
    let collected = body.collect().await;
    Ok(collected.map_err(|error| unreadable(&error))?.to_bytes())
}

fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("the body is not valid UTF-8"))?;
    // serde would take `[…]` for a struct as well.
    if !text
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{')
    {
        return Err(malformed("the body must be a JSON object"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer)
        .map_err(Refusal::of)
        .and_then(|value| deserializer.end().map(|()| value).map_err(Refusal::Syntax))
        .map_err(|refusal| refusal.problem(text))
}

/// Why a text was not taken.
enum Refusal {
    Syntax(serde_json::Error),
    Field(FieldError),
}

impl Refusal {
    fn of(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let said = error.inner().to_string();
        // serde_json takes something else than a string or object for an enum as an error of syntax.
        let is_data = error.inner().is_data() || said.starts_with("expected value at");
        if is_data {
            Self::Field(field_error(error.path(), &said))
        } else {
            Self::Syntax(error.into_inner())
        }
    }

    /// Reading stops at the first error. Whatever that was, a text that is not JSON is told so.
    fn problem(self, text: &str) -> Problem {
        let whole: Result<IgnoredAny, _> = serde_json::from_str(text);
        match (whole, self) {
            (Err(error), _) | (Ok(_), Self::Syntax(error)) => {
                let (line, column) = (error.line(), error.column());
                malformed(format!(
                    "not well-formed JSON at line {line} column {column}"
                ))
            }
            (Ok(_), Self::Field(wrong)) => Problem::invalid(vec![wrong]),
        }
    }
}

/// For members of a PATCH, with `#[serde(default, deserialize_with = "present")]`: absent is `None`, and
/// null is a value only where `T` says so.
///
/// # Errors
/// Those of `T`.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Kind {
        Text,
        ReelVideo,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Post {
        content: String,
        kind: Option<Kind>,
        #[serde(default)]
        tags: Vec<String>,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        content: u8,
    }

    fn refused(text: &str) -> Problem {
        parse::<Post>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_good_body_is_read() {
        let post: Post =
            parse(br#" {"content":"\u00fc","kind":"REEL_VIDEO","tags":["a"]} "#).unwrap();
        assert_eq!(post.content, "ü");
        assert_eq!(post.kind, Some(Kind::ReelVideo));
    }

    #[test]
    fn what_is_not_one_json_object_is_malformed() {
        let deep = format!("{{\"content\":{}", "[".repeat(1_000));
        let texts = [
            "",
            " ",
            "null",
            "7",
            "\"x\"",
            "[]",
            r#"["x"]"#,
            "{",
            "}",
            "{]",
            r#"{"content":"x""#,
            r#"{"content":"x"} x"#,
            r#"{"content":"x"}{"content":"y"}"#,
            r#"{content:"x"}"#,
            r#"{"content":"x",}"#,
            r#"{"content":"\ud800"}"#,
            "{\"content\":\"a\u{1}b\"}",
            r#"{"content":1e999}"#,
            "\u{feff}{}",
            r#"{"content":NaN}"#,
            &deep,
        ];
        for text in texts {
            let problem = refused(text);
            assert_eq!(
                (problem.status().as_u16(), problem.code()),
                (400, "malformed_json"),
                "{text}"
            );
        }
        let problem = parse::<Post>(b"{\"content\":\"\xff\"}").unwrap_err();
        assert_eq!(problem.code(), "malformed_json");
    }

    #[test]
    fn a_wrong_member_is_named_with_its_path() {
        let cases = [
            (r#"{}"#, "content", "missing_field", "is missing"),
            (
                r#"{"content":7}"#,
                "content",
                "invalid_type",
                "must be a string",
            ),
            (
                r#"{"content":null}"#,
                "content",
                "invalid_type",
                "must be a string",
            ),
            (
                r#"{"content":"x","content":"y"}"#,
                "content",
                "duplicate_field",
                "is given more than once",
            ),
            (
                r#"{"content":"x","id":1}"#,
                "id",
                "unknown_field",
                "is not known here",
            ),
            (
                r#"{"content":"x","":1}"#,
                "",
                "unknown_field",
                "is not known here",
            ),
            (
                r#"{"content":"x","kind":"GIF"}"#,
                "kind",
                "invalid_value",
                "must be TEXT or REEL_VIDEO",
            ),
            (r#"{"content":"x","kind":7}"#, "kind", "invalid_type", ""),
            (
                r#"{"content":"x","tags":"a"}"#,
                "tags",
                "invalid_type",
                "must be a sequence",
            ),
            (
                r#"{"content":"x","tags":["a",7]}"#,
                "tags[1]",
                "invalid_type",
                "must be a string",
            ),
            (
                r#"{"content":"x","inner":{}}"#,
                "inner.content",
                "missing_field",
                "is missing",
            ),
            (
                r#"{"content":"x","inner":{"a":1}}"#,
                "inner.a",
                "unknown_field",
                "is not known here",
            ),
            (
                r#"{"content":"x","inner":{"content":256}}"#,
                "inner.content",
                "invalid_value",
                "must be u8",
            ),
        ];
        for (text, field, code, message) in cases {
            let problem = refused(text);
            assert_eq!(problem.code(), "validation_failed", "{text}");
            let wrong = &problem.fields()[0];
            assert_eq!((wrong.field.as_str(), wrong.code), (field, code), "{text}");
            assert!(
                message.is_empty() || wrong.message == message,
                "{text}: {}",
                wrong.message
            );
        }
    }

    #[test]
    fn a_wrong_value_is_not_repeated() {
        for text in [
            r#"{"content":"x","kind":"hush"}"#,
            r#"{"content":"x","tags":"hush"}"#,
        ] {
            assert!(!format!("{:?}", refused(text)).contains("hush"), "{text}");
        }
    }

    #[test]
    fn json_has_many_names() {
        let is_json = |text| is_json(&HeaderValue::from_static(text));
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/merge-patch+json",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "json",
            "text/json",
            "text/plain",
            "application/json; charset=latin1",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
