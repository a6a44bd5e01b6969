//! How conversations begin, and how they are listed.

use futures::future::join;
use nova_proto::identity::v1::UserRegistered;
use nova_proto::messaging::v1::{ConversationCreated, ConversationUpdated};
use nova_testkit::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::messaging::{Messaging, User, id_of, path_of};

#[tokio::test]
async fn two_have_one_direct_whoever_opens_it() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let with = |id| json!({ "type": "DIRECT", "member_ids": [id] });
    let begun = nova.open(&ada, with(ben.id)).await;
    let place = begun.header("location").map(str::to_owned);
    let begun = begun.expect(201);
    assert_eq!(place, Some(path_of(&begun)));
    let [first, second] = [&begun["members"][0], &begun["members"][1]];
    assert_eq!(
        (&first["role"], &second["role"]),
        (&json!("MEMBER"), &json!("MEMBER"))
    );
    for (field, value) in [
        ("type", json!("DIRECT")),
        ("title", Value::Null),
        ("last_message", Value::Null),
        ("sequence", json!(0)),
        ("position", json!(1)),
        ("read_sequence", json!(0)),
        ("unread_count", json!(0)),
        ("muted_until", Value::Null),
    ] {
        assert_eq!(begun[field], value, "{field}");
    }
    for opener in [(&ada, ben.id), (&ben, ada.id)] {
        let again = nova.open(opener.0, with(opener.1)).await.expect(200);
        assert_eq!(id_of(&again), id_of(&begun));
    }
    let created = nova.published::<ConversationCreated>().await;
    assert_eq!(created.len(), 1);
    assert_eq!(created[0].key, id_of(&begun));
    let told = created[0].event.conversation.as_ref().unwrap();
    assert_eq!((told.position, told.members.len()), (1, 2));
    nova.open(&ada, with(ada.id)).await.problem(422, "oneself");
    nova.finish().await;
}

#[tokio::test]
async fn two_who_open_at_once_have_one_direct() {
    let nova = Messaging::start().await;
    for _ in 0..10 {
        let (ada, ben) = (nova.user().await, nova.user().await);
        let (one, other) = join(
            nova.open(&ada, json!({ "type": "DIRECT", "member_ids": [ben.id] })),
            nova.open(&ben, json!({ "type": "DIRECT", "member_ids": [ada.id] })),
        )
        .await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201]);
        let [one, other]: [Value; 2] = [one.json(), other.json()];
        assert_eq!(id_of(&one), id_of(&other));
    }
    nova.finish().await;
}

#[tokio::test]
async fn a_user_who_registered_a_moment_ago_is_waited_for() {
    let nova = Messaging::start().await;
    let (ada, old, new) = (nova.user().await, nova.stranger(), nova.stranger());
    let registered = |user: &User| UserRegistered {
        user_id: user.id.to_string(),
        revision: 1,
        ..UserRegistered::default()
    };
    // From here on the service listens: to join its group takes longer than anybody is waited for.
    nova.stack.publish(&registered(&old)).await;
    eventually("the service listens", async || {
        let known = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE user_id = $1");
        let known: i64 = known
            .bind(old.id.uuid())
            .fetch_one(&nova.pool)
            .await
            .unwrap();
        known == 1
    })
    .await;
    let open = nova.open(&ada, json!({ "type": "GROUP", "member_ids": [new.id] }));
    let registered = registered(&new);
    let (answer, _) = join(open, nova.stack.publish(&registered)).await;
    let group = path_of(&answer.expect(201));
    // Who never registered is not there, nor does anything begin.
    let nobody = json!({ "type": "DIRECT", "member_ids": [Uuid::now_v7()] });
    nova.open(&ada, nobody).await.problem(404, "not_found");
    let add = format!("{group}/members/{}", Uuid::now_v7());
    nova.put(&ada, &add, json!({}))
        .await
        .problem(404, "not_found");
    let listed = nova.get(&ada, "/v1/conversations").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    nova.finish().await;
}

#[tokio::test]
async fn a_key_opens_one_conversation() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let body = json!({ "type": "GROUP", "member_ids": [ben.id], "title": "once" });
    let open = async |body: &Value| {
        let request = nova.app.post("/v1/conversations").bearer(&ada.token);
        request.idempotency_key("k").json(body).await
    };
    let first = open(&body).await.expect(201);
    let again = open(&body).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    let other = json!({ "type": "GROUP", "member_ids": [], "title": "once" });
    open(&other).await.problem(422, "idempotency_key_reused");
    nova.finish().await;
}

#[tokio::test]
async fn conversations_are_listed_by_their_latest_message() {
    let nova = Messaging::start().await;
    let (ada, ben, eve) = (nova.user().await, nova.user().await, nova.user().await);
    let one = nova.group(&ada, &[&ben]).await;
    let two = nova.direct(&ada, &ben).await;
    let three = nova.group(&ben, &[&ada]).await;
    nova.say(&ben, &one, "first").await;
    let last = nova.say(&ada, &two, "last").await;
    let mut seen = Vec::new();
    let mut path = "/v1/conversations?limit=1".to_owned();
    loop {
        let page = nova.get(&ada, &path).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/conversations?limit=1&cursor={cursor}");
    }
    let paths: Vec<String> = seen.iter().map(path_of).collect();
    assert_eq!(paths, [two.clone(), one.clone(), three.clone()]);
    assert_eq!(seen[0]["last_message"], last);
    assert_eq!(
        (&seen[0]["unread_count"], &seen[1]["unread_count"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(seen[1]["last_message"]["content"], "first");
    // Each is as it is by itself, and nobody else's.
    for listed in &seen {
        assert_eq!(&nova.get(&ada, &path_of(listed)).await.expect(200), listed);
        nova.get(&eve, &path_of(listed))
            .await
            .problem(404, "not_found");
    }
    let nothing = nova.get(&eve, "/v1/conversations").await.expect(200);
    assert_eq!(nothing, json!({ "items": [], "next_cursor": null }));
    let foreign = format!("{}x", "/v1/conversations?cursor=AAAA");
    assert_eq!(nova.get(&ada, &foreign).await.status, 400);
    nova.app
        .get("/v1/conversations")
        .await
        .problem(401, "unauthenticated");
    nova.finish().await;
}

#[tokio::test]
async fn who_left_sees_nothing_and_who_comes_what_comes_after() {
    let nova = Messaging::start().await;
    let (ada, ben, new) = (nova.user().await, nova.user().await, nova.user().await);
    let group = nova.group(&ada, &[&ben]).await;
    nova.say(&ada, &group, "before").await;
    let add = format!("{group}/members/{}", new.id);
    nova.put(&ada, &add, json!({})).await.expect(204);
    assert_eq!(nova.texts(&new, &group).await, [""; 0]);
    let after = nova.say(&ada, &group, "after").await;
    assert_eq!(nova.texts(&new, &group).await, ["after"]);
    let seen = nova.get(&new, &group).await.expect(200);
    assert_eq!(
        (&seen["unread_count"], &seen["sequence"]),
        (&json!(1), &json!(2))
    );
    nova.delete(&new, &format!("{group}/members/me"))
        .await
        .expect(204);
    for path in [
        group.clone(),
        format!("{group}/messages"),
        format!("{group}/messages/search?q=after"),
    ] {
        nova.get(&new, &path).await.problem(404, "not_found");
    }
    let late = json!({ "content": "x" });
    nova.post(&new, &format!("{group}/messages"), late)
        .await
        .problem(404, "not_found");
    let react = format!("{group}/messages/{}/reactions/👍", id_of(&after));
    nova.put(&new, &react, json!({}))
        .await
        .problem(404, "not_found");
    // Who comes back begins anew.
    nova.put(&ada, &add, json!({})).await.expect(204);
    assert_eq!(nova.texts(&new, &group).await, [""; 0]);
    let told = nova.published::<ConversationUpdated>().await;
    let changes: Vec<_> = told
        .iter()
        .map(|told| {
            let event = &told.event;
            (
                event.position,
                event.added_user_ids.len(),
                event.removed_user_ids.len(),
            )
        })
        .collect();
    // Positions 2 and 4 are messages.
    assert_eq!(changes, [(3, 1, 0), (5, 0, 1), (6, 1, 0)]);
    nova.finish().await;
}

#[tokio::test]
async fn who_left_a_direct_is_in_it_again_with_the_next_message() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    nova.say(&ada, &direct, "one").await;
    nova.delete(&ben, &format!("{direct}/members/me"))
        .await
        .expect(204);
    nova.get(&ben, &direct).await.problem(404, "not_found");
    let two = nova.say(&ada, &direct, "two").await;
    assert_eq!((&two["sequence"], &two["position"]), (&json!(2), &json!(5)));
    assert_eq!(nova.texts(&ben, &direct).await, ["two"]);
    // And so is who opens it.
    nova.delete(&ben, &format!("{direct}/members/me"))
        .await
        .expect(204);
    let body = json!({ "type": "DIRECT", "member_ids": [ada.id] });
    let again = nova.open(&ben, body).await.expect(200);
    assert_eq!(path_of(&again), direct);
    assert_eq!(again["position"], 7);
    assert_eq!(nova.texts(&ben, &direct).await, [""; 0]);
    assert_eq!(nova.texts(&ada, &direct).await, ["one", "two"]);
    nova.finish().await;
}

#[tokio::test]
async fn a_mute_is_the_members_own() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let mute = format!("{direct}/mute");
    let until = async |user| nova.get(user, &direct).await.expect(200)["muted_until"].clone();
    let body = json!({ "until": "2999-01-02T03:04:05.678Z" });
    nova.put(&ada, &mute, body).await.expect(204);
    assert_eq!(until(&ada).await, "2999-01-02T03:04:05.678Z");
    assert_eq!(until(&ben).await, Value::Null);
    nova.put(&ada, &mute, json!({ "until": null }))
        .await
        .expect(204);
    assert_eq!(until(&ada).await, Value::Null);
    // What is over is none.
    let body = json!({ "until": "2001-01-01T00:00:00Z" });
    nova.put(&ada, &mute, body).await.expect(204);
    assert_eq!(until(&ada).await, Value::Null);
    for (body, field) in [
        (json!({}), "until"),
        (json!({ "until": "soon" }), "until"),
        (json!({ "until": 5 }), "until"),
    ] {
        let refused = nova.put(&ada, &mute, body.clone()).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            [field],
            "{body}"
        );
    }
    assert_eq!(nova.published::<ConversationUpdated>().await.len(), 0);
    nova.finish().await;
}
