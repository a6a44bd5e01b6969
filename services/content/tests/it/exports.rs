//! What a user is given of their posts.

use std::collections::BTreeMap;

use nova_content::domain::Post;
use nova_ids::{ExportId, PostId};
use nova_proto::content::v1::ContentExported;
use nova_proto::identity::v1::{ExportRequested, UserDeactivated, UserDeleted};
use nova_testkit::{Published, eventually};
use serde_json::json;

use crate::content::{Content, User};

fn asks(user: &User, export: ExportId) -> ExportRequested {
    ExportRequested {
        user_id: user.id.to_string(),
        export_id: export.to_string(),
        requested_at: None,
    }
}

/// All parts of the export once there are no more, by their numbers, each told once: the relay may send one twice, under
/// one id.
async fn parts(content: &Content, export: ExportId) -> Vec<ContentExported> {
    eventually("the last part is told", async || {
        let mut parts = BTreeMap::new();
        let published: Vec<Published<ContentExported>> = content.stack.published().await;
        for Published { event, id, .. } in published {
            if event.export_id == export.to_string() {
                let told = parts.entry(event.number);
                let (_, first) = told.or_insert_with(|| (event, id.clone()));
                assert_eq!(*first, id, "a part is told anew");
            }
        }
        let last = parts.values().any(|(part, _)| part.last);
        let count = parts.len();
        let parts = parts.into_values().map(|(part, _)| part);
        if last {
            Ok(parts.collect())
        } else {
            Err(count)
        }
    })
    .await
}

/// The posts in the parts, which are numbered from 1 on, and of which the last one is the last.
fn posts(parts: &[ContentExported], user: &User) -> Vec<Post> {
    let mut all = Vec::new();
    for (part, number) in parts.iter().zip(1..) {
        assert_eq!((part.number, &part.user_id), (number, &user.id.to_string()));
        assert_eq!(part.last, part.number == parts.len() as i32);
        assert!(part.content.len() <= 512 * 1_024);
        all.extend(serde_json::from_slice::<Vec<Post>>(&part.content).unwrap());
    }
    all
}

async fn write_many(content: &Content, user: &User, count: i32) {
    sqlx::query(
        "INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at)
         SELECT gen_random_uuid(), $1, repeat('many ', 1000), 'TEXT', 'PRIVATE', '{a}', 1, now()
         FROM generate_series(1, $2)",
    )
    .bind(user.id.uuid())
    .bind(count)
    .execute(&content.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_user_is_given_all_of_their_posts_and_nobody_else_s() {
    let content = Content::start().await;
    let (ada, ben, nobody) = (content.user(), content.user(), content.user());
    let mut expected = Vec::new();
    for visibility in ["PUBLIC", "PRIVATE", "FOLLOWERS_ONLY"] {
        let body = json!({"content": "a \"quote\"\n", "visibility": visibility, "tags": ["x"]});
        expected.push(content.posted(&ada, body).await);
        content.posted(&ben, json!({"content": "ben's"})).await;
    }
    // Who has left may come back, and finds all there.
    let gone = UserDeactivated {
        user_id: ada.id.to_string(),
        deactivated_at: None,
        kept_until: None,
        revision: 1,
    };
    content.stack.publish(&gone).await;
    let export = ExportId::new();
    content.stack.publish(&asks(&ada, export)).await;
    let given = parts(&content, export).await;
    assert_eq!(given.len(), 1);
    assert_eq!(json!(posts(&given, &ada)), json!(expected));

    let export = ExportId::new();
    content.stack.publish(&asks(&nobody, export)).await;
    let given = parts(&content, export).await;
    assert_eq!(given.len(), 1);
    assert_eq!(given[0].content, b"[]");
    content.finish().await;
}

#[tokio::test]
async fn many_posts_come_in_parts_each_once_whenever_the_process_dies() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    write_many(&content, &ada, 1_500).await;
    write_many(&content, &ben, 150).await;
    let (of_ada, of_ben) = (ExportId::new(), ExportId::new());
    content.stack.publish(&asks(&ada, of_ada)).await;
    let told = async |at_least: i32| {
        eventually("parts are told", async || {
            let told = sqlx::query_scalar::<_, i32>("SELECT max(parts) FROM exports");
            let told = told.fetch_one(&content.pool).await;
            told.is_ok_and(|told| told >= at_least)
        })
        .await;
    };
    told(1).await;
    content.app.kill().await;
    let app = content.stack.start(nova_content::service).await;
    told(4).await;
    app.kill().await;
    content.stack.start(nova_content::service).await;
    // One who asks later does not wait for one who has much.
    content.stack.publish(&asks(&ben, of_ben)).await;
    assert_eq!(posts(&parts(&content, of_ben).await, &ben).len(), 150);
    let given = parts(&content, of_ada).await;
    assert!(given.len() > 10, "{}", given.len());
    let ids: Vec<PostId> = posts(&given, &ada).iter().map(|post| post.id).collect();
    assert!(
        ids.is_sorted_by(|one, next| one < next),
        "in order, none twice"
    );
    assert_eq!(ids.len(), 1_500);
    eventually("nothing is left to tell", async || {
        let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM exports");
        left.fetch_one(&content.pool).await.unwrap() == 0
    })
    .await;
    content.finish().await;
}

#[tokio::test]
async fn who_is_gone_for_good_is_told_nothing() {
    let content = Content::start().await;
    let (ada, ben) = (content.user(), content.user());
    let deleted = UserDeleted {
        user_id: ada.id.to_string(),
        deleted_at: None,
        revision: 2,
    };
    content.stack.publish(&deleted).await;
    let (late, other) = (ExportId::new(), ExportId::new());
    // Behind it, as they have one key.
    content.stack.publish(&asks(&ada, late)).await;
    let unreadable = ExportRequested {
        export_id: "none".to_owned(),
        ..asks(&ada, late)
    };
    content.stack.publish(&unreadable).await;
    eventually("it is put aside", async || {
        let letters = nova_event_bus::list_dead_letters(&content.pool, 10).await;
        letters.unwrap().len() == 1
    })
    .await;
    content.stack.publish(&asks(&ben, other)).await;
    parts(&content, other).await;
    let all: Vec<Published<ContentExported>> = content.stack.published().await;
    assert!(
        all.iter()
            .all(|part| part.event.user_id == ben.id.to_string())
    );
    let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM exports WHERE user_id = $1");
    let left = left.bind(ada.id.uuid()).fetch_one(&content.pool).await;
    assert_eq!(left.unwrap(), 0);
    content.finish().await;
}
