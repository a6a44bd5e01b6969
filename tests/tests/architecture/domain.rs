//! services/*/src/domain is pure: given the same values it decides the same.

use crate::code::paths;
use crate::kept;
use crate::repository::Files;

/// Crates that wait, store or speak to others.
const IMPURE: &[&str] = &[
    "axum",
    "nova_event_bus",
    "nova_proto",
    "prost",
    "prost_reflect",
    "rdkafka",
    "redis",
    "reqwest",
    "sqlx",
    "tokio",
    "tonic",
];

/// What a domain may take all the same: how a time is written, what an access token says, and whom events reach.
const PURE: &[(&str, &[&str])] = &[
    ("nova_service", &["rfc3339", "tokens"]),
    ("nova_proto", &["routing"]),
];

/// Each path that code of a domain mentions, behind the file's name.
fn mentions(files: &Files) -> anyhow::Result<Vec<(&str, Vec<String>)>> {
    let mut mentions = Vec::new();
    for (file, text) in files.rust().filter(|(file, _)| is_domain(file)) {
        mentions.extend(paths(text)?.into_iter().map(|path| (file, path)));
    }
    Ok(mentions)
}

fn is_domain(file: &str) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    matches!(
        parts[..],
        ["services", _, "src", "domain" | "domain.rs", ..]
    ) && !file.ends_with("/tests.rs")
}

fn impure_crates(files: &Files) -> anyhow::Result<Vec<String>> {
    let impure = mentions(files)?
        .into_iter()
        .filter(|(_, path)| match path.as_slice() {
            [first, rest @ ..] => match PURE.iter().find(|(name, _)| name == first) {
                Some((_, pure)) => !rest
                    .first()
                    .is_some_and(|room| pure.contains(&room.as_str())),
                None => IMPURE.contains(&first.as_str()),
            },
            [] => false,
        });
    let advice = "decide on plain values here, and translate in store/, http/, grpc/ or events.rs";
    Ok(impure
        .map(|(file, path)| format!("{file} mentions {}: {advice}", path.join("::")))
        .collect())
}

fn waiting(files: &Files) -> anyhow::Result<Vec<String>> {
    let waits = mentions(files)?
        .into_iter()
        .filter(|(_, path)| matches!(&path[..], [word] if word == "async" || word == "await"));
    Ok(waits
        .map(|(file, _)| format!("{file} is async: load first, then decide, in commands/"))
        .collect())
}

fn clocks(files: &Files) -> anyhow::Result<Vec<String>> {
    const READINGS: &[&str] = &["now", "now_local", "now_utc"];
    let clocks = mentions(files)?
        .into_iter()
        .filter(|(_, path)| match &path[..] {
            [word] => word == "elapsed",
            [.., last] => READINGS.contains(&last.as_str()),
            [] => false,
        });
    Ok(clocks
        .map(|(file, path)| {
            format!(
                "{file} reads a clock ({}): take the time as a parameter",
                path.join("::")
            )
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(rule: fn(&Files) -> anyhow::Result<Vec<String>>, code: &str) -> bool {
        let planted = Files::planted(&[("services/feed/src/domain/post.rs", code)]);
        let elsewhere = Files::planted(&[("services/feed/src/store/post.rs", code)]);
        assert_eq!(rule(&elsewhere).unwrap(), [""; 0]);
        !rule(&planted).unwrap().is_empty()
    }

    #[test]
    fn domains_know_nothing_of_the_outside() -> anyhow::Result<()> {
        for code in [
            "use sqlx::PgConnection;",
            "use {std::fmt, tokio::sync::Mutex};",
            "fn f(post: &nova_proto::content::v1::Post) {}",
            "use redis::AsyncCommands;",
            "type Answer = axum::Json<u8>;",
            "use nova_service::{http::Page, rfc3339};",
            "use nova_proto::{routing, content::v1::Post};",
            "use nova_proto;",
            "fn f() { serde_json::json!({\"a\": sqlx::query()}) }",
        ] {
            assert!(broken(impure_crates, code), "{code}");
        }
        for code in [
            "use nova_service::{rfc3339, tokens::Claims};",
            "use nova_proto::routing::{Reach, Route};",
            "use nova_ids::PostId; use nova_resilience::Code; use time::OffsetDateTime; use utoipa::ToSchema;",
            "/// Unlike sqlx::query. \n fn f() { \"tokio::spawn\" }",
            "#[cfg(test)] mod tests { use tokio::test; }",
        ] {
            assert!(!broken(impure_crates, code), "{code}");
        }
        kept(impure_crates(&Files::read()?)?)
    }

    #[test]
    fn domains_do_not_wait() -> anyhow::Result<()> {
        assert!(broken(waiting, "impl Post { pub async fn load() {} }"));
        assert!(broken(waiting, "fn f() { let wait = async { 1 }; }"));
        assert!(!broken(waiting, "/// An async fn. \n fn f(r#async: u8) {}"));
        kept(waiting(&Files::read()?)?)
    }

    #[test]
    fn domains_have_no_clock() -> anyhow::Result<()> {
        for code in [
            "fn f() { OffsetDateTime::now_utc() }",
            "fn f() { std::time::SystemTime::now() }",
            "fn f(since: Instant) { since.elapsed() }",
            "fn f() -> Post { Post { at: Instant::now() } }",
        ] {
            assert!(broken(clocks, code), "{code}");
        }
        assert!(!broken(clocks, "fn f(now: OffsetDateTime) { g(now) }"));
        kept(clocks(&Files::read()?)?)
    }
}
