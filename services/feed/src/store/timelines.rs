//! Cached home timelines: a sorted set per user, of post ids in the order of time.
//!
//! Every member has score 0 and is a post's UUIDv7 in hexadecimal, so Redis keeps them in the order
//! of their bytes, which is the order of time and the same as `ORDER BY id` in Postgres.
//!
//! What a timeline promises: it holds *every* post of its user's feed down to its lowest member. It
//! may hold more (a post that was deleted or hidden): readers ask Postgres for each anyway. While it
//! reaches down to the beginning of time its lowest member is [`BOTTOM`]; being the lowest, that is
//! also the first to go when the timeline is cut to its length.
//!
//! A missing timeline is built from Postgres. What is posted meanwhile must not be missed: the
//! builder leaves a token before it reads, everyone who would have changed the missing timeline takes
//! the token away, and the builder then throws away what it has read.

use nova_ids::{PostId, UserId};
use redis::Script;
use uuid::Uuid;

use super::redis::Redis;
use crate::error::Error;

/// Stands below every post in a timeline that reaches down to the beginning of time.
const BOTTOM: &str = "0";
/// Timelines written in one script call: about a third of a millisecond of Redis' time.
const TIMELINES_AT_ONCE: usize = 500;
/// An unread timeline is dropped after a week and rebuilt when its user comes back.
const TTL_SECONDS: i64 = 7 * 24 * 3_600;
/// A builder that takes longer has died.
const BUILD_SECONDS: u64 = 30;

/// Adds a post to those timelines that exist and reach down to it.
const ADD: &str = "
    local post, keep, cut = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
    for _, timeline in ipairs(KEYS) do
        local lowest = redis.call('ZRANGE', timeline, 0, 0)[1]
        if not lowest then
            redis.call('DEL', timeline .. ':build')
        elseif lowest < post then
            redis.call('ZADD', timeline, 0, post)
            if cut then redis.call('ZREMRANGEBYRANK', timeline, 0, -keep - 1) end
        end
    end";

/// Writes a built timeline if nothing has changed since its builder began.
const FINISH: &str = "
    local timeline, build = KEYS[1], KEYS[1] .. ':build'
    if redis.call('GET', build) ~= ARGV[1] then return 0 end
    redis.call('DEL', build)
    if redis.call('EXISTS', timeline) == 1 then return 0 end
    for at = 3, #ARGV do redis.call('ZADD', timeline, 0, ARGV[at]) end
    redis.call('EXPIRE', timeline, ARGV[2])
    return 1";

/// The cached timelines.
#[derive(Clone)]
pub struct Timelines {
    redis: Redis,
    prefix: String,
    /// How many posts a timeline holds.
    length: usize,
    add: Script,
    finish: Script,
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
    key: String,
    token: String,
}

impl Timelines {
    /// Timelines of at most `length` posts, under keys that begin with `prefix`.
    #[must_use]
    pub fn new(redis: Redis, prefix: &str, length: usize) -> Self {
        let (add, finish) = (Script::new(ADD), Script::new(FINISH));
        Self {
            redis,
            prefix: prefix.to_owned(),
            length,
            add,
            finish,
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

    /// Up to `count` posts before `before` (the newest if none), or nothing if there is no timeline.
    /// Fewer than `count` without `at_the_end` means that Postgres knows what follows.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn read(
        &self,
        user: UserId,
        before: Option<PostId>,
        count: usize,
    ) -> Result<Option<Cached>, Error> {
        let from = before.map_or_else(|| "+".to_owned(), |post| format!("({}", member(post)));
        let mut command = redis::cmd("ZRANGE");
        command
            .arg(self.key(self.redis.epoch(), user))
            .arg(from)
            .arg("-");
        command
            .arg("BYLEX")
            .arg("REV")
            .arg("LIMIT")
            .arg(0)
            .arg(count);
        let members: Vec<String> = self
            .redis
            .run(async |redis| command.query_async(redis).await)
            .await?;
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

    /// Adds a post to the users' timelines of that generation.
    ///
    /// # Errors
    /// When Redis is away; some may have it then.
    pub async fn add(&self, epoch: i64, users: &[UserId], post: PostId) -> Result<(), Error> {
        let member = member(post);
        for some in users.chunks(TIMELINES_AT_ONCE) {
            let mut call = self.add.prepare_invoke();
            for user in some {
                call.key(self.key(epoch, *user));
            }
            // One more for the bottom.
            call.arg(&member)
                .arg(self.length + 1)
                .arg(u8::from(cuts(post)));
            self.redis
                .run(async |redis| call.invoke_async::<()>(redis).await)
                .await?;
        }
        Ok(())
    }

    /// Takes a post out of the users' timelines of that generation. Only tidiness: readers leave out
    /// what Postgres does not show.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn remove(&self, epoch: i64, users: &[UserId], post: PostId) -> Result<(), Error> {
        let member = member(post);
        for some in users.chunks(TIMELINES_AT_ONCE) {
            let mut pipe = redis::pipe();
            for user in some {
                pipe.zrem(self.key(epoch, *user), &member).ignore();
            }
            self.redis
                .run(async |redis| pipe.query_async::<()>(redis).await)
                .await?;
        }
        Ok(())
    }

    /// Drops a user's timeline of that generation; it is rebuilt when it is next read.
    ///
    /// # Errors
    /// When Redis is away; it may be dropped or not.
    pub async fn drop_timeline(&self, epoch: i64, user: UserId) -> Result<(), Error> {
        let key = self.key(epoch, user);
        let mut command = redis::cmd("DEL");
        command.arg(&key).arg(build_key(&key));
        self.redis
            .run(async |redis| command.query_async::<()>(redis).await)
            .await
    }

    /// Begins to build a user's timeline: call before reading what goes into it.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn begin_build(&self, user: UserId) -> Result<Build, Error> {
        let key = self.key(self.redis.epoch(), user);
        let token = Uuid::now_v7().simple().to_string();
        let mut command = redis::cmd("SET");
        command
            .arg(build_key(&key))
            .arg(&token)
            .arg("EX")
            .arg(BUILD_SECONDS);
        self.redis
            .run(async |redis| command.query_async::<()>(redis).await)
            .await?;
        Ok(Build { key, token })
    }

    /// Writes a timeline, unless something changed since it was begun.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn finish_build(
        &self,
        build: Build,
        posts: &[PostId],
        complete: bool,
    ) -> Result<(), Error> {
        let mut call = self.finish.key(build.key);
        call.arg(build.token).arg(TTL_SECONDS);
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

    fn key(&self, epoch: i64, user: UserId) -> String {
        format!("{}feed:{epoch}:{}", self.prefix, user.uuid().simple())
    }
}

/// Whether timelines are cut to their length on this post's account: one in sixteen, so that they are
/// a little longer for a while and adding is cheaper by a third.
fn cuts(post: PostId) -> bool {
    post.uuid()
        .as_bytes()
        .last()
        .is_some_and(|random| random % 16 == 0)
}

fn build_key(key: &str) -> String {
    format!("{key}:build")
}

fn member(post: PostId) -> String {
    post.uuid().simple().to_string()
}
