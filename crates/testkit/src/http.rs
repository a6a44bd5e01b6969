//! Asking a service over HTTP.

use std::future::IntoFuture;
use std::pin::Pin;

use reqwest::header::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Looks at the method, path and status of each answer, and panics at what must not be.
pub type Judge = fn(method: &str, path: &str, status: u16);

/// A request that is sent by awaiting it.
#[must_use = "a request is sent by awaiting it"]
pub struct Request {
    request: reqwest::RequestBuilder,
    judge: Judge,
}

impl Request {
    pub(crate) const fn new(request: reqwest::RequestBuilder, judge: Judge) -> Self {
        Self { request, judge }
    }

    fn with(self, change: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder) -> Self {
        Self {
            request: change(self.request),
            judge: self.judge,
        }
    }

    /// With an access token.
    pub fn bearer(self, token: impl AsRef<str>) -> Self {
        self.with(|request| request.bearer_auth(token.as_ref()))
    }

    /// With a header.
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.with(|request| request.header(name, value.as_ref()))
    }

    /// With an `Idempotency-Key`.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// With a JSON body.
    pub fn json(self, body: impl Serialize) -> Self {
        self.with(|request| request.json(&body))
    }

    /// With these very bytes, and no content type of its own.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        self.with(|request| request.body(body.into()))
    }

    /// Sends it.
    ///
    /// # Errors
    /// When there is no whole answer, as while a service is down.
    pub async fn send(self) -> Result<Answer, reqwest::Error> {
        let (client, request) = self.request.build_split();
        let request = request?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await?;
        let status = response.status().as_u16();
        (self.judge)(method.as_str(), &path, status);
        let headers = response.headers().clone();
        Ok(Answer {
            status,
            headers,
            body: response.bytes().await?.to_vec(),
        })
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.send().await.expect("the service answers") })
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body, when the status is the expected one; null when it is empty.
    ///
    /// # Panics
    /// When it is not, showing what came instead.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "the answer was: {}", self.text());
        self.json()
    }

    /// The problem's body, when status and code are the expected ones.
    ///
    /// # Panics
    /// When they are not, or when it is not a proper problem (RFC 9457 with Nova's members).
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        for member in ["type", "title", "detail", "trace_id"] {
            assert!(problem[member].is_string(), "no {member} in {problem}");
        }
        problem
    }

    /// The names of the fields that a problem complains of, in its order.
    ///
    /// # Panics
    /// As [`Self::problem`].
    #[track_caller]
    #[must_use]
    pub fn wrong_fields(&self, status: u16, code: &str) -> Vec<String> {
        let problem = self.problem(status, code);
        let errors = problem["errors"]
            .as_array()
            .expect("a problem with fields has errors");
        errors
            .iter()
            .map(|error| error["field"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// The body as JSON; null when it is empty.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let body: &[u8] = if self.body.is_empty() {
            b"null"
        } else {
            &self.body
        };
        match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {}", self.text()),
        }
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
