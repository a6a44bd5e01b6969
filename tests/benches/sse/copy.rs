//! From Kafka to Redis, of events that are there already, beside a loop that does nothing but copy their bytes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use nova_event_bus::KafkaConfig;
use nova_ids::UserId;
use nova_proto::catalogue::FEED_UPDATES;
use nova_testkit::bench::{Rounds, Row, grouped};
use nova_testkit::{Stack, follow_all, within};
use tokio::task::JoinSet;

use crate::Extent;
use crate::events::feed_updated;
use crate::world::{World, redis_usage, stack};

const GOAL: f64 = 0.7;
/// Events that are on their way to Kafka at once.
const AT_ONCE: usize = 2_000;
/// Events that the loop writes in one round trip.
const BATCH: usize = 500;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let (mut ours, mut theirs, mut ratios) = <(Rounds, Rounds, Rounds)>::default();
    for round in 1..=extent.rounds {
        let stack = Arc::new(stack().await);
        let users: Vec<UserId> = (0..extent.channels).map(|_| UserId::new()).collect();
        fill(&stack, &users, extent.copied).await?;
        let bare = bare(&stack, extent.copied).await?;
        let (nova, cpu) = nova(Arc::clone(&stack), extent.copied).await?;
        println!(
            "copy, round {round}: nova {}/s ({cpu}), the loop {}/s, {:.2}",
            grouped(nova),
            grouped(bare),
            nova / bare
        );
        ours.push(nova);
        theirs.push(bare);
        ratios.push(nova / bare);
        let stack = Arc::into_inner(stack);
        ensure!(stack.is_some(), "somebody still publishes");
        if let Some(stack) = stack {
            stack.finish().await;
        }
    }
    let ratio = ratios.median();
    println!(
        "{}",
        Row {
            what: format!(
                "sse: {} events of {} channels from Kafka to Redis",
                grouped(extent.copied as f64),
                grouped(extent.channels as f64)
            ),
            measured: ours.to_string(),
            limit: format!("a bare loop of consume and XADD, {BATCH} in a round trip: {theirs}"),
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {GOAL}"),
            met: Some(ratio >= GOAL),
        }
    );
    Ok(())
}

/// Has Kafka so many events.
async fn fill(stack: &Arc<Stack>, users: &[UserId], count: usize) -> anyhow::Result<()> {
    let mut sending = JoinSet::new();
    for number in 0..count {
        let event = feed_updated(users[number % users.len()]);
        let stack = Arc::clone(stack);
        sending.spawn(async move {
            stack.publish(&event).await;
        });
        while sending.len() >= AT_ONCE {
            sending.join_next().await.transpose()?;
        }
    }
    while sending.join_next().await.transpose()?.is_some() {}
    Ok(())
}

/// Events per second of the loop, between the first and the last.
async fn bare(stack: &Stack, count: usize) -> anyhow::Result<f64> {
    let kafka: KafkaConfig = stack.kafka.clone();
    let key = format!("{}copied", stack.redis_prefix);
    let client = redis::Client::open(std::env::var("NOVA_TEST_REDIS")?)?;
    let copying = tokio::task::spawn_blocking(move || {
        let mut redis = client.get_connection()?;
        let topic = kafka.topic(FEED_UPDATES.name);
        let mut batch = redis::pipe();
        let (mut copied, mut began) = (0, None);
        let mut outcome = Ok(());
        follow_all(&kafka, &topic, PATIENCE, |payload| {
            began.get_or_insert_with(Instant::now);
            let mut add = redis::cmd("XADD");
            add.arg(&key).arg("MAXLEN").arg("~").arg(1_000).arg("*");
            batch
                .add_command(add.arg("e").arg(payload).clone())
                .ignore();
            copied += 1;
            if copied % BATCH == 0 || copied == count {
                outcome = batch.exec(&mut redis);
                batch.clear();
            }
            copied < count && outcome.is_ok()
        });
        outcome?;
        let took = began.map(|began| began.elapsed()).unwrap_or_default();
        anyhow::Ok(count as f64 / took.as_secs_f64())
    });
    copying.await?
}

/// The same of eventbridge, between the moments when Redis has a tenth and all of them: it begins with much else.
async fn nova(stack: Arc<Stack>, count: usize) -> anyhow::Result<(f64, String)> {
    let before = added(&stack).await?;
    let world = World::on(stack);
    let (world, first) = tokio::join!(world, reached(before + count / 10));
    let world = world?;
    let first = first?;
    let (cpu, redis) = (
        world.node.usage()?.cpu,
        redis_usage(&world.stack).await?.cpu,
    );
    let from = added(&world.stack).await?;
    let last = reached(before + count).await?;
    let took = last.duration_since(first).as_secs_f64();
    let rate = (count - count / 10) as f64 / took;
    let left = (before + count).saturating_sub(from).max(1) as f64;
    let each = |seconds: f64| seconds / left * 1e6;
    let said = format!(
        "{:.0} µs of its own and {:.0} µs of Redis's processor time for each",
        each(world.node.usage()?.cpu - cpu),
        each(redis_usage(&world.stack).await?.cpu - redis)
    );
    let World { stack, node } = world;
    node.stop().await?;
    drop(stack);
    Ok((rate, said))
}

async fn reached(count: usize) -> anyhow::Result<Instant> {
    let client = redis::Client::open(std::env::var("NOVA_TEST_REDIS")?)?;
    let redis = client.get_multiplexed_async_connection().await?;
    within(PATIENCE, "Redis has all events", async || {
        let added = added_by(&mut redis.clone()).await;
        let added = added.map_err(|error| error.to_string())?;
        (added >= count).then_some(()).ok_or(added.to_string())
    })
    .await;
    Ok(Instant::now())
}

async fn added(stack: &Stack) -> anyhow::Result<usize> {
    added_by(&mut stack.redis().await).await
}

/// How often Redis has added something to a stream.
async fn added_by(redis: &mut redis::aio::MultiplexedConnection) -> anyhow::Result<usize> {
    let mut info = redis::cmd("INFO");
    let said: String = info.arg("commandstats").query_async(redis).await?;
    let mut lines = said.lines();
    let calls = lines.find_map(|line| line.strip_prefix("cmdstat_xadd:calls="));
    let calls = calls.and_then(|rest| rest.split(',').next());
    Ok(calls.unwrap_or("0").parse()?)
}
