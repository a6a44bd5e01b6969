//! Connections that ask one thing after the other.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures::future::try_join_all;
use nova_ids::UserId;
use nova_proto::identity::v1::{UserFollowed, UserUnfollowed};
use nova_testkit::bench::percentile;

use crate::world::World;

const LANES: usize = 8;

/// Between an answer and the next question: a machine that has nothing to spare would tell of itself, not of Nova.
const PAUSE: Duration = Duration::from_millis(10);

/// What limits leave of toggles: 300 writes a minute.
const TOGGLES_PER_SECOND: f64 = 5.0;

/// Microseconds, sorted.
pub(crate) struct Asked(Vec<u32>);

impl Asked {
    fn percentile(&self, percent: f64) -> f64 {
        f64::from(percentile(&self.0, percent)) / 1_000.0
    }

    pub(crate) fn p99(&self) -> f64 {
        self.percentile(99.0)
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.percentile(50.0), self.p99());
        write!(f, "p50 {p50:.1} ms, p99 {p99:.1} ms of {}", self.0.len())
    }
}

/// Eight connections.
pub(crate) struct Lanes<'a> {
    world: &'a World,
    load: Duration,
}

impl<'a> Lanes<'a> {
    pub(crate) const fn of(world: &'a World, load: Duration) -> Self {
        Self { world, load }
    }

    /// Reads the home feeds of these users, in turns, with pauses.
    pub(crate) async fn read(&self, users: &[UserId]) -> anyhow::Result<Asked> {
        self.ask(users, PAUSE).await
    }

    /// Reads the home feed of this user over and over.
    pub(crate) async fn hurry(&self, user: UserId) -> anyhow::Result<Asked> {
        self.ask(&[user], Duration::ZERO).await
    }

    async fn ask(&self, users: &[UserId], pause: Duration) -> anyhow::Result<Asked> {
        let end = Instant::now() + self.load;
        let lanes = (0..LANES).map(|lane| async move {
            let app = self.world.app.reconnected();
            let tokens: Vec<String> = users
                .iter()
                .map(|user| self.world.stack.token(*user))
                .collect();
            let mut took = Vec::new();
            for token in tokens.iter().cycle().skip(lane * 13 % tokens.len()) {
                let began = Instant::now();
                if began > end {
                    break;
                }
                let answer = app.get("/v1/feed?limit=10").bearer(token).await;
                ensure!(answer.status == 200, "{}", answer.text());
                took.push(u32::try_from(began.elapsed().as_micros())?);
                tokio::time::sleep(pause).await;
            }
            Ok(took)
        });
        let mut took = try_join_all(lanes).await?.concat();
        took.sort_unstable();
        Ok(Asked(took))
    }

    /// Reads the home feed of this user until that is refused: from then on the limit is what it is each minute.
    pub(crate) async fn use_up(&self, user: UserId) -> anyhow::Result<()> {
        let lanes = (0..LANES).map(|_| async move {
            let app = self.world.app.reconnected();
            let token = self.world.stack.token(user);
            loop {
                let answer = app.get("/v1/feed?limit=10").bearer(&token).await;
                match answer.status {
                    200 => {}
                    429 => return anyhow::Ok(()),
                    _ => anyhow::bail!("{}", answer.text()),
                }
            }
        });
        try_join_all(lanes).await?;
        Ok(())
    }

    /// Toggles one follow of one user and reads their feed, over and over, without a pause; how often. The events come
    /// past identity, so its limit of writes is kept here. Reads that the limit refuses are asked again.
    pub(crate) async fn toggle(&self, is_limited: bool) -> anyhow::Result<usize> {
        let began = Instant::now();
        let end = began + self.load;
        let toggled = AtomicUsize::new(0);
        let revision = AtomicUsize::new(1_000);
        let (toggled, revision) = (&toggled, &revision);
        let lanes = (0..LANES).map(|_| async move {
            let app = self.world.app.reconnected();
            let token = self.world.stack.token(self.world.busy);
            while Instant::now() < end {
                let so_far = toggled.load(Ordering::Relaxed) as f64;
                if !is_limited || so_far < began.elapsed().as_secs_f64() * TOGGLES_PER_SECOND {
                    toggled.fetch_add(1, Ordering::Relaxed);
                    let revision = revision.fetch_add(1, Ordering::Relaxed);
                    self.change(revision).await?;
                }
                let answer = app.get("/v1/feed?limit=10").bearer(&token).await;
                ensure!(matches!(answer.status, 200 | 429), "{}", answer.text());
            }
            Ok(())
        });
        try_join_all(lanes).await?;
        Ok(toggled.load(Ordering::Relaxed))
    }

    async fn change(&self, revision: usize) -> anyhow::Result<()> {
        let user_id = self.world.busy.to_string();
        let followed = self.world.authors.first().context("an author")?;
        let followed_user_id = followed.to_string();
        let is_follow = revision.is_multiple_of(2);
        let revision = i64::try_from(revision)?;
        if is_follow {
            let event = UserFollowed {
                user_id,
                followed_user_id,
                followed_at: None,
                revision,
            };
            self.world.stack.publish(&event).await;
        } else {
            let event = UserUnfollowed {
                user_id,
                followed_user_id,
                unfollowed_at: None,
                revision,
            };
            self.world.stack.publish(&event).await;
        }
        Ok(())
    }
}
