//! All that is kept of a user, asked of every service.

use nova_ids::{ExportId, UserId};
use serde::de::IgnoredAny;
use serde_json::Error;
use time::{Duration, OffsetDateTime};

/// So long a finished export is there; one that is not finished by then is given up.
pub const EXPORT_KEPT: Duration = Duration::DAY;

/// Nobody gets another one before.
const NOT_BEFORE: Duration = Duration::HOUR;

/// An export that a user has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    /// Which.
    pub id: ExportId,
    /// Since when.
    pub requested_at: OffsetDateTime,
    /// When all parts were there; none while some are not.
    pub ready_at: Option<OffsetDateTime>,
}

impl Export {
    /// Whether it is to be downloaded.
    #[must_use]
    pub fn is_ready(&self, now: OffsetDateTime) -> bool {
        self.ready_at.is_some() && !self.is_over(now)
    }

    /// Whether another one takes its place when its user asks: it is over, or its user wants a fresh one and it is none.
    /// One that is being made stays.
    #[must_use]
    pub fn gives_way(&self, fresh: bool, now: OffsetDateTime) -> bool {
        let is_old = now - self.requested_at >= NOT_BEFORE;
        self.is_over(now) || fresh && is_old && self.ready_at.is_some()
    }

    fn is_over(&self, now: OffsetDateTime) -> bool {
        now - self.ready_at.unwrap_or(self.requested_at) >= EXPORT_KEPT
    }
}

/// A part of what a service keeps of a user. No `Debug`: it holds what is theirs.
pub struct ExportPart {
    /// Whose.
    pub user_id: UserId,
    /// For which export.
    pub export_id: ExportId,
    /// Who tells it.
    pub service: &'static str,
    /// From 1 on.
    pub number: i32,
    /// Whether there are no more.
    pub last: bool,
    /// JSON values with commas between them.
    pub items: Vec<u8>,
}

/// What stands between the brackets of a JSON array.
///
/// # Errors
/// When it is no such array.
pub fn items(array: &[u8]) -> Result<&[u8], Error> {
    serde_json::from_slice::<Vec<IgnoredAny>>(array).map(drop)?;
    let inside = array.trim_ascii();
    let inside = inside.strip_prefix(b"[").unwrap_or(inside);
    let inside = inside.strip_suffix(b"]").unwrap_or(inside);
    Ok(inside.trim_ascii())
}

/// The file that has what a service tells.
#[must_use]
pub fn file_of(service: &str) -> String {
    match service {
        "content" => "posts.json".to_owned(),
        "feed" => "reading.json".to_owned(),
        "messaging" => "messages.json".to_owned(),
        other => format!("{other}.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_is_kept_for_a_day_and_another_made_after_an_hour_if_it_is_wanted() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let after = |minutes| start + Duration::minutes(minutes);
        let export = |ready_at| Export {
            id: ExportId::new(),
            requested_at: start,
            ready_at,
        };
        let finished = export(Some(after(30)));
        for (minutes, ready, gives_way, gives_way_to_fresh) in [
            (30, true, false, false),
            (59, true, false, false),
            (60, true, false, true),
            (30 + 24 * 60 - 1, true, false, true),
            (30 + 24 * 60, false, true, true),
        ] {
            let now = after(minutes);
            assert_eq!(finished.is_ready(now), ready, "{minutes}");
            assert_eq!(finished.gives_way(false, now), gives_way, "{minutes}");
            assert_eq!(
                finished.gives_way(true, now),
                gives_way_to_fresh,
                "{minutes}"
            );
        }
        let unfinished = export(None);
        for (minutes, gives_way) in [(0, false), (24 * 60 - 1, false), (24 * 60, true)] {
            let now = after(minutes);
            assert!(!unfinished.is_ready(now));
            assert_eq!(unfinished.gives_way(false, now), gives_way, "{minutes}");
            assert_eq!(unfinished.gives_way(true, now), gives_way, "{minutes}");
        }
    }

    #[test]
    fn items_are_what_is_in_an_array_and_nothing_else_has_any() {
        for (array, inside) in [
            ("[]", ""),
            (" [ ]\n", ""),
            ("[1]", "1"),
            ("[{\"a\": [2]},\n[]]", "{\"a\": [2]},\n[]"),
        ] {
            assert_eq!(items(array.as_bytes()).unwrap(), inside.as_bytes());
        }
        for other in ["", "{}", "1", "[", "[1,]", "[1] [2]", "null", "[\u{1}]"] {
            assert!(items(other.as_bytes()).is_err(), "{other}");
        }
    }
}
