//! Lists in pages.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use http::request::Parts;
use nova_resilience::FieldError;
use serde::Serialize;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// How many items a page has when nothing is asked.
pub const DEFAULT_LIMIT: i64 = 20;

/// The most items a page has.
pub const MAX_LIMIT: i64 = 100;

/// Which page of a list is wanted. As an extractor it answers 400 with the parameter's name to
/// anything but `?cursor=&limit=`, and to limits outside 1 to 100: they are never clamped.
#[derive(Debug, Clone, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items the page has at most.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    pub limit: i64,
    /// `next_cursor` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Opens the next page; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page of `limit` items, of which one more was read to tell whether another page follows;
    /// `cursor_after` seals the last item's position.
    pub fn cut(mut items: Vec<T>, limit: i64, cursor_after: impl FnOnce(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| !is_last).map(cursor_after);
        Self { items, next_cursor }
    }
}

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
            .map_err(|wrong| Problem::invalid(vec![wrong]))
    }
}

impl PageQuery {
    /// Checks the limit of a gRPC request, where 0 means that nothing was asked.
    ///
    /// # Errors
    /// The field error of `limit` when it is not 0 to 100.
    pub fn of_message(limit: i64, cursor: &str) -> Result<Self, FieldError> {
        let limit = match limit {
            0 => DEFAULT_LIMIT,
            1..=MAX_LIMIT => limit,
            _ => return Err(wrong_limit()),
        };
        Ok(Self {
            limit,
            cursor: (!cursor.is_empty()).then(|| cursor.to_owned()),
        })
    }

    fn parse(query: &str) -> Result<Self, FieldError> {
        let mut limit = None;
        let mut cursor = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let already_given = match name.as_ref() {
                "limit" => limit.replace(read_limit(&value)?).is_some(),
                "cursor" => cursor.replace(Cow::into_owned(value)).is_some(),
                _ => return Err(FieldError::new(name, "unknown_field", "is not known here")),
            };
            if already_given {
                return Err(FieldError::new(
                    name,
                    "duplicate_field",
                    "is given more than once",
                ));
            }
        }
        Ok(Self {
            limit: limit.unwrap_or(DEFAULT_LIMIT),
            cursor,
        })
    }
}

fn read_limit(text: &str) -> Result<i64, FieldError> {
    // `parse` would take signs.
    let digits = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = if digits { text.parse().ok() } else { None };
    limit
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(wrong_limit)
}

fn wrong_limit() -> FieldError {
    FieldError::new(
        "limit",
        "out_of_range",
        "must be a whole number from 1 to 100",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_the_first_twenty_if_nothing_is_asked() {
        assert_eq!(
            PageQuery::parse(""),
            Ok(PageQuery {
                limit: 20,
                cursor: None
            })
        );
        let asked = PageQuery {
            limit: 100,
            cursor: Some("a-_".to_owned()),
        };
        assert_eq!(PageQuery::parse("cursor=a-_&limit=100"), Ok(asked));
    }

    #[test]
    fn wrong_parameters_are_named() {
        for limit in [
            "",
            "0",
            "101",
            "-1",
            "+5",
            "%2B5",
            "1.0",
            "1e1",
            "x",
            "%00",
            "99999999999999999999",
        ] {
            let wrong = PageQuery::parse(&format!("limit={limit}")).unwrap_err();
            assert_eq!(
                (wrong.field.as_str(), wrong.code),
                ("limit", "out_of_range"),
                "{limit}"
            );
        }
        assert_eq!(
            PageQuery::parse("limit=1&limit=1").unwrap_err().code,
            "duplicate_field"
        );
        assert_eq!(
            PageQuery::parse("cursor=a&cursor=a").unwrap_err().field,
            "cursor"
        );
        assert_eq!(PageQuery::parse("offset=1").unwrap_err().field, "offset");
        assert_eq!(PageQuery::parse("Limit=1").unwrap_err().field, "Limit");
    }

    #[test]
    fn a_message_without_limit_means_the_default() {
        assert_eq!(
            PageQuery::of_message(0, ""),
            Ok(PageQuery {
                limit: 20,
                cursor: None
            })
        );
        assert!(PageQuery::of_message(101, "").is_err());
        assert!(PageQuery::of_message(-1, "").is_err());
    }
}
