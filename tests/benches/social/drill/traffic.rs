//! The social mix at a steady rate, through the proxy, and a little of what other services do; whatever happens is noted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nova_testkit::bench::percentile;
use nova_tests::connection::{Connection, request, request_with};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use crate::client::Kind;
use crate::pages::first_id;
use crate::population::{OF_ONE_LENGTH, Population};
use crate::target::Target;

/// Enough that those that wait for an answer do not hold up the others.
const CONNECTIONS: u32 = 64;
/// Profiles, lists of media, conversations and messages a second, beside the mix.
const OTHERS: u32 = 20;
/// Longer than the proxy and the services themselves take to give up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request that was answered, or was not.
pub(crate) struct Asked {
    /// When it was due: who is late has waited.
    pub(crate) due: Instant,
    pub(crate) done: Instant,
    pub(crate) changes: bool,
    pub(crate) failure: Option<String>,
}

/// Something that was acknowledged, and when.
pub(crate) struct Acknowledged {
    pub(crate) author: usize,
    pub(crate) id: String,
    pub(crate) asked: Instant,
    pub(crate) at: Instant,
}

/// What all connections saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) asked: Vec<Asked>,
    pub(crate) posts: Vec<Acknowledged>,
    pub(crate) messages: Vec<Acknowledged>,
    /// Reads that were asked once more, as the connection that they were sent on had just been ended.
    pub(crate) again: usize,
}

/// Running load.
pub(crate) struct Traffic {
    stop: Arc<AtomicBool>,
    workers: JoinSet<Seen>,
}

/// What one connection asks.
struct Worker {
    address: SocketAddr,
    connection: Option<Connection>,
    population: Arc<Population>,
    /// Between the first two users; of the worker that asks for other things than the mix.
    conversation: Option<String>,
    rng: StdRng,
    seen: Seen,
}

struct Question {
    bytes: Vec<u8>,
    author: usize,
    kind: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Post,
    Message,
    Read,
}

impl Traffic {
    /// Begins with so many requests of the mix a second.
    pub(crate) async fn begin(
        target: Target,
        population: &Arc<Population>,
        rate: u32,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let conversation = conversation(target, population).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut workers = JoinSet::new();
        let begin = Instant::now();
        for number in 0..=CONNECTIONS {
            let (conversation, every) = if number == CONNECTIONS {
                (Some(conversation.clone()), Duration::from_secs(1) / OTHERS)
            } else {
                (None, Duration::from_secs(1) * CONNECTIONS / rate)
            };
            let worker = Worker {
                address: target.address,
                connection: None,
                population: Arc::clone(population),
                conversation,
                rng: StdRng::seed_from_u64(seed.wrapping_add(u64::from(number))),
                seen: Seen::default(),
            };
            let first = begin + every * number / (CONNECTIONS + 1);
            workers.spawn(worker.run(first, every, Arc::clone(&stop)));
        }
        Ok(Self { stop, workers })
    }

    /// Ends it, and tells what was seen.
    pub(crate) async fn end(mut self) -> anyhow::Result<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Seen::default();
        while let Some(seen) = self.workers.join_next().await {
            let seen = seen?;
            all.asked.extend(seen.asked);
            all.posts.extend(seen.posts);
            all.messages.extend(seen.messages);
            all.again += seen.again;
        }
        Ok(all)
    }
}

impl Seen {
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|asked| asked.failure.is_some())
    }

    /// Milliseconds that 99 of 100 requests took at most, of those that were due then.
    pub(crate) fn p99(&self, from: Instant, to: Instant) -> f64 {
        let within = self
            .asked
            .iter()
            .filter(|asked| asked.due >= from && asked.due < to);
        let mut took: Vec<u32> = within
            .map(|asked| u32::try_from((asked.done - asked.due).as_micros()).unwrap_or(u32::MAX))
            .collect();
        took.sort_unstable();
        f64::from(percentile(&took, 99.0)) / 1_000.0
    }

    /// Requests a second that were due then.
    pub(crate) fn rate(&self, from: Instant, to: Instant) -> f64 {
        let within = self
            .asked
            .iter()
            .filter(|asked| asked.due >= from && asked.due < to);
        within.count() as f64 / (to - from).as_secs_f64()
    }

    /// As if nothing had been acknowledged after that.
    pub(crate) fn forget_after(&mut self, moment: Instant) {
        self.posts.retain(|one| one.at <= moment);
        self.messages.retain(|one| one.at <= moment);
    }

    /// The first write that was asked for after that and acknowledged.
    pub(crate) fn first_write_after(&self, moment: Instant) -> Option<Instant> {
        let posts = self.posts.iter().chain(&self.messages);
        let later = posts.filter(|one| one.asked > moment);
        later.map(|one| one.at).min()
    }
}

impl Worker {
    async fn run(mut self, first: Instant, every: Duration, stop: Arc<AtomicBool>) -> Seen {
        let mut ticks = interval_at(first.into(), every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            let due = ticks.tick().await.into_std();
            if stop.load(Ordering::Relaxed) {
                return self.seen;
            }
            let question = self.question();
            let asked = timeout(PATIENCE, self.ask(&question)).await;
            let asked = asked.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer in {PATIENCE:?}")));
            let failure = asked.err().map(|error| format!("{error:#}"));
            self.seen.asked.push(Asked {
                due,
                done: Instant::now(),
                changes: question.kind != What::Read,
                failure,
            });
        }
    }

    async fn ask(&mut self, question: &Question) -> anyhow::Result<()> {
        let asked = Instant::now();
        // As any client does: who has been told that a connection ends takes another.
        let is_kept = self.connection.as_ref().is_some_and(Connection::is_open);
        let mut answer = self.exchange(&question.bytes, is_kept).await;
        // And who was not told in time asks once more on another, if that changes nothing (RFC 9110, section 9.2.2).
        if answer.is_err() && is_kept && question.kind == What::Read {
            self.seen.again += 1;
            answer = self.exchange(&question.bytes, false).await;
        }
        let (status, body) = answer?;
        let expected = if question.kind == What::Read {
            200
        } else {
            201
        };
        if status != expected {
            bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        let list = match question.kind {
            What::Read => return Ok(()),
            What::Post => &mut self.seen.posts,
            What::Message => &mut self.seen.messages,
        };
        list.push(Acknowledged {
            author: question.author,
            asked,
            id: first_id(&body).context("no id")?.to_owned(),
            at: Instant::now(),
        });
        Ok(())
    }

    /// On the connection that is kept, or on a new one.
    async fn exchange(&mut self, bytes: &[u8], is_kept: bool) -> anyhow::Result<(u16, Vec<u8>)> {
        let kept = self.connection.take().filter(|_| is_kept);
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let answer = connection.ask(bytes).await?;
        let answer = (answer.status, answer.body.to_vec());
        self.connection = Some(connection);
        Ok(answer)
    }

    fn question(&mut self) -> Question {
        let users = &self.population.users;
        let author = self.rng.random_range(0..users.len());
        let read = |path: &str, token: &str| Question {
            bytes: request("GET", path, Some(token)),
            author,
            kind: What::Read,
        };
        let [first, asking] = [0, author].map(|number| &users[number]);
        if let Some(conversation) = &self.conversation {
            let messages = format!("/v1/conversations/{conversation}/messages");
            return match self.rng.random_range(0..4) {
                0 => read(&format!("/v1/users/{}", first.id), &asking.token),
                1 => read("/v1/media", &asking.token),
                2 => read(&messages, &first.token),
                _ => {
                    let body = json!({ "content": format!("{:016x}", self.rng.random::<u64>()) });
                    Question {
                        bytes: request_with(
                            "POST",
                            &messages,
                            Some(&first.token),
                            &body.to_string(),
                        ),
                        author: 0,
                        kind: What::Message,
                    }
                }
            };
        }
        match Kind::any(&mut self.rng) {
            Kind::Home => read("/v1/feed?limit=10", &asking.token),
            Kind::Posts => {
                let whose = &users[self.rng.random_range(0..users.len())].id;
                read(&format!("/v1/users/{whose}/posts?limit=10"), &asking.token)
            }
            Kind::New => Question {
                bytes: asking.new_post(&mut self.rng, OF_ONE_LENGTH),
                author,
                kind: What::Post,
            },
        }
    }
}

/// One between the first two users, once messaging knows both.
async fn conversation(target: Target, population: &Population) -> anyhow::Result<String> {
    let [first, second, ..] = population.users.as_slice() else {
        bail!("too few users");
    };
    let body = json!({ "type": "DIRECT", "member_ids": [second.id] }).to_string();
    let open = request_with("POST", "/v1/conversations", Some(&first.token), &body);
    let mut connection = target.connect().await?;
    let answer = connection.ask(&open).await?;
    let body = String::from_utf8_lossy(answer.body).into_owned();
    if !matches!(answer.status, 200 | 201) {
        bail!("a conversation was answered with {}: {body}", answer.status);
    }
    let conversation: serde_json::Value = serde_json::from_str(&body)?;
    Ok(conversation["id"].as_str().context("no id")?.to_owned())
}
