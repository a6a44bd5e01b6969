//! Rate limits (GCRA), shared by all replicas where `NOVA_RATE_LIMIT_REDIS` is set. Without it, and while that Redis
//! is away, they are kept in this process: then each of several replicas allows the whole rate.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponseParts, ResponseParts};
use http::{HeaderMap, HeaderName, HeaderValue};
use nova_resilience::{Code, Fault};

use crate::config::{ConfigError, Env, Switch};
use crate::http::whole_seconds;
use local::Keys;
use replicas::Shared;

mod known;
mod layer;
mod local;
mod replicas;

pub use known::Known;
pub use layer::{LimitLayer, LimitService, limit_by_address, limit_reads, limit_writes};

/// Says which limit holds: `"writes";q=300;w=60`.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Says what is left of it: `"writes";r=299;t=1`.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Makes limits, or none when `NOVA_RATE_LIMIT` is off.
#[derive(Debug, Clone)]
pub struct RateLimits {
    switch: Switch,
    shared: Option<Shared>,
}

impl RateLimits {
    /// Reads `NOVA_RATE_LIMIT` and `NOVA_RATE_LIMIT_REDIS`. Nothing is connected to before a limit is asked.
    ///
    /// # Errors
    /// When one of them is wrong, or `NOVA_SECRET`, which keys in Redis are hashed with.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let switch: Switch =
            env.read("NOVA_RATE_LIMIT", "on", "rate limits; off for load tests")?;
        let shared = Shared::read(env)?.filter(|_| switch.is_on());
        Ok(Self { switch, shared })
    }

    /// Whether there are any.
    #[must_use]
    pub const fn are_on(&self) -> bool {
        self.switch.is_on()
    }

    /// A limit of `count` per `per` for each key: all of them at once if one likes, then one every
    /// `per / count`. `name` is its name in the `RateLimit` headers. Neither may be zero: a zero is
    /// taken for the least that is not.
    #[must_use]
    pub fn limit(&self, name: &'static str, count: u32, per: Duration) -> Limit {
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let each = (per / count.get()).max(Duration::from_nanos(1));
        let policy = format!("\"{name}\";q={count};w={}", whole_seconds(per));
        Limit(Arc::new(Inner {
            name,
            policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("\"?\"")),
            count,
            each,
            keys: self.switch.is_on().then(|| Keys::new(count, each)),
            shared: self.shared.clone(),
        }))
    }

    /// Keys that are known for `life` after they were last told, in the same place as limits.
    #[must_use]
    pub fn known(&self, name: &'static str, life: Duration) -> Known {
        Known::new(name, life, self.shared.clone())
    }
}

/// One limit; clones share what was used of it.
#[derive(Debug, Clone)]
pub struct Limit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    policy: HeaderValue,
    count: NonZeroU32,
    /// How long it takes to regain one.
    each: Duration,
    /// None when limits are off.
    keys: Option<Keys>,
    /// None when other replicas are not asked.
    shared: Option<Shared>,
}

impl Limit {
    /// Uses one of what `key` has left.
    ///
    /// # Errors
    /// [`TooMany`] when nothing is left.
    pub async fn check(&self, key: &str) -> Result<Remaining, TooMany> {
        let left = self.take_here(key)?;
        self.take_everywhere(key, left).await
    }

    /// What this process has seen of a key is the least that was used of it, so who has nothing left here needs
    /// not be asked about elsewhere.
    fn take_here(&self, key: &str) -> Result<Remaining, TooMany> {
        let left = match &self.0.keys {
            None => Ok(self.0.count.get()),
            Some(keys) => keys.take(key),
        };
        left.map(|left| self.remaining(left))
            .map_err(|wait| self.too_many(wait))
    }

    /// Asks the other replicas too, where limits are shared.
    async fn take_everywhere(&self, key: &str, here: Remaining) -> Result<Remaining, TooMany> {
        let Inner {
            name, count, each, ..
        } = *self.0;
        let Some(shared) = &self.0.shared else {
            return Ok(here);
        };
        match shared.take(name, count, each, key).await {
            Ok(Ok(left)) => Ok(self.remaining(left.min(here.left))),
            Ok(Err(wait)) => Err(self.too_many(wait)),
            Err(error) => {
                tracing::debug!(%error, limit = name, "a limit is this process's own");
                metrics::counter!("nova_rate_limits_unshared_total").increment(1);
                Ok(here)
            }
        }
    }

    fn remaining(&self, left: u32) -> Remaining {
        Remaining {
            limit: self.clone(),
            left,
        }
    }

    fn too_many(&self, wait: Duration) -> TooMany {
        TooMany {
            limit: self.clone(),
            wait,
        }
    }
}

/// What is left of a limit. As a part of a response it sets the `RateLimit` headers.
#[derive(Debug, Clone)]
pub struct Remaining {
    limit: Limit,
    left: u32,
}

impl Remaining {
    /// How many are left.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.left
    }

    /// Adds `RateLimit-Policy` and `RateLimit`, unless limits are off.
    pub fn write(&self, headers: &mut HeaderMap) {
        let used = self.limit.0.count.get().saturating_sub(self.left);
        write(
            &self.limit.0,
            self.left,
            self.limit.0.each.saturating_mul(used),
            headers,
        );
    }
}

impl IntoResponseParts for Remaining {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        self.write(parts.headers_mut());
        Ok(parts)
    }
}

/// Nothing is left of a limit for now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("too many requests, please wait")]
pub struct TooMany {
    limit: Limit,
    wait: Duration,
}

impl TooMany {
    /// Adds `RateLimit-Policy` and `RateLimit`.
    pub fn write(&self, headers: &mut HeaderMap) {
        write(&self.limit.0, 0, self.wait, headers);
    }
}

impl Fault for TooMany {
    fn code(&self) -> Code {
        Code::TooMany
    }

    fn retry_after(&self) -> Option<Duration> {
        Some(self.wait.max(Duration::from_secs(1)))
    }
}

/// Appends, since two limits may hold for one request.
fn write(limit: &Inner, left: u32, reset: Duration, headers: &mut HeaderMap) {
    if limit.keys.is_none() {
        return;
    }
    let state = format!("\"{}\";r={left};t={}", limit.name, whole_seconds(reset));
    if let Ok(state) = HeaderValue::try_from(state) {
        headers.append(RATELIMIT_POLICY, limit.policy.clone());
        headers.append(RATELIMIT, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn limits(switch: Switch) -> RateLimits {
        RateLimits {
            switch,
            shared: None,
        }
    }

    #[tokio::test]
    async fn each_key_has_the_whole_limit() {
        let limit = limits(Switch::On).limit("writes", 3, MINUTE);
        for left in [2, 1, 0] {
            assert_eq!(limit.check("a").await.unwrap().left(), left);
        }
        let refused = limit.check("a").await.unwrap_err();
        let wait = refused.retry_after().unwrap();
        assert!(
            wait > Duration::from_secs(18) && wait <= Duration::from_secs(20),
            "{wait:?}"
        );
        assert_eq!(limit.check("b").await.unwrap().left(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_not_refused_at_once() {
        let layer = limit_by_address(limits(Switch::On).limit("keys", 2, MINUTE));
        let extensions = http::Extensions::new();
        let began = tokio::time::Instant::now();
        for _ in 0..2 {
            assert!(layer.check(&extensions).await.is_ok());
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(layer.check(&extensions).await.is_err());
        assert_eq!(began.elapsed(), Duration::from_millis(100));
    }

    #[tokio::test]
    async fn headers_are_structured_fields() {
        let limit = limits(Switch::On).limit("writes", 300, MINUTE);
        let mut headers = HeaderMap::new();
        limit.check("a").await.unwrap().write(&mut headers);
        assert_eq!(headers[RATELIMIT_POLICY], "\"writes\";q=300;w=60");
        assert_eq!(headers[RATELIMIT], "\"writes\";r=299;t=1");
    }

    #[tokio::test]
    async fn limits_that_are_off_let_all_through_and_say_nothing() {
        let limit = limits(Switch::Off).limit("writes", 1, MINUTE);
        let mut headers = HeaderMap::new();
        for _ in 0..10 {
            limit.check("a").await.unwrap().write(&mut headers);
        }
        assert!(headers.is_empty());
    }

    #[tokio::test]
    async fn without_the_redis_they_are_shared_in_limits_are_this_process_s_own() {
        let vars = [
            (
                "NOVA_SECRET",
                "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==",
            ),
            ("NOVA_RATE_LIMIT_REDIS", "redis://127.0.0.1:1"),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let limits = RateLimits::read(&mut Env::of(vars)).unwrap();
        let limit = limits.limit("writes", 3, MINUTE);
        for left in [2, 1, 0] {
            assert_eq!(limit.check("a").await.unwrap().left(), left);
        }
        limit.check("a").await.unwrap_err();
    }
}
