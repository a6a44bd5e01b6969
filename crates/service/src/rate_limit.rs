//! Rate limits (GCRA), kept in this process: with several replicas each allows the whole rate.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::response::{IntoResponseParts, ResponseParts};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};
use nova_resilience::{Code, Fault};

use crate::config::{ConfigError, Env, Switch};
use crate::http::whole_seconds;

mod layer;

pub use layer::{LimitLayer, LimitService, limit_by_address, limit_writes};

/// Says which limit holds: `"writes";q=300;w=60`.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Says what is left of it: `"writes";r=299;t=1`.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Makes limits, or none when `NOVA_RATE_LIMIT` is off.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    switch: Switch,
}

impl RateLimits {
    /// Reads `NOVA_RATE_LIMIT`.
    ///
    /// # Errors
    /// When it is neither `on` nor `off`.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let switch = env.read("NOVA_RATE_LIMIT", "on", "rate limits; off for load tests")?;
        Ok(Self { switch })
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
        }))
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
}

type Gcra = RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// What each key has used. Keys are kept as hashes, of a fixed size and with nothing personal.
struct Keys {
    limiter: Gcra,
    hasher: RandomState,
    /// When there are more keys than this, those that are as good as new are forgotten.
    tidy_above: AtomicUsize,
}

const TIDY_ABOVE_AT_LEAST: usize = 10_000;

impl Keys {
    fn new(count: NonZeroU32, each: Duration) -> Self {
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(count));
        Self {
            limiter: RateLimiter::keyed(quota.allow_burst(count)).with_middleware(),
            hasher: RandomState::new(),
            tidy_above: AtomicUsize::new(TIDY_ABOVE_AT_LEAST),
        }
    }

    /// The number of keys is bounded by those seen within the limit's period, times two.
    fn tidy(&self) {
        let threshold = self.tidy_above.load(Ordering::Relaxed);
        if self.limiter.len() <= threshold {
            return;
        }
        let claimed = self.tidy_above.compare_exchange(
            threshold,
            usize::MAX,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if claimed.is_ok() {
            self.limiter.retain_recent();
            let next = (self.limiter.len() * 2).max(TIDY_ABOVE_AT_LEAST);
            self.tidy_above.store(next, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("len", &self.limiter.len())
            .finish_non_exhaustive()
    }
}

impl Limit {
    /// Uses one of what `key` has left.
    ///
    /// # Errors
    /// [`TooMany`] when nothing is left.
    pub fn check(&self, key: &str) -> Result<Remaining, TooMany> {
        let Some(keys) = &self.0.keys else {
            return Ok(Remaining {
                limit: self.clone(),
                left: self.0.count.get(),
            });
        };
        let outcome = keys.limiter.check_key(&keys.hasher.hash_one(key));
        match outcome {
            Ok(state) => {
                // Only a new key can make too many.
                let left = state.remaining_burst_capacity();
                if left + 1 == self.0.count.get() {
                    keys.tidy();
                }
                Ok(Remaining {
                    limit: self.clone(),
                    left,
                })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(TooMany {
                    limit: self.clone(),
                    wait,
                })
            }
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
        RateLimits { switch }
    }

    #[test]
    fn each_key_has_the_whole_limit() {
        let limit = limits(Switch::On).limit("writes", 3, MINUTE);
        for left in [2, 1, 0] {
            assert_eq!(limit.check("a").unwrap().left(), left);
        }
        let refused = limit.check("a").unwrap_err();
        let wait = refused.retry_after().unwrap();
        assert!(
            wait > Duration::from_secs(18) && wait <= Duration::from_secs(20),
            "{wait:?}"
        );
        assert_eq!(limit.check("b").unwrap().left(), 2);
    }

    #[test]
    fn headers_are_structured_fields() {
        let limit = limits(Switch::On).limit("writes", 300, MINUTE);
        let mut headers = HeaderMap::new();
        limit.check("a").unwrap().write(&mut headers);
        assert_eq!(headers[RATELIMIT_POLICY], "\"writes\";q=300;w=60");
        assert_eq!(headers[RATELIMIT], "\"writes\";r=299;t=1");
    }

    #[test]
    fn limits_that_are_off_let_all_through_and_say_nothing() {
        let limit = limits(Switch::Off).limit("writes", 1, MINUTE);
        let mut headers = HeaderMap::new();
        for _ in 0..10 {
            limit.check("a").unwrap().write(&mut headers);
        }
        assert!(headers.is_empty());
    }

    #[test]
    fn keys_that_are_as_good_as_new_are_forgotten() {
        let limit = limits(Switch::On).limit("fast", 1_000_000, Duration::from_millis(1));
        for number in 0..TIDY_ABOVE_AT_LEAST * 3 {
            limit.check(&number.to_string()).unwrap();
        }
        let kept = limit.0.keys.as_ref().unwrap().limiter.len();
        assert!(kept <= TIDY_ABOVE_AT_LEAST + 1, "{kept}");
    }
}
