//! Every replica of every service is restarted, one after the other, and nobody notices.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::caddy::Caddy;
use super::fleet::Fleet;
use super::judge::judge;
use super::traffic::{Seen, Traffic};
use super::{Plan, Table, settle};

/// Two of each, as a rollout needs.
const REPLICAS: usize = 2;
/// Failures that are printed; others are like them.
const SHOWN: usize = 10;

/// With another release of which the programs are in a folder: the fleet begins with it, and ends with this one.
pub(crate) async fn run(plan: Plan, old: Option<&Path>) -> anyhow::Result<()> {
    let mut fleet = Fleet::start("rolling", REPLICAS, None).await?;
    if let Some(old) = old {
        for at in 0..fleet.replicas.len() {
            fleet.restart(at, Some(old)).await?;
        }
    }
    let caddy = Caddy::start(&fleet).await?;
    let mut population = settle(&fleet, &caddy, plan).await?;
    let traffic = Traffic::begin(caddy.target, &population, plan.rate, plan.seed).await?;
    let begin = Instant::now();
    tokio::time::sleep(plan.steady).await;
    let rolling = Instant::now();
    for at in 0..fleet.replicas.len() {
        fleet.restart(at, None).await?;
    }
    let end = Instant::now();
    let seen = traffic.end().await?;
    print_failures(&seen, begin);
    if let Some(population) = Arc::get_mut(&mut population) {
        population.note(&seen.posts);
    }
    let verdict = judge(&fleet, &seen, Some((caddy.target, &*population))).await?;
    let (steady_p99, rolling_p99) = (seen.p99(begin, rolling), seen.p99(rolling, end));
    let mut table = Table::new("rolling");
    table.tell("processes restarted", fleet.replicas.len());
    table.tell("seconds", format!("{:.0}", (end - rolling).as_secs_f64()));
    let rate = seen.rate(begin, end);
    table.tell("requests", format!("{} ({rate:.0}/s)", seen.asked.len()));
    table.none("requests that failed", seen.failures().count());
    let again = "reads asked again, as their connection had just been ended";
    table.tell(again, seen.again);
    verdict.tell(&mut table);
    table.tell("p99 before", format!("{steady_p99:.1} ms"));
    table.ask(
        "p99 meanwhile",
        format!("{rolling_p99:.1} ms"),
        "at most twice that before",
        rolling_p99 <= 2.0 * steady_p99,
    );
    caddy.stop().await?;
    fleet.finish().await?;
    table.end()
}

/// What failed, and when.
pub(crate) fn print_failures(seen: &Seen, begin: Instant) {
    for asked in seen.failures().take(SHOWN) {
        let at = (asked.done - begin).as_secs_f64();
        let what = if asked.changes { "a write" } else { "a read" };
        println!(
            "at {at:.2} s {what} failed: {}",
            asked.failure.as_deref().unwrap_or_default()
        );
    }
}
