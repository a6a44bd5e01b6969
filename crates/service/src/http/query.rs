//! Query strings, read strictly.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::problem::Problem;
use super::reading::field_error;

/// The parameters of a request's query string.
///
/// Read strictly: an unknown, repeated, missing or unreadable parameter answers 400
/// `validation_failed` with its name. `T` derives `Deserialize` with `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|error| {
        Problem::invalid(vec![field_error(error.path(), &error.inner().to_string())])
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        name: Option<String>,
        at_least: u8,
    }

    #[test]
    fn a_good_query_is_read() {
        let filter: Filter = parse("name=a%20b+c&at_least=7").unwrap();
        assert_eq!(
            filter,
            Filter {
                name: Some("a b c".to_owned()),
                at_least: 7
            }
        );
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let cases = [
            ("", "at_least", "missing_field"),
            ("at_least=1&at_least=2", "at_least", "duplicate_field"),
            ("at_least=x", "at_least", "invalid_value"),
            ("at_least=%zz", "at_least", "invalid_value"),
            ("at_least=1&other", "other", "unknown_field"),
        ];
        for (query, field, code) in cases {
            let problem = parse::<Filter>(query).unwrap_err();
            let wrong = &problem.fields()[0];
            assert_eq!((wrong.field.as_str(), wrong.code), (field, code), "{query}");
        }
    }
}
