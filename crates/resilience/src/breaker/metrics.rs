//! Every metric of a breaker, declared in one place.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::machine::BreakerState;
use crate::metric_name;

const STATE: &str = "nova_breaker_state";
const TRANSITIONS: &str = "nova_breaker_transitions_total";
const REJECTED: &str = "nova_breaker_rejected_total";
const RECOVERY: &str = "nova_breaker_recovery_seconds";
const FAILURE_RATE: &str = "nova_breaker_failure_rate";

/// Says what each metric means; idempotent.
pub(super) fn describe() {
    describe_gauge!(
        metric_name(STATE),
        Unit::Count,
        "0 while the breaker is closed, 1 half open, 2 open"
    );
    describe_counter!(
        metric_name(TRANSITIONS),
        Unit::Count,
        "changes of a breaker's state, by the new state"
    );
    describe_counter!(
        metric_name(REJECTED),
        Unit::Count,
        "calls that a breaker did not let through"
    );
    describe_histogram!(
        metric_name(RECOVERY),
        Unit::Seconds,
        "how long a breaker was not closed, from when it opened until calls worked again"
    );
    describe_gauge!(
        metric_name(FAILURE_RATE),
        "the share of calls that failed, 0 to 1, of those that a breaker looks back on"
    );
}

pub(super) fn state(breaker: &str, state: BreakerState) {
    let value = match state {
        BreakerState::Closed => 0.0,
        BreakerState::HalfOpen => 1.0,
        BreakerState::Open => 2.0,
    };
    gauge!(metric_name(STATE), "breaker" => breaker.to_owned()).set(value);
}

pub(super) fn failure_rate(breaker: &str, rate: f64) {
    gauge!(metric_name(FAILURE_RATE), "breaker" => breaker.to_owned()).set(rate);
}

pub(super) fn transition(breaker: &str, to: BreakerState) {
    counter!(metric_name(TRANSITIONS), "breaker" => breaker.to_owned(), "to" => to.as_str())
        .increment(1);
}

pub(super) fn recovered(breaker: &str, after: Duration) {
    histogram!(metric_name(RECOVERY), "breaker" => breaker.to_owned()).record(after.as_secs_f64());
}

pub(super) fn rejected(breaker: &str) {
    counter!(metric_name(REJECTED), "breaker" => breaker.to_owned()).increment(1);
}
