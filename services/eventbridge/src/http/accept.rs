//! Whether a client takes `text/event-stream` (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

/// What streams are.
pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// Whether the `Accept` header does not exclude it: the range that names it most closely says so, and no header at all takes
/// everything.
pub(super) fn takes_streams(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().peekable();
    if lines.peek().is_none() {
        return true;
    }
    let ranges = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    let closest = ranges.filter_map(range).max_by_key(|(close, _)| *close);
    closest.is_some_and(|(_, is_taken)| is_taken)
}

/// How closely a range names it, and whether it is taken; none if it is about something else.
fn range(range: &str) -> Option<(u8, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let close = match parts.next()?.to_ascii_lowercase().as_str() {
        EVENT_STREAM => 2,
        "text/*" => 1,
        "*/*" => 0,
        _ => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let is_zero = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32));
    Some((close, !is_zero))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_who_excludes_streams_is_refused() {
        let takes = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            takes_streams(&headers)
        };
        assert!(takes_streams(&HeaderMap::new()));
        for accept in [
            "text/event-stream",
            "application/json, Text/Event-Stream;charset=utf-8",
            "text/*;q=0.1",
            "text/html, */*; q=0.8",
            "*/*;q=0, text/event-stream",
        ] {
            assert!(takes(accept), "{accept}");
        }
        for accept in [
            "",
            "application/json",
            "text/html, text/event-stream;q=0, */*",
            "text/*;q=0.000, */*",
            "*/*;q=0",
        ] {
            assert!(!takes(accept), "{accept}");
        }
    }
}
