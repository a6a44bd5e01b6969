//! What Postgres answers when something is wrong with it, in its own words: production decides what they mean.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{Display, Formatter};

use sqlx::error::{DatabaseError, ErrorKind};

use crate::failure::Failure;

/// States of SQL that say nothing about an event (Postgres manual, appendix A): too many connections, a full
/// disk, no more memory, a standby, a table that is not there, a crash of another, a broken file, a deadlock.
pub(super) const STATES: &[&str] = &[
    "53300", "53100", "53200", "25006", "42P01", "57P02", "58030", "40P01",
];

#[derive(Debug)]
struct Answer(&'static str);

impl Display for Answer {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        write!(out, "simulated {}", self.0)
    }
}

impl Error for Answer {}

impl DatabaseError for Answer {
    fn message(&self) -> &str {
        "simulated"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn answer(state: &'static str) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Answer(state)))
}

/// A statement that was answered with this state.
pub(super) fn answered(state: &'static str) -> Failure {
    Failure::of_database(&answer(state))
}

/// The commit of a transaction in which a statement had failed.
pub(super) fn aborted() -> Failure {
    Failure::of_commit(&answer("25P02"))
}

/// No answer, or none in time: the connection is of no more use.
pub(super) fn away() -> Failure {
    let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
    Failure::of_database(&sqlx::Error::Io(error))
}
