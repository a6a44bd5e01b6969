//! What was acknowledged, and what there is of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nova_event_bus::lag;
use nova_proto::catalogue::TOPICS;
use nova_proto::content::v1::PostCreated;
use nova_testkit::published;
use nova_tests::connection::request;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Table;
use super::fleet::Fleet;
use super::traffic::{Acknowledged, Seen};
use crate::population::Population;
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(200);

/// What does not agree.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Posts and messages that were acknowledged and are not there, posts that are not with feed, posts without event, and
    /// events that were parked.
    lost: usize,
    /// Posts and messages that are there twice under different ids, and posts told of by two different events.
    doubled: usize,
    /// Posts that feed has and content has not, or the other way round.
    apart: usize,
    /// Users whose home feed is not what content and identity tell.
    feeds: usize,
    /// Events that were published more than once; inboxes know them.
    told_again: usize,
    /// Until nothing was on its way any more.
    pub(crate) settled: Duration,
}

impl Verdict {
    /// What of it there is in a table. Nothing is to disagree.
    pub(crate) fn tell(&self, table: &mut Table) {
        self.tell_of_losses(table);
        table.none("posts that feed and content do not both have", self.apart);
        table.none(
            "home feeds other than content and identity tell",
            self.feeds,
        );
    }

    /// The same where owners were taken back to a moment that others have gone on from.
    pub(crate) fn tell_of_a_moment(&self, table: &mut Table) {
        self.tell_of_losses(table);
        let what = "posts that services have copies of, and content does not";
        table.tell(what, self.apart);
    }

    fn tell_of_losses(&self, table: &mut Table) {
        table.none("acknowledged and lost", self.lost);
        table.none("doubled", self.doubled);
        table.tell(
            "events published again, which inboxes knew",
            self.told_again,
        );
    }
}

/// Waits until nothing is on its way, and compares; home feeds too if somebody is named who has them.
pub(crate) async fn judge(
    fleet: &Fleet,
    seen: &Seen,
    readers: Option<(Target, &Population)>,
) -> anyhow::Result<Verdict> {
    let began = Instant::now();
    settle(fleet).await?;
    if let Some((target, population)) = readers {
        let settled = population.wait_until_settled(target, &fleet.databases);
        settled.await?;
    }
    let settled = began.elapsed();

    let content = ids(
        &mut fleet.databases.connect("content").await?,
        "SELECT id FROM posts",
    )
    .await?;
    let feed = ids(
        &mut fleet.databases.connect("feed").await?,
        "SELECT id FROM posts",
    )
    .await?;
    let mut messaging = fleet.databases.connect("messaging").await?;
    let messages = ids(&mut messaging, "SELECT id FROM messages").await?;
    let told = told(fleet).await;
    let mut verdict = Verdict {
        settled,
        apart: content.symmetric_difference(&feed).count(),
        ..Verdict::default()
    };
    let missing = |there: &BTreeSet<Uuid>, list: &[Acknowledged]| {
        list.iter()
            .filter(|one| one.id.parse().is_ok_and(|id: Uuid| !there.contains(&id)))
            .count()
    };
    verdict.lost += missing(&content, &seen.posts) + missing(&feed, &seen.posts);
    verdict.lost += missing(&messages, &seen.messages);
    verdict.lost += content.iter().filter(|id| !told.contains_key(*id)).count();
    let parked = "SELECT count(*) FROM dead_letters";
    verdict.lost += usize::try_from(fleet.databases.count_in_all(parked).await?)?;
    for events in told.values() {
        verdict.doubled += events.len() - 1;
        verdict.told_again += events.values().sum::<usize>() - events.len();
    }
    let texts = "SELECT count(*) - count(DISTINCT content) FROM";
    if let Some((target, population)) = readers {
        verdict.feeds = feeds(target, population, fleet).await?;
    }
    verdict.doubled += doubled(fleet, "content", &format!("{texts} posts")).await?;
    verdict.doubled += doubled(fleet, "messaging", &format!("{texts} messages")).await?;
    Ok(verdict)
}

/// What was acknowledged after that moment.
pub(crate) fn later(list: &[Acknowledged], moment: Instant) -> impl Iterator<Item = &Acknowledged> {
    list.iter().filter(move |one| one.at > moment)
}

/// How many users' first page of home is not the newest posts of those whom they see, by the tables of identity and content.
async fn feeds(target: Target, population: &Population, fleet: &Fleet) -> anyhow::Result<usize> {
    const PAGE: i64 = 50;
    let mut identity = fleet.databases.connect("identity").await?;
    let mut content = fleet.databases.connect("content").await?;
    let mut connection = target.connect().await?;
    let mut otherwise = 0;
    for user in &population.users {
        let id: Uuid = user.id.parse()?;
        let sees = "SELECT followee_id FROM follows WHERE follower_id = $1 AND active";
        let mut sees: Vec<Uuid> = sqlx::query_scalar(sees)
            .bind(id)
            .fetch_all(&mut identity)
            .await?;
        sees.push(id);
        let newest = "SELECT id FROM posts WHERE author_id = ANY($1) ORDER BY id DESC LIMIT $2";
        let newest = sqlx::query_scalar(newest).bind(sees).bind(PAGE);
        let newest: Vec<Uuid> = newest.fetch_all(&mut content).await?;
        let home = request("GET", &format!("/v1/feed?limit={PAGE}"), Some(&user.token));
        let home = connection.expect(200, &home).await?;
        let shown = home["items"].as_array().context("no items")?.iter();
        let shown: Vec<Uuid> = shown
            .filter_map(|item| item["post"]["id"].as_str()?.parse().ok())
            .collect();
        otherwise += usize::from(shown != newest);
    }
    Ok(otherwise)
}

/// Waits until no outbox and no consumer group has anything left.
pub(crate) async fn settle(fleet: &Fleet) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let rows = fleet.databases.outbox_rows().await?;
        let lag = most_lag(fleet).await?;
        if rows == 0 && lag == 0 {
            return Ok(());
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "after {PATIENCE:?} {rows} events wait in outboxes, and {lag} in Kafka for a group"
        );
        tokio::time::sleep(PAUSE).await;
    }
}

/// How many events wait for the group that is farthest behind.
async fn most_lag(fleet: &Fleet) -> anyhow::Result<i64> {
    let kafka = fleet.kafka();
    let mut most = 0;
    for group in nova_cli::platform::SERVICES {
        let lags = lag(&kafka, group, TOPICS).await?;
        most = most.max(lags.iter().map(|lag| lag.lag).sum());
    }
    Ok(most)
}

/// The events that tell of each post, and how often each was published.
async fn told(fleet: &Fleet) -> BTreeMap<Uuid, BTreeMap<String, usize>> {
    let mut told: BTreeMap<Uuid, BTreeMap<String, usize>> = BTreeMap::new();
    for event in published::<PostCreated>(&fleet.kafka()).await {
        if let Ok(post) = event.post_id.parse() {
            *told.entry(post).or_default().entry(event.id).or_default() += 1;
        }
    }
    told
}

async fn ids(database: &mut PgConnection, query: &'static str) -> anyhow::Result<BTreeSet<Uuid>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(query).fetch_all(database).await?;
    Ok(ids.into_iter().collect())
}

async fn doubled(fleet: &Fleet, service: &str, query: &str) -> anyhow::Result<usize> {
    let mut database = fleet.databases.connect(service).await?;
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(query.to_owned()));
    let count: i64 = count.fetch_one(&mut database).await?;
    usize::try_from(count).context("a count")
}
