//! What the table says of two sides.

use nova_testkit::bench::{Row, grouped};

use crate::client::Kind;
use crate::load::Load;

/// What Lemmy and `GoToSocial` gave under this mix on a machine of two cores: processor milliseconds per request.
const LEMMY_MS: f64 = 5.0;
const GOTOSOCIAL_MS: f64 = 6.8;
/// What made the feeds of `GoToSocial` fall behind.
const GOTOSOCIAL_POSTS: f64 = 26.0;
/// The feeds are not behind while at most so many seconds of what is posted wait, and so long after the end.
const GOAL_BEHIND_S: f64 = 1.0;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goals {
    /// Requests per second, of the other side's.
    pub(crate) rate: f64,
    /// Processor milliseconds per request.
    pub(crate) cpu_ms: Option<f64>,
    /// Median of the home feed, of the other side's.
    pub(crate) home: Option<f64>,
}

/// One side held against another.
pub(crate) struct Beside<'a> {
    /// Which mix, at how many connections.
    pub(crate) mix: String,
    pub(crate) own: &'a Load,
    /// Who the other side is.
    pub(crate) other: &'static str,
    pub(crate) its: &'a Load,
    pub(crate) goals: Goals,
}

impl Beside<'_> {
    pub(crate) fn print(&self) {
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

    fn named(&self, what: &str) -> String {
        format!("{}: {what}", self.mix)
    }

    fn rate(&self) -> Row {
        let ratio = self.own.rate() / self.its.rate();
        let said = |load: &Load| {
            let (mean, best) = (grouped(load.rate()), grouped(load.rates.best()));
            format!("{mean} req/s (best turn {best})")
        };
        Row {
            what: self.named("requests"),
            measured: format!("{}, none failed", said(self.own)),
            limit: format!("{}: {}", self.other, said(self.its)),
            ratio: format!("{ratio:.2}"),
            goal: format!("≥ {}", self.goals.rate),
            met: Some(ratio >= self.goals.rate),
        }
    }

    fn cost(&self) -> Row {
        let (own, cpu) = (self.own, &self.own.cpu);
        let all = own.each(cpu.platform());
        let its = self.its.each(self.its.cpu.platform());
        Row {
            what: self.named("processor time of everything but the generator"),
            measured: format!(
                "{all:.2} ms per request (nova {:.2}, Postgres {:.2}, Redis {:.2}, Kafka {:.2})",
                own.each(cpu.program),
                own.each(cpu.postgres),
                own.each(cpu.redis),
                own.each(cpu.kafka)
            ),
            limit: format!(
                "{}: {its:.2} ms; Lemmy {LEMMY_MS:.1} ms, GoToSocial {GOTOSOCIAL_MS:.1} ms (not in this run)",
                self.other
            ),
            ratio: format!(
                "{:.1} ×; {:.2} of Lemmy, {:.2} of GoToSocial",
                all / its,
                all / LEMMY_MS,
                all / GOTOSOCIAL_MS
            ),
            goal: self
                .goals
                .cpu_ms
                .map(|goal| format!("≤ {goal} ms"))
                .unwrap_or_default(),
            met: self.goals.cpu_ms.map(|goal| all <= goal),
        }
    }

    fn home(&self) -> Row {
        let (own, its) = (self.own.took(Kind::Home), self.its.took(Kind::Home));
        let ratio = own.0 / its.0;
        Row {
            what: self.named("home feed"),
            measured: times(own),
            limit: format!("{}: {}", self.other, times(its)),
            ratio: format!("{ratio:.1} × at p50, {:.1} × at p99", own.1 / its.1),
            goal: self
                .goals
                .home
                .map(|goal| format!("p50 ≤ {goal} ×"))
                .unwrap_or_default(),
            met: self.goals.home.map(|goal| ratio <= goal),
        }
    }

    fn others(&self) -> Row {
        let both = |load: &Load| {
            let (posts, new) = (load.took(Kind::Posts), load.took(Kind::New));
            format!("{}; {}", times(posts), times(new))
        };
        Row {
            what: self.named("a user's posts; a new post"),
            measured: both(self.own),
            limit: format!("{}: {}", self.other, both(self.its)),
            ..Row::default()
        }
    }

    fn fan_out(&self) -> Row {
        let own = self.own;
        let last_visible = own.last_visible.as_secs_f64();
        Row {
            what: self.named("fan-out"),
            measured: format!(
                "at {} posts/s at most {} waited ({:.0} ms of posts); at the end at most {} outbox rows were left, and \
                 the last post was in every feed after {:.0} ms",
                grouped(own.posts()),
                own.most_waiting,
                own.behind * 1_000.0,
                own.rows_left,
                last_visible * 1_000.0
            ),
            limit: format!(
                "GoToSocial falls behind at {GOTOSOCIAL_POSTS} posts/s (not in this run)"
            ),
            ratio: format!("{:.1} ×", own.posts() / GOTOSOCIAL_POSTS),
            goal: format!("never behind (by more than {GOAL_BEHIND_S} s)"),
            met: Some(own.behind.max(last_visible) <= GOAL_BEHIND_S),
        }
    }
}

fn times((p50, p99): (f64, f64)) -> String {
    format!("p50 {p50:.1} ms, p99 {p99:.1} ms")
}
