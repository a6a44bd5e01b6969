//! Blocks: each of the two is nobody to the other.

use nova_ids::UserId;
use nova_proto::identity::v1::{UserBlocked, UserFollowed, UserUnblocked, UserUnfollowed};
use nova_testkit::{Answer, App, Stack, eventually};
use serde_json::Value;

use crate::people::{block, follow, followers, lock, names, requests, send, unblock, unfollow};
use crate::{Person, register, start};

/// What one answers to another about a user, but for what only this request's: its trace.
fn without_trace(answer: &Answer) -> Value {
    let mut problem = answer.problem(404, "not_found");
    problem
        .as_object_mut()
        .expect("a problem")
        .remove("trace_id");
    problem
}

/// Each route on which who is blocked is nobody.
fn routes(id: &str, name: &str) -> Vec<(&'static str, String)> {
    vec![
        ("GET", format!("/v1/users/{id}")),
        ("GET", format!("/v1/users/by-username/{name}")),
        ("GET", format!("/v1/users/{id}/followers")),
        ("GET", format!("/v1/users/{id}/following")),
        ("PUT", format!("/v1/users/{id}/follow")),
        ("DELETE", format!("/v1/users/{id}/follow")),
        ("DELETE", format!("/v1/users/me/followers/{id}")),
        ("PUT", format!("/v1/users/me/follow-requests/{id}")),
        ("DELETE", format!("/v1/users/me/follow-requests/{id}")),
    ]
}

/// To the one the other is as somebody who is not there, and to everybody else as before.
async fn is_nobody_to(app: &App, one: &Person, other: &Person) {
    let nobody = UserId::new().to_string();
    let of_other = routes(&other.id, &other.username);
    for ((method, path), (_, empty)) in of_other.iter().zip(routes(&nobody, "nobody")) {
        let hidden = send(app, one, method, path).await;
        let absent = send(app, one, method, &empty).await;
        assert_eq!(
            without_trace(&hidden),
            without_trace(&absent),
            "{method} {path}"
        );
    }
}

async fn is_seen_by(app: &App, viewer: Option<&Person>, other: &Person) {
    for (_, path) in routes(&other.id, &other.username).iter().take(4) {
        let request = app.get(path);
        let answer = match viewer {
            Some(viewer) => request.bearer(&viewer.access_token).await,
            None => request.await,
        };
        answer.expect(200);
    }
}

#[tokio::test]
async fn each_is_nobody_to_the_other_and_both_are_there_for_third_parties() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "Ben").await,
        register(&app, "cas").await,
    );
    follow(&app, &cas, &ada).await.expect(204);
    follow(&app, &cas, &ben).await.expect(204);
    block(&app, &ada, &ben).await.expect(204);
    for (one, other) in [(&ada, &ben), (&ben, &ada)] {
        is_nobody_to(&app, one, other).await;
        for viewer in [None, Some(&cas), Some(other)] {
            is_seen_by(&app, viewer, other).await;
        }
    }
    assert_eq!(followers(&app, &cas, &ada).await, ["cas"]);
    unblock(&app, &ada, &ben).await.expect(204);
    for (one, other) in [(&ada, &ben), (&ben, &ada)] {
        is_seen_by(&app, Some(one), other).await;
        unfollow(&app, one, other).await.expect(204);
    }
    stack.finish().await;
}

#[tokio::test]
async fn follows_end_both_ways_and_stay_ended() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    follow(&app, &ada, &ben).await.expect(204);
    follow(&app, &ben, &ada).await.expect(204);
    // Not blocking yet, ending it changes nothing.
    unblock(&app, &ada, &ben).await.expect(204);
    for _ in 0..2 {
        block(&app, &ada, &ben).await.expect(204);
    }
    for _ in 0..2 {
        unblock(&app, &ada, &ben).await.expect(204);
    }
    for person in [&ada, &ben] {
        assert_eq!(followers(&app, person, person).await, [""; 0]);
    }
    block(&app, &ada, &ben).await.expect(204);
    unblock(&app, &ada, &ben).await.expect(204);
    follow(&app, &ada, &ben).await.expect(204);

    let begun = eventually("the last follow is published", async || {
        let begun = stack.published::<UserFollowed>().await;
        begun.into_iter().find(|event| event.revision == 3)
    })
    .await;
    assert_eq!(begun.key, ada.id);
    let mut ends: Vec<_> = stack
        .published::<UserUnfollowed>()
        .await
        .iter()
        .map(|event| {
            assert_eq!(event.key, event.user_id);
            (
                event.user_id.clone(),
                event.followed_user_id.clone(),
                event.revision,
            )
        })
        .collect();
    ends.sort();
    let mut expected = [
        (ada.id.clone(), ben.id.clone(), 2),
        (ben.id.clone(), ada.id.clone(), 2),
    ];
    expected.sort();
    assert_eq!(ends, expected);
    let blocks = stack.published::<UserBlocked>().await;
    let unblocks = stack.published::<UserUnblocked>().await;
    let revisions: Vec<_> = blocks.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, [1, 3]);
    let revisions: Vec<_> = unblocks.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, [2, 4]);
    for event in &blocks {
        assert_eq!((&event.key, &event.user_id), (&ada.id, &ada.id));
        assert_eq!(event.blocked_user_id, ben.id);
        assert!(event.blocked_at.is_some());
    }
    for event in &unblocks {
        assert_eq!((&event.key, &event.user_id), (&ada.id, &ada.id));
        assert_eq!(event.blocked_user_id, ben.id);
        assert!(event.unblocked_at.is_some());
    }
    stack.finish().await;
}

#[tokio::test]
async fn requests_go_both_ways() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    for person in [&ada, &ben] {
        lock(&app, person, true).await;
    }
    follow(&app, &ada, &ben).await.expect(202);
    follow(&app, &ben, &ada).await.expect(202);
    block(&app, &ben, &ada).await.expect(204);
    unblock(&app, &ben, &ada).await.expect(204);
    for person in [&ada, &ben] {
        assert_eq!(requests(&app, person).await, [""; 0]);
    }
    follow(&app, &ada, &ben).await.expect(202);
    stack.finish().await;
}

#[tokio::test]
async fn lists_of_others_lack_who_is_hidden_and_their_pages_are_full() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let cas = register(&app, "cas").await;
    let mut people = Vec::new();
    for number in 0..8 {
        let person = register(&app, &format!("pal{number}")).await;
        follow(&app, &person, &cas).await.expect(204);
        follow(&app, &cas, &person).await.expect(204);
        people.push(person);
    }
    // One blocks and one is blocked: neither sees the other.
    for (one, other) in [(0, 1), (2, 0), (0, 5), (0, 6)] {
        block(&app, &people[one], &people[other]).await.expect(204);
    }
    for list in ["followers", "following"] {
        let list = format!("/v1/users/{}/{list}", cas.id);
        let as_seen_by = async |viewer| names(&app, viewer, &list, 2).await;
        assert_eq!(
            as_seen_by(Some(&people[0])).await,
            ["pal7", "pal4", "pal3", "pal0"]
        );
        for hidden in [1, 2, 5, 6] {
            let seen = as_seen_by(Some(&people[hidden])).await;
            assert_eq!(seen.len(), 7);
            assert!(!seen.contains(&"pal0".to_owned()), "{seen:?}");
        }
        for third_party in [None, Some(&cas), Some(&people[3])] {
            assert_eq!(as_seen_by(third_party).await.len(), 8);
        }
    }
    stack.finish().await;
}

#[tokio::test]
async fn who_is_blocked_may_block_and_each_ends_their_own() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    let blocked = async |person| names(&app, Some(person), "/v1/users/me/blocks", 1).await;
    block(&app, &ada, &ben).await.expect(204);
    block(&app, &ben, &ada).await.expect(204);
    block(&app, &ada, &cas).await.expect(204);
    // Whom one blocks one sees in one list: else it could not be taken back.
    assert_eq!(blocked(&ada).await, ["cas", "ben"]);
    assert_eq!(blocked(&ben).await, ["ada"]);
    assert_eq!(blocked(&cas).await, [""; 0]);
    unblock(&app, &ada, &ben).await.expect(204);
    assert_eq!(blocked(&ada).await, ["cas"]);
    is_nobody_to(&app, &ada, &ben).await;
    is_nobody_to(&app, &ben, &ada).await;
    unblock(&app, &ben, &ada).await.expect(204);
    is_seen_by(&app, Some(&ada), &ben).await;
    block(&app, &ada, &ben).await.expect(204);
    assert_eq!(blocked(&ada).await, ["ben", "cas"]);
    stack.finish().await;
}

#[tokio::test]
async fn nobody_blocks_themself_or_nobody() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    for method in ["PUT", "DELETE"] {
        let block = async |id: &str| {
            let path = format!("/v1/users/{id}/block");
            send(&app, &ada, method, &path).await
        };
        let oneself = block(&ada.id).await;
        assert_eq!(oneself.wrong_fields(422, "oneself"), ["id"]);
        assert_eq!(oneself.json::<Value>()["errors"][0]["code"], "self_block");
        let nobody = block(&UserId::new().to_string()).await;
        nobody.problem(404, "not_found");
        let malformed = block("me").await;
        assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["id"]);
        let path = format!("/v1/users/{}/block", ada.id);
        let anonymous = app.request(method, &path).await;
        anonymous.problem(401, "unauthenticated");
    }
    let path = format!("/v1/users/{}/block", ada.id);
    let stranger = stack.token(UserId::new());
    let answer = app.put(&path).bearer(&stranger).await;
    answer.problem(401, "invalid_token");
    app.get("/v1/users/me/blocks")
        .await
        .problem(401, "unauthenticated");
    let nobody = app.get("/v1/users/me/blocks").bearer(&stranger).await;
    nobody.problem(401, "invalid_token");
    stack.finish().await;
}
