//! What is told on a stream.

use nova_eventbridge::domain::{Channel, Loss, Reason};
use nova_ids::{PostId, UserId};
use nova_testkit::eventually;
use serde_json::json;
use time::OffsetDateTime;

use crate::streams_stage::{Client, Frame, HEARTBEAT, PATH, TYPE, node, stack, token_for};

#[tokio::test]
async fn a_stream_begins_with_ready_and_tells_each_event_once() {
    let stack = stack().await;
    let node = node(&stack).await;
    let user = UserId::new();
    let bearer = format!("Bearer {}", stack.token(user));
    let mut client = node.open("", &[("Authorization", &bearer)]).await;
    let header = |name: &str| client.headers.get(name).map(String::as_str);
    assert_eq!(header("content-type"), Some("text/event-stream"));
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("x-accel-buffering"), Some("no"));
    let ready = client.frame().await;
    let id = ready.id.clone().unwrap();
    assert!(id.len() <= 1_000 && id.chars().all(|one| one.is_ascii_graphic()));
    let expected = Frame {
        event: "ready".to_owned(),
        data: json!({ "resumed": false, "heartbeat_seconds": 1 }),
        id: Some(id),
        retry: Some(3_000),
    };
    assert_eq!(ready, expected);
    let me = Channel::Me(user);
    node.tell(&me, TYPE, 7);
    node.tell(&me, TYPE, 7);
    node.tell(&Channel::Me(UserId::new()), TYPE, 8);
    node.tell(&me, TYPE, 9);
    let first = client.frame().await;
    assert_eq!(
        (first.event.as_str(), &first.data["number"]),
        (TYPE, &json!(7))
    );
    let second = client.frame().await;
    assert_eq!(second.data["number"], 9);
    assert!(first.id.is_some() && first.id != second.id);
    stack.finish().await;
}

#[tokio::test]
async fn an_id_that_says_nothing_is_a_gap_and_no_error() {
    let stack = stack().await;
    let node = node(&stack).await;
    let token = stack.token(UserId::new());
    let bearer = format!("Bearer {token}");
    let mut other = node.begun("", &stack.token(UserId::new())).await;
    node.state.hub.set_live(false);
    node.state.hub.set_live(true);
    other.frame().await;
    let foreign = {
        let bearer = format!("Bearer {}", stack.token(UserId::new()));
        let mut theirs = node.open("", &[("Authorization", &bearer)]).await;
        theirs.frame().await.id.unwrap()
    };
    let long = "x".repeat(10_000);
    for id in [foreign.as_str(), "1", "a.b", &long, "\u{e9}"] {
        let headers = [("Authorization", bearer.as_str()), ("Last-Event-ID", id)];
        let mut client = node.open("", &headers).await;
        let ready = client.frame().await;
        assert_eq!(ready.data["resumed"], false);
        let gap = client.frame().await;
        assert_eq!(gap.event, "gap", "{id}");
        assert_eq!(gap.data["reason"], "unknown_id");
        assert_eq!(gap.data["channels"], json!(["me"]));
        // Its id goes on from there.
        let id = gap.id.unwrap();
        let headers = [("Authorization", bearer.as_str()), ("Last-Event-ID", &id)];
        let mut again = node.open("", &headers).await;
        assert_eq!(again.frame().await.data["resumed"], true);
    }
    let mut by_query = node
        .open("?last_event_id=a%00%0d%0ab", &[("Authorization", &bearer)])
        .await;
    by_query.frame().await;
    assert_eq!(by_query.frame().await.data["reason"], "unknown_id");
    stack.finish().await;
}

#[tokio::test]
async fn the_header_wins_and_an_empty_id_is_none() {
    let stack = stack().await;
    let node = node(&stack).await;
    let bearer = format!("Bearer {}", stack.token(UserId::new()));
    let mut first = node.open("", &[("Authorization", &bearer)]).await;
    let id = first.frame().await.id.unwrap();
    let headers = [("Authorization", bearer.as_str()), ("Last-Event-ID", &id)];
    let mut again = node.open("?last_event_id=nonsense", &headers).await;
    assert_eq!(again.frame().await.data["resumed"], true);
    let query = format!("?last_event_id={id}");
    let mut page = node.open(&query, &[("Authorization", &bearer)]).await;
    assert_eq!(page.frame().await.data["resumed"], true);
    let mut fresh = node
        .open("?last_event_id=", &[("Authorization", &bearer)])
        .await;
    assert_eq!(fresh.frame().await.data["resumed"], false);
    node.state.hub.set_live(false);
    assert_eq!(fresh.frame().await.event, "live");
    stack.finish().await;
}

#[tokio::test]
async fn only_wanted_types_and_open_channels_come_to_anybody() {
    let stack = stack().await;
    let node = node(&stack).await;
    let post = PostId::new();
    let query = format!("?channels=post:{post},tag:Rust&types=nova.content.*");
    let mut client = node.open(&query, &[]).await;
    client.frame().await;
    node.tell(&Channel::Post(post), TYPE, 1);
    node.tell(
        &Channel::tag("rust").unwrap(),
        "nova.content.v1.PostCreated",
        2,
    );
    let event = client.frame().await;
    assert_eq!(event.event, "nova.content.v1.PostCreated");
    stack.finish().await;
}

#[tokio::test]
async fn losses_and_outages_are_told_also_to_who_comes_later() {
    let stack = stack().await;
    let node = node(&stack).await;
    let token = stack.token(UserId::new());
    let bearer = format!("Bearer {token}");
    let mut client = node.open("", &[("Authorization", &bearer)]).await;
    let before = client.frame().await.id.unwrap();
    let now = OffsetDateTime::now_utc();
    node.state.hub.tell_loss(&Loss {
        number: 1,
        reason: Reason::Dropped,
        from: now,
        to: now,
    });
    let gap = client.frame().await;
    assert_eq!(gap.data["reason"], "dropped");
    node.state.hub.set_live(false);
    assert_eq!(client.frame().await.data, json!({ "live": false }));

    let headers = [
        ("Authorization", bearer.as_str()),
        ("Last-Event-ID", &before),
    ];
    let mut again = node.open("", &headers).await;
    let frames = [
        again.frame().await,
        again.frame().await,
        again.frame().await,
    ];
    assert_eq!(frames[0].data["resumed"], false);
    assert_eq!(frames[1].data, json!({ "live": false }));
    assert_eq!(frames[2].data["reason"], "dropped");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Last-Event-ID", gap.id.as_deref().unwrap()),
    ];
    let mut told = node.open("", &headers).await;
    assert_eq!(told.frame().await.data["resumed"], true);
    stack.finish().await;
}

#[tokio::test]
async fn a_heartbeat_comes_in_each_interval() {
    let stack = stack().await;
    let node = node(&stack).await;
    let mut client = node.begun("", &stack.token(UserId::new())).await;
    for _ in 0..3 {
        let beat = tokio::time::timeout(2 * HEARTBEAT, client.raw()).await;
        assert_eq!(beat.unwrap().unwrap(), ":");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let stack = stack().await;
    let node = node(&stack).await;
    let mut client = node.begun("", &token_for(&stack, UserId::new(), 2)).await;
    let rest = client.rest().await;
    assert!(rest[0].retry.is_some());
    assert_eq!(rest[1].event, "expired");
    assert_eq!(rest.len(), 2);
    eventually("it is gone", async || {
        let count = node.state.hub.count();
        (count == 0).then_some(()).ok_or(count)
    })
    .await;
    stack.finish().await;
}

#[tokio::test]
async fn a_node_that_stops_ends_its_streams_in_order() {
    let stack = stack().await;
    let node = node(&stack).await;
    let user = UserId::new();
    let token = stack.token(user);
    let (mut one, mut two) = (node.begun("", &token).await, node.begun("", &token).await);
    node.tell(&Channel::Me(user), TYPE, 1);
    let stopping = node.app.clone();
    let stopped = tokio::spawn(async move { stopping.stop().await });
    let mut retries = Vec::new();
    for client in [&mut one, &mut two] {
        let rest = client.rest().await;
        assert_eq!(rest.len(), 2, "{rest:?}");
        assert!(rest.iter().any(|frame| frame.event == TYPE));
        retries.extend(rest.iter().find_map(|frame| frame.retry));
    }
    assert_ne!(retries[0], retries[1]);
    stopped.await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn a_client_that_goes_leaves_nothing() {
    let stack = stack().await;
    let node = node(&stack).await;
    let client = node.begun("?channels=tag:a,tag:b", "").await;
    assert_eq!(node.state.hub.followed().len(), 2);
    drop(client);
    eventually("it is gone", async || {
        let left = (node.state.hub.count(), node.state.hub.followed());
        (left == (0, Vec::new())).then_some(()).ok_or(left)
    })
    .await;
    stack.finish().await;
}

#[tokio::test]
async fn over_http_2_it_is_the_same() {
    let stack = stack().await;
    let node = node(&stack).await;
    let user = UserId::new();
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = format!("{}{PATH}", node.app.base_url);
    let asked = client.get(&url).bearer_auth(stack.token(user)).send();
    let mut answer = asked.await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut text = String::new();
    let mut is_told = false;
    while !text.contains("\n:\n") {
        let chunk = answer.chunk().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        if !is_told && text.contains("event: ready") {
            is_told = true;
            node.tell(&Channel::Me(user), TYPE, 1);
        }
    }
    assert!(
        text.contains(&format!("event: {TYPE}\ndata: {{\"number\":1}}\nid: ")),
        "{text}"
    );
    let stopping = node.app.clone();
    let stopped = tokio::spawn(async move { stopping.stop().await });
    let mut rest = String::new();
    while let Some(chunk) = answer.chunk().await.unwrap() {
        rest.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(rest.contains("retry: "), "{rest}");
    stopped.await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn slow_clients_fare_as_they_have_asked() {
    let stack = stack().await;
    let node = node(&stack).await;
    let tag = Channel::tag("slow").unwrap();
    let mut clients = Vec::new();
    for slow in ["disconnect", "drop", "conflate"] {
        clients.push(
            node.begun(&format!("?channels=tag:slow&slow={slow}"), "")
                .await,
        );
    }
    // Faster than anybody is written to.
    for offset in 0..5_000 {
        node.tell(&tag, TYPE, offset);
    }
    let mut cut = clients.remove(0);
    assert!(cut.rest().await.len() < 5_000);
    let mut dropped = clients.remove(0);
    let (mut seen, mut missed) = (0, 0);
    while seen + missed < 5_000 {
        let frame = dropped.frame().await;
        if frame.event == "gap" {
            assert_eq!(frame.data["reason"], "slow");
            missed += frame.data["missed"].as_u64().unwrap();
        } else {
            seen += 1;
        }
    }
    assert!(missed > 0);
    let mut conflated = clients.remove(0);
    loop {
        let frame = conflated.frame().await;
        assert_eq!(frame.event, TYPE);
        if frame.data["number"] == 4_999 {
            break;
        }
    }
    stack.finish().await;
}

#[tokio::test]
async fn who_comes_back_to_another_node_misses_nothing_and_gets_nothing_twice() {
    let stack = stack().await;
    let nodes = [node(&stack).await, node(&stack).await];
    let user = UserId::new();
    let (me, post) = (Channel::Me(user), Channel::Post(PostId::new()));
    let bearer = format!("Bearer {}", stack.token(user));
    let query = format!("?channels=me,{post}");
    let numbers = async |client: &mut Client, count: usize| {
        let mut numbers = Vec::new();
        let mut id = None;
        for _ in 0..count {
            let frame = client.frame().await;
            assert_eq!(frame.event, TYPE);
            numbers.push(frame.data["number"].as_i64().unwrap());
            id = frame.id;
        }
        (numbers, id.unwrap())
    };
    nodes[0].publish(std::slice::from_ref(&me), 1).await;
    let mut client = nodes[0].open(&query, &[("Authorization", &bearer)]).await;
    client.frame().await;
    let both = [me.clone(), post.clone()];
    for offset in 2..5 {
        // What was done is done again.
        nodes[1].publish(&both, offset).await;
        nodes[0].publish(&both, offset).await;
    }
    let (seen, id) = numbers(&mut client, 3).await;
    assert_eq!(seen, [2, 3, 4]);
    drop(client);
    for offset in 5..8 {
        nodes[0].publish(&both, offset).await;
    }
    nodes[0].app.stop().await;
    let headers = [("Authorization", bearer.as_str()), ("Last-Event-ID", &id)];
    let mut again = nodes[1].open(&query, &headers).await;
    assert_eq!(again.frame().await.data["resumed"], true);
    nodes[1].publish(&[post], 8).await;
    assert_eq!(numbers(&mut again, 4).await.0, [5, 6, 7, 8]);
    stack.finish().await;
}

#[tokio::test]
async fn a_stream_opened_while_redis_is_away_begins_when_it_is_back() {
    let stack = stack().await;
    let node = node(&stack).await;
    node.state.windows.unsettle();
    let user = UserId::new();
    let bearer = format!("Bearer {}", stack.token(user));
    let mut client = node.open("", &[("Authorization", &bearer)]).await;
    assert_eq!(client.frame().await.data, json!({ "live": false }));
    assert_eq!(client.raw().await.unwrap(), ":");
    node.state.windows.begin(1, OffsetDateTime::UNIX_EPOCH);
    // The connection ended with the generation; the job that makes another is not here.
    let _pushes = node.state.windows.listen().await.unwrap();
    let frames = [
        client.frame().await,
        client.frame().await,
        client.frame().await,
    ];
    assert_eq!(frames[0].event, "ready");
    assert_eq!(frames[2].data, json!({ "live": true }));
    stack.finish().await;
}
