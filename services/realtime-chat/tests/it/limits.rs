//! How much one may, and for how long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nova_ids::{SessionId, UserId};
use nova_service::tokens::{AUDIENCE, Claims};
use nova_testkit::Stack;
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Room, Stage, pong};

/// A token that is good for so long.
fn token(stage: &Stage, user: UserId, life: Duration) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    stage.stack.sign(&Claims {
        sub: user,
        sid: SessionId::new(),
        iss: "nova".to_owned(),
        aud: AUDIENCE.to_owned(),
        iat: now,
        exp: now + life.as_secs(),
        jti: Uuid::now_v7(),
    })
}

#[tokio::test]
async fn the_21st_socket_is_one_too_many() {
    // On whichever nodes they are.
    let stage = Stage::new(2).await;
    let ada = UserId::new();
    let mut sockets = Vec::new();
    for number in 0..20 {
        sockets.push(stage.greeted(number % 2, ada).await);
    }
    let bearer = format!("Bearer {}", stage.stack.token(ada));
    let headers = [crate::stage::JSON, ("Authorization", bearer.as_str())];
    for node in &stage.nodes {
        let open = nova_testkit::WebSocket::open(&node.base_url, crate::stage::PATH, &headers);
        assert_eq!(open.await.unwrap().closed().await, Some(4013));
    }
    pong(&mut sockets[19]).await;
    // Somebody else is somebody else.
    pong(&mut stage.greeted(0, UserId::new()).await).await;
    // One that goes makes room, on the other node too.
    sockets.pop();
    let base = &stage.nodes[0].base_url;
    nova_testkit::eventually("there is room again", async || {
        let mut socket = nova_testkit::WebSocket::open(base, crate::stage::PATH, &headers)
            .await
            .unwrap();
        let first = socket.frame().await.unwrap();
        first.first == 0x81
    })
    .await;
    stage.finish().await;
}

#[tokio::test]
async fn without_redis_each_node_has_room_for_20() {
    // A port that nobody listens on.
    let stack = Stack::new().await.with("NOVA_REDIS", "redis://127.0.0.1:1");
    let stage = Stage::on(stack, 2).await;
    let ada = UserId::new();
    let mut sockets = Vec::new();
    for number in 0..40 {
        sockets.push(stage.greeted(number % 2, ada).await);
    }
    let bearer = format!("Bearer {}", stage.stack.token(ada));
    let headers = [crate::stage::JSON, ("Authorization", bearer.as_str())];
    let open =
        nova_testkit::WebSocket::open(&stage.nodes[1].base_url, crate::stage::PATH, &headers);
    assert_eq!(open.await.unwrap().closed().await, Some(4013));
    stage.finish().await;
}

#[tokio::test]
async fn who_is_too_fast_is_told_and_then_cut_off() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let stage = Stage::on(stack, 1).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut of_ada = stage.socket(0, ada).await;
    let mut of_bob = stage.socket(0, bob).await;
    let room = Room::begin(&stage, &[ada]).await;
    assert_eq!(of_ada.json().await["type"], "conversation");
    for _ in 0..300 {
        of_ada
            .send_json(&json!({ "type": "typing", "conversation_id": room.id, "active": true }))
            .await;
    }
    let error = of_ada.json_of("error").await;
    assert_eq!(error["code"], "too_many_requests");
    assert!(error["retry_after_ms"].as_u64().unwrap() >= 1);
    assert_eq!(of_ada.closed().await, Some(4029));
    pong(&mut of_bob).await;
    stage.finish().await;
}

#[tokio::test]
async fn who_takes_nothing_is_cut_off_and_resumes() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut stalled = stage.socket(0, bob).await;
    let mut quick = stage.socket(0, ada).await;
    let long = "x".repeat(3_900);
    // More than the kernel takes for a socket that nobody reads, and the backlog with it.
    let count = 3_000;
    for number in 0..count {
        room.say(&stage, ada, &format!("{number} {long}")).await;
        if number % 50 == 49 {
            for _ in 0..50 {
                assert_eq!(quick.json().await["type"], "message");
            }
        }
    }
    let mut at = 1;
    loop {
        let Some(frame) = stalled.frame().await else {
            break;
        };
        match frame.first {
            0x88 => {
                assert_eq!(frame.payload[..2], 4008_u16.to_be_bytes());
                break;
            }
            0x81 => {
                at += 1;
                let told: serde_json::Value = serde_json::from_slice(&frame.payload).unwrap();
                assert_eq!(told["position"], at);
            }
            _ => {}
        }
    }
    assert!(at < room.position, "it was not too slow: {at}");
    let (_, told) = stage
        .resumed(1, bob, json!({ room.id.to_string(): at }))
        .await;
    let positions: Vec<i64> = told
        .iter()
        .filter_map(|told| told["position"].as_i64())
        .collect();
    assert_eq!(positions, (at + 1..=room.position).collect::<Vec<i64>>());
    stage.finish().await;
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_or_ends_the_socket() {
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let short = token(&stage, ada, Duration::from_secs(4));
    let mut renewed = stage.greeted_with(0, ada, &short).await;
    let mut over = stage.greeted_with(0, ada, &short).await;
    for socket in [&mut renewed, &mut over] {
        let expiring = socket.json_of("expiring").await;
        assert!(
            (1..=4).contains(&expiring["seconds"].as_u64().unwrap()),
            "{expiring}"
        );
    }
    for wrong in ["x".to_owned(), stage.stack.token(UserId::new())] {
        renewed
            .send_json(&json!({ "type": "authenticate", "token": wrong }))
            .await;
        assert_eq!(renewed.json().await["code"], "invalid_token");
    }
    let token = stage.stack.token(ada);
    renewed
        .send_json(&json!({ "type": "authenticate", "token": token }))
        .await;
    assert_eq!(over.closed().await, Some(4001));
    pong(&mut renewed).await;
    stage.finish().await;
}
