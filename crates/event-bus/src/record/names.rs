//! What the headers of events are called.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A header that the bus writes or reads, in the order in which its relay writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    SpecVersion,
    Id,
    Source,
    Type,
    Time,
    Subject,
    PartitionKey,
    DataVersion,
    Correlation,
    ContentType,
    Causation,
    Traceparent,
    Tracestate,
}

/// How many there are.
pub(super) const KNOWN: usize = 13;

/// The attributes of `CloudEvents` carry a prefix; the last column says which those are.
const NAMES: [(&str, bool); KNOWN] = [
    ("specversion", true),
    ("id", true),
    ("source", true),
    ("type", true),
    ("time", true),
    ("subject", true),
    ("partitionkey", true),
    ("dataversion", true),
    ("correlationid", true),
    ("content-type", false),
    ("causationid", true),
    ("traceparent", false),
    ("tracestate", false),
];

/// What `CloudEvents` puts before the names of its attributes in Kafka.
pub(crate) const CLOUD_EVENTS: &str = "ce_";

/// The names of all known headers with one prefix.
#[derive(Debug)]
pub(crate) struct HeaderNames {
    names: [String; KNOWN],
}

impl HeaderNames {
    /// The names with this prefix. Kept for ever, so that every record can point at them: a process knows few
    /// prefixes.
    pub(crate) fn with(prefix: &str) -> &'static Self {
        static DEFAULT: OnceLock<HeaderNames> = OnceLock::new();
        static OTHERS: OnceLock<Mutex<HashMap<String, &'static HeaderNames>>> = OnceLock::new();
        if prefix == CLOUD_EVENTS {
            return DEFAULT.get_or_init(|| Self::new(prefix));
        }
        let others = OTHERS.get_or_init(Mutex::default);
        let mut others = others.lock().unwrap_or_else(PoisonError::into_inner);
        others
            .entry(prefix.to_owned())
            .or_insert_with(|| Box::leak(Box::new(Self::new(prefix))))
    }

    fn new(prefix: &str) -> Self {
        Self {
            names: NAMES.map(|(name, has_prefix)| {
                let prefix = if has_prefix { prefix } else { "" };
                format!("{prefix}{name}")
            }),
        }
    }

    pub(crate) fn of(&self, known: Known) -> &str {
        self.at(known as usize)
    }

    pub(super) fn at(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// The place of a name among the known ones; `guess` is where it is if the relay wrote it.
    pub(super) fn find(&self, name: &str, guess: usize) -> Option<usize> {
        if self.names.get(guess).is_some_and(|known| known == name) {
            return Some(guess);
        }
        self.names.iter().position(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::header;

    #[test]
    fn the_names_are_those_of_cloudevents() {
        let names = HeaderNames::with("ce_");
        for (known, name) in [
            (Known::SpecVersion, header::SPEC_VERSION),
            (Known::Id, header::ID),
            (Known::Source, header::SOURCE),
            (Known::Type, header::TYPE),
            (Known::Time, header::TIME),
            (Known::Subject, header::SUBJECT),
            (Known::PartitionKey, header::PARTITION_KEY),
            (Known::DataVersion, header::DATA_VERSION),
            (Known::Correlation, header::CORRELATION),
            (Known::ContentType, header::CONTENT_TYPE),
            (Known::Causation, header::CAUSATION),
            (Known::Traceparent, header::TRACEPARENT),
            (Known::Tracestate, header::TRACESTATE),
        ] {
            assert_eq!(names.of(known), name);
            assert_eq!(names.find(name, 0), Some(known as usize));
            assert_eq!(names.find(name, known as usize), Some(known as usize));
        }
    }

    #[test]
    fn only_attributes_have_the_prefix() {
        let names = HeaderNames::with("shop-");
        assert_eq!(names.of(Known::Id), "shop-id");
        assert_eq!(names.of(Known::Traceparent), "traceparent");
        assert_eq!(names.find("ce_id", 1), None);
    }
}
