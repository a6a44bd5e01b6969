//! Times in JSON: RFC 3339 in UTC with milliseconds, `2026-11-21T00:47:00.123Z`, for
//! `#[serde(with = "nova_service::rfc3339")]`.

use serde::{Deserialize, Deserializer, Serializer, de, ser};
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

const MILLISECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Writes a time; what is finer than a millisecond is cut off.
///
/// # Errors
/// When the year is not one of 0 to 9999.
pub fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = [0; 24];
    at.to_offset(UtcOffset::UTC)
        .format_into(&mut text.as_mut_slice(), MILLISECONDS)
        .map_err(ser::Error::custom)?;
    serializer.serialize_str(str::from_utf8(&text).map_err(ser::Error::custom)?)
}

/// Reads a time in any RFC 3339 form.
///
/// # Errors
/// When it is none.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom)
}

/// The same of a time that may be absent: null then.
pub mod option {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, de};
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    /// Writes a time, or null.
    ///
    /// # Errors
    /// As [`super::serialize`].
    pub fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a time in any RFC 3339 form, or null.
    ///
    /// # Errors
    /// When it is neither.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let text = <Option<Cow<'de, str>>>::deserialize(deserializer)?;
        text.map(|text| OffsetDateTime::parse(&text, &Rfc3339).map_err(de::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use time::macros::datetime;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Event(#[serde(with = "super")] OffsetDateTime);

    #[test]
    fn times_are_utc_with_milliseconds() {
        let written = |at| serde_json::to_string(&Event(at)).unwrap();
        assert_eq!(
            written(datetime!(2026-11-21 00:47 UTC)),
            "\"2026-11-21T00:47:00.000Z\""
        );
        assert_eq!(
            written(datetime!(2026-11-21 00:47:01.5678 +02:00)),
            "\"2026-11-20T22:47:01.567Z\""
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let event = Event(datetime!(2026-11-21 00:47:00.123 UTC));
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert!(serde_json::from_str::<Event>("\"yesterday\"").is_err());
    }

    #[test]
    fn what_is_absent_is_null() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Perhaps(#[serde(with = "super::option")] Option<OffsetDateTime>);
        for (perhaps, text) in [
            (None, "null"),
            (
                Some(datetime!(2026-11-21 00:47 UTC)),
                "\"2026-11-21T00:47:00.000Z\"",
            ),
        ] {
            assert_eq!(serde_json::to_string(&Perhaps(perhaps)).unwrap(), text);
            let read: Perhaps = serde_json::from_str(text).unwrap();
            assert_eq!(read, Perhaps(perhaps));
        }
        assert!(serde_json::from_str::<Perhaps>("\"yesterday\"").is_err());
    }
}
