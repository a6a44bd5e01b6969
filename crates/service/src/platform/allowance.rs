//! What a route takes that others do not.

use std::time::Duration;

use http::Method;

/// What a route may say for itself: see [`Service::allow`](super::Service::allow).
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// The longest body in bytes, instead of `NOVA_BODY_LIMIT`. Of gRPC each message has tonic's own limit.
    pub body_limit: usize,
    /// How fast the body must come.
    pub pace: Pace,
}

/// How fast a body must come. What counts is the time in which its client is waited for: while a handler is at what has
/// come, nobody is slow.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Without a byte for so long the request ends.
    pub idle: Duration,
    /// So many bytes must come in each [`Self::over`].
    pub bytes: u64,
    /// The time that they may take together.
    pub over: Duration,
}

impl Default for Pace {
    /// 10 s without a byte, and 1 KiB/s over 30 s: slower is nobody who wants to be done.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(10),
            bytes: 30 * 1_024,
            over: Duration::from_secs(30),
        }
    }
}

/// Those of all routes, by method and path: as a route is written (`/v1/things/{id}`), or a gRPC method's own. A handful,
/// and in most processes none: looking through them takes less than a hash.
#[derive(Debug, Default)]
pub(super) struct Allowances(Vec<(Method, &'static str, Allowance)>);

impl Allowances {
    pub(super) fn add(&mut self, method: Method, path: &'static str, allowance: Allowance) {
        self.0.push((method, path, allowance));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn of(&self, method: &Method, path: &str) -> Option<Allowance> {
        let is_it =
            |(its, at, _): &&(Method, &'static str, Allowance)| its == method && *at == path;
        self.0.iter().find(is_it).map(|(.., allowance)| *allowance)
    }
}
