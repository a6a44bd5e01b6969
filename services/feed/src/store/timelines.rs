//! Cached home timelines: a sorted set per reader, of post ids in the order of time.
//!
//! Every member has score 0 and is a post's UUIDv7 in hexadecimal, so Redis keeps them in the order
//! of their bytes, which is the order of time and the same as `ORDER BY id` in Postgres.
//!
//! What a timeline promises: down to its lowest member it holds *every* post that its reader may see of those
//! whom they follow, but for those in `pulled_posts`. It may hold more (a post that was deleted or hidden, one of
//! somebody who is no longer followed): readers ask Postgres for each anyway. While it reaches down to the
//! beginning of time its lowest member is [`BOTTOM`]; being the lowest, that is also the first to go when the
//! timeline is cut to its length.
//!
//! A missing timeline is built from Postgres. What is posted meanwhile must not be missed: the builder makes a
//! set before it reads, with a token of its own in it; whoever would have added to the missing timeline adds to
//! that set, and the builder takes it over in the end.
//!
//! Its key names the version that is valid, so a late command to a version that was given up harms nobody, and a
//! hash tag: in a cluster all timelines of a group, and what is built beside them, lie in one slot.

use futures::future::try_join_all;
use nova_ids::{PostId, UserId};
use redis::Script;
use uuid::Uuid;

use super::redis::Redis;
use crate::error::Error;

/// Stands below every post in a timeline that reaches down to the beginning of time.
const BOTTOM: &str = "0";
/// Timelines of a group lie in one slot of a cluster and are written in one script call.
const GROUPS: u8 = 32;
/// Timelines written in one script call: about a third of a millisecond of Redis' time.
const TIMELINES_AT_ONCE: usize = 500;
/// A timeline that nobody has read for a week is dropped, and rebuilt when its user comes back.
const TTL_SECONDS: i64 = 7 * 24 * 3_600;
/// A builder that takes longer has died.
const BUILD_SECONDS: u64 = 30;

/// Adds posts to those timelines that exist and reach down to them, or to what is being built.
const ADD: &str = "
    local keep, cut = tonumber(ARGV[1]), ARGV[2] == '1'
    for _, timeline in ipairs(KEYS) do
        local lowest = redis.call('ZRANGE', timeline, 0, 0)[1]
        for at = 3, #ARGV do
            local post = ARGV[at]
            if lowest and lowest < post then
                redis.call('ZADD', timeline, 0, post)
            elseif redis.call('EXISTS', timeline .. ':build') == 1 then
                redis.call('ZADD', timeline .. ':build', 0, post)
            end
        end
        if lowest and cut then redis.call('ZREMRANGEBYRANK', timeline, 0, -keep - 1) end
    end";

/// Begins to build.
const BEGIN: &str = "
    redis.call('DEL', KEYS[1])
    redis.call('ZADD', KEYS[1], 1, ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[2])";

/// Puts what was built, and what came meanwhile, into the timeline, unless another builder has begun since. What
/// came and is older than what was built is beyond its reach.
const FINISH: &str = "
    local timeline, build, keep = KEYS[1], KEYS[2], tonumber(ARGV[3])
    if redis.call('ZREM', build, ARGV[1]) == 0 then return end
    local lowest = #ARGV > 3 and ARGV[#ARGV] or ''
    for at = 4, #ARGV do redis.call('ZADD', timeline, 0, ARGV[at]) end
    for _, post in ipairs(redis.call('ZRANGE', build, 0, -1)) do
        if lowest ~= '' and post > lowest then redis.call('ZADD', timeline, 0, post) end
    end
    redis.call('DEL', build)
    redis.call('ZREMRANGEBYRANK', timeline, 0, -keep - 1)
    redis.call('EXPIRE', timeline, ARGV[2])";

/// The cached timelines.
#[derive(Clone)]
pub struct Timelines {
    redis: Redis,
    prefix: String,
    /// How many posts a timeline holds.
    length: usize,
    add: Script,
    begin: Script,
    finish: Script,
}

/// A reader's timeline, of the version that is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline {
    /// Whose.
    pub user: UserId,
    /// The generation of all timelines plus that of this one: grows with either.
    pub version: i64,
}

impl Timeline {
    /// The version that was valid before.
    const fn former(self) -> Self {
        Self {
            version: self.version - 1,
            ..self
        }
    }
}

/// What a timeline holds of a page.
pub struct Cached {
    /// Post ids, newest first.
    pub ids: Vec<PostId>,
    /// Nothing comes after them, ever.
    pub at_the_end: bool,
}

/// Proof of having begun to build before anything was read.
pub struct Build {
    timeline: Timeline,
    token: String,
}

impl Timelines {
    /// Timelines of at most `length` posts, under keys that begin with `prefix`.
    #[must_use]
    pub fn new(redis: Redis, prefix: &str, length: usize) -> Self {
        Self {
            redis,
            prefix: prefix.to_owned(),
            length,
            add: Script::new(ADD),
            begin: Script::new(BEGIN),
            finish: Script::new(FINISH),
        }
    }

    /// How many posts a timeline holds.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The connection.
    #[must_use]
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Up to `count` posts before `before` (the newest if none), or nothing if the timeline does not tell.
    /// Fewer than `count` without `at_the_end` means that Postgres knows what follows. What is read lives on.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn read(
        &self,
        timeline: Timeline,
        before: Option<PostId>,
        count: usize,
    ) -> Result<Option<Cached>, Error> {
        let key = self.key(timeline);
        let from = before.map_or_else(|| "+".to_owned(), |post| format!("({}", member(post)));
        let mut pipe = redis::pipe();
        pipe.cmd("ZRANGE").arg(&key).arg(from).arg("-");
        pipe.arg("BYLEX").arg("REV").arg("LIMIT").arg(0).arg(count);
        pipe.expire(&key, TTL_SECONDS).ignore();
        let answer = self.redis.run(async |redis| pipe.query_async(redis).await);
        let (members,): (Vec<String>,) = answer.await?;
        if members.is_empty() {
            return Ok(None);
        }
        let at_the_end = members.last().is_some_and(|last| last == BOTTOM);
        let ids = members
            .iter()
            .filter_map(|member| Uuid::try_parse(member).ok());
        Ok(Some(Cached {
            ids: ids.map(PostId::from).collect(),
            at_the_end,
        }))
    }

    /// Adds posts to timelines.
    ///
    /// # Errors
    /// When Redis is away; some may have them then.
    pub async fn add(&self, timelines: &[Timeline], posts: &[PostId]) -> Result<(), Error> {
        let cuts = posts.len() > 1 || posts.iter().any(|post| cuts(*post));
        let calls = self.in_groups(timelines).into_iter().map(|keys| {
            let mut call = self.add.prepare_invoke();
            for key in keys {
                call.key(key);
            }
            // One more for the bottom.
            call.arg(self.length + 1).arg(u8::from(cuts));
            for post in posts {
                call.arg(member(*post));
            }
            call
        });
        let redis = &self.redis;
        let calls = calls.map(|call| async move {
            let call = redis.run(async |redis| call.invoke_async::<()>(redis).await);
            call.await
        });
        try_join_all(calls).await?;
        Ok(())
    }

    /// Takes posts out of timelines. Only tidiness: readers leave out what Postgres does not show. A post that may
    /// come back must not be taken out by a command that may be late.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn remove(&self, timelines: &[Timeline], posts: &[PostId]) -> Result<(), Error> {
        if posts.is_empty() {
            return Ok(());
        }
        let members: Vec<String> = posts.iter().map(|post| member(*post)).collect();
        let redis = &self.redis;
        let calls = timelines.iter().map(|timeline| {
            let mut command = redis::cmd("ZREM");
            command.arg(self.key(*timeline)).arg(&members);
            async move {
                let call = redis.run(async |redis| command.query_async::<()>(redis).await);
                call.await
            }
        });
        try_join_all(calls).await?;
        Ok(())
    }

    /// Forgets a timeline, and the version before it, which is there still if nobody has read since.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn forget(&self, timeline: Timeline) -> Result<(), Error> {
        let former = self.key(timeline.former());
        let key = self.key(timeline);
        let mut command = redis::cmd("UNLINK");
        command.arg(build_key(&key)).arg(key);
        command.arg(build_key(&former)).arg(former);
        self.redis
            .run(async |redis| command.query_async::<()>(redis).await)
            .await
    }

    /// Begins to build a timeline: call before reading what goes into it. The version before it goes.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn begin_build(&self, timeline: Timeline) -> Result<Build, Error> {
        let token = Uuid::now_v7().simple().to_string();
        let mut call = self.begin.key(build_key(&self.key(timeline)));
        call.arg(&token).arg(BUILD_SECONDS);
        let former = self.key(timeline.former());
        let mut drop_former = redis::cmd("UNLINK");
        drop_former.arg(former);
        self.redis
            .run(async |redis| {
                call.invoke_async::<()>(redis).await?;
                drop_former.query_async::<()>(redis).await
            })
            .await?;
        Ok(Build { timeline, token })
    }

    /// Writes a timeline of these posts, newest first, and of what came since it was begun.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn finish_build(
        &self,
        build: Build,
        posts: &[PostId],
        complete: bool,
    ) -> Result<(), Error> {
        let key = self.key(build.timeline);
        let mut call = self.finish.key(&key);
        call.key(build_key(&key));
        call.arg(build.token).arg(TTL_SECONDS).arg(self.length + 1);
        for post in posts {
            call.arg(member(*post));
        }
        if complete {
            call.arg(BOTTOM);
        }
        self.redis
            .run(async |redis| call.invoke_async::<()>(redis).await)
            .await
    }

    /// Keys of one slot each.
    fn in_groups(&self, timelines: &[Timeline]) -> Vec<Vec<String>> {
        let mut groups = vec![Vec::new(); usize::from(GROUPS)];
        let mut full = Vec::new();
        for timeline in timelines {
            let group = &mut groups[usize::from(group(timeline.user))];
            group.push(self.key(*timeline));
            if group.len() == TIMELINES_AT_ONCE {
                full.push(std::mem::take(group));
            }
        }
        full.extend(groups.into_iter().filter(|group| !group.is_empty()));
        full
    }

    fn key(&self, timeline: Timeline) -> String {
        let Timeline { user, version } = timeline;
        let (prefix, group, user) = (&self.prefix, group(user), user.uuid().simple());
        format!("{prefix}feed:{{{group}}}:{version}:{user}")
    }
}

fn group(user: UserId) -> u8 {
    let last = user.uuid().as_bytes().last().copied();
    last.unwrap_or_default() % GROUPS
}

/// Whether timelines are cut to their length on this post's account: one in sixteen, so that they are
/// a little longer for a while and adding is cheaper by a third.
fn cuts(post: PostId) -> bool {
    let last = post.uuid().as_bytes().last().copied();
    last.unwrap_or_default() % 16 == 0
}

fn build_key(key: &str) -> String {
    format!("{key}:build")
}

fn member(post: PostId) -> String {
    post.uuid().simple().to_string()
}
