use nova_identity::domain::REQUEST_LIFETIME;
use nova_identity::store::{mail_tokens, sessions};
use nova_testkit::Stack;
use serde_json::json;
use time::OffsetDateTime;

use crate::{Person, register, start};

#[tokio::test]
async fn what_has_expired_is_removed_in_batches_and_nothing_else() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    for name in ["old1", "old2", "old3"] {
        register(&app, name).await;
    }
    sqlx::query("UPDATE sessions SET expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    let ada = register(&app, "ada").await;
    let refresh = async |token: &str| {
        app.post("/v1/auth/refresh")
            .json(json!({ "refresh_token": token }))
            .await
    };
    let next = Person::of(&refresh(&ada.refresh_token).await.expect(200));
    // A used token without a mark, as those of before are kept.
    let used = "INSERT INTO refresh_tokens (token_hash, session_id, expires_at, used_at)
                SELECT sha256('used'), session_id, now(), now() FROM refresh_tokens
                WHERE token_hash = sha256($1::bytea)";
    let token = next.refresh_token.as_bytes();
    sqlx::query(used).bind(token).execute(&pool).await.unwrap();

    let now = OffsetDateTime::now_utc();
    assert_eq!(sessions::delete_expired(&pool, now, 2).await.unwrap(), 2);
    assert_eq!(sessions::delete_expired(&pool, now, 2).await.unwrap(), 1);
    assert_eq!(
        sessions::delete_expired_tokens(&pool, now, 2)
            .await
            .unwrap(),
        1
    );
    // The used token is gone, so it is unknown and ends nothing; the session goes on.
    refresh("used").await.problem(401, "invalid_refresh_token");
    refresh(&next.refresh_token).await.expect(200);
    stack.finish().await;
}

/// While a request for a mail may come once more, it must be known that its token was used.
#[tokio::test]
async fn tokens_of_mails_are_removed_a_while_after_they_have_expired() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let names = ["ada", "ben", "cas", "dan"];
    for name in names {
        register(&app, name).await;
        stack.mail_to(&format!("{name}@example.org"), 1).await;
    }
    let pool = stack.database("identity").await;
    let age = "UPDATE mail_tokens SET expires_at = now() - interval '8 days'
               WHERE address <> 'dan@example.org'";
    sqlx::query(age).execute(&pool).await.unwrap();
    let expire = "UPDATE mail_tokens SET expires_at = now() WHERE address = 'dan@example.org'";
    sqlx::query(expire).execute(&pool).await.unwrap();
    let before = OffsetDateTime::now_utc() - REQUEST_LIFETIME;
    let sweep = async || mail_tokens::delete_expired(&pool, before, 2).await.unwrap();
    assert_eq!([sweep().await, sweep().await, sweep().await], [2, 1, 0]);
    let left: Vec<String> = sqlx::query_scalar("SELECT address FROM mail_tokens")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(left, ["dan@example.org"]);
    stack.finish().await;
}
