//! What was missed is told, in order, once, before anything live; what is not kept any more is named.

use std::collections::HashMap;
use std::time::Instant;

use nova_ids::UserId;
use nova_testkit::seed;
use prost::Message as _;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::stage::{Room, Stage, pong};

/// An edit that falls into the gap is told as well: stoatchat/stoatchat #941.
#[tokio::test]
async fn what_was_missed_is_told_on_whichever_node() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut message = room.say(&stage, ada, "one").await;
    room.edit(&stage, &mut message, "ONE").await;
    room.say(&stage, bob, "two").await;
    let mut new = Room::begin(&stage, &[ada, bob]).await;
    new.say(&stage, ada, "there").await;
    stage.kept(&new).await;
    stage.kept(&room).await;
    for node in 0..2 {
        let (mut socket, told) = stage
            .resumed(node, bob, json!({ room.id.to_string(): 2 }))
            .await;
        let places: Vec<(&Value, &Value)> = told
            .iter()
            .map(|told| (&told["conversation_id"], &told["position"]))
            .collect();
        let (this, that) = (json!(room.id), json!(new.id));
        let (three, four, first, second) = (json!(3), json!(4), json!(1), json!(2));
        // Conversations in the order of their ids.
        let nothing = Value::Null;
        assert_eq!(
            places,
            [
                (&this, &three),
                (&this, &four),
                (&that, &first),
                (&that, &second),
                (&nothing, &nothing),
            ]
        );
        assert_eq!(told[0]["type"], "edited");
        assert_eq!(told[2]["type"], "conversation");
        let resumed = told.last().unwrap();
        assert_eq!(resumed["gaps"], json!([]));
        let mut heads = resumed["conversations"].as_array().unwrap().clone();
        heads.sort_by_key(ToString::to_string);
        assert_eq!(
            heads,
            [
                json!({ "id": room.id, "position": 4 }),
                json!({ "id": new.id, "position": 2 })
            ]
        );
        pong(&mut socket).await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn positions_come_in_several_frames_and_may_be_ahead() {
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let mut one = Room::begin(&stage, &[ada]).await;
    let other = Room::begin(&stage, &[ada]).await;
    let mut socket = stage.greeted(0, ada).await;
    socket
        .send_json(
            &json!({ "type": "resume", "positions": { one.id.to_string(): 1 }, "more": true }),
        )
        .await;
    socket
        .send_json(&json!({ "type": "ping", "id": "x" }))
        .await;
    assert_eq!(socket.json().await["code"], "malformed_frame");
    socket
        .send_json(&json!({ "type": "resume", "positions": { other.id.to_string(): 2 } }))
        .await;
    let resumed = socket.json().await;
    assert_eq!(resumed["type"], "resumed", "{resumed}");
    one.say(&stage, ada, "next").await;
    let told = socket.json().await;
    assert_eq!(
        (&told["conversation_id"], &told["position"]),
        (&json!(one.id), &json!(2))
    );
    socket
        .send_json(&json!({ "type": "resume", "positions": {} }))
        .await;
    assert_eq!(socket.json().await["code"], "malformed_frame");
    stage.finish().await;
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_a_gap() {
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let mut room = Room::begin(&stage, &[ada]).await;
    for number in 0..4 {
        room.say(&stage, ada, &number.to_string()).await;
    }
    stage.kept(&room).await;
    let pool = stage.stack.database("realtime-chat").await;
    sqlx::query("DELETE FROM changes WHERE position <= 3")
        .execute(&pool)
        .await
        .unwrap();
    let (_, told) = stage
        .resumed(0, ada, json!({ room.id.to_string(): 1 }))
        .await;
    let positions: Vec<&Value> = told.iter().map(|told| &told["position"]).collect();
    assert_eq!(positions, [&json!(4), &json!(5), &Value::Null]);
    let gap = json!([{ "conversation_id": room.id, "from": 2, "to": 3 }]);
    assert_eq!(told[2]["gaps"], gap);
    pool.close().await;
    stage.finish().await;
}

#[tokio::test]
async fn resuming_while_others_talk_loses_and_doubles_nothing() {
    let stage = Stage::new(2).await;
    let mut random = StdRng::seed_from_u64(seed());
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    let mut at = 1;
    let mut open = None;
    for round in 0..12 {
        let count = random.random_range(1..20);
        for number in 0..count {
            room.say(&stage, ada, &format!("{round} {number}")).await;
        }
        if open.is_none() {
            let node = random.random_range(0..2);
            let mut socket = stage.greeted(node, bob).await;
            socket
                .send_json(&json!({ "type": "resume", "positions": { room.id.to_string(): at } }))
                .await;
            open = Some(socket);
        }
        let until = if round == 11 {
            room.position
        } else {
            random.random_range(at..=room.position)
        };
        let socket = open.as_mut().unwrap();
        while at < until {
            let told = socket.json().await;
            if told["type"] == "message" {
                at += 1;
                assert_eq!(told["position"], at, "{told}");
            }
        }
        if random.random_bool(0.7) {
            open = None;
        }
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_thousand_conversations_are_resumed() {
    const CONVERSATIONS: usize = 1_000;
    let stage = Stage::new(1).await;
    let ada = UserId::new();
    let mut room = Room::begin(&stage, &[ada]).await;
    let message = room.say(&stage, ada, "one of ten thousand").await;
    stage.kept(&room).await;
    let ids: Vec<Uuid> = (0..CONVERSATIONS).map(|_| Uuid::now_v7()).collect();
    let pool = stage.stack.database("realtime-chat").await;
    for sql in [
        "INSERT INTO conversations SELECT id, 11 FROM UNNEST($1::uuid[]) AS one(id)
         WHERE $2::uuid IS NOT NULL AND $3::bytea IS NOT NULL",
        "INSERT INTO members (conversation_id, user_id, joined_position, position)
         SELECT id, $2, 1, 1 FROM UNNEST($1::uuid[]) AS one(id) WHERE $3::bytea IS NOT NULL",
        "INSERT INTO changes (conversation_id, position, kind, sender_id, payload)
         SELECT id, position, 1, $2, $3
         FROM UNNEST($1::uuid[]) AS one(id), generate_series(1, 11) AS position",
    ] {
        sqlx::query(sql)
            .bind(&ids)
            .bind(ada.uuid())
            .bind(message.encode_to_vec())
            .execute(&pool)
            .await
            .unwrap();
    }
    let mut positions: Map<String, Value> =
        ids.iter().map(|id| (id.to_string(), json!(1))).collect();
    positions.insert(room.id.to_string(), json!(2));
    let mut socket = stage.greeted(0, ada).await;
    // They do not fit one frame.
    let began = Instant::now();
    let all: Vec<(String, Value)> = positions.into_iter().collect();
    for (number, some) in all.chunks(501).enumerate() {
        let some: Map<String, Value> = some.iter().cloned().collect();
        let resume = json!({ "type": "resume", "positions": some, "more": number == 0 });
        socket.send_json(&resume).await;
    }
    let mut at: HashMap<String, i64> = HashMap::new();
    loop {
        let told = socket.json().await;
        if told["type"] == "resumed" {
            assert_eq!(
                told["conversations"].as_array().unwrap().len(),
                CONVERSATIONS + 1
            );
            break;
        }
        let id = told["conversation_id"].as_str().unwrap().to_owned();
        let next = at.entry(id).or_insert(1);
        *next += 1;
        assert_eq!(told["position"], *next);
    }
    println!("{} changes in {:?}", at.len() * 10, began.elapsed());
    assert_eq!(at.len(), CONVERSATIONS);
    assert!(at.values().all(|at| *at == 11));
    pool.close().await;
    stage.finish().await;
}
