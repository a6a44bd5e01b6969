//! Names that somebody had.

use nova_identity::store::usernames;
use nova_testkit::{Answer, App, Stack, eventually};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::{Person, register, start};

async fn rename(app: &App, person: &Person, username: &str) -> Answer {
    app.patch("/v1/users/me")
        .bearer(&person.access_token)
        .json(json!({ "username": username }))
        .await
}

#[tokio::test]
async fn what_was_given_up_nobody_else_gets_for_a_while() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    // Other letters are no other name.
    rename(&app, &ada, "Ada").await.expect(200);
    rename(&app, &ada, "lovelace").await.expect(200);
    let renamed = rename(&app, &ben, "aDa").await;
    assert_eq!(renamed.wrong_fields(409, "username_taken"), ["username"]);
    let body = json!({
        "username": "ada", "email": "eve@example.org", "password": "correct horse battery"
    });
    let registered = app.post("/v1/auth/register").json(body).await;
    assert_eq!(registered.wrong_fields(409, "username_taken"), ["username"]);
    // Whoever had it may have it back, and then nobody else the other.
    rename(&app, &ada, "ada").await.expect(200);
    let renamed = rename(&app, &ben, "lovelace").await;
    assert_eq!(renamed.wrong_fields(409, "username_taken"), ["username"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_while_later_anybody_gets_it() {
    let stack = Stack::new().await.with("NOVA_USERNAME_QUARANTINE", "1s");
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    rename(&app, &ada, "lovelace").await.expect(200);
    eventually("the name is free", async || {
        let answer = rename(&app, &ben, "ada").await;
        match answer.status {
            200 => Ok(()),
            status => Err(status),
        }
    })
    .await;
    let refused = rename(&app, &ada, "ada").await;
    assert_eq!(refused.wrong_fields(409, "username_taken"), ["username"]);
    stack.finish().await;
}

#[tokio::test]
async fn nobody_keeps_more_than_a_few_from_others() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    for number in 0..12 {
        rename(&app, &ada, &format!("ada{number}"))
            .await
            .expect(200);
    }
    // The ten before this one are kept back.
    let refused = rename(&app, &ben, "ada1").await;
    assert_eq!(refused.wrong_fields(409, "username_taken"), ["username"]);
    rename(&app, &ben, "ada0").await.expect(200);
    rename(&app, &ben, "ada").await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn names_that_are_free_again_are_forgotten() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    for name in ["ada1", "ada2", "ada3"] {
        rename(&app, &ada, name).await.expect(200);
    }
    let pool = stack.database("identity").await;
    let now = OffsetDateTime::now_utc();
    let swept = async |now| usernames::delete_free(&pool, now, 2).await.expect("swept");
    assert_eq!(swept(now + Duration::days(89)).await, 0);
    assert_eq!(swept(now + Duration::days(91)).await, 2);
    assert_eq!(swept(now + Duration::days(91)).await, 1);
    pool.close().await;
    stack.finish().await;
}
