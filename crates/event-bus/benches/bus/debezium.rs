//! Debezium's outbox event router beside the relay: the same events, from transactions of one row.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_event_bus::{Event, KafkaConfig};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_proto::content::v1::PostCreated;
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::process::Command;

use super::events::Posts;
use super::relay::{empty, new_topic};
use super::{Extent, database};

const GOAL: f64 = 2.0;
/// The folder in which each peer has been built.
const PEERS: &str = "NOVA_PEERS";
const SLOT: &str = "nova_bench_peer";

/// Its table, as its documentation has it, in a database of its own, and what that is filled from.
const TABLES: &str = "
    CREATE TABLE kept (topic text, key text, event_type text, payload bytea);
    CREATE TABLE outbox (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype text NOT NULL,
        aggregateid text NOT NULL, type text NOT NULL, payload bytea NOT NULL);
    CREATE PUBLICATION dbz_publication FOR TABLE outbox";

/// Empties an outbox with both in turns.
pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let Some(peer) =
        std::env::var_os(PEERS).map(|folder| PathBuf::from(folder).join("debezium-outbox"))
    else {
        println!("debezium: skipped, {PEERS} does not name the folder of the built peers");
        return Ok(());
    };
    let stack = Stack::new().await;
    let pool = stack.create_database("relay", nova_event_bus::SCHEMA).await;
    let level: String = sqlx::query_scalar("SHOW wal_level")
        .fetch_one(&pool)
        .await?;
    ensure!(
        level == "logical",
        "it needs servers started with NOVA_SERVERS_WAL_LEVEL=logical"
    );
    let mut posts = Posts::new();
    let events: Vec<_> = (0..extent.events).map(|_| posts.post()).collect();
    database::keep(&pool, &events).await?;
    let peers = stack.create_database("peer", TABLES).await;
    keep(&peers, &events).await?;
    let per_second = |took: Duration| extent.events as f64 / took.as_secs_f64();
    let (mut ours, mut theirs) = (Rounds::default(), Rounds::default());
    for round in 1..=extent.rounds {
        let topic = new_topic(&stack.kafka, &format!("peer{round}.")).await?;
        let first = run(&peer, &peers, &topic, extent.events).await?;
        database::fill(&pool).await?;
        let topic = new_topic(&stack.kafka, &format!("relay{round}.")).await?;
        let second = per_second(empty(&pool, &topic, extent.events).await?);
        println!(
            "debezium, round {round}: Debezium {} /s, relay {} /s",
            grouped(first),
            grouped(second)
        );
        theirs.push(first);
        ours.push(second);
    }
    println!("{}", row(extent, &ours, &theirs));
    sqlx::raw_sql("TRUNCATE outbox").execute(&peers).await?;
    stack.finish().await;
    Ok(())
}

/// The same events, for the peer's table.
async fn keep(pool: &PgPool, events: &[PostCreated]) -> anyhow::Result<()> {
    let keys: Vec<&str> = events.iter().map(Event::key).collect();
    let payloads: Vec<Vec<u8>> = events.iter().map(prost::Message::encode_to_vec).collect();
    sqlx::query("INSERT INTO kept SELECT $1, key, $2, payload FROM UNNEST($3::text[], $4::bytea[]) AS event(key, payload)")
        .bind(CONTENT_EVENTS.name)
        .bind(PostCreated::INFO.event_type)
        .bind(keys)
        .bind(payloads)
        .execute(pool)
        .await?;
    Ok(())
}

fn row(extent: Extent, ours: &Rounds, theirs: &Rounds) -> Row {
    let ratio = ours.median() / theirs.median();
    Row {
        what: format!(
            "relay: {} outbox rows to Kafka, `wal_level=logical`",
            grouped(extent.events as f64)
        ),
        measured: format!("{ours}"),
        limit: format!("Debezium's outbox event router: {theirs}"),
        ratio: format!("{ratio:.1} ×"),
        goal: format!("≥ {GOAL} ×"),
        met: Some(ratio >= GOAL),
    }
}

/// Fills the peer's table while its slot keeps what is written, and lets it catch up. Rows a second,
/// from its first batch on.
async fn run(peer: &Path, pool: &PgPool, kafka: &KafkaConfig, rows: usize) -> anyhow::Result<f64> {
    sqlx::query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')")
        .bind(SLOT)
        .execute(pool)
        .await?;
    database::fill_from_kept(
        pool,
        "outbox",
        "aggregatetype, aggregateid, type, payload",
        "topic, key, event_type, payload",
    )
    .await?;
    let rate = relay(peer, pool, kafka, rows).await;
    // A slot that nobody reads keeps every byte of the log.
    sqlx::query("SELECT pg_drop_replication_slot($1)")
        .bind(SLOT)
        .execute(pool)
        .await?;
    rate
}

async fn relay(
    peer: &Path,
    pool: &PgPool,
    kafka: &KafkaConfig,
    rows: usize,
) -> anyhow::Result<f64> {
    let database: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(pool)
        .await?;
    let server: PgConnectOptions = pool.connect_options().as_ref().clone();
    let output = Command::new("java")
        .args([
            "-Xmx2g",
            "-cp",
            "target/classes:target/dependency/*",
            "OutboxRelay",
        ])
        .args([server.get_host(), &server.get_port().to_string()])
        .args([server.get_username(), "x", &database, SLOT, &kafka.brokers])
        .args([&kafka.topic(CONTENT_EVENTS.name), &rows.to_string()])
        .current_dir(peer)
        .output()
        .await
        .context("java cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.starts_with("rows="));
    let line = line.with_context(|| format!("the peer said nothing of its rate: {text}"))?;
    ensure!(
        line.starts_with(&format!("rows={rows} ")),
        "the peer did not relay all: {line}"
    );
    let rate = line.rsplit_once("per_second=").context("no rate")?.1;
    Ok(rate.trim().parse()?)
}
