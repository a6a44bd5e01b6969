//! Messages on Kafka that no service of Nova would send: none stops its partition, and each is found
//! among the dead letters afterwards, with its reason.

mod messages;

use std::collections::BTreeSet;
use std::time::Duration;

use nova_event_bus::dead_letter::Again;
use nova_event_bus::{DeadLetter, list_dead_letters};
use nova_proto::catalogue::{CONTENT_EVENTS, Topic, USER_EVENTS};
use nova_proto::content::v1::PostCreated;
use nova_proto::identity::v1::UserRegistered;
use nova_testkit::{eventually, within};
use nova_tests::raw_kafka::{Message, produce};
use nova_tests::{Nova, User, id_of};
use serde_json::json;
use uuid::Uuid;

use messages::{
    LARGE, Poison, badly_wrapped, created, followed, impossible_follows, impossible_posts,
    impossible_users, odd_posts, proper, with_header, with_own_key,
};

/// What is retried in vain for a while is parked after some seconds.
const PATIENCE: Duration = Duration::from_secs(120);

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

/// Sends each of these to a partition in turn, and the first of them to every partition. Each has a key of
/// its own: behind a poison the events of its key are parked unseen.
async fn send_all(
    nova: &Nova,
    topic: Topic,
    poisons: &[Poison],
) -> Vec<(&'static str, (i32, i64))> {
    let mut sent = Vec::new();
    for ((what, message), partition) in poisons.iter().zip((0..topic.partitions).cycle()) {
        let at = send(nova, topic, partition, &with_own_key(message.clone())).await;
        sent.push((*what, at));
    }
    let (what, first) = &poisons[0];
    for partition in 0..topic.partitions {
        let at = send(nova, topic, partition, &with_own_key(first.clone())).await;
        sent.push((*what, at));
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
        // What was set aside was not tried.
        let is_aside = dead.again == Again::KnownType;
        assert!(is_aside || dead.attempts >= 1, "{what}: {dead:?}");
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
    let stranger = Uuid::now_v7().to_string();
    let mut poisons = badly_wrapped(|| followed(&author.id, &stranger, 1));
    poisons.extend(impossible_follows(&author.id));
    let to_both = send_all(&nova, USER_EVENTS, &poisons).await;
    let to_feed = send_all(&nova, USER_EVENTS, &impossible_users()).await;
    healthy.are_well(&author).await;

    for service in ["feed", "content"] {
        all_are_found(&nova, service, USER_EVENTS, &to_both).await;
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
        send(&nova, CONTENT_EVENTS, 0, &with_own_key(proper(&large))).await,
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
