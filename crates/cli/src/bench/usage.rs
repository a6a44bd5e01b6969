//! What processes take, of `/proc`.

use std::fs;

use anyhow::Context as _;

/// `USER_HZ`: `/proc` counts in hundredths of a second on every Linux that Nova runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one process, or several together, have taken until now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Seconds of processor time, user and system.
    pub cpu: f64,
    /// Bytes of memory that are resident.
    pub resident: f64,
    /// The same, pages that are shared counted in parts (PSS).
    pub proportional: f64,
}

impl Usage {
    /// Of these processes together.
    ///
    /// # Errors
    /// When one of them is not there, or `/proc` does not say.
    pub fn of(pids: &[i32]) -> anyhow::Result<Self> {
        let mut sum = Self::default();
        for pid in pids {
            let read = |name: &str| {
                let place = format!("/proc/{pid}/{name}");
                fs::read_to_string(&place).with_context(|| place.clone())
            };
            sum.cpu += cpu(&read("stat")?).context("/proc has another form")?;
            let memory = read("smaps_rollup")?;
            sum.resident += kilobytes(&memory, "Rss:").context("no Rss")? * 1_024.0;
            sum.proportional += kilobytes(&memory, "Pss:").context("no Pss")? * 1_024.0;
        }
        Ok(sum)
    }
}

/// Seconds for which the processors of this machine were busy, all together, since it was started.
///
/// # Errors
/// When `/proc` does not say.
pub fn machine_busy() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat is empty")?;
    let fields = line.split_whitespace().skip(1);
    let ticks: Option<Vec<f64>> = fields.map(|field| field.parse().ok()).collect();
    // User, nice, system, idle, iowait, irq, softirq, steal; what guests take is in user.
    let ticks = ticks.context("/proc/stat has another form")?;
    let busy = ticks
        .iter()
        .take(8)
        .enumerate()
        .filter(|(field, _)| ![3, 4].contains(field));
    Ok(busy.map(|(_, ticks)| ticks).sum::<f64>() / TICKS_PER_SECOND)
}

/// Fields 14 and 15 of `proc(5)`; the second is the name in brackets, with anything in it.
fn cpu(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn kilobytes(memory: &str, name: &str) -> Option<f64> {
    let line = memory.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_something() {
        let own = i32::try_from(std::process::id()).unwrap();
        let usage = Usage::of(&[own]).unwrap();
        assert!(usage.resident >= usage.proportional && usage.proportional > 0.0);
        assert!(machine_busy().unwrap() >= usage.cpu);
        assert!(Usage::of(&[-1]).is_err());
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 0 0 0 0 0 250 50 100 25 20 0 1 0 9";
        assert_eq!(cpu(stat), Some(3.0));
        assert_eq!(cpu("7 (a) S 3"), None);
    }
}
