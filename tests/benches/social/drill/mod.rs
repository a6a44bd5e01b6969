//! Drills: what operators do to a running platform, done to real processes under the social mix. Each prints a table of what
//! came of it, and fails when a goal is missed. `scripts/drill` runs them.

mod caddy;
mod canary;
mod cluster;
mod failover;
mod fleet;
mod judge;
mod restore;
mod rollback;
mod rolling;
mod traffic;

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};

pub(crate) use traffic::Acknowledged;

use crate::population::{Population, Shape};
use crate::{QUICK, WHOLE};

/// What is asked of all drills.
#[derive(Debug, Clone, Copy)]
struct Plan {
    crowd: Shape,
    /// Requests of the mix a second.
    rate: u32,
    seed: u64,
    /// How long there is load before anything is done.
    steady: Duration,
}

/// Runs the one that is named.
pub(crate) async fn run(args: &[String]) -> anyhow::Result<()> {
    let value = |name: &str| args.iter().skip_while(|arg| *arg != name).nth(1);
    let number = |name: &str| value(name).map(|text| text.parse::<u64>().context(name.to_owned()));
    let quick = args.iter().any(|arg| arg == "--quick");
    let extent = if quick { QUICK } else { WHOLE };
    let plan = Plan {
        crowd: extent.crowd,
        rate: u32::try_from(number("--rate").unwrap_or(Ok(if quick { 50 } else { 500 }))?)?,
        seed: number("--seed").unwrap_or_else(|| Ok(rand::random()))?,
        steady: Duration::from_secs(if quick { 10 } else { 30 }),
    };
    let name = value("drill").context("which drill?")?;
    println!("drill {name} --rate {} --seed {}", plan.rate, plan.seed);
    match name.as_str() {
        "rolling" => rolling::run(plan, value("--old").map(AsRef::as_ref)).await,
        "failover" => failover::run(plan).await,
        "restore" => restore::run(plan, args.iter().any(|arg| arg == "--earlier")).await,
        "canary" => canary::run(plan).await,
        "rollback" => rollback::run(plan).await,
        _ => bail!("{name} is no drill"),
    }
}

/// The population that a drill disturbs.
async fn settle(
    fleet: &fleet::Fleet,
    caddy: &caddy::Caddy,
    plan: Plan,
) -> anyhow::Result<Arc<Population>> {
    let settled = Population::settle(caddy.target, &fleet.databases, plan.crowd);
    Ok(Arc::new(settled.await?))
}

/// A table of what came of it, and whether all of that is as it must be.
struct Table {
    drill: &'static str,
    is_met: bool,
}

impl Table {
    fn new(drill: &'static str) -> Self {
        println!("| {drill} | is | goal | met |\n| --- | --- | --- | --- |");
        Self {
            drill,
            is_met: true,
        }
    }

    /// Something that only is told.
    fn tell(&self, what: &str, is: impl Display) {
        println!("| {what} | {is} | | |");
    }

    /// Something that is asked for.
    fn ask(&mut self, what: &str, is: impl Display, goal: impl Display, met: bool) {
        println!(
            "| {what} | {is} | {goal} | {} |",
            if met { "yes" } else { "**no**" }
        );
        self.is_met &= met;
    }

    /// None of them may be.
    fn none(&mut self, what: &str, is: usize) {
        self.ask(what, is, 0, is == 0);
    }

    fn end(self) -> anyhow::Result<()> {
        ensure!(self.is_met, "drill {}: a goal is missed", self.drill);
        Ok(())
    }
}
