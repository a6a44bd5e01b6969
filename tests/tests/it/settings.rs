//! A setting that makes no sense is refused at the start, by its name, and no secret is shown.

use nova_testkit::Stack;

/// What assembling the platform with one setting put to this value is refused with, if it is.
async fn refusal(name: &str, value: &str) -> Option<String> {
    let stack = Stack::new().await.with(name, value);
    let assembled = Box::pin(nova_cli::platform::assemble(&mut stack.env())).await;
    let refusal = assembled.err().map(|error| format!("{error:#}"));
    stack.finish().await;
    refusal
}

#[tokio::test]
async fn a_wrong_value_is_refused_with_its_name() {
    let mut wrong = Vec::new();
    for (name, value) in [
        ("NOVA_LISTEN", "nowhere"),
        ("NOVA_RATE_LIMIT", "maybe"),
        ("NOVA_ACCESS_TOKEN_TTL", "abc"),
        ("NOVA_ACCESS_TOKEN_TTL", "0s"),
        ("NOVA_ACCESS_TOKEN_TTL", "-1s"),
        ("NOVA_REFRESH_TOKEN_TTL", "tomorrow"),
        ("NOVA_BODY_LIMIT", "-1"),
        ("NOVA_POSTGRES", "not a url"),
        ("NOVA_POSTGRES_CONNECTIONS", "many"),
        ("NOVA_POSTGRES_CONNECTIONS", "0"),
        ("NOVA_KAFKA_GROUP_PROTOCOL", "gossip"),
        ("NOVA_KAFKA_GROUP", "feed"),
        ("NOVA_POSTGRES_MIGRATE", "later"),
        ("NOVA_REDIS", "not a url"),
        ("NOVA_FEED_TIMELINE_LENGTH", "long"),
        ("NOVA_IDEMPOTENCY_TTL", "x"),
        ("NOVA_REQUEST_TIMEOUT", "soon"),
        ("NOVA_SHUTDOWN_TIMEOUT", "1 fortnight"),
        ("NOVA_DRAIN_DELAY", "5"),
        ("NOVA_ADMIN_LISTEN", "nowhere"),
        ("NOVA_CONNECTIONS", "0"),
        ("NOVA_CONNECTIONS_PER_ADDRESS", "-1"),
        ("NOVA_HEADER_TIMEOUT", "soon"),
        ("NOVA_CORS_ORIGINS", "app.example"),
        ("NOVA_EVENTBRIDGE_DEGRADE", "wait"),
        ("NOVA_EVENTBRIDGE_HEARTBEAT", "0s"),
        ("NOVA_EVENTBRIDGE_ORIGINS", "*"),
        ("NOVA_RATE_LIMIT_REDIS", "not a url"),
        ("NOVA_RATE_LIMIT_TIMEOUT", "soon"),
        ("NOVA_MAIL", ""),
        ("NOVA_MAIL", "mail.example"),
        ("NOVA_MAIL", "http://mail.example"),
        ("NOVA_MAIL_FROM", "nobody"),
        ("NOVA_MAIL_FROM", "a@b.example\r\nBcc: c@d.example"),
        ("NOVA_MAIL_LINK", "app.example"),
    ] {
        let refusal = refusal(name, value).await;
        if !refusal
            .as_ref()
            .is_some_and(|refusal| refusal.contains(name))
        {
            wrong.push((name, value, refusal));
        }
    }
    assert!(wrong.is_empty(), "not refused by name: {wrong:?}");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_name_and_not_shown() {
    for (name, value) in [
        ("NOVA_SECRET", "c2hvcnQtc2VjcmV0"),
        ("NOVA_SECRET", "hunter2 is no base64"),
        ("NOVA_TOKEN_SIGNING_KEY", "hunter2"),
        ("NOVA_TOKEN_SIGNING_KEY", "kid:aHVudGVyMg"),
        ("NOVA_MAIL", "smtp hunter2@mail.example"),
        ("NOVA_MAIL", "smtpx://user:hunter2@mail.example"),
    ] {
        let refusal = refusal(name, value).await.expect("a refusal");
        assert!(refusal.contains(name), "{name}: {refusal}");
        assert!(!refusal.contains(value), "{name} is shown: {refusal}");
    }
}

#[tokio::test]
async fn keys_that_do_not_belong_together_are_refused() {
    let stranger = nova_tests::keys::Key::new("test");
    let stranger = stranger.public_setting();
    for value in [
        stranger.as_str(),
        "nonsense",
        "kid:",
        "kid:AAAA",
        ":",
        "a:b,c",
    ] {
        let refusal = refusal("NOVA_TOKEN_KEYS", value).await.expect("a refusal");
        assert!(refusal.contains("NOVA_TOKEN_"), "{value}: {refusal}");
    }
}
