//! What happened in a run, to be read by a person.

use std::fmt::Write;
use std::sync::Mutex;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::events::number_of;
use crate::record::Record;

/// Lines with their time, if anybody wants them.
pub(super) struct Trace(Option<Mutex<(Option<Instant>, String)>>);

impl Trace {
    pub(super) fn new(wanted: bool) -> Self {
        Self(wanted.then(Mutex::default))
    }

    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        let Some(lines) = &self.0 else { return };
        let what = what();
        let mut lines = lines.lock().unwrap();
        // Before and after a run no clock is simulated.
        let now = Handle::try_current().map(|_| Instant::now());
        let Ok(now) = now else {
            return writeln!(lines.1, "{what}").unwrap();
        };
        let began = *lines.0.get_or_insert(now);
        writeln!(lines.1, "{:>8} ms  {what}", (now - began).as_millis()).unwrap();
    }

    pub(super) fn told(&self) -> String {
        self.0
            .as_ref()
            .map(|lines| lines.lock().unwrap().1.clone())
            .unwrap_or_default()
    }
}

/// A message in a line.
pub(super) fn shown(record: &Record) -> String {
    format!(
        "event {} at {}/{}@{} key {}",
        number_of(record),
        record.topic(),
        record.partition(),
        record.offset(),
        String::from_utf8_lossy(record.key().unwrap_or_default()),
    )
}
