use nova_proto::identity::v1::{MailKind, MailRequested, UserRegistered};
use nova_testkit::{Stack, eventually};
use serde_json::json;

use crate::recovery::{forgot, is_no_token, login, me, no_tokens, reset, reset_token, verify};
use crate::{PASSWORD, register, start, try_to_register, wrong};

const ADDRESS: &str = "ada@example.org";

#[tokio::test]
async fn whoever_reads_the_mail_proves_that_the_address_is_theirs() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let session = try_to_register(&app, "ada").await.expect(201);
    assert_eq!(session["user"]["email_verified"], false);
    let ada = crate::Person::of(&session);
    let ben = register(&app, "ben").await;
    let mail = stack.mail_to(ADDRESS, 1).await;
    assert_eq!(
        mail.header("From").as_deref(),
        Some("Nova <no-reply@localhost>")
    );
    assert_eq!(mail.header("To").as_deref(), Some("ada <ada@example.org>"));
    let link = format!(
        "\r\nhttp://localhost:8080/verify-email?token={}\r\n",
        mail.token()
    );
    assert!(mail.text.contains(&link), "{}", mail.text);
    assert_eq!(me(&app, &ada).await["email_verified"], false);

    let answer = verify(&app, &mail.token()).await;
    answer.expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(me(&app, &ada).await["email_verified"], true);
    let session = login(&app, "ada", PASSWORD).await.expect(200);
    assert_eq!(session["user"]["email_verified"], true);
    assert_eq!(me(&app, &ben).await["email_verified"], false);
    // Once.
    is_no_token(&verify(&app, &mail.token()).await);
    // The profile's own version is of what everyone sees, and this is not.
    let change = app.patch("/v1/users/me").bearer(&ada.access_token);
    let changed = change.json(json!({ "display_name": "Ada" })).await;
    assert_eq!(changed.expect(200)["email_verified"], true);
    stack.finish().await;
}

#[tokio::test]
async fn links_begin_where_people_are_shown_pages() {
    let stack = Stack::new().await;
    let stack = stack.with("NOVA_MAIL_LINK", "https://app.example/accounts/");
    let stack = stack.with("NOVA_MAIL_FROM", "The Növa <nova@app.example>");
    let app = start(&stack).await;
    register(&app, "ada").await;
    let mail = stack.mail_to(ADDRESS, 1).await;
    let link = "\r\nhttps://app.example/accounts/verify-email?token=";
    assert!(mail.text.contains(link), "{}", mail.text);
    let from = mail.header("From").expect("a sender");
    assert!(
        from.ends_with(" <nova@app.example>") && from.is_ascii(),
        "{from}"
    );
    stack.finish().await;
}

#[tokio::test]
async fn a_token_is_good_for_its_purpose_for_an_hour_and_nothing_else_is_one() {
    // So that the longest get as far as to be looked at.
    let stack = Stack::new().await.with("NOVA_BODY_LIMIT", "1000000");
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let token = stack.mail_to(ADDRESS, 1).await.token();
    for text in no_tokens(&token) {
        is_no_token(&verify(&app, &text).await);
    }
    is_no_token(&reset(&app, &token, "another password").await);
    let of_reset = reset_token(&stack, &app, ADDRESS).await;
    is_no_token(&verify(&app, &of_reset).await);

    let pool = stack.database("identity").await;
    let hour = "SELECT bool_and(expires_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour')
                FROM mail_tokens";
    let is_an_hour: bool = sqlx::query_scalar(hour).fetch_one(&pool).await.unwrap();
    assert!(is_an_hour);
    let expire = "UPDATE mail_tokens SET expires_at = now()";
    sqlx::query(expire).execute(&pool).await.unwrap();
    is_no_token(&verify(&app, &token).await);
    is_no_token(&reset(&app, &of_reset, "another password").await);
    assert_eq!(me(&app, &ada).await["email_verified"], false);
    login(&app, "ada", PASSWORD).await.expect(200);
    stack.finish().await;
}

/// Nobody can change their address yet. When they can, a mail to the old one proves nothing of the new.
#[tokio::test]
async fn a_token_proves_nothing_of_another_address() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let token = stack.mail_to(ADDRESS, 1).await.token();
    let of_reset = reset_token(&stack, &app, ADDRESS).await;
    let pool = stack.database("identity").await;
    let change = "UPDATE users SET email = 'lovelace@example.org'";
    sqlx::query(change).execute(&pool).await.unwrap();
    is_no_token(&verify(&app, &token).await);
    is_no_token(&reset(&app, &of_reset, "another password").await);
    assert_eq!(me(&app, &ada).await["email_verified"], false);
    stack.finish().await;
}

#[tokio::test]
async fn what_is_no_request_is_named() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let field = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let post = async |path: &str, body: serde_json::Value| {
        wrong(&app.post(&format!("/v1/auth/{path}")).json(body).await)
    };
    assert_eq!(
        post("verify-email", json!({})).await,
        [field("token", "missing_field")]
    );
    assert_eq!(
        post("verify-email", json!({ "token": "a", "email": "b" })).await,
        [field("email", "unknown_field")]
    );
    assert_eq!(
        post("reset-password", json!({ "token": "a" })).await,
        [field("new_password", "missing_field")]
    );
    assert_eq!(
        post("forgot-password", json!({})).await,
        [field("email", "missing_field")]
    );
    for (email, code) in [
        ("", "invalid_email"),
        ("ada", "invalid_email"),
        ("ada@example.org\r\nBcc: eve@example.org", "invalid_email"),
        ("ada@example.org,eve@example.org", "invalid_email"),
        ("\"a\"@example.org", "invalid_email"),
        (&format!("{}@example.org", "a".repeat(1_000)), "too_long"),
    ] {
        let refused = wrong(&forgot(&app, email).await);
        assert_eq!(refused, [field("email", code)], "{email:?}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn neither_events_nor_tables_hold_a_token() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let token = stack.mail_to(ADDRESS, 1).await.token();
    let requested = eventually("both events are published", async || {
        let registered = stack.published::<UserRegistered>().await;
        let requested = stack.published::<MailRequested>().await.pop();
        requested.filter(|_| registered.len() == 1)
    })
    .await;
    assert_eq!(requested.key, ada.id);
    assert_eq!(requested.user_id, ada.id);
    assert_eq!(requested.kind(), MailKind::VerifyEmail);
    let headers = format!("{:?}", requested.headers);
    assert!(
        !headers.contains(&token) && !headers.contains(ADDRESS),
        "{headers}"
    );
    let pool = stack.database("identity").await;
    let row: String = sqlx::query_scalar("SELECT mail_tokens::text FROM mail_tokens")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(!row.contains(&token), "{row}");
    let raw: String = sqlx::query_scalar(
        "SELECT encode(decode(translate($1, '-_', '+/') || '=', 'base64'), 'hex')",
    )
    .bind(&token)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(!row.contains(&raw), "{row}");
    stack.finish().await;
}
