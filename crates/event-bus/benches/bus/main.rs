//! How fast the relay empties the outbox and the consumer hands out events, each against the bare
//! client library and the database in the same run.
//!
//! `scripts/bench relay consumer` runs it with servers of its own. By hand, inside `nova servers --`:
//! `cargo bench --workspace --bench bus -- [NAME...] [--quick] [--events N]`, with the names
//!
//! - `relay`, `consumer`, `keyed`, `transactions`, `memory`, `partitions` and `outage` (of `--seconds`, 60), which run when none is named (`keyed` with
//!   Confluent's parallel-consumer beside it if `NOVA_PEERS` names the folder where it was built);
//! - `backlog`: the same rate with five million rows (or `--events`) before it;
//! - `latency`: from the commit to a consumer's hands, when nothing else happens;
//! - `debezium`: Debezium beside the relay; wants `NOVA_PEERS`, the folder of the built peers, and servers started with
//!   `NOVA_SERVERS_WAL_LEVEL=logical`;
//! - `soak`: sizes of the table under steady load for `--seconds` (600).

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod backlog;
mod bare;
mod consumer;
mod database;
mod debezium;
mod events;
mod keyed;
mod latency;
mod memory;
mod outage;
mod partitions;
mod relay;
mod rival;
mod soak;
mod transactions;
mod wait;

use std::time::Duration;

use anyhow::Context;

/// What the services run with, for Nova and for what it is held against.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each thing is measured, in turns with what it is held against.
const ROUNDS: usize = 3;

/// How much to do.
#[derive(Clone, Copy)]
struct Extent {
    events: usize,
    rounds: usize,
}

fn main() -> anyhow::Result<()> {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let is_quick = args.iter().any(|arg| arg == "--quick");
    let given = number(&args, "--events")?;
    let seconds = number(&args, "--seconds")?;
    let extent = |events: usize, few: usize| Extent {
        events: given.unwrap_or(if is_quick { few } else { events }),
        rounds: if is_quick { 1 } else { ROUNDS },
    };
    let named = |name: &str| args.iter().any(|arg| arg == name);
    let all = args
        .iter()
        .all(|arg| arg.starts_with("--") || arg.parse::<usize>().is_ok());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if all || named("relay") {
            relay::measure(extent(1_000_000, 5_000)).await?;
        }
        if named("backlog") {
            backlog::measure(extent(5_000_000, 20_000)).await?;
        }
        if named("latency") {
            latency::measure(extent(300, 20)).await?;
        }
        if named("debezium") {
            debezium::measure(extent(200_000, 5_000)).await?;
        }
        if named("soak") {
            soak::measure(seconds.unwrap_or(600)).await?;
        }
        if all || named("consumer") {
            consumer::measure(extent(1_000_000, 20_000)).await?;
        }
        if all || named("keyed") {
            keyed::measure(extent(1_000_000, 20_000)).await?;
        }
        if all || named("transactions") {
            transactions::measure(extent(200_000, 5_000)).await?;
        }
        if all || named("memory") {
            memory::measure(extent(100_000, 10_000)).await?;
        }
        if all || named("partitions") {
            partitions::measure(extent(1_000_000, 20_000)).await?;
        }
        if all || named("outage") {
            let seconds = seconds.unwrap_or(if is_quick { 3 } else { 60 });
            outage::measure(Duration::from_secs(seconds as u64)).await?;
        }
        Ok(())
    })
}

/// The number after an option.
fn number(args: &[String], option: &str) -> anyhow::Result<Option<usize>> {
    let Some(at) = args.iter().position(|arg| arg == option) else {
        return Ok(None);
    };
    let what = || format!("{option} needs a number");
    let number = args.get(at + 1).with_context(what)?;
    Ok(Some(number.parse().with_context(what)?))
}
