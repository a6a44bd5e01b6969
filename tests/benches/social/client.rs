//! Someone who asks one thing after the other: 60 % home feed, 30 % a user's posts, 10 % new posts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use nova_tests::connection::{Connection, request};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::fanout::Acknowledged;
use crate::pages::{first_id, next_cursor};
use crate::population::Population;

/// How many of those who have read a page of their home feed read the next one. At a half, one reading in five
/// hundred goes ten pages deep.
const GO_ON: f64 = 0.5;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Home,
    Posts,
    New,
}

impl Kind {
    pub(crate) fn any(rng: &mut StdRng) -> Self {
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
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Microseconds, by kind.
    pub(crate) took: [Vec<u32>; 3],
    /// Users and ids of new posts.
    pub(crate) posted: Vec<(usize, String)>,
    pub(crate) errors: Vec<String>,
    /// Pages of home feeds that were not the first.
    pub(crate) later_pages: usize,
    /// The page farthest down.
    pub(crate) deepest: usize,
}

impl Seen {
    pub(crate) fn add(&mut self, other: Self) {
        for (all, some) in self.took.iter_mut().zip(other.took) {
            all.extend(some);
        }
        self.posted.extend(other.posted);
        self.errors.extend(other.errors);
        self.later_pages += other.later_pages;
        self.deepest = self.deepest.max(other.deepest);
    }
}

/// The page after the one that was read last.
struct Further {
    user: usize,
    cursor: String,
    /// 2 is the second.
    page: usize,
}

pub(crate) struct Client {
    connection: Connection,
    population: Arc<Population>,
    acknowledged: Acknowledged,
    rng: StdRng,
    further: Option<Further>,
    seen: Seen,
}

/// One request.
struct Question {
    kind: Kind,
    user: usize,
    /// Of a home feed; 1 is the first.
    page: usize,
    bytes: Vec<u8>,
}

impl Client {
    pub(crate) fn new(
        connection: Connection,
        population: Arc<Population>,
        acknowledged: Acknowledged,
        rng: StdRng,
    ) -> Self {
        Self {
            connection,
            population,
            acknowledged,
            rng,
            further: None,
            seen: Seen::default(),
        }
    }

    /// Asks one thing after the other; what is answered between `begin` and `end` counts.
    pub(crate) async fn run(mut self, begin: Instant, end: Instant) -> anyhow::Result<Seen> {
        let mut now = Instant::now();
        while now < end {
            let question = self.question()?;
            let sent = Instant::now();
            let answer = self.connection.ask(&question.bytes).await?;
            now = Instant::now();
            if !question.kind.is_answered_by(answer.status, answer.body) {
                let text = String::from_utf8_lossy(answer.body);
                self.seen.errors.push(format!("{}: {text}", answer.status));
                continue;
            }
            match question.kind {
                Kind::New => {
                    let id = first_id(answer.body).unwrap_or_default().to_owned();
                    self.seen.posted.push((question.user, id));
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                // Only who may go on looks for the cursor.
                Kind::Home if question.page < self.population.shape.pages => {
                    self.further = next_cursor(answer.body).map(|cursor| Further {
                        user: question.user,
                        cursor: cursor.to_owned(),
                        page: question.page + 1,
                    });
                }
                Kind::Home | Kind::Posts => {}
            }
            if now >= begin && now <= end {
                self.count(&question, now - sent);
            }
        }
        Ok(self.seen)
    }

    fn count(&mut self, question: &Question, took: Duration) {
        let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.seen.took[question.kind as usize].push(micros);
        self.seen.deepest = self.seen.deepest.max(question.page);
        if question.page > 1 {
            self.seen.later_pages += 1;
        }
    }

    /// The next page of a feed is a home feed like the first: the mix stays the same however deep is read.
    fn question(&mut self) -> anyhow::Result<Question> {
        let kind = Kind::any(&mut self.rng);
        let anyone = self.rng.random_range(0..self.population.users.len());
        let further = match kind {
            Kind::Home => self.further.take(),
            Kind::Posts | Kind::New => None,
        };
        let further = further.filter(|_| self.rng.random_bool(GO_ON));
        let (user, page) = further
            .as_ref()
            .map_or((anyone, 1), |further| (further.user, further.page));
        let asking = self.population.users.get(user).context("a user")?;
        let bytes = match kind {
            Kind::Home => {
                let after = further.map(|further| format!("&cursor={}", further.cursor));
                let path = format!("/v1/feed?limit=10{}", after.unwrap_or_default());
                request("GET", &path, Some(&asking.token))
            }
            Kind::Posts => {
                let author = self.rng.random_range(0..self.population.users.len());
                let author = &self.population.users.get(author).context("a user")?.id;
                let path = format!("/v1/users/{author}/posts?limit=10");
                request("GET", &path, Some(&asking.token))
            }
            Kind::New => asking.new_post(&mut self.rng, self.population.shape.characters),
        };
        Ok(Question {
            kind,
            user,
            page,
            bytes,
        })
    }
}
