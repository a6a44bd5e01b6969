//! The whole platform under load, through HTTP: the social mix, and how soon a post is visible to the
//! last of fifty followers.
//!
//! The platform is a `nova` process of its own (`NOVA_BENCH_NOVA`, or the one that was built beside this
//! benchmark); Postgres, Redis and Kafka are those of `nova servers`, whose data folder `NOVA_BENCH_DATA`
//! names so that their processor time can be read. The load comes from this process, from one thread.
//!
//! `scripts/bench social visible` runs it with servers of its own. By hand:
//! `nova servers --fresh --data D -- env NOVA_BENCH_DATA=D cargo bench --workspace --bench social -- [mix] [visible] [--quick]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod background;
mod connection;
mod cpu;
mod fanout;
mod mix;
mod platform;
mod population;
mod visible;

use std::time::Duration;

/// How much to do.
#[derive(Clone, Copy)]
struct Extent {
    users: usize,
    follows: usize,
    posts_each: usize,
    warm_up: Duration,
    load: Duration,
    /// Posts whose way to the last follower is timed.
    timed_posts: usize,
}

const WHOLE: Extent = Extent {
    users: 100,
    follows: 2_000,
    posts_each: 20,
    warm_up: Duration::from_secs(5),
    load: Duration::from_secs(20),
    timed_posts: 200,
};
const QUICK: Extent = Extent {
    users: 20,
    follows: 100,
    posts_each: 2,
    warm_up: Duration::from_secs(1),
    load: Duration::from_secs(3),
    timed_posts: 10,
};

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let named = |name: &str| args.iter().any(|arg| arg == name);
    let extent = if named("--quick") { QUICK } else { WHOLE };
    let all = !named("mix") && !named("visible");
    // The machine is the platform's: the load takes one thread of it and no more than it must.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if all || named("mix") {
            mix::measure(extent).await?;
        }
        if all || named("visible") {
            visible::measure(extent).await?;
        }
        Ok(())
    })
}
