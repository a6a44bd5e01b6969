//! A message as it came from Kafka, owned, in one allocation for its bytes.

use std::borrow::Cow;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers};

use crate::fingerprint;

/// Names of the headers: CloudEvents 1.0 in Kafka's binary mode, and W3C trace context.
pub mod header {
    /// Always `1.0`.
    pub const SPEC_VERSION: &str = "ce_specversion";
    /// UUIDv7 of the event.
    pub const ID: &str = "ce_id";
    /// `/nova/<service>`.
    pub const SOURCE: &str = "ce_source";
    /// Full name of the protobuf message.
    pub const TYPE: &str = "ce_type";
    /// RFC 3339.
    pub const TIME: &str = "ce_time";
    /// Id of the entity it is about.
    pub const SUBJECT: &str = "ce_subject";
    /// The key once more, for consumers that cannot see Kafka's.
    pub const PARTITION_KEY: &str = "ce_partitionkey";
    /// `major.minor` of the message.
    pub const DATA_VERSION: &str = "ce_dataversion";
    /// Id of the first event of the chain.
    pub const CORRELATION: &str = "ce_correlationid";
    /// Id of the event that led to this one.
    pub const CAUSATION: &str = "ce_causationid";
    /// Always `application/protobuf`.
    pub const CONTENT_TYPE: &str = "content-type";
    /// W3C trace context.
    pub const TRACEPARENT: &str = "traceparent";
    /// W3C trace context, what vendors add.
    pub const TRACESTATE: &str = "tracestate";
}

/// A key that is longer names its sequence by its hash: the database indexes sequences, and an entry of
/// an index has at most 2,704 bytes.
const LONGEST_SEQUENCE: usize = 512;

/// Bytes that the headers of an event take, roughly: growing costs more than a little too much.
const HEADERS_ROOM: usize = 512;

/// A message as it came from Kafka.
#[derive(Debug, Clone)]
pub struct Record {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// Milliseconds since 1970 that Kafka has noted; less than 0 if it has none, 0 if it was restored.
    pub(crate) timestamp: i64,
    bytes: Vec<u8>,
    key: Option<Range<u32>>,
    payload: Option<Range<u32>>,
    /// None when a header's name is not UTF-8.
    headers: Option<Box<[HeaderAt]>>,
}

#[derive(Debug, Clone)]
struct HeaderAt {
    name: Range<u32>,
    value: Option<Range<u32>>,
}

/// A header; one without a value is another than one with an empty one.
pub(crate) type NameAndValue<'a> = (&'a str, Option<&'a [u8]>);

/// What a record is made of, to make it again from what is stored.
pub(crate) struct Parts<'a> {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<&'a [u8]>,
    /// None when they could not be read.
    pub(crate) headers: Option<Vec<NameAndValue<'a>>>,
    pub(crate) payload: Option<&'a [u8]>,
}

impl Record {
    /// A record as it was.
    pub(crate) fn restore(parts: Parts<'_>) -> Self {
        let mut bytes = Vec::new();
        let key = parts.key.map(|key| push(&mut bytes, key));
        let payload = parts.payload.map(|payload| push(&mut bytes, payload));
        let headers = parts.headers.map(|headers| {
            let stored = headers.into_iter().map(|(name, value)| HeaderAt {
                name: push(&mut bytes, name.as_bytes()),
                value: value.map(|value| push(&mut bytes, value)),
            });
            stored.collect()
        });
        Self {
            topic: parts.topic,
            partition: parts.partition,
            offset: parts.offset,
            timestamp: 0,
            bytes,
            key,
            payload,
            headers,
        }
    }

    /// Copies a message out of librdkafka's buffers. Headers are left out unless `wanted(name)`… all
    /// are kept: a dead letter must be whole.
    pub(crate) fn copy(topic: Arc<str>, message: &BorrowedMessage<'_>) -> Self {
        let key = message.key();
        let payload = message.payload();
        let known = key.map_or(0, <[u8]>::len) + payload.map_or(0, <[u8]>::len);
        let headers = message.headers();
        let room = if headers.is_some() { HEADERS_ROOM } else { 0 };
        let mut bytes = Vec::with_capacity(known + room);
        let key = key.map(|key| push(&mut bytes, key));
        let payload = payload.map(|payload| push(&mut bytes, payload));
        // The client library panics on a header name that is not UTF-8, and anyone may send one.
        let headers = catch_unwind(AssertUnwindSafe(|| copy_headers(headers, &mut bytes))).ok();
        Self {
            topic,
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(-1),
            bytes,
            key,
            payload,
            headers,
        }
    }

    /// The topic's name on the broker.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition.
    #[must_use]
    pub const fn partition(&self) -> i32 {
        self.partition
    }

    /// The offset within the partition.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        self.offset
    }

    /// The key's bytes, if the message has a key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_ref().map(|at| self.slice(at))
    }

    /// What it must stay in order with: its key. A record without one is a sequence of its own. At most
    /// 512 bytes; long keys whose hashes are equal share a sequence.
    pub(crate) fn sequence(&self) -> Cow<'_, [u8]> {
        match self.key() {
            Some(key) => sequence_of(key),
            None => Cow::Owned(format!("\0{}:{}", self.partition, self.offset).into_bytes()),
        }
    }

    /// Bytes that it takes in memory, but for the small change.
    pub(crate) fn size(&self) -> usize {
        let headers = self.headers.as_deref().map_or(0, <[HeaderAt]>::len);
        size_of::<Self>() + self.bytes.len() + headers * size_of::<HeaderAt>()
    }

    /// The payload's bytes, if the message is not a tombstone.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.payload.as_ref().map(|at| self.slice(at))
    }

    /// Whether the headers could be read.
    pub(crate) const fn is_readable(&self) -> bool {
        self.headers.is_some()
    }

    /// Every header in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.headers.iter().flatten().map(|header| {
            let name = std::str::from_utf8(self.slice(&header.name)).unwrap_or_default();
            (name, header.value.as_ref().map(|at| self.slice(at)))
        })
    }

    /// The first header of that name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let wanted = name.as_bytes();
        let found = self
            .headers
            .iter()
            .flatten()
            .find(|at| self.slice(&at.name) == wanted)?;
        std::str::from_utf8(self.slice(found.value.as_ref()?)).ok()
    }

    fn slice(&self, at: &Range<u32>) -> &[u8] {
        self.bytes
            .get(at.start as usize..at.end as usize)
            .unwrap_or_default()
    }

    /// The same, written at another time.
    #[cfg(test)]
    pub(crate) fn written_at(self, timestamp: i64) -> Self {
        Self { timestamp, ..self }
    }

    #[cfg(test)]
    pub(crate) fn of_parts(headers: &[(&str, &str)], payload: Option<&[u8]>) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, Some(value.as_bytes())))
            .collect();
        Self::restore(Parts {
            topic: "test".into(),
            partition: 0,
            offset: 0,
            key: None,
            headers: Some(headers),
            payload,
        })
    }
}

/// The sequence of records with this key.
pub(crate) fn sequence_of(key: &[u8]) -> Cow<'_, [u8]> {
    if key.len() <= LONGEST_SEQUENCE {
        return Cow::Borrowed(key);
    }
    let hash = fingerprint::fnv1a(key);
    Cow::Owned(format!("\0{}#{hash:016x}", key.len()).into_bytes())
}

fn copy_headers(headers: Option<&BorrowedHeaders>, bytes: &mut Vec<u8>) -> Box<[HeaderAt]> {
    let Some(headers) = headers else {
        return Box::default();
    };
    headers
        .iter()
        .map(|header| HeaderAt {
            name: push(bytes, header.key.as_bytes()),
            value: header.value.map(|value| push(bytes, value)),
        })
        .collect()
}

/// A Kafka message is far below 4 GiB, so its offsets fit 32 bits.
fn push(bytes: &mut Vec<u8>, part: &[u8]) -> Range<u32> {
    let start = bytes.len() as u32;
    bytes.extend_from_slice(part);
    start..bytes.len() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_key(key: Option<&[u8]>) -> Record {
        Record::restore(Parts {
            topic: "test".into(),
            partition: 3,
            offset: 42,
            key,
            headers: None,
            payload: None,
        })
    }

    #[test]
    fn the_sequence_is_the_key() {
        assert_eq!(&*with_key(Some(b"key\0\xff")).sequence(), b"key\0\xff");
        assert_eq!(&*with_key(Some(b"")).sequence(), b"");
    }

    #[test]
    fn a_record_without_a_key_is_a_sequence_of_its_own() {
        assert_eq!(&*with_key(None).sequence(), b"\x003:42");
    }

    #[test]
    fn the_sequence_of_a_long_key_is_short_and_its_own() {
        let (one, other) = (vec![1; 1_000_000], vec![2; 1_000_000]);
        let (one, other) = (with_key(Some(&one)), with_key(Some(&other)));
        assert!(one.sequence().len() <= LONGEST_SEQUENCE);
        assert_ne!(one.sequence(), other.sequence());
    }
}
