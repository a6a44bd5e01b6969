//! Which bytes are wanted (RFC 9110, section 14).

use std::ops::Range;

use http::HeaderMap;
use http::header::{IF_RANGE, RANGE};

/// What of so many bytes is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of them: nothing was said, nothing that is understood, or several ranges.
    All,
    /// These.
    Part(Range<u64>),
    /// Some that are not there.
    Beyond,
}

/// What a request wants of so many bytes with this tag.
pub(super) fn asked(headers: &HeaderMap, tag: &str, length: u64) -> Asked {
    let mut ranges = headers.get_all(RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else {
        return Asked::All;
    };
    // Other bytes by now, or a date: all of them (section 13.1.5).
    if headers
        .get(IF_RANGE)
        .is_some_and(|known| known.as_bytes() != tag.as_bytes())
    {
        return Asked::All;
    }
    let text = range.to_str().unwrap_or_default().trim();
    let Some(range) = text
        .get(..6)
        .filter(|unit| unit.eq_ignore_ascii_case("bytes="))
    else {
        return Asked::All;
    };
    let Some((first, last)) = text[range.len()..].trim().split_once('-') else {
        return Asked::All;
    };
    let range = match (digits(first), digits(last)) {
        (Number::Is(first), Number::Is(last)) if first > last => return Asked::All,
        (Number::Is(first), Number::Is(last)) => first..last.saturating_add(1).min(length),
        (Number::Is(first), Number::Absent) => first..length,
        (Number::Absent, Number::Is(0)) => return Asked::Beyond,
        (Number::Absent, Number::Is(last)) => length.saturating_sub(last)..length,
        _ => return Asked::All,
    };
    if range.start < length {
        Asked::Part(range)
    } else {
        Asked::Beyond
    }
}

enum Number {
    Absent,
    Is(u64),
    Wrong,
}

/// What is too long to be counted lies beyond everything.
fn digits(text: &str) -> Number {
    if text.is_empty() {
        return Number::Absent;
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::Wrong;
    }
    Number::Is(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(range: &str, if_range: Option<&str>) -> Asked {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        if let Some(tag) = if_range {
            headers.insert(IF_RANGE, HeaderValue::from_str(tag).unwrap());
        }
        asked(&headers, "\"a\"", 10)
    }

    #[test]
    fn single_ranges_are_understood() {
        for (range, expected) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-9", 0..10),
            ("bytes=3-", 3..10),
            ("bytes=-3", 7..10),
            ("bytes=-30", 0..10),
            ("bytes=9-99999999999999999999999", 9..10),
            ("Bytes=1-2", 1..3),
        ] {
            assert_eq!(of(range, None), Asked::Part(expected), "{range}");
        }
        for range in [
            "bytes=10-",
            "bytes=10-11",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(of(range, None), Asked::Beyond, "{range}");
        }
    }

    #[test]
    fn what_is_not_understood_is_all() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-3",
            "bytes=+1-2",
            "items=0-1",
            "bytes=0-1,2-3",
            "bytes=0-0,0-0,0-0",
            "bytes=1--2",
            "é=0-1",
        ] {
            assert_eq!(of(range, None), Asked::All, "{range}");
        }
        assert_eq!(asked(&HeaderMap::new(), "\"a\"", 10), Asked::All);
    }

    #[test]
    fn a_range_is_of_the_bytes_that_are_known() {
        assert_eq!(of("bytes=0-0", Some("\"a\"")), Asked::Part(0..1));
        for other in ["\"b\"", "W/\"a\"", "a", "Sun, 22 Nov 2026 10:00:00 GMT"] {
            assert_eq!(of("bytes=0-0", Some(other)), Asked::All, "{other}");
        }
    }
}
