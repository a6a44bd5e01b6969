//! The social mix: 60 % home feed, 30 % a user's posts, 10 % new posts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nova_testkit::bench::{Row, grouped, percentile};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;

use crate::Extent;
use crate::connection::{Connection, first_id, request};
use crate::cpu::Cpu;
use crate::fanout::{Acknowledged, Watch};
use crate::platform::Platform;
use crate::population::Population;

const CONNECTIONS: [u64; 2] = [8, 32];

/// What Lemmy and `GoToSocial` gave under this mix on a machine of two cores: requests per second, and
/// processor milliseconds per request.
const LEMMY: (f64, f64) = (373.0, 5.0);
const GOTOSOCIAL: (f64, f64) = (278.0, 6.8);

const GOAL_REQUESTS: f64 = 3_000.0;
const GOAL_CPU_MS: f64 = 0.6;
const GOAL_HOME_P50_MS: f64 = 2.0;
const GOAL_HOME_P99_MS: f64 = 15.0;
/// The feeds are not behind while at most so much of what is posted waits, and so long after the end.
const GOAL_BEHIND: Duration = Duration::from_secs(1);

pub(crate) async fn measure(extent: Extent) -> anyhow::Result<()> {
    let platform = Platform::start().await?;
    let mut population = Population::settle(&platform, extent).await?;
    for connections in CONNECTIONS {
        let (returned, load) = load(&platform, population, connections, extent).await?;
        population = returned;
        load.print();
        population.wait_until_settled(&platform).await?;
    }
    platform.stop().await
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Kind {
    Home,
    Posts,
    New,
}

impl Kind {
    fn any(rng: &mut StdRng) -> Self {
        match rng.random_range(0..10) {
            0..6 => Self::Home,
            6..9 => Self::Posts,
            _ => Self::New,
        }
    }

    /// The answer is the right one, as far as a glance can tell.
    fn is_answered_by(self, status: u16, body: &[u8]) -> bool {
        match self {
            Self::Home | Self::Posts => status == 200 && body.starts_with(br#"{"items":[{"#),
            Self::New => status == 201 && first_id(body).is_some(),
        }
    }
}

/// What one or all connections saw.
#[derive(Default)]
struct Seen {
    /// Microseconds, by kind.
    took: [Vec<u32>; 3],
    /// Users and ids of new posts.
    posted: Vec<(usize, String)>,
    errors: Vec<String>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        for (all, some) in self.took.iter_mut().zip(other.took) {
            all.extend(some);
        }
        self.posted.extend(other.posted);
        self.errors.extend(other.errors);
    }
}

struct Client {
    connection: Connection,
    population: Arc<Population>,
    acknowledged: Acknowledged,
    rng: StdRng,
    seen: Seen,
}

impl Client {
    /// Asks one thing after the other; what is answered between `begin` and `end` counts.
    async fn run(mut self, begin: Instant, end: Instant) -> anyhow::Result<Seen> {
        let mut now = Instant::now();
        while now < end {
            let kind = Kind::any(&mut self.rng);
            let user = self.rng.random_range(0..self.population.users.len());
            let asked = self.request(kind, user)?;
            let sent = Instant::now();
            let answer = self.connection.ask(&asked).await?;
            now = Instant::now();
            let took = now - sent;
            if !kind.is_answered_by(answer.status, answer.body) {
                let text = String::from_utf8_lossy(answer.body);
                self.seen.errors.push(format!("{}: {text}", answer.status));
            } else if let Kind::New = kind {
                let id = first_id(answer.body).unwrap_or_default().to_owned();
                self.seen.posted.push((user, id));
                self.acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            if now >= begin && now <= end {
                let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
                self.seen.took[kind as usize].push(micros);
            }
        }
        Ok(self.seen)
    }

    fn request(&mut self, kind: Kind, user: usize) -> anyhow::Result<Vec<u8>> {
        let asking = self.population.users.get(user).context("a user")?;
        Ok(match kind {
            Kind::Home => request("GET", "/v1/feed?limit=10", Some(&asking.token)),
            Kind::Posts => {
                let author = self.rng.random_range(0..self.population.users.len());
                let author = &self.population.users.get(author).context("a user")?.id;
                request(
                    "GET",
                    &format!("/v1/users/{author}/posts?limit=10"),
                    Some(&asking.token),
                )
            }
            Kind::New => asking.new_post(&mut self.rng),
        })
    }
}

async fn load(
    platform: &Platform,
    population: Population,
    connections: u64,
    extent: Extent,
) -> anyhow::Result<(Population, Load)> {
    let population = Arc::new(population);
    let acknowledged = Acknowledged::default();
    let watch = Watch::begin(platform.connect().await?, acknowledged.clone()).await?;
    let begin = Instant::now() + extent.warm_up;
    let end = begin + extent.load;
    let mut clients = JoinSet::new();
    for number in 0..connections {
        let client = Client {
            connection: platform.connect().await?,
            population: population.clone(),
            acknowledged: acknowledged.clone(),
            rng: StdRng::seed_from_u64(connections * 1_000 + number),
            seen: Seen::default(),
        };
        clients.spawn(client.run(begin, end));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch.run(stop.clone()));
    tokio::time::sleep_until(begin.into()).await;
    let before = platform.cpu()?;
    tokio::time::sleep_until(end.into()).await;
    let cpu = platform.cpu()? - before;
    let mut seen = Seen::default();
    while let Some(client) = clients.join_next().await {
        seen.add(client??);
    }
    let ended = Instant::now();
    stop.store(true, Ordering::Relaxed);
    let mut population = Arc::into_inner(population).context("a client is still there")?;
    for (author, id) in &seen.posted {
        population.posted(*author, id.clone());
    }
    // Two questions of different cost: neither waits for the other.
    let mut reader = platform.connect().await?;
    let seen_by_all = async {
        population.wait_until_seen(&mut reader).await?;
        anyhow::Ok(ended.elapsed())
    };
    let (rows_left, last_visible) = tokio::try_join!(platform.outbox_rows(), seen_by_all)?;
    let most_waiting = watching.await??.most;
    for took in &mut seen.took {
        took.sort_unstable();
    }
    let load = Load {
        connections,
        seconds: extent.load.as_secs_f64(),
        seen,
        cpu,
        most_waiting,
        rows_left,
        last_visible,
    };
    if let Some(error) = load.seen.errors.first() {
        load.print();
        bail!(
            "{} requests failed, the first with {error}",
            load.seen.errors.len()
        );
    }
    Ok((population, load))
}

/// What a load was like.
struct Load {
    connections: u64,
    seconds: f64,
    seen: Seen,
    cpu: Cpu,
    /// The most posts that waited for the feeds at any look.
    most_waiting: u64,
    rows_left: i64,
    last_visible: Duration,
}

impl Load {
    fn print(&self) {
        let Self {
            cpu,
            connections,
            seconds,
            ..
        } = self;
        let requests = self.requests();
        let cores = |time: f64| time / seconds;
        println!(
            "social mix, {connections} connections: {requests} requests; cores in use: nova {:.2}, Postgres {:.2}, \
             Redis {:.2}, Kafka {:.2}, generator {:.2} ({:.3} ms per request), the whole machine {:.2} and {:.2} \
             denied by its host",
            cores(cpu.nova),
            cores(cpu.postgres),
            cores(cpu.redis),
            cores(cpu.kafka),
            cores(cpu.generator),
            cpu.generator * 1_000.0 / requests as f64,
            cores(cpu.machine),
            cores(cpu.stolen),
        );
        for row in [
            self.rate(),
            self.cost(),
            self.home(),
            self.others(),
            self.fan_out(),
        ] {
            println!("{row}");
        }
    }

    fn requests(&self) -> usize {
        self.seen.took.iter().map(Vec::len).sum()
    }

    fn named(&self, what: &str) -> String {
        format!("social mix, {} connections: {what}", self.connections)
    }

    fn rate(&self) -> Row {
        let rate = self.requests() as f64 / self.seconds;
        Row {
            what: self.named("requests"),
            measured: format!("{} req/s, {} errors", grouped(rate), self.seen.errors.len()),
            limit: format!(
                "Lemmy {} req/s, GoToSocial {} req/s (not in this run)",
                LEMMY.0, GOTOSOCIAL.0
            ),
            ratio: format!(
                "{:.1} × Lemmy, {:.1} × GoToSocial",
                rate / LEMMY.0,
                rate / GOTOSOCIAL.0
            ),
            goal: format!("≥ {} req/s", grouped(GOAL_REQUESTS)),
            met: Some(rate >= GOAL_REQUESTS && self.seen.errors.is_empty()),
        }
    }

    fn cost(&self) -> Row {
        let cpu = &self.cpu;
        let each = |seconds: f64| seconds * 1_000.0 / self.requests() as f64;
        let all = each(cpu.platform());
        Row {
            what: self.named("processor time of everything but the generator"),
            measured: format!(
                "{all:.2} ms per request (nova {:.2}, Postgres {:.2}, Redis {:.2}, Kafka {:.2})",
                each(cpu.nova),
                each(cpu.postgres),
                each(cpu.redis),
                each(cpu.kafka)
            ),
            limit: format!(
                "Lemmy {:.1} ms, GoToSocial {:.1} ms (not in this run)",
                LEMMY.1, GOTOSOCIAL.1
            ),
            ratio: format!(
                "{:.2} of Lemmy, {:.2} of GoToSocial",
                all / LEMMY.1,
                all / GOTOSOCIAL.1
            ),
            goal: format!("≤ {GOAL_CPU_MS} ms"),
            met: Some(all <= GOAL_CPU_MS),
        }
    }

    /// p50 and p99 in milliseconds.
    fn took(&self, kind: Kind) -> (f64, f64) {
        let took = &self.seen.took[kind as usize];
        let millis = |percent| f64::from(percentile(took, percent)) / 1_000.0;
        (millis(50.0), millis(99.0))
    }

    fn home(&self) -> Row {
        let (p50, p99) = self.took(Kind::Home);
        Row {
            what: self.named("home feed"),
            measured: format!("p50 {p50:.1} ms, p99 {p99:.1} ms"),
            goal: format!("p50 ≤ {GOAL_HOME_P50_MS} ms, p99 ≤ {GOAL_HOME_P99_MS} ms"),
            met: Some(p50 <= GOAL_HOME_P50_MS && p99 <= GOAL_HOME_P99_MS),
            ..Row::default()
        }
    }

    fn others(&self) -> Row {
        let (posts, new) = (self.took(Kind::Posts), self.took(Kind::New));
        Row {
            what: self.named("a user's posts; a new post"),
            measured: format!(
                "p50 {:.1} ms, p99 {:.1} ms; p50 {:.1} ms, p99 {:.1} ms",
                posts.0, posts.1, new.0, new.1
            ),
            ..Row::default()
        }
    }

    fn fan_out(&self) -> Row {
        let posts = self.seen.took[Kind::New as usize].len() as f64 / self.seconds;
        let behind = self.most_waiting as f64 / posts;
        let last_visible = self.last_visible.as_secs_f64();
        Row {
            what: self.named("fan-out"),
            measured: format!(
                "at {} posts/s at most {} waited ({:.0} ms of posts); at the end {} outbox rows were left, and the \
                 last post was in every feed after {:.0} ms",
                grouped(posts),
                self.most_waiting,
                behind * 1_000.0,
                self.rows_left,
                last_visible * 1_000.0
            ),
            limit: "GoToSocial falls behind at 26 posts/s (not in this run)".to_owned(),
            ratio: format!("{:.1} ×", posts / 26.0),
            goal: format!("never behind (by more than {} s)", GOAL_BEHIND.as_secs()),
            met: Some(behind.max(last_visible) <= GOAL_BEHIND.as_secs_f64()),
        }
    }
}
