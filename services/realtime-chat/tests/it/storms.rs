//! Many who go and come at once.

use futures::future::join_all;
use nova_ids::UserId;
use nova_testkit::{Proxy, WebSocket, eventually};
use serde_json::json;

use crate::stage::{JSON, PATH, Room, Stage, pong};

/// As many as come within a moment, on a machine that does other things as well.
const MANY: usize = 300;

/// A socket that comes through a proxy, and was greeted.
async fn through(stage: &Stage, proxy: &Proxy, user: UserId) -> WebSocket {
    let bearer = format!("Bearer {}", stage.stack.token(user));
    let headers = [JSON, ("Authorization", bearer.as_str())];
    let base = format!("http://{}", proxy.address());
    let mut socket = WebSocket::open(&base, PATH, &headers)
        .await
        .expect("it opens");
    assert_eq!(socket.json().await["type"], "hello");
    socket
}

async fn to(stage: &Stage) -> Proxy {
    let server = stage.nodes[0].base_url.trim_start_matches("http://");
    Proxy::to(server).await
}

/// Rivals' users were down after a proxy had restarted, for all came back at once: RocketChat/Rocket.Chat #21182.
#[tokio::test]
async fn after_a_proxy_has_restarted_all_are_back_and_have_missed_nothing() {
    let stage = Stage::new(1).await;
    let users: Vec<UserId> = (0..MANY).map(|_| UserId::new()).collect();
    let mut room = Room::begin(&stage, &users).await;
    let proxy = to(&stage).await;
    let mut sockets = join_all(users.iter().map(|user| through(&stage, &proxy, *user))).await;
    join_all(sockets.iter_mut().map(pong)).await;
    room.say(&stage, users[0], "before").await;
    for told in join_all(sockets.iter_mut().map(WebSocket::json)).await {
        assert_eq!(told["position"], 2);
    }
    for _ in 0..3 {
        let at = room.position;
        proxy.refuse();
        proxy.cut();
        for socket in &mut sockets {
            assert_eq!(socket.closed().await, None);
        }
        room.say(&stage, users[0], "meanwhile").await;
        stage.kept(&room).await;
        proxy.pass();
        sockets = join_all(users.iter().map(async |user| {
            let mut socket = through(&stage, &proxy, *user).await;
            let positions = json!({ room.id.to_string(): at });
            socket
                .send_json(&json!({ "type": "resume", "positions": positions }))
                .await;
            assert_eq!(socket.json().await["position"], at + 1);
            assert_eq!(socket.json().await["type"], "resumed");
            socket
        }))
        .await;
        room.say(&stage, users[0], "after").await;
        for told in join_all(sockets.iter_mut().map(WebSocket::json)).await {
            assert_eq!(told["position"], at + 2);
        }
    }
    stage.finish().await;
}

/// A rival that let many go let nobody in meanwhile: sockudo/sockudo #56.
#[tokio::test]
async fn while_many_are_cut_off_others_come_in_and_none_is_left_over() {
    let stage = Stage::new(1).await;
    let proxy = to(&stage).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut of_bob = stage.socket(0, bob).await;
    let mut gone = vec![ada.to_string()];
    for _ in 0..3 {
        let users: Vec<UserId> = (0..MANY).map(|_| UserId::new()).collect();
        let sockets = join_all(users.iter().map(|user| through(&stage, &proxy, *user))).await;
        proxy.cut();
        let mut of_ada = stage.socket(0, ada).await;
        room.say(&stage, ada, "all the same").await;
        for socket in [&mut of_ada, &mut of_bob] {
            assert_eq!(socket.json().await["position"], room.position);
        }
        gone.extend(users.iter().map(ToString::to_string));
        drop((sockets, of_ada));
    }
    // Leases of whoever is still held would be renewed for ever.
    let mut redis = stage.stack.redis().await;
    eventually("only bob is left", async || {
        let pattern = format!("{}*:sockets:*", stage.stack.redis_prefix);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut redis)
            .await
            .unwrap();
        let of_users = keys
            .iter()
            .filter(|key| gone.iter().any(|user| key.contains(user)));
        let left = of_users.count();
        (left == 0).then_some(()).ok_or(left)
    })
    .await;
    pong(&mut of_bob).await;
    stage.finish().await;
}
