//! One run: who follows what, what goes wrong meanwhile, and the judgement.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_event_bus::{KafkaConfig, Producer};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::judge::of;
use super::reader::{Counts, HEARTBEAT, Reader, Seen};
use super::truth::{Author, TAGS, Truth};
use crate::deals::{EVENTS_DECK, Tally};
use crate::flaws::{Flaw, Flaws};
use crate::folder::{Folder, say};
use crate::patience::until;
use crate::replicas::Replicas;
use crate::run::setting;
use crate::schedule::deal;
use crate::stage::Stage;
use crate::users::{User, register_many};
use crate::ways::Ways;

const USERS: usize = 60;
/// Streams of each of what reaches them alone, and with a public tag.
const OWN: usize = 12;
const MIXED: usize = 4;
/// Streams of nobody.
const ANONYMOUS: usize = 40;
/// For how long if nothing else is said.
const SECONDS: u64 = 20;
/// In which the deck is dealt once.
const DECK_SECONDS: u64 = 20;
/// Tells random numbers of readers, and of authors, from those of faults.
const OF_READERS: u64 = 10_000;
const OF_AUTHORS: u64 = 20_000;

/// What breakers do with what cannot be put on channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Degrade {
    Hold,
    Drop,
}

impl fmt::Display for Degrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hold => "hold",
            Self::Drop => "drop",
        })
    }
}

/// Two replicas are hurt while streams are told what happens.
pub(super) async fn survive(degrade: Degrade) -> anyhow::Result<()> {
    let seed = setting("NOVA_FAULT_SEED")?.unwrap_or_else(rand::random);
    let seconds = setting("NOVA_FAULT_SECONDS")?.unwrap_or(SECONDS);
    say(format_args!(
        "events, {degrade}: NOVA_FAULT_SEED={seed} NOVA_FAULT_SECONDS={seconds} deals this again"
    ));
    let name = format!("events-{degrade}-{seed}");
    let folder = Folder::make(&name, &nova_tests::built_nova()?)?;
    let logs = format!("seed {seed}, logs in {}", folder.path.display());
    let text = |text: &str| text.to_owned();
    let settings = vec![
        ("NOVA_EVENTBRIDGE_DEGRADE", degrade.to_string()),
        (
            "NOVA_EVENTBRIDGE_HEARTBEAT",
            format!("{}s", HEARTBEAT.as_secs()),
        ),
        // A breaker opens, and is tried again, within the run.
        ("NOVA_EVENTBRIDGE_FAILURE_THRESHOLD", text("2")),
        ("NOVA_EVENTBRIDGE_RECOVERY_TIMEOUT", text("2s")),
        ("NOVA_EVENTBRIDGE_SPREAD", text("1s")),
        // Streams say where they come from.
        ("NOVA_TRUSTED_PROXIES", text("1")),
    ];
    let replicas = Replicas::start(&folder, settings).await;
    let replicas = replicas.with_context(|| logs.clone())?;
    let servers_data = replicas.servers_data.clone();
    let stage = Stage {
        ways: Arc::new(Ways::to(&replicas).await?),
        replicas,
    };
    let played = Box::pin(play(&stage, seed, seconds, degrade)).await;
    let stopped = stage.replicas.stop().await;
    let cleared = folder.clear(&servers_data).await;
    let report = played.with_context(|| logs.clone())?;
    say(&report);
    ensure!(
        report.is_good(),
        "{logs}\n{report}\n{}",
        report.flaws.shown()
    );
    stopped.and(cleared).context(logs)?;
    folder.remove()
}

/// Everybody who reads. Dropping it ends them.
struct Crowd {
    seen: Vec<Arc<Seen>>,
    counts: Arc<Counts>,
    orders: watch::Sender<bool>,
    readers: JoinSet<()>,
}

async fn play(stage: &Stage, seed: u64, seconds: u64, degrade: Degrade) -> anyhow::Result<Report> {
    let journal = &stage.replicas.journal;
    journal.note("both replicas are ready");
    let users = register_many(&stage.replicas.url(0), "reader", USERS).await?;
    let crowd = Crowd::gather(stage, &users, seed);
    until("all streams have begun", async || {
        stage.replicas.runs().await?;
        let waiting = crowd.seen.iter().filter(|seen| !seen.has_begun()).count();
        Ok(if waiting == 0 {
            Ok(())
        } else {
            Err(format!("{waiting} have not"))
        })
    })
    .await?;
    journal.note("all streams have begun");

    let truth = Arc::new(Truth::default());
    let (orders, told) = watch::channel(true);
    let mut authors = JoinSet::new();
    let brokers = stage.replicas.servers.kafka_brokers.clone();
    let kafka = KafkaConfig::new(brokers.context("no Kafka")?);
    let producer = Producer::new(&kafka)?;
    for (number, user) in users.iter().enumerate() {
        let author = Author {
            number,
            id: user.id.clone(),
            random: StdRng::seed_from_u64(seed.wrapping_add(OF_AUTHORS + number as u64)),
            producer: producer.clone(),
            orders: told.clone(),
        };
        let truth = Arc::clone(&truth);
        authors.spawn(async move { author.work(&truth).await });
    }
    let over = Instant::now() + Duration::from_secs(seconds);
    let rounds = EVENTS_DECK.len() * usize::try_from(seconds)? / usize::try_from(DECK_SECONDS)?;
    let rounds = deal(seed, rounds, &EVENTS_DECK, 0.0);
    let tally = stage.hurt(&rounds).await?;
    sleep_until(over).await;
    orders.send_replace(false);
    while let Some(ended) = authors.join_next().await {
        ended??;
    }
    stage.replicas.well().await?;
    journal.note("all is published; comparing");
    let published = truth.all();
    let mut flaws = Vec::new();
    let judged = until("all streams were told", async || {
        stage.replicas.runs().await?;
        flaws = crowd.judge(&published, degrade);
        Ok(match flaws.first() {
            None => Ok(()),
            Some(flaw) => Err(flaw.to_string()),
        })
    });
    match judged.await {
        Err(error) if flaws.is_empty() => return Err(error),
        _ => {}
    }
    journal.note("all is compared");
    let report = Report {
        seed,
        degrade,
        tally,
        published: published.len(),
        streams: crowd.seen.len(),
        told: crowd.seen.iter().map(|seen| seen.told().len()).sum(),
        counts: Arc::clone(&crowd.counts),
        flaws: Flaws(flaws),
    };
    crowd.go().await?;
    Ok(report)
}

impl Crowd {
    fn gather(stage: &Stage, users: &[User], seed: u64) -> Self {
        let (orders, _) = watch::channel(true);
        let mut crowd = Self {
            seen: Vec::new(),
            counts: Arc::default(),
            orders,
            readers: JoinSet::new(),
        };
        for (number, user) in users.iter().enumerate() {
            for stream in 0..OWN + MIXED {
                let tags = if stream < OWN {
                    Vec::new()
                } else {
                    vec![TAGS[(number + stream) % TAGS.len()]]
                };
                let name = format!("stream {stream} of {number}");
                let seen = Seen::new(name, Some(number), true, tags);
                crowd.come(stage, seen, Some(user.token.clone()), seed);
            }
        }
        for stream in 0..ANONYMOUS {
            let tags = vec![TAGS[stream % TAGS.len()], TAGS[(stream + 1) % TAGS.len()]];
            let name = format!("stream {stream} of nobody");
            crowd.come(stage, Seen::new(name, None, false, tags), None, seed);
        }
        crowd
    }

    fn come(&mut self, stage: &Stage, seen: Arc<Seen>, token: Option<String>, seed: u64) {
        let number = self.seen.len();
        self.seen.push(Arc::clone(&seen));
        let of_reader = seed.wrapping_add(OF_READERS + number as u64);
        let mut random = StdRng::seed_from_u64(of_reader);
        let reader = Reader {
            seen,
            counts: Arc::clone(&self.counts),
            ways: Arc::clone(&stage.ways),
            token,
            address: format!("10.0.{}.{}", number / 100, number % 100 + 1),
            node: random.random_range(0..2),
            random,
            orders: self.orders.subscribe(),
        };
        self.readers.spawn(reader.live());
    }

    fn judge(&self, published: &[super::truth::Published], degrade: Degrade) -> Vec<Flaw> {
        let seen = self.seen.iter();
        seen.flat_map(|seen| of(seen, published, degrade)).collect()
    }

    async fn go(mut self) -> anyhow::Result<()> {
        self.orders.send_replace(false);
        while let Some(ended) = self.readers.join_next().await {
            ended?;
        }
        Ok(())
    }
}

/// What came of it, in one line.
struct Report {
    seed: u64,
    degrade: Degrade,
    tally: Tally,
    published: usize,
    streams: usize,
    told: usize,
    counts: Arc<Counts>,
    flaws: Flaws,
}

impl Report {
    fn is_good(&self) -> bool {
        self.flaws.is_empty() && self.told > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        let [connections, resumed, silent, live] = [
            &counts.connections,
            &counts.resumed,
            &counts.silent,
            &counts.live,
        ]
        .map(|counter| counter.load(Ordering::Relaxed));
        write!(
            f,
            "events, {}: seed={} {} published={} streams={} told={} connections={connections} resumed={resumed} \
             silent={silent} live={live} {}",
            self.degrade,
            self.seed,
            self.tally,
            self.published,
            self.streams,
            self.told,
            self.flaws,
        )
    }
}
