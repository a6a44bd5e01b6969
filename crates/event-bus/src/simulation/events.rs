//! The events of a run: what is published, how handlers fare with it, and what they did.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nova_proto::catalogue::{CONTENT_EVENTS, Event, EventInfo};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::identity::v1::{UserFollowed, UserUnfollowed};
use prost::Message;
use uuid::Uuid;

use super::chance::Chance;
use crate::consumer::assignment::Partition;
use crate::record::{Parts, Record, header};

/// The topic whose messages are handled as they are.
pub(super) const PLAIN: &str = "plain";
/// The topic whose messages are handled as they are, in the order of their offsets.
pub(super) const WHOLE: &str = "whole";
pub(super) const EVENTS: &str = "content-events";
const FIRST_ID: u128 = 0x0190_0000_0000_7000_8000_0000_0000_0000;

/// Which handler an event has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Once,
    Batch,
    AtLeastOnce,
    OnceThen,
    Plain,
    InOrder,
    Ignored,
    /// Of a type that came with a later build.
    Invented,
}

/// How an event fares with its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Fine,
    /// Takes so many milliseconds.
    Slow(u64),
    /// Fails so many times, and then does not.
    Flaky(u32),
    Panics(u32),
    Hangs(u32),
    /// Fails for good until it is mended.
    Poisoned,
    /// Fails as something that passes by itself until it is mended.
    Away,
    /// Hides that a statement of its transaction failed, until it is mended.
    Swallows,
    /// No handler will ever see it.
    Unreadable,
}

/// Which half of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    /// In the transaction.
    Within,
    /// After it, at least once.
    After,
}

/// An event as the run knows it; its number is its place in the order of publishing.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) partition: Partition,
    pub(super) key: Option<String>,
    pub(super) kind: Kind,
    pub(super) fate: Fate,
    pub(super) tries: u32,
    pub(super) within: u32,
    pub(super) after: u32,
    /// Somebody was told that it is dropped.
    pub(super) noted: bool,
    /// A person took it out of the dead letters, or its topic is no more.
    pub(super) excused: bool,
}

impl Told {
    /// One that has yet to come.
    pub(super) const fn new(
        partition: Partition,
        key: Option<String>,
        kind: Kind,
        fate: Fate,
    ) -> Self {
        Self {
            partition,
            key,
            kind,
            fate,
            tries: 0,
            within: 0,
            after: 0,
            noted: false,
            excused: false,
        }
    }

    pub(super) fn wants(&self, half: Half) -> bool {
        match half {
            Half::Within => matches!(
                self.kind,
                Kind::Once | Kind::Batch | Kind::OnceThen | Kind::Invented
            ),
            Half::After => matches!(
                self.kind,
                Kind::AtLeastOnce | Kind::OnceThen | Kind::Plain | Kind::InOrder
            ),
        }
    }

    /// Whether all that it wants has happened.
    pub(super) fn happened(&self) -> bool {
        let within = !self.wants(Half::Within) || self.within > 0;
        within && (!self.wants(Half::After) || self.after > 0)
    }
}

/// All events, and all effects in the order in which they became true.
#[derive(Default)]
pub(super) struct Events {
    all: Mutex<Vec<Told>>,
    effects: Mutex<Vec<(usize, Half)>>,
}

/// What a try comes to.
pub(super) enum Try {
    Succeeds,
    Fails {
        for_good: bool,
    },
    Panics,
    Hangs,
    Takes(Duration),
    /// Says that it succeeded.
    Swallows,
}

impl Events {
    pub(super) fn publish(&self, told: Told) -> usize {
        let mut all = self.all.lock().unwrap();
        all.push(told);
        all.len() - 1
    }

    pub(super) fn len(&self) -> usize {
        self.all.lock().unwrap().len()
    }

    pub(super) fn told(&self, number: usize) -> Told {
        self.all.lock().unwrap()[number].clone()
    }

    pub(super) fn look<T>(&self, number: usize, look: impl FnOnce(&Told) -> T) -> T {
        look(&self.all.lock().unwrap()[number])
    }

    pub(super) fn all(&self) -> Vec<Told> {
        self.all.lock().unwrap().clone()
    }

    pub(super) fn effects(&self) -> Vec<(usize, Half)> {
        self.effects.lock().unwrap().clone()
    }

    /// An effect became true.
    pub(super) fn happened(&self, number: usize, half: Half) {
        let told = &mut self.all.lock().unwrap()[number];
        match half {
            Half::Within => told.within += 1,
            Half::After => told.after += 1,
        }
        self.effects.lock().unwrap().push((number, half));
    }

    pub(super) fn note(&self, number: usize) {
        self.all.lock().unwrap()[number].noted = true;
    }

    pub(super) fn excuse(&self, number: usize) {
        self.all.lock().unwrap()[number].excused = true;
    }

    /// What events depend on is there again.
    pub(super) fn heal(&self) {
        let mut all = self.all.lock().unwrap();
        for told in all.iter_mut().filter(|told| told.fate == Fate::Away) {
            told.fate = Fate::Fine;
        }
    }

    pub(super) fn mend(&self, number: usize) {
        let told = &mut self.all.lock().unwrap()[number];
        if told.fate != Fate::Unreadable {
            told.fate = Fate::Fine;
        }
    }

    pub(super) fn attempt(&self, number: usize) -> Try {
        let told = &mut self.all.lock().unwrap()[number];
        told.tries += 1;
        match told.fate {
            Fate::Flaky(times) if told.tries <= times => Try::Fails { for_good: false },
            Fate::Panics(times) if told.tries <= times => Try::Panics,
            Fate::Hangs(times) if told.tries <= times => Try::Hangs,
            Fate::Slow(millis) => Try::Takes(Duration::from_millis(millis)),
            Fate::Poisoned => Try::Fails { for_good: true },
            Fate::Away => Try::Fails { for_good: false },
            Fate::Swallows => Try::Swallows,
            _ => Try::Succeeds,
        }
    }

    /// The message of an event, as the broker gives it at an offset.
    pub(super) fn record(&self, number: usize, offset: i64) -> Record {
        let told = self.told(number);
        let id = id_of(number).to_string();
        let kind = event_type(told.kind);
        let payload = payload(number);
        let payload = match told.fate {
            Fate::Unreadable => &b"\xff\xff"[..],
            _ => &payload,
        };
        Record::restore(Parts {
            topic: Arc::clone(&told.partition.0),
            partition: told.partition.1,
            offset,
            key: told.key.as_deref().map(str::as_bytes),
            headers: Some(vec![
                (header::ID, Some(id.as_bytes())),
                (header::TYPE, Some(kind.as_bytes())),
            ]),
            payload: Some(payload),
        })
    }
}

impl Kind {
    /// What everything is that a topic holds, if it is all the same.
    pub(super) fn of(topic: &str) -> Option<Self> {
        match topic {
            PLAIN => Some(Self::Plain),
            WHOLE => Some(Self::InOrder),
            _ => None,
        }
    }

    pub(super) fn draw(chance: &Chance) -> Self {
        match chance.up_to(19) {
            0..=6 => Self::Once,
            7..=12 => Self::Batch,
            13..=15 => Self::AtLeastOnce,
            16..=18 => Self::OnceThen,
            _ => Self::Ignored,
        }
    }
}

impl Fate {
    pub(super) fn draw(chance: &Chance, failing: u32) -> Self {
        if !chance.percent(failing) {
            return Self::Fine;
        }
        let times = chance.between(1..=5) as u32;
        match chance.up_to(9) {
            0..=2 => Self::Flaky(times),
            3 => Self::Panics(1),
            4 => Self::Hangs(1),
            5..=6 => Self::Poisoned,
            7 => Self::Swallows,
            8 => Self::Away,
            _ => Self::Unreadable,
        }
    }

    /// The same, as far as it can be with an event of that kind.
    pub(super) const fn of(self, kind: Kind) -> Self {
        match (kind, self) {
            (Kind::Plain, Self::Unreadable) => Self::Poisoned,
            // Nobody takes it out of the way.
            (Kind::InOrder, Self::Unreadable | Self::Poisoned | Self::Swallows) => Self::Flaky(3),
            _ => self,
        }
    }
}

pub(super) fn event_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Once | Kind::Plain | Kind::InOrder => PostCreated::INFO.event_type,
        Kind::Batch => PostUpdated::INFO.event_type,
        Kind::AtLeastOnce => PostDeleted::INFO.event_type,
        Kind::OnceThen => UserFollowed::INFO.event_type,
        Kind::Ignored => UserUnfollowed::INFO.event_type,
        Kind::Invented => Invented::INFO.event_type,
    }
}

/// An event of no catalogue.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Invented {
    #[prost(string, tag = "1")]
    id: String,
}

impl Event for Invented {
    const INFO: EventInfo = EventInfo {
        event_type: "nova.simulated.v1.Invented",
        topic: CONTENT_EVENTS,
        key: "id",
        owner: "simulated",
        version: "1.0",
    };

    fn subject(&self) -> &str {
        &self.id
    }

    fn key(&self) -> &str {
        &self.id
    }
}

/// Any of the messages can be read from it: their first field is text.
fn payload(number: usize) -> Vec<u8> {
    let post = PostDeleted {
        post_id: number.to_string(),
        ..Default::default()
    };
    post.encode_to_vec()
}

fn id_of(number: usize) -> Uuid {
    Uuid::from_u128(FIRST_ID + number as u128)
}

/// The number of an event that arrived.
pub(super) fn number_of(record: &Record) -> usize {
    let id = record.header(header::ID).unwrap_or_default();
    let id = Uuid::try_parse(id).unwrap_or_default();
    id.as_u128().wrapping_sub(FIRST_ID) as usize
}
