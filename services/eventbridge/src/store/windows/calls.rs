use std::collections::HashMap;

use redis::Cmd;

use super::{Published, entry};
use crate::domain::Channel;

/// Calls of the script that writes: one for each channel, as far as events of a key stay in their order over all channels.
/// Somebody may follow several, and is told in the order of the calls.
#[derive(Default)]
pub(super) struct Calls<'a> {
    order: Vec<Cmd>,
    /// The last call of each channel.
    places: HashMap<&'a Channel, usize>,
    /// The last call that has something of a key.
    latest: HashMap<&'a [u8], usize>,
    bytes: usize,
}

impl<'a> Calls<'a> {
    /// Puts an event behind those before it; `begin` begins a call for a channel.
    pub(super) fn add(&mut self, published: &'a Published, begin: impl Fn(&Channel) -> Cmd) {
        let Published { key, entry, .. } = published;
        let bytes = entry::encode(entry);
        let after = self.latest.get(key.as_ref()).copied().unwrap_or(0);
        let mut latest = after;
        for channel in &published.channels {
            let last = self.places.get(channel).copied();
            let place = last.filter(|last| *last >= after).unwrap_or_else(|| {
                self.order.push(begin(channel));
                self.order.len() - 1
            });
            self.places.insert(channel, place);
            latest = latest.max(place);
            if let Some(call) = self.order.get_mut(place) {
                call.arg(entry.partition.number())
                    .arg(entry.offset)
                    .arg(&bytes);
            }
            self.bytes += bytes.len();
        }
        self.latest.insert(key, latest);
    }

    /// Bytes of events in them.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The calls so far. What comes later comes behind them.
    pub(super) fn take(&mut self) -> Vec<Cmd> {
        std::mem::take(self).order
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use redis::cmd;
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::{Entry, Partition};

    fn event(key: &'static str, tags: &[&str], offset: i64) -> Published {
        let entry = Entry {
            partition: Partition::from_number(3),
            offset,
            time: OffsetDateTime::UNIX_EPOCH,
            event_type: "nova.x.v1.Y".into(),
            subject: "s".into(),
            channels: Arc::new([]),
            shows: Arc::new([]),
            post: None,
            head: Bytes::new(),
        };
        Published {
            key: Bytes::from_static(key.as_bytes()),
            channels: tags.iter().map(|tag| Channel::Tag((*tag).into())).collect(),
            entry: Arc::new(entry),
        }
    }

    /// The tag and the offsets of each call.
    fn calls(events: &[Published]) -> Vec<(String, Vec<i64>)> {
        let mut calls = Calls::default();
        for event in events {
            calls.add(event, |channel| cmd(&channel.to_string()));
        }
        let read = |call: Cmd| {
            let args: Vec<String> = call
                .args_iter()
                .filter_map(|arg| match arg {
                    redis::Arg::Simple(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
                    _ => None,
                })
                .collect();
            let offsets = args.iter().skip(2).step_by(3);
            let offsets = offsets.map(|offset| offset.parse().unwrap()).collect();
            (args[0].trim_start_matches("tag:").to_owned(), offsets)
        };
        calls.take().into_iter().map(read).collect()
    }

    fn one(tag: &str, offsets: &[i64]) -> (String, Vec<i64>) {
        (tag.to_owned(), offsets.to_vec())
    }

    #[test]
    fn events_of_a_key_stay_in_order_over_all_channels() {
        // Whoever follows both tags is told the first of "u" before the second.
        let events = [
            event("v", &["ant"], 1),
            event("u", &["bee"], 2),
            event("u", &["ant"], 3),
            event("v", &["ant"], 4),
        ];
        let expected = [one("ant", &[1]), one("bee", &[2]), one("ant", &[3, 4])];
        assert_eq!(calls(&events), expected);
    }

    #[test]
    fn events_of_other_keys_share_calls() {
        let events = [
            event("u", &["ant"], 1),
            event("v", &["bee"], 2),
            event("u", &["ant"], 3),
            event("v", &["bee"], 4),
            event("v", &["bee", "cat"], 5),
        ];
        let expected = [
            one("ant", &[1, 3]),
            one("bee", &[2, 4, 5]),
            one("cat", &[5]),
        ];
        assert_eq!(calls(&events), expected);
    }
}
