//! What was used of a limit in all replicas together.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Script, cmd};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::config::{ConfigError, Env};
use crate::mac::MacKey;
use crate::redis::{Access, Away, Redis};

const NAME: &str = "NOVA_RATE_LIMIT_REDIS";

/// How long nothing is asked after a failure.
const REST: Duration = Duration::from_secs(1);

/// Redis, as a place for limits. Keys are kept as keyed hashes: whoever reads Redis cannot tell, not even by trying
/// all addresses there are, whose they are.
#[derive(Clone)]
pub(super) struct Shared(Arc<Inner>);

struct Inner {
    redis: Redis,
    prefix: String,
    key: MacKey,
    take: Script,
}

impl Shared {
    /// None when `NOVA_RATE_LIMIT_REDIS` is not set.
    pub(super) fn read(env: &mut Env) -> Result<Option<Self>, ConfigError> {
        let url: Option<Url> = env.optional(
            NAME,
            "Redis that replicas share limits in, redis://host:port, or rediss:// with TLS; unset, limits are per process",
        )?;
        // A limit is no reason to wait: Redis answers in a fraction of a millisecond.
        let deadline = env.read(
            "NOVA_RATE_LIMIT_TIMEOUT",
            "100ms",
            "how long that Redis may take before a process goes by its own limits",
        )?;
        let access = Access::read(
            env,
            "NOVA_RATE_LIMIT_REDIS_CLUSTER",
            "NOVA_RATE_LIMIT_REDIS_CA",
        )?;
        let prefix = env.read("NOVA_REDIS_PREFIX", "", "put before every key in Redis")?;
        let Some(url) = url else {
            return Ok(None);
        };
        let server = access.server(NAME, &url, deadline)?;
        Ok(Some(Self(Arc::new(Inner {
            redis: Redis::new(server, deadline, REST),
            prefix,
            key: MacKey::read(env, b"nova rate limits v1")?,
            take: Script::new(include_str!("take.lua")),
        }))))
    }

    /// Uses one: what is left, or how long to wait for one.
    pub(super) async fn take(
        &self,
        limit: &str,
        count: NonZeroU32,
        each: Duration,
        key: &str,
    ) -> Result<Result<u32, Duration>, Away> {
        let Inner { redis, take, .. } = &*self.0;
        let mut taking = take.key(self.name(limit, key));
        taking
            .arg(each.as_secs_f64() * 1_000_000.0)
            .arg(count.get());
        let (left, wait): (i64, u64) = redis
            .run(async |connection| taking.invoke_async(connection).await)
            .await?;
        let left = u32::try_from(left);
        Ok(left.map_err(|_| Duration::from_micros(wait)))
    }

    /// Remembers a key for so long.
    pub(super) async fn remember(&self, set: &str, key: &str, life: Duration) -> Result<(), Away> {
        let mut set_key = cmd("SET");
        set_key
            .arg(self.name(set, key))
            .arg(1)
            .arg("EX")
            .arg(life.as_secs().max(1));
        let redis = &self.0.redis;
        redis
            .run(async |connection| set_key.query_async(connection).await)
            .await
    }

    pub(super) async fn remembers(&self, set: &str, key: &str) -> Result<bool, Away> {
        let mut exists = cmd("EXISTS");
        exists.arg(self.name(set, key));
        let redis = &self.0.redis;
        redis
            .run(async |connection| exists.query_async(connection).await)
            .await
    }

    fn name(&self, limit: &str, key: &str) -> String {
        // 128 bits do not meet by chance.
        let hash = URL_SAFE_NO_PAD.encode(self.0.key.tag(&[key.as_bytes()]));
        format!("{}limit:{limit}:{hash}", self.0.prefix)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Option<Shared>, ConfigError> {
        let vars = vars.iter();
        let vars = vars.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Shared::read(&mut Env::of(vars))
    }

    const SECRET: (&str, &str) = (
        "NOVA_SECRET",
        "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==",
    );

    #[tokio::test]
    async fn keys_say_nothing_of_whose_they_are_and_are_the_same_in_all_replicas() {
        let settings = [
            SECRET,
            (NAME, "redis://127.0.0.1:1"),
            ("NOVA_REDIS_PREFIX", "p:"),
        ];
        let [one, other] = [(); 2].map(|()| read(&settings).unwrap().unwrap());
        let key = one.name("sign-ins", "email:ada@example.org 10.0.0.1");
        assert!(key.starts_with("p:limit:sign-ins:"), "{key}");
        assert!(!key.contains("ada") && !key.contains("10.0"), "{key}");
        assert_eq!(
            other.name("sign-ins", "email:ada@example.org 10.0.0.1"),
            key
        );
        assert_ne!(
            other.name("sign-ins", "email:ada@example.org 10.0.0.2"),
            key
        );
    }

    #[tokio::test]
    async fn what_is_no_redis_is_refused_by_name() {
        assert!(read(&[]).unwrap().is_none());
        for wrong in ["here", "http://127.0.0.1:6379"] {
            let refused = read(&[SECRET, (NAME, wrong)]).unwrap_err().to_string();
            assert!(refused.starts_with(NAME), "{refused}");
        }
    }
}
