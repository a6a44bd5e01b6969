//! What a stream has not been written yet: bounded, but for what it was opened with.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use time::OffsetDateTime;

use super::{Limits, Slow};
use crate::domain::gap::{Gap, Reason};
use crate::domain::{Entry, Partition};

/// That a channel of the stream is this far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) channel: u8,
    pub(super) partition: Partition,
    pub(super) offset: i64,
}

/// What waits.
#[derive(Debug)]
pub(super) enum Item {
    /// The first frame, up to its id.
    Ready(Bytes),
    /// An event.
    Event(Waiting),
    /// What needs no frame is behind the stream: it has it by another channel, or does not want it.
    Seen(Vec<Mark>),
    /// The gap that follows is about all that was forgotten: what is missing later has not happened before this.
    Since(OffsetDateTime),
    /// A gap. In a box: there are few, and of events many.
    Gap(Box<Gone>),
    /// Whether anything can arrive.
    Live(bool),
    /// The token is over.
    Expired,
}

/// A gap, after which a stream is that far, and has been told of losses up to this one.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) gap: Gap,
    pub(super) marks: Vec<Mark>,
    pub(super) losses: u64,
}

/// An event that waits. There may be hundreds for each of many thousand streams.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) entry: Arc<Entry>,
    /// The position that all streams of its channel alone share.
    pub(super) shared: Option<Arc<Bytes>>,
    /// When the first of those happened that it replaces, if it does and that was earlier: with it they would be missing, too.
    pub(super) replaces: Option<Box<OffsetDateTime>>,
    /// The place of its channel.
    pub(super) channel: u8,
}

impl Waiting {
    /// Where it is.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            channel: self.channel,
            partition: self.entry.partition,
            offset: self.entry.offset,
        }
    }

    /// When the first of what would be missing with it happened.
    fn since(&self) -> OffsetDateTime {
        let replaced = self.replaces.as_deref().copied();
        replaced.map_or(self.entry.time, |since| since.min(self.entry.time))
    }

    /// Notes that with it something of this time would be missing.
    fn replace(&mut self, since: OffsetDateTime) {
        if since < self.since() {
            self.replaces = Some(Box::new(since));
        }
    }
}

/// Whether there was room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// It waits.
    Enough,
    /// It waits, and others do no more.
    Made,
    /// A later one waits already.
    NotNeeded,
    /// The stream is too slow.
    None,
}

/// What waits. Empty, it takes no memory of its own.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    items: VecDeque<Item>,
    /// How many of the first were there when the stream was opened, or came at once later: they are not counted.
    opened_with: usize,
    events: usize,
    bytes: usize,
}

impl Backlog {
    /// What a stream begins with.
    pub(super) fn opened_with(items: VecDeque<Item>) -> Self {
        Self {
            opened_with: items.len(),
            items,
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Puts something other than an event behind the others.
    pub(super) fn push(&mut self, item: Item) {
        self.items.push_back(item);
    }

    /// Notes that something needs no frame, without growing for each of them.
    pub(super) fn push_seen(&mut self, mark: Mark) {
        let may_grow = self.items.len() > self.opened_with;
        if let Some(Item::Seen(marks)) = self.items.back_mut().filter(|_| may_grow) {
            note(marks, mark);
        } else {
            self.items.push_back(Item::Seen(vec![mark]));
        }
    }

    /// Says anew whether anything can arrive: what was said of that before and still waits says nothing any more.
    pub(super) fn push_live(&mut self, live: bool) {
        self.retain_new(|item| !matches!(item, Item::Live(_)));
        self.items.push_back(Item::Live(live));
    }

    /// Puts an event behind the others, as far as the policy has room for it.
    pub(super) fn push_event(
        &mut self,
        mut event: Waiting,
        limits: &Limits,
        slow: Slow,
        name: impl Fn(u8) -> String,
    ) -> Room {
        if slow == Slow::Conflate {
            match self.conflate(event) {
                Some(later) => event = later,
                None => return Room::NotNeeded,
            }
        }
        let mut room = Room::Enough;
        let bytes = self.bytes + event.entry.size();
        let is_full = self.events >= limits.events || bytes > limits.bytes;
        // One event alone always has room: its size has its own limit.
        if is_full && self.events > 0 {
            if slow == Slow::Disconnect {
                return Room::None;
            }
            self.drop_events(name);
            room = Room::Made;
        }
        self.events += 1;
        self.bytes += event.entry.size();
        self.items.push_back(Item::Event(event));
        room
    }

    pub(super) fn pop(&mut self) -> Option<Item> {
        let Some(item) = self.items.pop_front() else {
            self.items = VecDeque::new();
            return None;
        };
        if self.opened_with > 0 {
            self.opened_with -= 1;
        } else if let Item::Event(event) = &item {
            self.events -= 1;
            self.bytes -= event.entry.size();
        }
        Some(item)
    }

    /// Counts none of what waits now.
    pub(super) fn count_none(&mut self) {
        self.opened_with = self.items.len();
        self.events = 0;
        self.bytes = 0;
    }

    /// Lets all go.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Keeps those that pass, and all that the stream was opened with.
    fn retain_new(&mut self, mut keep: impl FnMut(&Item) -> bool) {
        let mut place = 0;
        let first_new = self.opened_with;
        self.items.retain(|item| {
            place += 1;
            place <= first_new || keep(item)
        });
    }

    /// Leaves of the event and of one like it that waits the later one, and notes that the other was there. Answers the event
    /// if that is the later.
    fn conflate(&mut self, mut event: Waiting) -> Option<Waiting> {
        let mut new = self.items.iter_mut().skip(self.opened_with);
        let is_like =
            |item: &&mut Item| matches!(item, Item::Event(old) if event.entry.is_like(&old.entry));
        let found = new.find(is_like);
        let Some(item) = found else {
            return Some(event);
        };
        if let Item::Event(old) = item {
            if !event.entry.is_after(&old.entry) {
                old.replace(event.since());
                self.push_seen(event.mark());
                return None;
            }
            event.replace(old.since());
            self.events -= 1;
            self.bytes -= old.entry.size();
            *item = Item::Seen(vec![old.mark()]);
        }
        self.join_seen();
        Some(event)
    }

    /// Makes one of all notes that follow each other, so that they do not grow without end.
    fn join_seen(&mut self) {
        let mut joined: VecDeque<Item> = VecDeque::with_capacity(self.items.len());
        for (place, item) in std::mem::take(&mut self.items).into_iter().enumerate() {
            match (joined.back_mut(), item) {
                (Some(Item::Seen(marks)), Item::Seen(more)) if place > self.opened_with => {
                    for mark in more {
                        note(marks, mark);
                    }
                }
                (_, item) => joined.push_back(item),
            }
        }
        self.items = joined;
    }

    /// Makes one gap of all events that wait.
    fn drop_events(&mut self, name: impl Fn(u8) -> String) {
        let new = self.items.split_off(self.opened_with);
        let mut slow: Option<Box<Gone>> = None;
        for item in new {
            match item {
                Item::Event(event) => {
                    let gap = Gap {
                        reason: Reason::Slow,
                        channels: vec![name(event.channel)],
                        from: event.since(),
                        to: event.entry.time,
                        missed: Some(1),
                    };
                    widen(&mut slow, gap, &[event.mark()]);
                }
                Item::Seen(marks) => match &mut slow {
                    Some(gone) => marks.iter().for_each(|mark| note(&mut gone.marks, *mark)),
                    None => self.items.push_back(Item::Seen(marks)),
                },
                Item::Gap(gone) if gone.gap.reason == Reason::Slow => {
                    widen(&mut slow, gone.gap, &gone.marks);
                }
                // It keeps its place behind what came before it: a gap says that the stream is past its marks.
                other => {
                    self.items.extend(slow.take().map(Item::Gap));
                    self.items.push_back(other);
                }
            }
        }
        self.items.extend(slow.map(Item::Gap));
        self.events = 0;
        self.bytes = 0;
    }
}

fn widen(slow: &mut Option<Box<Gone>>, gap: Gap, marks: &[Mark]) {
    match slow {
        Some(gone) => {
            gone.gap.widen(gap);
            marks.iter().for_each(|mark| note(&mut gone.marks, *mark));
        }
        None => {
            *slow = Some(Box::new(Gone {
                gap,
                marks: marks.to_vec(),
                losses: 0,
            }));
        }
    }
}

/// One mark for each partition of each channel: the farthest.
fn note(marks: &mut Vec<Mark>, mark: Mark) {
    let same = |one: &&mut Mark| (one.channel, one.partition) == (mark.channel, mark.partition);
    match marks.iter_mut().find(same) {
        Some(one) => one.offset = one.offset.max(mark.offset),
        None => marks.push(mark),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_small() {
        assert!(size_of::<Item>() <= 40, "{}", size_of::<Item>());
    }
}
