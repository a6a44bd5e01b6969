//! Times on the wire.

use prost_types::Timestamp;
use time::OffsetDateTime;

/// A time as protobuf has it, to the millisecond.
#[must_use]
pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        nanos: i32::from(at.millisecond()) * 1_000_000,
    }
}
