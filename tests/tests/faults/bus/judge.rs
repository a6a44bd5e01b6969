//! What became of what was appended, as the tables tell it.

use nova_event_bus::dead_letter::{Selection, groups};
use nova_event_bus::{KafkaConfig, lag};
use nova_proto::catalogue::TOPICS;
use nova_tests::bus;
use sqlx::PgPool;
use uuid::Uuid;

/// Events that have not taken effect, in whichever of the two ways is theirs.
const UNDONE: &str = "
    SELECT event_id FROM appended AS event
    WHERE kind <> 'at least once'
          AND NOT EXISTS (SELECT FROM effects WHERE event_id = event.event_id)
       OR kind IN ('at least once', 'once then')
          AND NOT EXISTS (SELECT FROM afters WHERE event_id = event.event_id)";

/// An event took effect although an earlier one of its key is poisoned, or has itself been poisoned all the
/// time; or it was poisoned and is no letter.
const NOT_PARKED: &str = "
    WITH first AS (
        SELECT topic, key, min(number) AS number FROM appended JOIN poisoned USING (event_id)
        WHERE NOT mended GROUP BY topic, key
    ), done AS (
        SELECT topic, key, number FROM effects UNION ALL SELECT topic, key, number FROM afters
    )
    SELECT (SELECT count(*) FROM first JOIN done USING (topic, key) WHERE done.number >= first.number)
         + (SELECT count(*) FROM poisoned WHERE NOT mended AND NOT EXISTS (
               SELECT FROM dead_letters WHERE dead_letters.event_id = poisoned.event_id::text))
         + (SELECT count(*) FROM first WHERE NOT EXISTS (
               SELECT FROM parked_sequences AS parked
               WHERE parked.topic = first.topic AND parked.sequence = first.key::bytea))";

// At least once means that an event may come again after later ones: its first time counts.
const MISORDERED: &str = "
    WITH done AS (
        SELECT 'effects' AS source, id, topic, key, number FROM effects
        UNION ALL
        SELECT 'afters', min(id), topic, key, number FROM afters GROUP BY topic, key, number
    ), in_turn AS (
        SELECT number, lag(number) OVER (PARTITION BY source, topic, key ORDER BY id) AS before FROM done
    )
    SELECT count(*) FROM in_turn WHERE number < before";

const DOUBLED: &str =
    "SELECT count(*) FROM (SELECT FROM effects GROUP BY event_id HAVING count(*) > 1) AS doubled";

const INVENTED: &str = "
    SELECT (SELECT count(*) FROM effects WHERE event_id NOT IN (SELECT event_id FROM appended))
         + (SELECT count(*) FROM afters WHERE event_id NOT IN (SELECT event_id FROM appended))";

/// What is wrong, by kind, and what it is judged from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) events: i64,
    pub(super) lost: i64,
    pub(super) doubled: i64,
    pub(super) misordered: i64,
    /// Effects of events that were never appended.
    pub(super) invented: i64,
    /// Letters there were, and letters that were replayed.
    pub(super) parked: i64,
    pub(super) replayed: i64,
}

/// Reads the verdict; `acknowledged` must all have been appended.
pub(super) async fn judge(pool: &PgPool, acknowledged: &[Uuid]) -> sqlx::Result<Verdict> {
    let forgotten: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM UNNEST($1::uuid[]) AS known(event_id)
         WHERE event_id NOT IN (SELECT event_id FROM appended)",
    )
    .bind(acknowledged)
    .fetch_one(pool)
    .await?;
    Ok(Verdict {
        events: count(pool, "SELECT count(*) FROM appended").await?,
        lost: forgotten + undone(pool).await?,
        doubled: count(pool, DOUBLED).await?,
        misordered: count(pool, MISORDERED).await?,
        invented: count(pool, INVENTED).await?,
        parked: count(pool, "SELECT count(*) FROM letters_ever").await?,
        replayed: count(pool, "SELECT count(*) FROM letters_ever WHERE gone").await?,
    })
}

/// How many events have taken effect, for who waits until there are more.
pub(super) async fn effects(pool: &PgPool) -> sqlx::Result<i64> {
    count(pool, "SELECT count(*) FROM effects").await
}

/// Everything has arrived: it has taken effect or is a letter. Else what has not.
pub(super) async fn has_arrived(pool: &PgPool, kafka: &KafkaConfig) -> Result<(), String> {
    let waiting = format!(
        "SELECT concat_ws(' ', topic, key, number, kind) FROM appended JOIN (
             {UNDONE} EXCEPT SELECT event_id::uuid FROM dead_letters
         ) AS undone USING (event_id)"
    );
    let counts = async {
        let waiting: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(waiting))
            .fetch_all(pool)
            .await?;
        Ok((count(pool, "SELECT count(*) FROM outbox").await?, waiting))
    };
    let (outbox, waiting) = counts
        .await
        .map_err(|error: sqlx::Error| error.to_string())?;
    if outbox > 0 || !waiting.is_empty() {
        let some = waiting.iter().take(5).cloned().collect::<Vec<_>>();
        return Err(format!(
            "{outbox} events in the outbox, {} on their way: {some:?} ...",
            waiting.len()
        ));
    }
    let lags = lag(kafka, bus::NAME, TOPICS).await;
    let lags = lags.map_err(|error| format!("{error:?}"))?;
    match lags.iter().find(|lag| lag.lag != 0) {
        None => Ok(()),
        Some(lag) => Err(format!("not all is committed: {lag:?}")),
    }
}

/// How many keys are parked whose replay nobody has asked for; nothing when no letter is left either.
pub(super) async fn still_parked(pool: &PgPool) -> sqlx::Result<Option<i64>> {
    let (parked, asked, letters): (i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), count(replay_requested_at), (SELECT count(*) FROM dead_letters)
         FROM parked_sequences",
    )
    .fetch_one(pool)
    .await?;
    Ok((parked + letters > 0).then_some(parked - asked))
}

/// What operators should see of what is poisoned, and do not: nothing if all is well.
pub(super) async fn unseen(pool: &PgPool) -> anyhow::Result<Vec<String>> {
    let mut unseen = Vec::new();
    let not_parked = count(pool, NOT_PARKED).await?;
    if not_parked > 0 {
        unseen.push(format!(
            "{not_parked} poisoned events or keys are not parked"
        ));
    }
    let shown = groups(pool, &Selection::All, 10_000).await?;
    let shown: i64 = shown.iter().map(|group| group.failed).sum();
    let failed = count(pool, "SELECT count(*) FROM dead_letters WHERE failed").await?;
    if shown != failed {
        unseen.push(format!("of {failed} failed letters {shown} are listed"));
    }
    Ok(unseen)
}

async fn undone(pool: &PgPool) -> sqlx::Result<i64> {
    let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM ({UNDONE}) AS undone"));
    sqlx::query_scalar(count).fetch_one(pool).await
}

async fn count(pool: &PgPool, query: &'static str) -> sqlx::Result<i64> {
    sqlx::query_scalar(query).fetch_one(pool).await
}
