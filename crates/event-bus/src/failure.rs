//! Why an event was not handled.

use std::time::Duration;

use nova_resilience::{Chain, Code, Fault};

/// `in_failed_sql_transaction`: an earlier statement of the transaction failed.
const ABORTED: &str = "25P02";

const GONE: &str = "gone";

/// Why an event was not handled: the code decides between retrying and parking.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Kind of failure.
    pub code: Code,
    /// Stable word for grouping.
    pub reason: &'static str,
    /// The error with its causes.
    pub detail: String,
    /// Where: the handler's path, or the part of the bus.
    pub place: &'static str,
    /// True when one of the bus's own statements failed through no fault of the event: then parking cannot
    /// work either and the event is held, however long it takes. True also where a handler says so
    /// ([`Fault::is_held`]).
    pub(crate) hold: bool,
}

impl Failure {
    pub(crate) fn of_handler(
        place: &'static str,
        error: &dyn Fault,
        as_error: &dyn std::error::Error,
    ) -> Self {
        Self {
            code: error.code(),
            reason: error.reason(),
            detail: Chain(as_error).to_string(),
            place,
            hold: error.is_held(),
        }
    }

    pub(crate) fn of_database(error: &sqlx::Error) -> Self {
        let code = crate::error::database_code(error);
        Self {
            code,
            reason: "database",
            detail: Chain(error).to_string(),
            place: "database",
            hold: code.is_transient(),
        }
    }

    /// A letter is not there any more: somebody else has handled or discarded it.
    pub(crate) fn gone() -> Self {
        Self {
            code: Code::NotFound,
            reason: GONE,
            detail: "the letter is not there any more".to_owned(),
            place: "letters",
            hold: false,
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.reason == GONE
    }

    /// The same, of a statement that brought nothing of the event.
    pub(crate) fn held(self) -> Self {
        Self { hold: true, ..self }
    }

    /// A commit that Postgres would have answered with a rollback.
    pub(crate) fn of_commit(error: &sqlx::Error) -> Self {
        if crate::error::sqlstate(error).as_deref() != Some(ABORTED) {
            return Self::of_database(error);
        }
        Self {
            code: Code::Internal,
            reason: "aborted_transaction",
            detail: "a statement of a handler failed and the handler said that all is well"
                .to_owned(),
            place: "commit",
            hold: false,
        }
    }

    pub(crate) fn poison(reason: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code: Code::Invalid,
            reason,
            detail: detail.into(),
            place: "envelope",
            hold: false,
        }
    }

    pub(crate) fn panicked(place: &'static str, panic: &(dyn std::any::Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Self {
            code: Code::Internal,
            reason: "panic",
            detail: format!("panicked: {said}"),
            place,
            hold: false,
        }
    }

    pub(crate) fn timed_out(place: &'static str, limit: Duration) -> Self {
        Self {
            code: Code::Timeout,
            reason: "timeout",
            detail: format!("not handled within {} s", limit.as_secs_f64()),
            place,
            hold: false,
        }
    }
}
