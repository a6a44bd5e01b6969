//! What becomes of the posts of those who leave.

use nova_ids::EventId;
use nova_proto::identity::v1::{UserDeactivated, UserDeleted, UserFollowed, UserReactivated};
use nova_testkit::eventually;
use serde_json::json;

use crate::content::{Content, User, path_of};

fn deactivated(user: &User, revision: i64) -> UserDeactivated {
    UserDeactivated {
        user_id: user.id.to_string(),
        deactivated_at: None,
        kept_until: None,
        revision,
    }
}

fn deleted(user: &User, revision: i64) -> UserDeleted {
    UserDeleted {
        user_id: user.id.to_string(),
        deleted_at: None,
        revision,
    }
}

/// In the list, and by itself: the event may arrive between the two.
async fn is_seen(content: &Content, viewer: Option<&User>, author: &User, path: &str) -> [bool; 2] {
    let list = format!("/v1/users/{}/posts", author.id);
    let listed = content.get(viewer, &list).await.expect(200);
    let listed = !listed["items"].as_array().unwrap().is_empty();
    [listed, content.get(viewer, path).await.status == 200]
}

#[tokio::test]
async fn nobody_sees_posts_of_who_is_gone_until_they_are_back() {
    let content = Content::start().await;
    let (ada, fan) = (content.user(), content.user());
    content.follow(&fan, &ada, true, 1).await;
    let path = path_of(&content.posted(&ada, json!({"content": "hello"})).await);
    content.stack.publish(&deactivated(&ada, 1)).await;
    for viewer in [None, Some(&fan), Some(&ada)] {
        eventually("it is hidden", async || {
            is_seen(&content, viewer, &ada, &path).await == [false; 2]
        })
        .await;
    }
    let reactivated = UserReactivated {
        user_id: ada.id.to_string(),
        reactivated_at: None,
        revision: 2,
    };
    content.stack.publish(&reactivated).await;
    eventually("it is there again", async || {
        is_seen(&content, None, &ada, &path).await == [true; 2]
    })
    .await;
    // What was told late changes nothing: the follow comes after it, as they have one key.
    content.stack.publish(&deactivated(&ada, 1)).await;
    let follow = UserFollowed {
        user_id: ada.id.to_string(),
        followed_user_id: fan.id.to_string(),
        followed_at: None,
        revision: 1,
    };
    content.stack.publish(&follow).await;
    let body = json!({"content": "for followers", "visibility": "FOLLOWERS_ONLY"});
    let arrived = path_of(&content.posted(&fan, body).await);
    eventually("the follow has arrived", async || {
        content.get(Some(&ada), &arrived).await.status == 200
    })
    .await;
    assert_eq!(is_seen(&content, None, &ada, &path).await, [true; 2]);
    content.finish().await;
}

/// More posts than are erased at a time, a kept answer, follows either way, and a dead letter about them.
#[tokio::test]
async fn of_who_is_gone_for_good_nothing_is_left_but_an_id() {
    let content = Content::start().await;
    let (ada, fan) = (content.user(), content.user());
    content.follow(&fan, &ada, true, 1).await;
    content.follow(&ada, &fan, true, 1).await;
    let of_fan = path_of(&content.posted(&fan, json!({"content": "stays"})).await);
    let kept = content.app.post("/v1/posts").bearer(&ada.token);
    let kept = kept
        .header("idempotency-key", "once")
        .json(json!({"content": "secret"}));
    kept.await.expect(201);
    sqlx::query(
        "INSERT INTO posts (id, author_id, content, type, visibility, tags, revision, updated_at)
         SELECT gen_random_uuid(), $1, 'many', 'TEXT', 'PUBLIC', '{}', 1, now()
         FROM generate_series(1, 1200)",
    )
    .bind(ada.id.uuid())
    .execute(&content.pool)
    .await
    .unwrap();
    let unreadable = UserFollowed {
        user_id: fan.id.to_string(),
        followed_user_id: ada.id.to_string(),
        followed_at: None,
        revision: 0,
    };
    content.stack.publish_as(EventId::new(), &unreadable).await;
    let letters = async || {
        let letters = nova_event_bus::list_dead_letters(&content.pool, 10).await;
        letters.unwrap().len()
    };
    eventually("the event is parked", async || letters().await == 1).await;

    content.stack.publish(&deleted(&ada, 2)).await;
    eventually("nothing is left", async || {
        let left: Vec<String> = sqlx::query_scalar(
            "SELECT 'erasures' FROM erasures
             UNION ALL SELECT 'posts' FROM posts WHERE author_id = $1
             UNION ALL SELECT 'idempotency_keys' FROM idempotency_keys WHERE owner = $1
             UNION ALL SELECT 'follows' FROM follows WHERE $1 IN (follower_id, followee_id)
             UNION ALL SELECT 'outbox' FROM outbox",
        )
        .bind(ada.id.uuid())
        .fetch_all(&content.pool)
        .await
        .unwrap();
        let letters = letters().await;
        if left.is_empty() && letters == 0 {
            Ok(())
        } else {
            Err((left.len(), left.last().cloned(), letters))
        }
    })
    .await;
    assert_eq!(content.get(None, &of_fan).await.status, 200);
    // What comes late brings nothing back.
    content.follow(&fan, &ada, true, 5).await;
    content.block(&ada, &fan, true, 5).await;
    content.stack.publish(&deactivated(&ada, 1)).await;
    let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM follows");
    assert_eq!(left.fetch_one(&content.pool).await.unwrap(), 0);
    // Nor is anything made with an access token from before: nobody would erase it.
    let late = content.post(&ada, json!({"content": "late"})).await;
    late.problem(401, "invalid_token");
    content.finish().await;
}
