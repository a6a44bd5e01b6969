use std::collections::HashMap;

use bytes::Bytes;
use redis::Cmd;

use super::entry;
use super::keys::{ChannelKeys, Keys};
use super::{Code, Limits};
use crate::domain::{Channel, Entry};

/// Bytes of events in one call, roughly.
const BYTES: usize = 4 << 20;
/// Events on channels in one call: nobody else's waits long behind them.
pub(super) const AT_ONCE: usize = 512;

/// Events that are put on channels in one round trip.
pub(super) struct Adds<'a> {
    code: &'a Code,
    limits: Limits,
    /// Of each channel.
    keys: Vec<ChannelKeys>,
    places: HashMap<&'a Channel, usize>,
    /// In their order.
    all: Vec<Add>,
    bytes: usize,
}

struct Add {
    /// The place of its channel.
    channel: usize,
    partition: u16,
    offset: i64,
    event: Bytes,
}

impl<'a> Adds<'a> {
    pub(super) fn new(code: &'a Code, limits: Limits) -> Self {
        Self {
            code,
            limits,
            keys: Vec::new(),
            places: HashMap::new(),
            all: Vec::new(),
            bytes: 0,
        }
    }

    /// Whether no more is to be put here.
    pub(super) const fn are_many(&self) -> bool {
        self.bytes >= BYTES || self.all.len() >= AT_ONCE
    }

    /// What they are kept with.
    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    /// Puts an event on channels, behind those before it.
    pub(super) fn add(
        &mut self,
        entry: &Entry,
        channels: &'a [Channel],
        generation: u64,
        keys: &Keys,
    ) {
        let event = Bytes::from(entry::encode(entry));
        for channel in channels {
            let place = *self.places.entry(channel).or_insert_with(|| {
                self.keys.push(keys.of(generation, channel));
                self.keys.len() - 1
            });
            self.bytes += event.len();
            self.all.push(Add {
                channel: place,
                partition: entry.partition.number(),
                offset: entry.offset,
                event: event.clone(),
            });
        }
    }

    /// One call, by which all are told in their order, whichever channel they are on.
    pub(super) fn in_one_call(&self) -> Cmd {
        let mut call = self.begin(&self.keys);
        for add in &self.all {
            add.write(&mut call, add.channel + 1);
        }
        call
    }

    /// A call for each channel: they are on different servers.
    pub(super) fn by_channel(&self) -> Vec<Cmd> {
        let mut calls: Vec<Cmd> = self.keys.chunks(1).map(|keys| self.begin(keys)).collect();
        for add in &self.all {
            if let Some(call) = calls.get_mut(add.channel) {
                add.write(call, 1);
            }
        }
        calls
    }

    fn begin(&self, channels: &[ChannelKeys]) -> Cmd {
        let keys = channels
            .iter()
            .flat_map(|keys| [&keys.window, &keys.positions, &keys.told]);
        let mut call = self.code.call(&keys.collect::<Vec<&String>>());
        let Limits {
            events,
            age,
            positions,
        } = self.limits;
        call.arg(events).arg(age).arg(positions);
        call
    }
}

impl Add {
    fn write(&self, call: &mut Cmd, channel: usize) {
        call.arg(self.partition)
            .arg(self.offset)
            .arg(&self.event[..])
            .arg(channel);
    }
}
