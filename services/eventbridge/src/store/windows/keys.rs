//! What keys are called. All of a channel are in one slot of a cluster, and those of different channels are spread over it.

use crate::domain::Channel;

/// Keys that begin with the prefix of this installation.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: String,
}

/// The keys of a channel.
pub(super) struct ChannelKeys {
    /// A stream: the window.
    pub(super) window: String,
    /// A text: the last offset of each partition.
    pub(super) positions: String,
    /// The sharded channel on which events are told.
    pub(super) told: String,
}

/// How things are kept. Whoever keeps them otherwise knows nothing of these, and fills its own from Kafka.
const VERSION: u8 = 2;

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: format!("{prefix}bridge{VERSION}:"),
        }
    }

    /// Which generation counts.
    pub(super) fn generation(&self) -> String {
        format!("{}generation", self.prefix)
    }

    pub(super) fn of(&self, generation: u64, channel: &Channel) -> ChannelKeys {
        let base = format!("{}{{{generation}:{channel}}}", self.prefix);
        ChannelKeys {
            positions: format!("{base}p"),
            told: format!("{base}t"),
            window: format!("{base}w"),
        }
    }

    /// Where events of a channel are told.
    pub(super) fn told(&self, generation: u64, channel: &Channel) -> String {
        self.of(generation, channel).told
    }

    /// The channel whose events are told there.
    pub(super) fn channel(&self, told: &[u8]) -> Option<Channel> {
        let name = std::str::from_utf8(told).ok()?;
        let tag = name.strip_prefix(&self.prefix)?.strip_prefix('{')?;
        let (_, channel) = tag.strip_suffix("}t")?.split_once(':')?;
        super::entry::channel(channel)
    }
}

#[cfg(test)]
mod tests {
    use nova_ids::UserId;

    use super::*;

    #[test]
    fn a_channel_is_found_by_where_it_is_told() {
        let keys = Keys::new("test:");
        for channel in [Channel::Me(UserId::new()), Channel::Tag("é".to_owned())] {
            let told = keys.told(7, &channel);
            assert_eq!(told, format!("test:bridge2:{{7:{channel}}}t"));
            assert_eq!(keys.channel(told.as_bytes()), Some(channel));
        }
        for other in ["", "test:bridge2:{7:me}t", "other:{7:tag:a}t"] {
            assert_eq!(keys.channel(other.as_bytes()), None, "{other}");
        }
    }
}
