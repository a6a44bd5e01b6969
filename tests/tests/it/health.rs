//! Health, metrics.

use std::collections::BTreeSet;

use nova_testkit::eventually;
use nova_tests::Nova;
use nova_tests::checks::{has_members, is_problem, text};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[tokio::test]
async fn a_live_process_says_so() {
    let nova = Nova::shared().await;
    let answer = nova.get("/health/live").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn readiness_tells_the_state_of_each_dependency_and_since_when() {
    let nova = Nova::shared().await;
    let ready = eventually("everything is up", async || {
        let answer = nova.get("/health/ready").await;
        let ready: Value = answer.json();
        if answer.status == 200 && ready["status"] == "ready" {
            Ok(ready)
        } else {
            Err(ready)
        }
    })
    .await;
    has_members(&ready, &["status", "dependencies"]);
    let dependencies = ready["dependencies"].as_object().expect("dependencies");
    for (name, dependency) in dependencies {
        assert_eq!(dependency["state"], "up", "{name}");
        let since = OffsetDateTime::parse(text(&dependency["since"]), &Rfc3339).expect("a time");
        assert!(since <= OffsetDateTime::now_utc(), "{name}: {dependency}");
        let members: BTreeSet<&str> = dependency
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert!(
            members.is_subset(&BTreeSet::from([
                "state",
                "since",
                "detail",
                "last_success_age_seconds",
            ])),
            "{name}: {dependency}"
        );
    }
    for probe in ["kafka-publisher", "kafka-subscriber"] {
        let probed = &dependencies[&format!("content.{probe}")];
        let age = probed["last_success_age_seconds"].as_f64().expect("an age");
        assert!((0.0..60.0).contains(&age), "{probe}: {probed}");
    }
    for server in ["postgres", "kafka", "redis"] {
        assert!(
            dependencies.keys().any(|name| name.contains(server)),
            "nothing of {server} in {ready}"
        );
    }
}

#[tokio::test]
async fn health_is_not_kept_by_caches() {
    let nova = Nova::shared().await;
    let answer = nova.get("/health/ready").await;
    let control = answer.header("cache-control").unwrap_or_default();
    assert!(
        control.is_empty() || control.contains("no-store") || control.contains("no-cache"),
        "{control}"
    );
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let nova = Nova::shared().await;
    let user = nova.user("measured").await;
    let post = user.say("count me").await;
    nova.get(&format!("/v1/posts/{post}")).await.expect(200);
    nova.get("/not/a/route").await;

    let answer = nova.get("/metrics").await;
    assert_eq!(answer.status, 200);
    let content_type = answer.header("content-type").expect("a content type");
    assert!(content_type.starts_with("text/plain"), "{content_type}");
    let metrics = answer.text();
    let mut declared = BTreeSet::new();
    for line in metrics.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            assert!(
                ["counter", "gauge", "histogram", "summary"].contains(&kind),
                "{line}"
            );
            assert!(declared.insert(name.to_owned()), "{name} is declared twice");
        } else if !line.starts_with('#') {
            is_sample(line, &declared);
        }
    }
    assert!(metrics.contains("nova_http_requests_total{"), "{metrics}");
    assert!(
        metrics.contains("/v1/posts/{id}"),
        "no route by its template"
    );
    for personal in [&user.id, &post, &user.username, "/not/a/route"] {
        assert!(
            !metrics.contains(personal),
            "{personal} is a label: the number of series has no bound"
        );
    }
}

/// Asserts that a line is `name{label="value",…} number`, of a metric whose type was told before.
#[track_caller]
fn is_sample(line: &str, declared: &BTreeSet<String>) {
    let (series, value) = line.rsplit_once(' ').expect("a series and a value");
    assert!(value.parse::<f64>().is_ok(), "{line}");
    let (name, labels) = series
        .split_once('{')
        .map_or((series, None), |(name, rest)| (name, Some(rest)));
    assert!(
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        "{line}"
    );
    let family = ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix));
    let is_declared =
        declared.contains(name) || family.is_some_and(|family| declared.contains(family));
    assert!(is_declared, "no type of {name} was told");
    if let Some(labels) = labels {
        assert!(labels.ends_with("\"}") && labels.contains("=\""), "{line}");
    }
}

#[tokio::test]
async fn a_stopping_platform_finishes_what_it_began() {
    let mut nova = Nova::start().await;
    let user = nova.user("last").await;
    // Some are under way when the stop comes, others find the door closed; none is done and not answered.
    let requests: Vec<_> = (0..20)
        .map(|number| {
            let content = format!("post {number}");
            let request = user.post("/v1/posts").json(json!({ "content": content }));
            tokio::spawn(async move { (content, request.send().await) })
        })
        .collect();
    tokio::task::yield_now().await;
    nova.app().stop().await;

    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for request in requests {
        match request.await.expect("a request") {
            (content, Ok(answer)) if answer.status == 201 => made.push(content),
            (content, Ok(answer)) => {
                is_problem(&answer, 503);
                refused.push(content);
            }
            (content, Err(_)) => refused.push(content),
        }
    }
    nova.restart().await;
    let user = nova.known(&user);
    let posts = user
        .list(&format!("/v1/users/{}/posts", user.id), 100)
        .await;
    let there: BTreeSet<&str> = posts.iter().map(|post| text(&post["content"])).collect();
    assert!(
        made.iter().all(|content| there.contains(content.as_str())),
        "{made:?} but {there:?}"
    );
    assert!(
        !refused
            .iter()
            .any(|content| there.contains(content.as_str())),
        "not {refused:?} but {there:?}"
    );
    eventually("every post is in the feed", async || {
        user.feed().await.len() == made.len()
    })
    .await;
    nova.finish().await;
}
