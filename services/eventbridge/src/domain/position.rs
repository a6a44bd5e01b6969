//! How far something is in Kafka: one offset for each partition, since each is published in the order of its offsets.

/// Numbers of topics, by their names without a prefix. They stand in ids that browsers keep: none is ever changed or used
/// again.
pub const TOPICS: &[(&str, u8)] = &[
    ("content-events", 1),
    ("media-events", 2),
    ("user-events", 3),
    ("feed-updates", 4),
    ("messaging-events", 5),
    ("realtime-chat", 6),
    ("user-exports", 7),
    ("nova-health", 8),
];

/// A partition of a topic, in two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u16);

impl Partition {
    /// The partition of a topic, which is named without a prefix. None of a topic without a number, or from the 257th on.
    #[must_use]
    pub fn of(topic: &str, partition: i32) -> Option<Self> {
        let (_, topic) = TOPICS.iter().find(|(name, _)| *name == topic)?;
        let partition = u8::try_from(partition).ok()?;
        Some(Self(u16::from_be_bytes([*topic, partition])))
    }

    /// The topic's number in the upper byte, the partition's in the lower.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The partition with this [`Self::number`], whether there is such a topic or not.
    #[must_use]
    pub const fn from_number(number: u16) -> Self {
        Self(number)
    }
}

/// The greatest offset of each partition that has been seen. Empty, it takes no memory of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(Vec<(Partition, i64)>);

impl Position {
    /// The offset of a partition, if anything of it has been seen.
    #[must_use]
    pub fn get(&self, partition: Partition) -> Option<i64> {
        let place = self.place(partition).ok()?;
        Some(self.0[place].1)
    }

    /// Whether what has this offset, or a later one, has been seen.
    #[must_use]
    pub fn has(&self, partition: Partition, offset: i64) -> bool {
        self.get(partition).is_some_and(|seen| seen >= offset)
    }

    /// Notes that this has been seen. Never goes back; offsets below 0 are none.
    pub fn raise(&mut self, partition: Partition, offset: i64) {
        if offset < 0 {
            return;
        }
        match self.place(partition) {
            Ok(place) => self.0[place].1 = self.0[place].1.max(offset),
            Err(place) => {
                // There are many positions of few partitions.
                self.0.reserve_exact(1);
                self.0.insert(place, (partition, offset));
            }
        }
    }

    /// Notes all that another has seen.
    pub fn merge(&mut self, other: &Self) {
        for (partition, offset) in other.iter() {
            self.raise(partition, offset);
        }
    }

    /// Partitions in ascending order, each with its offset.
    pub fn iter(&self) -> impl Iterator<Item = (Partition, i64)> + '_ {
        self.0.iter().copied()
    }

    fn place(&self, partition: Partition) -> Result<usize, usize> {
        self.0.binary_search_by_key(&partition, |(one, _)| *one)
    }
}

impl FromIterator<(Partition, i64)> for Position {
    fn from_iter<I: IntoIterator<Item = (Partition, i64)>>(pairs: I) -> Self {
        let mut position = Self::default();
        for (partition, offset) in pairs {
            position.raise(partition, offset);
        }
        position
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_topic_has_a_number_of_its_own() {
        for topic in nova_proto::catalogue::TOPICS {
            let last = topic.partitions - 1;
            assert!(Partition::of(topic.name, last).is_some(), "{topic:?}");
        }
        let numbers: BTreeSet<u8> = TOPICS.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers.len(), TOPICS.len());
        assert_eq!(Partition::of("feed-updates", 2).unwrap().number(), 0x402);
        assert_eq!(Partition::of("feed-updates", 256), None);
        assert_eq!(Partition::of("feed-updates", -1), None);
        assert_eq!(Partition::of("elsewhere", 0), None);
    }

    #[test]
    fn a_position_never_goes_back() {
        let one = Partition::from_number(1);
        let two = Partition::from_number(2);
        let mut position = Position::default();
        assert!(!position.has(one, 0));
        for (partition, offset) in [(two, 5), (one, 7), (two, 4), (one, -1)] {
            position.raise(partition, offset);
        }
        assert_eq!(position.iter().collect::<Vec<_>>(), [(one, 7), (two, 5)]);
        assert!(position.has(one, 7) && position.has(one, 0) && !position.has(one, 8));
        let mut other = Position::from_iter([(two, 9)]);
        other.merge(&position);
        assert_eq!(other.iter().collect::<Vec<_>>(), [(one, 7), (two, 9)]);
    }
}
