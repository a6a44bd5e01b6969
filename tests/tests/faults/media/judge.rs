//! What became of what was taken, as everybody sees it, and of what was not, as the tables and the store tell it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, bail, ensure};
use nova_proto::media::v1::MediaUploaded;
use nova_tests::bus;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::files::Served;
use super::sender::Reply;
use super::stage::Stage;
use super::store::{Listed, Store};
use super::uploader::{Acknowledged, bearer, state};
use crate::patience::until;
use crate::users::User;

/// What is wrong, by kind.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Files that were taken and are not there.
    pub(super) lost: Vec<String>,
    /// Files that are there and were not taken, or once more.
    pub(super) doubled: Vec<String>,
    /// Files of which other bytes are served than must be.
    pub(super) torn: Vec<String>,
    /// Files of which is told never, or twice.
    pub(super) told: Vec<String>,
    /// Bytes that were served and compared.
    pub(super) bytes: u64,
}

impl Verdict {
    pub(super) fn is_good(&self) -> bool {
        [&self.lost, &self.doubled, &self.torn, &self.told]
            .iter()
            .all(|flaws| flaws.is_empty())
    }
}

/// Reads everything that was taken, and everything that is there. What was taken `before` is gone.
pub(super) async fn judge(
    stage: &Stage,
    users: &[User],
    taken: &[Acknowledged],
    before: &BTreeSet<String>,
) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    for (number, one) in taken.iter().enumerate() {
        let medium = is_read(stage, one).await?;
        if state(&medium) != "ready" {
            verdict.lost.push(medium.to_string());
            continue;
        }
        let path = format!("/v1/media/{}/content", one.id);
        let reply = get(stage, number, &path, &one.token).await?;
        let served = Served::of(&reply.body);
        verdict.bytes += served.length;
        if served != one.served {
            let (id, seen, right) = (&one.id, served.length, one.served.length);
            verdict
                .torn
                .push(format!("{id}: {seen} bytes instead of {right}, or others"));
        }
    }
    let known: BTreeSet<&str> = taken.iter().map(|one| one.id.as_str()).collect();
    let mut listed = BTreeSet::new();
    for user in users {
        for medium in list(stage, user).await? {
            let id = medium["id"].as_str().unwrap_or_default().to_owned();
            if !known.contains(id.as_str()) || !listed.insert(id) {
                verdict.doubled.push(medium.to_string());
            }
        }
    }
    let missing = known.iter().filter(|id| !listed.contains(**id));
    verdict
        .lost
        .extend(missing.map(|id| format!("{id} is in no list")));
    verdict.told = untold(stage, &known, before).await?;
    Ok(verdict)
}

/// A medium once it can be shown, or never will be.
async fn is_read(stage: &Stage, one: &Acknowledged) -> anyhow::Result<Value> {
    let path = format!("/v1/media/{}", one.id);
    until("what was taken is read", async || {
        stage.runs().await?;
        let reply = stage
            .ask(0, &format!("GET {path}"), &bearer(&one.token))
            .await
            .reply;
        let reply = reply.filter(|reply| reply.status != 503);
        let Some(reply) = reply else {
            return Ok(Err("no answer".to_owned()));
        };
        ensure!(
            reply.status == 200 || reply.status == 404,
            "{path}: {reply}"
        );
        let medium = reply.json()?;
        Ok(if state(&medium) == "processing" {
            Err(medium.to_string())
        } else {
            Ok(medium)
        })
    })
    .await
}

async fn list(stage: &Stage, user: &User) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut path = "/v1/media?limit=100".to_owned();
    loop {
        let page = get(stage, all.len(), &path, &user.token).await?.json()?;
        all.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/media?limit=100&cursor={cursor}"),
            None => return Ok(all),
        }
    }
}

async fn get(stage: &Stage, replica: usize, path: &str, token: &str) -> anyhow::Result<Reply> {
    let reply = stage
        .ask(replica, &format!("GET {path}"), &bearer(token))
        .await
        .reply;
    let reply = reply.with_context(|| format!("no answer to {path}"))?;
    ensure!(reply.status == 200, "{path}: {reply}");
    Ok(reply)
}

/// Media of which is told otherwise than once. A relay that dies may publish an event once more, under the same id.
async fn untold(
    stage: &Stage,
    taken: &BTreeSet<&str>,
    before: &BTreeSet<String>,
) -> anyhow::Result<Vec<String>> {
    until("everything is told", async || {
        stage.runs().await?;
        Ok(
            match count(&stage.pool, "SELECT count(*) FROM outbox").await {
                Ok(0) => Ok(()),
                Ok(left) => Err(format!("{left} events in the outbox")),
                Err(error) => Err(error.to_string()),
            },
        )
    })
    .await?;
    let kafka = bus::kafka(&stage.kafka, "classic")?;
    let mut events: HashMap<String, BTreeSet<String>> = HashMap::new();
    for told in nova_testkit::published::<MediaUploaded>(&kafka).await {
        events
            .entry(told.event.media_id.clone())
            .or_default()
            .insert(told.id);
    }
    let times = |id: &str| events.get(id).map_or(0, BTreeSet::len);
    let mut flaws: Vec<String> = taken
        .iter()
        .filter(|id| times(id) != 1)
        .map(|id| format!("{id} is told of {} times", times(id)))
        .collect();
    let others = events
        .keys()
        .filter(|id| !taken.contains(id.as_str()) && !before.contains(*id));
    flaws.extend(others.map(|id| format!("{id} is told of and was never taken")));
    Ok(flaws)
}

/// Lets the time of everything be over that nobody has made theirs, and waits until the store has what rows need and nothing
/// else. How many folders went.
pub(super) async fn only_what_is_needed_stays(
    stage: &Stage,
    store: &Store,
) -> anyhow::Result<usize> {
    let before = store.list().await?.len();
    let over = "UPDATE folders SET remove_at = now() WHERE remove_at IS NOT NULL";
    sqlx::query(over).execute(&stage.pool).await?;
    let unended = "UPDATE uploads SET expires_at = now() WHERE ended_at IS NULL";
    sqlx::query(unended).execute(&stage.pool).await?;
    let listed = until("only what is needed stays", async || {
        stage.runs().await?;
        let rows = folders(&stage.pool).await?;
        let listed = store.list().await?;
        let there: BTreeSet<String> = listed.keys().cloned().collect();
        let needed = needed(&stage.pool).await?;
        Ok(if there == rows && there.iter().eq(needed.keys()) {
            Ok(listed)
        } else {
            let (there, rows) = (there.len(), rows.len());
            Err(format!(
                "{there} folders, {rows} rows, {} needed",
                needed.len()
            ))
        })
    })
    .await?;
    let needed = needed(&stage.pool).await?;
    if listed != needed {
        bail!("there is {listed:?} instead of {needed:?}");
    }
    Ok(before.saturating_sub(listed.len()))
}

/// Lets everything go, one half by its owners and the other because no post shows it, and waits until nothing is left.
pub(super) async fn nothing_stays(
    stage: &Stage,
    store: &Store,
    taken: &[Acknowledged],
) -> anyhow::Result<()> {
    for (number, one) in taken
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 2 == 0)
    {
        let line = format!("DELETE /v1/media/{}", one.id);
        let reply = stage
            .ask(number / 2, &line, &bearer(&one.token))
            .await
            .reply;
        let reply = reply.with_context(|| format!("no answer to {line}"))?;
        ensure!(reply.status == 204, "{line}: {reply}");
    }
    let unclaimed = "UPDATE media SET unclaimed_since = now() - interval '100 days'";
    sqlx::query(unclaimed).execute(&stage.pool).await?;
    until("nothing stays", async || {
        stage.runs().await?;
        let mut left = BTreeMap::new();
        left.insert("store", store.list().await?.len() as i64);
        for (table, sql) in [
            ("folders", "SELECT count(*) FROM folders"),
            ("media", "SELECT count(*) FROM media"),
            ("blobs", "SELECT count(*) FROM blobs"),
            ("pieces", "SELECT count(*) FROM pieces"),
        ] {
            left.insert(table, count(&stage.pool, sql).await?);
        }
        Ok(if left.values().all(|count| *count == 0) {
            Ok(())
        } else {
            Err(format!("{left:?}"))
        })
    })
    .await
}

async fn folders(pool: &PgPool) -> sqlx::Result<BTreeSet<String>> {
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM folders")
        .fetch_all(pool)
        .await?;
    Ok(ids.iter().map(Uuid::to_string).collect())
}

/// What must be in the store for all that is served.
async fn needed(pool: &PgPool) -> anyhow::Result<Listed> {
    let blobs: Vec<(Uuid, i64, i64, sqlx::types::Json<Value>)> =
        sqlx::query_as("SELECT id, size_bytes, piece_bytes, thumbnails FROM blobs")
            .fetch_all(pool)
            .await?;
    let mut needed = Listed::new();
    for (id, size, piece, thumbnails) in blobs {
        let (size, piece) = (size.unsigned_abs(), piece.unsigned_abs());
        let mut files = BTreeMap::new();
        for number in 0..size.div_ceil(piece) {
            files.insert(
                format!("file-{number:04}"),
                piece.min(size - number * piece),
            );
        }
        for thumbnail in thumbnails.as_array().context("no thumbnails")? {
            let name = thumbnail["name"]
                .as_str()
                .context("a thumbnail without a name")?;
            let bytes = thumbnail["bytes"]
                .as_u64()
                .context("a thumbnail of no length")?;
            files.insert(name.to_owned(), bytes);
        }
        needed.insert(id.to_string(), files);
    }
    Ok(needed)
}

async fn count(pool: &PgPool, query: &'static str) -> sqlx::Result<i64> {
    sqlx::query_scalar(query).fetch_one(pool).await
}
