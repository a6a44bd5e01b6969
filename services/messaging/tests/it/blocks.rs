//! Of two of whom one has blocked the other neither says anything to the other.

use nova_proto::identity::v1::{UserBlocked, UserUnblocked};
use nova_testkit::eventually;
use serde_json::{Value, json};

use crate::messaging::{Messaging, id_of, message_path};

#[tokio::test]
async fn a_block_closes_a_direct_for_both_until_it_ends() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let message = nova.say(&ada, &direct, "hello").await;
    let blocked = UserBlocked {
        user_id: ben.id.to_string(),
        blocked_user_id: ada.id.to_string(),
        blocked_at: None,
        revision: 1,
    };
    nova.stack.publish(&blocked).await;
    let path = format!("{direct}/messages");
    let say = async |user| nova.post(user, &path, json!({ "content": "x" })).await;
    eventually("it is closed", async || {
        let open = json!({ "type": "DIRECT", "member_ids": [ben.id] });
        nova.open(&ada, open).await.status == 403
    })
    .await;
    let react = format!("{}/reactions/👍", message_path(&message));
    for user in [&ada, &ben] {
        say(user).await.problem(403, "blocked");
        nova.put(user, &react, json!({}))
            .await
            .problem(403, "blocked");
        nova.delete(user, &react).await.problem(403, "blocked");
        let other = if user.id == ada.id { &ben } else { &ada };
        let open = json!({ "type": "DIRECT", "member_ids": [other.id] });
        nova.open(user, open).await.problem(403, "blocked");
        let group = json!({ "type": "GROUP", "member_ids": [other.id] });
        nova.open(user, group).await.problem(403, "blocked");
        // What is there is read: what is one's own.
        nova.get(user, &direct).await.expect(200);
        nova.get(user, &path).await.expect(200);
    }
    assert_eq!(nova.texts(&ada, &direct).await, ["hello"]);
    assert_eq!(nova.texts(&ben, &direct).await, [""; 0]);
    let edit = json!({ "content": "x" });
    nova.patch(&ada, &message_path(&message), edit)
        .await
        .problem(403, "blocked");
    let unblocked = UserUnblocked {
        user_id: ben.id.to_string(),
        blocked_user_id: ada.id.to_string(),
        unblocked_at: None,
        revision: 2,
    };
    nova.stack.publish(&unblocked).await;
    eventually("it is open", async || say(&ada).await.status == 201).await;
    assert_eq!(nova.texts(&ben, &direct).await[0], "hello");
    nova.finish().await;
}

#[tokio::test]
async fn in_a_group_they_are_hidden_from_each_other() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&third, &[&ada, &ben]).await;
    let of_ada = nova.say(&ada, &group, "by ada").await;
    let of_ben = nova.say(&ben, &group, "by ben").await;
    let of_third = nova.say(&third, &group, "by the third").await;
    for user in [&ada, &ben] {
        let react = format!("{}/reactions/👍", message_path(&of_third));
        nova.put(user, &react, json!({})).await.expect(204);
    }
    nova.block(&ada, &ben, true, 1).await;
    assert_eq!(nova.texts(&ada, &group).await, ["by ada", "by the third"]);
    assert_eq!(nova.texts(&ben, &group).await, ["by ben", "by the third"]);
    assert_eq!(nova.texts(&third, &group).await.len(), 3);
    let count = async |viewer| {
        let seen = nova.messages(viewer, &group).await;
        seen.last().unwrap()["reactions"][0]["count"].clone()
    };
    assert_eq!(
        (count(&ada).await, count(&third).await),
        (json!(1), json!(2))
    );
    let members = async |viewer| {
        let seen = nova.get(viewer, &group).await.expect(200);
        (
            seen["members"].as_array().unwrap().len(),
            seen["unread_count"].clone(),
        )
    };
    assert_eq!(members(&ada).await, (2, json!(1)));
    assert_eq!(members(&third).await, (3, json!(2)));
    // Of each other nothing is found, answered or reacted to.
    let search = format!("{group}/messages/search?q=by");
    let found = nova.get(&ada, &search).await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    let react = format!("{}/reactions/👍", message_path(&of_ben));
    nova.put(&ada, &react, json!({}))
        .await
        .problem(404, "not_found");
    let reply = json!({ "content": "x", "reply_to": id_of(&of_ada) });
    let reply = nova.post(&ben, &format!("{group}/messages"), reply).await;
    reply.problem(422, "no_such_message");
    // Both go on.
    let last = nova.say(&ben, &group, "goes on").await;
    let seen = nova.get(&ada, &group).await.expect(200);
    assert_eq!(seen["last_message"]["content"], "by the third");
    let seen = nova.get(&third, &group).await.expect(200);
    assert_eq!(seen["last_message"], last);
    nova.block(&ada, &ben, false, 2).await;
    assert_eq!(nova.texts(&ada, &group).await.len(), 4);
    nova.finish().await;
}

#[tokio::test]
async fn nobody_adds_whom_a_block_hides() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[]).await;
    nova.block(&ben, &ada, true, 1).await;
    let add = format!("{group}/members/{}", ben.id);
    nova.put(&ada, &add, json!({}))
        .await
        .problem(403, "blocked");
    assert_eq!(nova.get(&ada, &group).await.expect(200)["position"], 1);
    nova.block(&ben, &ada, false, 3).await;
    // What comes late changes nothing.
    nova.block(&ben, &ada, true, 2).await;
    nova.put(&ada, &add, Value::Object(serde_json::Map::new()))
        .await
        .expect(204);
    nova.finish().await;
}
