//! The servers are gone: all databases are restored from one copy and the log that was archived since, and consumer groups go
//! on where they were a while before.
//!
//! All databases of a server share one log, so that its end, or any point in it, is one moment for all of them: no service
//! is ahead of another. Kafka has survived. What it noted before that moment is either handled in the restored database,
//! which its inbox knows, or it comes again as the groups are rewound; what was not published at the moment is in a
//! restored outbox, and is published again under the same id.
//!
//! With `--earlier` the moment is not the last: what was written after it is undone, and Kafka still tells of it. Those
//! events are handled like all others, so that services have copies of what its owner no longer has. That is what the table
//! says then, and why the last moment is the one to restore whenever it can be had.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_cli::platform::SERVICES;
use nova_testkit::{Proxy, within};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::process::Child;

use super::caddy::Caddy;
use super::cluster::{Cluster, Room};
use super::fleet::{Fleet, terminate};
use super::judge::{judge, later};
use super::traffic::Traffic;
use super::{Plan, Table, settle};
use crate::platform::variable;

/// How long before the moment groups go on: longer than any of them was behind then. What they handle again costs time only.
const MARGIN: Duration = Duration::from_secs(30);
/// Kafka misses a member after six seconds.
const PATIENCE: Duration = Duration::from_secs(60);
const ARCHIVE: &str = "archive";
const COPY: &str = "copy";
const POINT: &str = "drill";

pub(crate) async fn run(plan: Plan, earlier: bool) -> anyhow::Result<()> {
    let room = Room::new().await?;
    let (first, mut archiving) = archived(&room).await?;
    let way = Proxy::to(first.address.to_string()).await;
    let mut fleet = Fleet::start("restore", 1, Some(way.address())).await?;
    let caddy = Caddy::start(&fleet).await?;
    let mut population = settle(&fleet, &caddy, plan).await?;
    let traffic = Traffic::begin(caddy.target, &population, plan.rate, plan.seed).await?;
    let copied = Instant::now();
    room.copy(&first, COPY, &["--wal-method=none"]).await?;
    let copying = copied.elapsed();
    tokio::time::sleep(plan.steady).await;
    let mut moment = (Instant::now(), OffsetDateTime::now_utc());
    if earlier {
        let point = format!("SELECT pg_create_restore_point('{POINT}')");
        first.say(&point).await?;
        tokio::time::sleep(plan.steady / 2).await;
    }

    // All at once: the server with its data, what was cached, and the processes with what they held.
    let lost = Instant::now();
    if !earlier {
        moment = (lost, OffsetDateTime::now_utc());
    }
    first.kill().await?;
    terminate(&archiving)?;
    archiving.wait().await?;
    let mut seen = traffic.end().await?;
    fleet.kill_all().await?;
    empty(&room).await?;

    let restoring = Instant::now();
    let restored = restore(&room, earlier).await?;
    way.cut();
    way.lead_to(restored.address.to_string());
    let to = (moment.1 - MARGIN).format(&Rfc3339)?;
    rewind(&fleet, &to).await?;
    fleet.start_all()?;
    fleet.ready().await;
    let ready = restoring.elapsed();

    let undone = later(&seen.posts, moment.0).count();
    if earlier {
        seen.forget_after(moment.0);
    }
    if let Some(population) = Arc::get_mut(&mut population) {
        population.note(&seen.posts);
    }
    // Feeds that show what is undone are told of beneath.
    let readers = Some((caddy.target, &*population)).filter(|_| !earlier);
    let verdict = judge(&fleet, &seen, readers).await?;
    let mut table = Table::new(if earlier {
        "restore --earlier"
    } else {
        "restore"
    });
    table.tell(
        "writes acknowledged before the moment",
        seen.posts.len() + seen.messages.len(),
    );
    table.tell(
        "copy made under load in",
        format!("{:.1} s", copying.as_secs_f64()),
    );
    table.tell(
        "all processes ready after",
        format!("{:.1} s", ready.as_secs_f64()),
    );
    table.tell(
        "caught up after another",
        format!("{:.1} s", verdict.settled.as_secs_f64()),
    );
    if earlier {
        table.tell("posts acknowledged after it, and undone", undone);
        verdict.tell_of_a_moment(&mut table);
    } else {
        verdict.tell(&mut table);
    }
    let again = fleet.sum("nova_events_duplicate_total").await?;
    table.tell("events that came again, which inboxes knew", again);
    caddy.stop().await?;
    fleet.finish().await?;
    restored.stop().await?;
    table.end()
}

/// A server whose log is archived as it is written.
async fn archived(room: &Room) -> anyhow::Result<(Cluster, Child)> {
    room.make("first").await?;
    let first = room.start("first", &[]).await?;
    let archiving = room.archive(&first, ARCHIVE).await?;
    // A commit is acknowledged when it is archived, too.
    let names = format!("ALTER SYSTEM SET synchronous_standby_names = '{ARCHIVE}'");
    first.say(&names).await?;
    first.say("SELECT pg_reload_conf()").await?;
    let synchronous = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')";
    first.until("the log is archived", synchronous).await;
    Ok((first, archiving))
}

/// Nothing is left of the server's data, nor in Redis.
async fn empty(room: &Room) -> anyhow::Result<()> {
    std::fs::remove_dir_all(room.at("first"))?;
    let client = redis::Client::open(variable("NOVA_TEST_REDIS")?)?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    redis::cmd("FLUSHALL").exec_async(&mut redis).await?;
    Ok(())
}

/// The copy, with what was archived since: all of it, or up to the point.
async fn restore(room: &Room, earlier: bool) -> anyhow::Result<Cluster> {
    room.touch(&format!("{COPY}/recovery.signal")).await?;
    let archive = room.at(ARCHIVE);
    let archive = archive.display();
    // The last file has not been closed.
    let command = format!("restore_command=cp {archive}/%f %p || cp {archive}/%f.partial %p");
    let point = format!("recovery_target_name={POINT}");
    let mut settings = vec![command.as_str(), "recovery_target_action=promote"];
    // The archive that was written is no standby of this one.
    settings.push("synchronous_standby_names=");
    if earlier {
        settings.push(&point);
    }
    let restored = room.start(COPY, &settings).await?;
    let ended = "SELECT NOT pg_is_in_recovery()";
    restored.until("the log was read", ended).await;
    Ok(restored)
}

/// Rewinds all groups, each once Kafka has missed its members that were killed: it refuses before.
async fn rewind(fleet: &Fleet, to: &str) -> anyhow::Result<()> {
    for group in SERVICES {
        let reset = ["offsets", "reset", "--group", group, "--to", to];
        within(PATIENCE, "a group is rewound", async || {
            fleet.nova(&reset).await.map_err(|error| error.to_string())
        })
        .await;
    }
    Ok(())
}
