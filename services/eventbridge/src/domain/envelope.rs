//! An event as clients are told it.

use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::routing::PostChange;

/// The attributes of an event that its headers say, by their names in `CloudEvents`. Empty ones count as absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `ce_id`.
    pub id: Option<&'a str>,
    /// `ce_type`.
    pub event_type: Option<&'a str>,
    /// `ce_source`.
    pub source: Option<&'a str>,
    /// `ce_subject`.
    pub subject: Option<&'a str>,
    /// `ce_time`.
    pub time: Option<&'a str>,
    /// `ce_userid`, which Nova's own services leave to the payload.
    pub user_id: Option<&'a str>,
    /// `ce_sessionid`, which Nova's own services do not write.
    pub session_id: Option<&'a str>,
}

/// An event as clients are told it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Envelope {
    /// Of the event.
    pub id: Option<String>,
    /// Full name of the protobuf message.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who published it, `/nova/feed`.
    pub source: Option<String>,
    /// Id of what it is about.
    pub subject: Option<String>,
    /// When it happened.
    #[serde(with = "nova_service::rfc3339")]
    pub time: OffsetDateTime,
    /// Whose doing it is, or whom it is about.
    pub user_id: Option<String>,
    /// The session in which it was done, where somebody says so.
    pub session_id: Option<String>,
    /// The message.
    pub data: Map<String, Value>,
}

fn kept(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Envelope {
    /// The envelope of a message. What the headers do not say is filled in: the time is then that of the record, and the user
    /// the one whom the message names.
    #[must_use]
    pub fn new(
        headers: &Headers<'_>,
        event_type: &str,
        user: Option<&str>,
        recorded_at: OffsetDateTime,
        data: Map<String, Value>,
    ) -> Self {
        let said = headers
            .time
            .and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
        Self {
            id: kept(headers.id),
            event_type: event_type.to_owned(),
            source: kept(headers.source),
            subject: kept(headers.subject),
            time: said.unwrap_or(recorded_at),
            user_id: kept(headers.user_id).or_else(|| kept(user)),
            session_id: kept(headers.session_id),
            data,
        }
    }

    /// The same, to those who may know no more of a post than that it is no longer public: by its id and revision alone.
    #[must_use]
    pub fn departed(&self, post: &PostChange) -> Self {
        let data = json!({ "post_id": post.post_id, "revision": post.revision });
        let Value::Object(data) = data else {
            return Self {
                data: Map::new(),
                ..self.clone()
            };
        };
        Self {
            user_id: None,
            session_id: None,
            data,
            id: self.id.clone(),
            event_type: self.event_type.clone(),
            source: self.source.clone(),
            subject: self.subject.clone(),
            time: self.time,
        }
    }

    /// Whether it has a field, which may be one of the message's (`data.post_id`). Null and empty texts are not there.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        let is_there = |value: &Value| !value.is_null() && value.as_str() != Some("");
        match field {
            "id" => self.id.is_some(),
            "type" => !self.event_type.is_empty(),
            "source" => self.source.is_some(),
            "subject" => self.subject.is_some(),
            "time" | "data" => true,
            "user_id" => self.user_id.is_some(),
            "session_id" => self.session_id.is_some(),
            other => {
                let mut path = other.split('.');
                let mut found = (path.next() == Some("data"))
                    .then(|| path.next().and_then(|name| self.data.get(name)))
                    .flatten();
                for name in path {
                    found = found.and_then(|value| value.get(name));
                }
                found.is_some_and(is_there)
            }
        }
    }

    /// As one line of JSON in which no program sees a line end: also those that only JavaScript or Unicode takes for one are
    /// escaped.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Texts, numbers and a time of four digits' years: this cannot fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        super::frame::one_line(json)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-11-21 00:47:00.123 UTC);

    fn envelope(headers: &Headers<'_>) -> Envelope {
        let Value::Object(data) = json!({ "a": "", "b": { "c": 1 }, "d": null }) else {
            panic!();
        };
        Envelope::new(headers, "nova.x.v1.Y", Some("payload's"), AT, data)
    }

    #[test]
    fn what_headers_do_not_say_is_filled_in() {
        let bare = envelope(&Headers::default());
        assert_eq!(
            serde_json::to_string(&bare).unwrap(),
            r#"{"id":null,"type":"nova.x.v1.Y","source":null,"subject":null,"time":"2026-11-21T00:47:00.123Z","user_id":"payload's","session_id":null,"data":{"a":"","b":{"c":1},"d":null}}"#
        );
        let full = envelope(&Headers {
            id: Some("1"),
            time: Some("2020-01-01T01:00:00+01:00"),
            user_id: Some("header's"),
            session_id: Some("s"),
            source: Some(""),
            ..Headers::default()
        });
        assert_eq!(full.time, datetime!(2020-01-01 00:00 UTC));
        assert_eq!(full.user_id.as_deref(), Some("header's"));
        assert_eq!(full.session_id.as_deref(), Some("s"));
        assert_eq!(full.source, None);
        let odd = envelope(&Headers {
            time: Some("yesterday"),
            ..Headers::default()
        });
        assert_eq!(odd.time, AT);
    }

    #[test]
    fn fields_are_found_also_in_the_message() {
        let envelope = envelope(&Headers::default());
        for field in ["type", "time", "user_id", "data", "data.b", "data.b.c"] {
            assert!(envelope.has(field), "{field}");
        }
        for field in [
            "id",
            "session_id",
            "data.a",
            "data.d",
            "data.x",
            "data.b.x",
            "b",
            "",
            ".",
        ] {
            assert!(!envelope.has(field), "{field}");
        }
    }
}
