//! The whole platform under load, through HTTP: the social mix beside a bare program, the same on a graph of real
//! shape, with a picture in each post and with traces, how soon a post is visible to the last of fifty followers, and the load test of the
//! seed. And the same load while operators do what they do: see [`drill`], which `scripts/drill` runs.
//!
//! The platform is a `nova` process of its own (`NOVA_BENCH_NOVA`, or the one that was built beside this
//! benchmark); Postgres, Redis and Kafka are those of `nova servers`, whose data folder `NOVA_BENCH_DATA`
//! names so that their processor time can be read. The load comes from this process, from one thread.
//!
//! `scripts/bench social social --graph social --pictures social --traced visible` runs it with servers of its own. By hand:
//! `nova servers --fresh --data D -- env NOVA_BENCH_DATA=D cargo bench --workspace --bench social -- [mix] [graph] [pictures] [traced] [visible] [seed] [--quick]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod background;
mod bare;
mod baseline;
mod client;
mod cpu;
mod databases;
mod drill;
mod fanout;
mod graph;
mod load;
mod mix;
mod pages;
mod platform;
mod population;
mod rows;
mod seed;
mod target;
mod visible;

use std::time::Duration;

use graph::Law;
use population::{Characters, OF_ONE_LENGTH, Shape};

/// That of Nova's programs, for the bare one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much to do.
#[derive(Clone, Copy)]
struct Extent {
    /// The usual population.
    crowd: Shape,
    /// The one of real shape.
    graph: Shape,
    warm_up: Duration,
    /// Of all turns together.
    load: Duration,
    /// Posts whose way to the last follower is timed.
    timed_posts: usize,
    /// Posts that are put on Kafka.
    seed_events: usize,
}

const WHOLE: Extent = Extent {
    crowd: Shape {
        users: 100,
        law: Law::Zipf,
        follows: 2_000,
        posts_each: 20,
        characters: OF_ONE_LENGTH,
        pages: 1,
        pictures: false,
    },
    graph: Shape {
        users: 962,
        law: Law::Mutual,
        follows: 18_812,
        posts_each: 120,
        characters: Characters(256, 900),
        pages: 10,
        pictures: false,
    },
    warm_up: Duration::from_secs(5),
    load: Duration::from_secs(20),
    timed_posts: 200,
    seed_events: 10_000,
};
const QUICK: Extent = Extent {
    crowd: Shape {
        users: 20,
        follows: 100,
        posts_each: 2,
        ..WHOLE.crowd
    },
    graph: Shape {
        users: 60,
        follows: 300,
        posts_each: 10,
        ..WHOLE.graph
    },
    warm_up: Duration::from_secs(1),
    load: Duration::from_secs(3),
    timed_posts: 10,
    seed_events: 500,
};

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, name, postgres] = args.as_slice()
        && name == "bare"
    {
        return bare::serve(postgres);
    }
    let named = |name: &str| args.iter().any(|arg| arg == name);
    let extent = if named("--quick") { QUICK } else { WHOLE };
    let all = !["mix", "graph", "pictures", "traced", "visible", "seed"]
        .into_iter()
        .any(named);
    // The machine is the platform's: the load takes one thread of it and no more than it must.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if named(mix::COLLECTOR) {
            return mix::collect().await;
        }
        if named("drill") {
            return drill::run(&args).await;
        }
        if all || named("mix") {
            mix::beside_bare(extent).await?;
        }
        if all || named("graph") {
            mix::on_graph(extent).await?;
        }
        if all || named("pictures") {
            mix::with_pictures(extent).await?;
        }
        if all || named("traced") {
            mix::traced(extent).await?;
        }
        if all || named("visible") {
            visible::measure(extent).await?;
        }
        if all || named("seed") {
            seed::measure(extent).await?;
        }
        Ok(())
    })
}
