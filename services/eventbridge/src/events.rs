//! What this service reads. The one place where protobuf becomes JSON: by the descriptors, so that a new event needs no code.

mod learned;
mod names;

use std::collections::HashMap;

use nova_proto::catalogue::{EVENTS, HEALTH, TOPICS, Topic, USER_EXPORTS};
use nova_proto::routing;
use prost_reflect::{
    DescriptorError, DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions,
};
use serde_json::Value;

pub use self::learned::Learned;
pub(crate) use self::names::Names;
use crate::domain::Refused;
use crate::domain::routing::Data;

/// The topics that carry events for somebody. What nodes send themselves is on [`HEALTH`].
pub(crate) fn topics() -> impl Iterator<Item = &'static Topic> {
    let silent = [HEALTH.name, USER_EXPORTS.name];
    TOPICS
        .iter()
        .filter(move |topic| !silent.contains(&topic.name))
}

/// As clients read it: names as they are in the protos, enumerations by name, 64-bit integers as numbers, and what is not set
/// as what it is then. Fields that can be absent are absent.
const OPTIONS: SerializeOptions = SerializeOptions::new()
    .use_proto_field_name(true)
    .use_enum_numbers(false)
    .stringify_64_bit_integers(false)
    .skip_default_fields(false);

/// Every event of the catalogue, as it is read.
#[derive(Debug, Clone)]
pub struct Schemas(HashMap<&'static str, Schema>);

/// One of them.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Full name of the protobuf message.
    pub event_type: &'static str,
    /// Whom it reaches; none if nobody.
    pub route: Option<&'static routing::Route>,
    message: MessageDescriptor,
}

impl Schemas {
    /// Reads the descriptors that were compiled in.
    ///
    /// # Errors
    /// When they are none, which a test would have told.
    pub fn new() -> Result<Self, DescriptorError> {
        let pool = DescriptorPool::decode(nova_proto::FILE_DESCRIPTOR_SET)?;
        let schema = |event_type: &'static str| {
            let schema = Schema {
                event_type,
                route: routing::find(event_type),
                message: pool.get_message_by_name(event_type)?,
            };
            Some((event_type, schema))
        };
        let types = EVENTS.iter().map(|info| info.event_type);
        Ok(Self(types.filter_map(schema).collect()))
    }

    /// How events of a type are read; none if the catalogue does not have it.
    #[must_use]
    pub fn find(&self, event_type: &str) -> Option<&Schema> {
        self.0.get(event_type)
    }
}

impl Schema {
    /// The message as JSON.
    ///
    /// # Errors
    /// When the bytes are none of this type, or a time in it is none that can be written.
    pub fn decode(&self, payload: &[u8]) -> Result<Data, Refused> {
        let message = DynamicMessage::decode(self.message.clone(), payload)
            .map_err(|_| Refused::Undecodable)?;
        let json = message.serialize_with_options(serde_json::value::Serializer, &OPTIONS);
        match json {
            Ok(Value::Object(data)) => Ok(data),
            _ => Err(Refused::Undecodable),
        }
    }
}

#[cfg(test)]
mod tests;
