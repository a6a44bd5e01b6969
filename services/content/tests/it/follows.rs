use nova_ids::EventId;
use nova_proto::identity::v1::{UserBlocked, UserFollowed, UserUnblocked, UserUnfollowed};
use nova_testkit::eventually;
use serde_json::json;

use crate::content::{Content, User, path_of};

fn followed(follower: &User, followee: &User, revision: i64) -> UserFollowed {
    UserFollowed {
        user_id: follower.id.to_string(),
        followed_user_id: followee.id.to_string(),
        followed_at: None,
        revision,
    }
}

fn unfollowed(follower: &User, followee: &User, revision: i64) -> UserUnfollowed {
    UserUnfollowed {
        user_id: follower.id.to_string(),
        followed_user_id: followee.id.to_string(),
        unfollowed_at: None,
        revision,
    }
}

async fn sees(content: &Content, viewer: &User, path: &str) -> bool {
    content.get(Some(viewer), path).await.status == 200
}

#[tokio::test]
async fn a_follow_opens_and_its_end_closes() {
    let content = Content::start().await;
    let (author, fan) = (content.user(), content.user());
    let body = json!({"content": "for my followers", "visibility": "FOLLOWERS_ONLY"});
    let path = path_of(&content.posted(&author, body).await);
    assert!(!sees(&content, &fan, &path).await);
    content.stack.publish(&followed(&fan, &author, 1)).await;
    eventually("the follower sees it", async || {
        sees(&content, &fan, &path).await
    })
    .await;
    content.stack.publish(&unfollowed(&fan, &author, 2)).await;
    eventually("it is hidden again", async || {
        !sees(&content, &fan, &path).await
    })
    .await;
    content.finish().await;
}

/// What is public is hidden as well, from both of them and from nobody else.
#[tokio::test]
async fn a_block_closes_both_ways_and_its_end_opens() {
    let content = Content::start().await;
    let (ada, ben, other) = (content.user(), content.user(), content.user());
    let body = json!({"content": "for everybody"});
    let of_ada = path_of(&content.posted(&ada, body.clone()).await);
    let of_ben = path_of(&content.posted(&ben, body).await);
    let (user_id, blocked_user_id) = (ada.id.to_string(), ben.id.to_string());
    let both_see = async || {
        [
            sees(&content, &ben, &of_ada).await,
            sees(&content, &ada, &of_ben).await,
        ]
    };
    assert_eq!(both_see().await, [true, true]);
    let blocked = UserBlocked {
        user_id: user_id.clone(),
        blocked_user_id: blocked_user_id.clone(),
        blocked_at: None,
        revision: 1,
    };
    content.stack.publish(&blocked).await;
    eventually("neither sees the other", async || {
        both_see().await == [false, false]
    })
    .await;
    assert!(sees(&content, &other, &of_ada).await && sees(&content, &other, &of_ben).await);
    let edit = content.app.patch(&of_ada).bearer(&ben.token);
    let edit = edit.json(json!({"content": "mine"})).await;
    edit.problem(404, "not_found");

    let unblocked = UserUnblocked {
        user_id,
        blocked_user_id,
        unblocked_at: None,
        revision: 2,
    };
    content.stack.publish(&unblocked).await;
    eventually("each sees the other again", async || {
        both_see().await == [true, true]
    })
    .await;
    content.finish().await;
}

#[tokio::test]
async fn the_last_revision_holds_whatever_comes_first_or_twice() {
    let content = Content::start().await;
    let (author, fan, watcher) = (content.user(), content.user(), content.user());
    let body = json!({"content": "for my followers", "visibility": "FOLLOWERS_ONLY"});
    let path = path_of(&content.posted(&author, body).await);
    let stack = &content.stack;
    // An old follow, delivered again after its end.
    let repeated = EventId::new();
    stack
        .publish_as(repeated, &followed(&fan, &author, 1))
        .await;
    stack.publish(&unfollowed(&fan, &author, 4)).await;
    stack
        .publish_as(repeated, &followed(&fan, &author, 1))
        .await;
    stack.publish(&followed(&fan, &author, 3)).await;
    stack.publish(&unfollowed(&fan, &author, 2)).await;
    // One key, one partition: when this one has arrived, the others have.
    let end = UserFollowed {
        followed_user_id: watcher.id.to_string(),
        ..followed(&fan, &author, 1)
    };
    stack.publish(&end).await;
    let marker = json!({"content": "arrived", "visibility": "FOLLOWERS_ONLY"});
    let arrived = path_of(&content.posted(&watcher, marker).await);
    eventually("everything has arrived", async || {
        sees(&content, &fan, &arrived).await
    })
    .await;
    assert!(!sees(&content, &fan, &path).await);
    content.finish().await;
}

#[tokio::test]
async fn every_order_of_arrival_ends_in_the_same_state() {
    let content = Content::start().await;
    let changes = [(true, 1), (false, 2), (true, 3), (false, 4)];
    for order in orders(&changes) {
        let (author, fan) = (content.user(), content.user());
        let body = json!({"content": "for my followers", "visibility": "FOLLOWERS_ONLY"});
        let path = path_of(&content.posted(&author, body).await);
        let mut last = 0;
        for (active, revision) in order {
            content.follow(&fan, &author, active, revision).await;
            last = last.max(revision);
            let holds = changes.contains(&(true, last));
            assert_eq!(sees(&content, &fan, &path).await, holds, "after {last}");
        }
    }
    content.finish().await;
}

/// Every order of the changes.
fn orders(changes: &[(bool, i64)]) -> Vec<Vec<(bool, i64)>> {
    let Some((first, rest)) = changes.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, *first);
            all.push(order);
        }
    }
    all
}

#[tokio::test]
async fn an_event_that_names_nobody_is_parked_and_those_of_others_are_handled() {
    let content = Content::start().await;
    let (author, fan, confused) = (content.user(), content.user(), content.user());
    let body = json!({"content": "for my followers", "visibility": "FOLLOWERS_ONLY"});
    let path = path_of(&content.posted(&author, body).await);
    let poison = UserFollowed {
        followed_user_id: "nobody".to_owned(),
        ..followed(&confused, &author, 1)
    };
    content.stack.publish(&poison).await;
    content.stack.publish(&followed(&fan, &author, 1)).await;
    eventually("that of another user is handled", async || {
        sees(&content, &fan, &path).await
    })
    .await;
    // Of another key, so it need not be first.
    let parked = async || -> Vec<String> {
        let reasons = sqlx::query_scalar("SELECT reason FROM dead_letters");
        reasons.fetch_all(&content.pool).await.unwrap()
    };
    eventually("the one that names nobody is parked", async || {
        !parked().await.is_empty()
    })
    .await;
    let reasons = parked().await;
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].contains("followed_user_id"), "{reasons:?}");
    content.finish().await;
}
