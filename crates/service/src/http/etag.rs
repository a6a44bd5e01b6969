//! Entity tags, and requests that depend on them (RFC 9110, sections 8.8.3 and 13.1).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponseParts, ResponseParts};
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use nova_resilience::{Code, Fault, FieldError};
use tonic::metadata::MetadataMap;

use super::header::InvalidHeader;
use super::problem::{PRECONDITION_FAILED, Problem};

/// A strong entity tag, `ETag: "7"`: as long as it is the same, so is every byte of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag of a thing that counts its states.
    #[must_use]
    pub fn of_revision(revision: i64) -> Self {
        Self(revision.to_string())
    }

    /// The tag of bytes that never change: a name that no others have. What an entity tag cannot hold is left out.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        Self(name.chars().filter(char::is_ascii_alphanumeric).collect())
    }

    /// The tag as it is written, with its quotes.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl IntoResponseParts for ETag {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.0)) {
            parts.headers_mut().insert(ETAG, tag);
        }
        Ok(parts)
    }
}

/// The `If-Match` of a request that changes something: the states of it that the change is meant for. Without one,
/// and with `*`, it is meant for whatever is there.
///
/// As an extractor it answers 400 naming `If-Match` when that is neither `*` nor a list of entity tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<Tag>>);

/// What is to be changed is not in a state that `If-Match` names: 412, or ABORTED in gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it was changed in the meantime: read it again, and decide again")]
pub struct PreconditionFailed;

impl Fault for PreconditionFailed {
    fn code(&self) -> Code {
        Code::Conflict
    }

    fn reason(&self) -> &'static str {
        PRECONDITION_FAILED
    }
}

impl IfMatch {
    /// That of a gRPC request: metadata `if-match`.
    ///
    /// # Errors
    /// [`InvalidHeader`] when it is neither `*` nor a list of entity tags.
    pub fn from_metadata(metadata: &MetadataMap) -> Result<Self, InvalidHeader> {
        Self::from_headers(metadata.as_ref())
    }

    fn from_headers(headers: &HeaderMap) -> Result<Self, InvalidHeader> {
        Ok(match Tags::read(headers, &IF_MATCH, "If-Match")? {
            None | Some(Tags::Any) => Self(None),
            Some(Tags::Listed(tags)) => Self(Some(tags)),
        })
    }

    /// Holds the state that is there against those that the change is meant for. Whoever calls this has locked
    /// what is there until it is changed, and has told before who may not know of it.
    ///
    /// # Errors
    /// [`PreconditionFailed`] when it is none of them. Weak tags are none: `W/"7"` promises too little.
    pub fn check(&self, current: &ETag) -> Result<(), PreconditionFailed> {
        let Some(meant) = &self.0 else {
            return Ok(());
        };
        if meant.iter().any(|tag| !tag.is_weak && tag.names(current)) {
            Ok(())
        } else {
            Err(PreconditionFailed)
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::from_headers(&parts.headers)?)
    }
}

/// The `If-None-Match` of a request that reads: the states that the client has already.
///
/// As an extractor it answers 400 naming `If-None-Match` when that is neither `*` nor a list of entity tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfNoneMatch(Option<Tags>);

impl IfNoneMatch {
    /// Whether the client has this state, so that 304 is all that need be said.
    #[must_use]
    pub fn has(&self, current: &ETag) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => tags.iter().any(|tag| tag.names(current)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let tags = Tags::read(&parts.headers, &IF_NONE_MATCH, "If-None-Match")?;
        Ok(Self(tags))
    }
}

/// One entity tag of a list. Its text need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    is_weak: bool,
    opaque: Vec<u8>,
}

impl Tag {
    fn names(&self, current: &ETag) -> bool {
        self.opaque == current.0.as_bytes()
    }

    /// The tag that a text begins with, and what follows it.
    fn first_of(text: &[u8]) -> Option<(Self, &[u8])> {
        let (is_weak, quoted) = match text.strip_prefix(b"W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let inside = quoted.strip_prefix(b"\"")?;
        let end = inside.iter().position(|&byte| byte == b'"')?;
        let (opaque, quote_and_rest) = inside.split_at(end);
        let is_tag = opaque
            .iter()
            .all(|byte| matches!(byte, 0x21..=0x7e | 0x80..));
        let tag = Self {
            is_weak,
            opaque: opaque.to_vec(),
        };
        is_tag.then_some((tag, quote_and_rest.get(1..)?))
    }
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`
    Any,
    Listed(Vec<Tag>),
}

impl Tags {
    fn read(
        headers: &HeaderMap,
        name: &HeaderName,
        called: &'static str,
    ) -> Result<Option<Self>, InvalidHeader> {
        let lines: Vec<&[u8]> = headers
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        // Given twice it is one list all the same (RFC 9110, section 5.3).
        let list = lines.join(&b',');
        let malformed = || {
            let message = "must be * or a list of entity tags, like \"1\", \"2\"";
            let field = FieldError::new(called, "invalid_entity_tag", message);
            InvalidHeader::new("the entity tags are", field)
        };
        Self::parse(&list).map(Some).ok_or_else(malformed)
    }

    fn parse(list: &[u8]) -> Option<Self> {
        if list.trim_ascii() == b"*" {
            return Some(Self::Any);
        }
        let mut tags = Vec::new();
        let mut rest = behind_commas(list);
        while !rest.is_empty() {
            let (tag, after) = Tag::first_of(rest)?;
            tags.push(tag);
            rest = behind_commas(after);
            let no_comma_between = after.trim_ascii_start() == rest;
            if no_comma_between && !rest.is_empty() {
                return None;
            }
        }
        (!tags.is_empty()).then_some(Self::Listed(tags))
    }
}

/// Elements of a list may be empty (RFC 9110, section 5.6.1.2).
fn behind_commas(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|byte| !matches!(byte, b',' | b' ' | b'\t'));
    end.map_or(&[], |end| text.split_at(end).1)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(name: HeaderName, lines: &[&[u8]]) -> Parts {
        let mut request = Request::new(());
        for line in lines {
            let value = HeaderValue::from_bytes(line).unwrap();
            request.headers_mut().append(&name, value);
        }
        request.into_parts().0
    }

    async fn if_match(lines: &[&[u8]]) -> Result<IfMatch, Problem> {
        IfMatch::from_request_parts(&mut parts(IF_MATCH, lines), &()).await
    }

    fn fits_7(meant: &IfMatch) -> bool {
        meant.check(&ETag::of_revision(7)).is_ok()
    }

    #[tokio::test]
    async fn a_state_fits_what_names_it_strongly() {
        let fitting: [&[&[u8]]; 9] = [
            &[],
            &[b"*"],
            &[b" * "],
            &[b"\"7\""],
            &[b"\"6\", \"7\""],
            &[b"\"6\" ,\t\"7\""],
            &[b",, \"7\" ,"],
            &[b"\"6\"", b"\"7\""],
            &[b"\"a,b\",\"7\""],
        ];
        for lines in fitting {
            assert!(fits_7(&if_match(lines).await.unwrap()), "{lines:?}");
        }
        let others: [&[&[u8]]; 7] = [
            &[b"\"8\""],
            &[b"W/\"7\""],
            &[b"\"07\""],
            &[b"\"\""],
            &[b"\"*\""],
            &[b"\"6,7\""],
            &[b"\"\xff\", W/\"7\""],
        ];
        for lines in others {
            assert!(!fits_7(&if_match(lines).await.unwrap()), "{lines:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_list_of_tags_is_malformed() {
        let malformed: [&[&[u8]]; 14] = [
            &[b""],
            &[b","],
            &[b"7"],
            &[b"\"7"],
            &[b"7\""],
            &[b"'7'"],
            &[b"w/\"7\""],
            &[b"W/ \"7\""],
            &[b"W/7"],
            &[b"\"6 7\""],
            &[b"\"6\" \"7\""],
            &[b"\"6\"\"7\""],
            &[b"*, \"7\""],
            &[b"*", b"*"],
        ];
        for lines in malformed {
            let problem = if_match(lines).await.unwrap_err();
            assert_eq!(problem.code(), "validation_failed", "{lines:?}");
            assert_eq!(problem.fields()[0].field, "If-Match", "{lines:?}");
        }
    }

    #[tokio::test]
    async fn a_client_may_have_a_state_by_a_weak_tag() {
        let has_7 = async |lines: &[&[u8]]| {
            let mut parts = parts(IF_NONE_MATCH, lines);
            let known = IfNoneMatch::from_request_parts(&mut parts, &()).await;
            known.unwrap().has(&ETag::of_revision(7))
        };
        assert!(has_7(&[b"\"7\""]).await);
        assert!(has_7(&[b"\"6\", W/\"7\""]).await);
        assert!(has_7(&[b"*"]).await);
        assert!(!has_7(&[b"\"6\""]).await);
        assert!(!has_7(&[]).await);
    }

    #[tokio::test]
    async fn another_state_is_412() {
        let meant = if_match(&[b"\"6\""]).await.unwrap();
        let problem = Problem::from(meant.check(&ETag::of_revision(7)).unwrap_err());
        assert_eq!(
            (problem.status().as_u16(), problem.code()),
            (412, "precondition_failed")
        );
    }
}
