//! `/health/eventbridge`: what it says, to whom, and when it is 503.

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::PostCreated;
use nova_testkit::{App, Stack, eventually};
use serde_json::Value;
use sqlx::PgPool;

use crate::streams_stage::stack;

const PAGE: &str = "/health/eventbridge";

/// The page once it is as expected.
async fn page(app: &App, what: &str, status: u16, is_it: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let answer = app.get(PAGE).send().await.unwrap();
        let page: Value = answer.json();
        if answer.status == status && is_it(&page) {
            Ok(page)
        } else {
            Err((answer.status, page))
        }
    })
    .await
}

fn post() -> PostCreated {
    PostCreated {
        post_id: PostId::new().to_string(),
        user_id: UserId::new().to_string(),
        visibility: 1,
        revision: 1,
        ..PostCreated::default()
    }
}

fn partitions<'a>(page: &'a Value, topic: &str, state: &str) -> Vec<&'a Value> {
    let all = page["partitions"].as_array().unwrap().iter();
    all.filter(|one| one["topic"] == topic && one["state"] == state)
        .collect()
}

async fn rename(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

/// Nothing about posts can be decided from now on: one way is stuck, and all others are well.
async fn break_posts(pool: &PgPool) {
    rename(pool, "ALTER TABLE posts RENAME TO posts_away").await;
}

async fn mend_posts(pool: &PgPool) {
    rename(pool, "ALTER TABLE posts_away RENAME TO posts").await;
}

#[tokio::test]
async fn whoever_asks_is_told_how_the_way_is() {
    let stack = stack().await;
    let app = stack.start(nova_eventbridge::alone).await;
    let is_up = |page: &Value| {
        let all = page["partitions"].as_array().unwrap();
        page["components"]["canary"] == "up"
            && page["components"]["kafka"] == "up"
            && all.iter().any(|one| one["topic"] == "nova-health")
            && all.iter().all(|one| one["lag"].is_u64())
    };
    let seen = page(&app, "all is well", 200, is_up).await;
    assert_eq!(
        (&seen["status"], &seen["healthy"]),
        (&"healthy".into(), &true.into())
    );
    assert_eq!(seen["components"]["redis"], "up");
    let breaker = &seen["circuit_breaker"];
    assert_eq!(
        (&breaker["state"], breaker["failure_rate"].as_f64()),
        (&"closed".into(), Some(0.0))
    );
    assert!(breaker["success_count"].is_u64() && breaker["failure_count"] == 0);
    assert!(seen["timestamp"].as_str().unwrap().ends_with('Z'));
    let before = seen["metrics"]["events_published"].as_u64().unwrap();
    stack.publish(&post()).await;
    // Other tests of this process may publish, too.
    let more = |page: &Value| page["metrics"]["events_published"].as_u64() > Some(before);
    let seen = page(&app, "it is counted", 200, more).await;
    let consumed = seen["metrics"]["events_consumed"].as_u64().unwrap();
    assert!(consumed > before, "{seen}");
    for name in ["events_filtered", "events_dropped"] {
        assert!(seen["metrics"][name].is_u64(), "{seen}");
    }
    // Alone it is the process's own; beside others it is not.
    let own = app.get("/health").send().await.unwrap();
    assert_eq!(own.expect(200)["status"], "healthy");
    let beside = stack.start(nova_eventbridge::service).await;
    assert_eq!(beside.get("/health").send().await.unwrap().status, 404);
    stack.finish().await;
}

async fn hurt(stack: Stack, settings: [(&str, &str); 2]) -> (Stack, App, PgPool) {
    let stack = settings
        .into_iter()
        .fold(stack, |stack, (name, value)| stack.with(name, value))
        .with("NOVA_EVENTBRIDGE_FAILURE_THRESHOLD", "1")
        .with("NOVA_EVENTBRIDGE_SUCCESS_THRESHOLD", "1");
    let app = stack.start(nova_eventbridge::service).await;
    page(&app, "all is well", 200, |page| {
        page["components"]["canary"] == "up"
    })
    .await;
    let pool = stack.database(nova_eventbridge::NAME).await;
    break_posts(&pool).await;
    stack.publish(&post()).await;
    (stack, app, pool)
}

/// dunglas/mercure #758: health was 200 while everything was stuck.
#[tokio::test]
async fn one_partition_that_is_stuck_is_shown() {
    let settings = [
        ("NOVA_EVENTBRIDGE_DEGRADE", "hold"),
        ("NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT", "2s"),
    ];
    let (stack, app, pool) = hurt(stack().await, settings).await;
    let is_open = |page: &Value| page["circuit_breaker"]["state"] == "open";
    let seen = page(&app, "a breaker is open", 503, is_open).await;
    assert_eq!(
        (&seen["status"], &seen["healthy"]),
        (&"unhealthy".into(), &false.into())
    );
    let stuck = partitions(&seen, "content-events", "open");
    assert_eq!(stuck.len(), 1, "{seen}");
    let number = stuck[0]["partition"].as_i64().unwrap();
    assert_eq!(stuck[0]["failure_rate"].as_f64(), Some(1.0));
    assert!(seen["circuit_breaker"]["failure_count"].as_u64() >= Some(1));
    // All others are well, and so is the canary.
    assert_eq!(partitions(&seen, "content-events", "closed").len(), 5);
    assert_eq!(seen["components"]["canary"], "up");
    let gauge = format!(
        "nova_eventbridge_failure_rate{{topic=\"content-events\",partition=\"{number}\"}} 1"
    );
    metrics_have(&app, &gauge).await;
    mend_posts(&pool).await;
    let closed = |page: &Value| page["circuit_breaker"]["state"] == "closed";
    page(&app, "it is closed again", 200, closed).await;
    metrics_have(&app, "nova_eventbridge_recovery_seconds_bucket").await;
    stack.finish().await;
}

async fn metrics_have(app: &App, line: &str) {
    eventually(&format!("metrics have {line}"), async || {
        let page = app.get("/metrics").send().await.unwrap().text();
        if page.contains(line) {
            Ok(())
        } else {
            Err(page)
        }
    })
    .await;
}

/// Its breaker cannot close before something happens there, and would let that through.
#[tokio::test]
async fn a_partition_in_which_nothing_happens_any_more_is_not_stuck() {
    let settings = [
        ("NOVA_EVENTBRIDGE_DEGRADE", "drop"),
        ("NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT", "3s"),
    ];
    let (stack, app, pool) = hurt(stack().await, settings).await;
    let is_open = |page: &Value| page["circuit_breaker"]["state"] == "open";
    page(&app, "a breaker is open", 503, is_open).await;
    mend_posts(&pool).await;
    let is_quiet = |page: &Value| page["circuit_breaker"]["state"] == "half_open";
    let seen = page(&app, "its time is over", 200, is_quiet).await;
    assert_eq!(partitions(&seen, "content-events", "half_open").len(), 1);
    assert_eq!(seen["healthy"], true);
    stack.finish().await;
}
