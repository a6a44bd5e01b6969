//! What every request passes, in this order: span and trace id, panics, timeout, size, authentication.
//!
//! One middleware instead of a stack of layers: one boxed future per request, and the order can be read.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::header::{AUTHORIZATION, EXPECT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use nova_resilience::{Code, Fault};
use tonic::Status;
use tracing::Instrument as _;

use super::allowance::{Allowance, Allowances};
use super::deadline;
use super::metrics::Observed;
use super::pace::{Paced, Turns};
use super::protocol::Protocol;
use super::size::{Counted, drain};
use super::span::RequestSpan;
use crate::config::{ConfigError, Env};
use crate::grpc;
use crate::http::{Problem, TrustedProxies, too_large};
use crate::telemetry;
use crate::tokens::{Caller, InvalidToken, Verifier};

pub(super) const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// What the edge needs to know.
pub(super) struct Edge {
    verifier: Verifier,
    proxies: TrustedProxies,
    body_limit: usize,
    timeout: Duration,
    allowances: Allowances,
}

impl Edge {
    pub(super) fn read(env: &mut Env) -> Result<Self, ConfigError> {
        Ok(Self {
            verifier: Verifier::read(env)?,
            proxies: TrustedProxies::read(env)?,
            body_limit: env.read(
                "NOVA_BODY_LIMIT",
                "65536",
                "longest HTTP request body in bytes",
            )?,
            timeout: env.read("NOVA_REQUEST_TIMEOUT", "15s", "how long a request may take")?,
            allowances: Allowances::default(),
        })
    }

    /// With what routes say for themselves.
    pub(super) fn allowing(self, allowances: Allowances) -> Self {
        Self { allowances, ..self }
    }
}

/// A handler that did not answer.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("a handler panicked: {0}")]
    Panicked(String),
    #[error("no answer within {0:?}")]
    TookTooLong(Duration),
}

impl Fault for Unanswered {
    fn code(&self) -> Code {
        match self {
            Self::Panicked(_) => Code::Internal,
            Self::TookTooLong(_) => Code::Timeout,
        }
    }
}

/// The middleware.
pub(super) async fn pass(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let protocol = Protocol::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let observed = Observed::of(protocol, &request, route.as_ref());
    let span = RequestSpan::of(&request, observed.route());
    let allowance = edge.allowance(protocol, &request, route.as_ref());
    let answer = edge
        .answer(protocol, request, next, allowance)
        .instrument(span.span.clone());
    let mut response = telemetry::within(span.trace_id, answer).await;
    let took = started.elapsed();
    observed.finish(&response, took);
    span.finish(&response, took);
    if let Ok(id) = HeaderValue::try_from(span.trace_id.to_string()) {
        response.headers_mut().insert(X_TRACE_ID, id);
    }
    response
}

impl Edge {
    fn allowance(
        &self,
        protocol: Protocol,
        request: &Request,
        route: Option<&MatchedPath>,
    ) -> Option<Allowance> {
        let path = match protocol {
            Protocol::Http => route?.as_str(),
            // All methods of a service are one route.
            Protocol::Grpc => request.uri().path(),
        };
        self.allowances.of(request.method(), path)
    }

    async fn answer(
        &self,
        protocol: Protocol,
        request: Request,
        next: Next,
        allowance: Option<Allowance>,
    ) -> Response {
        // A caller who has gone is not worked for.
        let given = match protocol {
            Protocol::Http => None,
            Protocol::Grpc => deadline::of_call(request.headers()),
        };
        let Some(allowance) = allowance else {
            let limit = given.map_or(self.timeout, |given| given.min(self.timeout));
            let answer = self.admit(protocol, request, next, self.body_limit);
            let answer = tokio::time::timeout(limit, AssertUnwindSafe(answer).catch_unwind());
            return self.answered(protocol, answer.await.ok(), limit);
        };
        let turns = Turns::new();
        let paced = |body| Body::new(Paced::new(body, allowance.pace, turns.clone()));
        let answer = self.admit(protocol, request.map(paced), next, allowance.body_limit);
        let answer = turns.within(self.timeout, AssertUnwindSafe(answer).catch_unwind());
        match given {
            None => self.answered(protocol, answer.await, self.timeout),
            Some(given) => {
                let answer = tokio::time::timeout(given, answer).await;
                let limit = if answer.is_ok() { self.timeout } else { given };
                self.answered(protocol, answer.ok().flatten(), limit)
            }
        }
    }

    fn answered(
        &self,
        protocol: Protocol,
        answer: Option<Result<Response, Box<dyn Any + Send>>>,
        limit: Duration,
    ) -> Response {
        match answer {
            Some(Ok(response)) => response,
            Some(Err(panic)) => {
                protocol.refuse(Unanswered::Panicked(panic_message(&*panic).to_owned()))
            }
            None if limit < self.timeout => grpc::deadline_passed().into_http::<Body>(),
            None => protocol.refuse(Unanswered::TookTooLong(self.timeout)),
        }
    }

    async fn admit(
        &self,
        protocol: Protocol,
        mut request: Request,
        next: Next,
        body_limit: usize,
    ) -> Response {
        if protocol == Protocol::Http {
            // gRPC messages have tonic's own limit of 4 MiB each.
            if request.body().size_hint().lower() > body_limit as u64 {
                // Whoever waits for leave to send is not waited for.
                if !request.headers().contains_key(EXPECT) {
                    drain(request.into_body()).await;
                }
                return too_large().into_response();
            }
            request = bounded(request, body_limit);
        }
        if self.proxies.doubts(request.headers()) {
            tracing::warn!(
                "a request came with X-Forwarded-For, which is not believed: if proxies stand before this server, \
                 say how many in NOVA_TRUSTED_PROXIES; this is said once"
            );
        }
        let client = self.proxies.client(request.headers(), request.extensions());
        match self.caller(request.headers()) {
            Ok(Some(caller)) => drop(request.extensions_mut().insert(caller)),
            Ok(None) => {}
            Err(invalid) => return protocol.refuse(invalid),
        }
        if let Some(client) = client {
            request.extensions_mut().insert(client);
        }
        next.run(request).await
    }

    /// Nobody without an `Authorization` header, and never anybody with a bad one.
    fn caller(&self, headers: &HeaderMap) -> Result<Option<Caller>, InvalidToken> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (None, _) => Ok(None),
            (Some(header), None) => self.verifier.verify_header(header).map(Some),
            (Some(_), Some(_)) => Err(InvalidToken),
        }
    }
}

/// The request with a body that cannot exceed the limit. hyper holds clients to the length they
/// declare, so only bodies of unknown length need counting.
fn bounded(request: Request, limit: usize) -> Request {
    let longest = request.body().size_hint().upper();
    if longest.is_some_and(|longest| longest <= limit as u64) {
        return request;
    }
    request.map(|body| Body::new(Counted::new(body, limit)))
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not a text")
}

/// Answers paths that nothing serves.
pub(super) async fn not_found(headers: HeaderMap) -> Response {
    match Protocol::of(&headers) {
        Protocol::Http => nothing_here().into_response(),
        Protocol::Grpc => Status::unimplemented("no such service").into_http::<Body>(),
    }
}

pub(super) fn nothing_here() -> Problem {
    let detail = "there is nothing at this address";
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

/// Answers methods that a path does not have; axum adds `Allow`.
pub(super) async fn method_not_allowed() -> Problem {
    let detail = "this address does not have that method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
