//! `Idempotency-Key`: a request sent twice takes effect once, and both get the same answer.
//!
//! The key is taken in the transaction of the request's effects, so it stands or falls with them: a
//! failed request does not burn its key, and a crash between commit and answer changes nothing. A
//! second request with the same key waits at the unique index until the first is decided.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use nova_ids::UserId;
use nova_resilience::{Code, Fault, FieldError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row as _};
use tonic::metadata::MetadataMap;

use crate::http::InvalidHeader;
use crate::http::Problem;
use crate::postgres;

mod fingerprint;
mod sweeper;

use fingerprint::Fingerprints;
pub use sweeper::{Sweeper, read_ttl};

/// The request header and gRPC metadata name.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header of an answer that was given before.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const LONGEST_KEY: usize = 255;

/// The `Idempotency-Key` of a request, if it brought one. As an extractor it answers 400 naming
/// `Idempotency-Key` when that is not 1 to 255 visible ASCII characters, given once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// No key, for what is no request.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The key of a gRPC request.
    ///
    /// # Errors
    /// [`InvalidHeader`] when it is not 1 to 255 visible ASCII characters, given once.
    pub fn from_metadata(metadata: &MetadataMap) -> Result<Self, InvalidHeader> {
        Self::from_headers(metadata.as_ref())
    }

    fn from_headers(headers: &HeaderMap) -> Result<Self, InvalidHeader> {
        let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let key = value.to_str().unwrap_or_default();
        let is_key =
            (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !is_key || values.next().is_some() {
            let message = "must be 1 to 255 visible ASCII characters, given once";
            let field = FieldError::new("Idempotency-Key", "invalid_key", message);
            return Err(InvalidHeader::new("the idempotency key is", field));
        }
        Ok(Self(Some(key.to_owned())))
    }

    /// The key, for who remembers requests elsewhere; none if the request brought none.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// What is to be taken before the request's effects; none if the request brought no key.
    ///
    /// `request` is the request as it was parsed, so that a change of spelling is no change. A field that a later
    /// build adds is none either, as long as who does not send it leaves it null, false or empty.
    pub fn claim(
        &self,
        owner: UserId,
        operation: &'static str,
        request: &impl Serialize,
    ) -> Option<Claim> {
        let key = self.0.clone()?;
        Some(Claim {
            owner,
            key,
            request: Fingerprints::of(operation, request).ok(),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::from_headers(&parts.headers)?)
    }
}

/// What tells this request from another, whichever build hears it: as a [`Claim`] keeps it, for who remembers requests
/// elsewhere.
///
/// # Errors
/// [`IdempotencyError::Unwritable`] when the request cannot be written as JSON.
pub fn fingerprint(operation: &str, request: &impl Serialize) -> Result<Vec<u8>, IdempotencyError> {
    let fingerprints = Fingerprints::of(operation, request);
    Ok(fingerprints.map_err(|_| IdempotencyError::Unwritable)?.kept)
}

/// A key, whose it is, and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    owner: UserId,
    key: String,
    /// None if the request cannot be written as JSON.
    request: Option<Fingerprints>,
}

impl Claim {
    /// Takes the key in the transaction of the request's effects. None: it is ours, and
    /// [`Self::keep`] must follow in the same transaction. Some: the answer given before.
    ///
    /// Waits for a transaction that holds the key (at most the connection's `statement_timeout`).
    ///
    /// # Errors
    /// [`IdempotencyError::Reused`] when the key was taken for another request.
    pub async fn take(&self, tx: &mut PgConnection) -> Result<Option<Stored>, IdempotencyError> {
        let request = self.request.as_ref().ok_or(IdempotencyError::Unwritable)?;
        // A key that is swept away between the two statements is free again.
        for _ in 0..3 {
            let taken = sqlx::query(
                "INSERT INTO idempotency_keys (owner, key, request) VALUES ($1, $2, $3) \
                 ON CONFLICT (owner, key) DO NOTHING",
            )
            .bind(self.owner.uuid())
            .bind(&self.key)
            .bind(&request.kept)
            .execute(&mut *tx)
            .await
            .map_err(IdempotencyError::Take)?;
            if taken.rows_affected() == 1 {
                return Ok(None);
            }
            if let Some(row) = self.load(tx).await? {
                return row.answer(request).map(Some);
            }
        }
        Err(IdempotencyError::Take(sqlx::Error::RowNotFound))
    }

    async fn load(&self, tx: &mut PgConnection) -> Result<Option<Row>, IdempotencyError> {
        sqlx::query_as(
            "SELECT request, status, body FROM idempotency_keys WHERE owner = $1 AND key = $2",
        )
        .bind(self.owner.uuid())
        .bind(&self.key)
        .fetch_optional(tx)
        .await
        .map_err(IdempotencyError::Take)
    }

    /// Keeps the answer under the key taken before, in the same transaction.
    ///
    /// # Errors
    /// When Postgres fails, or the key was not taken in this transaction.
    pub async fn keep(
        &self,
        tx: &mut PgConnection,
        stored: &Stored,
    ) -> Result<(), IdempotencyError> {
        let kept = sqlx::query(
            "UPDATE idempotency_keys SET status = $3, body = $4 \
             WHERE owner = $1 AND key = $2 AND status IS NULL",
        )
        .bind(self.owner.uuid())
        .bind(&self.key)
        .bind(i16::try_from(stored.status).unwrap_or(i16::MAX))
        .bind(&stored.body)
        .execute(tx)
        .await
        .map_err(IdempotencyError::Keep)?;
        if kept.rows_affected() == 1 {
            Ok(())
        } else {
            Err(IdempotencyError::NotTaken)
        }
    }
}

#[derive(Debug)]
struct Row {
    request: Vec<u8>,
    status: Option<i16>,
    body: Option<Vec<u8>>,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            request: row.try_get("request")?,
            status: row.try_get("status")?,
            body: row.try_get("body")?,
        })
    }
}

impl Row {
    fn answer(self, request: &Fingerprints) -> Result<Stored, IdempotencyError> {
        if !request.has(&self.request) {
            return Err(IdempotencyError::Reused);
        }
        let status = self.status.and_then(|status| u16::try_from(status).ok());
        match (status, self.body) {
            (Some(status), Some(body)) => Ok(Stored {
                status,
                body,
                replayed: true,
            }),
            _ => Err(IdempotencyError::NotKept),
        }
    }
}

/// An answer as it was or will be given: the bytes are kept, so that a replay is the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The HTTP status.
    pub status: u16,
    /// The JSON of the body; empty for an answer without one.
    pub body: Vec<u8>,
    replayed: bool,
}

impl Stored {
    /// An answer with a JSON body, not given before.
    ///
    /// # Errors
    /// [`IdempotencyError::Unwritable`] when the value cannot be written as JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self, IdempotencyError> {
        let body = serde_json::to_vec(value).map_err(|_| IdempotencyError::Unwritable)?;
        Ok(Self {
            status,
            body,
            replayed: false,
        })
    }

    /// The same answer with another body: where what was kept is shown with links of now.
    ///
    /// # Errors
    /// [`IdempotencyError::Unwritable`] when the value cannot be written as JSON.
    pub fn with_json(self, value: &impl Serialize) -> Result<Self, IdempotencyError> {
        let body = serde_json::to_vec(value).map_err(|_| IdempotencyError::Unwritable)?;
        Ok(Self { body, ..self })
    }

    /// The body as a value, for a gRPC answer.
    ///
    /// # Errors
    /// [`IdempotencyError::Unreadable`] when the kept body is not such a value.
    pub fn value<T: DeserializeOwned>(&self) -> Result<T, IdempotencyError> {
        serde_json::from_slice(&self.body).map_err(IdempotencyError::Unreadable)
    }

    /// Whether this answer was given before.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.replayed
    }
}

impl IntoResponse for Stored {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let has_body = !self.body.is_empty();
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        } else {
            headers.remove(CONTENT_TYPE);
        }
        if self.replayed {
            headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// Why a key could not be taken, or an answer not be kept.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    /// The key was sent before with another request: HTTP 422.
    #[error("the idempotency key was used before for another request")]
    Reused,
    /// Postgres failed while the key was taken.
    #[error("could not take an idempotency key")]
    Take(#[source] sqlx::Error),
    /// Postgres failed while the answer was kept.
    #[error("could not keep an answer under its idempotency key")]
    Keep(#[source] sqlx::Error),
    /// An answer was to be kept under a key that this transaction has not taken.
    #[error("an idempotency key was not taken in this transaction")]
    NotTaken,
    /// A transaction took a key and committed without keeping its answer.
    #[error("an idempotency key was taken and no answer kept")]
    NotKept,
    /// A request or answer that has no JSON.
    #[error("a request or answer cannot be written as JSON")]
    Unwritable,
    /// A kept answer is not what it should be.
    #[error("a kept answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Fault for IdempotencyError {
    fn code(&self) -> Code {
        match self {
            Self::Reused => Code::Invalid,
            Self::Take(error) | Self::Keep(error) => postgres::code(error),
            Self::NotTaken | Self::NotKept | Self::Unwritable | Self::Unreadable(_) => {
                Code::Internal
            }
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Reused => "idempotency_key_reused",
            _ => self.code().as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(values: &[&str]) -> Result<IdempotencyKey, InvalidHeader> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                IDEMPOTENCY_KEY,
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        IdempotencyKey::from_headers(&headers)
    }

    #[test]
    fn keys_are_visible_ascii_given_once() {
        assert_eq!(key(&[]), Ok(IdempotencyKey(None)));
        assert_eq!(key(&["a-1"]), Ok(IdempotencyKey(Some("a-1".to_owned()))));
        assert!(key(&[&"a".repeat(255)]).is_ok());
        for wrong in [
            &["" as &str] as &[&str],
            &["a b"],
            &["ü"],
            &["a", "a"],
            &[&"a".repeat(256)],
        ] {
            let refused = key(wrong).unwrap_err();
            assert_eq!(refused.fields()[0].field, "Idempotency-Key", "{wrong:?}");
        }
    }

    #[test]
    fn a_claim_depends_on_operation_and_request() {
        let key = key(&["a"]).unwrap();
        let owner = UserId::new();
        let claim = |operation, request| key.claim(owner, operation, &request);
        assert_eq!(
            claim("create", json!({"a": 1})),
            claim("create", json!({"a": 1}))
        );
        assert_ne!(
            claim("create", json!({"a": 1})),
            claim("create", json!({"a": 2}))
        );
        assert_ne!(
            claim("create", json!({"a": 1})),
            claim("update", json!({"a": 1}))
        );
        assert_eq!(IdempotencyKey(None).claim(owner, "create", &1), None);
    }

    #[test]
    fn only_a_replay_says_that_it_is_one() {
        let fresh = Stored::json(201, &json!({"id": 1})).unwrap();
        let request = Fingerprints::of("create", &1).unwrap();
        let row = Row {
            request: request.kept.clone(),
            status: Some(201),
            body: Some(fresh.body.clone()),
        };
        let again = row.answer(&request).unwrap();
        assert_eq!(again.body, fresh.body);
        assert!(
            !fresh
                .into_response()
                .headers()
                .contains_key(IDEMPOTENCY_REPLAYED)
        );
        assert_eq!(
            again.into_response().headers()[IDEMPOTENCY_REPLAYED],
            "true"
        );
    }

    #[test]
    fn another_request_under_the_same_key_is_422() {
        let row = Row {
            request: Fingerprints::of("create", &1).unwrap().kept,
            status: Some(201),
            body: Some(Vec::new()),
        };
        let other = Fingerprints::of("create", &2).unwrap();
        let problem = Problem::from(row.answer(&other).unwrap_err());
        assert_eq!(
            (problem.status().as_u16(), problem.code()),
            (422, "idempotency_key_reused")
        );
    }
}
