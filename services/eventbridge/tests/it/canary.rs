//! What a node sends itself: by which way, and what is told when it does not come back.

use std::time::Duration;

use nova_event_bus::{Consumer, ConsumerOptions, Record, Router, Topic};
use nova_eventbridge::domain::{Channel, Partition, Window};
use nova_ids::{PostId, UserId};
use nova_proto::catalogue::{CONTENT_EVENTS, HEALTH};
use nova_proto::content::v1::PostCreated;
use nova_proto::eventbridge::v1::CanarySent;
use nova_resilience::{Code, Fault};
use nova_testkit::{App, Stack, eventually, within};
use prost::Message as _;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::pipeline::{kept, windows};
use crate::restart::Redis;
use crate::streams_stage::{Client, Frame, stack};

/// `ready`, `degraded` or `unready`, and how one of what it depends on is.
async fn ready(app: &App, dependency: &str) -> (String, String) {
    let page: Value = app.get("/health/ready").send().await.unwrap().json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let state = &page["dependencies"][dependency]["state"];
    (text(&page["status"]), text(state))
}

async fn dependency_is(app: &App, dependency: &str, state: &str) {
    eventually(&format!("{dependency} is {state}"), async || {
        let (_, seen) = ready(app, dependency).await;
        if seen == state { Ok(()) } else { Err(seen) }
    })
    .await;
}

async fn canary_is(app: &App, state: &str) {
    dependency_is(app, "eventbridge.canary", state).await;
}

async fn open(app: &App, token: &str) -> Client {
    let bearer = format!("Bearer {token}");
    let client = Client::open(&app.base_url, "", &[("Authorization", &bearer)]).await;
    assert_eq!(client.status, 200);
    client
}

/// What is told up to the first of which this holds. Heartbeats come also when nothing else does.
async fn until(client: &mut Client, what: impl Fn(&Frame) -> bool) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), client.frame());
        let frame = next.await;
        let frame = frame.unwrap_or_else(|_| panic!("nothing more comes after {frames:?}"));
        frames.push(frame);
        if frames.last().is_some_and(&what) {
            return frames;
        }
    }
}

fn is_live(live: bool) -> impl Fn(&Frame) -> bool {
    move |frame| frame.event == "live" && frame.data["live"] == live
}

async fn publish(stack: &Stack, author: UserId) -> String {
    let post = PostCreated {
        post_id: PostId::new().to_string(),
        user_id: author.to_string(),
        revision: 1,
        ..PostCreated::default()
    };
    stack.publish(&post).await;
    post.post_id
}

fn is_about(post: &str) -> impl Fn(&Frame) -> bool {
    move |frame| frame.data["data"]["post_id"] == post
}

#[tokio::test]
async fn it_goes_all_the_way_whatever_the_operators_rules_are() {
    let folder = std::env::temp_dir().join(format!("nova-canary-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("rules.toml");
    let rules = "[filter]\nallowed_types = [\"nova.feed.*\"]\nrequired_fields = [\"user_id\"]\n\n\
                 [[rules]]\nname = \"nothing\"\nwhen = \"true\"\naction = \"drop\"\n";
    std::fs::write(&file, rules).unwrap();
    let stack = stack().await;
    let stack = stack.with("NOVA_EVENTBRIDGE_RULES", file.to_str().unwrap());
    let one = stack.start(nova_eventbridge::service).await;
    let two = stack.start(nova_eventbridge::service).await;
    // One of the two consumes what both send.
    for node in [&one, &two] {
        canary_is(node, "up").await;
        let (_, pipeline) = ready(node, "eventbridge.pipeline").await;
        assert_eq!(pipeline, "up");
    }
    std::fs::remove_dir_all(folder).unwrap();
    stack.finish().await;
}

/// The headers of an event of this type.
fn named(event_type: &str) -> [(&str, &[u8]); 2] {
    [("ce_id", b"1"), ("ce_type", event_type.as_bytes())]
}

#[tokio::test]
async fn it_takes_no_other_way_and_nothing_else_takes_its_way() {
    let stack = stack().await;
    let app = stack.start(nova_eventbridge::service).await;
    canary_is(&app, "up").await;
    let windows = windows(&stack);
    let (author, node) = (UserId::new(), Uuid::now_v7());
    let canary = CanarySent {
        node_id: node.to_string(),
        sent_at: None,
    };
    let post = PostCreated {
        post_id: PostId::new().to_string(),
        user_id: author.to_string(),
        revision: 1,
        ..PostCreated::default()
    };
    // Each on the topic of the other, with one key, and then on its own: behind it in the same partition.
    let key = Some(author.to_string());
    let key = key.as_deref().map(str::as_bytes);
    for (topic, event_type, payload) in [
        (HEALTH, "nova.content.v1.PostCreated", post.encode_to_vec()),
        (
            CONTENT_EVENTS,
            "nova.eventbridge.v1.CanarySent",
            canary.encode_to_vec(),
        ),
    ] {
        let headers = named(event_type);
        stack
            .produce(topic.name, key, Some(&payload), &headers)
            .await;
    }
    let headers = named("nova.content.v1.PostCreated");
    let payload = post.encode_to_vec();
    stack
        .produce(CONTENT_EVENTS.name, key, Some(&payload), &headers)
        .await;
    stack.publish(&canary).await;
    let own = kept(&windows, &Channel::Node(node), 1).await;
    let me = kept(&windows, &Channel::Me(author), 1).await;
    let topic = |window: &Window| window.entries[0].partition.number() >> 8;
    let number = |topic: Topic| Partition::of(topic.name, 0).unwrap().number() >> 8;
    assert_eq!(topic(&own), number(HEALTH));
    assert_eq!(topic(&me), number(CONTENT_EVENTS));
    // Nobody comes back for what a node has sent itself: a minute and a sixteenth of it are enough.
    let mut redis = stack.redis().await;
    let mut find = redis::cmd("KEYS");
    let find = find.arg(format!("{}*node:*", stack.redis_prefix));
    let keys: Vec<String> = find.query_async(&mut redis).await.unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        let mut left = redis::cmd("PTTL");
        let left: i64 = left.arg(&key).query_async(&mut redis).await.unwrap();
        assert!((0..=63_750).contains(&left) || left == -2, "{key}: {left}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn whoever_can_be_told_nothing_is_told_that() {
    let redis = Redis::anywhere().await;
    let stack = stack().await;
    let stack = stack
        .with("NOVA_REDIS", &redis.url())
        .with("NOVA_EVENTBRIDGE_DEGRADE", "hold")
        .with("NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT", "500ms");
    let app = stack.start(nova_eventbridge::service).await;
    canary_is(&app, "up").await;
    let user = UserId::new();
    let token = stack.token(user);
    let mut before = open(&app, &token).await;
    until(&mut before, |frame| frame.event == "ready").await;
    redis.pause();
    until(&mut before, is_live(false)).await;
    let mut during = open(&app, &token).await;
    until(&mut during, is_live(false)).await;
    canary_is(&app, "down").await;
    dependency_is(&app, "eventbridge.redis", "down").await;
    // Redis is away, which is no fault of this process.
    let (status, pipeline) = ready(&app, "eventbridge.pipeline").await;
    assert_eq!((status.as_str(), pipeline.as_str()), ("degraded", "up"));
    let page = app.get("/health/eventbridge").send().await.unwrap();
    let page = page.expect(503);
    assert_eq!(page["components"]["canary"], "down", "{page}");
    let first = publish(&stack, user).await;
    redis.go_on();
    let mut frames = until(&mut before, is_live(true)).await;
    // It may come before it is known that anything can.
    if !frames.iter().any(is_about(&first)) {
        frames.extend(until(&mut before, is_about(&first)).await);
    }
    let is_gap = |frame: &Frame| frame.event == "gap";
    assert!(!frames.iter().any(is_gap), "{frames:?}");
    // That one begins when it can be told something, which may be after the first.
    let frames = until(&mut during, is_live(true)).await;
    assert!(frames.iter().any(|frame| frame.event == "ready"));
    let second = publish(&stack, user).await;
    for client in [&mut before, &mut during] {
        until(client, is_about(&second)).await;
    }
    canary_is(&app, "up").await;
    stack.finish().await;
}

#[derive(Debug, thiserror::Error)]
#[error("this never fails")]
struct Never;

impl Fault for Never {
    fn code(&self) -> Code {
        Code::Internal
    }
}

async fn swallow(_: &(), _: &[Record]) -> Result<(), Never> {
    Ok(())
}

#[tokio::test]
async fn a_process_is_of_no_use_that_hears_nothing_while_kafka_and_redis_answer() {
    let stack = stack().await;
    let app = stack.start(nova_eventbridge::service).await;
    canary_is(&app, "up").await;
    let mut client = open(&app, &stack.token(UserId::new())).await;
    until(&mut client, |frame| frame.event == "ready").await;
    // Another member of the group takes what nodes send themselves, and does nothing with it.
    let router = Router::new(nova_eventbridge::NAME, ()).in_order(HEALTH.name, swallow);
    let pool = stack.database(nova_eventbridge::NAME).await;
    let thief = Consumer::new(&stack.kafka, pool, router).options(ConsumerOptions::default());
    let stop = CancellationToken::new();
    let stealing = tokio::spawn(thief.run(stop.clone()));
    until(&mut client, is_live(false)).await;
    let limit = Duration::from_secs(60);
    within(limit, "it is unready", async || {
        let (status, pipeline) = ready(&app, "eventbridge.pipeline").await;
        let is_unready = (status.as_str(), pipeline.as_str()) == ("unready", "down");
        if is_unready {
            Ok(())
        } else {
            Err((status, pipeline))
        }
    })
    .await;
    stop.cancel();
    stealing.await.unwrap();
    until(&mut client, is_live(true)).await;
    canary_is(&app, "up").await;
    let (_, pipeline) = ready(&app, "eventbridge.pipeline").await;
    assert_eq!(pipeline, "up");
    stack.finish().await;
}
