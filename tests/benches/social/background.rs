//! Others who post all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::platform::Platform;
use crate::population::{OF_ONE_LENGTH, Population};

const POSTS_PER_SECOND: u32 = 100;
const CONNECTIONS: u32 = 4;

/// A hundred posts a second by random users, whether the earlier ones have been answered or not.
pub(crate) struct Background {
    began: Instant,
    posted: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Background {
    pub(crate) async fn start(
        platform: &Platform,
        population: &Arc<Population>,
    ) -> anyhow::Result<Self> {
        let mut background = Self {
            began: Instant::now(),
            posted: Arc::default(),
            stop: Arc::default(),
            tasks: JoinSet::new(),
        };
        let every = Duration::from_secs(1) * CONNECTIONS / POSTS_PER_SECOND;
        for number in 0..CONNECTIONS {
            let mut connection = platform.target.connect().await?;
            let (posted, stop) = (background.posted.clone(), background.stop.clone());
            let population = population.clone();
            let mut rng = StdRng::seed_from_u64(u64::from(number));
            let mut tick = interval_at(
                (background.began + every * number / CONNECTIONS).into(),
                every,
            );
            // Who is late makes up for it.
            tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
            background.tasks.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    tick.tick().await;
                    let author = rng.random_range(0..population.users.len());
                    let post = population
                        .users
                        .get(author)
                        .context("a user")?
                        .new_post(&mut rng, OF_ONE_LENGTH);
                    let status = connection.ask(&post).await?.status;
                    ensure!(status == 201, "a post was answered with {status}");
                    posted.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Ok(background)
    }

    /// Ends it and tells how many posts there were per second.
    pub(crate) async fn stop(mut self) -> anyhow::Result<f64> {
        let rate = self.posted.load(Ordering::Relaxed) as f64 / self.began.elapsed().as_secs_f64();
        self.stop.store(true, Ordering::Relaxed);
        while let Some(task) = self.tasks.join_next().await {
            task??;
        }
        Ok(rate)
    }
}
