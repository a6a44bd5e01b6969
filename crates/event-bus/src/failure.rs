//! Why an event was not handled.

use std::time::Duration;

use nova_resilience::{Chain, Code, Fault};

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
    /// True when the bus's own database is away: then parking cannot work either and the event is
    /// held, however long it takes.
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
            hold: false,
        }
    }

    pub(crate) fn of_database(error: &sqlx::Error) -> Self {
        let code = crate::error::database_code(error);
        Self {
            code,
            reason: "database",
            detail: Chain(error).to_string(),
            place: "database",
            hold: code == Code::Unavailable,
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
