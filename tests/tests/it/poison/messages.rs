//! The messages: what a service of Nova would send, and everything else.

use nova_event_bus::Event;
use nova_proto::content::v1::{PostCreated, PostDeleted, PostType, PostUpdated, PostVisibility};
use nova_proto::identity::v1::{UserFollowed, UserProfileUpdated, UserRegistered, UserUnfollowed};
use nova_proto::timestamp;
use nova_tests::raw_kafka::Message;
use prost_types::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

/// Nine tenths of what a broker takes by default.
pub(crate) const LARGE: usize = 900_000;

/// A message that must end among the dead letters, by what is wrong with it.
pub(crate) type Poison = (&'static str, Message);

fn now() -> Option<Timestamp> {
    Some(timestamp(OffsetDateTime::now_utc()))
}

/// A message as the owner of the event would send it.
pub(crate) fn proper<E: Event>(event: &E) -> Message {
    let id = Uuid::now_v7().to_string();
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", &id),
        ("ce_source", "/nova/test"),
        ("ce_type", E::INFO.event_type),
        ("ce_time", "2026-01-02T03:04:05.678Z"),
        ("ce_subject", event.subject()),
        ("ce_partitionkey", event.key()),
        ("ce_dataversion", "1.0"),
        ("ce_correlationid", &id),
        ("content-type", "application/protobuf"),
    ];
    Message {
        key: Some(event.key().as_bytes().to_vec()),
        value: Some(event.encode_to_vec()),
        headers: headers
            .map(|(name, value)| (name.into(), Some(value.into())))
            .to_vec(),
    }
}

/// The message as one of another key.
pub(crate) fn with_own_key(mut message: Message) -> Message {
    if let Some(key) = &mut message.key {
        *key = Uuid::now_v7().to_string().into_bytes();
    }
    message
}

fn with_value(mut message: Message, value: Option<&[u8]>) -> Message {
    message.value = value.map(<[u8]>::to_vec);
    message
}

pub(crate) fn with_header(mut message: Message, name: &str, value: Option<&[u8]>) -> Message {
    let header = message
        .headers
        .iter_mut()
        .find(|(known, _)| known == name.as_bytes());
    header.expect("a header of every event").1 = value.map(<[u8]>::to_vec);
    message
}

fn without_header(mut message: Message, name: &str) -> Message {
    message
        .headers
        .retain(|(known, _)| known != name.as_bytes());
    message
}

fn with_name(mut message: Message, name: &str, other: &[u8]) -> Message {
    let header = message
        .headers
        .iter_mut()
        .find(|(known, _)| known == name.as_bytes());
    header.expect("a header of every event").0 = other.to_vec();
    message
}

/// A post of that user that nobody wrote.
pub(crate) fn created(user_id: &str) -> PostCreated {
    PostCreated {
        post_id: Uuid::now_v7().to_string(),
        user_id: user_id.to_owned(),
        content: "poison".to_owned(),
        r#type: PostType::Text.into(),
        visibility: PostVisibility::Public.into(),
        tags: Vec::new(),
        created_at: now(),
        revision: 1,
        media: Vec::new(),
    }
}

/// Wrong in how they are wrapped, whatever is in them.
pub(crate) fn badly_wrapped<E: Event>(event: impl Fn() -> E) -> Vec<Poison> {
    let good = || proper(&event());
    let whole = good().value.expect("a value");
    vec![
        (
            "undecodable bytes",
            with_value(good(), Some(b"\xff\xff\xff\xff")),
        ),
        (
            "a cut message",
            with_value(good(), Some(&whole[..whole.len() - 1])),
        ),
        ("an empty value", with_value(good(), Some(b""))),
        ("a tombstone", with_value(good(), None)),
        (
            "a tombstone without headers",
            Message {
                key: Some(b"key".to_vec()),
                ..Message::default()
            },
        ),
        ("nothing at all", Message::default()),
        (
            "no headers",
            Message {
                headers: Vec::new(),
                ..good()
            },
        ),
        (
            "large garbage",
            with_value(good(), Some(&vec![0xff; LARGE])),
        ),
        (
            "an unknown type",
            with_header(good(), "ce_type", Some(b"nova.content.v1.PostEaten")),
        ),
        ("an empty type", with_header(good(), "ce_type", Some(b""))),
        (
            "a type without a value",
            with_header(good(), "ce_type", None),
        ),
        ("no type", without_header(good(), "ce_type")),
        (
            "a type that is not UTF-8",
            with_header(good(), "ce_type", Some(b"nova\xff\xfe")),
        ),
        (
            "a type with NUL",
            with_header(good(), "ce_type", Some(b"nova.content.v1.\0")),
        ),
        (
            "a long type",
            with_header(good(), "ce_type", Some(&[b'x'; 100_000])),
        ),
        ("no id", without_header(good(), "ce_id")),
        ("an id without a value", with_header(good(), "ce_id", None)),
        ("an empty id", with_header(good(), "ce_id", Some(b""))),
        (
            "an id that is none",
            with_header(good(), "ce_id", Some(b"42")),
        ),
        (
            "an id that is not UTF-8",
            with_header(good(), "ce_id", Some(b"\xff\xfe")),
        ),
        (
            "an id with NUL",
            with_header(good(), "ce_id", Some(b"\0\0\0\0")),
        ),
        (
            "names that are not UTF-8",
            with_name(
                with_name(good(), "ce_type", b"ce_type\xff"),
                "ce_id",
                b"\xfe",
            ),
        ),
    ]
}

/// Makes a post one that cannot be.
type Spoil = fn(&mut PostCreated);

/// Posts that cannot be.
pub(crate) fn impossible_posts(user_id: &str) -> Vec<Poison> {
    let spoilt: [(&str, Spoil); 19] = [
        ("a post's id that is none", |post| {
            post.post_id = "42".to_owned()
        }),
        ("a post's id with NUL", |post| {
            post.post_id = "\0".repeat(36)
        }),
        ("no id of a post", |post| post.post_id = String::new()),
        ("an author's id that is none", |post| {
            post.user_id = "me".to_owned()
        }),
        ("no author", |post| post.user_id = String::new()),
        ("the end of time", |post| post.created_at = at(i64::MAX, 0)),
        ("the beginning of time", |post| {
            post.created_at = at(i64::MIN, 0)
        }),
        ("negative nanoseconds", |post| {
            post.created_at = at(1_700_000_000, -1)
        }),
        ("too many nanoseconds", |post| {
            post.created_at = at(1_700_000_000, i32::MAX)
        }),
        ("no time", |post| post.created_at = None),
        ("a negative revision", |post| post.revision = -1),
        ("the least revision", |post| post.revision = i64::MIN),
        ("no revision", |post| post.revision = 0),
        ("an unknown visibility", |post| post.visibility = 99),
        ("a negative visibility", |post| post.visibility = -1),
        ("no visibility", |post| post.visibility = 0),
        ("an unknown type of post", |post| post.r#type = 99),
        ("content with NUL", |post| post.content = "a\0b".to_owned()),
        ("a tag with NUL", |post| post.tags = vec!["a\0b".to_owned()]),
    ];
    let spoil = |(what, spoil): (&'static str, Spoil)| {
        let mut post = created(user_id);
        spoil(&mut post);
        (what, proper(&post))
    };
    let mut poisons: Vec<Poison> = spoilt.map(spoil).to_vec();
    let edit = PostUpdated {
        post_id: "no id".to_owned(),
        user_id: user_id.to_owned(),
        content: Some("poison".to_owned()),
        revision: 2,
        ..PostUpdated::default()
    };
    let deletion = PostDeleted {
        post_id: "no id".to_owned(),
        user_id: user_id.to_owned(),
        revision: 3,
        ..PostDeleted::default()
    };
    poisons.extend([
        ("an edit of nothing", proper(&edit)),
        ("a deletion of nothing", proper(&deletion)),
    ]);
    poisons
}

fn at(seconds: i64, nanos: i32) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos })
}

/// Users that cannot be.
pub(crate) fn impossible_users() -> Vec<Poison> {
    let registered = |user_id: String, username: &str, revision| {
        proper(&UserRegistered {
            user_id,
            username: username.to_owned(),
            display_name: username.to_owned(),
            registered_at: now(),
            revision,
            ..UserRegistered::default()
        })
    };
    let id = || Uuid::now_v7().to_string();
    let renamed = UserProfileUpdated {
        user_id: "nobody".to_owned(),
        username: Some("poison".to_owned()),
        display_name: Some("poison".to_owned()),
        updated_at: now(),
        revision: 2,
        ..UserProfileUpdated::default()
    };
    vec![
        (
            "a user's id that is none",
            registered("nobody".to_owned(), "poison", 1),
        ),
        ("a username with NUL", registered(id(), "a\0b", 1)),
        (
            "a user of negative revision",
            registered(id(), "poison", -1),
        ),
        ("a profile of nobody", proper(&renamed)),
    ]
}

/// A follow that nobody asked for.
pub(crate) fn followed(user_id: &str, followed_user_id: &str, revision: i64) -> UserFollowed {
    UserFollowed {
        user_id: user_id.to_owned(),
        followed_user_id: followed_user_id.to_owned(),
        followed_at: now(),
        revision,
    }
}

/// Follows that cannot be.
pub(crate) fn impossible_follows(user_id: &str) -> Vec<Poison> {
    let other = Uuid::now_v7().to_string();
    let ended = UserUnfollowed {
        user_id: user_id.to_owned(),
        followed_user_id: "nobody".to_owned(),
        unfollowed_at: now(),
        revision: 2,
    };
    vec![
        (
            "a follow by nobody",
            proper(&followed("nobody", user_id, 1)),
        ),
        (
            "a follow of nobody",
            proper(&followed(user_id, "nobody", 1)),
        ),
        (
            "a follow of the empty id",
            proper(&followed(user_id, "", 1)),
        ),
        (
            "a follow of negative revision",
            proper(&followed(user_id, &other, -1)),
        ),
        ("an unfollow of nobody", proper(&ended)),
    ]
}

/// Strange, but not wrong: each is either taken or parked, never lost. None has the key of the user's own
/// posts, which would park behind it.
pub(crate) fn odd_posts(user_id: &str) -> Vec<(&'static str, String, Message)> {
    let odd = |what, change: &dyn Fn(Message) -> Message| {
        let post = created(user_id);
        (
            what,
            post.post_id.clone(),
            change(with_own_key(proper(&post))),
        )
    };
    let extra = |name: &'static [u8], value: Option<&'static [u8]>| {
        move |mut message: Message| {
            message
                .headers
                .push((name.to_vec(), value.map(<[u8]>::to_vec)));
            message
        }
    };
    vec![
        odd("no key", &|message| Message {
            key: None,
            ..message
        }),
        odd("a key that is not UTF-8", &|message| Message {
            key: Some(b"\xff\0".to_vec()),
            ..message
        }),
        odd(
            "a stranger's header that is not UTF-8",
            &extra(b"\xff\xfe", Some(b"x")),
        ),
        odd(
            "a stranger's header with odd bytes",
            &extra(b"x", Some(b"\xff\0\xfe")),
        ),
        odd("a stranger's header without a value", &extra(b"x", None)),
        odd("a header without a name", &extra(b"", Some(b"x"))),
        // C libraries see no NUL at the end of a name.
        odd("a name that ends with NUL", &|message| {
            with_name(message, "ce_type", b"ce_type\0")
        }),
        odd(
            "a type given twice",
            &extra(b"ce_type", Some(b"nova.content.v1.PostDeleted")),
        ),
        odd(
            "a damaged trace",
            &extra(b"traceparent", Some(b"00-\xff\0-zz")),
        ),
        odd("a time that is none", &|message| {
            with_header(message, "ce_time", Some(b"\xffyesterday\0"))
        }),
        odd("a later version", &|message| {
            with_header(message, "ce_dataversion", Some(b"1.99"))
        }),
        odd("another specification", &|message| {
            with_header(message, "ce_specversion", Some(b"\0"))
        }),
        odd("a thousand headers", &|mut message| {
            message.headers.extend(
                (0..1_000).map(|number| (format!("x{number}").into_bytes(), Some(Vec::new()))),
            );
            message
        }),
    ]
}
