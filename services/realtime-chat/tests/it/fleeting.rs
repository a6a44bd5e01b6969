//! Typing and presence.

use nova_ids::UserId;
use nova_testkit::WebSocket;
use serde_json::{Value, json};

use crate::stage::{Room, Stage, pong};

async fn presence_of(socket: &mut WebSocket, user: UserId, state: &str) -> Value {
    loop {
        let told = socket.json_of("presence").await;
        assert_eq!(told["user_id"], user.to_string());
        if told["state"] == state {
            return told;
        }
    }
}

#[tokio::test]
async fn typing_is_shown_to_the_others_and_to_nobody_else() {
    let stage = Stage::new(2).await;
    let (ada, bob, eve) = (UserId::new(), UserId::new(), UserId::new());
    let room = Room::begin(&stage, &[ada, bob]).await;
    let mut of_ada = stage.socket(0, ada).await;
    let mut of_bob = stage.socket(1, bob).await;
    let mut of_eve = stage.socket(1, eve).await;
    let typing =
        |active: bool| json!({ "type": "typing", "conversation_id": room.id, "active": active });
    of_ada.send_json(&typing(true)).await;
    let told = of_bob.json().await;
    assert_eq!(
        told,
        json!({ "type": "typing", "conversation_id": room.id, "user_id": ada, "active": true })
    );
    of_ada.send_json(&typing(false)).await;
    assert_eq!(of_bob.json().await["active"], false);
    of_eve.send_json(&typing(true)).await;
    assert_eq!(of_eve.json().await["code"], "not_found");
    pong(&mut of_ada).await;
    pong(&mut of_bob).await;
    stage.finish().await;
}

#[tokio::test]
async fn presence_is_told_to_those_who_asked_and_share_a_conversation() {
    let stage = Stage::new(2).await;
    let (ada, bob, eve) = (UserId::new(), UserId::new(), UserId::new());
    Room::begin(&stage, &[ada, bob]).await;
    let mut of_ada = stage.socket(0, ada).await;
    let mut of_eve = stage.socket(0, eve).await;
    let subscribe = json!({ "type": "presence", "subscribe": [bob] });
    of_ada.send_json(&subscribe).await;
    of_eve.send_json(&subscribe).await;
    pong(&mut of_eve).await;
    let told = presence_of(&mut of_ada, bob, "offline").await;
    assert_eq!(told["since"], Value::Null);
    let of_bob = stage.socket(1, bob).await;
    let online = presence_of(&mut of_ada, bob, "online").await;
    assert!(online["since"].is_string(), "{online}");
    let second = stage.socket(0, bob).await;
    drop(of_bob);
    // Still there with the second, and gone with it.
    drop(second);
    let offline = presence_of(&mut of_ada, bob, "offline").await;
    assert!(offline["since"].is_string(), "{offline}");
    of_ada
        .send_json(&json!({ "type": "presence", "unsubscribe": [bob] }))
        .await;
    pong(&mut of_ada).await;
    pong(&mut of_eve).await;
    stage.finish().await;
}

/// Always online: stoatchat/for-web #680.
#[tokio::test]
async fn whose_node_is_killed_is_not_online_for_ever() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    Room::begin(&stage, &[ada, bob]).await;
    let mut of_ada = stage.socket(0, ada).await;
    let _of_bob = stage.socket(1, bob).await;
    of_ada
        .send_json(&json!({ "type": "presence", "subscribe": [bob] }))
        .await;
    presence_of(&mut of_ada, bob, "online").await;
    stage.nodes[1].kill().await;
    // Leases end by themselves.
    presence_of(&mut of_ada, bob, "offline").await;
    stage.finish().await;
}
