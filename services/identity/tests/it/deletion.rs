//! Those who leave: gone at once, back by signing in, erased when their time is over.

use nova_event_bus::list_dead_letters;
use nova_proto::catalogue::Event;
use nova_proto::identity::v1::{UserDeactivated, UserDeleted, UserReactivated};
use nova_testkit::{Answer, App, Stack, eventually};
use serde_json::json;
use sqlx::PgPool;

use crate::export::{ask, of_content, requested};
use crate::people::{block, follow, followers, lock, names, requests, send};
use crate::{PASSWORD, Person, register, sign_in, start, try_to_register, wrong};

async fn leave(app: &App, person: &Person, password: &str) -> Answer {
    let request = app.delete("/v1/users/me").bearer(&person.access_token);
    request.json(json!({ "password": password })).await
}

async fn profile(app: &App, viewer: Option<&Person>, of: &Person) -> Answer {
    let request = app.get(&format!("/v1/users/{}", of.id));
    match viewer {
        Some(viewer) => request.bearer(&viewer.access_token).await,
        None => request.await,
    }
}

/// The one event of this type.
async fn published<E: Event>(stack: &Stack) -> E {
    eventually("it is published", async || {
        let mut events = stack.published::<E>().await;
        match events.len() {
            1 => Ok(events.remove(0).event),
            other => Err(other),
        }
    })
    .await
}

#[tokio::test]
async fn who_leaves_is_gone_for_everybody_and_back_by_signing_in() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben, eve) = (
        register(&app, "ada").await,
        register(&app, "ben").await,
        register(&app, "eve").await,
    );
    follow(&app, &ada, &ben).await.expect(204);
    follow(&app, &ben, &ada).await.expect(204);
    follow(&app, &eve, &ben).await.expect(204);
    lock(&app, &eve, true).await;
    follow(&app, &ada, &eve).await.expect(202);
    block(&app, &ada, &eve).await.expect(204);

    let answer = leave(&app, &ada, PASSWORD).await;
    answer.expect(202);
    assert!(answer.body.is_empty());
    for viewer in [None, Some(&ben), Some(&eve)] {
        profile(&app, viewer, &ada).await.problem(404, "not_found");
        let by_name = app.get("/v1/users/by-username/ADA");
        let by_name = match viewer {
            Some(viewer) => by_name.bearer(&viewer.access_token).await,
            None => by_name.await,
        };
        by_name.problem(404, "not_found");
    }
    let of_ada = format!("/v1/users/{}/followers", ada.id);
    send(&app, &ben, "GET", &of_ada)
        .await
        .problem(404, "not_found");
    follow(&app, &ben, &ada).await.problem(404, "not_found");
    assert_eq!(followers(&app, &ben, &ben).await, ["eve"]);
    let following = format!("/v1/users/{}/following", ben.id);
    assert!(names(&app, None, &following, 100).await.is_empty());
    assert!(requests(&app, &eve).await.is_empty());
    // Her sessions have ended, and what is left of her access token opens nothing of hers.
    let refresh = json!({ "refresh_token": ada.refresh_token });
    let refreshed = app.post("/v1/auth/refresh").json(refresh).await;
    refreshed.problem(401, "invalid_refresh_token");
    send(&app, &ada, "GET", "/v1/users/me")
        .await
        .problem(401, "invalid_token");
    leave(&app, &ada, PASSWORD)
        .await
        .problem(401, "invalid_token");
    let change = app.patch("/v1/users/me").bearer(&ada.access_token);
    change
        .json(json!({ "display_name": "A" }))
        .await
        .problem(401, "invalid_token");
    // Name and address are hers still.
    let taken = try_to_register(&app, "ada").await;
    assert_eq!(taken.status, 409);
    // A wrong password brings nobody back.
    let body = json!({ "username": "ada", "password": "wrong password" });
    app.post("/v1/auth/login")
        .json(body)
        .await
        .problem(401, "invalid_credentials");
    profile(&app, None, &ada).await.problem(404, "not_found");

    let again = sign_in(&app, "ada").await;
    assert_eq!(again.id, ada.id);
    profile(&app, None, &ada).await.expect(200);
    assert_eq!(followers(&app, &again, &again).await, ["ben"]);
    assert_eq!(names(&app, None, &following, 100).await, ["ada"]);
    let blocks = names(&app, Some(&again), "/v1/users/me/blocks", 100).await;
    assert_eq!(blocks, ["eve"]);
    let gone = published::<UserDeactivated>(&stack).await;
    let back = published::<UserReactivated>(&stack).await;
    assert_eq!((gone.revision, back.revision), (1, 2));
    assert_eq!((&gone.user_id, &back.user_id), (&ada.id, &ada.id));
    let [from, until] = [gone.deactivated_at, gone.kept_until];
    assert_eq!(
        until.expect("an answer").seconds - from.unwrap().seconds,
        14 * 86_400
    );
    stack.finish().await;
}

#[tokio::test]
async fn nobody_leaves_without_the_password() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    leave(&app, &ada, "wrong password")
        .await
        .problem(403, "wrong_password");
    for (password, code) in [(String::new(), "empty"), ("p".repeat(20_000), "too_long")] {
        let answer = leave(&app, &ada, &password).await;
        assert_eq!(wrong(&answer), [("password".to_owned(), code.to_owned())]);
    }
    let nobody = app
        .delete("/v1/users/me")
        .json(json!({ "password": PASSWORD }))
        .await;
    assert_eq!(nobody.status, 401);
    send(&app, &ada, "GET", "/v1/users/me").await.expect(200);
    for _ in 0..9 {
        leave(&app, &ada, "wrong password").await;
    }
    // The right one as well: guesses are counted with those of whoever signs in.
    let throttled = leave(&app, &ada, PASSWORD).await;
    throttled.problem(429, "too_many_requests");
    stack.finish().await;
}

/// Which tables of this service say anything of her, as a text or in bytes.
async fn traces(pool: &PgPool, person: &Person) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
           AND table_name <> '_sqlx_migrations' AND table_name NOT LIKE 'inbox%'
         ORDER BY table_name",
    )
    .fetch_all(pool)
    .await
    .expect("an answer");
    let mut found = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT count(*) FROM {table} AS line
             WHERE EXISTS (
                 SELECT FROM UNNEST(ARRAY[$1, $2]) AS word
                 WHERE line::text ILIKE '%' || word || '%'
                    OR line::text ILIKE '%' || encode(convert_to(word, 'UTF8'), 'hex') || '%')"
        );
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(&person.id)
            .bind(&person.username)
            .fetch_one(pool)
            .await
            .expect("an answer");
        if count > 0 {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn of_who_does_not_come_back_nothing_is_left() {
    let stack = Stack::new().await.with("NOVA_ACCOUNT_GRACE", "1s");
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let (ada, ben) = (
        register(&app, "adalovelace").await,
        register(&app, "ben").await,
    );
    follow(&app, &ada, &ben).await.expect(204);
    follow(&app, &ben, &ada).await.expect(204);
    block(&app, &ada, &ben).await.expect(204);
    stack.mail_to("adalovelace@example.org", 1).await;
    ask(&app, &ada, "").await.expect(202);
    let asked = requested(&stack, 1).await;
    for number in 2..4 {
        let part = of_content(&asked, number, false, "[\"adalovelace\"]");
        stack.publish(&part).await;
    }
    eventually("a part is kept", async || {
        traces(&pool, &ada)
            .await
            .contains(&"export_parts".to_owned())
    })
    .await;
    assert!(traces(&pool, &ada).await.contains(&"users".to_owned()));
    leave(&app, &ada, PASSWORD).await.expect(202);
    eventually("nothing is left", async || {
        let found = traces(&pool, &ada).await;
        if found.is_empty() { Ok(()) } else { Err(found) }
    })
    .await;
    // What comes late is not kept: an event of the same topic and key that comes behind it is not readable, and is put aside.
    stack.publish(&of_content(&asked, 1, true, "[]")).await;
    stack.publish(&of_content(&asked, 1, true, "{}")).await;
    let letters = async || list_dead_letters(&pool, 10).await.unwrap().len();
    eventually("both have come", async || letters().await == 1).await;
    let parked = ["dead_letters", "parked_sequences"];
    assert_eq!(traces(&pool, &ada).await, parked);
    let deleted = published::<UserDeleted>(&stack).await;
    assert_eq!((&deleted.user_id, deleted.revision), (&ada.id, 2));
    let body = json!({ "username": "adalovelace", "password": PASSWORD });
    app.post("/v1/auth/login")
        .json(body)
        .await
        .problem(401, "invalid_credentials");
    // Nobody gets the name for a while, in whatever case, and anybody the address.
    let retired = |username: &str| {
        let email = "adalovelace@example.org";
        json!({ "username": username, "email": email, "password": PASSWORD })
    };
    let named = app
        .post("/v1/auth/register")
        .json(retired("AdaLovelace"))
        .await;
    assert_eq!(named.wrong_fields(409, "username_taken"), ["username"]);
    let renamed = app.patch("/v1/users/me").bearer(&ben.access_token);
    let renamed = renamed.json(json!({ "username": "adaLovelace" })).await;
    assert_eq!(renamed.wrong_fields(409, "username_taken"), ["username"]);
    app.post("/v1/auth/register")
        .json(retired("countess"))
        .await
        .expect(201);
    stack.finish().await;
}
