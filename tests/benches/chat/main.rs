//! Chat over sockets: how soon what is said is on a socket of another node, what idle sockets, large conversations and
//! those who come back cost, and what those who come back or read nothing do to others.
//!
//! Nodes are processes of their own: this program started once more, with all services as `nova up` has them or with
//! realtime-chat alone. So is what they are held against. The load comes from this process, from one thread.
//!
//! `scripts/bench chat` runs it with servers of its own. By hand, inside `nova servers --`:
//! `cargo bench --workspace --bench chat -- [latency] [reconnects] [stalled] [idle] [fanout] [resume] [--quick]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod bare;
mod board;
mod client;
mod crowd;
mod fanout;
mod idle;
mod kafka;
mod latency;
mod node;
mod reconnects;
mod resume;
mod room;
mod stalled;
mod times;
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
    /// Of a turn in which messages come at a steady rate.
    turn: Duration,
    /// Sockets of each of two nodes whose messages are timed.
    pairs: usize,
    /// Messages per second.
    rate: u32,
    /// Sockets that come back at once.
    returning: usize,
    /// Sockets that are looked at while nothing happens, and how long.
    idle: usize,
    look: Duration,
    /// Members of the large conversation, and messages of a round.
    members: usize,
    messages: usize,
    /// Conversations of which ten changes each were missed.
    missed: usize,
}

const WHOLE: Extent = Extent {
    rounds: 3,
    turn: Duration::from_secs(10),
    pairs: 1_000,
    rate: 500,
    returning: 3_000,
    idle: 10_000,
    look: Duration::from_secs(60),
    members: 1_000,
    messages: 480,
    missed: 1_000,
};
const QUICK: Extent = Extent {
    rounds: 1,
    turn: Duration::from_secs(2),
    pairs: 20,
    rate: 20,
    returning: 60,
    idle: 200,
    look: Duration::from_secs(3),
    members: 40,
    messages: 32,
    missed: 50,
};

/// What is measured, each in a world of its own.
const ALL: [&str; 6] = [
    "latency",
    "reconnects",
    "stalled",
    "idle",
    "fanout",
    "resume",
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
    // The machine is the platform's: the load takes one thread of it and no more than it must.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        for what in ALL.into_iter().filter(|what| all || named(what)) {
            match what {
                "latency" => Box::pin(latency::measure(extent)).await?,
                "reconnects" => Box::pin(reconnects::measure(extent)).await?,
                "stalled" => Box::pin(stalled::measure(extent)).await?,
                "idle" => Box::pin(idle::measure(extent)).await?,
                "fanout" => Box::pin(fanout::measure(extent)).await?,
                _ => Box::pin(resume::measure(extent)).await?,
            }
        }
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

/// Each socket is one, here and at the node.
fn as_many_files_as_may_be() -> anyhow::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, all)?)
}
