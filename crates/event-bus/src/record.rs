//! A message as it came from Kafka, owned, in one allocation.

mod headers;
mod names;

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Headers as _};

use self::headers::{Headers, Writer};
pub(crate) use self::names::{CLOUD_EVENTS, HeaderNames, Known};
use crate::fingerprint;

/// Names of the headers: CloudEvents 1.0 in Kafka's binary mode, and W3C trace context. Those that begin with
/// `ce_` begin with [`KafkaConfig::header_prefix`](crate::KafkaConfig::header_prefix) if that is another.
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

/// Bytes of a header's value, roughly: growing costs more than a little too much.
const VALUE_ROOM: usize = 28;

/// A message as it came from Kafka.
#[derive(Debug, Clone)]
pub struct Record {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// Milliseconds since 1970 that Kafka has noted; less than 0 if it has none, 0 if it was restored.
    pub(crate) timestamp: i64,
    /// The key, the payload and the headers.
    bytes: Vec<u8>,
    key: Option<Range<u32>>,
    payload: Option<Range<u32>>,
    /// None when a header's name is not UTF-8.
    headers: Option<Headers>,
    names: &'static HeaderNames,
    /// Of the sequence. Whoever makes a record has its key at hand; whoever queues it may have to wait for memory.
    hash: u64,
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
    /// A record as it was, of which headers are known by the names of `CloudEvents` until [`Self::named`].
    pub(crate) fn restore(parts: Parts<'_>) -> Self {
        Self::made(parts, HeaderNames::with(CLOUD_EVENTS))
    }

    /// The same, with its headers known by these names.
    pub(crate) fn named(self, names: &'static HeaderNames) -> Self {
        if std::ptr::eq(self.names, names) {
            return self;
        }
        let headers = self.headers.is_some().then(|| self.headers().collect());
        let parts = Parts {
            topic: Arc::clone(&self.topic),
            partition: self.partition,
            offset: self.offset,
            key: self.key(),
            headers,
            payload: self.payload(),
        };
        Self {
            timestamp: self.timestamp,
            ..Self::made(parts, names)
        }
    }

    fn made(parts: Parts<'_>, names: &'static HeaderNames) -> Self {
        let mut bytes = Vec::new();
        let key = parts.key.map(|key| push(&mut bytes, key));
        let payload = parts.payload.map(|payload| push(&mut bytes, payload));
        let headers = parts.headers.map(|headers| {
            let mut writer = Writer::new(&mut bytes, names, headers.len());
            for (name, value) in headers {
                writer.push(name, value);
            }
            writer.finish()
        });
        Self {
            hash: hash_of(&sequence_at(parts.key, parts.partition, parts.offset)),
            topic: parts.topic,
            partition: parts.partition,
            offset: parts.offset,
            timestamp: 0,
            bytes,
            key,
            payload,
            headers,
            names,
        }
    }

    /// Copies a message out of librdkafka's buffers, with all its headers: a dead letter must be whole.
    pub(crate) fn copy(
        topic: Arc<str>,
        message: &BorrowedMessage<'_>,
        names: &'static HeaderNames,
    ) -> Self {
        let (key, payload) = (message.key(), message.payload());
        let (partition, offset) = (message.partition(), message.offset());
        let hash = hash_of(&sequence_at(key, partition, offset));
        let known = key.map_or(0, <[u8]>::len) + payload.map_or(0, <[u8]>::len);
        let headers = message.headers();
        let count = headers.map_or(0, |headers| headers.count());
        let mut bytes = Vec::with_capacity(known + count * (Headers::ENTRY + VALUE_ROOM));
        let key = key.map(|key| push(&mut bytes, key));
        let payload = payload.map(|payload| push(&mut bytes, payload));
        let headers = match headers {
            None => Some(Headers::default()),
            // The client library panics on a header name that is not UTF-8, and anyone may send one.
            Some(headers) => catch_unwind(AssertUnwindSafe(|| {
                let mut writer = Writer::new(&mut bytes, names, count);
                for header in (0..count).filter_map(|at| headers.try_get(at)) {
                    writer.push(header.key, header.value);
                }
                writer.finish()
            }))
            .ok(),
        };
        Self {
            topic,
            partition,
            offset,
            timestamp: message.timestamp().to_millis().unwrap_or(-1),
            bytes,
            key,
            payload,
            headers,
            names,
            hash,
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

    /// When it was written, in milliseconds since the Unix epoch, as Kafka has noted it; none if that is not known.
    #[must_use]
    pub const fn timestamp(&self) -> Option<i64> {
        if self.timestamp > 0 {
            Some(self.timestamp)
        } else {
            None
        }
    }

    /// The key's bytes, if the message has a key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_ref().map(|at| self.slice(at))
    }

    /// What it must stay in order with: its key. A record without one is a sequence of its own. At most
    /// 512 bytes; long keys whose hashes are equal share a sequence.
    pub(crate) fn sequence(&self) -> Cow<'_, [u8]> {
        sequence_at(self.key(), self.partition, self.offset)
    }

    /// What [`hash_of`] its sequence is.
    pub(crate) const fn sequence_hash(&self) -> u64 {
        self.hash
    }

    /// Bytes that it takes in memory, but for the small change.
    pub(crate) const fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
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
        let headers = self.headers.iter();
        headers.flat_map(move |headers| headers.iter(&self.bytes, self.names))
    }

    /// The first header of that name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers().find(|(found, _)| *found == name)?;
        std::str::from_utf8(value?).ok()
    }

    /// What the header of that meaning is called here.
    pub(crate) fn name_of(&self, known: Known) -> &'static str {
        self.names.of(known)
    }

    /// The first header of that meaning, if it is text.
    pub(crate) fn known(&self, known: Known) -> Option<&str> {
        match self.headers.as_ref()?.known(&self.bytes, known) {
            Some(value) => std::str::from_utf8(value?).ok(),
            None => self.header(self.names.of(known)),
        }
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

fn sequence_at(key: Option<&[u8]>, partition: i32, offset: i64) -> Cow<'_, [u8]> {
    match key {
        Some(key) => sequence_of(key),
        None => Cow::Owned(format!("\0{partition}:{offset}").into_bytes()),
    }
}

/// A hash of a sequence, which nobody outside this process can foresee.
pub(crate) fn hash_of(sequence: &[u8]) -> u64 {
    static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let mut hasher = SECRET.build_hasher();
    hasher.write(sequence);
    hasher.finish()
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

    #[test]
    fn headers_are_found_by_name_and_by_meaning() {
        let mut headers = vec![
            ("ce_id", Some("7".as_bytes())),
            ("ce_type", None),
            ("own", Some(b"\xff".as_slice())),
            ("ce_id", Some(b"8")),
            ("traceparent", Some(b"")),
        ];
        let many = vec![("filler", None); 300];
        for more in [Vec::new(), many] {
            headers.splice(0..0, more);
            let record = Record::restore(Parts {
                topic: "test".into(),
                partition: 0,
                offset: 0,
                key: Some(b"key"),
                headers: Some(headers.clone()),
                payload: Some(b"payload"),
            });
            assert!(record.headers().eq(headers.iter().copied()));
            assert_eq!(record.header("ce_id"), Some("7"));
            assert_eq!(record.known(Known::Id), Some("7"));
            assert_eq!(record.known(Known::Type), None);
            assert_eq!(record.known(Known::Source), None);
            assert_eq!(record.known(Known::Traceparent), Some(""));
            assert_eq!(record.header("own"), None);
            assert_eq!(record.payload(), Some(b"payload".as_slice()));

            let renamed = record.named(HeaderNames::with("c"));
            assert!(renamed.headers().eq(headers.iter().copied()));
            assert_eq!(renamed.known(Known::Id), None);
            assert_eq!(renamed.known(Known::Traceparent), Some(""));
        }
    }
}
