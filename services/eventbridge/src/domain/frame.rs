//! What is written to a stream (WHATWG HTML, section 9.2, server-sent events).
//!
//! What all streams share of a frame is encoded once and comes first: `event:`, `data:` and the beginning of `id:`. Then comes
//! the stream's own tag, then the position, which streams of one channel share.

use bytes::Bytes;
use serde::Serialize;

use super::event_id::StreamTag;
use super::gap::Gap;

/// A comment, which clients ignore: the heartbeat.
pub const COMMENT: Bytes = Bytes::from_static(b":\n\n");
/// The token has ended, and with it the stream.
pub const EXPIRED: Bytes = Bytes::from_static(b"event: expired\ndata: {}\n\n");

/// A frame of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What comes first. If there is a position it ends with `id: `, otherwise the frame is whole.
    pub head: Bytes,
    /// What stands behind the stream's tag, `.` and the position.
    pub position: Option<Bytes>,
}

impl Frame {
    /// The frame with this head, which [`event`], [`gap`] or [`ready`] has made. Without a position it has no id.
    #[must_use]
    pub fn with_id(head: Bytes, position: Option<Bytes>) -> Self {
        let head = match position {
            Some(_) => head,
            None => without_id(&head),
        };
        Self { head, position }
    }

    /// A frame that is whole.
    #[must_use]
    pub const fn whole(head: Bytes) -> Self {
        Self {
            head,
            position: None,
        }
    }

    /// Bytes that it takes on the wire.
    #[must_use]
    pub fn len(&self) -> usize {
        let position = self.position.as_ref();
        self.head.len() + position.map_or(0, |position| TAG + position.len() + END.len())
    }

    /// Whether there is nothing to write, which is never so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.head.is_empty()
    }

    /// Writes it behind what is there.
    pub fn write(&self, tag: &StreamTag, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if let Some(position) = &self.position {
            out.extend_from_slice(tag.as_bytes());
            out.extend_from_slice(position);
            out.extend_from_slice(END);
        }
    }
}

const TAG: usize = 11;
const END: &[u8] = b"\n\n";
const ID: &[u8] = b"id: ";

fn without_id(head: &Bytes) -> Bytes {
    let shown = head.strip_suffix(ID).unwrap_or(head);
    Bytes::from([shown, b"\n"].concat())
}

/// JSON in one line: what some programs take for a line end although JSON does not is escaped. It stands in texts only.
#[must_use]
pub(super) fn one_line(json: String) -> String {
    const ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
    if !json.contains(ENDS) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        if ENDS.contains(&character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn json(value: &impl Serialize) -> String {
    // Texts, numbers and times: this cannot fail.
    one_line(serde_json::to_string(value).unwrap_or_default())
}

fn head(name: &str, data: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\nid: "))
}

/// The head of an event, from its envelope ([`super::Envelope::to_json`]).
#[must_use]
pub fn event(event_type: &str, envelope: &str) -> Bytes {
    debug_assert!(!event_type.contains(['\r', '\n']) && !envelope.contains(['\r', '\n']));
    head(event_type, envelope)
}

/// The head of a gap.
#[must_use]
pub fn gap(gap: &Gap) -> Bytes {
    head("gap", &json(gap))
}

/// The head of a stream's first frame, which also says after how many milliseconds to come back.
#[must_use]
pub fn ready(resumed: bool, heartbeat_seconds: u64, retry_millis: u64) -> Bytes {
    let data = format!(r#"{{"resumed":{resumed},"heartbeat_seconds":{heartbeat_seconds}}}"#);
    Bytes::from(format!(
        "retry: {retry_millis}\nevent: ready\ndata: {data}\nid: "
    ))
}

/// A frame that says whether anything can arrive.
#[must_use]
pub const fn live(live: bool) -> Bytes {
    if live {
        Bytes::from_static(b"event: live\ndata: {\"live\":true}\n\n")
    } else {
        Bytes::from_static(b"event: live\ndata: {\"live\":false}\n\n")
    }
}

/// After how many milliseconds to come back: written before an end that is not the client's.
#[must_use]
pub fn retry(millis: u64) -> Bytes {
    Bytes::from(format!("retry: {millis}\n\n"))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::gap::Reason;
    use crate::domain::sealed;

    fn text(frame: &Frame) -> String {
        let mut out = Vec::new();
        frame.write(&sealed::tag(), &mut out);
        assert_eq!(out.len(), frame.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn frames_are_what_clients_are_promised() {
        let tag = String::from_utf8(sealed::tag().as_bytes().to_vec()).unwrap();
        let position = Some(Bytes::from_static(b".p"));
        assert_eq!(
            text(&Frame::with_id(ready(true, 15, 3_000), position.clone())),
            format!(
                "retry: 3000\nevent: ready\ndata: {{\"resumed\":true,\"heartbeat_seconds\":15}}\nid: {tag}.p\n\n"
            )
        );
        let told = gap(&Gap {
            reason: Reason::UnknownId,
            channels: vec!["me".to_owned()],
            from: datetime!(2026-11-21 00:00 UTC),
            to: datetime!(2026-11-21 00:00:00.999000001 UTC),
            missed: None,
        });
        assert_eq!(
            text(&Frame::with_id(told, position)),
            format!(
                "event: gap\ndata: {{\"reason\":\"unknown_id\",\"channels\":[\"me\"],\"from\":\"2026-11-21T00:00:00.000Z\",\
                 \"to\":\"2026-11-21T00:00:01.000Z\",\"missed\":null}}\nid: {tag}.p\n\n"
            )
        );
        assert_eq!(
            text(&Frame::with_id(event("a.B", "{}"), None)),
            "event: a.B\ndata: {}\n\n"
        );
        assert_eq!(
            text(&Frame::whole(live(false))),
            "event: live\ndata: {\"live\":false}\n\n"
        );
        assert_eq!(text(&Frame::whole(retry(5))), "retry: 5\n\n");
    }

    #[test]
    fn no_line_end_of_any_kind_is_in_a_line() {
        let odd = "a\r\nb\u{2028}c\u{2029}d\u{85}e\n\n";
        let line = json(&odd);
        assert_eq!(line, "\"a\\r\\nb\\u2028c\\u2029d\\u0085e\\n\\n\"");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), odd);
    }
}
