//! What the names of metrics begin with.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

const DEFAULT: &str = "nova_";

static PREFIX: OnceLock<String> = OnceLock::new();

/// The names of metrics cannot begin with that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsPrefixError {
    /// Prometheus allows letters, digits, `_` and `:`, and no digit at the beginning.
    #[error("{0:?} cannot begin the name of a metric")]
    Name(String),
    /// Metrics with another prefix have been given out in this process.
    #[error("metrics begin with {0:?} already: say otherwise before anything else is made")]
    TooLate(String),
}

/// Lets the names of all metrics of this process begin with `prefix` instead of `nova_`. To be called before
/// anything that counts is made.
///
/// # Errors
/// When no name can begin with that, or metrics with another prefix have been made.
pub fn prefix_metrics(prefix: &str) -> Result<(), MetricsPrefixError> {
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_' || first == ':';
    let is_next = |next: char| is_first(next) || next.is_ascii_digit();
    if !prefix.starts_with(is_first) || !prefix.chars().all(is_next) {
        return Err(MetricsPrefixError::Name(prefix.to_owned()));
    }
    let said = PREFIX.get_or_init(|| prefix.to_owned());
    if said == prefix {
        Ok(())
    } else {
        Err(MetricsPrefixError::TooLate(said.clone()))
    }
}

/// The name that a metric of this process has instead of `name`, which begins with `nova_`.
#[must_use]
pub fn metric_name(name: &'static str) -> &'static str {
    let prefix = PREFIX.get_or_init(|| DEFAULT.to_owned());
    if prefix == DEFAULT {
        return name;
    }
    static NAMES: OnceLock<Mutex<HashMap<&'static str, &'static str>>> = OnceLock::new();
    let names = NAMES.get_or_init(Mutex::default);
    let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names.entry(name).or_insert_with(|| {
        let rest = name.strip_prefix(DEFAULT).unwrap_or(name);
        // Kept for ever: there are as many as metrics in the code.
        Box::leak(format!("{prefix}{rest}").into_boxed_str())
    })
}
