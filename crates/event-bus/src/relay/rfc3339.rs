//! Times as header values, to the microsecond, without the heap.

use time::{OffsetDateTime, UtcOffset};

/// `2026-11-21T04:05:06.789012Z`.
pub(super) struct Rfc3339([u8; 27]);

/// The time in UTC; years beyond four digits lose the first.
pub(super) fn of(at: OffsetDateTime) -> Rfc3339 {
    let at = at.to_offset(UtcOffset::UTC);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    for (end, width, mut number) in [
        (4, 4, at.year().unsigned_abs()),
        (7, 2, u32::from(u8::from(at.month()))),
        (10, 2, u32::from(at.day())),
        (13, 2, u32::from(at.hour())),
        (16, 2, u32::from(at.minute())),
        (19, 2, u32::from(at.second())),
        (26, 6, at.microsecond()),
    ] {
        for place in text.iter_mut().take(end).rev().take(width) {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    Rfc3339(text)
}

impl Rfc3339 {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_time_reads_as_it_was_written() {
        for at in [
            datetime!(2026-11-21 04:05:06.789012 UTC),
            datetime!(1999-12-31 23:59:59 UTC),
            datetime!(2026-01-01 01:30:00.000001 +02:00),
        ] {
            let text = of(at);
            let read = OffsetDateTime::parse(text.as_str(), &well_known::Rfc3339).unwrap();
            assert_eq!(read, at, "{}", text.as_str());
        }
    }
}
