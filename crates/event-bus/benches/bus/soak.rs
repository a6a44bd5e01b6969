//! What becomes of the table's size under a steady load with rollbacks.

use std::time::{Duration, Instant};

use nova_event_bus::{Outbox, OutboxStatus, Relay, outbox_status};
use nova_proto::content::v1::PostCreated;
use nova_testkit::Stack;
use nova_testkit::bench::{Row, grouped};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::events::Posts;
use super::relay::new_topic;

/// Events of one transaction.
const EVENTS: usize = 20;
/// Every so many transactions one rolls back.
const ROLLBACK: u64 = 10;
/// Between two transactions of one appender.
const EVERY: Duration = Duration::from_millis(5);
const APPENDERS: usize = 2;
/// The table may not grow by more than this after the first third.
const GOAL: f64 = 1.5;

/// Prints sizes for so many seconds.
pub(super) async fn measure(seconds: usize) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack.create_database("relay", nova_event_bus::SCHEMA).await;
    let kafka = new_topic(&stack.kafka, "soak.").await?;
    let stop = CancellationToken::new();
    let relaying = tokio::spawn(Relay::new("content", pool.clone(), &kafka).run(stop.clone()));
    let appending: Vec<_> = (0..APPENDERS)
        .map(|_| tokio::spawn(append(pool.clone(), stop.clone())))
        .collect();
    let looks = 20;
    let mut sizes = Vec::new();
    let began = Instant::now();
    for _ in 0..looks {
        tokio::time::sleep(Duration::from_secs(seconds as u64) / looks).await;
        let status = outbox_status(&pool).await?;
        println!("{}", line(began.elapsed(), &status, &pool).await?);
        sizes.push((status.table_bytes + status.index_bytes) as f64 / 1e6);
    }
    stop.cancel();
    let mut appended = 0;
    for appender in appending {
        appended += appender.await??;
    }
    relaying.await?;
    println!("{}", row(&sizes, appended, seconds));
    sqlx::query("DELETE FROM outbox").execute(&pool).await?;
    stack.finish().await;
    Ok(())
}

async fn line(at: Duration, status: &OutboxStatus, pool: &PgPool) -> anyhow::Result<String> {
    let vacuums: i64 = sqlx::query_scalar(
        "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'outbox'",
    )
    .fetch_one(pool)
    .await?;
    Ok(format!(
        "soak, after {:.0} s: {} rows wait, {} dead, table {:.1} MB, index {:.1} MB, {vacuums} vacuums",
        at.as_secs_f64(),
        status.rows,
        grouped(status.dead_tuples as f64),
        status.table_bytes as f64 / 1e6,
        status.index_bytes as f64 / 1e6,
    ))
}

fn row(sizes: &[f64], appended: u64, seconds: usize) -> Row {
    let (early, late) = sizes.split_at(sizes.len() / 3);
    let greatest = |sizes: &[f64]| sizes.iter().copied().fold(0.0, f64::max);
    let ratio = greatest(late) / greatest(early);
    Row {
        what: format!(
            "outbox on disk after {} events in {seconds} s, one transaction in {ROLLBACK} rolled back",
            grouped(appended as f64)
        ),
        measured: format!("at most {:.1} MB", greatest(late)),
        limit: format!(
            "its size in the first third: at most {:.1} MB",
            greatest(early)
        ),
        ratio: format!("{ratio:.2}"),
        goal: format!("≤ {GOAL}"),
        met: Some(ratio <= GOAL),
    }
}

/// How many events it appended.
async fn append(pool: PgPool, stop: CancellationToken) -> anyhow::Result<u64> {
    let outbox = Outbox::new("content");
    let mut posts = Posts::new();
    let mut every = tokio::time::interval(EVERY);
    let mut transactions = 0;
    let mut appended = 0;
    while !stop.is_cancelled() {
        every.tick().await;
        transactions += 1;
        let events: Vec<PostCreated> = (0..EVENTS).map(|_| posts.post()).collect();
        let mut tx = pool.begin().await?;
        outbox.append_all(&mut tx, &events).await?;
        if transactions % ROLLBACK == 0 {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
            appended += EVENTS as u64;
        }
    }
    Ok(appended)
}
