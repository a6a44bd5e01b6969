//! Messages on Kafka that no service of Nova would send: none stops its partition, and each is found
//! among the dead letters afterwards, with its reason.

use std::collections::BTreeSet;
use std::time::Duration;

use nova_event_bus::{DeadLetter, Event, list_dead_letters};
use nova_proto::catalogue::{CONTENT_EVENTS, Topic, USER_EVENTS};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostType, PostUpdated, PostVisibility};
use nova_proto::identity::v1::{UserFollowed, UserProfileUpdated, UserRegistered, UserUnfollowed};
use nova_proto::timestamp;
use nova_testkit::{eventually, within};
use nova_tests::raw_kafka::{Message, produce};
use nova_tests::{Nova, User, id_of};
use prost_types::Timestamp;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Nine tenths of what a broker takes by default.
const LARGE: usize = 900_000;

/// What is retried in vain for a while holds its partition so long, and then no longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A message that must end among the dead letters, by what is wrong with it.
type Poison = (&'static str, Message);

fn now() -> Option<Timestamp> {
    Some(timestamp(OffsetDateTime::now_utc()))
}

/// A message as the owner of the event would send it.
fn proper<E: Event>(event: &E) -> Message {
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

fn with_value(mut message: Message, value: Option<&[u8]>) -> Message {
    message.value = value.map(<[u8]>::to_vec);
    message
}

fn with_header(mut message: Message, name: &str, value: Option<&[u8]>) -> Message {
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
fn created(user_id: &str) -> PostCreated {
    PostCreated {
        post_id: Uuid::now_v7().to_string(),
        user_id: user_id.to_owned(),
        content: "poison".to_owned(),
        r#type: PostType::Text.into(),
        visibility: PostVisibility::Public.into(),
        tags: Vec::new(),
        created_at: now(),
        revision: 1,
    }
}

/// Wrong in how they are wrapped, whatever is in them.
fn badly_wrapped<E: Event>(event: impl Fn() -> E) -> Vec<Poison> {
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

/// Posts that cannot be.
fn impossible_posts(user_id: &str) -> Vec<Poison> {
    let post = || created(user_id);
    let at = |seconds, nanos| Some(Timestamp { seconds, nanos });
    let posts = vec![
        (
            "a post's id that is none",
            PostCreated {
                post_id: "42".to_owned(),
                ..post()
            },
        ),
        (
            "a post's id with NUL",
            PostCreated {
                post_id: "\0".repeat(36),
                ..post()
            },
        ),
        (
            "no id of a post",
            PostCreated {
                post_id: String::new(),
                ..post()
            },
        ),
        (
            "an author's id that is none",
            PostCreated {
                user_id: "somebody".to_owned(),
                ..post()
            },
        ),
        (
            "no author",
            PostCreated {
                user_id: String::new(),
                ..post()
            },
        ),
        (
            "the end of time",
            PostCreated {
                created_at: at(i64::MAX, 0),
                ..post()
            },
        ),
        (
            "the beginning of time",
            PostCreated {
                created_at: at(i64::MIN, 0),
                ..post()
            },
        ),
        (
            "negative nanoseconds",
            PostCreated {
                created_at: at(1_700_000_000, -1),
                ..post()
            },
        ),
        (
            "too many nanoseconds",
            PostCreated {
                created_at: at(1_700_000_000, i32::MAX),
                ..post()
            },
        ),
        (
            "no time",
            PostCreated {
                created_at: None,
                ..post()
            },
        ),
        (
            "a negative revision",
            PostCreated {
                revision: -1,
                ..post()
            },
        ),
        (
            "the least revision",
            PostCreated {
                revision: i64::MIN,
                ..post()
            },
        ),
        (
            "no revision",
            PostCreated {
                revision: 0,
                ..post()
            },
        ),
        (
            "an unknown visibility",
            PostCreated {
                visibility: 99,
                ..post()
            },
        ),
        (
            "a negative visibility",
            PostCreated {
                visibility: -1,
                ..post()
            },
        ),
        (
            "no visibility",
            PostCreated {
                visibility: 0,
                ..post()
            },
        ),
        (
            "an unknown type of post",
            PostCreated {
                r#type: 99,
                ..post()
            },
        ),
        (
            "content with NUL",
            PostCreated {
                content: "a\0b".to_owned(),
                ..post()
            },
        ),
        (
            "a tag with NUL",
            PostCreated {
                tags: vec!["a\0b".to_owned()],
                ..post()
            },
        ),
    ];
    let mut poisons: Vec<Poison> = posts
        .iter()
        .map(|(what, post)| (*what, proper(post)))
        .collect();
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

/// Users and follows that cannot be.
fn impossible_users(user_id: &str) -> Vec<Poison> {
    let (id, no_id) = (|| user_id.to_owned(), || "nobody".to_owned());
    let registered = |user_id, username: &str, revision| UserRegistered {
        user_id,
        username: username.to_owned(),
        display_name: username.to_owned(),
        registered_at: now(),
        revision,
        ..UserRegistered::default()
    };
    let followed = |user_id, followed_user_id, revision| UserFollowed {
        user_id,
        followed_user_id,
        followed_at: now(),
        revision,
    };
    let ended = UserUnfollowed {
        user_id: id(),
        followed_user_id: no_id(),
        revision: 2,
        ..UserUnfollowed::default()
    };
    let renamed = UserProfileUpdated {
        user_id: no_id(),
        revision: 2,
        ..UserProfileUpdated::default()
    };
    vec![
        (
            "a user's id that is none",
            proper(&registered(no_id(), "poison", 1)),
        ),
        (
            "a username with NUL",
            proper(&registered(Uuid::now_v7().to_string(), "a\0b", 1)),
        ),
        (
            "a user of negative revision",
            proper(&registered(Uuid::now_v7().to_string(), "poison", -1)),
        ),
        ("a profile of nobody", proper(&renamed)),
        ("a follow by nobody", proper(&followed(no_id(), id(), 1))),
        ("a follow of nobody", proper(&followed(id(), no_id(), 1))),
        (
            "a follow of the empty id",
            proper(&followed(id(), String::new(), 1)),
        ),
        (
            "a follow of negative revision",
            proper(&followed(id(), Uuid::now_v7().to_string(), -1)),
        ),
        ("an unfollow of nobody", proper(&ended)),
    ]
}

/// Strange, but not wrong: each is either taken or parked, never lost.
fn odd_posts(user_id: &str) -> Vec<(&'static str, String, Message)> {
    let odd = |what, change: &dyn Fn(Message) -> Message| {
        let post = created(user_id);
        (what, post.post_id.clone(), change(proper(&post)))
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

struct Parked {
    dead: Vec<DeadLetter>,
}

impl Parked {
    async fn of(nova: &Nova, service: &str) -> Self {
        let pool = nova.stack().database(service).await;
        let dead = list_dead_letters(&pool, 10_000)
            .await
            .expect("dead letters");
        pool.close().await;
        Self { dead }
    }

    fn find(&self, topic: Topic, (partition, offset): (i32, i64)) -> Option<&DeadLetter> {
        self.dead.iter().find(|dead| {
            dead.topic.ends_with(topic.name)
                && (dead.partition, dead.position) == (partition, offset)
        })
    }
}

async fn send(nova: &Nova, topic: Topic, partition: i32, message: &Message) -> (i32, i64) {
    let kafka = &nova.stack().kafka;
    (
        partition,
        produce(&kafka.brokers, &kafka.topic(topic.name), partition, message).await,
    )
}

/// Sends each of these to a partition in turn, and the first of them to every partition.
async fn send_all(
    nova: &Nova,
    topic: Topic,
    poisons: &[Poison],
) -> Vec<(&'static str, (i32, i64))> {
    let mut sent = Vec::new();
    for ((what, message), partition) in poisons.iter().zip((0..topic.partitions).cycle()) {
        sent.push((*what, send(nova, topic, partition, message).await));
    }
    let (what, first) = &poisons[0];
    for partition in 0..topic.partitions {
        sent.push((*what, send(nova, topic, partition, first).await));
    }
    sent
}

/// Users whose events are spread over every partition of both topics.
struct Healthy {
    users: Vec<User>,
}

impl Healthy {
    /// Registers users until there is one of each partition: a user's id is the key of what they post
    /// and of whom they follow.
    async fn on_every_partition(nova: &Nova) -> Self {
        let mut users: Vec<User> = Vec::new();
        let (mut of_posts, mut of_users) = (BTreeSet::new(), BTreeSet::new());
        while of_posts.len() < 6 || of_users.len() < 3 {
            assert!(users.len() < 100, "100 users on {of_posts:?}, {of_users:?}");
            for _ in 0..5 {
                let user = nova.user("healthy").await;
                user.say("before").await;
                users.push(user);
            }
            let is_theirs = |id: &str| users.iter().any(|user| user.id == id);
            (of_posts, of_users) = eventually("their events are published", async || {
                let posts = nova.stack().published::<PostCreated>().await;
                let registrations = nova.stack().published::<UserRegistered>().await;
                let posts = posts.iter().filter(|event| is_theirs(&event.user_id));
                let registrations = registrations
                    .iter()
                    .filter(|event| is_theirs(&event.user_id));
                let of_posts: Vec<i32> = posts.map(|event| event.partition).collect();
                let of_users: Vec<i32> = registrations.map(|event| event.partition).collect();
                let all_are_there = of_posts.len() == users.len() && of_users.len() == users.len();
                all_are_there
                    .then(|| (BTreeSet::from_iter(of_posts), BTreeSet::from_iter(of_users)))
            })
            .await;
        }
        Self { users }
    }

    /// Asserts that what they post and whom they follow still takes effect, on every partition.
    async fn are_well(&self, author: &User) {
        let by_author = author.say("to all who are well").await;
        let mut own = Vec::new();
        for user in &self.users {
            user.follow(author).await;
            own.push(user.say("after").await);
        }
        for (user, own) in self.users.iter().zip(&own) {
            let what = format!("the feed of {} flows", user.username);
            within(PATIENCE, &what, async || {
                let feed = user.feed_ids().await;
                if feed.contains(own) && feed.contains(&by_author) {
                    Ok(())
                } else {
                    Err(feed)
                }
            })
            .await;
        }
    }
}

/// Waits until all of these are among the dead letters of a service, and checks what is told of them.
async fn all_are_found(
    nova: &Nova,
    service: &str,
    topic: Topic,
    sent: &[(&'static str, (i32, i64))],
) {
    let parked = within(
        PATIENCE,
        &format!("every poison is among the dead letters of {service}"),
        async || {
            let parked = Parked::of(nova, service).await;
            let missing: Vec<_> = sent
                .iter()
                .filter(|(_, at)| parked.find(topic, *at).is_none())
                .collect();
            if missing.is_empty() {
                Ok(parked)
            } else {
                Err(format!("not there: {missing:?}"))
            }
        },
    )
    .await;
    for (what, at) in sent {
        let dead = parked.find(topic, *at).expect("found before");
        assert!(
            !dead.reason.trim().is_empty() && !dead.code.is_empty(),
            "{what}: {dead:?}"
        );
        assert!(dead.attempts >= 1, "{what}: {dead:?}");
        assert!(!dead.reason.contains('\0'), "{what}: {dead:?}");
        assert!(dead.consumer.contains(service), "{what}: {dead:?}");
    }
}

#[tokio::test]
async fn poison_on_content_events_stops_nothing_and_is_found() {
    let nova = Nova::start().await;
    let author = nova.user("author").await;
    let before = author.say("before").await;
    author.feed_becomes(&[&before]).await;
    let healthy = Healthy::on_every_partition(&nova).await;

    let mut poisons = badly_wrapped(|| created(&author.id));
    poisons.extend(impossible_posts(&author.id));
    let sent = send_all(&nova, CONTENT_EVENTS, &poisons).await;
    healthy.are_well(&author).await;
    all_are_found(&nova, "feed", CONTENT_EVENTS, &sent).await;

    // None of it took effect.
    let contents: Vec<String> = author
        .feed()
        .await
        .iter()
        .map(|item| item["post"]["content"].to_string())
        .collect();
    assert_eq!(contents, ["\"to all who are well\"", "\"before\""]);
    nova.finish().await;
}

#[tokio::test]
async fn poison_on_user_events_stops_nothing_and_is_found_by_each_consumer() {
    let nova = Nova::start().await;
    let author = nova.user("author").await;
    let healthy = Healthy::on_every_partition(&nova).await;
    let follow = || UserFollowed {
        user_id: author.id.clone(),
        followed_user_id: Uuid::now_v7().to_string(),
        followed_at: now(),
        revision: 1,
    };
    let wrapped = badly_wrapped(follow);
    let to_both = send_all(&nova, USER_EVENTS, &wrapped).await;
    let impossible = impossible_users(&author.id);
    let (users, follows): (Vec<Poison>, Vec<Poison>) = impossible
        .into_iter()
        .partition(|(what, _)| what.contains("user") || what.contains("profile"));
    let to_feed = send_all(&nova, USER_EVENTS, &users).await;
    let also_to_both = send_all(&nova, USER_EVENTS, &follows).await;
    healthy.are_well(&author).await;

    for service in ["feed", "content"] {
        all_are_found(&nova, service, USER_EVENTS, &to_both).await;
        all_are_found(&nova, service, USER_EVENTS, &also_to_both).await;
    }
    all_are_found(&nova, "feed", USER_EVENTS, &to_feed).await;
    // The follow graph of content goes on too.
    let friend = nova.user("friend").await;
    friend.follow(&author).await;
    let post = author.say_to("FOLLOWERS_ONLY", "for friends").await;
    let path = format!("/v1/posts/{post}");
    eventually("the friend sees it", async || {
        friend.get(&path).await.status == 200
    })
    .await;
    nova.finish().await;
}

#[tokio::test]
async fn what_is_odd_is_taken_or_parked_and_never_lost() {
    let nova = Nova::start().await;
    let author = nova.user("author").await;
    let healthy = Healthy::on_every_partition(&nova).await;
    let mut sent = Vec::new();
    for (number, (what, post, message)) in (0..).zip(odd_posts(&author.id)) {
        let at = send(
            &nova,
            CONTENT_EVENTS,
            number % CONTENT_EVENTS.partitions,
            &message,
        )
        .await;
        sent.push((what, post, at));
    }
    let mut large = created(&author.id);
    large.content = "a".repeat(LARGE);
    sent.push((
        "a large post",
        large.post_id.clone(),
        send(&nova, CONTENT_EVENTS, 0, &proper(&large)).await,
    ));
    healthy.are_well(&author).await;
    within(
        PATIENCE,
        "each is in the feed or among the dead letters",
        async || {
            let (feed, parked) = (author.feed_ids().await, Parked::of(&nova, "feed").await);
            let lost = sent.iter().find(|(_, post, at)| {
                !feed.contains(post) && parked.find(CONTENT_EVENTS, *at).is_none()
            });
            lost.map_or(Ok(()), Err)
        },
    )
    .await;
    nova.finish().await;
}

#[tokio::test]
async fn an_event_that_comes_twice_takes_effect_once() {
    let nova = Nova::start().await;
    let author = nova.user("author").await;
    let post = author.publish(json!({ "content": "once" })).await;
    author.feed_becomes(&[&id_of(&post)]).await;
    let healthy = Healthy::on_every_partition(&nova).await;
    // The same event again, on every partition: as after a relay that died before it could remember.
    let (again, id) = eventually("the event is published", async || {
        let events = nova.stack().published::<PostCreated>().await;
        events
            .into_iter()
            .find(|event| event.post_id == post["id"])
            .map(|event| (event.event.clone(), event.id))
    })
    .await;
    author
        .delete(&format!("/v1/posts/{}", id_of(&post)))
        .await
        .expect(204);
    author.feed_becomes(&[]).await;
    let message = with_header(proper(&again), "ce_id", Some(id.as_bytes()));
    for partition in 0..CONTENT_EVENTS.partitions {
        send(&nova, CONTENT_EVENTS, partition, &message).await;
        // And once under another id: an old state of a post that is gone.
        send(&nova, CONTENT_EVENTS, partition, &proper(&again)).await;
    }
    healthy.are_well(&author).await;
    let contents: Vec<String> = author
        .feed()
        .await
        .iter()
        .map(|item| item["post"]["content"].to_string())
        .collect();
    assert_eq!(contents, ["\"to all who are well\""]);
    nova.finish().await;
}
