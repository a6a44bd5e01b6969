//! A process as more than its number: the kernel gives a number to someone else once its owner is gone.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::time::{Instant, sleep};

/// How often a process that is not our child is looked at while we wait for its end.
const POLL: Duration = Duration::from_millis(20);

/// A running process: its number and when it was started, which together are never used twice
/// between two boots of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Process {
    pid: i32,
    /// Clock ticks from boot to its start, as `/proc/<pid>/stat` tells.
    started: u64,
}

impl Process {
    /// The process that has this number now; `None` when there is none, or only its remains.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (state, started) = parse_stat(&stat)?;
        let gone = matches!(state, "Z" | "X");
        (!gone).then_some(Self { pid, started })
    }

    /// The one that asks.
    ///
    /// # Errors
    /// When there is no `/proc`.
    pub fn own() -> io::Result<Self> {
        Self::of(std::process::id().cast_signed())
            .ok_or_else(|| io::Error::other("/proc is not there"))
    }

    /// Its number.
    #[must_use]
    pub const fn pid(self) -> i32 {
        self.pid
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends it a signal. One that is gone already is no error, and a stranger that got its number is
    /// never hit: the descriptor is opened first, then we look who it is.
    ///
    /// # Errors
    /// The kernel's, when the process belongs to somebody else.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return Ok(());
        };
        let sent = pidfd_open(pid, PidfdFlags::empty()).and_then(|process| {
            if self.is_alive() {
                pidfd_send_signal(process, signal)
            } else {
                Ok(())
            }
        });
        match sent {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            other => other.map_err(io::Error::from),
        }
    }

    /// Sends each signal in turn and gives it that long; then SIGKILL. Returns when it is gone.
    ///
    /// # Errors
    /// As [`Self::signal`].
    pub async fn end(self, steps: &[(Signal, Duration)]) -> io::Result<()> {
        for &(signal, patience) in steps {
            self.signal(signal)?;
            // One that was stopped (SIGSTOP) hears nothing until it goes on.
            self.signal(Signal::CONT)?;
            if self.gone_within(patience).await {
                return Ok(());
            }
        }
        self.signal(Signal::KILL)?;
        while self.is_alive() {
            sleep(POLL).await;
        }
        Ok(())
    }

    async fn gone_within(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL).await;
        }
        true
    }

    /// Writes it down for the next run: number, start, boot, separated by spaces.
    ///
    /// # Errors
    /// Those of writing a file.
    pub fn record(self, file: &Path) -> io::Result<()> {
        fs::write(
            file,
            format!("{} {} {}\n", self.pid, self.started, boot_id()),
        )
    }

    /// The process that an earlier run wrote down, if it still runs.
    #[must_use]
    pub fn recorded(file: &Path) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let mut words = text.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        let started = words.next()?.parse().ok()?;
        let process = Self { pid, started };
        let same_boot = words.next()? == boot_id();
        (same_boot && process.is_alive()).then_some(process)
    }
}

/// State and start from the text of `/proc/<pid>/stat`. The second field is the name in brackets and
/// may itself contain brackets and spaces, so the fields are counted from the last bracket.
fn parse_stat(stat: &str) -> Option<(&str, u64)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    // Field 22 of the whole line: 19 after the state, which is the third.
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let id = id.trim();
    if id.is_empty() {
        "unknown".to_owned()
    } else {
        id.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "77 (a) b (c)) S 1 77 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 8 9";
        assert_eq!(parse_stat(stat), Some(("S", 123_456)));
    }

    #[test]
    fn a_record_is_believed_only_while_the_very_process_runs() {
        let own = Process::own().unwrap();
        let file = std::env::temp_dir().join(format!("nova-process-{}", own.pid()));
        own.record(&file).unwrap();
        assert_eq!(Process::recorded(&file), Some(own));

        let recycled = Process {
            started: own.started + 1,
            ..own
        };
        recycled.record(&file).unwrap();
        assert_eq!(Process::recorded(&file), None);
        assert!(!recycled.is_alive());
        recycled.signal(Signal::KILL).unwrap();
        fs::remove_file(&file).unwrap();
    }
}
