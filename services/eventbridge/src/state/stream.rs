//! One stream of this node: what waits to be written to it, and who is woken when something does.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use nova_ids::UserId;
use time::OffsetDateTime;

use super::Key;
use crate::domain::{Blocked, Channel, Entry, Loss, Slow, Subscription, Taken, Window, frame};
use crate::metrics;

/// What comes so soon after a write waits for it, so that under load several events leave in one.
const HOLD: Duration = Duration::from_millis(4);
/// Most bytes that are made ready for one write; the frame that passes it is still whole.
const MOST_WRITTEN: usize = 64 * 1024;
/// Most events that are kept for a stream while its windows are read.
const MOST_HELD: usize = 4_096;
/// A stream that has not taken a heartbeat when so many more are due, so for twice the interval, is cut.
const MOST_STALLED: u8 = 2;

/// Whose stream it is, and what of.
#[derive(Debug, Clone)]
pub struct Whose {
    /// None is anybody.
    pub user: Option<UserId>,
    /// Where it comes from, as limits count it.
    pub address: IpAddr,
    /// When its token ends, in seconds since the Unix epoch; none without a token.
    pub until: Option<u64>,
    /// What it follows, in ascending order, each once.
    pub channels: Arc<[Channel]>,
    /// What happens when its client is too slow.
    pub slow: Slow,
}

/// One stream. It is idle most of the time, so it has no buffer, no queue that is not needed and no timer.
#[derive(Debug)]
pub struct Stream {
    /// Ascends from stream to stream of a node.
    pub(super) id: u64,
    pub(super) whose: Whose,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    phase: Phase,
    waker: Option<Waker>,
    /// Whether the writer was woken, or soon will be, and has not looked since.
    is_woken: bool,
    is_beat_due: bool,
    stalled: u8,
    /// Whether it is to end when all that waits is written.
    is_ending: bool,
    is_expired: bool,
    /// When to come back, in milliseconds, still to be written.
    retry: Option<u32>,
    outage: Outage,
    written: Option<Instant>,
}

#[derive(Debug)]
enum Phase {
    /// Its windows are being read; what comes meanwhile is kept.
    Opening(Vec<Held>),
    Live(Box<Subscription>),
    Over,
}

/// Whether a stream that could not be opened yet was told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outage {
    None,
    ToTell,
    Told,
}

#[derive(Debug)]
enum Held {
    Event(u8, Arc<Entry>, Option<Arc<Bytes>>),
    CatchUp(u8, Window),
    CaughtUp,
    Blocked(Blocked),
}

/// What is to be done with what was made ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is to be written.
    Write,
    /// It is to be written, and that was all.
    Last,
    /// The stream is over, whatever there was to write.
    Cut,
}

/// When the writer of a stream is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It was told to, or need not.
    Settled,
    /// Whoever asked tells it in a moment.
    Later,
}

impl Stream {
    pub(super) fn new(id: u64, whose: Whose) -> Self {
        let inner = Inner {
            phase: Phase::Opening(Vec::new()),
            waker: None,
            is_woken: false,
            is_beat_due: false,
            stalled: 0,
            is_ending: false,
            is_expired: false,
            retry: None,
            outage: Outage::None,
            written: None,
        };
        Self {
            id,
            whose,
            inner: Mutex::new(inner),
        }
    }

    /// What it follows.
    #[must_use]
    pub const fn channels(&self) -> &Arc<[Channel]> {
        &self.whose.channels
    }

    /// Whose it is.
    #[must_use]
    pub const fn whose(&self) -> &Whose {
        &self.whose
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event of the channel at this place.
    pub(super) fn take(
        &self,
        place: u8,
        entry: &Arc<Entry>,
        position: Option<&Arc<Bytes>>,
        now: Instant,
    ) -> Look {
        let mut inner = self.inner();
        let taken = match &mut inner.phase {
            Phase::Opening(held) => {
                held.push(Held::Event(place, Arc::clone(entry), position.cloned()));
                return inner.bound();
            }
            Phase::Live(subscription) => subscription.take(usize::from(place), entry, position),
            Phase::Over => return Look::Settled,
        };
        self.took(inner, taken, now)
    }

    fn took(&self, mut inner: MutexGuard<'_, Inner>, taken: Taken, now: Instant) -> Look {
        match taken {
            Taken::Passed => return Look::Settled,
            Taken::Queued => {}
            Taken::QueuedOthersDropped => {
                metrics::slow(self.whose.slow.word());
                metrics::gap("slow");
            }
            Taken::TooSlow => {
                metrics::slow(self.whose.slow.word());
                cut(inner);
                return Look::Settled;
            }
        }
        if inner.is_woken {
            return Look::Settled;
        }
        inner.is_woken = true;
        if inner.written.is_some_and(|at| now < at + HOLD) {
            return Look::Later;
        }
        wake(inner);
        Look::Settled
    }

    /// Takes what is kept of the channel at this place, after a time in which nothing was brought.
    pub(super) fn catch_up(&self, place: u8, window: &Window, now: OffsetDateTime) {
        if let Phase::Opening(held) = &mut self.inner().phase {
            return held.push(Held::CatchUp(place, window.clone()));
        }
        self.tell(|subscription| subscription.catch_up(usize::from(place), window, now));
    }

    /// Whom its user does not see from now on.
    pub(super) fn set_blocked(&self, blocked: &Blocked) {
        match &mut self.inner().phase {
            Phase::Opening(held) => held.push(Held::Blocked(blocked.clone())),
            Phase::Live(subscription) => subscription.set_blocked(blocked.clone()),
            Phase::Over => {}
        }
    }

    /// Whether it is over.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.inner().phase, Phase::Over)
    }

    /// All its channels were caught up with.
    pub(super) fn caught_up(&self) {
        if let Phase::Opening(held) = &mut self.inner().phase {
            return held.push(Held::CaughtUp);
        }
        self.tell(Subscription::caught_up);
    }

    /// Begins to tell, with what came while its windows were read. What is asked, is asked under the lock: whoever has news of
    /// it tells streams after that.
    pub(super) fn go_live(
        &self,
        mut subscription: Subscription,
        losses: impl FnOnce() -> Vec<Loss>,
        live: impl FnOnce() -> bool,
    ) {
        for reason in subscription.gaps() {
            metrics::gap(reason.word());
        }
        if subscription.is_resumed() {
            metrics::resumed();
        }
        let mut inner = self.inner();
        let held = match std::mem::replace(&mut inner.phase, Phase::Over) {
            Phase::Opening(held) => held,
            other => {
                inner.phase = other;
                return;
            }
        };
        // Before what is held: ids that are shared say that these were told.
        for loss in losses() {
            subscription.tell_loss(&loss);
        }
        subscription.at_once(|subscription| {
            held.into_iter().for_each(|one| one.hand_to(subscription));
        });
        subscription.set_live(live());
        inner.phase = Phase::Live(Box::new(subscription));
        wake(inner);
    }

    /// Notes that it cannot be opened for now; the client is told once.
    pub(super) fn tell_outage(&self) {
        let mut inner = self.inner();
        if inner.outage == Outage::None {
            inner.outage = Outage::ToTell;
            wake(inner);
        }
    }

    /// Whether its client was told, or is about to be told, that nothing can arrive.
    pub(super) fn is_outage_told(&self) -> bool {
        self.inner().outage != Outage::None
    }

    /// Tells it something, if it is live.
    pub(super) fn tell(&self, what: impl FnOnce(&mut Subscription)) {
        let mut inner = self.inner();
        if let Phase::Live(subscription) = &mut inner.phase {
            what(subscription);
            if subscription.has_frame() {
                wake(inner);
            }
        }
    }

    /// Its token is over. Its client is told that, and when to come back, in milliseconds.
    pub(super) fn expire(&self, retry: u32) {
        let mut inner = self.inner();
        if let Phase::Live(subscription) = &mut inner.phase {
            subscription.expire();
        } else {
            inner.is_expired = true;
        }
        inner.end(retry);
        wake(inner);
    }

    /// Ends it in order. Its client is told when to come back, in milliseconds.
    pub(super) fn end(&self, retry: u32) {
        let mut inner = self.inner();
        inner.end(retry);
        wake(inner);
    }

    /// A heartbeat is due. A stream that has not taken those before for too long is over.
    pub(super) fn beat(&self) {
        let mut inner = self.inner();
        if matches!(inner.phase, Phase::Over) {
            return;
        }
        inner.stalled = if inner.is_beat_due {
            inner.stalled + 1
        } else {
            0
        };
        if inner.stalled >= MOST_STALLED {
            metrics::slow(self.whose.slow.word());
            return cut(inner);
        }
        inner.is_beat_due = true;
        if !inner.is_woken {
            inner.is_woken = true;
            wake(inner);
        }
    }

    /// Wakes its writer, which was to be woken in a moment.
    pub(super) fn wake(&self) {
        wake(self.inner());
    }

    /// Notes that a part of what waits was written: its client is slow, and there.
    pub fn progressed(&self) {
        self.inner().stalled = 0;
    }

    /// Whether it is over while what was made ready cannot be written; if not, the writer is woken when it is.
    pub fn poll_over(&self, context: &Context<'_>) -> bool {
        let mut inner = self.inner();
        if matches!(inner.phase, Phase::Over) {
            return true;
        }
        inner.park(context);
        false
    }

    /// Makes ready what waits, behind what is in `out`. Pending if nothing does; the writer is woken when something does.
    pub fn poll_fill(&self, context: &Context<'_>, key: &Key, out: &mut Vec<u8>) -> Poll<Turn> {
        let mut inner = self.inner();
        inner.is_woken = false;
        let before = out.len();
        if let Some(retry) = inner.retry.take() {
            out.extend_from_slice(&frame::retry(u64::from(retry)));
        }
        let is_all = match &mut inner.phase {
            Phase::Over => return Poll::Ready(Turn::Cut),
            Phase::Opening(_) => inner.fill_opening(out),
            Phase::Live(subscription) => fill(subscription, key, out),
        };
        if std::mem::take(&mut inner.is_beat_due) && out.len() == before {
            out.extend_from_slice(&frame::COMMENT);
        }
        if is_all && inner.is_ending {
            inner.phase = Phase::Over;
            return Poll::Ready(Turn::Last);
        }
        if out.len() == before {
            inner.park(context);
            return Poll::Pending;
        }
        inner.written = Some(Instant::now());
        Poll::Ready(Turn::Write)
    }
}

impl Held {
    fn hand_to(self, subscription: &mut Subscription) {
        match self {
            Self::Event(place, entry, position) => {
                subscription.take(usize::from(place), &entry, position.as_ref());
            }
            Self::CatchUp(place, window) => {
                let now = OffsetDateTime::now_utc();
                subscription.catch_up(usize::from(place), &window, now);
            }
            Self::CaughtUp => subscription.caught_up(),
            Self::Blocked(blocked) => subscription.set_blocked(blocked),
        }
    }
}

impl Inner {
    fn end(&mut self, retry: u32) {
        if !self.is_ending {
            self.is_ending = true;
            self.retry = Some(retry);
        }
    }

    /// Ends a stream for which too much is kept before it has begun.
    fn bound(&mut self) -> Look {
        if matches!(&self.phase, Phase::Opening(held) if held.len() > MOST_HELD) {
            self.phase = Phase::Over;
        }
        Look::Settled
    }

    fn park(&mut self, context: &Context<'_>) {
        let is_same = |waker: &Waker| waker.will_wake(context.waker());
        if !self.waker.as_ref().is_some_and(is_same) {
            self.waker = Some(context.waker().clone());
        }
    }

    /// What can be told before it has begun; always all of it.
    fn fill_opening(&mut self, out: &mut Vec<u8>) -> bool {
        if self.outage == Outage::ToTell {
            self.outage = Outage::Told;
            out.extend_from_slice(&frame::live(false));
        }
        if self.is_expired {
            out.extend_from_slice(&frame::EXPIRED);
        }
        true
    }
}

/// Makes frames ready until they are enough; true if those were all.
fn fill(subscription: &mut Subscription, key: &Key, out: &mut Vec<u8>) -> bool {
    while out.len() < MOST_WRITTEN {
        let Some(frame) = subscription.next(key) else {
            return true;
        };
        out.reserve(frame.len());
        frame.write(subscription.tag(), out);
    }
    !subscription.has_frame()
}

/// Wakes the writer, without the lock.
fn wake(mut inner: MutexGuard<'_, Inner>) {
    inner.is_woken = true;
    let waker = inner.waker.take();
    drop(inner);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// The stream is over: nothing more is kept for it.
fn cut(mut inner: MutexGuard<'_, Inner>) {
    let phase = std::mem::replace(&mut inner.phase, Phase::Over);
    wake(inner);
    drop(phase);
}
