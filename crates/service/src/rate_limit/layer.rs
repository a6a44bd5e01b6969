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
    }
}

/// A limit for each address, whoever is asking. It counts requests that are not GET, HEAD or OPTIONS.
#[must_use]
pub const fn limit_by_address(limit: Limit) -> LimitLayer {
    LimitLayer {
        by_user: None,
        by_address: limit,
    }
}

/// The layer of [`limit_writes`] and [`limit_by_address`]: answers 429 with `Retry-After` when nothing
/// is left, and adds `RateLimit` headers to every answer that passes.
#[derive(Debug, Clone)]
pub struct LimitLayer {
    by_user: Option<Limit>,
    by_address: Limit,
}

impl LimitLayer {
    /// Uses one of what this request's caller and address have left. For gRPC handlers, which no
    /// layer stands before: `limits.check(request.extensions()).await?`.
    ///
    /// # Errors
    /// [`TooMany`] when nothing is left of either.
    pub async fn check(&self, extensions: &Extensions) -> Result<Remaining, TooMany> {
        let address = ClientAddress::of(extensions).group().to_string();
        let caller = extensions.get::<Caller>();
        let Some((by_user, caller)) = self.by_user.as_ref().zip(caller) else {
            return self.by_address.check(&address).await;
        };
        let user = caller.user_id.to_string();
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
        if matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        ) {
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
                    remaining.write(response.headers_mut());
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
