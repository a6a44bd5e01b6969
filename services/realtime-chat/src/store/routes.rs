//! Which node holds whom, and the way there: leases and lists in Redis, which may lose all of it at any time.
//!
//! All keys of a prefix are in one slot of a cluster, so that pipelines work there too.

use std::sync::Arc;
use std::time::Duration;

use nova_ids::UserId;
use nova_service::redis::{Away, Redis};
use redis::{Pipeline, Script, cmd, pipe};
use time::OffsetDateTime;
use uuid::Uuid;

/// A node that has not renewed a lease for so long holds nobody. With the polls that it takes to believe it, nobody is
/// online for more than 30 s who is not there.
pub const LEASE: Duration = Duration::from_secs(26);
/// Leases are renewed this often.
pub const RENEW_EVERY: Duration = Duration::from_secs(8);
/// Leases in one round trip: Redis does nothing else meanwhile.
const LEASES: usize = 200;
/// Users asked about in one round trip.
const AT_ONCE: usize = 500;
/// Notices taken in one round trip.
const NOTICES: usize = 256;
/// A stop is noticed within this time.
const WAIT_SECONDS: f64 = 1.0;
/// When somebody went is known for a week.
const SINCE_SECONDS: i64 = 7 * 86_400;

/// Leases, and lists of notices. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Routes {
    node: Uuid,
    keys: String,
    redis: Redis,
    lease: Arc<Script>,
    /// Waits for notices, and nothing else: it would hold up all others.
    waiting: Redis,
}

/// Whether somebody is there, as far as leases tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Whether some node holds them.
    pub is_online: bool,
    /// Since when, in milliseconds since the Unix epoch, if that is known.
    pub since: Option<i64>,
}

impl Routes {
    /// The routes of this node: `waiting` is a connection of its own, on which an answer may take a second and more.
    #[must_use]
    pub fn new(node: Uuid, prefix: &str, redis: Redis, waiting: Redis) -> Self {
        Self {
            node,
            keys: format!("{prefix}{{chat}}:"),
            redis,
            lease: Arc::new(Script::new(include_str!("lease.lua"))),
            waiting,
        }
    }

    /// Connects, so that the first lease is not lost.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn ping(&self) -> Result<(), Away> {
        for redis in [&self.redis, &self.waiting] {
            redis
                .run(async |link| cmd("PING").query_async::<()>(link).await)
                .await?;
        }
        Ok(())
    }

    fn at(&self, user: Uuid) -> String {
        format!("{}at:{user}", self.keys)
    }

    fn online(&self, user: Uuid) -> String {
        format!("{}online:{user}", self.keys)
    }

    fn offline(&self, user: Uuid) -> String {
        format!("{}offline:{user}", self.keys)
    }

    /// How many sockets of a user each node holds. Nodes without a lease do not count.
    fn sockets(&self, user: Uuid) -> String {
        format!("{}sockets:{user}", self.keys)
    }

    fn list(&self, node: Uuid) -> String {
        format!("{}node:{node}", self.keys)
    }

    /// This node holds these users, each with so many sockets, for as long as a lease.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn lease(&self, users: &[(UserId, usize)]) -> Result<(), Away> {
        for some in users.chunks(LEASES) {
            self.run_lease(some).await?;
        }
        Ok(())
    }

    /// [`Self::lease`] of one user, and how many sockets they have on all nodes.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn hold(&self, user: UserId, count: usize) -> Result<usize, Away> {
        self.run_lease(&[(user, count)]).await
    }

    async fn run_lease(&self, users: &[(UserId, usize)]) -> Result<usize, Away> {
        let now = now();
        let mut lease = self.lease.key(&self.keys);
        lease
            .arg(self.node.to_string())
            .arg(now)
            .arg(now + millis(LEASE))
            .arg(millis(LEASE));
        for (user, count) in users {
            lease.arg(user.to_string()).arg(*count);
        }
        self.redis
            .run(async |link| lease.invoke_async(link).await)
            .await
    }

    /// This node holds these users no more.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn release(&self, users: &[UserId]) -> Result<(), Away> {
        let now = now();
        for some in users.chunks(AT_ONCE) {
            let mut pipe = pipe();
            for user in some {
                let at = self.at(user.uuid());
                let node = self.node.to_string();
                pipe.hdel(self.sockets(user.uuid()), &node).ignore();
                pipe.zrem(&at, node).ignore();
                pipe.zcount(&at, now, "+inf");
            }
            let left: Vec<i64> = self
                .redis
                .run(async |link| pipe.query_async(link).await)
                .await?;
            let gone: Vec<UserId> = some
                .iter()
                .zip(left)
                .filter_map(|(user, left)| (left == 0).then_some(*user))
                .collect();
            self.note_gone(&gone, now).await?;
        }
        Ok(())
    }

    async fn note_gone(&self, users: &[UserId], now: i64) -> Result<(), Away> {
        if users.is_empty() {
            return Ok(());
        }
        let mut pipe = pipe();
        for user in users {
            let offline = self.offline(user.uuid());
            pipe.del(self.online(user.uuid())).ignore();
            pipe.set(&offline, now).ignore();
            pipe.expire(&offline, SINCE_SECONDS).ignore();
        }
        self.run(&pipe).await
    }

    /// Erases what is kept of a user.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn forget(&self, user: UserId) -> Result<(), Away> {
        let user = user.uuid();
        let mut pipe = pipe();
        for key in [
            self.at(user),
            self.sockets(user),
            self.online(user),
            self.offline(user),
        ] {
            pipe.del(key).ignore();
        }
        self.run(&pipe).await
    }

    /// Of each list of users the other nodes that hold one of them.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn nodes_of(&self, lists: &[Vec<UserId>]) -> Result<Vec<Vec<Uuid>>, Away> {
        let mut pipe = pipe();
        for some in lists.iter().flat_map(|users| users.chunks(AT_ONCE)) {
            // Redis joins them: an answer is as long as there are nodes, however many the users are.
            let union = pipe.cmd("ZUNION").arg(some.len());
            for user in some {
                union.arg(self.at(user.uuid()));
            }
            union.arg("AGGREGATE").arg("MAX").arg("WITHSCORES");
        }
        if pipe.is_empty() {
            return Ok(vec![Vec::new(); lists.len()]);
        }
        let found: Vec<Vec<(String, f64)>> = self
            .redis
            .run(async |link| pipe.query_async(link).await)
            .await?;
        let mut found = found.into_iter();
        let of_each = lists.iter().map(|users| {
            let answers = found.by_ref().take(users.len().div_ceil(AT_ONCE));
            self.holding(answers.flatten())
        });
        Ok(of_each.collect())
    }

    /// The others among nodes, each with the end of its lease, whose lease has not ended.
    fn holding(&self, found: impl Iterator<Item = (String, f64)>) -> Vec<Uuid> {
        let now = now() as f64;
        let mut nodes: Vec<Uuid> = found
            .filter(|(_, until)| *until >= now)
            .filter_map(|(node, _)| node.parse().ok())
            .filter(|node| *node != self.node)
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Puts notices on the lists of nodes, each on those that it comes with. A node that does not take them loses them
    /// with its lease.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn push<'a>(
        &self,
        notices: impl Iterator<Item = (&'a Vec<Uuid>, &'a Vec<u8>)>,
    ) -> Result<(), Away> {
        let mut pipe = pipe();
        for (node, notice) in
            notices.flat_map(|(nodes, notice)| nodes.iter().map(move |node| (node, notice)))
        {
            let list = self.list(*node);
            pipe.rpush(&list, notice).ignore();
            // From the first that waits on: a node that takes them leaves none.
            pipe.cmd("PEXPIRE")
                .arg(&list)
                .arg(millis(LEASE))
                .arg("NX")
                .ignore();
        }
        if pipe.is_empty() {
            return Ok(());
        }
        self.run(&pipe).await
    }

    /// Puts a notice on this node's own list.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn push_to_self(&self, notice: Vec<u8>) -> Result<(), Away> {
        self.push(std::iter::once((&vec![self.node], &notice)))
            .await
    }

    /// The notices for this node, once there are any, or none after a while.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn next(&self) -> Result<Vec<Vec<u8>>, Away> {
        let mut take = cmd("BLMPOP");
        take.arg(WAIT_SECONDS)
            .arg(1)
            .arg(self.list(self.node))
            .arg("LEFT")
            .arg("COUNT")
            .arg(NOTICES);
        let taken: Option<(String, Vec<Vec<u8>>)> = self
            .waiting
            .run(async |link| take.query_async(link).await)
            .await?;
        Ok(taken.map(|(_, notices)| notices).unwrap_or_default())
    }

    /// Whether these users are there, each in its place.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn presence(&self, users: &[UserId]) -> Result<Vec<Presence>, Away> {
        let now = now();
        let mut all = Vec::with_capacity(users.len());
        for some in users.chunks(AT_ONCE) {
            let mut pipe = pipe();
            for user in some {
                let user = user.uuid();
                pipe.zcount(self.at(user), now, "+inf");
                pipe.get(self.online(user));
                pipe.get(self.offline(user));
            }
            let found: Vec<Option<i64>> = self
                .redis
                .run(async |link| pipe.query_async(link).await)
                .await?;
            all.extend(found.chunks(3).map(|found| {
                let is_online = found.first().copied().flatten().unwrap_or_default() > 0;
                let since = if is_online {
                    found.get(1)
                } else {
                    found.get(2)
                };
                Presence {
                    is_online,
                    since: since.copied().flatten(),
                }
            }));
        }
        Ok(all)
    }

    /// Whether Redis has forgotten this node since it was last asked.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn was_forgotten(&self) -> Result<bool, Away> {
        let mut set = cmd("SET");
        set.arg(format!("{}known:{}", self.keys, self.node))
            .arg(1)
            .arg("PX")
            .arg(millis(LEASE))
            .arg("GET");
        let before: Option<String> = self
            .redis
            .run(async |link| set.query_async(link).await)
            .await?;
        Ok(before.is_none())
    }

    async fn run(&self, pipe: &Pipeline) -> Result<(), Away> {
        self.redis
            .run(async |link| pipe.query_async::<()>(link).await)
            .await
    }
}

fn now() -> i64 {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(now).unwrap_or_default()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
