//! What others get wrong that do the same, a test each, where no other test shows it: thousands of missed events, a connection for
//! each client, and one partition that stops all.

use nova_eventbridge::domain::Channel;
use nova_eventbridge::store::windows::Since;
use nova_ids::{PostId, UserId};
use nova_proto::feed::v1::{FeedChange, FeedUpdated};
use nova_testkit::Stack;

use crate::pipeline::{kept, post, windows};
use crate::streams_stage::{node, stack};

/// Others end a stream that has missed over a thousand events, and that without end.
#[tokio::test]
async fn who_has_missed_thousands_is_told_all_of_them_by_another_node() {
    const MISSED: i64 = 2_500;
    let stack = stack().await.with("NOVA_EVENTBRIDGE_WINDOW", "5000");
    let (one, two) = (node(&stack).await, node(&stack).await);
    let user = UserId::new();
    let bearer = format!("Bearer {}", stack.token(user));
    let mut before = one.open("", &[("Authorization", &bearer)]).await;
    let id = before.frame().await.id.unwrap();
    drop(before);
    one.publish_all(&Channel::Me(user), 0..MISSED).await;
    let headers = [("Authorization", bearer.as_str()), ("Last-Event-ID", &id)];
    let mut after = two.open("?slow=disconnect", &headers).await;
    assert_eq!(after.frame().await.data["resumed"], true);
    for number in 0..MISSED {
        assert_eq!(after.frame().await.data["number"], number);
    }
    two.publish(&[Channel::Me(user)], MISSED).await;
    assert_eq!(after.frame().await.data["number"], MISSED);
    stack.finish().await;
}

/// Others ask Redis once for each client (mastodon/mastodon #605).
#[tokio::test]
async fn a_node_follows_a_channel_once_whatever_its_streams() {
    let stack = stack().await;
    let nodes = [node(&stack).await, node(&stack).await];
    let mut clients = Vec::new();
    for _ in 0..30 {
        for node in &nodes {
            clients.push(node.begun("?channels=tag:rust", "").await);
        }
    }
    let mut redis = stack.redis().await;
    let pattern = format!("{}*", stack.redis_prefix);
    let mut followed = redis::cmd("PUBSUB");
    followed.arg("SHARDCHANNELS").arg(pattern);
    let followed: Vec<String> = followed.query_async(&mut redis).await.unwrap();
    let mut count = redis::cmd("PUBSUB");
    count.arg("SHARDNUMSUB").arg(&followed);
    let count: Vec<(String, usize)> = count.query_async(&mut redis).await.unwrap();
    // One of each node.
    let [(_, 2)] = count.as_slice() else {
        panic!("{count:?}");
    };
    stack.finish().await;
}

/// At others a partition that hangs holds all others (aklivity/zilla #1628).
#[tokio::test]
async fn a_partition_that_waits_stops_no_other() {
    let stack = Stack::new().await;
    let _app = stack.start(nova_eventbridge::service).await;
    let windows = windows(&stack);
    let (author, reader) = (UserId::new(), UserId::new());
    stack.publish(&post(author, PostId::new())).await;
    let me = Channel::Me(author);
    kept(&windows, &me, 1).await;
    let pool = stack.database("eventbridge").await;
    let mut tx = pool.begin().await.unwrap();
    // Nothing can be decided about posts until this has ended.
    let lock = "LOCK TABLE posts IN ACCESS EXCLUSIVE MODE";
    sqlx::query(lock).execute(&mut *tx).await.unwrap();
    stack.publish(&post(author, PostId::new())).await;
    let update = FeedUpdated {
        user_id: reader.to_string(),
        change: FeedChange::Rebuilt.into(),
        ..FeedUpdated::default()
    };
    stack.publish(&update).await;
    kept(&windows, &Channel::Me(reader), 1).await;
    let mine = windows.read(std::slice::from_ref(&me), Since::Start).await;
    assert_eq!(mine.unwrap()[0].entries.len(), 1);
    tx.rollback().await.unwrap();
    kept(&windows, &me, 2).await;
    stack.finish().await;
}
