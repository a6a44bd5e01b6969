//! What happens at the same time to somebody who leaves.

use nova_proto::identity::v1::UserReactivated;
use nova_testkit::{App, Stack, eventually};
use serde_json::json;
use sqlx::{PgPool, Postgres, Transaction};

use crate::people::send;
use crate::{PASSWORD, Person, register, start};

/// Leaving, not committed yet.
async fn leaving(pool: &PgPool, person: &Person) -> Transaction<'static, Postgres> {
    let mut tx = pool.begin().await.expect("a transaction");
    for sql in [
        "UPDATE users SET gone_since = now(), kept_until = now() + interval '1 day',
                state_revision = state_revision + 1 WHERE id = $1",
        "DELETE FROM sessions WHERE user_id = $1",
    ] {
        let statement = sqlx::query(sql).bind(person.user_id().uuid());
        statement.execute(&mut *tx).await.expect("a statement");
    }
    tx
}

/// Commits once somebody waits for what it has.
async fn commit_when_awaited(pool: &PgPool, tx: Transaction<'static, Postgres>) {
    const WAITING: &str = "
        SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE NOT granted AND datname = current_database())";
    eventually("somebody waits", async || {
        sqlx::query_scalar::<_, bool>(WAITING)
            .fetch_one(pool)
            .await
            .expect("an answer")
    })
    .await;
    tx.commit().await.expect("a commit");
}

async fn profile(app: &App, of: &Person) -> u16 {
    app.get(&format!("/v1/users/{}", of.id)).await.status
}

#[tokio::test]
async fn who_signs_in_while_they_leave_is_back() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, pool) = (
        register(&app, "ada").await,
        stack.database("identity").await,
    );
    let tx = leaving(&pool, &ada).await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let login = async { app.post("/v1/auth/login").json(body).await };
    let (session, ()) = futures::join!(login, commit_when_awaited(&pool, tx));
    let session = Person::of(&session.expect(200));
    assert_eq!(profile(&app, &ada).await, 200);
    send(&app, &session, "GET", "/v1/users/me")
        .await
        .expect(200);
    let back = eventually("it is published", async || {
        stack.published::<UserReactivated>().await.pop()
    })
    .await;
    assert_eq!((&back.user_id, back.revision), (&ada.id, 2));
    pool.close().await;
    stack.finish().await;
}

#[tokio::test]
async fn of_two_who_delete_one_account_at_once_the_second_finds_none() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, pool) = (
        register(&app, "ada").await,
        stack.database("identity").await,
    );
    let tx = leaving(&pool, &ada).await;
    let request = app.delete("/v1/users/me").bearer(&ada.access_token);
    let second = async { request.json(json!({ "password": PASSWORD })).await };
    let (second, ()) = futures::join!(second, commit_when_awaited(&pool, tx));
    // Not that the password were wrong.
    second.problem(401, "invalid_token");
    assert_eq!(profile(&app, &ada).await, 404);
    pool.close().await;
    stack.finish().await;
}

#[tokio::test]
async fn nobody_gets_a_name_while_it_is_retired() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (_ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let pool = stack.database("identity").await;
    let mut tx = pool.begin().await.unwrap();
    for sql in [
        "INSERT INTO retired_usernames (hash) VALUES (sha256('ada'))",
        "UPDATE users SET username = id::text WHERE username = 'ada'",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    let request = app.patch("/v1/users/me").bearer(&ben.access_token);
    let renamed = async { request.json(json!({ "username": "Ada" })).await };
    let (renamed, ()) = futures::join!(renamed, commit_when_awaited(&pool, tx));
    assert_eq!(renamed.wrong_fields(409, "username_taken"), ["username"]);
    pool.close().await;
    stack.finish().await;
}
