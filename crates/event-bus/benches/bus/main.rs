//! How fast the relay empties the outbox and the consumer hands out events, each against the bare
//! client library and the database in the same run.
//!
//! `scripts/bench relay consumer` runs it with servers of its own. By hand, inside `nova servers --`:
//! `cargo bench --workspace --bench bus -- [relay] [consumer] [--quick] [--events N]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod bare;
mod consumer;
mod database;
mod events;
mod keyed;
mod relay;
mod rival;
mod wait;

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
    let given = match args.iter().position(|arg| arg == "--events") {
        Some(at) => {
            let number = args.get(at + 1).context("--events needs a number")?;
            Some(number.parse().context("--events needs a number")?)
        }
        None => None,
    };
    let extent = |events: usize, few: usize| Extent {
        events: given.unwrap_or(if is_quick { few } else { events }),
        rounds: if is_quick { 1 } else { ROUNDS },
    };
    let named = |name: &str| args.iter().any(|arg| arg == name);
    let all = !named("relay") && !named("consumer") && !named("keyed");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if all || named("relay") {
            relay::measure(extent(200_000, 5_000)).await?;
        }
        if all || named("consumer") {
            consumer::measure(extent(1_000_000, 20_000)).await?;
        }
        if all || named("keyed") {
            keyed::measure(extent(1_000_000, 20_000)).await?;
        }
        Ok(())
    })
}
