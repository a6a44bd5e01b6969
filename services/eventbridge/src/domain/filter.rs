//! Which events go on.

use serde_json::Value;

use super::pattern::{self, Pattern};
use super::rules::{Over, Rule};
use super::{Envelope, Refused, rules};

/// Largest payload, in bytes, if nothing else is said.
pub const MAX_PAYLOAD_BYTES: usize = 1_048_576;
/// Fields that an envelope has, if nothing else is said.
pub const REQUIRED_FIELDS: [&str; 3] = ["id", "type", "time"];

/// Which events go on.
#[derive(Debug)]
pub struct Filter {
    /// Types that go on; none means all that the routing table names.
    pub allowed_types: Vec<Pattern>,
    /// Fields that the envelope has, [`Envelope::has`].
    pub required_fields: Vec<String>,
    /// Most bytes of a message as Kafka has it.
    pub max_payload_bytes: usize,
    /// The operator's own, in their order: the first that holds decides.
    pub rules: Vec<Rule>,
    /// How long all rules together may take over one event.
    pub time_limit: std::time::Duration,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            allowed_types: Vec::new(),
            required_fields: REQUIRED_FIELDS.map(str::to_owned).to_vec(),
            max_payload_bytes: MAX_PAYLOAD_BYTES,
            rules: Vec::new(),
            time_limit: rules::TIME_LIMIT,
        }
    }
}

impl Filter {
    /// What can be said before the message is read.
    ///
    /// # Errors
    /// When its type is not allowed or it is too large.
    pub fn check_message(&self, event_type: &str, payload_bytes: usize) -> Result<(), Refused> {
        if !pattern::take(&self.allowed_types, event_type) {
            return Err(Refused::TypeNotAllowed);
        }
        if payload_bytes > self.max_payload_bytes {
            return Err(Refused::PayloadTooLarge);
        }
        Ok(())
    }

    /// What can be said of its envelope. `over` says that [`Self::time_limit`] is over since the call.
    ///
    /// # Errors
    /// When it lacks a field, and when a rule drops it, fails, or takes too long.
    pub fn check_envelope(&self, envelope: &Envelope, over: &Over) -> Result<(), Refused> {
        let missing = self
            .required_fields
            .iter()
            .find(|field| !envelope.has(field));
        if let Some(field) = missing {
            return Err(Refused::MissingField(field.clone()));
        }
        let event_type = &envelope.event_type;
        if !self.rules.iter().any(|rule| rule.is_about(event_type)) {
            return Ok(());
        }
        let Ok(Value::Object(fields)) = serde_json::to_value(envelope) else {
            return Err(Refused::Undecodable);
        };
        rules::judge(&self.rules, event_type, &fields, over)
    }
}
