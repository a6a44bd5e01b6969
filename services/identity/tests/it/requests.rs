//! Requests to follow, and followers who are removed.

use nova_ids::UserId;
use nova_proto::identity::v1::{FollowRequested, UserFollowed, UserUnfollowed};
use nova_testkit::{Stack, eventually};

use crate::people::{answer, block, follow, followers, lock, names, requests, send, unfollow};
use crate::{register, start};

#[tokio::test]
async fn a_request_is_accepted_or_refused_once() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    lock(&app, &ada, true).await;
    for asker in [&ben, &cas] {
        follow(&app, asker, &ada).await.expect(202);
    }
    assert_eq!(requests(&app, &ada).await, ["cas", "ben"]);
    answer(&app, &ada, "PUT", &ben.id).await.expect(204);
    answer(&app, &ada, "DELETE", &cas.id).await.expect(204);
    assert_eq!(requests(&app, &ada).await, [""; 0]);
    assert_eq!(followers(&app, &cas, &ada).await, ["ben"]);
    for (method, asker) in [("PUT", &ben), ("PUT", &cas), ("DELETE", &cas)] {
        let again = answer(&app, &ada, method, &asker.id).await;
        again.problem(404, "not_found");
    }
    follow(&app, &ben, &ada).await.expect(204);
    // Who was refused may ask again.
    follow(&app, &cas, &ada).await.expect(202);
    assert_eq!(requests(&app, &ada).await, ["cas"]);

    let asked = eventually("the last request is published", async || {
        let asked = stack.published::<FollowRequested>().await;
        if asked.len() == 3 {
            Ok(asked)
        } else {
            Err(asked)
        }
    })
    .await;
    assert_eq!(asked.iter().filter(|event| event.key == cas.id).count(), 2);
    let followed = stack.published::<UserFollowed>().await;
    let [followed] = followed.as_slice() else {
        panic!("{followed:?}");
    };
    assert_eq!((&followed.key, &followed.user_id), (&ben.id, &ben.id));
    assert_eq!(
        (&followed.followed_user_id, followed.revision),
        (&ada.id, 1)
    );
    stack.finish().await;
}

#[tokio::test]
async fn requests_come_in_pages_for_their_owner_alone() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    lock(&app, &ada, true).await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let asker = register(&app, &format!("asker{number}")).await;
        follow(&app, &asker, &ada).await.expect(202);
        expected.insert(0, asker.username);
    }
    // Some asked at the very same moment.
    let pool = stack.database("identity").await;
    let same = "UPDATE follow_requests SET since = (SELECT min(since) FROM follow_requests)";
    sqlx::query(same).execute(&pool).await.unwrap();
    let list = "/v1/users/me/follow-requests";
    assert_eq!(names(&app, Some(&ada), list, 2).await, expected);
    let ben = register(&app, "ben").await;
    assert_eq!(requests(&app, &ben).await, [""; 0]);

    let first = send(&app, &ada, "GET", &format!("{list}?limit=2")).await;
    let cursor = first.expect(200)["next_cursor"]
        .as_str()
        .expect("a cursor")
        .to_owned();
    // Neither of somebody else's list, nor of another list.
    for (person, list) in [(&ben, list), (&ada, "/v1/users/me/blocks")] {
        let path = format!("{list}?cursor={cursor}");
        let answer = send(&app, person, "GET", &path).await;
        assert_eq!(answer.wrong_fields(400, "invalid_cursor"), ["cursor"]);
    }
    let too_many = send(&app, &ada, "GET", &format!("{list}?limit=101")).await;
    assert_eq!(too_many.wrong_fields(400, "validation_failed"), ["limit"]);
    app.get(list).await.problem(401, "unauthenticated");
    let stranger = stack.token(UserId::new());
    let nobody = app.get(list).bearer(&stranger).await;
    nobody.problem(401, "invalid_token");
    stack.finish().await;
}

#[tokio::test]
async fn a_request_is_withdrawn_by_its_asker_and_answered_by_its_target_alone() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    lock(&app, &ada, true).await;
    follow(&app, &ben, &ada).await.expect(202);
    for method in ["PUT", "DELETE"] {
        let not_asked = [
            (&cas, ben.id.clone()),
            (&ben, ada.id.clone()),
            (&ben, ben.id.clone()),
            (&ada, cas.id.clone()),
            (&ada, UserId::new().to_string()),
        ];
        for (person, asker) in not_asked {
            let refused = answer(&app, person, method, &asker).await;
            refused.problem(404, "not_found");
        }
        let malformed = answer(&app, &ada, method, "7").await;
        assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["user_id"]);
        let path = format!("/v1/users/me/follow-requests/{}", ben.id);
        let anonymous = app.request(method, &path).await;
        anonymous.problem(401, "unauthenticated");
    }
    assert_eq!(requests(&app, &ada).await, ["ben"]);
    for _ in 0..2 {
        unfollow(&app, &ben, &ada).await.expect(204);
    }
    assert_eq!(requests(&app, &ada).await, [""; 0]);
    let late = answer(&app, &ada, "PUT", &ben.id).await;
    late.problem(404, "not_found");
    stack.finish().await;
}

#[tokio::test]
async fn requests_count_with_follows() {
    let stack = Stack::new().await.with("NOVA_FOLLOW_LIMIT", "2");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let (ben, cas, dan) = (
        register(&app, "ben").await,
        register(&app, "cas").await,
        register(&app, "dan").await,
    );
    for locked in [&ben, &cas] {
        lock(&app, locked, true).await;
    }
    follow(&app, &ada, &ben).await.expect(202);
    follow(&app, &ada, &dan).await.expect(204);
    let one_more = follow(&app, &ada, &cas).await;
    assert_eq!(one_more.wrong_fields(422, "too_many"), ["id"]);
    // Neither is more than there was.
    follow(&app, &ada, &ben).await.expect(202);
    answer(&app, &ben, "PUT", &ada.id).await.expect(204);
    unfollow(&app, &ada, &ben).await.expect(204);
    follow(&app, &ada, &cas).await.expect(202);
    follow(&app, &ada, &ben).await.problem(422, "too_many");
    unfollow(&app, &ada, &cas).await.expect(204);
    follow(&app, &ada, &ben).await.expect(202);
    stack.finish().await;
}

#[tokio::test]
async fn a_follower_who_is_removed_may_follow_again_or_ask() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    follow(&app, &ben, &ada).await.expect(204);
    follow(&app, &ada, &ben).await.expect(204);
    let remove = async |id: &str| {
        send(
            &app,
            &ada,
            "DELETE",
            &format!("/v1/users/me/followers/{id}"),
        )
        .await
    };
    for _ in 0..2 {
        remove(&ben.id).await.expect(204);
    }
    assert_eq!(followers(&app, &ben, &ada).await, [""; 0]);
    assert_eq!(followers(&app, &ben, &ben).await, ["ada"]);
    lock(&app, &ada, true).await;
    follow(&app, &ben, &ada).await.expect(202);
    // It is for followers, not for those who ask.
    remove(&ben.id).await.expect(204);
    assert_eq!(requests(&app, &ada).await, ["ben"]);

    remove(&UserId::new().to_string())
        .await
        .problem(404, "not_found");
    assert_eq!(
        remove(&ada.id).await.wrong_fields(422, "oneself"),
        ["user_id"]
    );
    let malformed = remove("7").await;
    assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["user_id"]);
    let path = format!("/v1/users/me/followers/{}", ben.id);
    app.delete(&path).await.problem(401, "unauthenticated");
    block(&app, &ben, &ada).await.expect(204);
    remove(&ben.id).await.problem(404, "not_found");

    // Both ends: of the follow that was removed, and of the one that the block ended.
    let ends = eventually("the ends are published", async || {
        let ends = stack.published::<UserUnfollowed>().await;
        if ends.len() == 2 { Ok(ends) } else { Err(ends) }
    })
    .await;
    let removed = ends.iter().find(|event| event.key == ben.id);
    let removed = removed.expect("the end of the one that was removed");
    assert_eq!(
        (&removed.user_id, &removed.followed_user_id),
        (&ben.id, &ada.id)
    );
    assert_eq!(removed.revision, 2);
    stack.finish().await;
}
