use futures::future::join_all;
use nova_testkit::{Answer, App, Stack};
use serde_json::json;

use crate::{Person, register, sign_in, start, wrong};

async fn refresh(app: &App, token: &str) -> Answer {
    app.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": token }))
        .await
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_session() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let answer = refresh(&app, &ada.refresh_token).await;
    let session = answer.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(session["user"]["id"], ada.id);
    assert_eq!(session["user"]["email"], "ada@example.org");
    assert_eq!(session["expires_in"], 900);
    let next = Person::of(&session);
    assert_ne!(next.refresh_token, ada.refresh_token);
    assert_ne!(next.access_token, ada.access_token);
    app.get("/v1/users/me")
        .bearer(&next.access_token)
        .await
        .expect(200);
    refresh(&app, &next.refresh_token).await.expect(200);
    let pool = stack.database("identity").await;
    let sessions: i64 = sqlx::query_scalar("SELECT count(*) FROM sessions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(sessions, 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_token_used_twice_ends_its_session_and_no_other() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let elsewhere = sign_in(&app, "ada").await;
    let next = Person::of(&refresh(&app, &ada.refresh_token).await.expect(200));
    let newest = Person::of(&refresh(&app, &next.refresh_token).await.expect(200));
    refresh(&app, &ada.refresh_token)
        .await
        .problem(401, "refresh_token_reused");
    for token in [
        &newest.refresh_token,
        &next.refresh_token,
        &ada.refresh_token,
    ] {
        refresh(&app, token)
            .await
            .problem(401, "invalid_refresh_token");
    }
    refresh(&app, &elsewhere.refresh_token).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn of_two_refreshes_at_the_same_time_one_is_a_reuse() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    for round in 0..5 {
        let ada = register(&app, &format!("ada{round}")).await;
        let answers = join_all((0..2).map(|_| refresh(&app, &ada.refresh_token))).await;
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
async fn unknown_and_expired_tokens_are_refused() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    refresh(&app, "not-one-of-ours")
        .await
        .problem(401, "invalid_refresh_token");
    refresh(&app, &ada.access_token)
        .await
        .problem(401, "invalid_refresh_token");
    let empty = refresh(&app, "").await;
    assert_eq!(
        wrong(&empty),
        [("refresh_token".to_owned(), "empty".to_owned())]
    );
    let pool = stack.database("identity").await;
    sqlx::query("UPDATE refresh_tokens SET expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    refresh(&app, &ada.refresh_token)
        .await
        .problem(401, "invalid_refresh_token");
    stack.finish().await;
}

#[tokio::test]
async fn tokens_live_as_long_as_configured_and_are_stored_as_hashes() {
    let stack = Stack::new()
        .await
        .with("NOVA_ACCESS_TOKEN_TTL", "30s")
        .with("NOVA_REFRESH_TOKEN_TTL", "1h");
    let app = start(&stack).await;
    let session = crate::try_to_register(&app, "ada").await.expect(201);
    assert_eq!(session["expires_in"], 30);
    let ada = Person::of(&session);
    let pool = stack.database("identity").await;
    let (hash, seconds): (Vec<u8>, f64) = sqlx::query_as(
        "SELECT token_hash, extract(epoch FROM expires_at - now())::float8 FROM refresh_tokens",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(hash.len(), 32);
    assert_ne!(hash, ada.refresh_token.as_bytes());
    assert!((3_500.0..=3_600.0).contains(&seconds), "{seconds}");
    stack.finish().await;
}
