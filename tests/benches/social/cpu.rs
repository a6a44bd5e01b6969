//! Processor time of everything that takes part, from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{AddAssign, Sub};

use anyhow::Context;
use nova_testkit::process::{Stat, TICKS_PER_SECOND, own_pid};

/// Whose time is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pids {
    /// Nova, or what it is held against.
    pub(crate) program: i32,
    pub(crate) postgres: i32,
    pub(crate) redis: i32,
    pub(crate) kafka: i32,
}

/// Seconds of processor time, each with all children that are or were.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    pub(crate) program: f64,
    pub(crate) postgres: f64,
    pub(crate) redis: f64,
    pub(crate) kafka: f64,
    /// This process without its children.
    pub(crate) generator: f64,
    /// Everything on the machine, the kernel's own work included.
    pub(crate) machine: f64,
    /// What the machine was denied by its host.
    pub(crate) stolen: f64,
}

impl Cpu {
    /// As of now.
    pub(crate) fn now(pids: Pids) -> anyhow::Result<Self> {
        let processes = Stat::all()?;
        let own = own_pid();
        let generator = processes
            .get(&own)
            .context("/proc does not know this process")?
            .own;
        let (machine, stolen) = machine()?;
        let with_children = |pid| tree(&processes, pid);
        Ok(Self {
            program: with_children(pids.program),
            postgres: with_children(pids.postgres),
            redis: with_children(pids.redis),
            kafka: with_children(pids.kafka),
            generator,
            machine,
            stolen,
        })
    }

    /// Everything but the generator.
    pub(crate) fn platform(&self) -> f64 {
        self.program + self.postgres + self.redis + self.kafka
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            program: self.program - before.program,
            postgres: self.postgres - before.postgres,
            redis: self.redis - before.redis,
            kafka: self.kafka - before.kafka,
            generator: self.generator - before.generator,
            machine: self.machine - before.machine,
            stolen: self.stolen - before.stolen,
        }
    }
}

impl AddAssign for Cpu {
    fn add_assign(&mut self, more: Self) {
        self.program += more.program;
        self.postgres += more.postgres;
        self.redis += more.redis;
        self.kafka += more.kafka;
        self.generator += more.generator;
        self.machine += more.machine;
        self.stolen += more.stolen;
    }
}

fn tree(processes: &BTreeMap<i32, Stat>, root: i32) -> f64 {
    let own = processes
        .get(&root)
        .map_or(0.0, |process| process.own + process.ended);
    let children = processes
        .iter()
        .filter(|(_, process)| process.parent == root);
    own + children.map(|(pid, _)| tree(processes, *pid)).sum::<f64>()
}

/// Busy and stolen time of all processors together.
fn machine() -> anyhow::Result<(f64, f64)> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat is empty")?;
    let ticks: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let [
        user,
        nice,
        system,
        _idle,
        _waiting,
        irq,
        softirq,
        stolen,
        ..,
    ] = ticks.as_slice()
    else {
        anyhow::bail!("/proc/stat has another form");
    };
    let busy = user + nice + system + irq + softirq;
    Ok((busy / TICKS_PER_SECOND, stolen / TICKS_PER_SECOND))
}
