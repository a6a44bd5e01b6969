use nova_proto::catalogue;
use nova_proto::content::v1::{PostCreated, PostUpdated};
use nova_proto::identity::v1::UserRegistered;
use prost::Message as _;
use prost_types::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use serde_json::json;

use super::*;

fn decode(event_type: &str, payload: &[u8]) -> Result<Value, Refused> {
    let schemas = Schemas::new().unwrap();
    let data = schemas.find(event_type).unwrap().decode(payload);
    data.map(Value::Object)
}

#[test]
fn every_event_of_the_catalogue_can_be_read() {
    let schemas = Schemas::new().unwrap();
    for info in catalogue::EVENTS {
        let schema = schemas.find(info.event_type).unwrap();
        assert_eq!(schema.event_type, info.event_type);
        assert!(schema.decode(b"").is_ok(), "{}", info.event_type);
    }
    assert!(schemas.find("nova.x.v1.Y").is_none());
}

#[test]
fn a_message_is_written_as_clients_are_promised() {
    let post = PostCreated {
        post_id: "p".to_owned(),
        r#type: 2,
        visibility: 9,
        tags: vec!["a".to_owned()],
        created_at: Some(Timestamp {
            seconds: 1_763_686_020,
            nanos: 123_000_000,
        }),
        revision: i64::MAX,
        ..PostCreated::default()
    };
    let expected = json!({
        "post_id": "p", "user_id": "", "content": "", "type": "POST_TYPE_IMAGE", "visibility": 9, "tags": ["a"],
        "created_at": "2025-11-21T00:47:00.123Z", "revision": i64::MAX, "media": [],
    });
    assert_eq!(
        decode("nova.content.v1.PostCreated", &post.encode_to_vec()),
        Ok(expected)
    );
    // What can be absent is absent.
    let bare = decode(
        "nova.content.v1.PostUpdated",
        &PostUpdated::default().encode_to_vec(),
    )
    .unwrap();
    assert!(bare.get("content").is_none() && bare.get("updated_at").is_none());
    assert_eq!(bare["revision"], 0);
}

#[test]
fn a_time_that_cannot_be_written_is_refused() {
    for (seconds, nanos) in [
        (i64::MAX, 0),
        (i64::MIN, -1),
        (253_402_300_800, 0),
        (-62_135_596_801, 0),
    ] {
        let registered = UserRegistered {
            registered_at: Some(Timestamp { seconds, nanos }),
            ..UserRegistered::default()
        };
        let told = decode(
            "nova.identity.v1.UserRegistered",
            &registered.encode_to_vec(),
        );
        assert_eq!(told, Err(Refused::Undecodable));
    }
}

#[test]
fn whatever_bytes_come_nothing_breaks() {
    let schemas = Schemas::new().unwrap();
    let seed = rand::random();
    println!("seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    let mut read = 0;
    for _ in 0..300 {
        for info in catalogue::EVENTS {
            let schema = schemas.find(info.event_type).unwrap();
            let mut bytes = vec![0; chance.random_range(0..80)];
            chance.fill_bytes(&mut bytes);
            // Mostly fields that there are: tags of few bits.
            for byte in bytes.iter_mut().filter(|_| chance.random_bool(0.5)) {
                *byte &= 0x3b;
            }
            read += u32::from(schema.decode(&bytes).is_ok());
        }
    }
    assert!(read > 0);
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    // A group in a group, ten thousand times.
    let deep = [0x0b; 10_000];
    assert_eq!(
        decode("nova.feed.v1.FeedUpdated", &deep),
        Err(Refused::Undecodable)
    );
}
