//! One run: who talks, what goes wrong meanwhile, and the judgement.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::device::{Device, Orders, Seen};
use super::hand::Hand;
use super::judge::{Truth, of_devices, of_truth};
use super::ledger::{Ledger, Room};
use crate::client::{Client, Request};
use crate::deals::{DECK, Tally};
use crate::flaws::{Flaw, Flaws};
use crate::folder::{Folder, say};
use crate::patience::until;
use crate::replicas::Replicas;
use crate::run::setting;
use crate::schedule::deal;
use crate::stage::Stage;
use crate::users::{User, register_many};
use crate::ways::Ways;

const USERS: usize = 100;
/// Of each user, at each replica.
const DEVICES: usize = 2;
const ROOMS: usize = 50;
/// Of the conversations, those of two.
const DIRECT: usize = 20;
/// Members of the others.
const MEMBERS: std::ops::RangeInclusive<usize> = 3..=10;
/// For how long they talk if nothing else is said.
const SECONDS: u64 = 30;
/// In which the deck is dealt once.
const DECK_SECONDS: u64 = 30;
/// Tells random numbers of devices, and of hands, from those of faults.
const OF_DEVICES: u64 = 10_000;
const OF_HANDS: u64 = 20_000;

/// Two replicas are hurt while users talk.
pub(super) async fn survive() -> anyhow::Result<()> {
    let seed = setting("NOVA_FAULT_SEED")?.unwrap_or_else(rand::random);
    let seconds = setting("NOVA_FAULT_SECONDS")?.unwrap_or(SECONDS);
    say(format_args!(
        "chat: NOVA_FAULT_SEED={seed} NOVA_FAULT_SECONDS={seconds} deals this again"
    ));
    let folder = Folder::make(&format!("chat-{seed}"), &nova_tests::built_nova()?)?;
    let logs = format!("seed {seed}, logs in {}", folder.path.display());
    let replicas = Replicas::start(&folder, Vec::new()).await;
    let replicas = replicas.with_context(|| logs.clone())?;
    let servers_data = replicas.servers_data.clone();
    let stage = Stage {
        ways: Arc::new(Ways::to(&replicas).await?),
        replicas,
    };
    let played = Box::pin(play(&stage, seed, seconds)).await;
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

/// Everybody who talks. Dropping it ends them.
struct Crowd {
    ledger: Arc<Ledger>,
    ways: Arc<Ways>,
    orders: watch::Sender<Orders>,
    devices: Vec<Arc<Seen>>,
    sockets: JoinSet<()>,
    hands: JoinSet<anyhow::Result<()>>,
    seed: u64,
}

async fn play(stage: &Stage, seed: u64, seconds: u64) -> anyhow::Result<Report> {
    let journal = &stage.replicas.journal;
    journal.note("both replicas are ready");
    let users = register_many(&stage.replicas.url(0), "talker", USERS).await?;
    journal.note("all users are registered");
    let rooms = open_rooms(&stage.replicas.url(0), &users, seed).await?;
    journal.note("all conversations are there");
    let mut crowd = Crowd::gather(stage, Ledger::new(users, rooms, journal.clone()), seed);
    crowd.are_back(stage).await?;
    journal.note("all devices are there");

    let over = Instant::now() + Duration::from_secs(seconds);
    let rounds = DECK.len() * usize::try_from(seconds)? / usize::try_from(DECK_SECONDS)?;
    let rounds = deal(seed, rounds, &DECK, 0.0);
    crowd.talk();
    let hurt = async {
        let tally = stage.hurt(&rounds).await?;
        sleep_until(over).await;
        anyhow::Ok(tally)
    };
    let tally = hurt.await?;
    journal.note("waiting for what was not answered");
    crowd.fall_silent(stage).await?;
    stage.replicas.well().await?;
    journal.note("all is answered; comparing");
    let mut flaws = crowd.judge(stage, "all devices show what is there").await?;
    if flaws.is_empty() {
        journal.note("all devices come back, and new ones come");
        crowd.come_back();
        crowd.are_back(stage).await?;
        journal.note("they are back; comparing again");
        flaws = crowd.judge(stage, "they show it again").await?;
    }
    crowd.orders.send_modify(|orders| orders.go = true);
    while let Some(ended) = crowd.sockets.join_next().await {
        ended?;
    }
    journal.note("all devices are gone");
    flaws.extend(crowd.ledger.flaws().iter().cloned());
    let trouble = stage.ways.trouble();
    Ok(Report {
        seed,
        tally,
        ledger: crowd.ledger,
        flaws: Flaws(flaws),
        trouble,
    })
}

async fn open_rooms(url: &str, users: &[User], seed: u64) -> anyhow::Result<Vec<Room>> {
    let client = Client::of(url)?;
    let mut random = StdRng::seed_from_u64(seed);
    let mut rooms = Vec::new();
    // Everybody is in one: those who are in none yet come first.
    let mut waiting: Vec<usize> = (0..users.len()).collect();
    waiting.shuffle(&mut random);
    for number in 0..ROOMS {
        let is_group = number >= DIRECT;
        let count = if is_group {
            random.random_range(MEMBERS)
        } else {
            2
        };
        let mut members: Vec<usize> = Vec::new();
        while members.len() < count {
            let next = waiting.pop();
            let next = next.unwrap_or_else(|| random.random_range(0..users.len()));
            if !members.contains(&next) {
                members.push(next);
            }
        }
        let others: Vec<&str> = members[1..]
            .iter()
            .map(|user| users[*user].id.as_str())
            .collect();
        let kind = if is_group { "GROUP" } else { "DIRECT" };
        let request = Request::new("POST", "/v1/conversations")
            .by(&users[members[0]].token)
            .key(&format!("room-{number}"))
            .json(json!({ "type": kind, "member_ids": others }));
        let room = client.persist(&request, &[201], &[]).await?.json()?;
        let id = room["id"].as_str().context("a conversation without id")?;
        rooms.push(Room::new(id.to_owned(), members, is_group));
    }
    Ok(rooms)
}

impl Crowd {
    /// Everybody's devices come.
    fn gather(stage: &Stage, ledger: Ledger, seed: u64) -> Self {
        let (orders, _) = watch::channel(Orders {
            talk: false,
            round: 0,
            go: false,
        });
        let mut crowd = Self {
            ledger: Arc::new(ledger),
            ways: Arc::clone(&stage.ways),
            orders,
            devices: Vec::new(),
            sockets: JoinSet::new(),
            hands: JoinSet::new(),
            seed,
        };
        for number in 0..USERS * DEVICES {
            let (user, node) = (number / DEVICES, number % DEVICES);
            crowd.come(user, node, format!("device {node} of {user}"));
        }
        crowd
    }

    fn come(&mut self, user: usize, node: usize, name: String) {
        let seen = Seen::new(user, name);
        let number = self.devices.len() as u64;
        self.devices.push(Arc::clone(&seen));
        let device = Device {
            ledger: Arc::clone(&self.ledger),
            ways: Arc::clone(&self.ways),
            seen,
            orders: self.orders.subscribe(),
            random: StdRng::seed_from_u64(self.seed.wrapping_add(OF_DEVICES + number)),
            node,
            pending: BTreeMap::new(),
        };
        self.sockets.spawn(device.live());
    }

    /// Everybody begins to talk.
    fn talk(&mut self) {
        self.orders.send_modify(|orders| orders.talk = true);
        for user in 0..USERS {
            let hand = Hand {
                ledger: Arc::clone(&self.ledger),
                ways: Arc::clone(&self.ways),
                orders: self.orders.subscribe(),
                random: StdRng::seed_from_u64(self.seed.wrapping_add(OF_HANDS + user as u64)),
                user,
            };
            self.hands.spawn(hand.work());
        }
    }

    /// Everybody ceases to, and waits for answers.
    async fn fall_silent(&mut self, stage: &Stage) -> anyhow::Result<()> {
        self.orders.send_modify(|orders| orders.talk = false);
        while let Some(ended) = self.hands.join_next().await {
            ended??;
        }
        let unanswered = &self.ledger.counts.unanswered;
        until("every send is answered", async || {
            stage.replicas.runs().await?;
            let left = unanswered.load(Ordering::Relaxed);
            Ok(if left == 0 {
                Ok(())
            } else {
                Err(format!("{left} are not"))
            })
        })
        .await
    }

    /// All devices come back once more, and of each user one that knows nothing.
    fn come_back(&mut self) {
        self.orders.send_modify(|orders| orders.round += 1);
        for user in 0..USERS {
            self.come(user, user % 2, format!("new device of {user}"));
        }
    }

    async fn are_back(&self, stage: &Stage) -> anyhow::Result<()> {
        let round = self.orders.borrow().round;
        until("all devices have resumed", async || {
            stage.replicas.runs().await?;
            let away = self.devices.iter().filter(|device| !device.is_back(round));
            Ok(match away.count() {
                0 => Ok(()),
                away => Err(format!("{away} have not")),
            })
        })
        .await
    }

    /// What does not become as it must be.
    async fn judge(&self, stage: &Stage, what: &str) -> anyhow::Result<Vec<Flaw>> {
        let mut last = Vec::new();
        let judged = until(what, async || {
            stage.replicas.runs().await?;
            let truth = Truth::read(&self.ledger, &self.ways).await?;
            last = of_truth(&self.ledger, &truth);
            last.extend(of_devices(&self.ledger, &truth, &self.devices));
            Ok(match last.first() {
                None => Ok(()),
                Some(flaw) => Err(flaw.to_string()),
            })
        });
        match judged.await {
            Err(error) if last.is_empty() => Err(error),
            _ => Ok(last),
        }
    }
}

/// What came of it, in one line.
struct Report {
    seed: u64,
    tally: Tally,
    ledger: Arc<Ledger>,
    flaws: Flaws,
    /// What came instead of answers.
    trouble: String,
}

impl Report {
    fn is_good(&self) -> bool {
        self.flaws.is_empty() && !self.ledger.acknowledged().is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.ledger.counts;
        let [sends, repeated, changes, delivered, reconnects] = [
            &counts.sends,
            &counts.repeated,
            &counts.changes,
            &counts.delivered,
            &counts.reconnects,
        ]
        .map(|counter| counter.load(Ordering::Relaxed));
        write!(
            f,
            "chat: seed={} {} messages={sends} acknowledged={} changes={changes} delivered={delivered} \
             reconnects={reconnects} repeated={repeated} {}; \
             unanswered tries: {}",
            self.seed,
            self.tally,
            self.ledger.acknowledged().len(),
            self.flaws,
            self.trouble
        )
    }
}
