//! How many letters there are.

use std::time::Duration;

use nova_resilience::Chain;
use tokio_util::sync::CancellationToken;

use crate::metrics;
use crate::tables::{Tables, within};

/// How often they are counted. What exports metrics forgets a gauge that nobody sets for a minute.
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// Letters of the outbox, under whose name they are kept.
const OUTBOX: &str = "outbox";

/// No more than these, so that who counts never reads a table that has grown for days.
const COUNT: &str = "
    SELECT count(*) FILTER (WHERE failed AND NOT aside), count(*) FILTER (WHERE NOT failed AND NOT aside),
        count(*) FILTER (WHERE aside)
    FROM (SELECT failed, aside FROM bus.dead_letters WHERE consumer = $1 LIMIT 10000) AS letter";

/// Tells how many letters a consumer has, and the outbox beside it, until `stop`. Every process does, for each may be the
/// last.
pub(crate) async fn tell_stock(tables: &Tables, consumer: &'static str, stop: &CancellationToken) {
    let mut tick = tokio::time::interval(COUNT_EVERY);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        for whose in [consumer, OUTBOX] {
            if let Err(error) = tell(tables, whose).await {
                tracing::debug!(consumer, "letters are not counted now: {}", Chain(&error));
            }
        }
    }
}

async fn tell(tables: &Tables, consumer: &'static str) -> Result<(), sqlx::Error> {
    let mut lent = tables.lend().await?;
    let count = sqlx::query_as(tables.schema.sql(COUNT)).bind(consumer);
    let count = count.fetch_one(lent.connection()?);
    let (failed, waiting, unknown) = within(tables.deadline, count).await?;
    lent.give_back();
    metrics::letters(consumer, "failed", failed);
    metrics::letters(consumer, "waiting", waiting);
    metrics::letters(consumer, "unknown", unknown);
    Ok(())
}
