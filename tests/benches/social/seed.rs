//! The load test of the seed: events of a thousand bytes, a thousand a second, straight to content-events while the services
//! consume them, and Kafka's own `ProducerPerformance` with the same numbers beside it.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nova_event_bus::prost::Message as _;
use nova_event_bus::{Event as _, KafkaConfig, Producer, create_topics, lag};
use nova_ids::{EventId, PostId};
use nova_proto::catalogue::CONTENT_EVENTS;
use nova_proto::content::v1::{PostCreated, PostType, PostVisibility};
use nova_testkit::bench::{Row, percentile};
use nova_testkit::headers_of;
use prost_types::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::process::Command;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::Extent;
use crate::platform::Platform;
use crate::population::Population;

const BYTES: usize = 1_000;
const RATE: u32 = 1_000;
const GOAL_LAG: i64 = 1_000;
const GOAL_P99_MS: f64 = 100.0;
/// Who consumes posts.
const GROUPS: [&str; 3] = ["feed", "media", "eventbridge"];
/// Between two looks at what feed has handled: no time is told too short, and none too long by more.
const LOOK: Duration = Duration::from_millis(2);
const LOOK_AT_LAG: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);

/// A post that Kafka has acknowledged, and when.
type Acknowledged = (Uuid, Instant);

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let events = extent.seed_events;
    let platform = Platform::start().await?;
    let crowd = Population::settle(platform.target, &platform.databases, extent.crowd).await?;
    let kafka = platform.kafka.clone();
    let (acknowledged, seen) = mpsc::unbounded_channel();
    let feed = platform.databases.connect("feed").await?;
    let handled = tokio::spawn(watch(feed, seen));
    let (ended, end) = oneshot::channel();
    let lag = tokio::spawn(watch_lag(kafka.clone(), end));
    let published = publish(&kafka, &crowd, events, acknowledged).await?;
    let handled = handled.await??;
    drop(ended);
    let lag = lag.await??;
    let pid = platform.target.pids.kafka;
    let rival = producer_performance(&kafka, pid, events).await?;
    platform.stop().await?;
    print(events, &published, &handled, &lag, &rival);
    Ok(())
}

/// What came of publishing.
struct Published {
    /// Microseconds from handing an event over to its acknowledgement, sorted.
    took: Vec<u32>,
    /// Events a second.
    rate: f64,
}

/// Publishes at a steady rate, whether the earlier ones have been acknowledged or not.
async fn publish(
    kafka: &KafkaConfig,
    crowd: &Population,
    events: usize,
    acknowledged: mpsc::UnboundedSender<Acknowledged>,
) -> anyhow::Result<Published> {
    let topic = kafka.topic(CONTENT_EVENTS.name);
    let producer = Producer::new(kafka)?;
    let mut sending = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / RATE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let began = Instant::now();
    for number in 0..events {
        ticks.tick().await;
        let author = &crowd.users[number % crowd.users.len()].id;
        let id = PostId::new();
        let event = post(id, author);
        let (producer, topic) = (producer.clone(), topic.clone());
        let acknowledged = acknowledged.clone();
        sending.spawn(async move {
            let headers = headers_of(EventId::new(), &event);
            let headers = headers
                .iter()
                .map(|(name, value)| (*name, value.as_bytes()));
            let headers: Vec<(&str, &[u8])> = headers.collect();
            let (key, payload) = (event.key().as_bytes(), event.encode_to_vec());
            let sent = Instant::now();
            producer
                .produce(&topic, Some(key), Some(&payload), &headers)
                .await?;
            let at = Instant::now();
            // Nobody hears it only if watching has failed, which is told there.
            acknowledged.send((id.to_string().parse()?, at)).ok();
            Ok(at - sent)
        });
    }
    let mut took = Vec::new();
    while let Some(one) = sending.join_next().await {
        took.push(one?);
    }
    let rate = events as f64 / began.elapsed().as_secs_f64();
    let took: anyhow::Result<Vec<Duration>> = took.into_iter().collect();
    Ok(Published {
        took: micros(took?),
        rate,
    })
}

/// A post whose event is as long as is wanted.
fn post(id: PostId, author: &str) -> PostCreated {
    let now = OffsetDateTime::now_utc();
    let mut event = PostCreated {
        post_id: id.to_string(),
        user_id: author.to_owned(),
        r#type: PostType::Text.into(),
        visibility: PostVisibility::Public.into(),
        created_at: Some(Timestamp {
            seconds: now.unix_timestamp(),
            nanos: i32::try_from(now.nanosecond()).unwrap_or(0),
        }),
        revision: 1,
        ..PostCreated::default()
    };
    // The text has a tag and two bytes of length before it.
    let rest = BYTES - 3 - event.encoded_len();
    event.content = "x".repeat(rest);
    event
}

/// How long after its acknowledgement each post was seen in feed's database, in sorted microseconds.
async fn watch(
    mut feed: PgConnection,
    mut acknowledged: mpsc::UnboundedReceiver<Acknowledged>,
) -> anyhow::Result<Vec<u32>> {
    let mut waiting: HashMap<Uuid, Instant> = HashMap::new();
    let mut took = Vec::new();
    let mut last = Instant::now();
    while !(waiting.is_empty() && acknowledged.is_closed() && acknowledged.is_empty()) {
        while let Ok((id, at)) = acknowledged.try_recv() {
            waiting.insert(id, at);
        }
        let ids: Vec<Uuid> = waiting.keys().copied().collect();
        let query = sqlx::query_scalar("SELECT id FROM posts WHERE id = ANY($1)");
        let there: Vec<Uuid> = query.bind(ids).fetch_all(&mut feed).await?;
        let now = Instant::now();
        for id in there {
            took.extend(waiting.remove(&id).map(|at| now - at));
            last = now;
        }
        ensure!(
            last.elapsed() < PATIENCE,
            "feed has handled nothing for {PATIENCE:?}, and {} events wait",
            waiting.len()
        );
        tokio::time::sleep(LOOK).await;
    }
    Ok(micros(took))
}

/// The most events of the topic that ever waited for each group, in all partitions and in one.
async fn watch_lag(
    kafka: KafkaConfig,
    mut end: oneshot::Receiver<()>,
) -> anyhow::Result<Vec<(&'static str, i64, i64)>> {
    let mut most = GROUPS.map(|group| (group, 0, 0));
    while end.try_recv() == Err(TryRecvError::Empty) {
        for (group, all, one) in &mut most {
            let lags = lag(&kafka, group, &[CONTENT_EVENTS]).await?;
            *all = lags.iter().map(|lag| lag.lag).sum::<i64>().max(*all);
            *one = lags.iter().map(|lag| lag.lag).fold(*one, i64::max);
        }
        tokio::time::sleep(LOOK_AT_LAG).await;
    }
    Ok(most.to_vec())
}

/// Kafka's own, with the Java and the jars of the broker that runs; on an empty topic with as many partitions.
async fn producer_performance(
    kafka: &KafkaConfig,
    broker: i32,
    events: usize,
) -> anyhow::Result<Rival> {
    let mut kafka = kafka.clone();
    kafka.topic_prefix += "bare.";
    create_topics(&kafka, &[CONTENT_EVENTS], 1).await?;
    let line = fs::read_to_string(format!("/proc/{broker}/cmdline"))?;
    let mut words = line.split('\0');
    let java = words.next().context("the broker has no program")?;
    let jars = words.skip_while(|word| *word != "-cp").nth(1);
    let output = Command::new(java)
        .args(["-cp", jars.context("the broker has no jars")?])
        .arg("org.apache.kafka.tools.ProducerPerformance")
        .args(["--topic", &kafka.topic(CONTENT_EVENTS.name)])
        .args(["--num-records", &events.to_string()])
        .args(["--record-size", &BYTES.to_string()])
        .args(["--throughput", &RATE.to_string()])
        .args(["--command-property", "acks=all"])
        .args(["--bootstrap-server", &kafka.brokers])
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    // The last line is of all records: `…, 512.3 records/sec (…), …, 2 ms 50th, 3 ms 95th, 9 ms 99th, 30 ms 99.9th.`
    let last = said.lines().rfind(|line| line.contains(" ms 99th"));
    let last = last.with_context(|| format!("ProducerPerformance: {said} {error}"))?;
    let before = |unit: &str| {
        let (value, _) = last.split_once(unit)?;
        value.rsplit([' ', ',']).next()?.parse::<f64>().ok()
    };
    Ok(Rival {
        rate: before(" records/sec").context("no rate")?,
        p50: before(" ms 50th").context("no median")?,
        p99: before(" ms 99th").context("no p99")?,
    })
}

/// What Kafka's own program measured, in milliseconds.
struct Rival {
    rate: f64,
    p50: f64,
    p99: f64,
}

fn print(
    events: usize,
    published: &Published,
    handled: &[u32],
    lag: &[(&str, i64, i64)],
    rival: &Rival,
) {
    let load = format!("{events} posts of {BYTES} bytes at {RATE}/s to content-events");
    let millis = |took: &[u32], percent| f64::from(percentile(took, percent)) / 1_000.0;
    let most = lag.iter().map(|(_, all, _)| *all).max().unwrap_or(0);
    let each = lag
        .iter()
        .map(|(group, all, one)| format!("{group} {all}, {one} in a partition"));
    let each: Vec<String> = each.collect();
    let row = Row {
        what: format!("{load}, most that wait for a group"),
        measured: format!("{most} ({})", each.join("; ")),
        goal: format!("≤ {GOAL_LAG}"),
        met: Some(most <= GOAL_LAG),
        ..Row::default()
    };
    println!("{row}");
    let limit = format!(
        "ProducerPerformance, sent → acknowledged: p99 {:.1} ms (p50 {:.1} ms, {:.0}/s)",
        rival.p99, rival.p50, rival.rate
    );
    for (what, took, goal) in [
        ("acknowledged → handled by feed", handled, Some(GOAL_P99_MS)),
        ("sent → acknowledged", published.took.as_slice(), None),
    ] {
        let (p50, p99) = (millis(took, 50.0), millis(took, 99.0));
        let row = Row {
            what: format!("{load}, {what}, p99"),
            measured: format!("{p99:.1} ms (p50 {p50:.1} ms, {:.0}/s)", published.rate),
            limit: limit.clone(),
            ratio: format!("{:.2}", p99 / rival.p99),
            goal: goal.map_or_else(String::new, |goal| format!("≤ {goal} ms")),
            met: goal.map(|goal| p99 <= goal),
        };
        println!("{row}");
    }
}

fn micros(took: Vec<Duration>) -> Vec<u32> {
    let took = took.into_iter().map(|took| took.as_micros());
    let mut took: Vec<u32> = took
        .map(|took| u32::try_from(took).unwrap_or(u32::MAX))
        .collect();
    took.sort_unstable();
    took
}
