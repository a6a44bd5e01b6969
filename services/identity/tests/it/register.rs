use futures::future::join_all;
use nova_proto::identity::v1::UserRegistered;
use nova_testkit::{Stack, eventually};
use serde_json::json;

use crate::{PASSWORD, Person, start, try_to_register, wrong};

#[tokio::test]
async fn whoever_registers_is_signed_in() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let body = json!({
        "username": "Ada", "email": "Ada@Example.org", "password": PASSWORD, "display_name": " Countess "
    });
    let answer = app.post("/v1/auth/register").json(body).await;
    let session = answer.expect(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(session["expires_in"], 900);
    let user = &session["user"];
    assert_eq!(user["username"], "Ada");
    assert_eq!(user["email"], "Ada@Example.org");
    assert_eq!(user["display_name"], "Countess");
    assert_eq!(user["avatar_url"], json!(null));
    assert_eq!(user["created_at"], user["updated_at"]);
    let ada = Person::of(&session);
    let me = app
        .get("/v1/users/me")
        .bearer(&ada.access_token)
        .await
        .expect(200);
    assert_eq!(&me, user);
    stack.finish().await;
}

#[tokio::test]
async fn a_registration_is_published() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = Person::of(&try_to_register(&app, "Ada").await.expect(201));
    let event = eventually("it is published", async || {
        stack.published::<UserRegistered>().await.pop()
    })
    .await;
    assert_eq!(event.key, ada.id);
    let created_at = ada.user_id().made_at();
    let expected = UserRegistered {
        user_id: ada.id.clone(),
        username: "Ada".to_owned(),
        email: "Ada@example.org".to_owned(),
        registered_at: Some(nova_proto::timestamp(created_at)),
        display_name: "Ada".to_owned(),
        revision: 1,
    };
    assert_eq!(event.event, expected);
    let header = |name: &str| {
        let found = event.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("ce_specversion"), Some("1.0"));
    assert_eq!(header("ce_type"), Some("nova.identity.v1.UserRegistered"));
    assert_eq!(header("ce_source"), Some("/nova/identity"));
    assert_eq!(header("ce_subject"), Some(ada.id.as_str()));
    assert_eq!(header("ce_partitionkey"), Some(ada.id.as_str()));
    assert_eq!(header("content-type"), Some("application/protobuf"));
    assert!(header("traceparent").is_some(), "{:?}", event.headers);
    stack.finish().await;
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let refused = async |body| wrong(&app.post("/v1/auth/register").json(body).await);
    let field = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let all_bad = json!({
        "username": "a", "email": "nobody", "password": "short", "display_name": "\u{7}"
    });
    let expected = [
        field("username", "too_short"),
        field("email", "invalid_email"),
        field("password", "too_short"),
        field("display_name", "invalid_characters"),
    ];
    assert_eq!(refused(all_bad).await, expected);
    let nul = json!({ "username": "ada", "email": "a@b.org", "password": "long enough\0" });
    assert_eq!(
        refused(nul).await,
        [field("password", "invalid_characters")]
    );
    let unknown =
        json!({ "username": "ada", "email": "a@b.org", "password": PASSWORD, "admin": true });
    assert_eq!(refused(unknown).await, [field("admin", "unknown_field")]);
    let missing = json!({ "username": "ada", "email": "a@b.org" });
    assert_eq!(refused(missing).await, [field("password", "missing_field")]);
    let wrong_type = json!({ "username": 7, "email": "a@b.org", "password": PASSWORD });
    assert_eq!(
        refused(wrong_type).await,
        [field("username", "invalid_type")]
    );
    stack.finish().await;
}

#[tokio::test]
async fn names_that_speak_for_the_platform_are_refused() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    for name in [
        "admin",
        "Administrator",
        "ROOT",
        "support",
        "System",
        "nOvA",
    ] {
        let refused = wrong(&try_to_register(&app, name).await);
        assert_eq!(refused, [("username".to_owned(), "reserved".to_owned())]);
    }
    // With what else is wrong, as every field's rule.
    let body = json!({ "username": "root", "email": "nobody", "password": PASSWORD });
    let answer = app.post("/v1/auth/register").json(body).await;
    assert_eq!(
        answer.wrong_fields(400, "validation_failed"),
        ["username", "email"]
    );
    try_to_register(&app, "admin_of_my_garden")
        .await
        .expect(201);
    stack.finish().await;
}

#[tokio::test]
async fn who_has_a_reserved_name_keeps_it() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (
        Person::of(&try_to_register(&app, "ada").await.expect(201)),
        Person::of(&try_to_register(&app, "ben").await.expect(201)),
    );
    let pool = stack.database("identity").await;
    sqlx::query("UPDATE users SET username = 'support' WHERE id = $1")
        .bind(ada.user_id().uuid())
        .execute(&pool)
        .await
        .unwrap();
    let rename = async |person: &Person, name: &str| {
        let request = app.patch("/v1/users/me").bearer(&person.access_token);
        request.json(json!({ "username": name })).await
    };
    let credentials = json!({ "username": "support", "password": PASSWORD });
    app.post("/v1/auth/login")
        .json(credentials)
        .await
        .expect(200);
    let shown = app.get("/v1/users/by-username/SUPPORT").await.expect(200);
    assert_eq!(shown["id"], ada.id);
    rename(&ada, "Support").await.expect(200);
    // But nobody comes by one by changing their name.
    let refused = wrong(&rename(&ben, "Root").await);
    assert_eq!(refused, [("username".to_owned(), "reserved".to_owned())]);
    stack.finish().await;
}

#[tokio::test]
async fn a_name_and_an_address_are_one_users_in_whatever_case() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    try_to_register(&app, "Ada").await.expect(201);
    let attempt = async |username, email| {
        let body = json!({ "username": username, "email": email, "password": PASSWORD });
        app.post("/v1/auth/register").json(body).await
    };
    let same_name = attempt("aDA", "other@example.org").await;
    assert_eq!(same_name.wrong_fields(409, "username_taken"), ["username"]);
    let same_address = attempt("other", "ADA@EXAMPLE.ORG").await;
    assert_eq!(same_address.wrong_fields(409, "email_taken"), ["email"]);
    let both = attempt("ada", "ada@example.org").await;
    assert_eq!(
        both.wrong_fields(409, "username_taken"),
        ["username", "email"]
    );
    stack.finish().await;
}

#[tokio::test]
async fn of_those_who_want_a_name_at_the_same_time_one_gets_it() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let attempts = (0..8).map(|number| {
        let username = if number % 2 == 0 { "ada" } else { "ADA" };
        let email = format!("ada{number}@example.org");
        app.post("/v1/auth/register")
            .json(json!({ "username": username, "email": email, "password": PASSWORD }))
            .into_future()
    });
    let answers = join_all(attempts).await;
    let (registered, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(registered.len(), 1);
    for answer in refused {
        assert_eq!(answer.wrong_fields(409, "username_taken"), ["username"]);
    }
    eventually("the registration is published", async || {
        stack.published::<UserRegistered>().await.pop()
    })
    .await;
    let pool = stack.database("identity").await;
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(
        (users, stack.published::<UserRegistered>().await.len()),
        (1, 1)
    );
    stack.finish().await;
}

#[tokio::test]
async fn a_password_is_kept_as_an_argon2id_hash_only() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let session = try_to_register(&app, "ada").await.expect(201);
    assert!(!session.to_string().contains(PASSWORD));
    let pool = stack.database("identity").await;
    let kept: String = sqlx::query_scalar("SELECT password_hash FROM users")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(
        kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{kept}"
    );
    stack.finish().await;
}
