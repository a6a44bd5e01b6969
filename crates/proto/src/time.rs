//! Times on the wire.

use prost_types::Timestamp;

/// A timestamp from milliseconds since the Unix epoch.
#[must_use]
pub const fn timestamp(unix_millis: i64) -> Timestamp {
    Timestamp {
        seconds: unix_millis.div_euclid(1_000),
        nanos: (unix_millis.rem_euclid(1_000) * 1_000_000) as i32,
    }
}
