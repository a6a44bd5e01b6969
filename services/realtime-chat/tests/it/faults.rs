//! Redis and nodes that go away: nothing is lost.

use nova_ids::UserId;
use nova_testkit::{Proxy, Stack};
use serde_json::{Value, json};

use crate::stage::{Room, Stage, pong, send};

/// Waits for these changes and nothing else.
async fn expect(socket: &mut nova_testkit::WebSocket, positions: std::ops::RangeInclusive<i64>) {
    for position in positions {
        let told = socket.json().await;
        assert_eq!(told["position"], position, "{told}");
    }
}

#[tokio::test]
async fn an_empty_redis_changes_nothing() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut sockets = [stage.socket(0, bob).await, stage.socket(1, bob).await];
    let mut redis = stage.stack.redis().await;
    for _ in 0..5 {
        let pattern = format!("{}*", stage.stack.redis_prefix);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut redis)
            .await
            .unwrap();
        if !keys.is_empty() {
            let unlinked = redis::cmd("UNLINK").arg(keys).exec_async(&mut redis).await;
            unlinked.unwrap();
        }
        let from = room.position + 1;
        room.say(&stage, ada, "all the same").await;
        room.say(&stage, ada, "and in order").await;
        for socket in &mut sockets {
            expect(socket, from..=room.position).await;
        }
    }
    stage.finish().await;
}

#[tokio::test]
async fn without_redis_nobody_misses_anything() {
    let stack = Stack::new().await;
    let env = stack.env();
    drop(env);
    let address = std::env::var("NOVA_TEST_REDIS").unwrap();
    let server = address
        .trim_start_matches("redis://")
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let proxy = Proxy::to(server).await;
    let stack = stack.with("NOVA_REDIS", &format!("redis://{}", proxy.address()));
    let stage = Stage::on(stack, 2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut sockets = vec![stage.socket(0, bob).await, stage.socket(1, bob).await];
    let mut sender = stage.socket(1, ada).await;
    for away in [Proxy::refuse as fn(&Proxy), Proxy::swallow] {
        away(&proxy);
        proxy.cut();
        let from = room.position + 1;
        let (id, frame) = send(&room, "without redis");
        sender.send_json(&frame).await;
        pong(&mut sender).await;
        room.say_as(&stage, ada, "without redis", &id.to_string())
            .await;
        for socket in &mut sockets {
            expect(socket, from..=room.position).await;
        }
        assert_eq!(sender.json().await["client_message_id"], id.to_string());
        // Who comes now comes in.
        let mut late = stage.socket(0, bob).await;
        room.say(&stage, ada, "still").await;
        for socket in sockets.iter_mut().chain([&mut late, &mut sender]) {
            expect(socket, room.position..=room.position).await;
        }
        proxy.cut();
        proxy.pass();
        room.say(&stage, ada, "with redis").await;
        for socket in sockets.iter_mut().chain([&mut sender]) {
            expect(socket, room.position..=room.position).await;
        }
    }
    stage.finish().await;
}

#[tokio::test]
async fn whose_node_is_killed_goes_on_at_another() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut of_bob = stage.socket(0, bob).await;
    let mut of_ada = stage.socket(1, ada).await;
    room.say(&stage, ada, "before").await;
    expect(&mut of_bob, 2..=2).await;
    expect(&mut of_ada, 2..=2).await;
    stage.nodes[0].kill().await;
    for _ in 0..5 {
        room.say(&stage, ada, "meanwhile").await;
    }
    let (mut of_bob, told) = stage
        .resumed(1, bob, json!({ room.id.to_string(): 2 }))
        .await;
    let mut at = 2 + i64::try_from(told.len()).unwrap() - 1;
    let positions: Vec<&Value> = told[..told.len() - 1]
        .iter()
        .map(|told| &told["position"])
        .collect();
    let expected: Vec<Value> = (3..=at).map(Value::from).collect();
    assert_eq!(positions, expected.iter().collect::<Vec<_>>());
    // The rest as the other node takes over what the first has consumed.
    while at < room.position {
        let told = of_bob.json().await;
        at += 1;
        assert_eq!(told["position"], at);
    }
    expect(&mut of_ada, 3..=room.position).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_node_that_stops_tells_each_socket_when_to_come_back() {
    let stack = Stack::new().await.with("NOVA_CHAT_SPREAD", "5s");
    let stage = Stage::on(stack, 1).await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(stage.socket(0, UserId::new()).await);
    }
    let node = stage.nodes[0].clone();
    let stopping = tokio::spawn(async move { node.stop().await });
    let mut times = Vec::new();
    for socket in &mut sockets {
        let going = socket.json_of("going_away").await;
        times.push(going["reconnect_after_ms"].as_u64().unwrap());
        assert_eq!(socket.closed().await, Some(1001));
    }
    drop(sockets);
    assert!(times.iter().all(|after| *after <= 5_000), "{times:?}");
    times.dedup();
    assert!(times.len() > 1, "they all come back at once: {times:?}");
    stopping.await.unwrap();
    stage.finish().await;
}

/// A socket that answered pings and got nothing is what a rival's users met: stoatchat/stoatchat #649.
#[tokio::test]
async fn each_node_shows_that_it_delivers() {
    let stage = Stage::new(2).await;
    for node in &stage.nodes {
        nova_testkit::eventually("canaries come", async || {
            let ready = node.get("/health/ready").await;
            let text = ready.text();
            (text.contains("realtime-chat.delivery") && text.contains("realtime-chat.redis"))
                .then_some(())
                .ok_or(text.to_owned())
        })
        .await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_postgres_that_falls_silent_loses_nothing() {
    let stack = Stack::new().await;
    let proxy = stack.proxy_postgres().await;
    let through = stack.postgres_through(&proxy);
    let stack = stack
        .with("NOVA_POSTGRES", &through)
        .with("NOVA_POSTGRES_TIMEOUT", "1s");
    let stage = Stage::on(stack, 2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut sockets = [stage.socket(0, bob).await, stage.socket(1, bob).await];
    for _ in 0..2 {
        proxy.swallow();
        let from = room.position + 1;
        for _ in 0..5 {
            room.say(&stage, ada, "into the silence").await;
        }
        // They stay, and are answered.
        for socket in &mut sockets {
            pong(socket).await;
        }
        proxy.cut();
        proxy.pass();
        for socket in &mut sockets {
            expect(socket, from..=room.position).await;
        }
    }
    stage.finish().await;
}
