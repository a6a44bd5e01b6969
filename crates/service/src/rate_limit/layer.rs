//! Limits as layers of routes.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{Extensions, Method};
use tower::{Layer, Service};

use super::{Limit, RateLimits, Remaining, TooMany};
use crate::http::{ClientAddress, Problem};
use crate::tokens::Caller;

const MINUTE: Duration = Duration::from_secs(60);

/// The limit of writes: 300 per minute for each user, 1200 per minute for each address. It counts
/// requests that are not GET, HEAD or OPTIONS, so it may lie around a whole router.
#[must_use]
pub fn limit_writes(limits: &RateLimits) -> LimitLayer {
    LimitLayer {
        by_user: Some(limits.limit("writes", 300, MINUTE)),
        by_address: limits.limit("writes-per-address", 1_200, MINUTE),
        counts: Counts::Writes,
    }
}

/// The limit of reads: 3,000 per minute for each user, and as many for those of an address who are not signed in. It
/// counts GET and HEAD, so it may lie around a whole router. Nobody who reads with their eyes comes near it.
#[must_use]
pub fn limit_reads(limits: &RateLimits) -> LimitLayer {
    LimitLayer {
        by_user: Some(limits.limit("reads", 3_000, MINUTE)),
        by_address: limits.limit("reads-per-address", 3_000, MINUTE),
        counts: Counts::Reads,
    }
}

/// A limit for each address, whoever is asking. It counts requests that are not GET, HEAD or OPTIONS.
#[must_use]
pub const fn limit_by_address(limit: Limit) -> LimitLayer {
    LimitLayer {
        by_user: None,
        by_address: limit,
        counts: Counts::Writes,
    }
}

/// Which requests a layer counts, by their methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Reads,
    Writes,
}

impl Counts {
    fn counts(self, method: &Method) -> bool {
        match *method {
            Method::GET | Method::HEAD => self == Self::Reads,
            Method::OPTIONS => false,
            _ => self == Self::Writes,
        }
    }
}

/// A refusal costs little: whoever asks again at once would get thousands of them a second, for which others' requests
/// would wait.
const REFUSED_AFTER: Duration = Duration::from_millis(100);

/// The layer of [`limit_reads`], [`limit_writes`] and [`limit_by_address`]: answers 429 with `Retry-After` when nothing
/// is left, and adds `RateLimit` headers to every answer to a write that passes.
#[derive(Debug, Clone)]
pub struct LimitLayer {
    by_user: Option<Limit>,
    by_address: Limit,
    counts: Counts,
}

impl LimitLayer {
    /// Uses one of what this request's caller and address have left. For gRPC handlers, which no
    /// layer stands before: `limits.check(request.extensions()).await?`.
    ///
    /// # Errors
    /// [`TooMany`] when nothing is left of either; not at once.
    pub async fn check(&self, extensions: &Extensions) -> Result<Remaining, TooMany> {
        let outcome = self.take(extensions).await;
        if outcome.is_err() {
            tokio::time::sleep(REFUSED_AFTER).await;
        }
        outcome
    }

    async fn take(&self, extensions: &Extensions) -> Result<Remaining, TooMany> {
        let address = ClientAddress::of(extensions).group().to_string();
        let caller = extensions.get::<Caller>();
        let Some((by_user, caller)) = self.by_user.as_ref().zip(caller) else {
            return self.by_address.check(&address).await;
        };
        let user = caller.user_id.to_string();
        if self.counts == Counts::Reads {
            // Many read through one address.
            return by_user.check(&user).await;
        }
        let of_address = self.by_address.take_here(&address)?;
        let of_user = by_user.take_here(&user)?;
        let (of_address, of_user) = futures::join!(
            self.by_address.take_everywhere(&address, of_address),
            by_user.take_everywhere(&user, of_user),
        );
        of_address.and(of_user)
    }
}

impl<S> Layer<S> for LimitLayer {
    type Service = LimitService<S>;

    fn layer(&self, inner: S) -> LimitService<S> {
        LimitService {
            limits: self.clone(),
            inner,
        }
    }
}

/// A service behind a [`LimitLayer`].
#[derive(Debug, Clone)]
pub struct LimitService<S> {
    limits: LimitLayer,
    inner: S,
}

impl<S> Service<Request> for LimitService<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !self.limits.counts.counts(request.method()) {
            return Box::pin(self.inner.call(request));
        }
        let limits = self.limits.clone();
        // The one that is ready is the one that is called.
        let waiting = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, waiting);
        Box::pin(async move {
            match limits.check(request.extensions()).await {
                Ok(remaining) => {
                    let mut response = ready.call(request).await?;
                    // Nobody comes near the limit of reads: it is told of when it is met.
                    if limits.counts == Counts::Writes {
                        remaining.write(response.headers_mut());
                    }
                    Ok(response)
                }
                Err(refused) => {
                    let mut response = Problem::from(refused.clone()).into_response();
                    refused.write(response.headers_mut());
                    Ok(response)
                }
            }
        })
    }
}
