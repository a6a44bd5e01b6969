use futures::future::join_all;
use nova_identity::commands;
use nova_identity::config::Config;
use nova_identity::domain::{Device, Login, MailToken, Password};
use nova_identity::error::Error;
use nova_identity::state::State;
use nova_proto::identity::v1::{MailKind, MailRequested};
use nova_testkit::{Answer, App, Published, Stack, eventually};
use serde_json::json;

use crate::recovery::{forgot, is_no_token, login, me, no_tokens, reset, reset_token, verify};
use crate::{PASSWORD, Person, register, sign_in, start, wrong};

const NEW: &str = "battery staple horse";
const ADDRESS: &str = "ada@example.org";

async fn refresh(app: &App, person: &Person) -> Answer {
    app.post("/v1/auth/refresh")
        .json(json!({ "refresh_token": person.refresh_token }))
        .await
}

/// The requests for mails of that kind, once there are so many.
async fn requested(stack: &Stack, kind: MailKind, count: usize) -> Vec<Published<MailRequested>> {
    eventually("the mails are requested", async || {
        let mut requested = stack.published::<MailRequested>().await;
        requested.retain(|event| event.kind() == kind);
        if requested.len() == count {
            Ok(requested)
        } else {
            Err(requested.len())
        }
    })
    .await
}

#[tokio::test]
async fn a_lost_password_is_replaced_and_every_session_ends() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let (ada, ben) = (register(&app, "ada").await, register(&app, "ben").await);
    let phone = sign_in(&app, "ada").await;
    // In whatever case.
    let answer = forgot(&app, "Ada@Example.ORG").await;
    answer.expect(202);
    assert!(answer.body.is_empty());
    let mail = stack.mail_to(ADDRESS, 2).await;
    let link = format!(
        "\r\nhttp://localhost:8080/reset-password?token={}\r\n",
        mail.token()
    );
    assert!(mail.text.contains(&link), "{}", mail.text);

    let answer = reset(&app, &mail.token(), NEW).await;
    answer.expect(204);
    assert!(answer.body.is_empty());
    for ended in [&ada, &phone] {
        refresh(&app, ended)
            .await
            .problem(401, "invalid_refresh_token");
    }
    refresh(&app, &ben).await.expect(200);
    login(&app, "ada", PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    login(&app, "ada", NEW).await.expect(200);
    login(&app, "ben", PASSWORD).await.expect(200);
    // Who could read the mail has proven the address.
    assert_eq!(me(&app, &ada).await["email_verified"], true);
    is_no_token(&reset(&app, &mail.token(), PASSWORD).await);
    login(&app, "ada", NEW).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn of_two_mails_only_the_newer_helps_and_it_helps_once() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    register(&app, "ada").await;
    register(&app, "ben").await;
    let bens = reset_token(&stack, &app, "ben@example.org").await;
    let older = reset_token(&stack, &app, ADDRESS).await;
    let newer = reset_token(&stack, &app, ADDRESS).await;
    assert_ne!(older, newer);
    is_no_token(&reset(&app, &older, NEW).await);
    let attempts = ["the first of two", "the second of two"];
    let answers = join_all(attempts.map(|new| reset(&app, &newer, new))).await;
    let mut won = Vec::new();
    for (answer, new) in answers.iter().zip(attempts) {
        if answer.status == 204 {
            won.push(new);
        } else {
            is_no_token(answer);
        }
    }
    assert_eq!(won.len(), 1);
    login(&app, "ada", won[0]).await.expect(200);
    is_no_token(&reset(&app, &older, NEW).await);
    // The other mail, that of the registration, is about something else, as is that of somebody else.
    let of_registration = stack.mails_to(ADDRESS).swap_remove(0).token();
    verify(&app, &of_registration).await.expect(204);
    reset(&app, &bens, NEW).await.expect(204);
    stack.finish().await;
}

#[tokio::test]
async fn nothing_but_a_good_token_helps_and_no_token_is_told_from_another() {
    let stack = Stack::new().await.with("NOVA_BODY_LIMIT", "1000000");
    let app = start(&stack).await;
    register(&app, "ada").await;
    let token = reset_token(&stack, &app, ADDRESS).await;
    let mut told = Vec::new();
    for text in no_tokens(&token) {
        let answer = reset(&app, &text, NEW).await;
        is_no_token(&answer);
        let mut problem = answer.problem(400, "invalid_token");
        problem["trace_id"] = json!(null);
        told.push(problem);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    login(&app, "ada", PASSWORD).await.expect(200);
    reset(&app, &token, NEW).await.expect(204);
    stack.finish().await;
}

#[tokio::test]
async fn the_new_password_is_checked_as_at_registration_and_costs_no_token() {
    let stack = Stack::new().await.with("NOVA_BODY_LIMIT", "1000000");
    let app = start(&stack).await;
    register(&app, "ada").await;
    let token = reset_token(&stack, &app, ADDRESS).await;
    let long = "p".repeat(100_000);
    for (new, code) in [
        ("", "too_short"),
        ("seven77", "too_short"),
        (long.as_str(), "too_long"),
        ("long enough\0", "invalid_characters"),
    ] {
        let refused = wrong(&reset(&app, &token, new).await);
        assert_eq!(refused, [("new_password".to_owned(), code.to_owned())]);
    }
    reset(&app, &token, NEW).await.expect(204);
    stack.finish().await;
}

/// What is done for an address that nobody has is what is done for one that somebody has: the same statements write
/// the same rows, and only who reads the events finds that there is nobody.
#[tokio::test]
async fn nothing_tells_whether_there_is_such_an_account() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let pool = stack.database("identity").await;
    let rows = async || -> (i64, i64, i64) {
        // How often was written, whatever became of the rows since.
        sqlx::query_as(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM sessions),
                    (SELECT last_value FROM pg_sequences WHERE sequencename LIKE 'outbox%')",
        )
        .fetch_one(&pool)
        .await
        .unwrap()
    };
    let mut answers = Vec::new();
    let mut written = vec![rows().await.2];
    for email in [ADDRESS, "nobody@example.org"] {
        let answer = forgot(&app, email).await;
        let mut headers = answer.headers.clone();
        headers.remove("date");
        headers.remove("traceparent");
        answers.push((answer.status, headers.len(), answer.body.clone()));
        written.push(rows().await.2);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(written[1] - written[0], 1, "{written:?}");
    assert_eq!(written[2] - written[1], 1, "{written:?}");
    let requested = requested(&stack, MailKind::ResetPassword, 2).await;
    let (theirs, nobodys): (Vec<_>, Vec<_>) =
        requested.iter().partition(|event| event.user_id == ada.id);
    assert_eq!((theirs.len(), nobodys.len()), (1, 1));
    assert_eq!(theirs[0].user_id.len(), nobodys[0].user_id.len());
    assert_eq!(nobodys[0].key, nobodys[0].user_id);
    let names = |event: &Published<MailRequested>| -> Vec<String> {
        event.headers.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(theirs[0]), names(nobodys[0]));
    stack.mail_to(ADDRESS, 2).await;
    // Whoever registers with it next has a mail of their own, and no other.
    register(&app, "nobody").await;
    let mail = stack.mail_to("nobody@example.org", 1).await;
    assert!(mail.text.contains("/verify-email?"), "{}", mail.text);
    stack.finish().await;
}

/// The old password is proven before it is replaced, and the session would begin after.
#[tokio::test]
async fn no_session_begins_with_a_password_that_was_replaced_meanwhile() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    register(&app, "ada").await;
    let token = reset_token(&stack, &app, ADDRESS).await;
    let mut env = stack.env();
    let config = Config::read(&mut env).expect("settings");
    let state = State::connect(&config, &mut env).await.expect("a state");
    let attempt = Login::check(Some("ada"), None, PASSWORD).expect("a login");
    let proven = commands::check_credentials(&state, attempt).await;
    let proven = proven.expect("it is the password");
    // One who has a good token too, and is later.
    let late = MailToken::parse(&token).expect("a token");
    let new = Password::choose("new_password", "too late").expect("a password");
    let late = commands::prepare_password_reset(&state, late, new).await;
    let late = late.expect("it is good");
    reset(&app, &token, NEW).await.expect(204);
    let mut tx = state.begin().await.expect("a transaction");
    let signed_in = commands::login(&mut tx, &state, proven, Device::default()).await;
    assert!(matches!(signed_in, Err(Error::InvalidCredentials)));
    drop(tx);
    let mut tx = state.begin().await.expect("a transaction");
    let replaced = commands::reset_password(&mut tx, late).await;
    assert!(matches!(replaced, Err(Error::MailToken(_))));
    drop(tx);
    login(&app, "ada", NEW).await.expect(200);
    state.database.pool.close().await;
    stack.finish().await;
}

/// Two mails can be good for a moment: the second is on its way while the first is being used.
#[tokio::test]
async fn whoever_has_replaced_a_password_has_ended_all_tokens_for_that() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    register(&app, "ada").await;
    let one = reset_token(&stack, &app, ADDRESS).await;
    let other = reset_token(&stack, &app, ADDRESS).await;
    let pool = stack.database("identity").await;
    let revive = "UPDATE mail_tokens SET ended_at = NULL";
    sqlx::query(revive).execute(&pool).await.unwrap();
    reset(&app, &one, NEW).await.expect(204);
    is_no_token(&reset(&app, &other, PASSWORD).await);
    login(&app, "ada", NEW).await.expect(200);
    stack.finish().await;
}

#[tokio::test]
async fn mails_to_one_account_are_limited_whether_it_exists_or_not() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    register(&app, "ada").await;
    let mut refusals = Vec::new();
    for email in [ADDRESS, "nobody@example.org"] {
        let first = forgot(&app, email).await;
        first.expect(202);
        assert!(first.header("ratelimit").is_some());
        let mut allowed = 1;
        let refused = loop {
            let answer = forgot(&app, &email.to_uppercase()).await;
            if answer.status != 202 {
                break answer;
            }
            allowed += 1;
        };
        assert!((10..15).contains(&allowed), "{allowed}");
        let mut problem = refused.problem(429, "too_many_requests");
        assert!(refused.header("retry-after").is_some());
        problem["trace_id"] = json!(null);
        refusals.push(problem);
    }
    assert_eq!(refusals[0], refusals[1]);
    register(&app, "ben").await;
    forgot(&app, "ben@example.org").await.expect(202);
    // It is no limit to signing in.
    login(&app, "ada", PASSWORD).await.expect(200);
    stack.finish().await;
}

/// Many strangers together do not fill a mailbox; the owner, from where they always are, is none of them.
#[tokio::test]
async fn strangers_share_a_limit_that_is_not_the_owners() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let stack = stack.with("NOVA_TRUSTED_PROXIES", "1");
    let app = start(&stack).await;
    let from = |path: &str, address: &str| {
        let path = format!("/v1/auth/{path}");
        app.post(&path).header("x-forwarded-for", address)
    };
    let body = json!({ "username": "ada", "email": ADDRESS, "password": PASSWORD });
    from("register", "192.0.2.1").json(body).await.expect(201);
    let body = json!({ "email": ADDRESS });
    let mut allowed = 0;
    let refused = loop {
        let stranger = format!("198.51.100.{}", allowed / 5);
        let answer = from("forgot-password", &stranger).json(&body).await;
        if answer.status != 202 {
            break answer;
        }
        allowed += 1;
    };
    assert!((30..40).contains(&allowed), "{allowed}");
    refused.problem(429, "too_many_requests");
    let owner = from("forgot-password", "192.0.2.1").json(&body).await;
    owner.expect(202);
    stack.finish().await;
}

#[tokio::test]
async fn tokens_are_tried_only_so_often_from_one_address() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let mut tries = 0;
    let refused = loop {
        let answer = verify(&app, "guess").await;
        if answer.status != 400 {
            break answer;
        }
        tries += 1;
    };
    assert!((120..300).contains(&tries), "{tries}");
    refused.problem(429, "too_many_requests");
    // What both have together is used up, but for what comes back while this asks.
    let mut more = 0;
    let same = loop {
        let answer = reset(&app, "guess", NEW).await;
        if answer.status != 400 {
            break answer;
        }
        more += 1;
    };
    assert!(more < 60, "{more}");
    same.problem(429, "too_many_requests");
    stack.finish().await;
}
