use nova_ids::{SessionId, UserId};
use nova_testkit::{Answer, App, Stack};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{PASSWORD, Person, register, sign_in, start};

async fn list(app: &App, person: &Person, query: &str) -> Answer {
    app.get(&format!("/v1/users/me/sessions{query}"))
        .bearer(&person.access_token)
        .await
}

async fn sessions(app: &App, person: &Person) -> Vec<Value> {
    let page = list(app, person, "").await.expect(200);
    page["items"].as_array().expect("items").clone()
}

/// The id of the session of that access token.
async fn current(app: &App, person: &Person) -> String {
    let sessions = sessions(app, person).await;
    let mut current = sessions.iter().filter(|session| session["current"] == true);
    let (one, more) = (current.next(), current.next());
    assert!(more.is_none(), "{sessions:?}");
    id(one.expect("the session that asks"))
}

fn id(session: &Value) -> String {
    session["id"].as_str().expect("an id").to_owned()
}

fn time(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().expect("a time"), &Rfc3339).expect("RFC 3339")
}

async fn refresh(app: &App, person: &Person) -> Answer {
    app.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": person.refresh_token }))
        .await
}

async fn end(app: &App, person: &Person, session: &str) -> Answer {
    app.delete(&format!("/v1/users/me/sessions/{session}"))
        .bearer(&person.access_token)
        .await
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_newest_first_and_which_one_asks() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let (phone, laptop) = (sign_in(&app, "ada").await, sign_in(&app, "ada").await);
    register(&app, "ben").await;
    let mut ids = Vec::new();
    for person in [&laptop, &phone, &ada] {
        ids.push(current(&app, person).await);
    }
    let seen = sessions(&app, &phone).await;
    assert_eq!(seen.iter().map(id).collect::<Vec<_>>(), ids);
    for session in &seen {
        let members: Vec<_> = session.as_object().unwrap().keys().collect();
        let expected = [
            "address",
            "created_at",
            "current",
            "id",
            "last_used_at",
            "user_agent",
        ];
        assert_eq!(members, expected);
        assert_eq!(session["address"], "127.0.0.1");
        assert_eq!(session["user_agent"], json!(null));
        assert_eq!(session["created_at"], session["last_used_at"]);
        let made = id(session).parse::<SessionId>().unwrap().made_at();
        assert_eq!(time(&session["created_at"]), made);
    }
    stack.finish().await;
}

#[tokio::test]
async fn no_answer_has_a_token_or_what_is_kept_of_one() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let shown = list(&app, &ada, "").await.text();
    let pool = stack.database("identity").await;
    let kept: Vec<String> = sqlx::query_scalar(
        "SELECT encode(hash, format) FROM (VALUES ('hex'), ('base64')) AS formats (format),
             (SELECT token_hash FROM refresh_tokens UNION SELECT mark_hash FROM sessions) AS kept (hash)",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(kept.len(), 4);
    for secret in kept.iter().chain([&ada.access_token, &ada.refresh_token]) {
        assert!(!shown.contains(secret), "{shown}");
    }
    // Nor does the database have the token, or the mark in it.
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT sessions::text || refresh_tokens::text FROM sessions, refresh_tokens",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let token: Vec<u8> = sqlx::query_scalar("SELECT decode(translate($1, '-_', '+/'), 'base64')")
        .bind(&ada.refresh_token)
        .fetch_one(&pool)
        .await
        .unwrap();
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    for secret in [&token[16..32], &token[32..64]] {
        assert!(!rows[0].contains(&hex(secret)), "{rows:?}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn pages_skip_and_repeat_nothing_while_sessions_begin_and_end() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    for _ in 0..6 {
        sign_in(&app, "ada").await;
    }
    let expected: Vec<String> = sessions(&app, &ada).await.iter().map(id).collect();
    assert_eq!(expected.len(), 7);
    let mut seen = Vec::new();
    let mut query = "?limit=3".to_owned();
    loop {
        let page = list(&app, &ada, &query).await.expect(200);
        let ids: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
        let Some(cursor) = page["next_cursor"].as_str() else {
            seen.extend(ids);
            break;
        };
        assert_eq!(ids.len(), 3);
        query = format!("?limit=3&cursor={cursor}");
        // The one that the cursor stands on, after it was read.
        end(&app, &ada, &ids[2]).await.expect(204);
        sign_in(&app, "ada").await;
        seen.extend(ids);
    }
    assert_eq!(seen, expected);
    stack.finish().await;
}

#[tokio::test]
async fn what_is_no_page_is_refused_and_so_is_another_users_cursor() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    sign_in(&app, "ada").await;
    for limit in ["0", "101", "x"] {
        let answer = list(&app, &ada, &format!("?limit={limit}")).await;
        assert_eq!(answer.wrong_fields(400, "validation_failed"), ["limit"]);
    }
    let page = list(&app, &ada, "?limit=1").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let foreign = list(&app, &ben, &format!("?cursor={cursor}")).await;
    assert_eq!(foreign.wrong_fields(400, "invalid_cursor"), ["cursor"]);
    for path in ["/v1/users/me/sessions", "/v1/users/me/sessions?limit=1"] {
        app.get(path).await.problem(401, "unauthenticated");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_session_is_ended_by_its_user_and_by_nobody_else() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let phone = sign_in(&app, "ada").await;
    let session = current(&app, &phone).await;
    let unknown = SessionId::new().to_string();
    let theirs = end(&app, &ben, &session).await.problem(404, "not_found");
    let nobodys = end(&app, &ben, &unknown).await.problem(404, "not_found");
    assert_eq!(theirs["detail"], nobodys["detail"]);
    let malformed = end(&app, &ada, "me").await;
    assert_eq!(malformed.wrong_fields(400, "invalid_request"), ["id"]);
    let path = format!("/v1/users/me/sessions/{session}");
    app.delete(&path).await.problem(401, "unauthenticated");

    let answer = end(&app, &ada, &session).await;
    answer.expect(204);
    assert!(answer.body.is_empty());
    end(&app, &ada, &session).await.problem(404, "not_found");
    refresh(&app, &phone)
        .await
        .problem(401, "invalid_refresh_token");
    assert_eq!(sessions(&app, &ada).await.len(), 1);
    // One's own, too.
    let own = current(&app, &ada).await;
    end(&app, &ada, &own).await.expect(204);
    assert_eq!(sessions(&app, &ada).await, [json!(null); 0]);
    refresh(&app, &ada)
        .await
        .problem(401, "invalid_refresh_token");
    stack.finish().await;
}

#[tokio::test]
async fn a_session_that_has_expired_is_none() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let session = current(&app, &ada).await;
    let pool = stack.database("identity").await;
    sqlx::query("UPDATE sessions SET expires_at = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(sessions(&app, &ada).await, [json!(null); 0]);
    end(&app, &ada, &session).await.problem(404, "not_found");
    // Its newest token had not been swept, or had: either way it is as unknown as any other.
    refresh(&app, &ada)
        .await
        .problem(401, "invalid_refresh_token");
    sqlx::query("DELETE FROM refresh_tokens")
        .execute(&pool)
        .await
        .unwrap();
    refresh(&app, &ada)
        .await
        .problem(401, "invalid_refresh_token");
    let nobody = stack.token(UserId::new());
    let page = app.get("/v1/users/me/sessions").bearer(&nobody).await;
    assert_eq!(page.expect(200)["items"], json!([]));
    stack.finish().await;
}

async fn put_back(pool: &PgPool) {
    let a_day_ago = "UPDATE sessions SET last_used_at = now() - interval '1 day'";
    let done = sqlx::query(a_day_ago).execute(pool).await;
    done.expect("a statement");
}

#[tokio::test]
async fn a_session_says_from_where_it_was_last_used() {
    let stack = Stack::new().await.with("NOVA_TRUSTED_PROXIES", "1");
    let app = start(&stack).await;
    let email = "ada@example.org";
    let registration = json!({ "username": "ada", "email": email, "password": PASSWORD });
    let from = |path: &str, address: &str, user_agent: &[u8]| {
        app.post(path)
            .header("x-forwarded-for", format!("10.9.8.7, {address}"))
            .header("user-agent", user_agent)
    };
    let registered = from("/v1/auth/register", "192.0.2.1", b"Browser/1.0 (X11)");
    let ada = Person::of(&registered.json(registration).await.expect(201));
    let credentials = json!({ "email": email, "password": PASSWORD });
    let odd = format!(" \u{85}Odd\t\u{202e}\u{9b}2J {}", "ö".repeat(1_000));
    let login = from("/v1/auth/login", "2001:db8::1", odd.as_bytes());
    login.json(credentials).await.expect(200);
    let seen = sessions(&app, &ada).await;
    let devices: Vec<_> = seen
        .iter()
        .map(|session| (&session["address"], &session["user_agent"]))
        .collect();
    let shown = format!("Odd2J {}", "ö".repeat(250));
    assert_eq!(
        devices,
        [
            (&json!("2001:db8::1"), &json!(shown)),
            (&json!("192.0.2.1"), &json!("Browser/1.0 (X11)"))
        ]
    );

    let pool = stack.database("identity").await;
    put_back(&pool).await;
    let token = json!({ "refresh_token": ada.refresh_token });
    let refreshed = from("/v1/auth/refresh", "192.0.2.77", b"Browser/1.1");
    let ada = Person::of(&refreshed.json(&token).await.expect(200));
    let seen = sessions(&app, &ada).await;
    let (other, used) = (&seen[0], &seen[1]);
    assert_eq!(used["address"], "192.0.2.77");
    assert_eq!(used["user_agent"], "Browser/1.1");
    assert_eq!(used["current"], true);
    assert!(time(&used["last_used_at"]) >= time(&used["created_at"]));
    assert!(time(&other["last_used_at"]) < time(&other["created_at"]));
    // Who says nothing of themself is not taken for the one before.
    let token = json!({ "refresh_token": ada.refresh_token });
    let silent = app.post("/v1/auth/refresh").json(token);
    let ada = Person::of(&silent.await.expect(200));
    assert_eq!(sessions(&app, &ada).await[1]["user_agent"], json!(null));
    stack.finish().await;
}

/// As sessions were kept before they remembered anything.
#[tokio::test]
async fn sessions_from_before_are_listed_with_what_is_known() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let pool = stack.database("identity").await;
    let forget = "UPDATE sessions SET mark_hash = NULL, last_used_at = NULL, address = NULL, user_agent = NULL";
    sqlx::query(forget).execute(&pool).await.unwrap();
    let seen = sessions(&app, &ada).await;
    assert_eq!(seen[0]["last_used_at"], seen[0]["created_at"]);
    assert_eq!(seen[0]["address"], json!(null));
    assert_eq!(seen[0]["user_agent"], json!(null));
    end(&app, &ada, &id(&seen[0])).await.expect(204);
    stack.finish().await;
}

#[tokio::test]
async fn sessions_are_found_by_indexes() {
    let stack = Stack::new().await;
    start(&stack).await;
    let pool = stack.database("identity").await;
    let mut connection = pool.acquire().await.unwrap();
    sqlx::query("SET enable_seqscan = off")
        .execute(&mut *connection)
        .await
        .unwrap();
    let of_a_user = "EXPLAIN SELECT id FROM sessions
         WHERE user_id = '0192a000-0000-7000-8000-000000000000' AND expires_at > now()
           AND id < 'ffffffff-ffff-ffff-ffff-ffffffffffff'
         ORDER BY id DESC LIMIT 21";
    let of_a_token = "EXPLAIN SELECT id FROM sessions
         WHERE (id = '0192a000-0000-7000-8000-000000000000' AND mark_hash = 'm')
            OR id = (SELECT session_id FROM refresh_tokens WHERE token_hash = 't')
         FOR UPDATE";
    for (query, index) in [(of_a_user, "sessions_user"), (of_a_token, "sessions_pkey")] {
        let plan: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(&mut *connection)
            .await
            .unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("Sort") && !plan.contains("Seq"), "{plan}");
    }
    drop(connection);
    stack.finish().await;
}
