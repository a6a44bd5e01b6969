//! A Postgres that vanishes without a word: everything is received, nothing answered, nothing closed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use include_dir::{Dir, include_dir};
use nova_proto::content::v1::PostCreated;
use nova_resilience::Condition;
use nova_service::postgres::Database;
use nova_testkit::{App, Stack, eventually, within};
use nova_tests::{Nova, User, id_of};
use serde_json::json;
use sqlx::Connection as _;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Those of a service, so that the harness finds its outbox empty.
static TABLES: Dir = include_dir!("$CARGO_MANIFEST_DIR/../services/content/migrations");
/// What a server that is gone may hold up, many times over: machines are busy.
const PATIENCE: Duration = Duration::from_secs(60);

async fn is_ready(app: &App) -> Result<(), String> {
    let page = app.get("/health/ready").await;
    match page.status {
        200 => Ok(()),
        _ => Err(page.text()),
    }
}

async fn is_unready(app: &App) -> Result<(), String> {
    let page = app.get("/health/ready").await;
    match page.status {
        503 => Ok(()),
        _ => Err(page.text()),
    }
}

/// Posts until it is told to end; the ids of what was acknowledged.
async fn post(user: User, hand: usize, enough: Arc<AtomicBool>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let mark = format!("{hand}-{number}");
        let request = || {
            let request = user.post("/v1/posts").idempotency_key(&mark);
            request.json(json!({ "content": mark })).send()
        };
        loop {
            // Who gets no answer asks again, with the same key.
            if let Ok(Ok(answer)) = timeout(Duration::from_secs(5), request()).await
                && answer.status == 201
            {
                acknowledged.push(id_of(&answer.json()));
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if enough.load(Ordering::Relaxed) {
            break;
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_postgres_falls_silent_says_so_and_loses_nothing() {
    let (whole, half_dead, proxy) = Nova::start_beside_proxy().await;
    let user = whole.user("author").await;
    eventually("both are ready", async || {
        is_ready(&whole.app())
            .await
            .and(is_ready(&half_dead.app()).await)
    })
    .await;
    let enough = Arc::new(AtomicBool::new(false));
    let mut hands = JoinSet::new();
    for hand in 0..6 {
        let user = [&whole, &half_dead][hand % 2].known(&user);
        hands.spawn(post(user, hand, enough.clone()));
    }
    let count = "SELECT count(*) FROM posts";
    let pool = whole.stack().database("content").await;
    eventually("both are at work", async || {
        sqlx::query_scalar::<_, i64>(count)
            .fetch_one(&pool)
            .await
            .unwrap_or_default()
            > 20
    })
    .await;

    proxy.swallow();
    within(
        PATIENCE,
        "the replica says that it is unready",
        async || is_unready(&half_dead.app()).await,
    )
    .await;
    assert_eq!(is_ready(&whole.app()).await, Ok(()));
    // Whichever of the two led before, its outbox is emptied.
    let outbox = "SELECT coalesce(max(id), 0) FROM outbox";
    let next: i64 = sqlx::query_scalar(outbox)
        .fetch_one(&pool)
        .await
        .expect("a row");
    within(PATIENCE, "a relay leads", async || {
        let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox WHERE id <= $1");
        left.bind(next).fetch_one(&pool).await.unwrap_or(-1) == 0
    })
    .await;

    proxy.pass();
    within(PATIENCE, "the replica is ready again", async || {
        is_ready(&half_dead.app()).await
    })
    .await;
    enough.store(true, Ordering::Relaxed);
    let acknowledged = hands.join_all().await.concat();
    within(PATIENCE, "everything is published", async || {
        let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM outbox");
        left.fetch_one(&pool).await.unwrap_or(-1) == 0
    })
    .await;
    let there: i64 = sqlx::query_scalar(count)
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(there, acknowledged.len() as i64, "lost or doubled");
    // The same event may come twice, under one id.
    let events = whole.stack().published::<PostCreated>().await;
    let ids: BTreeMap<_, _> = events
        .iter()
        .map(|event| (event.post_id.clone(), event.id.clone()))
        .collect();
    assert_eq!(ids.len(), acknowledged.len());
    assert!(events.iter().all(|event| ids[&event.post_id] == event.id));
    assert!(acknowledged.iter().all(|id| ids.contains_key(id)));
    drop(half_dead);
    whole.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_whole_again_after_its_server_was_silent() {
    const CONNECTIONS: usize = 5;
    let stack = Stack::new().await;
    let proxy = stack.proxy_postgres().await;
    let through = stack.postgres_through(&proxy);
    let stack = stack
        .with("NOVA_POSTGRES", &through)
        .with("NOVA_POSTGRES_CONNECTIONS", &CONNECTIONS.to_string());
    let database = Database::connect(&mut stack.env(), "content", &TABLES)
        .await
        .expect("a database");
    let (pool, health) = (database.pool.clone(), database.health.clone());
    let stop = CancellationToken::new();
    let watch = tokio::spawn(database.watch(stop.clone()));
    let mut asked = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let pool = pool.clone();
        asked.spawn(async move {
            // As long as a request may take.
            let statement = sqlx::query("SELECT pg_sleep(1000)").execute(&pool);
            timeout(Duration::from_secs(5), statement).await.is_err()
        });
    }
    let direct = stack.database("content").await;
    eventually("they are at work", async || {
        let at_work = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%' AND state = 'active'",
        );
        at_work.fetch_one(&direct).await.unwrap_or_default() == CONNECTIONS as i64
    })
    .await;
    proxy.swallow();
    within(PATIENCE, "the health says so", async || {
        match health.condition().0 {
            Condition::Down(_) => Ok(()),
            other => Err(other),
        }
    })
    .await;
    assert!(
        asked
            .join_all()
            .await
            .into_iter()
            .all(|was_cut_off| was_cut_off)
    );
    proxy.pass();
    within(PATIENCE, "it is up again", async || {
        health.condition().0 == Condition::Up
    })
    .await;
    within(
        PATIENCE,
        "all connections are to be had at once",
        async || {
            let mut held = Vec::new();
            // One is the watch's now and then.
            for _ in 1..CONNECTIONS {
                let mut connection = pool.acquire().await.map_err(|error| error.to_string())?;
                connection.ping().await.map_err(|error| error.to_string())?;
                held.push(connection);
            }
            Ok::<_, String>(())
        },
    )
    .await;
    stop.cancel();
    watch.await.expect("the watch ends");
    pool.close().await;
    stack.finish().await;
}
