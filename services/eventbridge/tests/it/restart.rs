//! A Redis that is killed and comes back with nothing: nobody misses anything.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::PostCreated;
use nova_testkit::{Stack, eventually};

use crate::streams_stage::{Client, Frame};

/// A server of this test's own, which goes with it.
pub(crate) struct Redis {
    process: Child,
    port: u16,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Redis {
    /// On any port.
    pub(crate) async fn anywhere() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        Self::start(port).await
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// It is there, and does nothing.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    async fn start(port: u16) -> Self {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", ""])
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn();
        let redis = Self {
            process: process.unwrap(),
            port,
        };
        let listens = async || {
            let connected = tokio::net::TcpStream::connect(("127.0.0.1", redis.port));
            connected.await.is_ok()
        };
        eventually("redis listens", listens).await;
        redis
    }
}

async fn client(base_url: &str, token: &str, id: Option<&str>) -> Client {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(id.map(|id| ("Last-Event-ID", id)));
    let mut client = Client::open(base_url, "", &headers).await;
    let ready = event(&mut client).await;
    assert_eq!(ready.event, "ready", "{ready:?}");
    assert_eq!(ready.data["resumed"], id.is_some(), "{ready:?}");
    client
}

/// The next event. Whether anything can arrive may be told between.
async fn event(client: &mut Client) -> Frame {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), client.frame());
        let frame = next.await.expect("in time");
        if frame.event != "live" && !frame.event.is_empty() {
            return frame;
        }
    }
}

async fn expect(client: &mut Client, posts: &[PostId]) -> Frame {
    let mut last = None;
    for post in posts {
        let frame = event(client).await;
        let told = frame.data["data"]["post_id"].as_str().map(str::to_owned);
        assert_eq!(told, Some(post.to_string()), "{frame:?}");
        last = Some(frame);
    }
    last.unwrap()
}

async fn publish(stack: &Stack, author: UserId, count: usize) -> Vec<PostId> {
    let mut posts = Vec::new();
    for _ in 0..count {
        let id = PostId::new();
        let post = PostCreated {
            post_id: id.to_string(),
            user_id: author.to_string(),
            visibility: 1,
            revision: 1,
            ..PostCreated::default()
        };
        stack.publish(&post).await;
        posts.push(id);
    }
    posts
}

#[tokio::test]
async fn nobody_misses_anything_when_redis_restarts() {
    let redis = Redis::anywhere().await;
    let port = redis.port;
    let stack = Stack::new().await;
    let stack = stack
        .with("NOVA_REDIS", &redis.url())
        .with("NOVA_EVENTBRIDGE_DEGRADE", "hold")
        // Else what comes after is held for a minute, although all is well again.
        .with("NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT", "500ms");
    let one = stack.start(nova_eventbridge::service).await;
    let two = stack.start(nova_eventbridge::service).await;
    let author = UserId::new();
    let token = stack.token(author);
    let mut staying = [
        client(&one.base_url, &token, None).await,
        client(&two.base_url, &token, None).await,
    ];
    let mut leaving = client(&one.base_url, &token, None).await;
    let before = publish(&stack, author, 5).await;
    for client in &mut staying {
        expect(client, &before).await;
    }
    let last = expect(&mut leaving, &before).await;
    drop(leaving);
    drop(redis);
    let during = publish(&stack, author, 5).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _redis = Redis::start(port).await;
    let after = publish(&stack, author, 5).await;
    let missed = [during, after].concat();
    for client in &mut staying {
        expect(client, &missed).await;
    }
    // Also on another node, which has never seen the client.
    let mut back = client(&two.base_url, &token, last.id.as_deref()).await;
    expect(&mut back, &missed).await;
    let later = publish(&stack, author, 3).await;
    for client in staying.iter_mut().chain([&mut back]) {
        expect(client, &later).await;
    }
    stack.finish().await;
}
