//! The way back: the programs of this release on the tables of a later one, and feeds without events.
//!
//! First every database gets what a later release would add, and every process is replaced by one of this release. Then
//! the seed's rollback: feed asks content itself (`NOVA_FEED_DIRECT_CALL`) while content publishes nothing, and answers from its own
//! copies when content is gone, too.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_cli::platform::SERVICES;
use nova_testkit::within;
use nova_tests::connection::{Connection, request, request_with};
use serde_json::{Value, json};

use super::caddy::Caddy;
use super::fleet::Fleet;
use super::judge::judge;
use super::rolling::print_failures;
use super::traffic::Traffic;
use super::{Plan, Table, settle};
use crate::population::Population;
use crate::target::Target;

const REPLICAS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(20);
/// Home feeds that are read while content is gone.
const READS: usize = 100;
/// What a later release might have added, and its note of it.
const LATER: &str = "
    CREATE TABLE later_release (id bigint PRIMARY KEY);
    ALTER TABLE outbox ADD COLUMN later_release text;
    ALTER TABLE dead_letters ADD COLUMN later_release text NOT NULL DEFAULT '';
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'later release', true, '\\x00', 0);
";
/// Of those services that have posts.
const LATER_POSTS: &str = "ALTER TABLE posts ADD COLUMN later_release text";

pub(crate) async fn run(plan: Plan) -> anyhow::Result<()> {
    let mut fleet = Fleet::start("rollback", REPLICAS, None).await?;
    let caddy = Caddy::start(&fleet).await?;
    let mut population = settle(&fleet, &caddy, plan).await?;
    let traffic = Traffic::begin(caddy.target, &population, plan.rate, plan.seed).await?;
    let begin = Instant::now();
    migrate(&fleet).await?;
    for at in 0..fleet.replicas.len() {
        fleet.restart(at, None).await?;
    }
    let back = begin.elapsed();
    let seen = traffic.end().await?;
    print_failures(&seen, begin);
    if let Some(population) = Arc::get_mut(&mut population) {
        population.note(&seen.posts);
    }
    let verdict = judge(&fleet, &seen, Some((caddy.target, &*population))).await?;

    let edit = without_events(&mut fleet, caddy.target, &population).await?;
    let answered = without_content(&mut fleet, caddy.target, &population).await?;
    with_events_again(&mut fleet, caddy.target, &population, &edit).await?;

    let mut table = Table::new("rollback");
    let rate = seen.asked.len() as f64 / back.as_secs_f64();
    table.tell("requests", format!("{} ({rate:.0}/s)", seen.asked.len()));
    let replaced = format!("{} in {:.0} s", fleet.replicas.len(), back.as_secs_f64());
    table.tell(
        "processes replaced on the tables of a later release",
        replaced,
    );
    table.none("requests that failed", seen.failures().count());
    verdict.tell(&mut table);
    let met = edit.waiting > 0;
    table.ask("events that wait meanwhile", edit.waiting, "some", met);
    table.tell(
        "content publishes nothing: an edit was in a feed after",
        millis(edit.seen_after),
    );
    let of_all = format!("{answered} of {READS}");
    table.ask(
        "content is killed: home feeds answered",
        of_all,
        READS,
        answered == READS,
    );
    table.tell(
        "content is back without direct calls: the edit is in the feed",
        "yes",
    );
    caddy.stop().await?;
    fleet.finish().await?;
    table.end()
}

/// What was edited while nothing was published.
struct Edit {
    post: String,
    text: String,
    seen_after: Duration,
    /// Events in outboxes when it was seen.
    waiting: i64,
}

async fn migrate(fleet: &Fleet) -> anyhow::Result<()> {
    for service in SERVICES {
        let mut database = fleet.databases.connect(service).await?;
        sqlx::raw_sql(LATER).execute(&mut database).await?;
        if matches!(service, "content" | "feed") {
            sqlx::raw_sql(LATER_POSTS).execute(&mut database).await?;
        }
    }
    Ok(())
}

/// Restarts all replicas of a service with this setting beside theirs; without it if there is no value.
async fn set(
    fleet: &mut Fleet,
    service: &str,
    settings: &[(&str, Option<&str>)],
) -> anyhow::Result<()> {
    for at in 0..fleet.replicas.len() {
        let replica = fleet.replica(at)?;
        if replica.service != service {
            continue;
        }
        for (name, value) in settings {
            match value {
                Some(value) => replica.own.insert((*name).to_owned(), (*value).to_owned()),
                None => replica.own.remove(*name),
            };
        }
        fleet.restart(at, None).await?;
    }
    Ok(())
}

/// An edit shows in a feed although no event tells of it.
async fn without_events(
    fleet: &mut Fleet,
    target: Target,
    population: &Population,
) -> anyhow::Result<Edit> {
    let content = fleet
        .replicas
        .iter()
        .find(|replica| replica.service == "content");
    let content = format!("http://{}", content.context("no content")?.address);
    let direct = [
        ("NOVA_FEED_DIRECT_CALL", Some("on")),
        ("NOVA_FEED_CONTENT", Some(content.as_str())),
    ];
    set(fleet, "feed", &direct).await?;
    // It serves, and reaches no Kafka: what it has to tell waits in its outbox.
    set(fleet, "content", &[("NOVA_KAFKA", Some("127.0.0.1:1"))]).await?;

    let user = population.users.first().context("a user")?;
    let mut connection = target.connect().await?;
    let own = format!("/v1/users/{}/posts?limit=1", user.id);
    let own = connection
        .expect(200, &request("GET", &own, Some(&user.token)))
        .await?;
    let post = own["items"][0]["id"].as_str().context("a post")?.to_owned();
    let text = "edited while nothing was told".to_owned();
    let body = json!({ "content": text }).to_string();
    let path = format!("/v1/posts/{post}");
    connection
        .expect(200, &request_with("PATCH", &path, Some(&user.token), &body))
        .await?;
    let began = Instant::now();
    shows(&mut connection, &user.token, &post, &text).await;
    Ok(Edit {
        post,
        text,
        seen_after: began.elapsed(),
        waiting: fleet.databases.outbox_rows().await?,
    })
}

/// How many home feeds are answered with posts while no content runs.
async fn without_content(
    fleet: &mut Fleet,
    target: Target,
    population: &Population,
) -> anyhow::Result<usize> {
    for replica in &mut fleet.replicas {
        if replica.service == "content" {
            replica.kill().await?;
        }
    }
    let mut connection = target.connect().await?;
    let mut answered = 0;
    for user in population.users.iter().cycle().take(READS) {
        let home = request("GET", "/v1/feed?limit=10", Some(&user.token));
        let answer = connection.ask(&home).await?;
        let is_full = answer.status == 200 && answer.body.starts_with(br#"{"items":[{"#);
        answered += usize::from(is_full);
    }
    Ok(answered)
}

/// Content is back and publishes what it has to tell, feed asks nobody any more, and the edit is there.
async fn with_events_again(
    fleet: &mut Fleet,
    target: Target,
    population: &Population,
    edit: &Edit,
) -> anyhow::Result<()> {
    set(fleet, "content", &[("NOVA_KAFKA", None)]).await?;
    set(
        fleet,
        "feed",
        &[("NOVA_FEED_DIRECT_CALL", None), ("NOVA_FEED_CONTENT", None)],
    )
    .await?;
    let user = population.users.first().context("a user")?;
    let mut connection = target.connect().await?;
    shows(&mut connection, &user.token, &edit.post, &edit.text).await;
    Ok(())
}

/// Waits until this post has that text in the home feed.
async fn shows(connection: &mut Connection, token: &str, post: &str, text: &str) {
    within(PATIENCE, "the edit is in the feed", async || {
        let home = request("GET", "/v1/feed?limit=100", Some(token));
        let home = connection
            .expect(200, &home)
            .await
            .map_err(|error| error.to_string())?;
        let items = home["items"].as_array().cloned().unwrap_or_default();
        let found = items.iter().find(|item| item["post"]["id"] == post);
        match found.map(|item| &item["post"]["content"]) {
            Some(Value::String(shown)) if shown == text => Ok(()),
            shown => Err(format!("{shown:?}")),
        }
    })
    .await;
}

fn millis(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1_000.0)
}
