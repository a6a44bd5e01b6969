//! Streams of server-sent events: what eventbridge makes of a second of processor time, from Kafka through Redis to its
//! clients, beside a plain axum server that sends the same frames; what idle streams take; and what those do who come back.
//!
//! Nodes are processes of their own: this program started once more, with eventbridge alone. So is the plain server. The load
//! comes from this process: one thread reads all streams, another publishes.
//!
//! `scripts/bench sse` runs it with servers of its own. By hand, inside `nova servers --`:
//! `cargo bench --workspace --bench sse -- [steady] [most] [many] [channels] [idle] [copy] [latency] [redis] [resume] [--quick]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod bare;
mod channels;
mod copy;
mod events;
mod fanout;
mod idle;
mod latency;
mod node;
mod redis_cpu;
mod resume;
mod sides;
mod turn;
mod world;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// That of Nova's programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much to do.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    rounds: usize,
    turn: Duration,
    /// Clients of one channel, at a steady rate and as many events as can be.
    clients: usize,
    /// The many clients: of one channel, of many channels, idle, and coming back.
    many: usize,
    /// Channels that many clients follow.
    channels: usize,
    /// How long idle streams are looked at.
    look: Duration,
    /// Events that are copied from Kafka to Redis.
    copied: usize,
    /// Events that are told one by one.
    alone: usize,
    /// Events that each misses who comes back.
    missed: usize,
}

const WHOLE: Extent = Extent {
    rounds: 3,
    turn: Duration::from_secs(8),
    clients: 1_000,
    many: 10_000,
    channels: 1_000,
    look: Duration::from_secs(45),
    copied: 100_000,
    alone: 300,
    missed: 100,
};
const QUICK: Extent = Extent {
    rounds: 1,
    turn: Duration::from_secs(2),
    clients: 40,
    many: 200,
    channels: 20,
    look: Duration::from_secs(3),
    copied: 2_000,
    alone: 10,
    missed: 10,
};

/// What is measured, each in a world of its own.
const ALL: [&str; 9] = [
    "steady", "most", "many", "channels", "idle", "copy", "latency", "redis", "resume",
];

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    as_many_files_as_may_be()?;
    if let [as_, what] = args.as_slice()
        && as_ == "as"
    {
        return node::serve(what);
    }
    let named = |name: &str| args.iter().any(|arg| arg == name);
    let extent = if named("--quick") { QUICK } else { WHOLE };
    let all = !ALL.into_iter().any(named);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        for what in ALL.into_iter().filter(|what| all || named(what)) {
            match what {
                "steady" => Box::pin(fanout::steady(extent)).await?,
                "most" => Box::pin(fanout::most(extent, extent.clients)).await?,
                "many" => Box::pin(fanout::most(extent, extent.many)).await?,
                "channels" => Box::pin(channels::measure(extent)).await?,
                "idle" => Box::pin(idle::measure(extent)).await?,
                "copy" => Box::pin(copy::measure(extent)).await?,
                "latency" => Box::pin(latency::measure(extent)).await?,
                "redis" => Box::pin(redis_cpu::measure(extent)).await?,
                _ => Box::pin(resume::measure(extent)).await?,
            }
        }
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

/// Each stream is one, here and at the node.
fn as_many_files_as_may_be() -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, all)?)
}
