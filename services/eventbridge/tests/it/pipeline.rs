//! From Kafka to windows: who is told what, also by a Redis that came back empty, and what is told to be gone.

use std::time::Duration;

use nova_eventbridge::config::Config;
use nova_eventbridge::domain::{Channel, Entry, Reason, Window};
use nova_eventbridge::store::losses;
use nova_eventbridge::store::windows::{Kept, Since, Windows};
use nova_ids::{ConversationId, PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostDeleted};
use nova_proto::messaging::v1::{
    Conversation, ConversationCreated, ConversationUpdated, Member, Message, MessageEdited,
};
use nova_testkit::{Proxy, Stack, eventually};
use time::OffsetDateTime;
use time::macros::datetime;

const KEPT: Kept = Kept {
    events: 1_000,
    age: Duration::from_secs(3_600),
};

/// The windows of this test's service, as it sees them.
pub(crate) fn windows(stack: &Stack) -> Windows {
    let config = Config::read(&mut stack.env()).unwrap();
    let wait = Duration::from_secs(2);
    Windows::new(config.redis, &config.redis_prefix, wait, KEPT)
}

/// What is kept of a channel once there are so many events.
pub(crate) async fn kept(windows: &Windows, channel: &Channel, count: usize) -> Window {
    eventually(&format!("{channel} has {count} events"), async || {
        let (_, generation) = windows.servers().await.map_err(|away| away.to_string())?;
        windows.begin(
            generation.ok_or("no generation")?,
            OffsetDateTime::UNIX_EPOCH,
        );
        let read = windows
            .read(std::slice::from_ref(channel), Since::Start)
            .await;
        let window = read.map_err(|away| away.to_string())?.remove(0);
        if window.entries.len() == count {
            Ok(window)
        } else {
            Err(format!("{} events", window.entries.len()))
        }
    })
    .await
}

fn head(entry: &Entry) -> &str {
    std::str::from_utf8(&entry.head).unwrap()
}

pub(crate) fn post(author: UserId, post: PostId) -> PostCreated {
    PostCreated {
        post_id: post.to_string(),
        user_id: author.to_string(),
        content: "hello".to_owned(),
        visibility: 1,
        tags: vec!["Rust".to_owned()],
        revision: 1,
        ..PostCreated::default()
    }
}

#[tokio::test]
async fn posts_reach_their_followers_and_then_only_leave() {
    let stack = Stack::new().await;
    let _app = stack.start(nova_eventbridge::service).await;
    let windows = windows(&stack);
    let (author, id) = (UserId::new(), PostId::new());
    stack.publish(&post(author, id)).await;
    let me = Channel::Me(author);
    let window = kept(&windows, &me, 1).await;
    assert_eq!(window.entries[0].channels.len(), 4);
    for channel in [
        Channel::User(author),
        Channel::Post(id),
        Channel::Tag("rust".to_owned()),
    ] {
        let window = kept(&windows, &channel, 1).await;
        assert!(head(&window.entries[0]).contains("hello"));
    }
    let deleted = PostDeleted {
        post_id: id.to_string(),
        user_id: author.to_string(),
        revision: 2,
        ..PostDeleted::default()
    };
    stack.publish(&deleted).await;
    kept(&windows, &me, 2).await;
    let window = kept(&windows, &Channel::Post(id), 2).await;
    let departed = head(&window.entries[1]);
    assert!(!departed.contains(&author.to_string()), "{departed}");
    assert!(departed.contains(r#""revision":2"#), "{departed}");
    // What comes late is told to its author alone.
    stack.publish(&post(author, id)).await;
    kept(&windows, &me, 3).await;
    kept(&windows, &Channel::Post(id), 2).await;
    kept(&windows, &Channel::User(author), 1).await;
    stack.finish().await;
}

fn conversation(members: &[UserId]) -> Conversation {
    let member = |user: &UserId| Member {
        user_id: user.to_string(),
        joined_position: 1,
        ..Member::default()
    };
    Conversation {
        members: members.iter().map(member).collect(),
        ..Conversation::default()
    }
}

#[tokio::test]
async fn messages_reach_who_was_there() {
    let stack = Stack::new().await;
    let _app = stack.start(nova_eventbridge::service).await;
    let windows = windows(&stack);
    let room = ConversationId::new();
    let (ada, bob) = (UserId::new(), UserId::new());
    let edited = |position: i64| MessageEdited {
        conversation_id: room.to_string(),
        position,
        message: Some(Message {
            sender_id: ada.to_string(),
            ..Message::default()
        }),
        ..MessageEdited::default()
    };
    let created = ConversationCreated {
        conversation_id: room.to_string(),
        conversation: Some(conversation(&[ada, bob])),
        ..ConversationCreated::default()
    };
    stack.publish(&created).await;
    stack.publish(&edited(5)).await;
    let updated = ConversationUpdated {
        conversation_id: room.to_string(),
        position: 6,
        conversation: Some(conversation(&[ada])),
        ..ConversationUpdated::default()
    };
    stack.publish(&updated).await;
    stack.publish(&edited(7)).await;
    kept(&windows, &Channel::Me(ada), 2).await;
    kept(&windows, &Channel::Me(bob), 1).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_is_filled_again() {
    let stack = Stack::new().await;
    let _app = stack.start(nova_eventbridge::service).await;
    let windows = windows(&stack);
    let author = UserId::new();
    for _ in 0..20 {
        stack.publish(&post(author, PostId::new())).await;
    }
    let me = Channel::Me(author);
    let before = kept(&windows, &me, 20).await;
    let mut redis = stack.redis().await;
    let pattern = format!("{}*", stack.redis_prefix);
    let mut find = redis::cmd("KEYS");
    let keys: Vec<String> = find.arg(pattern).query_async(&mut redis).await.unwrap();
    let mut unlink = redis::cmd("UNLINK");
    unlink.arg(keys).exec_async(&mut redis).await.unwrap();
    stack.publish(&post(author, PostId::new())).await;
    let after = kept(&windows, &me, 21).await;
    assert_eq!(windows.generation(), Some(2));
    for entry in &before.entries {
        assert!(after.entries.contains(entry), "{entry:?}");
    }
    assert!(after.position.iter().all(|(_, offset)| offset >= 0));
    stack.finish().await;
}

#[tokio::test]
async fn what_is_let_go_is_noted() {
    let address = std::env::var("NOVA_TEST_REDIS").unwrap();
    let server = address.trim_start_matches("redis://");
    let server = server.split('/').next().unwrap().to_owned();
    let proxy = Proxy::to(server).await;
    let stack = Stack::new().await;
    let stack = stack
        .with("NOVA_REDIS", &format!("redis://{}", proxy.address()))
        .with("NOVA_EVENTBRIDGE_FAILURE_THRESHOLD", "1");
    let _app = stack.start(nova_eventbridge::service).await;
    let author = UserId::new();
    stack.publish(&post(author, PostId::new())).await;
    kept(&windows(&stack), &Channel::Me(author), 1).await;
    proxy.refuse();
    proxy.cut();
    stack.publish(&post(author, PostId::new())).await;
    stack.publish(&post(author, PostId::new())).await;
    let pool = stack.database("eventbridge").await;
    let lost = eventually("a loss is noted", async || {
        let lost = losses::after(&pool, 0)
            .await
            .map_err(|error| error.to_string())?;
        if lost.is_empty() {
            Err("none".to_owned())
        } else {
            Ok(lost)
        }
    })
    .await;
    assert_eq!(lost[0].number, 1);
    assert!(lost[0].from <= lost[0].to);
    proxy.pass();
    stack.finish().await;
}

#[tokio::test]
async fn a_loss_lies_around_what_is_missing() {
    let stack = Stack::new().await;
    let _app = stack.start(nova_eventbridge::service).await;
    let pool = stack.database("eventbridge").await;
    // Finer than Postgres keeps it.
    let at = datetime!(2026-11-23 11:48:01.258275773 UTC);
    let mut tx = pool.begin().await.unwrap();
    losses::save(&mut tx, Reason::Dropped, at, at)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let lost = losses::after(&pool, 0).await.unwrap().remove(0);
    assert!(lost.from <= at && at <= lost.to, "{lost:?}");
    stack.finish().await;
}
