//! Who may no longer see what they were told, or would have been: by posts that are not public any more, by blocks, and by
//! accounts that are gone.

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostUpdated};
use nova_proto::identity::v1::{
    UserBlocked, UserDeactivated, UserDeleted, UserReactivated, UserUnblocked,
};
use nova_testkit::{App, Stack, eventually};

use crate::streams_stage::{Client, Frame};

fn created(author: UserId, id: PostId) -> PostCreated {
    PostCreated {
        post_id: id.to_string(),
        user_id: author.to_string(),
        content: "hello".to_owned(),
        visibility: 1,
        tags: vec!["Rust".to_owned()],
        revision: 1,
        ..PostCreated::default()
    }
}

async fn open(app: &App, channels: &str, token: Option<&str>, id: Option<&str>) -> Client {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = Vec::new();
    headers.extend(
        bearer
            .iter()
            .map(|bearer| ("Authorization", bearer.as_str())),
    );
    headers.extend(id.iter().map(|id| ("Last-Event-ID", *id)));
    let query = format!("?channels={channels}");
    let client = Client::open(&app.base_url, &query, &headers).await;
    assert_eq!(client.status, 200);
    client
}

/// The next event. Whether anything can arrive, and when to come back, may be told between.
async fn event(client: &mut Client) -> Frame {
    loop {
        let frame = client.frame().await;
        if frame.event != "live" && !frame.event.is_empty() {
            return frame;
        }
    }
}

async fn post_of(client: &mut Client) -> String {
    let frame = event(client).await;
    frame.data["data"]["post_id"].as_str().unwrap().to_owned()
}

/// Waits until what the query counts is there.
async fn until(pool: &sqlx::PgPool, query: &'static str, user: UserId) {
    eventually(query, async || {
        let found = sqlx::query_scalar::<_, bool>(query).bind(user.uuid());
        found.fetch_optional(pool).await.unwrap() == Some(true)
    })
    .await;
}

#[tokio::test]
async fn a_post_that_is_private_by_now_is_not_told_again() {
    let stack = Stack::new().await;
    let app = stack.start(nova_eventbridge::service).await;
    let (author, id) = (UserId::new(), PostId::new());
    let channels = [
        format!("user:{author}"),
        format!("post:{id}"),
        "tag:rust".to_owned(),
    ];
    let mut ids = Vec::new();
    let mut streams = Vec::new();
    for channel in &channels {
        let mut stream = open(&app, channel, None, None).await;
        ids.push(event(&mut stream).await.id.unwrap());
        streams.push(stream);
    }
    let token = stack.token(author);
    let mut own = open(&app, "me", Some(&token), None).await;
    let own_id = event(&mut own).await.id.unwrap();
    stack.publish(&created(author, id)).await;
    for stream in &mut streams {
        assert_eq!(post_of(stream).await, id.to_string());
    }
    assert_eq!(post_of(&mut own).await, id.to_string());
    let private = PostUpdated {
        post_id: id.to_string(),
        user_id: author.to_string(),
        content: Some("secret".to_owned()),
        visibility: 2,
        revision: 2,
        ..PostUpdated::default()
    };
    stack.publish(&private).await;
    let gone = event(&mut streams[1]).await;
    assert_eq!(
        gone.data["data"],
        serde_json::json!({ "post_id": id.to_string(), "revision": 2 })
    );
    assert_eq!(post_of(&mut own).await, id.to_string());
    // Who comes back to where they were before is told of the departure alone; the author of everything.
    let mut posts = open(&app, &channels[1], None, Some(&ids[1])).await;
    assert_eq!(event(&mut posts).await.data["resumed"], true);
    assert_eq!(event(&mut posts).await.data["data"], gone.data["data"]);
    let mut own = open(&app, "me", Some(&token), Some(&own_id)).await;
    assert_eq!(event(&mut own).await.data["resumed"], true);
    assert_eq!(event(&mut own).await.data["data"]["content"], "hello");
    assert_eq!(event(&mut own).await.data["data"]["content"], "secret");
    let other = created(author, PostId::new());
    for channel in [0, 2] {
        let mut stream = open(&app, &channels[channel], None, Some(&ids[channel])).await;
        assert_eq!(event(&mut stream).await.data["resumed"], true);
        streams.push(stream);
    }
    stack.publish(&other).await;
    for stream in &mut streams[3..] {
        assert_eq!(post_of(stream).await, other.post_id);
    }
    stack.finish().await;
}

#[tokio::test]
async fn who_is_in_a_block_is_told_nothing_on_any_channel() {
    let stack = Stack::new().await;
    let app = stack.start(nova_eventbridge::service).await;
    let (author, viewer, other) = (UserId::new(), UserId::new(), UserId::new());
    let block = |user: UserId, blocked: UserId| UserBlocked {
        user_id: user.to_string(),
        blocked_user_id: blocked.to_string(),
        revision: 1,
        ..UserBlocked::default()
    };
    let channels = format!("user:{author},user:{other},me");
    let pool = stack.database("eventbridge").await;
    for (user, blocked) in [(viewer, author), (author, UserId::new())] {
        let seer = if user == viewer { viewer } else { blocked };
        let token = stack.token(seer);
        let mut stream = open(&app, &channels, Some(&token), None).await;
        let ready = event(&mut stream).await.id.unwrap();
        let seen = created(author, PostId::new());
        stack.publish(&seen).await;
        assert_eq!(post_of(&mut stream).await, seen.post_id);
        stack.publish(&block(user, blocked)).await;
        let query = "SELECT EXISTS (SELECT FROM blocks WHERE active AND user_id = $1)";
        until(&pool, query, user).await;
        // Until the block is known here, others' posts say that time has passed.
        eventually("the block is known", async || {
            let hidden = created(author, PostId::new());
            let marker = created(other, PostId::new());
            stack.publish(&hidden).await;
            stack.publish(&marker).await;
            let mut is_hidden = true;
            loop {
                let told = post_of(&mut stream).await;
                if told == marker.post_id {
                    // It may be on its way in another partition.
                    break;
                }
                is_hidden = false;
            }
            is_hidden
        })
        .await;
        // Nor is what was before: they do not see each other's posts any more.
        let mut again = open(&app, &channels, Some(&token), Some(&ready)).await;
        assert_eq!(event(&mut again).await.data["resumed"], true);
        let marker = created(other, PostId::new());
        stack.publish(&marker).await;
        loop {
            let frame = event(&mut again).await;
            assert_eq!(frame.data["data"]["user_id"], other.to_string());
            if frame.data["data"]["post_id"] == marker.post_id {
                break;
            }
        }
        let unblock = UserUnblocked {
            user_id: user.to_string(),
            blocked_user_id: blocked.to_string(),
            revision: 2,
            ..UserUnblocked::default()
        };
        stack.publish(&unblock).await;
        eventually("the block is over", async || {
            let shown = created(author, PostId::new());
            let marker = created(other, PostId::new());
            stack.publish(&shown).await;
            stack.publish(&marker).await;
            let mut is_shown = false;
            loop {
                let told = post_of(&mut again).await;
                if told == marker.post_id {
                    return is_shown;
                }
                is_shown |= told == shown.post_id;
            }
        })
        .await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn who_is_gone_is_shown_to_nobody_and_told_nothing() {
    let stack = Stack::new().await;
    let app = stack.start(nova_eventbridge::service).await;
    let author = UserId::new();
    let channel = format!("user:{author}");
    let mut stream = open(&app, &channel, None, None).await;
    let ready = event(&mut stream).await.id.unwrap();
    let seen = created(author, PostId::new());
    stack.publish(&seen).await;
    assert_eq!(post_of(&mut stream).await, seen.post_id);
    let token = stack.token(author);
    let mut own = open(&app, "me", Some(&token), None).await;
    event(&mut own).await;
    let deactivated = UserDeactivated {
        user_id: author.to_string(),
        revision: 1,
        ..UserDeactivated::default()
    };
    stack.publish(&deactivated).await;
    assert_eq!(event(&mut own).await.event, "expired");
    assert_eq!(own.rest().await.len(), 0);
    // While they are away nothing of them is told, whether it was before or is new.
    let meanwhile = created(author, PostId::new());
    stack.publish(&meanwhile).await;
    let pool = stack.database("eventbridge").await;
    let query = "SELECT count(*) = 2 FROM posts WHERE $1 IS NOT NULL";
    until(&pool, query, author).await;
    let mut again = open(&app, &channel, None, Some(&ready)).await;
    assert_eq!(event(&mut again).await.data["resumed"], true);
    let reactivated = UserReactivated {
        user_id: author.to_string(),
        revision: 2,
        ..UserReactivated::default()
    };
    stack.publish(&reactivated).await;
    let query = "SELECT NOT hidden FROM accounts WHERE user_id = $1";
    until(&pool, query, author).await;
    let back = created(author, PostId::new());
    stack.publish(&back).await;
    assert_eq!(post_of(&mut again).await, back.post_id);
    // What was before they went is there again.
    let mut again = open(&app, &channel, None, Some(&ready)).await;
    assert_eq!(event(&mut again).await.data["resumed"], true);
    assert_eq!(post_of(&mut again).await, seen.post_id);
    assert_eq!(post_of(&mut again).await, back.post_id);
    stack.finish().await;
}

#[tokio::test]
async fn who_is_erased_leaves_nothing_behind() {
    let stack = Stack::new().await;
    let app = stack.start(nova_eventbridge::service).await;
    let (author, friend) = (UserId::new(), UserId::new());
    let block = UserBlocked {
        user_id: author.to_string(),
        blocked_user_id: friend.to_string(),
        revision: 1,
        ..UserBlocked::default()
    };
    stack.publish(&block).await;
    let channel = format!("user:{author}");
    let mut stream = open(&app, &channel, None, None).await;
    let ready = event(&mut stream).await.id.unwrap();
    let seen = created(author, PostId::new());
    stack.publish(&seen).await;
    assert_eq!(post_of(&mut stream).await, seen.post_id);
    let pool = stack.database("eventbridge").await;
    let deleted = UserDeleted {
        user_id: author.to_string(),
        revision: 2,
        ..UserDeleted::default()
    };
    stack.publish(&deleted).await;
    let query =
        "SELECT erased AND NOT EXISTS (SELECT FROM erasures) AND NOT EXISTS (SELECT FROM blocks)
                 FROM accounts WHERE user_id = $1";
    until(&pool, query, author).await;
    let mut redis = stack.redis().await;
    let pattern = format!("{}*:{author}}}*", stack.redis_prefix);
    let left: Vec<String> = redis::cmd("KEYS")
        .arg(pattern)
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(left, [""; 0]);
    // What is kept elsewhere, and what comes late, is for nobody.
    let channels = format!("user:{author},tag:rust");
    let mut tagged = open(&app, "tag:rust", None, None).await;
    event(&mut tagged).await;
    let mut again = open(&app, &channels, None, Some(&ready)).await;
    assert_eq!(event(&mut again).await.data["resumed"], false);
    stack.publish(&created(author, PostId::new())).await;
    let query = "SELECT count(*) = 2 FROM posts WHERE $1 IS NOT NULL";
    until(&pool, query, author).await;
    let other = created(friend, PostId::new());
    stack.publish(&other).await;
    assert_eq!(post_of(&mut tagged).await, other.post_id);
    stack.finish().await;
}
