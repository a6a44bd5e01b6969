//! Accounts whose owner says who may follow.

use futures::future::join_all;
use nova_identity::domain::Pair;
use nova_identity::store;
use nova_proto::identity::v1::{FollowRequested, UserFollowed, UserProfileUpdated};
use nova_testkit::{Stack, eventually};
use serde_json::json;
use sqlx::PgPool;

use crate::people::{answer, follow, followers, lock, requests, send, unfollow};
use crate::{Person, register, start, wrong};

#[tokio::test]
async fn a_locked_account_is_asked_once_and_keeps_its_followers() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    follow(&app, &ben, &ada).await.expect(204);
    lock(&app, &ada, true).await;
    let profile = app.get(&format!("/v1/users/{}", ada.id)).await.expect(200);
    assert_eq!(profile["locked"], true);

    follow(&app, &ben, &ada).await.expect(204);
    for _ in 0..2 {
        let asked = follow(&app, &cas, &ada).await;
        assert_eq!((asked.status, asked.text().as_str()), (202, ""));
    }
    assert_eq!(followers(&app, &cas, &ada).await, ["ben"]);
    assert_eq!(requests(&app, &ada).await, ["cas"]);
    // Of the same key, so it is published behind what cas did before.
    follow(&app, &cas, &ben).await.expect(204);
    let last = eventually("what cas did last is published", async || {
        let follows = stack.published::<UserFollowed>().await;
        follows.into_iter().find(|event| event.user_id == cas.id)
    })
    .await;
    assert_eq!(last.followed_user_id, ben.id);
    let asked = stack.published::<FollowRequested>().await;
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!((&asked.key, &asked.user_id), (&cas.id, &cas.id));
    assert_eq!(asked.requested_user_id, ada.id);
    assert!(asked.requested_at.is_some());
    stack.finish().await;
}

#[tokio::test]
async fn unlocking_accepts_who_asked_at_once() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    lock(&app, &ada, true).await;
    // The same again is no change.
    lock(&app, &ada, true).await;
    for name in ["ben", "cas", "dan"] {
        let asker = register(&app, name).await;
        follow(&app, &asker, &ada).await.expect(202);
    }
    lock(&app, &ada, false).await;
    // The job that accepts the rest may have taken some of them first, and commit a moment later.
    eventually("all who asked are accepted", async || {
        let mut accepted = followers(&app, &ada, &ada).await;
        accepted.sort();
        if accepted == ["ben", "cas", "dan"] {
            Ok(())
        } else {
            Err(accepted)
        }
    })
    .await;
    assert_eq!(requests(&app, &ada).await, [""; 0]);
    let eve = register(&app, "eve").await;
    follow(&app, &eve, &ada).await.expect(204);

    let follows = eventually("all four are published", async || {
        let follows = stack.published::<UserFollowed>().await;
        if follows.len() == 4 {
            Ok(follows)
        } else {
            Err(follows)
        }
    })
    .await;
    for event in follows {
        assert_eq!((&event.key, event.revision), (&event.user_id, 1));
        assert_eq!(event.followed_user_id, ada.id);
    }
    let locks = stack.published::<UserProfileUpdated>().await;
    let locks: Vec<_> = locks
        .iter()
        .map(|event| (event.revision, event.locked))
        .collect();
    assert_eq!(locks, [(2, true), (3, false)]);
    stack.finish().await;
}

/// So many users who ask her to follow her.
async fn crowd(pool: &PgPool, ada: &Person, size: i32) {
    let users = "
        INSERT INTO users (id, username, email, password_hash, display_name, revision, updated_at)
        SELECT gen_random_uuid(), 'fan' || number, 'fan' || number || '@example.org', '', 'fan', 1, now()
        FROM generate_series(1, $1) AS number";
    sqlx::query(users)
        .bind(size)
        .execute(pool)
        .await
        .expect("rows");
    let requests = "
        INSERT INTO follow_requests (requester_id, target_id, since)
        SELECT id, $1, date_trunc('milliseconds', now()) FROM users WHERE id <> $1";
    let ada = ada.user_id().uuid();
    sqlx::query(requests)
        .bind(ada)
        .execute(pool)
        .await
        .expect("rows");
}

async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql)
        .fetch_one(pool)
        .await
        .expect("a number")
}

const UNLOCKS: &str = "SELECT count(*) FROM unlocks";
const REQUESTS: &str = "SELECT count(*) FROM follow_requests";
const FOLLOWS: &str = "SELECT count(*) FROM follows WHERE active";

/// By two replicas, which do not do it twice.
#[tokio::test]
async fn however_many_asked_they_are_accepted_after_a_while() {
    let stack = Stack::new().await;
    let (app, _other) = (start(&stack).await, start(&stack).await);
    let ada = register(&app, "ada").await;
    lock(&app, &ada, true).await;
    let pool = stack.database("identity").await;
    crowd(&pool, &ada, 950).await;
    lock(&app, &ada, false).await;
    eventually("all are accepted", async || {
        let left = (count(&pool, REQUESTS).await, count(&pool, UNLOCKS).await);
        if left == (0, 0) { Ok(()) } else { Err(left) }
    })
    .await;
    assert_eq!(count(&pool, FOLLOWS).await, 950);
    eventually("all are published", async || {
        let follows = stack.published::<UserFollowed>().await;
        if follows.len() == 950 {
            Ok(())
        } else {
            Err(follows.len())
        }
    })
    .await;
    stack.finish().await;
}

#[tokio::test]
async fn who_is_locked_again_accepts_no_more() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    lock(&app, &ada, true).await;
    let pool = stack.database("identity").await;
    crowd(&pool, &ada, 3_000).await;
    lock(&app, &ada, false).await;
    lock(&app, &ada, true).await;
    // Whoever goes on with it needs this line.
    assert_eq!(count(&pool, UNLOCKS).await, 0);
    let (waiting, accepted) = (count(&pool, REQUESTS).await, count(&pool, FOLLOWS).await);
    assert_eq!(waiting + accepted, 3_000);
    assert!(accepted > 0);
    let ben = register(&app, "ben").await;
    follow(&app, &ben, &ada).await.expect(202);
    assert_eq!(count(&pool, REQUESTS).await, waiting + 1);
    stack.finish().await;
}

/// Unlocking waits for nobody; whoever is busy is accepted later.
#[tokio::test]
async fn who_is_busy_when_the_account_is_unlocked_is_accepted_later() {
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
    let pool = stack.database("identity").await;
    let mut tx = pool.begin().await.unwrap();
    let pair = Pair::new(ada.user_id(), ben.user_id()).unwrap();
    store::pairs::lock(&mut tx, pair).await.unwrap();
    lock(&app, &ada, false).await;
    assert_eq!(followers(&app, &ada, &ada).await, ["cas"]);
    assert_eq!(requests(&app, &ada).await, ["ben"]);
    tx.rollback().await.unwrap();
    eventually("ben is accepted", async || {
        followers(&app, &ada, &ada).await == ["ben", "cas"]
    })
    .await;
    stack.finish().await;
}

/// Whoever asks while the account is being unlocked is asked for nothing, or accepted.
#[tokio::test]
async fn no_request_is_left_behind_by_an_unlock() {
    let stack = Stack::new().await;
    let (app, other) = (start(&stack).await, start(&stack).await);
    let ada = register(&app, "ada").await;
    let mut askers = Vec::new();
    for number in 0..6 {
        askers.push(register(&app, &format!("asker{number}")).await);
    }
    let pool = stack.database("identity").await;
    for _ in 0..10 {
        lock(&app, &ada, true).await;
        let ask = async |number: usize, asker: &Person| {
            let app = [&app, &other][number % 2];
            let status = follow(app, asker, &ada).await.status;
            assert!([202, 204].contains(&status), "{status}");
        };
        let asks = join_all(
            askers
                .iter()
                .enumerate()
                .map(|(number, asker)| ask(number, asker)),
        );
        futures::join!(asks, lock(&app, &ada, false));
        eventually("nobody waits", async || {
            (count(&pool, REQUESTS).await, count(&pool, FOLLOWS).await) == (0, 6)
        })
        .await;
        for asker in &askers {
            unfollow(&app, asker, &ada).await.expect(204);
        }
    }
    stack.finish().await;
}

/// The limit was lowered after they had asked.
#[tokio::test]
async fn who_follows_as_many_as_one_may_is_not_accepted() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, cas) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "cas").await,
    );
    lock(&app, &ada, true).await;
    follow(&app, &ben, &cas).await.expect(204);
    follow(&app, &ben, &ada).await.expect(202);
    let stack = stack.with("NOVA_FOLLOW_LIMIT", "1");
    let strict = start(&stack).await;
    let full = answer(&strict, &ada, "PUT", &ben.id).await;
    assert_eq!(full.wrong_fields(422, "too_many"), ["user_id"]);
    assert_eq!(requests(&app, &ada).await, ["ben"]);
    lock(&strict, &ada, false).await;
    assert_eq!(requests(&app, &ada).await, [""; 0]);
    assert_eq!(followers(&app, &ada, &ada).await, [""; 0]);
    // There is room for the one, once he has no other.
    lock(&strict, &ada, true).await;
    unfollow(&strict, &ben, &cas).await.expect(204);
    follow(&strict, &ben, &ada).await.expect(202);
    answer(&strict, &ada, "PUT", &ben.id).await.expect(204);
    stack.finish().await;
}

#[tokio::test]
async fn a_lock_is_true_or_false() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    for locked in [json!(null), json!("true"), json!(1), json!([])] {
        let request = app.patch("/v1/users/me").bearer(&ada.access_token);
        let refused = wrong(&request.json(json!({ "locked": locked })).await);
        assert_eq!(refused, [("locked".to_owned(), "invalid_type".to_owned())]);
    }
    let me = send(&app, &ada, "GET", "/v1/users/me").await.expect(200);
    assert_eq!(me["locked"], false);
    stack.finish().await;
}
