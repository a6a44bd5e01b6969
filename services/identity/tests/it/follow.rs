use futures::future::join_all;
use nova_ids::UserId;
use nova_proto::identity::v1::{UserFollowed, UserUnfollowed};
use nova_testkit::{Stack, eventually};

use crate::{register, start};

#[tokio::test]
async fn a_follow_and_its_end_are_published_once_each_with_growing_revisions() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let path = format!("/v1/users/{}/follow", ben.id);
    // Not following yet, ending it changes nothing.
    app.delete(&path)
        .bearer(&ada.access_token)
        .await
        .expect(204);
    for _ in 0..2 {
        app.put(&path).bearer(&ada.access_token).await.expect(204);
    }
    for _ in 0..2 {
        app.delete(&path)
            .bearer(&ada.access_token)
            .await
            .expect(204);
    }
    app.put(&path).bearer(&ada.access_token).await.expect(204);

    let (followed, unfollowed) = eventually("all three are published", async || {
        let followed = stack.published::<UserFollowed>().await;
        let unfollowed = stack.published::<UserUnfollowed>().await;
        match (followed.len(), unfollowed.len()) {
            (2, 1) => Ok((followed, unfollowed)),
            other => Err(other),
        }
    })
    .await;
    let revisions: Vec<i64> = followed.iter().map(|event| event.revision).collect();
    assert_eq!((revisions, unfollowed[0].revision), (vec![1, 3], 2));
    for event in &followed {
        assert_eq!((&event.key, &event.user_id), (&ada.id, &ada.id));
        assert_eq!(event.followed_user_id, ben.id);
        assert!(event.followed_at.is_some());
    }
    assert_eq!(
        (&unfollowed[0].key, &unfollowed[0].user_id),
        (&ada.id, &ada.id)
    );
    assert_eq!(unfollowed[0].followed_user_id, ben.id);
    assert!(unfollowed[0].unfollowed_at.is_some());
    stack.finish().await;
}

#[tokio::test]
async fn nobody_follows_themself_or_nobody() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let stranger = stack.token(UserId::new());
    for method in ["PUT", "DELETE"] {
        let at = |id: &str| app.request(method, &format!("/v1/users/{id}/follow"));
        let oneself = at(&ada.id).bearer(&ada.access_token).await;
        assert_eq!(oneself.wrong_fields(400, "validation_failed"), ["id"]);
        let nobody = UserId::new().to_string();
        at(&nobody)
            .bearer(&ada.access_token)
            .await
            .problem(404, "not_found");
        at(&ada.id).await.problem(401, "unauthenticated");
        let malformed = at("me").bearer(&ada.access_token).await;
        assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["id"]);
    }
    // A good token of somebody who is not there.
    let path = format!("/v1/users/{}/follow", ada.id);
    app.put(&path)
        .bearer(&stranger)
        .await
        .problem(401, "invalid_token");
    stack.finish().await;
}

#[tokio::test]
async fn follows_at_the_same_time_are_one() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let path = format!("/v1/users/{}/follow", ben.id);
    let follows = (0..8).map(|_| app.put(&path).bearer(&ada.access_token).into_future());
    for answer in join_all(follows).await {
        answer.expect(204);
    }
    app.delete(&path)
        .bearer(&ada.access_token)
        .await
        .expect(204);
    // The end was published after every follow, as it has the same key.
    let end = eventually("the end is published", async || {
        stack.published::<UserUnfollowed>().await.pop()
    })
    .await;
    assert_eq!(
        (stack.published::<UserFollowed>().await.len(), end.revision),
        (1, 2)
    );
    stack.finish().await;
}

/// Asked for all at once: the limit holds whoever is first.
#[tokio::test]
async fn nobody_follows_more_than_the_limit() {
    let stack = Stack::new().await.with("NOVA_FOLLOW_LIMIT", "2");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut others = Vec::new();
    for number in 0..6 {
        others.push(register(&app, &format!("other_{number}")).await);
    }
    let follow = async |other: &str| {
        let path = format!("/v1/users/{other}/follow");
        app.put(&path).bearer(&ada.access_token).await
    };
    let answers = join_all(others.iter().map(|other| follow(&other.id))).await;
    let (mut followed, mut refused) = (Vec::new(), Vec::new());
    for (answer, other) in answers.iter().zip(&others) {
        match answer.status {
            204 => followed.push(other),
            _ => {
                assert_eq!(answer.wrong_fields(422, "too_many"), ["id"]);
                refused.push(other);
            }
        }
    }
    assert_eq!((followed.len(), refused.len()), (2, 4));
    // Who is followed already may be followed again, and a place that is free is taken again.
    follow(&followed[0].id).await.expect(204);
    let path = format!("/v1/users/{}/follow", followed[0].id);
    app.delete(&path)
        .bearer(&ada.access_token)
        .await
        .expect(204);
    follow(&refused[0].id).await.expect(204);
    follow(&refused[1].id).await.problem(422, "too_many");
    stack.finish().await;
}
