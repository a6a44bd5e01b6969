//! What is kept of a channel for those who come back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nova_ids::{PostId, UserId};
use time::OffsetDateTime;

use super::{Channel, Envelope, Partition, Position, Reason, frame};

/// An event on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where Kafka has it.
    pub partition: Partition,
    /// Its offset there.
    pub offset: i64,
    /// When it happened.
    pub time: OffsetDateTime,
    /// Full name of the protobuf message.
    pub event_type: Arc<str>,
    /// Id of what it is about; empty if that is not said.
    pub subject: Arc<str>,
    /// All channels that it is on, if they are several of which a stream may have more than one: as a post's are. Empty if it
    /// is on one, or on the `me` of several users.
    pub channels: Arc<[Channel]>,
    /// Users of whom it shows something: who is in a block with one of them is not told, nor anybody once one is gone.
    pub shows: Arc<[UserId]>,
    /// The post that it tells whole, and its revision. On channels other than `me` it is told no more once the post is not public
    /// with a greater one.
    pub post: Option<(PostId, i64)>,
    /// Its frame up to the id, [`super::frame::event`].
    pub head: Bytes,
}

impl Entry {
    /// An event where Kafka has it, on one channel, that shows nobody.
    #[must_use]
    pub fn of(
        envelope: &Envelope,
        partition: Partition,
        offset: i64,
        time: OffsetDateTime,
    ) -> Self {
        Self {
            partition,
            offset,
            time,
            event_type: envelope.event_type.as_str().into(),
            subject: envelope.subject.as_deref().unwrap_or_default().into(),
            channels: Arc::new([]),
            shows: Arc::new([]),
            post: None,
            head: frame::event(&envelope.event_type, &envelope.to_json()),
        }
    }

    /// Bytes for which a stream is charged while it waits there.
    #[must_use]
    pub fn size(&self) -> usize {
        self.head.len()
    }

    /// Whether `conflate` tells only the later of the two.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.event_type == other.event_type && self.subject == other.subject
    }

    /// Whether it is the later of the two: also when it has come by a slower channel.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        if self.partition == other.partition {
            self.offset > other.offset
        } else {
            self.time >= other.time
        }
    }
}

/// What is kept of a channel.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// In the order in which they were published.
    pub entries: Vec<Arc<Entry>>,
    /// The last that was published of each partition.
    pub position: Position,
    /// Of each partition, all that was published after this offset is among the entries. Of a partition that is not here, all
    /// that ever was. Where it is known, it is the offset of what came on this channel before the first entry that is kept.
    pub whole_after: Position,
}

impl Window {
    /// Where somebody who was this far misses something: the partition, how far is missing, and when what follows happened, or
    /// none if nothing follows.
    pub(super) fn lacks(&self, had: &Position) -> Vec<(Partition, i64, Option<OffsetDateTime>)> {
        let lacking = self
            .whole_after
            .iter()
            .filter(|(partition, after)| !had.has(*partition, *after));
        let next = |partition| {
            let mut kept = self.entries.iter();
            let next = kept.find(|entry| entry.partition == partition);
            next.map(|entry| entry.time)
        };
        lacking
            .map(|(partition, after)| (partition, after, next(partition)))
            .collect()
    }
}

/// After this time what is known of a channel beside its events, and losses, may be forgotten: whoever comes back with an older
/// id is told that they may have missed something.
pub const KNOWN_FOR: Duration = Duration::from_secs(7 * 86_400);

/// Something that is gone for every stream, since whom it would have reached is not known: what was let go while a breaker was
/// open, or was kept in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Losses are numbered from 1 in the order in which they can be seen: whoever has seen one has seen all with lesser
    /// numbers. Ids say up to which a stream was told, so that each is told once.
    pub number: u64,
    /// Why.
    pub reason: Reason,
    /// When the first of what is gone happened.
    pub from: OffsetDateTime,
    /// When the last of it happened.
    pub to: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-11-21 00:47 UTC);

    #[test]
    fn something_is_missing_when_the_window_begins_later() {
        let one = Partition::from_number(1);
        let two = Partition::from_number(2);
        let entry = Entry {
            partition: one,
            offset: 9,
            time: AT,
            event_type: "a.B".into(),
            subject: "".into(),
            channels: Arc::new([]),
            shows: Arc::new([]),
            post: None,
            head: Bytes::new(),
        };
        let window = Window {
            entries: vec![Arc::new(entry)],
            position: Position::from_iter([(one, 9), (two, 4)]),
            whole_after: Position::from_iter([(one, 5), (two, 4)]),
        };
        let lacks = |pairs: &[(Partition, i64)]| window.lacks(&pairs.iter().copied().collect());
        assert_eq!(lacks(&[(one, 5), (two, 4)]), []);
        assert_eq!(lacks(&[(one, 99), (two, 99)]), []);
        assert_eq!(lacks(&[(one, 4), (two, 4)]), [(one, 5, Some(AT))]);
        assert_eq!(lacks(&[(one, 5), (two, 3)]), [(two, 4, None)]);
        assert_eq!(lacks(&[(one, 5)]), [(two, 4, None)]);
        assert_eq!(Window::default().lacks(&Position::default()), []);
    }
}
