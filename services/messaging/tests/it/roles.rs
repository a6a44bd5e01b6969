//! Who may change what of a group.

use nova_proto::messaging::v1::ConversationUpdated;
use serde_json::{Value, json};

use crate::messaging::{Messaging, User};

async fn role_of(nova: &Messaging, viewer: &User, group: &str, user: &User) -> Value {
    let seen = nova.get(viewer, group).await.expect(200);
    let members = seen["members"].as_array().unwrap().clone();
    let found = members.iter().find(|one| one["user_id"] == json!(user.id));
    found.map_or(Value::Null, |one| one["role"].clone())
}

#[tokio::test]
async fn who_leads_changes_title_and_members_and_the_owner_roles() {
    let nova = Messaging::start().await;
    let (ada, ben, third, new) = (
        nova.user().await,
        nova.user().await,
        nova.user().await,
        nova.user().await,
    );
    let group = nova.group(&ada, &[&ben, &third]).await;
    let member = |user: &User| format!("{group}/members/{}", user.id);
    let role = |role: &str| json!({ "role": role });
    let title = |title: &str| json!({ "title": title });
    assert_eq!(role_of(&nova, &ben, &group, &ada).await, "OWNER");
    // A member may none of it.
    nova.patch(&ben, &group, title("his"))
        .await
        .problem(403, "forbidden");
    nova.put(&ben, &member(&new), json!({}))
        .await
        .problem(403, "forbidden");
    nova.delete(&ben, &member(&third))
        .await
        .problem(403, "forbidden");
    nova.put(&ben, &member(&ben), role("ADMIN"))
        .await
        .problem(403, "forbidden");
    // An admin may all but give roles.
    nova.put(&ada, &member(&ben), role("ADMIN"))
        .await
        .expect(204);
    let renamed = nova.patch(&ben, &group, title("ours")).await.expect(200);
    assert_eq!(
        (&renamed["title"], &renamed["position"]),
        (&json!("ours"), &json!(3))
    );
    assert_eq!(
        nova.patch(&ben, &group, title("ours")).await.expect(200)["position"],
        3
    );
    assert_eq!(
        nova.patch(&ben, &group, json!({})).await.expect(200)["position"],
        3
    );
    let nameless = nova
        .patch(&ben, &group, json!({ "title": null }))
        .await
        .expect(200);
    assert_eq!(nameless["title"], Value::Null);
    // Without a body, too.
    nova.app
        .put(&member(&new))
        .bearer(&ben.token)
        .await
        .expect(204);
    nova.app
        .put(&member(&new))
        .bearer(&ben.token)
        .await
        .expect(204);
    nova.put(&ben, &member(&third), role("ADMIN"))
        .await
        .problem(403, "forbidden");
    let eve = nova.user().await;
    nova.put(&ben, &member(&eve), role("ADMIN"))
        .await
        .problem(403, "forbidden");
    nova.delete(&ben, &member(&ada))
        .await
        .problem(403, "forbidden");
    nova.delete(&ben, &member(&new)).await.expect(204);
    nova.delete(&ben, &member(&new))
        .await
        .problem(404, "not_found");
    nova.get(&new, &group).await.problem(404, "not_found");
    // Nobody from outside.
    for answer in [
        nova.patch(&eve, &group, title("x")).await,
        nova.put(&eve, &member(&eve), json!({})).await,
        nova.delete(&eve, &member(&ben)).await,
        nova.delete(&eve, &format!("{group}/members/me")).await,
    ] {
        answer.problem(404, "not_found");
    }
    // The owner's own role is given by making another the owner.
    nova.put(&ada, &member(&ada), role("MEMBER"))
        .await
        .problem(422, "oneself");
    nova.put(&ada, &member(&third), role("OWNER"))
        .await
        .expect(204);
    assert_eq!(role_of(&nova, &ben, &group, &ada).await, "ADMIN");
    assert_eq!(role_of(&nova, &ben, &group, &third).await, "OWNER");
    let told = nova.published::<ConversationUpdated>().await;
    let positions: Vec<i64> = told.iter().map(|told| told.event.position).collect();
    assert_eq!(positions, (2..=7).collect::<Vec<_>>());
    nova.finish().await;
}

#[tokio::test]
async fn an_owner_who_leaves_hands_over() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben]).await;
    let member = |user: &User| format!("{group}/members/{}", user.id);
    nova.put(&ada, &member(&third), json!({ "role": "ADMIN" }))
        .await
        .expect(204);
    let me = format!("{group}/members/me");
    nova.delete(&ada, &me).await.expect(204);
    assert_eq!(role_of(&nova, &ben, &group, &third).await, "OWNER");
    nova.delete(&third, &member(&third)).await.expect(204);
    assert_eq!(role_of(&nova, &ben, &group, &ben).await, "OWNER");
    nova.delete(&ben, &me).await.expect(204);
    nova.get(&ben, &group).await.problem(404, "not_found");
    nova.finish().await;
}

#[tokio::test]
async fn a_direct_has_neither_title_nor_roles() {
    let nova = Messaging::start().await;
    let (ada, ben, third) = (nova.user().await, nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let member = |user: &User| format!("{direct}/members/{}", user.id);
    for answer in [
        nova.patch(&ada, &direct, json!({ "title": "x" })).await,
        nova.put(&ada, &member(&third), json!({})).await,
        nova.put(&ada, &member(&ben), json!({ "role": "ADMIN" }))
            .await,
        nova.delete(&ada, &member(&ben)).await,
    ] {
        answer.problem(422, "direct_conversation");
    }
    nova.finish().await;
}

#[tokio::test]
async fn a_group_has_at_most_a_thousand_members() {
    let nova = Messaging::start().await;
    let ada = nova.user().await;
    let mut ids = Vec::new();
    for _ in 0..1_000 {
        ids.push(nova.stranger().id);
    }
    let uuids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query("INSERT INTO accounts (user_id) SELECT * FROM UNNEST($1::uuid[])")
        .bind(&uuids)
        .execute(&nova.pool)
        .await
        .unwrap();
    let open = |ids: &[_]| json!({ "type": "GROUP", "member_ids": ids });
    let refused = nova.open(&ada, open(&ids)).await;
    assert_eq!(
        refused.wrong_fields(400, "validation_failed"),
        ["member_ids"]
    );
    let group = crate::messaging::path_of(&nova.open(&ada, open(&ids[..999])).await.expect(201));
    let seen = nova.get(&ada, &group).await.expect(200);
    assert_eq!(seen["members"].as_array().unwrap().len(), 1_000);
    let add = format!("{group}/members/{}", ids[999]);
    nova.put(&ada, &add, json!({}))
        .await
        .problem(422, "too_many");
    nova.say(&ada, &group, "to all").await;
    nova.finish().await;
}
