//! What is kept of refresh tokens: little, and enough to notice the reuse of any.

use futures::future::join_all;
use nova_testkit::{Answer, App, Stack};
use serde_json::json;
use sqlx::PgPool;

use crate::{Person, register, start};

async fn refresh(app: &App, token: &str) -> Answer {
    app.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": token }))
        .await
}

/// All tokens of a session in turn, the newest last.
async fn refresh_often(app: &App, first: &str, times: usize) -> Vec<String> {
    let mut tokens = vec![first.to_owned()];
    for _ in 0..times {
        let session = refresh(app, &tokens[tokens.len() - 1]).await.expect(200);
        tokens.push(Person::of(&session).refresh_token);
    }
    tokens
}

async fn count(pool: &PgPool, table: &'static str) -> i64 {
    let count = match table {
        "sessions" => "SELECT count(*) FROM sessions",
        _ => "SELECT count(*) FROM refresh_tokens",
    };
    sqlx::query_scalar(count)
        .fetch_one(pool)
        .await
        .expect("a statement")
}

/// Adds a token as it was made and kept before tokens had a mark.
async fn add_token_of_before(pool: &PgPool, person: &Person, token: &str) {
    let add = "INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
               SELECT sha256($1::bytea), id, expires_at FROM sessions WHERE user_id = $2";
    sqlx::query(add)
        .bind(token.as_bytes())
        .bind(person.user_id().uuid())
        .execute(pool)
        .await
        .expect("a statement");
}

/// Someone whose session is as it was before tokens had a mark, with that as its token.
async fn person_of_before(app: &App, pool: &PgPool, name: &str, token: &str) -> Person {
    let person = register(app, name).await;
    let forget = "WITH forgotten AS (
                      UPDATE sessions
                      SET mark_hash = NULL, last_used_at = NULL, address = NULL, user_agent = NULL
                      WHERE user_id = $1 RETURNING id)
                  DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM forgotten)";
    sqlx::query(forget)
        .bind(person.user_id().uuid())
        .execute(pool)
        .await
        .expect("a statement");
    add_token_of_before(pool, &person, token).await;
    person
}

/// 43 characters of base64url, as 32 bytes make.
fn token_of_before(letter: char) -> String {
    format!("{}A", letter.to_string().repeat(42))
}

#[tokio::test]
async fn a_session_is_two_rows_however_often_it_is_refreshed() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let tokens = refresh_often(&app, &ada.refresh_token, 200).await;
    let pool = stack.database("identity").await;
    let rows = (
        count(&pool, "sessions").await,
        count(&pool, "refresh_tokens").await,
    );
    assert_eq!(rows, (1, 1));
    assert_eq!(tokens.len(), 201);
    refresh(&app, &tokens[0])
        .await
        .problem(401, "refresh_token_reused");
    let rows = (
        count(&pool, "sessions").await,
        count(&pool, "refresh_tokens").await,
    );
    assert_eq!(rows, (0, 0));
    stack.finish().await;
}

#[tokio::test]
async fn the_reuse_of_any_earlier_token_ends_the_session() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    for (name, before_the_newest) in [("ada", 50), ("ben", 1), ("cas", 2), ("dan", 60)] {
        let person = register(&app, name).await;
        let tokens = refresh_often(&app, &person.refresh_token, 60).await;
        let newest = tokens.len() - 1;
        refresh(&app, &tokens[newest - before_the_newest])
            .await
            .problem(401, "refresh_token_reused");
        refresh(&app, &tokens[newest])
            .await
            .problem(401, "invalid_refresh_token");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_token_that_was_changed_is_unknown_and_ends_nothing() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let token = &ada.refresh_token;
    let mut changed = vec![
        token[1..].to_owned(),
        token[..token.len() - 4].to_owned(),
        format!("{token}AAAA"),
        format!("{token}="),
        token.to_lowercase(),
    ];
    for at in (0..token.len()).step_by(5) {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        changed.push(format!("{}{other}{}", &token[..at], &token[at + 1..]));
    }
    for token in changed {
        refresh(&app, &token)
            .await
            .problem(401, "invalid_refresh_token");
    }
    refresh(&app, token).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn a_token_of_one_session_does_nothing_to_another() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    // Ben's session with Ada's mark, as somebody would forge it who knows the ids of both.
    let pool = stack.database("identity").await;
    let swap = "UPDATE sessions SET mark_hash = sha256('x') WHERE user_id = $1";
    sqlx::query(swap)
        .bind(ben.user_id().uuid())
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)")
        .bind(ben.user_id().uuid())
        .execute(&pool)
        .await
        .unwrap();
    refresh(&app, &ben.refresh_token)
        .await
        .problem(401, "invalid_refresh_token");
    app.post("/v1/auth/logout")
        .json(json!({ "refresh_token": ben.refresh_token }))
        .await
        .expect(204);
    assert_eq!(count(&pool, "sessions").await, 2);
    refresh(&app, &ada.refresh_token).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn tokens_of_before_still_refresh_and_their_reuse_is_noticed() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let old = token_of_before('o');
    let ada = person_of_before(&app, &pool, "ada", &old).await;
    let answer = refresh(&app, &old).await;
    let next = Person::of(&answer.expect(200));
    assert_eq!(next.id, ada.id);
    assert_eq!(next.refresh_token.len(), 96);
    // The old one stays as a used one; from now on nothing piles up.
    let tokens = refresh_often(&app, &next.refresh_token, 5).await;
    assert_eq!(count(&pool, "refresh_tokens").await, 2);
    refresh(&app, &old)
        .await
        .problem(401, "refresh_token_reused");
    refresh(&app, &tokens[5])
        .await
        .problem(401, "invalid_refresh_token");

    // A used one that the build before has left, and the reuse of one that came after.
    let (used, newest) = (token_of_before('u'), token_of_before('n'));
    let ben = person_of_before(&app, &pool, "ben", &used).await;
    sqlx::query("UPDATE refresh_tokens SET used_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    add_token_of_before(&pool, &ben, &newest).await;
    let next = Person::of(&refresh(&app, &newest).await.expect(200));
    refresh(&app, &next.refresh_token).await.expect(200);
    refresh(&app, &next.refresh_token)
        .await
        .problem(401, "refresh_token_reused");
    refresh(&app, &used)
        .await
        .problem(401, "invalid_refresh_token");
    stack.finish().await;
}

#[tokio::test]
async fn of_two_refreshes_with_a_token_of_before_one_is_a_reuse() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    for (name, letter) in [("ada", 'a'), ("ben", 'b'), ("cas", 'c')] {
        let old = token_of_before(letter);
        person_of_before(&app, &pool, name, &old).await;
        let answers = join_all((0..2).map(|_| refresh(&app, &old))).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 1));
        lost[0].problem(401, "refresh_token_reused");
        let winner = Person::of(&won[0].expect(200));
        refresh(&app, &winner.refresh_token)
            .await
            .problem(401, "invalid_refresh_token");
    }
    stack.finish().await;
}

#[tokio::test]
async fn tokens_of_before_expire_and_log_out_as_before() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let old = token_of_before('e');
    person_of_before(&app, &pool, "ada", &old).await;
    let expire = "UPDATE refresh_tokens SET expires_at = now()";
    sqlx::query(expire).execute(&pool).await.unwrap();
    refresh(&app, &old)
        .await
        .problem(401, "invalid_refresh_token");
    app.post("/v1/auth/logout")
        .json(json!({ "refresh_token": old }))
        .await
        .expect(204);
    assert_eq!(count(&pool, "sessions").await, 0);
    stack.finish().await;
}

/// While replicas are replaced, one of before may be asked for the next refresh: it finds the token, and gives one that
/// has no mark.
#[tokio::test]
async fn a_replica_of_before_may_refresh_in_between() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    let ada = register(&app, "ada").await;
    let marked = Person::of(&refresh(&app, &ada.refresh_token).await.expect(200)).refresh_token;
    let used = "UPDATE refresh_tokens SET used_at = now() WHERE token_hash = sha256($1::bytea)";
    let used = sqlx::query(used).bind(marked.as_bytes());
    assert_eq!(used.execute(&pool).await.unwrap().rows_affected(), 1);
    let unmarked = token_of_before('m');
    add_token_of_before(&pool, &ada, &unmarked).await;
    let next = Person::of(&refresh(&app, &unmarked).await.expect(200));
    refresh(&app, &marked)
        .await
        .problem(401, "refresh_token_reused");
    refresh(&app, &next.refresh_token)
        .await
        .problem(401, "invalid_refresh_token");
    stack.finish().await;
}
