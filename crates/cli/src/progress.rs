//! Lines that tell a person what is going on, with the time since the start.

use std::fmt::Display;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A step that takes longer says so again this often.
const REMINDER: Duration = Duration::from_secs(5);

/// Where progress goes. Clones share the clock.
#[derive(Clone)]
pub struct Progress {
    began: Instant,
    write: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Progress {
    /// Lines on standard error; standard output stays free for answers.
    #[must_use]
    pub fn to_stderr() -> Self {
        Self::to(|line| {
            // A closed terminal is no reason to stop.
            drop(writeln!(std::io::stderr(), "{line}"));
        })
    }

    /// No lines at all.
    #[must_use]
    pub fn silent() -> Self {
        Self::to(|_| {})
    }

    /// Each line goes to `write`, without its line end.
    pub fn to(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            began: Instant::now(),
            write: Arc::new(write),
        }
    }

    /// Time since this progress was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// One line: when, who, what.
    pub fn say(&self, who: impl Display, what: impl Display) {
        let seconds = self.began.elapsed().as_secs_f32();
        (self.write)(&format!("{seconds:6.1} s  {who:<9} {what}"));
    }

    /// Says `what` before `step` runs, and again every few seconds while it does.
    pub async fn during<T>(
        &self,
        who: impl Display,
        what: impl Display,
        step: impl Future<Output = T>,
    ) -> T {
        self.say(&who, &what);
        let began = Instant::now();
        let mut reminder = tokio::time::interval_at((began + REMINDER).into(), REMINDER);
        let mut step = std::pin::pin!(step);
        loop {
            tokio::select! {
                result = &mut step => return result,
                _ = reminder.tick() => {
                    self.say(&who, format_args!("still {what} ({} s)", began.elapsed().as_secs()));
                }
            }
        }
    }
}
