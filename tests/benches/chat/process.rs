//! What a process has taken of the machine, from `/proc`.

use std::fs;

use anyhow::Context as _;

/// `USER_HZ`: `/proc` counts in hundredths of a second on every Linux that Nova runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time of a process, of all its threads.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name in brackets, with anything in it; fields 14 and 15 are time.
    let (_, fields) = stat.rsplit_once(')').context("no name in it")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    let both = ticks(14).zip(ticks(15)).context("no time in it")?;
    Ok((both.0 + both.1) / TICKS_PER_SECOND)
}

/// Bytes of memory that a process has.
pub(crate) fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.context("no VmRSS")?.parse::<f64>()? * 1_024.0)
}
