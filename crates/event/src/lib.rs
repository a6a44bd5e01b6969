#![doc = include_str!("../README.md")]

mod topic;

pub use prost;
pub use topic::Topic;

/// A protobuf message that is published as an event.
pub trait Event: prost::Message + Default + 'static {
    /// How it is described.
    const INFO: EventInfo;

    /// The id of the entity it is about.
    fn subject(&self) -> &str;

    /// What the broker partitions by: events with the same key keep their order.
    fn key(&self) -> &str;
}

/// What there is to know of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventInfo {
    /// Full name of the protobuf message, `nova.content.v1.PostCreated`: the CloudEvents type.
    pub event_type: &'static str,
    /// Topic it is published on.
    pub topic: Topic,
    /// Name of the field that is the key.
    pub key: &'static str,
    /// The one service that publishes it.
    pub owner: &'static str,
    /// `major.minor`. A new minor version adds fields; a new major version is a new package.
    pub version: &'static str,
}

/// Makes protobuf messages events, and lists them: see the crate's example. After the list's name, a line for
/// each message: its full protobuf name, its topic, the fields that are its key and its subject (both
/// `string`), who publishes it, and its version.
#[macro_export]
macro_rules! events {
    ($(#[$attribute:meta])* $visible:vis const $list:ident;
        $($message:path: $type:literal on $topic:expr, key $key:ident, about $subject:ident,
        by $owner:literal, version $version:literal;)*) => {
        $(#[$attribute])*
        $visible const $list: &[$crate::EventInfo] = &[$(<$message as $crate::Event>::INFO),*];

        $(impl $crate::Event for $message {
            const INFO: $crate::EventInfo = $crate::EventInfo {
                event_type: $type,
                topic: $topic,
                key: stringify!($key),
                owner: $owner,
                version: $version,
            };

            fn subject(&self) -> &str {
                &self.$subject
            }

            fn key(&self) -> &str {
                &self.$key
            }
        })*
    };
}
