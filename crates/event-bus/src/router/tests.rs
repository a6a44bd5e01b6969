use nova_ids::EventId;
use nova_proto::content::v1::{PostCreated, PostDeleted};
use prost::Message;

use super::*;
use crate::outbox::OutboxError;
use crate::record::header;

async fn nothing(_: &(), _: &Delivery<PostCreated>) -> Result<(), OutboxError> {
    Ok(())
}

fn router() -> Router<()> {
    Router::new("test", ())
        .knows(nova_proto::catalogue::EVENTS)
        .at_least_once::<PostCreated>(nothing)
}

fn reason(headers: &[(&str, &str)], payload: Option<&[u8]>) -> &'static str {
    match router().find(Record::of_parts(headers, payload)) {
        Routed::Handle(_) => "handled",
        Routed::Ignored(_) => "ignored",
        Routed::Unknown(_) => "unknown",
        Routed::Poison(unreadable) => unreadable.1.reason,
    }
}

#[test]
fn what_cannot_be_handled_says_why() {
    let id = EventId::new().to_string();
    let created = (header::TYPE, PostCreated::INFO.event_type);
    let with_id = [created, (header::ID, id.as_str())];
    let payload = PostCreated {
        post_id: "p".into(),
        ..Default::default()
    }
    .encode_to_vec();
    assert_eq!(reason(&with_id, Some(&payload)), "handled");
    assert_eq!(reason(&with_id, Some(b"\xff\xff")), "undecodable");
    assert_eq!(reason(&with_id, None), "no_payload");
    assert_eq!(reason(&[created], Some(&payload)), "no_id");
    assert_eq!(
        reason(&[created, (header::ID, "7")], Some(&payload)),
        "bad_id"
    );
    assert_eq!(reason(&[], Some(&payload)), "no_type");
    assert_eq!(
        reason(&[(header::TYPE, "nova.Nothing")], Some(&payload)),
        "unknown"
    );
    let other = (header::TYPE, PostDeleted::INFO.event_type);
    assert_eq!(reason(&[other], Some(&payload)), "ignored");
}

#[test]
fn what_is_not_wanted_is_ignored_and_what_cannot_be_read_is_not() {
    let router = router().when::<PostCreated>(|post| !post.media.is_empty());
    let id = EventId::new().to_string();
    let headers = [
        (header::TYPE, PostCreated::INFO.event_type),
        (header::ID, id.as_str()),
    ];
    let bare = PostCreated::default();
    let mut illustrated = PostCreated::default();
    illustrated.media.push(Default::default());
    let kind = |payload: &[u8]| {
        let record = || Record::of_parts(&headers, Some(payload));
        let found = match router.find(record()) {
            Routed::Handle(_) => "handled",
            Routed::Ignored(_) => "ignored",
            Routed::Unknown(_) => "unknown",
            Routed::Poison(_) => "poison",
        };
        (router.kind(&record()), found)
    };
    assert_eq!(kind(&bare.encode_to_vec()), (Kind::Ignored, "ignored"));
    assert_eq!(kind(&illustrated.encode_to_vec()), (Kind::Alone, "handled"));
    assert_eq!(kind(b"\xff\xff"), (Kind::Alone, "poison"));
}

#[test]
fn the_topics_of_all_events_are_listed_once() {
    let topics = router().topics();
    assert_eq!(topics, [("content-events", Some(PostCreated::INFO.topic))]);
}
