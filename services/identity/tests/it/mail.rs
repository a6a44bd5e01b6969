use std::os::unix::fs::PermissionsExt as _;

use nova_event_bus::{DeadLetter, list_dead_letters};
use nova_ids::{EventId, UserId};
use nova_proto::identity::v1::{MailKind, MailRequested};
use nova_proto::timestamp;
use nova_resilience::Code;
use nova_testkit::{App, Stack, eventually};
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::recovery::{forgot, is_no_token, login, reset, reset_token, verify};
use crate::smtp::{Manner, SmtpServer, Taken};
use crate::{PASSWORD, register, start};

const NEW: &str = "battery staple horse";
const ADDRESS: &str = "ada@example.org";

async fn with(server: &SmtpServer) -> Stack {
    Stack::new().await.with("NOVA_MAIL", &server.setting())
}

/// The mail to that address whose number, from 1, is this, in the order in which they came.
async fn taken(server: &SmtpServer, address: &str, number: usize) -> Taken {
    let what = format!("mail {number} to {address} comes");
    eventually(&what, async || {
        let mut mails = server.mails_to(address);
        if mails.len() >= number {
            Ok(mails.swap_remove(number - 1))
        } else {
            Err(mails.len())
        }
    })
    .await
}

async fn is_tried(server: &SmtpServer, times: usize) {
    let before = server.connections();
    eventually("it is tried again", async || {
        let now = server.connections();
        if now >= before + times {
            Ok(())
        } else {
            Err(now)
        }
    })
    .await;
}

async fn letters(pool: &PgPool, count: usize) -> Vec<DeadLetter> {
    eventually("they are among the dead letters", async || {
        let letters = list_dead_letters(pool, 100).await.expect("letters");
        if letters.len() == count {
            Ok(letters)
        } else {
            Err(letters.len())
        }
    })
    .await
}

fn request(user: &str, kind: i32, at: OffsetDateTime) -> MailRequested {
    MailRequested {
        user_id: user.to_owned(),
        kind,
        requested_at: Some(timestamp(at)),
    }
}

#[tokio::test]
async fn a_folder_holds_each_mail_once_however_often_it_is_asked_for() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let token = reset_token(&stack, &app, ADDRESS).await;
    let before = stack.mails_to(ADDRESS);
    let mail = before.last().expect("a mail").clone();
    assert_eq!(
        mail.header("Message-ID"),
        Some(format!("<{}@nova>", mail.id))
    );
    reset(&app, &token, NEW).await.expect(204);

    // Kafka gives them again, also the one whose token was used.
    let now = OffsetDateTime::now_utc();
    for (mail, kind) in before
        .iter()
        .zip([MailKind::VerifyEmail, MailKind::ResetPassword])
    {
        let id: EventId = mail.id.parse().expect("an id");
        stack
            .publish_as(id, &request(&ada.id, kind.into(), now))
            .await;
    }
    // What is asked for after that, of the same user, comes after that.
    let next = reset_token(&stack, &app, ADDRESS).await;
    let after = stack.mails_to(ADDRESS);
    assert_eq!(after.len(), 3);
    assert_eq!(after[..2], before[..]);
    is_no_token(&reset(&app, &token, PASSWORD).await);
    reset(&app, &next, PASSWORD).await.expect(204);

    let mode = |path: &std::path::Path| {
        let metadata = std::fs::metadata(path).expect("it is there");
        metadata.permissions().mode() & 0o777
    };
    let folder = stack.mail_folder();
    assert_eq!(mode(folder), 0o700);
    assert_eq!(mode(&folder.join(format!("{}.eml", mail.id))), 0o600);
    let files = std::fs::read_dir(folder).expect("a folder").count();
    assert_eq!(files, 3, "and nothing unfinished");
    stack.finish().await;
}

/// It died, or was cut off, between handing the mail over and writing that down.
#[tokio::test]
async fn a_mail_that_is_sent_twice_is_the_same_mail() {
    let server = SmtpServer::start(Manner::Vanishes).await;
    let stack = with(&server).await;
    let app = start(&stack).await;
    register(&app, "ada").await;
    taken(&server, ADDRESS, 1).await;
    server.becomes(Manner::Takes);
    let pool = stack.database("identity").await;
    eventually("it is written down", async || {
        let sent = "SELECT EXISTS (SELECT FROM mail_tokens WHERE sent_at IS NOT NULL)";
        sqlx::query_scalar::<_, bool>(sent)
            .fetch_one(&pool)
            .await
            .unwrap()
    })
    .await;
    let mails = server.mails_to(ADDRESS);
    assert!(mails.len() >= 2);
    for mail in &mails {
        assert_eq!(mail.header("Message-ID"), mails[0].header("Message-ID"));
        assert_eq!(mail.token(), mails[0].token());
    }
    verify(&app, &mails[0].token()).await.expect(204);
    stack.finish().await;
}

#[tokio::test]
async fn a_mail_server_is_given_the_mail_and_the_password() {
    let server = SmtpServer::start(Manner::Takes).await;
    let url = format!("smtp://nova:p%40ss%20word@{}", server.address);
    let stack = Stack::new().await.with("NOVA_MAIL", &url);
    let app = start(&stack).await;
    register(&app, "ada").await;
    let mail = taken(&server, ADDRESS, 1).await;
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("no-reply@localhost", &[ADDRESS.to_owned()][..])
    );
    assert_eq!(mail.header("To").as_deref(), Some("ada <ada@example.org>"));
    // \0nova\0p@ss word
    assert_eq!(server.credentials(), ["AG5vdmEAcEBzcyB3b3Jk"]);
    verify(&app, &mail.token()).await.expect(204);
    forgot(&app, ADDRESS).await.expect(202);
    let mail = taken(&server, ADDRESS, 2).await;
    reset(&app, &mail.token(), NEW).await.expect(204);
    login(&app, "ada", NEW).await.expect(200);
    stack.finish().await;
}

/// An hour is the life of a token, and a mail server may be away for longer.
#[tokio::test]
async fn a_mail_server_that_was_away_is_given_every_mail_and_its_tokens_are_good() {
    let server = SmtpServer::start(Manner::Away).await;
    let stack = with(&server).await;
    let app = start(&stack).await;
    let names = ["ada", "ben", "cas"];
    for name in names {
        register(&app, name).await;
    }
    forgot(&app, ADDRESS).await.expect(202);
    is_tried(&server, 4).await;
    let pool = stack.database("identity").await;
    let expire = "UPDATE mail_tokens SET expires_at = now() - interval '1 hour'";
    let expired = sqlx::query(expire).execute(&pool).await.unwrap();
    assert!(expired.rows_affected() > 0);
    // A try that had begun by then would bring the mail with a token that is over, which an hour's wait never does.
    eventually("each mail is tried again", async || {
        let over = sqlx::query_scalar("SELECT count(*) FROM mail_tokens WHERE expires_at <= now()");
        let over: i64 = over.fetch_one(&pool).await.unwrap();
        (over == 0).then_some(()).ok_or(over)
    })
    .await;
    assert_eq!(server.mails(), []);
    server.becomes(Manner::Takes);
    for name in names {
        let mail = taken(&server, &format!("{name}@example.org"), 1).await;
        verify(&app, &mail.token()).await.expect(204);
    }
    let mail = taken(&server, ADDRESS, 2).await;
    reset(&app, &mail.token(), NEW).await.expect(204);
    assert_eq!(server.mails().len(), 4);
    assert_eq!(list_dead_letters(&pool, 10).await.unwrap().len(), 0);
    stack.finish().await;
}

#[tokio::test]
async fn what_a_mail_server_puts_off_comes_later() {
    for (command, answer) in [
        ("RCPT", "450 4.2.1 later, please"),
        ("MAIL", "421 4.3.2 going down"),
        ("DATA", "452 4.3.1 no room"),
        // This is about us, and nothing that sending the mails once more by hand should have to mend.
        ("AUTH", "535 5.7.8 who are you"),
        ("MAIL", "530 5.7.0 sign in first"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("EHLO", "nonsense"),
    ] {
        let server = SmtpServer::start(Manner::Says(command, answer)).await;
        let url = format!("smtp://nova:password@{}", server.address);
        let stack = Stack::new().await.with("NOVA_MAIL", &url);
        let app = start(&stack).await;
        register(&app, "ada").await;
        is_tried(&server, 2).await;
        assert_eq!(server.mails(), [], "{command}: {answer}");
        server.becomes(Manner::Takes);
        let mail = taken(&server, ADDRESS, 1).await;
        verify(&app, &mail.token()).await.expect(204);
        stack.finish().await;
    }
}

#[tokio::test]
async fn an_address_that_is_refused_holds_up_nobody_else_and_is_not_repeated() {
    let refusal = "550 5.1.1 <ada@example.org>: no such user";
    let server = SmtpServer::start(Manner::Says("RCPT", refusal)).await;
    let stack = with(&server).await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let pool = stack.database("identity").await;
    let letter = letters(&pool, 1).await.remove(0);
    assert_eq!(letter.key.as_deref(), Some(ada.id.as_bytes()));
    let row: String = sqlx::query_scalar("SELECT dead_letters::text FROM dead_letters")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(row.contains("mail_refused") && row.contains("550"), "{row}");
    assert!(
        !row.contains("example.org") && !row.contains("no such user"),
        "{row}"
    );
    server.becomes(Manner::Takes);
    register(&app, "ben").await;
    taken(&server, "ben@example.org", 1).await;
    assert_eq!(server.mails_to(ADDRESS), []);
    stack.finish().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_written_to_later() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    // A file in its place.
    std::fs::write(stack.mail_folder(), "in the way").unwrap();
    register(&app, "ada").await;
    let pool = stack.database("identity").await;
    eventually("its token is there", async || {
        let there = "SELECT EXISTS (SELECT FROM mail_tokens)";
        sqlx::query_scalar::<_, bool>(there)
            .fetch_one(&pool)
            .await
            .unwrap()
    })
    .await;
    std::fs::remove_file(stack.mail_folder()).unwrap();
    let mail = stack.mail_to(ADDRESS, 1).await;
    verify(&app, &mail.token()).await.expect(204);
    stack.finish().await;
}

/// What is given as a name at registration, or was a name before it had rules.
#[tokio::test]
async fn a_name_adds_nothing_to_a_mail_but_a_name() {
    let server = SmtpServer::start(Manner::Takes).await;
    let stack = with(&server).await;
    let app = start(&stack).await;
    let pool = stack.database("identity").await;
    register(&app, "ada").await;
    let usual = taken(&server, ADDRESS, 1).await.head().len();
    for name in [
        "a\r\nBcc: eve@example.net",
        "a\nb",
        "a\rb",
        "a\0b",
        "\u{2028}",
    ] {
        let body = json!({ "username": "eve", "email": "eve@example.org", "password": PASSWORD, "display_name": name });
        let refused = app.post("/v1/auth/register").json(body).await;
        assert_eq!(
            refused.wrong_fields(400, "validation_failed"),
            ["display_name"]
        );
    }
    let names = [
        "\" <eve@example.net>, \"",
        "eve@example.net, ",
        "<eve@example.net>",
        "a\\",
        "=?utf-8?q?=0d=0aBcc:_eve=40example.net?=",
        "Ådå \"Countess\" L. \u{1f980}",
        "a\r\nBcc: eve@example.net\r\n\r\nbody",
    ];
    for (number, name) in (2..).zip(names) {
        sqlx::query("UPDATE users SET display_name = $1")
            .bind(name)
            .execute(&pool)
            .await
            .unwrap();
        forgot(&app, ADDRESS).await.expect(202);
        let mail = taken(&server, ADDRESS, number).await;
        assert_eq!(mail.to, [ADDRESS], "{name:?}");
        assert_eq!(mail.head().len(), usual, "{name:?}: {}", mail.text);
        assert!(mail.text.is_ascii());
        let to = mail.header("To").expect("a reader");
        assert!(to.ends_with("<ada@example.org>"), "{name:?}: {to}");
    }
    assert_eq!(server.mails().len(), 1 + names.len());
    stack.finish().await;
}

#[tokio::test]
async fn an_event_that_asks_for_nothing_that_can_be_is_parked() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let now = OffsetDateTime::now_utc();
    let stranger = || UserId::new().to_string();
    let kind = MailKind::VerifyEmail.into();
    let mut timeless = request(&stranger(), kind, now);
    timeless.requested_at = None;
    let mut never = request(&stranger(), kind, now);
    never.requested_at.as_mut().expect("a time").seconds = i64::MAX;
    for event in [
        request(&stranger(), 0, now),
        request(&stranger(), 99, now),
        request("ada", kind, now),
        timeless,
        never,
    ] {
        stack.publish(&event).await;
    }
    let pool = stack.database("identity").await;
    for letter in letters(&pool, 5).await {
        assert_eq!(letter.code, Code::Invalid.as_str());
    }
    register(&app, "ada").await;
    stack.mail_to(ADDRESS, 1).await;
    stack.finish().await;
}

#[tokio::test]
async fn what_is_asked_too_late_or_of_nobody_is_not_sent() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let first = stack.mail_to(ADDRESS, 1).await;
    let now = OffsetDateTime::now_utc();
    let reset = MailKind::ResetPassword.into();
    let late = request(&ada.id, reset, now - Duration::days(7));
    stack.publish(&late).await;
    stack
        .publish(&request(&UserId::new().to_string(), reset, now))
        .await;
    // Who has proven the address is not asked to.
    verify(&app, &first.token()).await.expect(204);
    stack
        .publish(&request(&ada.id, MailKind::VerifyEmail.into(), now))
        .await;
    forgot(&app, ADDRESS).await.expect(202);
    let second = stack.mail_to(ADDRESS, 2).await;
    assert!(second.text.contains("/reset-password?"), "{}", second.text);
    assert_eq!(stack.mails_to("@").len(), 2);
    stack.finish().await;
}

#[tokio::test]
async fn whoever_is_erased_takes_their_tokens_along() {
    let stack = Stack::new().await;
    let app: App = start(&stack).await;
    let ada = register(&app, "ada").await;
    stack.mail_to(ADDRESS, 1).await;
    let pool = stack.database("identity").await;
    for statement in ["DELETE FROM sessions", "DELETE FROM users"] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM mail_tokens")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert!(!ada.id.is_empty());
    stack.finish().await;
}
