//! What a user is given of their messages.

use std::collections::BTreeMap;

use nova_ids::ExportId;
use nova_proto::identity::v1::ExportRequested;
use nova_proto::messaging::v1::MessagingExported;
use nova_testkit::eventually;
use serde_json::{Value, json};

use crate::messaging::{Messaging, User, message_path};

/// All that the user is told, from parts that are numbered from 1 on, and of which the last one is the last.
async fn given(nova: &Messaging, user: &User) -> (Vec<Value>, usize) {
    let export = ExportId::new();
    let asks = ExportRequested {
        user_id: user.id.to_string(),
        export_id: export.to_string(),
        requested_at: None,
    };
    nova.stack.publish(&asks).await;
    let parts = eventually("the last part is told", async || {
        let told = nova.published::<MessagingExported>().await.into_iter();
        let told = told.filter(|told| told.event.export_id == export.to_string());
        let parts: BTreeMap<i32, MessagingExported> =
            told.map(|told| (told.event.number, told.event)).collect();
        if parts.values().any(|part| part.last) {
            Ok(parts)
        } else {
            Err(parts.len())
        }
    })
    .await;
    let mut all = Vec::new();
    for ((number, part), expected) in parts.iter().zip(1..) {
        assert_eq!((*number, &part.user_id), (expected, &user.id.to_string()));
        assert!(part.content.len() <= 512 * 1_024);
        all.extend(serde_json::from_slice::<Vec<Value>>(&part.content).unwrap());
    }
    (all, parts.len())
}

#[tokio::test]
async fn a_user_is_given_all_of_their_messages_and_nobody_else_s() {
    let nova = Messaging::start().await;
    let (ada, ben) = (nova.user().await, nova.user().await);
    let direct = nova.direct(&ada, &ben).await;
    let group = nova.group(&ada, &[]).await;
    let mut expected = Vec::new();
    for (place, text) in [(&direct, "a \"quote\"\n"), (&group, "to herself")] {
        expected.push(nova.say(&ada, place, text).await);
        nova.say(&ben, &direct, "his").await;
    }
    let deleted = nova.say(&ada, &direct, "taken back").await;
    nova.delete(&ada, &message_path(&deleted)).await.expect(204);
    nova.delete(&ada, &format!("{group}/members/me"))
        .await
        .expect(204);
    assert_eq!(given(&nova, &ada).await, (expected, 1));
    assert_eq!(given(&nova, &nova.stranger()).await, (Vec::new(), 1));
    nova.finish().await;
}

#[tokio::test]
async fn many_messages_come_in_parts() {
    let nova = Messaging::start().await;
    let ada = nova.user().await;
    let group = nova.group(&ada, &[]).await;
    let id: uuid::Uuid = crate::messaging::last_of(&group).parse().unwrap();
    sqlx::query(
        "INSERT INTO messages (id, conversation_id, sequence, position, sent_position, sender_id, type, type_given,
                               content, media, media_ids, revision, sent_at)
         SELECT gen_random_uuid(), $1, number, number + 1, number + 1, $2, 'TEXT', false, repeat('many ', 800), '[]',
                '{}', 1, now()
         FROM generate_series(1, 1000) AS number",
    )
    .bind(id)
    .bind(ada.id.uuid())
    .execute(&nova.pool)
    .await
    .unwrap();
    let (all, parts) = given(&nova, &ada).await;
    assert_eq!(all.len(), 1_000);
    assert!(parts > 7, "{parts}");
    let mut sequences: Vec<i64> = all
        .iter()
        .map(|one| one["sequence"].as_i64().unwrap())
        .collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=1_000).collect::<Vec<_>>());
    assert_eq!(json!(all[0]["content"]).as_str().unwrap().len(), 4_000);
    nova.finish().await;
}
