//! What `/proc` says of processes.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;

/// `USER_HZ`: `/proc` counts in hundredths of a second on every Linux that Nova runs on.
pub const TICKS_PER_SECOND: f64 = 100.0;

/// A process, of `/proc/<pid>/stat`.
#[derive(Debug, Clone, Copy)]
pub struct Stat {
    /// The one that has made it.
    pub parent: i32,
    /// Seconds of processor time, of all its threads.
    pub own: f64,
    /// The same of the children that ended, whose time it has taken over.
    pub ended: f64,
}

impl Stat {
    /// Of one process.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(pid: i32) -> anyhow::Result<Self> {
        let place = format!("/proc/{pid}/stat");
        let stat = fs::read_to_string(&place).with_context(|| place.clone())?;
        parse(&stat).context(place)
    }

    /// Of all processes, by their numbers.
    ///
    /// # Errors
    /// When there is no `/proc`, or it has another form.
    pub fn all() -> anyhow::Result<BTreeMap<i32, Self>> {
        let mut all = BTreeMap::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // One that ended since has its time in its parent's.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            let stat = parse(&stat).with_context(|| format!("/proc/{pid}/stat"))?;
            all.insert(pid, stat);
        }
        Ok(all)
    }
}

/// Fields 4 and 14 to 17 of `proc(5)`; the second is the name in brackets, with anything in it.
fn parse(stat: &str) -> Option<Stat> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(14)? + ticks(15)?) / TICKS_PER_SECOND,
        ended: (ticks(16)? + ticks(17)?) / TICKS_PER_SECOND,
    })
}

/// Bytes of memory that a process has.
///
/// # Errors
/// When there is no such process.
pub fn resident(pid: i32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.context("no VmRSS")?.parse::<u64>()? << 10)
}

/// The number of this process.
#[must_use]
pub fn own_pid() -> i32 {
    std::process::id().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 0 0 0 0 0 250 50 100 25 20 0 1 0 9";
        let Stat { parent, own, ended } = parse(stat).unwrap();
        assert_eq!((parent, own, ended), (3, 3.0, 1.25));
        assert!(parse("7 (a) S 3").is_none());
    }

    #[test]
    fn this_process_is_there() {
        let own = own_pid();
        assert!(Stat::all().unwrap().contains_key(&own));
        assert!(Stat::of(own).is_ok() && resident(own).unwrap() > 0);
        assert!(Stat::of(-1).is_err());
    }
}
