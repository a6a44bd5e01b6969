//! The same streams over gRPC.

use std::time::Duration;

use nova_eventbridge::domain::Channel;
use nova_ids::UserId;
use nova_proto::eventbridge::v1::event_bridge_service_client::EventBridgeServiceClient;
use nova_proto::eventbridge::v1::{Slow, SubscribeRequest, SubscribeResponse};
use nova_testkit::eventually;
use serde_json::Value;
use tonic::transport::{Channel as Connection, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::streams_stage::{Node, TYPE, node, stack, token_for};

type Client = EventBridgeServiceClient<Connection>;

async fn client(node: &Node) -> Client {
    let endpoint = Connection::from_shared(node.app.base_url.clone()).unwrap();
    connect(endpoint).await
}

async fn connect(endpoint: Endpoint) -> Client {
    EventBridgeServiceClient::new(endpoint.connect().await.unwrap())
}

fn to(channels: &[&str]) -> SubscribeRequest {
    SubscribeRequest {
        channels: channels.iter().map(|one| (*one).to_owned()).collect(),
        ..SubscribeRequest::default()
    }
}

async fn subscribe(
    client: &mut Client,
    asked: SubscribeRequest,
    token: &str,
) -> Result<Streaming<SubscribeResponse>, Status> {
    let mut request = Request::new(asked);
    if !token.is_empty() {
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
    }
    Ok(client.subscribe(request).await?.into_inner())
}

/// The next message, past heartbeats; none at the end.
async fn next(stream: &mut Streaming<SubscribeResponse>) -> Option<SubscribeResponse> {
    loop {
        let told = tokio::time::timeout(Duration::from_secs(20), stream.message());
        let message = told.await.expect("in time").unwrap()?;
        if message.event != "heartbeat" {
            return Some(message);
        }
    }
}

async fn told(stream: &mut Streaming<SubscribeResponse>) -> SubscribeResponse {
    next(stream).await.expect("a message")
}

fn data(message: &SubscribeResponse) -> Value {
    serde_json::from_str(&message.data).unwrap()
}

#[tokio::test]
async fn a_client_goes_on_where_it_was() {
    let stack = stack().await;
    let node = node(&stack).await;
    let user = UserId::new();
    let (me, token) = (Channel::Me(user), stack.token(user));
    let mut client = client(&node).await;
    let mut stream = subscribe(&mut client, to(&[]), &token).await.unwrap();
    let ready = told(&mut stream).await;
    assert_eq!(
        (ready.event.as_str(), ready.retry_millis),
        ("ready", Some(3_000))
    );
    assert_eq!(data(&ready)["resumed"], false);
    node.publish(std::slice::from_ref(&me), 7).await;
    let first = told(&mut stream).await;
    assert_eq!(
        (first.event.as_str(), &data(&first)["number"]),
        (TYPE, &7.into())
    );
    drop(stream);
    node.publish(std::slice::from_ref(&me), 8).await;
    node.publish(&[me], 9).await;
    let again = SubscribeRequest {
        types: vec!["nova.feed.*".to_owned()],
        last_event_id: first.id.unwrap(),
        ..to(&["me"])
    };
    let mut stream = subscribe(&mut client, again, &token).await.unwrap();
    assert_eq!(data(&told(&mut stream).await)["resumed"], true);
    for number in [8, 9] {
        let event = told(&mut stream).await;
        assert_eq!(data(&event)["number"], number);
        assert!(event.id.is_some());
    }
    // What a client brings that says nothing is a gap, as over HTTP.
    let foreign = SubscribeRequest {
        last_event_id: "x".repeat(10_000),
        ..to(&[])
    };
    let mut stream = subscribe(&mut client, foreign, &token).await.unwrap();
    assert_eq!(told(&mut stream).await.event, "ready");
    let gap = told(&mut stream).await;
    assert_eq!(
        (gap.event.as_str(), &data(&gap)["reason"]),
        ("gap", &"unknown_id".into())
    );
    let heartbeat = stream.message().await.unwrap().unwrap();
    assert_eq!(
        (heartbeat.event.as_str(), heartbeat.id),
        ("heartbeat", None)
    );
    node.state.hub.set_live(false);
    assert_eq!(told(&mut stream).await.data, r#"{"live":false}"#);
    stack.finish().await;
}

#[tokio::test]
async fn what_cannot_pass_is_refused_as_over_http() {
    let stack = stack().await;
    let node = node(&stack).await;
    let token = stack.token(UserId::new());
    let mut client = client(&node).await;
    let slow = SubscribeRequest {
        slow: 9,
        ..SubscribeRequest::default()
    };
    let types = SubscribeRequest {
        types: vec!["a*".to_owned()],
        ..SubscribeRequest::default()
    };
    let node_of_ours = format!("node:{}", node.state.own_channel.node());
    for (asked, field) in [
        (to(&["tag:a"; 21]), "channels"),
        (to(&["tag:a,tag:b"]), "channels"),
        (to(&[&node_of_ours]), "channels"),
        (types, "types"),
        (slow, "slow"),
    ] {
        let refused = subscribe(&mut client, asked, &token).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let details = refused.get_error_details();
        let wrong = &details.bad_request().unwrap().field_violations;
        assert_eq!((wrong.len(), wrong[0].field.as_str()), (1, field));
    }
    for token in ["", "x"] {
        let refused = subscribe(&mut client, to(&["me", "tag:a"]), token).await;
        assert_eq!(
            refused.unwrap_err().code(),
            Code::Unauthenticated,
            "{token}"
        );
    }
    // What is open to everybody needs no token.
    let mut open = subscribe(&mut client, to(&["tag:a"]), "").await.unwrap();
    assert_eq!(told(&mut open).await.event, "ready");
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(subscribe(&mut client, to(&[]), &token).await.unwrap());
    }
    let refused = subscribe(&mut client, to(&[]), &token).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    // Who goes leaves their place.
    streams.pop();
    eventually("there is a place", async || {
        subscribe(&mut client, to(&[]), &token).await.is_ok()
    })
    .await;
    stack.finish().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_its_node() {
    let stack = stack().await;
    let node = node(&stack).await;
    let mut client = client(&node).await;
    let short = token_for(&stack, UserId::new(), 2);
    let mut stream = subscribe(&mut client, to(&[]), &short).await.unwrap();
    assert_eq!(told(&mut stream).await.event, "ready");
    let retry = told(&mut stream).await;
    assert!(
        retry.event.is_empty() && retry.retry_millis.is_some(),
        "{retry:?}"
    );
    assert_eq!(told(&mut stream).await.event, "expired");
    assert_eq!(next(&mut stream).await, None);
    let mut stream = subscribe(&mut client, to(&["tag:a"]), "").await.unwrap();
    assert_eq!(told(&mut stream).await.event, "ready");
    let (stopped, last) = tokio::join!(node.app.stop(), async {
        let last = told(&mut stream).await;
        assert_eq!(next(&mut stream).await, None);
        last
    });
    let () = stopped;
    assert!(last.retry_millis.is_some(), "{last:?}");
    stack.finish().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_too_slow_and_loses_its_place() {
    let stack = stack().await;
    let node = node(&stack).await;
    let tag = Channel::Tag("a".to_owned());
    // It lets this much come, and reads none of it.
    let endpoint = Connection::from_shared(node.app.base_url.clone()).unwrap();
    let mut client = connect(endpoint.initial_stream_window_size(1_024)).await;
    let asked = SubscribeRequest {
        slow: Slow::Disconnect.into(),
        ..to(&["tag:a"])
    };
    let stream = subscribe(&mut client, asked, "").await.unwrap();
    let mut offset = 0;
    eventually("its place is free", async || {
        for _ in 0..100 {
            offset += 1;
            node.tell(&tag, TYPE, offset);
        }
        node.state.hub.count() == 0
    })
    .await;
    drop(stream);
    stack.finish().await;
}
