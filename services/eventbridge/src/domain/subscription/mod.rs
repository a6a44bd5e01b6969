//! One stream: what it is told, in which order, and what it is told that it has missed.

mod backlog;
mod opening;

pub use self::opening::LATEST;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use self::backlog::{Backlog, Gone, Item, Mark, Room, Waiting};
use super::event_id::{self, Had, Seal, StreamTag};
use super::gap::{Gap, Reason};
use super::pattern::{self, Pattern};
use super::{Blocked, Channel, Entry, Frame, Loss, Partition, Position, Window, frame};

/// What happens when a client is slower than what it follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Slow {
    /// Its stream ends: it comes back, and is told what it has missed.
    #[default]
    Disconnect,
    /// It misses what waits, and is told that.
    Drop,
    /// It is told the latest of each type and subject; if those are too many, as with `drop`.
    Conflate,
}

impl Slow {
    /// The word for metrics, as the client writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disconnect => "disconnect",
            Self::Drop => "drop",
            Self::Conflate => "conflate",
        }
    }
}

/// How much may wait for one stream, beside what it was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most events.
    pub events: usize,
    /// Most bytes of events; a single one always has room.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            events: 256,
            bytes: 256 * 1024,
        }
    }
}

/// What a stream is opened with.
#[derive(Debug, Clone)]
pub struct Opening {
    /// What it follows, in ascending order, each once; 1 to [`event_id::MOST_CHANNELS`].
    pub channels: Arc<[Channel]>,
    /// Which types it wants; none means all.
    pub types: Box<[Pattern]>,
    /// What happens when it is too slow.
    pub slow: Slow,
    /// Whose it is.
    pub tag: StreamTag,
    /// Every loss that a client which comes back may not have been told of, in ascending order.
    pub losses: Vec<Loss>,
    /// Whom its user does not see.
    pub blocked: Blocked,
    /// What happened before this may have been forgotten without a trace.
    pub known_since: OffsetDateTime,
    /// Whether anything can arrive.
    pub live: bool,
    /// How often there is a heartbeat, in seconds.
    pub heartbeat_seconds: u64,
    /// After how many milliseconds its client is to come back.
    pub retry_millis: u64,
    /// When it is opened.
    pub now: OffsetDateTime,
}

impl Opening {
    fn tells(&self, entry: &Entry) -> bool {
        tells(&self.types, &self.blocked, entry)
    }

    fn latest_loss(&self) -> u64 {
        self.losses.last().map_or(0, |loss| loss.number)
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The stream has it, or does not want it.
    Passed,
    /// It waits to be written.
    Queued,
    /// It waits to be written, and for it others were let go: the stream is slow, and is told.
    QueuedOthersDropped,
    /// The stream is too slow, and over.
    TooSlow,
}

/// Events of several channels by where Kafka has them, each with the places of its channels.
type Missed = BTreeMap<(Partition, i64), Vec<(usize, Arc<Entry>)>>;

/// Why a stream is over, once all that waits is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its token is.
    Expired,
    /// Its client is too slow.
    TooSlow,
}

/// One stream. There are many, most of them idle: of what it was opened with it keeps no more than it needs.
#[derive(Debug)]
pub struct Subscription {
    channels: Arc<[Channel]>,
    types: Box<[Pattern]>,
    blocked: Blocked,
    slow: Slow,
    tag: StreamTag,
    limits: Limits,
    /// How far each channel is that has been taken from.
    taken: Box<[Position]>,
    /// How far each channel is that has been written.
    told: Box<[Position]>,
    told_at: OffsetDateTime,
    told_losses: u64,
    /// The last loss that it was told or is about to be told.
    losses: u64,
    waiting: Backlog,
    /// What is kept of its channels and was not taken, while all of them are being caught up with.
    missed: Option<Box<Missed>>,
    live: bool,
    gaps: Box<[Reason]>,
    resumed: bool,
    end: Option<End>,
}

impl Subscription {
    /// Opens a stream. `windows` are those of its channels, read after whatever comes later is kept for it: what it is handed
    /// twice comes once. `had` is what its client has brought, if it has.
    #[must_use]
    pub fn open(opening: Opening, limits: Limits, windows: &[Window], had: Option<&Had>) -> Self {
        let losses = opening.latest_loss();
        let plan = opening::plan(&opening, windows, had);
        let mut taken = plan.told.clone();
        for (taken, window) in taken.iter_mut().zip(windows) {
            taken.merge(&window.position);
        }
        let mut items = plan.items;
        if !opening.live {
            items.insert(1, Item::Live(false));
        }
        Self {
            channels: opening.channels,
            types: opening.types,
            blocked: opening.blocked,
            slow: opening.slow,
            tag: opening.tag,
            limits,
            taken: taken.into(),
            told: plan.told.into(),
            told_at: plan.told_at,
            told_losses: plan.told_losses,
            losses: plan.told_losses.max(losses),
            waiting: Backlog::opened_with(items),
            missed: None,
            live: opening.live,
            gaps: plan.gaps.into(),
            resumed: plan.resumed,
            end: None,
        }
    }

    /// Whether it goes on where its client was, without a gap.
    #[must_use]
    pub const fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The gaps with which it begins.
    #[must_use]
    pub fn gaps(&self) -> &[Reason] {
        &self.gaps
    }

    /// Whose it is, for [`Frame::write`].
    #[must_use]
    pub const fn tag(&self) -> &StreamTag {
        &self.tag
    }

    /// What it follows.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Takes an event of the channel at this place. `position` is what [`event_id::encode`] made of the channel as it is
    /// after the event; streams of this channel alone share it, the others need none.
    pub fn take(
        &mut self,
        place: usize,
        entry: &Arc<Entry>,
        position: Option<&Arc<Bytes>>,
    ) -> Taken {
        if self.end.is_some() {
            return Taken::Passed;
        }
        let is_seen = is_seen(&self.channels, &self.taken, place, entry);
        let Some(taken) = self.taken.get_mut(place) else {
            return Taken::Passed;
        };
        // A second delivery on the same channel needs no note.
        let is_again = taken.has(entry.partition, entry.offset);
        taken.raise(entry.partition, entry.offset);
        let mark = Mark {
            channel: number(place),
            partition: entry.partition,
            offset: entry.offset,
        };
        if is_seen || !tells(&self.types, &self.blocked, entry) {
            if !is_again {
                self.pass(mark);
            }
            return Taken::Passed;
        }
        let shared = position.filter(|_| self.channels.len() == 1).cloned();
        self.queue(Waiting {
            entry: Arc::clone(entry),
            shared,
            replaces: None,
            channel: number(place),
        })
    }

    /// Keeps what is kept of the channel at this place, after a time in which events may not have come, until
    /// [`Self::caught_up`]. What is not kept any more is told as a gap.
    pub fn catch_up(&mut self, place: usize, window: &Window, now: OffsetDateTime) {
        if self.end.is_some() {
            return;
        }
        if let Some(gap) = self.lacking(place, window, now) {
            self.waiting.push(gap);
        }
        for entry in &window.entries {
            if !is_seen(&self.channels, &self.taken, place, entry) {
                let missed = self.missed.get_or_insert_default();
                let at = (entry.partition, entry.offset);
                missed
                    .entry(at)
                    .or_default()
                    .push((place, Arc::clone(entry)));
            }
        }
    }

    /// Takes what was kept of all channels, each partition in the order of its offsets, whichever channel it is on.
    pub fn caught_up(&mut self) {
        let Some(missed) = self.missed.take() else {
            return;
        };
        self.at_once(|stream| {
            for (place, entry) in missed.into_values().flatten() {
                stream.take(place, &entry, None);
            }
        });
    }

    /// Takes what comes at once through no fault of the client, who is not slow for it: of that, and of what waits, nothing
    /// counts.
    pub fn at_once(&mut self, take: impl FnOnce(&mut Self)) {
        let limits = self.limits;
        self.limits = Limits {
            events: usize::MAX,
            bytes: usize::MAX,
        };
        take(self);
        self.limits = limits;
        self.waiting.count_none();
    }

    /// The gap of what is not kept of a channel any more, and was not taken before.
    fn lacking(&mut self, place: usize, window: &Window, now: OffsetDateTime) -> Option<Item> {
        let lacking = window.lacks(self.taken.get(place)?);
        let mut marks = Vec::with_capacity(lacking.len());
        let mut to = self.told_at;
        for (partition, offset, next) in lacking {
            self.taken.get_mut(place)?.raise(partition, offset);
            to = to.max(next.unwrap_or(now));
            marks.push(Mark {
                channel: number(place),
                partition,
                offset,
            });
        }
        let gap = Gap {
            reason: Reason::Expired,
            channels: vec![self.channels.get(place)?.name()],
            from: self.told_at - opening::LATEST,
            to,
            missed: None,
        };
        let losses = 0;
        (!marks.is_empty()).then(|| Item::Gap(Box::new(Gone { gap, marks, losses })))
    }

    fn queue(&mut self, event: Waiting) -> Taken {
        let channels = &self.channels;
        let name = |channel: u8| {
            let channel = channels.get(usize::from(channel));
            channel.map(Channel::name).unwrap_or_default()
        };
        match self
            .waiting
            .push_event(event, &self.limits, self.slow, name)
        {
            Room::Enough => Taken::Queued,
            Room::Made => Taken::QueuedOthersDropped,
            Room::NotNeeded => Taken::Passed,
            Room::None => {
                self.waiting.clear();
                self.end = Some(End::TooSlow);
                Taken::TooSlow
            }
        }
    }

    /// Notes what needs no frame.
    fn pass(&mut self, mark: Mark) {
        if self.waiting.is_empty() {
            self.raise(&[mark]);
        } else {
            self.waiting.push_seen(mark);
        }
    }

    fn raise(&mut self, marks: &[Mark]) {
        for mark in marks {
            if let Some(told) = self.told.get_mut(usize::from(mark.channel)) {
                told.raise(mark.partition, mark.offset);
            }
        }
    }

    /// Tells of a loss, unless the stream was told of it.
    pub fn tell_loss(&mut self, loss: &Loss) {
        if self.end.is_none() && loss.number > self.losses {
            self.losses = loss.number;
            self.waiting.push(self::loss(&self.channels, loss));
        }
    }

    /// Whom its user does not see from now on.
    pub fn set_blocked(&mut self, blocked: Blocked) {
        self.blocked = blocked;
    }

    /// Tells whether anything can arrive, if that has changed.
    pub fn set_live(&mut self, live: bool) {
        if self.end.is_none() && self.live != live {
            self.live = live;
            self.waiting.push_live(live);
        }
    }

    /// Its token is over: once what waits is written, so is the stream.
    pub fn expire(&mut self) {
        if self.end.is_none() {
            self.end = Some(End::Expired);
            self.waiting.push(Item::Expired);
        }
    }

    /// Whether something waits.
    #[must_use]
    pub fn has_frame(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Why it is over, if it is; before that, what waits is to be written.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// The next frame. Whoever takes it writes it, or ends the stream.
    pub fn next(&mut self, seal: &impl Seal) -> Option<Frame> {
        loop {
            match self.waiting.pop()? {
                Item::Seen(marks) => self.raise(&marks),
                Item::Since(time) => self.told_at = self.told_at.max(time),
                Item::Ready(head) => return Some(Frame::with_id(head, self.position(seal))),
                Item::Event(event) => {
                    self.raise(&[event.mark()]);
                    self.told_at = self.told_at.max(event.entry.time);
                    let shared = event.shared.as_deref().cloned();
                    let position = shared.or_else(|| self.position(seal));
                    return Some(Frame::with_id(event.entry.head.clone(), position));
                }
                Item::Gap(gone) => {
                    self.raise(&gone.marks);
                    self.told_losses = self.told_losses.max(gone.losses);
                    let position = self.position(seal);
                    return Some(Frame::with_id(frame::gap(&gone.gap), position));
                }
                Item::Live(live) => return Some(Frame::whole(frame::live(live))),
                Item::Expired => return Some(Frame::whole(frame::EXPIRED)),
            }
        }
    }

    fn position(&self, seal: &impl Seal) -> Option<Bytes> {
        let channels: Vec<&Position> = self.told.iter().collect();
        event_id::encode(seal, self.told_at, self.told_losses, &channels)
    }
}

/// The place of a channel in a stream, of which there are few.
fn number(place: usize) -> u8 {
    u8::try_from(place).unwrap_or(u8::MAX)
}

/// Whether a stream that is this far has an event of the channel at this place, by that one or by another that it is on.
fn is_seen(channels: &[Channel], positions: &[Position], place: usize, entry: &Entry) -> bool {
    let has = |position: &Position| position.has(entry.partition, entry.offset);
    let is_on = |channel: &Channel| entry.channels.contains(channel);
    let others = channels.iter().zip(positions);
    positions.get(place).is_some_and(has)
        || (!entry.channels.is_empty()
            && others
                .into_iter()
                .any(|(channel, position)| is_on(channel) && has(position)))
}

/// Whether who wants these types wants an event and may see it.
fn tells(types: &[Pattern], blocked: &Blocked, entry: &Entry) -> bool {
    pattern::take(types, &entry.event_type) && !blocked.hides(entry)
}

fn loss(channels: &[Channel], loss: &Loss) -> Item {
    let gap = Gap {
        reason: loss.reason,
        channels: channels.iter().map(Channel::name).collect(),
        from: loss.from,
        to: loss.to,
        missed: None,
    };
    Item::Gap(Box::new(Gone {
        gap,
        marks: Vec::new(),
        losses: loss.number,
    }))
}

#[cfg(test)]
mod tests;
