use nova_testkit::{Answer, App, Stack};
use serde_json::{Value, json};

use crate::{PASSWORD, register, start, wrong};

async fn login(app: &App, body: Value) -> Answer {
    app.post("/v1/auth/login").json(body).await
}

#[tokio::test]
async fn one_signs_in_by_name_or_by_address_in_whatever_case() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "Ada").await;
    for body in [
        json!({ "username": "ADA", "password": PASSWORD }),
        json!({ "email": "ada@EXAMPLE.org", "password": PASSWORD }),
    ] {
        let answer = login(&app, body).await;
        let session = answer.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(session["user"]["id"], ada.id);
        assert_eq!(session["user"]["email"], "Ada@example.org");
        assert_ne!(session["refresh_token"], ada.refresh_token);
        let token = session["access_token"].as_str().unwrap();
        app.get("/v1/users/me").bearer(token).await.expect(200);
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_are_answered_the_same() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    register(&app, "ada").await;
    let mut answers = Vec::new();
    for body in [
        json!({ "username": "ada", "password": "wrong" }),
        json!({ "username": "nobody", "password": "wrong" }),
        json!({ "username": "no such name at all", "password": "wrong" }),
        json!({ "email": "ada@example.org", "password": "wrong" }),
        json!({ "email": "nobody@example.org", "password": "wrong" }),
        json!({ "username": "ada@example.org", "password": PASSWORD }),
    ] {
        let mut problem = login(&app, body).await.problem(401, "invalid_credentials");
        problem.as_object_mut().unwrap().remove("trace_id");
        answers.push(problem);
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
    stack.finish().await;
}

#[tokio::test]
async fn what_could_never_be_right_is_named() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let refused = async |body| wrong(&login(&app, body).await);
    let field = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let neither = json!({ "password": PASSWORD });
    assert_eq!(refused(neither).await, [field("username", "missing_field")]);
    let both = json!({ "username": "ada", "email": "ada@example.org", "password": PASSWORD });
    assert_eq!(refused(both).await, [field("email", "conflicting_field")]);
    let bad = json!({ "username": "a\0", "password": "" });
    assert_eq!(
        refused(bad).await,
        [
            field("username", "invalid_characters"),
            field("password", "empty")
        ]
    );
    let long = json!({ "email": "a".repeat(255), "password": "p".repeat(129) });
    assert_eq!(
        refused(long).await,
        [field("email", "too_long"), field("password", "too_long")]
    );
    stack.finish().await;
}
