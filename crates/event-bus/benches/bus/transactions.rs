//! Handlers that write to Postgres, against the same statements without the bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_event_bus::{Consumer, ConsumerOptions, Delivery, OutboxError, Router};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_proto::content::v1::PostCreated;
use nova_testkit::Stack;
use nova_testkit::bench::{Rounds, Row, grouped};
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::events::{Message, Posts};
use super::{Extent, bare};

const GOAL: f64 = 0.8;
const PATIENCE: Duration = Duration::from_secs(300);
/// Transactions at the same time, with and without the bus.
const AT_ONCE: usize = 4;
/// Events that share one, where they do.
const TOGETHER: usize = 128;

const TABLE: &str = "CREATE TABLE totals (author text PRIMARY KEY, posts bigint NOT NULL)";
const INBOX: &str = "INSERT INTO inbox (consumer, event_id) SELECT $1, UNNEST($2::uuid[])
                     ON CONFLICT DO NOTHING RETURNING event_id";
const UPSERT: &str = "INSERT INTO totals (author, posts)
     SELECT author, count(*) FROM UNNEST($1::text[]) AS author GROUP BY author ORDER BY author
     ON CONFLICT (author) DO UPDATE SET posts = totals.posts + excluded.posts";

struct Run {
    wanted: usize,
    seen: AtomicUsize,
    is_complete: Notify,
}

impl Run {
    fn of(wanted: usize) -> Arc<Self> {
        Arc::new(Self {
            wanted,
            seen: AtomicUsize::new(0),
            is_complete: Notify::new(),
        })
    }

    fn saw(&self, events: usize) {
        if self.seen.fetch_add(events, Ordering::Relaxed) + events >= self.wanted {
            self.is_complete.notify_one();
        }
    }
}

async fn one(
    run: &Arc<Run>,
    tx: &mut PgConnection,
    post: &Delivery<PostCreated>,
) -> Result<(), OutboxError> {
    upsert(tx, &[&post.user_id]).await?;
    run.saw(1);
    Ok(())
}

async fn many(
    run: &Arc<Run>,
    tx: &mut PgConnection,
    posts: &[&Delivery<PostCreated>],
) -> Result<(), OutboxError> {
    let authors: Vec<&str> = posts.iter().map(|post| post.user_id.as_str()).collect();
    upsert(tx, &authors).await?;
    run.saw(posts.len());
    Ok(())
}

async fn upsert(tx: &mut PgConnection, authors: &[impl AsRef<str>]) -> Result<(), OutboxError> {
    let authors: Vec<&str> = authors.iter().map(AsRef::as_ref).collect();
    sqlx::query(UPSERT).bind(authors).execute(tx).await?;
    Ok(())
}

pub(super) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let stack = Stack::new().await;
    let pool = stack
        .create_database("transactions", nova_event_bus::SCHEMA)
        .await;
    sqlx::raw_sql(TABLE).execute(&pool).await?;
    let mut posts = Posts::new();
    let messages: Vec<Message> = (0..extent.events)
        .map(|_| Message::of(&posts.post()))
        .collect();
    let authors: Vec<String> = messages.iter().map(|message| message.key.clone()).collect();
    let (kafka, topic) = (stack.kafka.clone(), stack.kafka.topic(CONTENT_EVENTS.name));
    tokio::task::spawn_blocking(move || bare::produce(&kafka, &topic, messages.into_iter()))
        .await??;
    // One by one it takes long enough with a tenth.
    for (what, events, batch, is_many) in [
        ("one transaction for each", extent.events / 10, 1, false),
        (
            "as many as wait in one transaction",
            extent.events,
            TOGETHER,
            false,
        ),
        ("a batch handler", extent.events, TOGETHER, true),
    ] {
        let (mut nova, mut limit) = (Rounds::default(), Rounds::default());
        for round in 1..=extent.rounds {
            let group = format!("{events}x{batch}x{is_many}x{round}").leak();
            nova.push(consume(&stack, &pool, group, events, batch, is_many).await?);
            let together = if is_many { TOGETHER } else { 1 };
            let share = authors.get(..events).unwrap_or_default();
            limit.push(alone(&pool, share, together).await?);
            println!(
                "transactions, {what}, round {round}: nova {nova}, the same SQL alone {limit}"
            );
        }
        let ratio = nova.median() / limit.median();
        let row = Row {
            what: format!(
                "consumer, inbox and one upsert, {what}: {} events",
                grouped(events as f64)
            ),
            measured: format!("{nova}"),
            limit: format!(
                "the same statements without the bus, {} in a transaction, {AT_ONCE} at a time: {limit}",
                if is_many { TOGETHER } else { 1 }
            ),
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {GOAL}"),
            met: Some(ratio >= GOAL),
        };
        println!("{row}");
    }
    stack.finish().await;
    Ok(())
}

async fn consume(
    stack: &Stack,
    pool: &PgPool,
    group: &'static str,
    events: usize,
    batch: usize,
    is_many: bool,
) -> anyhow::Result<f64> {
    sqlx::query("TRUNCATE totals").execute(pool).await?;
    let run = Run::of(events);
    let router = Router::new(group, Arc::clone(&run));
    let router = if is_many {
        router.batch::<PostCreated>(many)
    } else {
        router.once::<PostCreated>(one)
    };
    let options = ConsumerOptions {
        transactions: AT_ONCE,
        batch,
        ..ConsumerOptions::default()
    };
    let stop = CancellationToken::new();
    let consumer = Consumer::new(&stack.kafka, pool.clone(), router).options(options);
    let consuming = tokio::spawn(consumer.run(stop.clone()));
    // Joining a group is not part of it.
    while run.seen.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let (began, before) = (Instant::now(), run.seen.load(Ordering::Relaxed));
    tokio::time::timeout(PATIENCE, run.is_complete.notified())
        .await
        .with_context(|| format!("not {events} events within {PATIENCE:?}"))?;
    let took = began.elapsed();
    stop.cancel();
    consuming.await?;
    Ok((events - before) as f64 / took.as_secs_f64())
}

/// What the bus does for these authors' events, without the bus.
async fn alone(pool: &PgPool, authors: &[String], together: usize) -> anyhow::Result<f64> {
    sqlx::query("TRUNCATE totals").execute(pool).await?;
    let consumer = format!("alone{}", Uuid::now_v7());
    let mut lanes: Vec<Vec<Vec<String>>> = vec![Vec::new(); AT_ONCE];
    for (at, chunk) in authors.chunks(together).enumerate() {
        if let Some(lane) = lanes.get_mut(at % AT_ONCE) {
            lane.push(chunk.to_vec());
        }
    }
    let began = Instant::now();
    let mut running = JoinSet::new();
    for lane in lanes {
        let (pool, consumer) = (pool.clone(), consumer.clone());
        running.spawn(async move {
            for chunk in lane {
                let ids: Vec<Uuid> = chunk.iter().map(|_| Uuid::now_v7()).collect();
                let mut tx = pool.begin().await?;
                let claim = sqlx::query(INBOX).bind(&consumer).bind(&ids);
                claim.fetch_all(&mut *tx).await?;
                sqlx::query(UPSERT).bind(&chunk).execute(&mut *tx).await?;
                tx.commit().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(authors.len() as f64 / began.elapsed().as_secs_f64())
}
