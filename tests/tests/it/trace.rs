//! One trace, from a client's request through outbox and Kafka to all who handle what it made, each a process of its own.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use nova_ids::UserId;
use nova_proto::identity::v1::{UserFollowed, UserRegistered};
use nova_testkit::{CollectedSpan, Collector, Stack, eventually};
use nova_tests::built_nova;
use nova_tests::program::without_settings;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use uuid::Uuid;

/// Of the span of whoever asks.
const CLIENT: &str = "00f067aa0ba902b7";
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service in a process of its own.
struct Service {
    url: String,
    _process: Child,
}

impl Service {
    async fn start(stack: &Stack, name: &str) -> Self {
        // Nobody else listens there for the moment that it takes.
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address").to_string();
        drop(free);
        let program = built_nova().expect("nova").with_file_name(name);
        // Should the test itself be killed, the kernel kills its child.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        without_settings(&mut command);
        let process = command
            .envs(stack.settings())
            .env("NOVA_LISTEN", &address)
            // At the end they lose what they work on.
            .env("NOVA_LOG", "off")
            // What has ended is sent at once, and not after five seconds.
            .env("OTEL_BSP_SCHEDULE_DELAY", "50")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        let service = Self {
            url: format!("http://{address}"),
            _process: process,
        };
        let what = format!("{name} is ready");
        eventually(&what, async || {
            let asked = client().get(format!("{}/health/ready", service.url)).send();
            let ready: Value = match asked.await {
                Ok(answer) => answer.json().await.map_err(|error| error.to_string())?,
                Err(error) => return Err(error.to_string()),
            };
            let is_ready = ready["status"] == "ready";
            is_ready.then_some(()).ok_or_else(|| ready.to_string())
        })
        .await;
        service
    }
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().build();
    client.expect("a client")
}

/// Waits until this text has come on a stream.
async fn is_told(stream: &mut reqwest::Response, text: &str) {
    let mut told = String::new();
    while !told.contains(text) {
        let chunk = timeout(PATIENCE, stream.chunk()).await;
        let chunk = chunk.expect(text).expect("a stream").expect("no end");
        told.push_str(&String::from_utf8_lossy(&chunk));
    }
}

/// Makes a post, in that trace if one is given; its id.
async fn say(content: &str, token: &str, trace: Option<&str>) -> String {
    let post = client().post(format!("{content}/v1/posts"));
    let post = post.bearer_auth(token).json(&json!({ "content": "told" }));
    let post = match trace {
        Some(id) => post.header("traceparent", format!("00-{id}-{CLIENT}-01")),
        None => post,
    };
    let answer = post.send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("a post");
    answer["id"].as_str().expect("an id").to_owned()
}

/// Each of these follows from one of those.
#[track_caller]
fn follow(spans: &[CollectedSpan], parents: &[CollectedSpan]) {
    for span in spans {
        let is_parent = |parent: &CollectedSpan| parent.span_id == span.parent_id;
        assert!(parents.iter().any(is_parent), "{span:?} of {parents:?}");
    }
}

/// What is said of a message, by the names of OpenTelemetry.
#[track_caller]
fn are_about(spans: &[CollectedSpan], kind: &str, group: Option<&str>, topic: &str, event: &str) {
    let operation = group.map_or("send", |_| "process");
    for span in spans {
        assert_eq!(span.kind, kind, "{span:?}");
        for (name, value) in [
            ("messaging.system", Some("kafka")),
            ("messaging.operation.name", Some(operation)),
            ("messaging.operation.type", Some(operation)),
            ("messaging.destination.name", Some(topic)),
            ("messaging.consumer.group.name", group),
            ("cloudevents.event_type", Some(event)),
        ] {
            let said = span.attributes.get(name).map(String::as_str);
            assert_eq!(said, value, "{name} of {span:?}");
        }
    }
}

#[tokio::test]
async fn one_trace_goes_from_a_request_to_all_who_handle_what_it_made() {
    let collector = Collector::start().await;
    let stack = Stack::new()
        .await
        .with("NOVA_OTLP_ENDPOINT", &collector.endpoint());
    let (content, feed, bridge) = tokio::join!(
        Service::start(&stack, "nova-content"),
        Service::start(&stack, "nova-feed"),
        Service::start(&stack, "nova-eventbridge"),
    );
    let (author, follower) = (UserId::new(), UserId::new());
    stack
        .publish(&UserRegistered {
            user_id: author.to_string(),
            username: "traced".to_owned(),
            revision: 1,
            ..UserRegistered::default()
        })
        .await;
    stack
        .publish(&UserFollowed {
            user_id: follower.to_string(),
            followed_user_id: author.to_string(),
            revision: 1,
            ..UserFollowed::default()
        })
        .await;
    let stream = client().get(format!("{}/v1/events", bridge.url));
    let stream = stream.bearer_auth(stack.token(follower)).send().await;
    let mut stream = stream.expect("a stream");
    is_told(&mut stream, "\nevent: ready\n").await;

    let token = stack.token(author);
    let say = async |trace: Option<&str>| say(&content.url, &token, trace).await;
    // Until feed knows of the follower nothing reaches them.
    eventually("the follower is known", async || {
        say(None).await;
        let page = client().get(format!("{}/v1/feed", feed.url));
        let page = page.bearer_auth(stack.token(follower)).send().await;
        let page: Value = page.expect("an answer").json().await.expect("a page");
        let is_there = page["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty());
        is_there.then_some(()).ok_or(page)
    })
    .await;
    let trace_id = Uuid::new_v4().simple().to_string();
    let post = say(Some(&trace_id)).await;
    is_told(&mut stream, &post).await;

    let prefix = &stack.kafka.topic_prefix;
    let [posts, updates] = ["content-events", "feed-updates"].map(|name| format!("{prefix}{name}"));
    let steps = [
        ("nova-content", "POST /v1/posts".to_owned()),
        ("nova-content", format!("send {posts}")),
        ("nova-feed", format!("process {posts}")),
        ("nova-feed", format!("send {updates}")),
        ("nova-eventbridge", format!("process {posts}")),
        ("nova-eventbridge", format!("process {updates}")),
    ];
    let [requests, sent, handled, told, passed_on, shown] =
        eventually("all of the trace is there", async || {
            let trace = collector.trace(&trace_id);
            let found = steps.each_ref().map(|(service, name)| {
                let is_it = |span: &&CollectedSpan| span.service == *service && span.name == *name;
                trace.iter().filter(is_it).cloned().collect::<Vec<_>>()
            });
            // Feed tells the author as well as the follower.
            let is_whole = found.iter().all(|spans| !spans.is_empty()) && found[5].len() >= 2;
            is_whole.then_some(found).ok_or(trace)
        })
        .await;

    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!(
        (request.kind.as_str(), request.parent_id.as_str()),
        ("Server", CLIENT)
    );
    assert_eq!((sent.len(), told.len()), (1, 2), "{sent:?} {told:?}");
    follow(&sent, &requests);
    follow(&handled, &sent);
    follow(&told, &handled);
    follow(&passed_on, &sent);
    follow(&shown, &told);
    let (created, updated) = ("nova.content.v1.PostCreated", "nova.feed.v1.FeedUpdated");
    are_about(&sent, "Producer", None, &posts, created);
    are_about(&handled, "Consumer", Some("feed"), &posts, created);
    are_about(&told, "Producer", None, &updates, updated);
    are_about(&passed_on, "Consumer", Some("eventbridge"), &posts, created);
    are_about(&shown, "Consumer", Some("eventbridge"), &updates, updated);
    // They publish what is left, and end when it is gone.
    stack.finish().await;
    drop((content, feed, bridge));
}
