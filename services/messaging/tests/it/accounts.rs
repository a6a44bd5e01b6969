//! What becomes of what is said by those who leave.

use nova_proto::identity::v1::{UserDeactivated, UserDeleted, UserReactivated};
use nova_proto::messaging::v1::{ConversationUpdated, MessageDeleted, MessageReacted};
use nova_testkit::eventually;
use serde_json::{Value, json};

use crate::messaging::{Messaging, User, last_of, message_path};

fn deleted(user: &User, revision: i64) -> UserDeleted {
    UserDeleted {
        user_id: user.id.to_string(),
        deleted_at: None,
        revision,
    }
}

#[tokio::test]
async fn nobody_sees_who_is_gone_until_they_are_back() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben]).await;
    nova.say(&ben, &group, "by ben").await;
    let gone = UserDeactivated {
        user_id: ben.id.to_string(),
        deactivated_at: None,
        kept_until: None,
        revision: 1,
    };
    nova.stack.publish(&gone).await;
    eventually("he is hidden", async || {
        nova.texts(&ada, &group).await.is_empty()
    })
    .await;
    let seen = nova.get(&ada, &group).await.expect(200);
    assert_eq!(
        (
            seen["members"].as_array().unwrap().len(),
            &seen["last_message"]
        ),
        (1, &Value::Null)
    );
    // With an access token from before nothing is opened.
    for path in [
        "/v1/conversations".to_owned(),
        group.clone(),
        format!("{group}/messages"),
    ] {
        nova.get(&ben, &path).await.problem(401, "invalid_token");
    }
    let say = json!({ "content": "x" });
    nova.post(&ben, &format!("{group}/messages"), say)
        .await
        .problem(401, "invalid_token");
    let open = json!({ "type": "GROUP", "member_ids": [] });
    nova.open(&ben, open).await.problem(401, "invalid_token");
    let open = json!({ "type": "DIRECT", "member_ids": [ben.id] });
    nova.open(&ada, open).await.problem(404, "not_found");
    let back = UserReactivated {
        user_id: ben.id.to_string(),
        reactivated_at: None,
        revision: 2,
    };
    nova.stack.publish(&back).await;
    eventually("he is back", async || {
        nova.texts(&ada, &group).await == ["by ben"]
    })
    .await;
    nova.hide(&ben, true, 1).await;
    assert_eq!(nova.texts(&ben, &group).await, ["by ben"]);
    nova.finish().await;
}

/// More messages than are taken at a time, in several conversations; reactions; the ownership of a group.
#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, of which each step stands on those before"
)]
async fn of_who_is_gone_for_good_places_are_left_and_members_are_told() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ben, &[&ada, &third]).await;
    let direct = nova.direct(&ben, &ada).await;
    let of_ada = nova.say(&ada, &group, "hers").await;
    for number in 0..130 {
        let body = json!({ "content": format!("his {number}"), "client_message_id": uuid::Uuid::now_v7() });
        nova.post(&ben, &format!("{group}/messages"), body)
            .await
            .expect(201);
    }
    let last = nova.say(&ben, &direct, "his, too").await;
    nova.delete(&ben, &message_path(&last)).await.expect(204);
    nova.say(&ben, &direct, "another").await;
    for emoji in ["👍", "🎉"] {
        let react = format!("{}/reactions/{emoji}", message_path(&of_ada));
        nova.put(&ben, &react, json!({})).await.expect(204);
    }
    let react = format!("{}/reactions/👍", message_path(&of_ada));
    nova.put(&third, &react, json!({})).await.expect(204);
    nova.block(&ben, &third, true, 1).await;
    nova.put(&ada, &format!("{group}/read"), json!({ "sequence": 100 }))
        .await
        .expect(204);

    nova.stack.publish(&deleted(&ben, 1)).await;
    eventually("nothing is left", async || {
        let left: Vec<String> = sqlx::query_scalar(
            "SELECT 'departures' FROM departures
             UNION ALL SELECT 'erasures' FROM erasures
             UNION ALL SELECT 'messages' FROM messages WHERE sender_id = $1 OR content LIKE 'his%'
             UNION ALL SELECT 'reactions' FROM reactions WHERE user_id = $1
             UNION ALL SELECT 'members' FROM members WHERE user_id = $1
             UNION ALL SELECT 'sends' FROM sends WHERE user_id = $1
             UNION ALL SELECT 'pairs' FROM pairs WHERE $1 IN (user_id, other_id)
             UNION ALL SELECT 'blocks' FROM blocks WHERE $1 IN (user_id, other_id)
             UNION ALL SELECT 'idempotency_keys' FROM idempotency_keys WHERE owner = $1
             UNION ALL SELECT 'outbox' FROM outbox",
        )
        .bind(ben.id.uuid())
        .fetch_all(&nova.pool)
        .await
        .unwrap();
        if left.is_empty() {
            Ok(())
        } else {
            Err((left.len(), left.last().cloned()))
        }
    })
    .await;
    let seen = nova.messages(&ada, &direct).await;
    assert_eq!(seen.len(), 2);
    assert!(
        seen.iter()
            .all(|one| one["sender_id"].is_null() && one["content"].is_null())
    );
    let seen = nova.messages(&third, &group).await;
    assert!(seen[1..].iter().all(|one| one["deleted_at"].is_string()));
    let first = nova
        .get(&third, &format!("{group}/messages?around=1&limit=1"))
        .await
        .expect(200);
    let reactions = json!([{ "emoji": "👍", "count": 1, "mine": true }]);
    assert_eq!(first["items"][0]["reactions"], reactions);
    // The one who is left longest owns it.
    let whole = nova.get(&third, &group).await.expect(200);
    let owners: Vec<&Value> = whole["members"].as_array().unwrap().iter().collect();
    assert_eq!(owners.len(), 2);
    assert_eq!(
        owners.iter().filter(|one| one["role"] == "OWNER").count(),
        1
    );
    // Each step had a position of its own, and was told.
    let id = last_of(&group);
    let told = nova.published::<MessageDeleted>().await;
    let gone: Vec<_> = told.iter().filter(|told| told.key == id).collect();
    assert_eq!(gone.len(), 130);
    assert!(
        gone.iter()
            .all(|told| told.event.message.as_ref().unwrap().sender_id.is_empty())
    );
    let mut positions: Vec<i64> = gone.iter().map(|told| told.event.position).collect();
    let reacted = nova.published::<MessageReacted>().await;
    let reacted = reacted
        .iter()
        .filter(|told| told.key == id && told.event.removed);
    positions.extend(reacted.map(|told| told.event.position));
    let updated = nova.published::<ConversationUpdated>().await;
    let updated: Vec<_> = updated.iter().filter(|told| told.key == id).collect();
    assert_eq!(updated[0].event.removed_user_ids, [ben.id.to_string()]);
    positions.extend(updated.iter().map(|told| told.event.position));
    positions.sort_unstable();
    // 1 for the creation, 131 messages and 3 reactions came before.
    assert_eq!(positions, (136..=268).collect::<Vec<_>>());
    assert_eq!(whole["position"], 268);
    // With a token from before nothing begins anew, and what comes late brings nothing back.
    let late = json!({ "type": "GROUP", "member_ids": [] });
    nova.open(&ben, late).await.problem(401, "invalid_token");
    let add = format!("{group}/members/{}", ben.id);
    let owner = if owners[0]["role"] == "OWNER" {
        owners[0]
    } else {
        owners[1]
    };
    let owner = if owner["user_id"] == json!(ada.id) {
        &ada
    } else {
        &third
    };
    nova.put(owner, &add, json!({}))
        .await
        .problem(404, "not_found");
    nova.say(&ada, &direct, "to nobody").await;
    nova.block(&ben, &ada, true, 5).await;
    let blocks: i64 = sqlx::query_scalar("SELECT count(*) FROM blocks")
        .fetch_one(&nova.pool)
        .await
        .unwrap();
    assert_eq!(blocks, 0);
    nova.finish().await;
}
