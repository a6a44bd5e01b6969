use std::time::{Duration, Instant, SystemTime};

use nova_event_bus::{Direct, Standings};
use nova_proto::catalogue::HEALTH;
use nova_proto::eventbridge::v1::CanarySent;
use nova_proto::timestamp;
use nova_resilience::{Chain, Health};
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::domain::canary::{self, Canary, Standing};
use crate::metrics;
use crate::state::State;

/// Each interval has so many looks.
const LOOKS: u32 = 4;

/// What the canary is sent with, and what is told of it.
pub(crate) struct Cage {
    pub(crate) state: State,
    pub(crate) direct: Direct,
    /// Whether a message can be put to Kafka, and be read.
    pub(crate) kafka: Vec<Health>,
    pub(crate) redis: Health,
    pub(crate) standings: Standings,
    /// Whether it comes. Optional: what it goes through may be down.
    pub(crate) canary: Health,
    /// Down while it does not come although all answer on whom that depends. Required: this process is of no use.
    pub(crate) pipeline: Health,
}

/// Sends the canary and sees whether it comes back, until `stop`. Here, and nowhere else, it is decided whether streams are told
/// that events can arrive.
pub(crate) async fn canary(cage: Cage, stop: CancellationToken) {
    // Nothing is held against a process that begins.
    cage.pipeline.up();
    stop.run_until_cancelled(cage.watch()).await;
}

/// What has been seen.
struct Seen {
    canary: Canary,
    was_late: bool,
    /// When Redis was last known to bring events here.
    brought: Instant,
}

impl Cage {
    async fn watch(&self) {
        let (between, began) = (canary::interval(self.state.heartbeat), Instant::now());
        let mut seen = Seen {
            canary: Canary::new(between, began),
            was_late: false,
            brought: began,
        };
        let mut coming = self.state.own_channel.coming();
        let mut sends = interval(between);
        sends.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = interval(between / LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // A process that stood still first takes what has come meanwhile.
                biased;
                Ok(()) = coming.changed() => {
                    seen.canary.came(Instant::now());
                    self.canary.succeeded();
                    tell_way(*coming.borrow_and_update());
                }
                _ = sends.tick() => {
                    seen.canary.sent(Instant::now());
                    self.send();
                }
                _ = looks.tick() => {}
            }
            self.tell(&mut seen, Instant::now());
        }
    }

    /// Whether it can be sent, its coming tells.
    fn send(&self) {
        let sent = self.direct.publish(&CanarySent {
            node_id: self.state.own_channel.node().to_string(),
            sent_at: Some(timestamp(OffsetDateTime::now_utc())),
        });
        if let Err(error) = sent {
            tracing::debug!(error = %Chain(&error), "the canary was not sent");
        }
    }

    fn tell(&self, seen: &mut Seen, now: Instant) {
        self.tell_streams(seen, now);
        let is_late = seen.canary.standing(now) == Standing::Late;
        let is_ours = is_late && seen.canary.is_ours(now, &self.answered(), self.patience());
        if is_late {
            self.canary
                .down("what this node sends itself does not come back");
        }
        if is_ours {
            self.pipeline.down(
                "kafka and redis answer, and nothing gets from one through the other to here",
            );
        } else {
            self.pipeline.up();
        }
        match (seen.was_late, is_late) {
            (false, true) => tracing::warn!("events may not arrive: the canary is late"),
            (true, false) => tracing::info!("events arrive: the canary is back"),
            _ => {}
        }
        seen.was_late = is_late;
    }

    /// A connection that is lost and made again at once is nothing to tell: streams catch up.
    fn tell_streams(&self, seen: &mut Seen, now: Instant) {
        let state = &self.state;
        if state.windows.is_up() {
            seen.brought = now;
        }
        let away = now.saturating_duration_since(seen.brought);
        let is_brought = away < canary::interval(state.heartbeat);
        let arrives = seen.canary.arrives(now, state.heartbeat);
        state.hub.set_live(arrives && is_brought);
    }

    /// How long ago each last answered on whom it depends.
    fn answered(&self) -> Vec<Option<Duration>> {
        let now = SystemTime::now();
        let ago = |health: &Health| now.duration_since(health.last_success()?).ok();
        let all = self.kafka.iter().chain([&self.redis]);
        all.map(ago).collect()
    }

    /// One process passes on what all send themselves. If that is not this one, and has died, the group finds out after its
    /// session: until then the others are well.
    fn patience(&self) -> Duration {
        let standings = self.standings.list();
        if standings.iter().any(|one| one.topic == HEALTH.name) {
            return Duration::ZERO;
        }
        let session = Duration::from_millis(self.state.kafka.session_timeout_ms.into());
        session + canary::interval(self.state.heartbeat)
    }
}

/// Tells how long it was on its way, by this node's clock alone.
fn tell_way(sent: Option<OffsetDateTime>) {
    let took = sent.map(|sent| OffsetDateTime::now_utc() - sent);
    if let Some(took) = took.and_then(|took| Duration::try_from(took).ok()) {
        metrics::canary(took);
    }
}
