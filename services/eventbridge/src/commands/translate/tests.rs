use std::sync::Arc;

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::PostCreated;
use nova_proto::{catalogue, routing as table};
use prost::Message as _;
use time::macros::datetime;

use super::*;
use crate::domain::{Channel, rule_file};

const AT: OffsetDateTime = datetime!(2026-11-21 00:47:00.123 UTC);

fn told(
    filter: &Filter,
    event_type: Option<&str>,
    payload: Option<&[u8]>,
) -> Result<Translated, Refused> {
    let message = Message {
        headers: Headers {
            id: Some("1"),
            source: Some("/nova/content"),
            subject: Some("s"),
            event_type,
            ..Headers::default()
        },
        payload,
        recorded_at: AT,
    };
    let never: Over = Arc::new(|| false);
    translate(&Schemas::new().unwrap(), filter, &message, &never)
}

fn post(author: UserId, content: &str) -> Vec<u8> {
    let post = PostCreated {
        post_id: PostId::new().to_string(),
        user_id: author.to_string(),
        content: content.to_owned(),
        visibility: 1,
        revision: 1,
        ..PostCreated::default()
    };
    post.encode_to_vec()
}

const CREATED: Option<&str> = Some("nova.content.v1.PostCreated");

#[test]
fn a_message_becomes_an_envelope() {
    let author = UserId::new();
    let post = post(author, "a\r\nb\u{2028}c");
    let translated = told(&Filter::default(), CREATED, Some(&post)).unwrap();
    assert_eq!(translated.envelope.time, AT);
    assert_eq!(translated.envelope.user_id, Some(author.to_string()));
    assert_eq!(translated.routed.channels, [Channel::Me(author)]);
    let line = translated.envelope.to_json();
    assert!(!line.contains(['\r', '\n', '\u{2028}']), "{line}");
    let departed = translated
        .envelope
        .departed(&translated.routed.post.unwrap());
    let shown = departed.to_json();
    assert!(
        !shown.contains(&author.to_string()) && !shown.contains("content\":"),
        "{shown}"
    );
}

#[test]
fn what_is_refused_is_told_why() {
    let all = Filter::default();
    let payload = post(UserId::new(), "");
    let reason = |told: Result<Translated, Refused>| told.unwrap_err().reason();
    assert_eq!(reason(told(&all, None, Some(&payload))), "no_type");
    assert_eq!(reason(told(&all, Some(""), Some(&payload))), "no_type");
    assert_eq!(
        reason(told(&all, Some("nova.x.v1.Y"), Some(&payload))),
        "unknown_type"
    );
    assert_eq!(reason(told(&all, CREATED, None)), "no_payload");
    assert_eq!(reason(told(&all, CREATED, Some(b"\xff"))), "undecodable");
    assert_eq!(reason(told(&all, CREATED, Some(b""))), "nobody");
    let filter = |text: &str| rule_file::read(text).unwrap();
    let refused = |text: &str| reason(told(&filter(text), CREATED, Some(&payload)));
    assert_eq!(
        refused("[filter]\nallowed_types = [\"nova.feed.*\"]"),
        "type_not_allowed"
    );
    assert_eq!(
        refused("[filter]\nmax_payload_bytes = 10"),
        "payload_too_large"
    );
    assert_eq!(
        refused("[filter]\nrequired_fields = [\"session_id\"]"),
        "missing_field"
    );
    let rule =
        |when: &str| format!("[[rules]]\nname = \"a\"\nwhen = \"{when}\"\naction = \"drop\"");
    assert_eq!(refused(&rule("data.revision == 1")), "rule");
    assert_eq!(refused(&rule("data.gone == 1")), "rule_failed");
}

#[test]
fn silent_events_reach_nobody_whatever_the_filter_says() {
    let filter = rule_file::read("[filter]\nallowed_types = [\"*\"]").unwrap();
    for (event_type, _) in table::SILENT {
        let told = told(&filter, Some(event_type), Some(b""));
        assert_eq!(told, Err(Refused::Nobody), "{event_type}");
    }
    assert!(catalogue::find("nova.identity.v1.UserRegistered").is_some());
}
