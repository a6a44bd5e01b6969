//! One run: a platform, its users, what goes wrong meanwhile, and the judgement.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, ensure};
use nova_cli::servers::Server;
use sqlx::PgConnection;
use tokio::time::{Instant, sleep, sleep_until};

use crate::client::Client;
use crate::crowd::Crowd;
use crate::folder::{Folder, Journal, say};
use crate::hiccups::Hiccups;
use crate::leavers::{self, Leaver};
use crate::load::{AllDone, Load};
use crate::oracle::{Acknowledged, Flaw};
use crate::patience::until;
use crate::platform::{Kind, Platform};
use crate::quiet::{Events, connect, databases_answer, is_committed, is_quiet};
use crate::reading::{Verdict, judge, read_some};
use crate::rebuilt::Timelines;
use crate::schedule::{FROZEN, Fault, Round, Victim, deal};
use crate::updates;
use crate::users::{self, User};

const ROUNDS: usize = 10;
/// How many users leave and come back.
const LEAVERS: usize = 2;
/// Flaws that are printed; the others are like them.
const SHOWN: usize = 20;

/// What a platform is to survive.
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// What may go wrong, each as often as it is in here.
    pub(crate) deck: &'static [Fault],
    /// Of the rounds that are asked for.
    pub(crate) share: f64,
    /// Of the rounds, those that begin when everything is well.
    pub(crate) settled: f64,
}

/// Runs a platform through what was planned.
pub(crate) async fn survive(plan: &Plan) -> anyhow::Result<()> {
    let seed = setting("NOVA_FAULT_SEED")?.unwrap_or_else(rand::random);
    let rounds = setting("NOVA_FAULT_ROUNDS")?.unwrap_or(ROUNDS);
    say(format_args!(
        "faults: NOVA_FAULT_SEED={seed} NOVA_FAULT_ROUNDS={rounds} deals this again"
    ));
    let rounds = (rounds as f64 * plan.share).ceil() as usize;
    let rounds = deal(seed, rounds, plan.deck, plan.settled);

    let folder = Folder::make(&format!("{}-{seed}", plan.kind), &nova_tests::built_nova()?)?;
    let logs = format!("seed {seed}, logs in {}", folder.path.display());
    let mut platform = Platform::start(plan.kind, &folder)
        .await
        .with_context(|| logs.clone())?;
    let endured = endure(&mut platform, plan.kind, &folder.journal, seed, &rounds);
    let endured = Box::pin(endured).await;
    let servers_data = platform.servers_data.clone();
    let stopped = platform.stop().await;
    let cleared = folder.clear(&servers_data).await;

    let report = endured.with_context(|| logs.clone())?;
    say(&report);
    let shown = report.verdict.first(SHOWN);
    ensure!(report.is_good(), "{logs}\n{report}\n{shown}");
    stopped.and(cleared).context(logs)?;
    folder.remove()
}

pub(crate) fn setting<T: std::str::FromStr>(name: &str) -> anyhow::Result<Option<T>> {
    let Some(text) = std::env::var_os(name) else {
        return Ok(None);
    };
    let value = text.to_str().and_then(|text| text.parse().ok());
    value
        .with_context(|| format!("{name} is not a number"))
        .map(Some)
}

async fn endure(
    platform: &mut Platform,
    kind: Kind,
    journal: &Journal,
    seed: u64,
    rounds: &[Round],
) -> anyhow::Result<Report> {
    let client = Arc::new(Client::of(&platform.url)?);
    well(platform, &client).await?;
    let mut users = users::register(&client, seed).await?;
    let crowd = settle(platform, &client, &users).await?;
    let mut leavers = Vec::new();
    for number in 0..LEAVERS {
        leavers.push(Leaver::register(&client, number).await?);
    }
    let hiccups = Hiccups::of(&platform.servers_data);

    let load = Load::begin(&client, &users, leavers, seed);
    let end = load.ending();
    let hurt = async {
        let tally = tokio::select! {
            tally = hurt(platform, &client, journal, rounds, &hiccups) => tally?,
            failed = hiccups.come(journal, seed) => match failed? {},
        };
        end();
        Ok(tally)
    };
    // The load ends before the faults do only if something went otherwise than it must.
    let (mut tally, done) = tokio::try_join!(hurt, load.ended())?;
    let AllDone {
        posts,
        wavered,
        leavers,
    } = done;
    tally.hiccups = hiccups.count();
    for user in wavered {
        users.retain(|before| before.id != user.id);
        users.push(user);
    }
    users::hide_both_ways(&mut users);

    journal.note("all is acknowledged; waiting for quiet");
    well(platform, &client).await?;
    let events = Events::of(&users, &posts, &leavers);
    let unrest = quiet(platform, &events)
        .await
        .err()
        .map(|error| error.to_string());
    client.weather().clear_up();
    journal.note("reading");
    let mut verdict = match &unrest {
        None => settled_verdict(&client, &users, &posts).await?,
        Some(_) => judge(&client, &users, &posts).await?,
    };
    verdict.join(leavers::judge(&client, &leavers).await?);
    let postgres = platform.addresses().await?.postgres;
    leavers::are_erased(&postgres, &leavers).await?;
    let timelines = Timelines::look(&mut feed(platform).await?).await?;
    verdict.add(
        "timelines",
        timelines.flaws(tally.redis_servers(kind), &users),
    );
    let told = updates::published(&platform.addresses().await?.kafka).await?;
    verdict.add(
        "feed-updates",
        updates::flaws(&told, &users, &crowd, &posts),
    );
    if unrest.is_none() && verdict.is_good() {
        platform.flush_redis().await?;
        journal.note("redis is empty; reading again");
        verdict = judge(&client, &users, &posts).await?;
        verdict.join(leavers::judge(&client, &leavers).await?);
        quiet(platform, &events).await?;
        well(platform, &client).await?;
    }
    platform.runs()?;
    let (posts, trouble) = (posts.len(), client.trouble());
    Ok(Report {
        seed,
        tally,
        posts,
        turns: users.iter().map(|user| user.turns).sum(),
        updates: told.len(),
        left: leavers.iter().map(Leaver::counts).collect(),
        trouble,
        unrest,
        verdict,
    })
}

/// What must be so before anything is judged: all follows are old, everybody has read their feed once, and some are
/// followed by a crowd.
async fn settle(platform: &mut Platform, client: &Client, users: &[User]) -> anyhow::Result<Crowd> {
    quiet(platform, &Events::of(users, &[], &[])).await?;
    let kafka = platform.addresses().await?.kafka;
    until("what was handled is committed", async || {
        Ok(is_committed(&kafka).await)
    })
    .await?;
    for user in users {
        read_some(client, user, 1, 1).await?;
    }
    Crowd::gather(&mut feed(platform).await?, &users::known(users)).await
}

async fn feed(platform: &mut Platform) -> anyhow::Result<PgConnection> {
    Ok(connect(&platform.addresses().await?.postgres, "feed").await?)
}

/// Waits until everything is well. The platform alone cannot tell: it looks once a second, and right after
/// a kill still says what it saw before.
async fn well(platform: &mut Platform, client: &Client) -> anyhow::Result<()> {
    let postgres = platform.addresses().await?.postgres;
    until("the platform is ready", async || {
        platform.runs()?;
        let answers = databases_answer(&postgres).await;
        Ok(match answers {
            Ok(()) => client.is_ready().await,
            Err(error) => Err(error.to_string()),
        })
    })
    .await
}

async fn quiet(platform: &mut Platform, events: &Events) -> anyhow::Result<()> {
    let postgres = platform.addresses().await?.postgres;
    until("everything has arrived", async || {
        platform.runs()?;
        Ok(is_quiet(&postgres, events).await)
    })
    .await
}

/// An event's mark in the inbox is there a moment before the cache has its post: what is wrong must stay so.
async fn settled_verdict(
    client: &Client,
    users: &[User],
    posts: &[Acknowledged],
) -> anyhow::Result<Verdict> {
    let mut last = Verdict::default();
    let judged = until("all lists are right", async || {
        last = judge(client, users, posts).await?;
        Ok(if last.is_good() {
            Ok(())
        } else {
            Err(last.first(1))
        })
    });
    match judged.await {
        Err(error) if last.is_good() => Err(error),
        _ => Ok(last),
    }
}

/// Lets the faults come.
async fn hurt(
    platform: &mut Platform,
    client: &Client,
    journal: &Journal,
    rounds: &[Round],
    hiccups: &Hiccups,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    // Writes before the last fault, if that was one that they must not feel.
    let mut writes_before: Option<u64> = None;
    client.weather().clear_up();
    for round in rounds {
        let needs_fair_weather = !round.fault.is_felt() && client.weather().spell().is_none();
        if round.settled || needs_fair_weather {
            well(platform, client).await?;
            client.weather().clear_up();
        }
        sleep(round.wait).await;
        platform.runs()?;
        if let Some(before) = writes_before.take() {
            tally.undisturbed += client.writes() - before;
        }
        if round.fault.is_felt() {
            client.weather().turn_bad();
        } else {
            writes_before = Some(client.writes());
        }
        journal.note(round.fault);
        match round.fault {
            Fault::Kill(victim) => platform.kill(victim).await?,
            Fault::Pause(server) => {
                let _no_hiccups = hiccups.none().await;
                let _paused = platform.pause(server).await?;
                sleep(round.pause).await;
            }
            Fault::Freeze => freeze(platform, client, journal).await?,
            Fault::FlushRedis => platform.flush_redis().await?,
        }
        tally.count(round.fault);
    }
    Ok(tally)
}

/// Postgres stands still, and the platform says that it cannot work.
async fn freeze(platform: &mut Platform, client: &Client, journal: &Journal) -> anyhow::Result<()> {
    let _frozen = platform.freeze().await?;
    let thaw = Instant::now() + FROZEN;
    until("the platform says that it is unready", async || {
        platform.runs()?;
        Ok(client.is_unready().await)
    })
    .await?;
    journal.note("the platform says that it is unready");
    sleep_until(thaw).await;
    Ok(())
}

/// How often what was done.
#[derive(Debug, Default)]
struct Tally {
    services: usize,
    kafka: usize,
    postgres: usize,
    redis: usize,
    pauses: usize,
    flushes: usize,
    /// Of Redis, beside the faults.
    hiccups: usize,
    /// Requests that changed something, were answered at once, and followed a fault of Kafka or Redis.
    undisturbed: u64,
}

impl Tally {
    /// How many there may have been, one after the other.
    const fn redis_servers(&self, kind: Kind) -> usize {
        let ended_with_services = match kind {
            Kind::Apart => 0,
            Kind::Whole => self.services,
        };
        1 + self.redis + ended_with_services
    }

    const fn count(&mut self, fault: Fault) {
        let counter = match fault {
            Fault::Kill(Victim::Services) => &mut self.services,
            Fault::Kill(Victim::Server(Server::Kafka)) => &mut self.kafka,
            Fault::Kill(Victim::Server(Server::Postgres)) => &mut self.postgres,
            Fault::Kill(Victim::Server(Server::Redis)) => &mut self.redis,
            Fault::Pause(_) | Fault::Freeze => &mut self.pauses,
            Fault::FlushRedis => &mut self.flushes,
        };
        *counter += 1;
    }
}

/// What came of it, in one line.
#[derive(Debug)]
struct Report {
    seed: u64,
    tally: Tally,
    posts: usize,
    /// Follows and their ends.
    turns: usize,
    /// Messages that were published on `feed-updates`.
    updates: usize,
    /// How often users left, came back, and were too late.
    left: Vec<(usize, usize, usize)>,
    /// What came instead of answers.
    trouble: String,
    /// What did not come to rest.
    unrest: Option<String>,
    verdict: Verdict,
}

impl Report {
    fn is_good(&self) -> bool {
        self.unrest.is_none() && self.verdict.is_good()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            services,
            kafka,
            postgres,
            redis,
            pauses,
            flushes,
            hiccups,
            undisturbed,
        } = self.tally;
        let kills = services + kafka + postgres + redis;
        let lost = self.verdict.count(|flaw| matches!(flaw, Flaw::Lost(_)));
        let doubled = self.verdict.count(|flaw| matches!(flaw, Flaw::Doubled(_)));
        let otherwise = self.verdict.count(|_| true) - lost - doubled;
        write!(
            f,
            "faults: seed={} kills={kills} (services {services}, kafka {kafka}, postgres {postgres}, \
             redis {redis}) pauses={pauses} flushes={flushes} redis pauses={hiccups} posts={} follows={} \
             updates={} left, back, erased={:?} lost={lost} doubled={doubled} wrong={otherwise}; unanswered tries: {}; writes that \
             felt nothing of Kafka or Redis: {undisturbed}",
            self.seed, self.posts, self.turns, self.updates, self.left, self.trouble
        )?;
        match &self.unrest {
            Some(unrest) => write!(f, "; {unrest}"),
            None => Ok(()),
        }
    }
}
