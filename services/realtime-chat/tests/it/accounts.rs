//! Who goes is not seen, and is erased when they go for good.

use nova_ids::UserId;
use nova_proto::identity::v1::{UserDeactivated, UserDeleted, UserReactivated};
use nova_testkit::eventually;
use serde_json::json;

use crate::stage::{Room, Stage};

#[tokio::test]
async fn who_is_deactivated_is_cut_off_and_hidden_until_they_are_back() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    room.say(&stage, ada, "hello").await;
    stage.kept(&room).await;
    let mut of_ada = stage.socket(1, ada).await;
    let gone = UserDeactivated {
        user_id: ada.to_string(),
        revision: 1,
        ..UserDeactivated::default()
    };
    stage.stack.publish(&gone).await;
    assert_eq!(of_ada.closed().await, Some(4001));
    let (_, told) = stage
        .resumed(0, bob, json!({ room.id.to_string(): 1 }))
        .await;
    assert_eq!(
        (&told[0]["position"], &told[0]["hidden"]),
        (&json!(2), &json!(true))
    );
    let back = UserReactivated {
        user_id: ada.to_string(),
        revision: 2,
        ..UserReactivated::default()
    };
    stage.stack.publish(&back).await;
    let pool = stage.stack.database("realtime-chat").await;
    eventually("they are back", async || {
        let hidden: bool = sqlx::query_scalar("SELECT hidden FROM accounts")
            .fetch_one(&pool)
            .await
            .unwrap();
        !hidden
    })
    .await;
    let (_, told) = stage
        .resumed(1, bob, json!({ room.id.to_string(): 1 }))
        .await;
    assert_eq!(told[0]["message"]["content"], "hello");
    pool.close().await;
    stage.finish().await;
}

#[tokio::test]
async fn who_is_deleted_is_erased_and_stays_so() {
    let stage = Stage::new(2).await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let mut room = Room::begin(&stage, &[ada, bob]).await;
    room.say(&stage, ada, "my secret").await;
    room.say(&stage, bob, "mine stays").await;
    stage.kept(&room).await;
    let mut of_ada = stage.socket(0, ada).await;
    let deleted = UserDeleted {
        user_id: ada.to_string(),
        revision: 5,
        ..UserDeleted::default()
    };
    stage.stack.publish(&deleted).await;
    assert_eq!(of_ada.closed().await, Some(4001));
    let pool = stage.stack.database("realtime-chat").await;
    eventually("everything is erased", async || {
        let left: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM members WHERE user_id = $1)
                  + (SELECT count(*) FROM changes WHERE sender_id = $1)
                  + (SELECT count(*) FROM erasures)",
        )
        .bind(ada.uuid())
        .fetch_one(&pool)
        .await
        .unwrap();
        (left == 0).then_some(()).ok_or(left)
    })
    .await;
    let mut redis = stage.stack.redis().await;
    eventually("Redis does not name them", async || {
        let pattern = format!("{}*{ada}*", stage.stack.redis_prefix);
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut redis)
            .await
            .unwrap();
        keys.is_empty().then_some(()).ok_or(keys)
    })
    .await;
    // What comes late is not kept, but for its place.
    room.say(&stage, ada, "from the grave").await;
    stage.kept(&room).await;
    let kept: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM changes WHERE position IN (2, 4) AND payload IS NOT NULL",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(kept, 0);
    let (_, told) = stage
        .resumed(1, bob, json!({ room.id.to_string(): 1 }))
        .await;
    let hidden: Vec<bool> = told[..3]
        .iter()
        .map(|told| told["hidden"] == true)
        .collect();
    assert_eq!(hidden, [true, false, true]);
    pool.close().await;
    stage.finish().await;
}
