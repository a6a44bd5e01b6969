use std::pin::pin;
use std::time::{Duration, SystemTime};

use nova_event_bus::{BusError, Past};
use nova_service::redis::Away;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::commands;
use crate::domain::{LATEST, Reason};
use crate::error::Error;
use crate::events::topics;
use crate::state::State;
use crate::store::{generations, losses};

/// How often it is asked which generation counts while that is not known.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// While nothing fails, the servers are looked at this often: one that was emptied says nothing to who only listens.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often who fills a generation says that it still does.
const HOLD_EVERY: Duration = Duration::from_secs(5);

/// Finds out which generation of windows counts, whenever that is not known, until `stop`. On servers that have restarted or
/// are new one node begins the next, and fills it with what Kafka has of the time for which events are kept.
pub(crate) async fn refill(state: State, stop: CancellationToken) {
    let settling = async {
        loop {
            match settle(&state).await {
                Ok(Some((generation, known_since))) => {
                    state.windows.begin(generation, known_since);
                    state.set_filling(false);
                    let unsettled = state.windows.settled(false);
                    timeout(LOOK_EVERY, unsettled).await.ok();
                    continue;
                }
                Ok(None) => state.set_filling(true),
                Err(error) => {
                    state.set_filling(false);
                    // Without Postgres nobody else begins another one; every answer of Redis says whether it is still this one.
                    if !matches!(error, Error::Database(_)) {
                        state.windows.unsettle();
                    }
                    tracing::debug!(%error, "which generation counts is not known");
                }
            }
            sleep(ASK_EVERY).await;
        }
    };
    stop.run_until_cancelled(settling).await;
}

/// A generation, and since when it is known what was on which channel.
type Known = (u64, OffsetDateTime);

/// The generation that counts; none while another node fills it.
async fn settle(state: &State) -> Result<Option<Known>, Error> {
    if let Some(generation) = counting(state).await? {
        return Ok(Some(generation));
    }
    state.windows.unsettle();
    let mut tx = state.database.pool.begin().await?;
    if !generations::lock(&mut tx).await? {
        return Ok(None);
    }
    // Another node may have done it a moment ago.
    let counting = match counting(state).await? {
        Some(generation) => generation,
        None => {
            state.set_filling(true);
            begin_holding(state, &mut tx).await?
        }
    };
    tx.commit().await?;
    Ok(Some(counting))
}

/// The last generation, if it counts for the servers as they are. They may have forgotten nothing but the scripts.
async fn counting(state: &State) -> Result<Option<Known>, Error> {
    let found = state.windows.servers().await?;
    let last = generations::last(&state.database.pool).await?;
    let Some(last) = last.filter(|last| last.counts(&found.0, found.1)) else {
        return Ok(None);
    };
    if state.windows.generation() != Some(last.id()) {
        state.windows.load().await?;
        // A server that has restarted just before would be trusted from now on.
        if state.windows.servers().await? != found {
            return Ok(None);
        }
    }
    Ok(Some((last.id(), last.known_since())))
}

/// A node that is cut off holds the lock no longer than Postgres bears an idle transaction: whoever works says so.
async fn begin_holding(state: &State, tx: &mut PgConnection) -> Result<Known, Error> {
    let mut beginning = pin!(begin(state));
    loop {
        match timeout(HOLD_EVERY, &mut beginning).await {
            Ok(begun) => return begun,
            Err(_) => generations::hold(tx).await?,
        }
    }
}

async fn begin(state: &State) -> Result<Known, Error> {
    let pool = &state.database.pool;
    let last = generations::last(pool).await?;
    let is_first = last.is_none();
    let (servers, known) = state.windows.servers().await?;
    let (generation, known_since) = match last.filter(|last| last.goes_on(&servers, known)) {
        // Whoever filled it was stopped: what is there stays, and is passed over.
        Some(last) => (last.id(), last.known_since()),
        None => {
            let now = OffsetDateTime::now_utc();
            let known_since = if is_first {
                now
            } else {
                now - state.windows.age()
            };
            let generation = generations::begin(pool, &servers, known_since).await?;
            (generation, known_since)
        }
    };
    // From here on nobody writes to another one without being told: what they have written is before the end of what is read.
    state.windows.install(generation).await?;
    if is_first {
        tracing::info!(generation, "windows begin, empty");
    } else {
        tracing::warn!(
            generation,
            "redis has restarted or was emptied: windows are filled again"
        );
        fill(state, generation, known_since).await?;
        tracing::info!(generation, "windows are filled");
    }
    // Restarted meanwhile, it would have to be filled again.
    if state.windows.servers().await? != (servers, Some(generation)) {
        return Err(Error::Redis(Away::Resting));
    }
    generations::filled(pool, generation).await?;
    Ok((generation, known_since))
}

/// Puts into a generation what Kafka has of the time for which events are kept.
async fn fill(state: &State, generation: u64, since: OffsetDateTime) -> Result<(), Error> {
    for topic in topics() {
        // Ids have no parts of seconds, and events come later than they happen.
        let early = since - LATEST;
        match fill_from(state, generation, topic.name, early.into()).await {
            // It is there, and its end is not to be had.
            Err(Error::Bus(error @ BusError::Consume { .. })) => {
                tracing::error!(topic = topic.name, %error, "a topic cannot be read again");
                note_reset(state, since).await?;
            }
            filled => filled?,
        }
    }
    Ok(())
}

async fn fill_from(
    state: &State,
    generation: u64,
    topic: &str,
    since: SystemTime,
) -> Result<(), Error> {
    let mut past = Past::read(&state.kafka, topic, None, since).await?;
    while let Some(piece) = past.next().await {
        let mut prepared = commands::prepare(state, &piece?.records).await?;
        state.windows.put(generation, &prepared.published).await?;
        prepared.commit().await?;
    }
    Ok(())
}

/// Every stream is told that what happened since then may be missing.
async fn note_reset(state: &State, since: OffsetDateTime) -> Result<(), Error> {
    let mut tx = state.database.pool.begin().await?;
    losses::save(&mut tx, Reason::Reset, since, OffsetDateTime::now_utc()).await?;
    tx.commit().await?;
    Ok(())
}
