#![doc = include_str!("../README.md")]

mod backoff;
mod breaker;
mod chain;
mod code;
mod health;
mod invalid;
mod metric_name;

pub use backoff::{Backoff, BackoffError};
pub use breaker::{
    Breaker, BreakerConfig, BreakerConfigError, BreakerCounts, BreakerPolicy, BreakerRegistry,
    BreakerState, BreakerWindow, CallError, Guarded, Permit, Rejected, Verdict,
};
pub use chain::Chain;
pub use code::{Code, Fault, FieldError};
pub use health::{Condition, Health};
pub use invalid::Invalid;
pub use metric_name::{MetricsPrefixError, metric_name, prefix_metrics};
