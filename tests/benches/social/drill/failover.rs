//! The server of Postgres is killed, and its synchronous standby takes over behind the same address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_testkit::Proxy;

use super::caddy::Caddy;
use super::cluster::{Cluster, Room};
use super::fleet::Fleet;
use super::judge::judge;
use super::traffic::Traffic;
use super::{Plan, Table, settle};

/// How often whoever watches the primary looks, and how often it must be missed.
const LOOK: Duration = Duration::from_millis(500);
const MISSED: usize = 3;
/// Seconds from the kill to the first write that is acknowledged.
const GOAL: f64 = 30.0;
const STANDBY: &str = "standby";

pub(crate) async fn run(plan: Plan) -> anyhow::Result<()> {
    let room = Room::new().await?;
    room.make("primary").await?;
    let primary = room.start("primary", &[]).await?;
    room.copy(
        &primary,
        STANDBY,
        &["--wal-method=stream", "--write-recovery-conf"],
    )
    .await?;
    let standby = room.start(STANDBY, &[]).await?;
    let names = format!("ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'");
    primary.say(&names).await?;
    primary.say("SELECT pg_reload_conf()").await?;
    let synchronous = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')";
    primary
        .until("the standby is synchronous", synchronous)
        .await;

    let way = Proxy::to(primary.address.to_string()).await;
    let mut fleet = Fleet::start("failover", 2, Some(way.address())).await?;
    let caddy = Caddy::start(&fleet).await?;
    let mut population = settle(&fleet, &caddy, plan).await?;
    let traffic = Traffic::begin(caddy.target, &population, plan.rate, plan.seed).await?;
    let begin = Instant::now();
    tokio::time::sleep(plan.steady).await;

    primary.kill().await?;
    let killed = Instant::now();
    let noticed = take_over(&way, &standby).await?;
    fleet.ready().await;
    let ready = killed.elapsed();
    tokio::time::sleep(plan.steady).await;
    let seen = traffic.end().await?;
    if let Some(population) = Arc::get_mut(&mut population) {
        population.note(&seen.posts);
    }
    let verdict = judge(&fleet, &seen, Some((caddy.target, &*population))).await?;
    let first = seen
        .first_write_after(killed)
        .context("nobody wrote again")?;
    let first = (first - killed).as_secs_f64();
    let last = seen
        .failures()
        .map(|asked| asked.done)
        .max()
        .unwrap_or(killed);

    let mut table = Table::new("failover");
    let written = seen.posts.len() + seen.messages.len();
    let rate = seen.rate(begin, killed);
    table.tell("requests", format!("{} ({rate:.0}/s)", seen.asked.len()));
    table.tell("writes acknowledged", written);
    table.tell(
        "standby promoted after",
        format!("{:.1} s", noticed.as_secs_f64()),
    );
    let met = first <= GOAL;
    table.ask(
        "first write after",
        format!("{first:.1} s"),
        format!("{GOAL} s"),
        met,
    );
    table.tell(
        "all processes ready after",
        format!("{:.1} s", ready.as_secs_f64()),
    );
    table.tell(
        "last failure after",
        format!("{:.1} s", (last - killed).as_secs_f64()),
    );
    table.tell("requests that failed meanwhile", seen.failures().count());
    verdict.tell(&mut table);
    caddy.stop().await?;
    fleet.finish().await?;
    standby.stop().await?;
    table.end()
}

/// What somebody who watches the primary does once it is gone; how long after that the standby was the primary.
async fn take_over(way: &Proxy, standby: &Cluster) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let mut missed = 0;
    while missed < MISSED {
        tokio::time::sleep(LOOK).await;
        let url = format!("postgres://nova@{}/postgres", way.address());
        let asked = <sqlx::PgConnection as sqlx::Connection>::connect(&url);
        match tokio::time::timeout(LOOK, asked).await {
            Ok(Ok(_)) => missed = 0,
            _ => missed += 1,
        }
    }
    way.refuse();
    way.cut();
    standby.say("SELECT pg_promote()").await?;
    // It is alone now: what it acknowledges nobody else has until it is given a standby again.
    way.lead_to(standby.address.to_string());
    way.pass();
    Ok(began.elapsed())
}
