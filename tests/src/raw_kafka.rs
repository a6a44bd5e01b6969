//! Kafka's wire protocol, as much of it as it takes to send a message that no client library would:
//! header names that are not UTF-8, headers without a value, a partition of our choice.
//!
//! Produce version 7 and record batches of version 2, as <https://kafka.apache.org/protocol> and
//! <https://kafka.apache.org/documentation/#recordbatch> describe them.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PRODUCE: i16 = 0;
const PRODUCE_VERSION: i16 = 7;
const ALL_REPLICAS: i16 = -1;
const TIMEOUT_MS: i32 = 10_000;

/// A message of bytes alone.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; without one it is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers, by name.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Sends one message to a partition of a one-broker cluster and gives its offset.
///
/// # Panics
/// When the broker does not take it.
pub async fn produce(broker: &str, topic: &str, partition: i32, message: &Message) -> i64 {
    let mut stream = TcpStream::connect(broker)
        .await
        .expect("a connection to Kafka");
    let request = request(topic, partition, &batch(message));
    stream
        .write_all(&request)
        .await
        .expect("the request is sent");
    let length = stream.read_i32().await.expect("an answer of Kafka");
    let mut answer = vec![0; usize::try_from(length).expect("a length")];
    stream
        .read_exact(&mut answer)
        .await
        .expect("a whole answer of Kafka");
    offset_in(&answer, topic)
}

fn request(topic: &str, partition: i32, batch: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    put_i16(&mut body, PRODUCE);
    put_i16(&mut body, PRODUCE_VERSION);
    put_i32(&mut body, 1); // correlation id
    put_string(&mut body, "nova-tests");
    put_i16(&mut body, -1); // no transactional id
    put_i16(&mut body, ALL_REPLICAS);
    put_i32(&mut body, TIMEOUT_MS);
    put_i32(&mut body, 1); // one topic
    put_string(&mut body, topic);
    put_i32(&mut body, 1); // one partition
    put_i32(&mut body, partition);
    put_i32(&mut body, length(batch));
    body.extend(batch);
    let mut framed = length(&body).to_be_bytes().to_vec();
    framed.extend(body);
    framed
}

fn offset_in(answer: &[u8], topic: &str) -> i64 {
    // Correlation id, number of topics, the topic's name, number of partitions, the partition.
    let error_at = 4 + 4 + 2 + topic.len() + 4 + 4;
    let number = |at: usize, size: usize| {
        let negative = answer[at] & 0x80 != 0;
        let start = if negative { -1 } else { 0 };
        answer[at..at + size]
            .iter()
            .fold(start, |number: i64, byte| number << 8 | i64::from(*byte))
    };
    let error = number(error_at, 2);
    assert_eq!(error, 0, "Kafka refused the message with error {error}");
    number(error_at + 2, 8)
}

fn batch(message: &Message) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time after 1970")
        .as_millis();
    let now = i64::try_from(now).expect("a time");
    let mut checked = Vec::new();
    put_i16(&mut checked, 0); // no compression, no transaction
    put_i32(&mut checked, 0); // offset of the last record
    put_i64(&mut checked, now);
    put_i64(&mut checked, now);
    put_i64(&mut checked, -1); // no producer id
    put_i16(&mut checked, -1); // no producer epoch
    put_i32(&mut checked, -1); // no sequence
    put_i32(&mut checked, 1); // one record
    let record = record(message);
    put_varint(&mut checked, i64::from(length(&record)));
    checked.extend(record);

    let mut batch = Vec::new();
    put_i64(&mut batch, 0); // base offset
    put_i32(&mut batch, length(&checked) + 4 + 1 + 4);
    put_i32(&mut batch, -1); // leader epoch
    batch.push(2); // version
    batch.extend(crc32c(&checked).to_be_bytes());
    batch.extend(checked);
    batch
}

fn record(message: &Message) -> Vec<u8> {
    let mut record = vec![0]; // attributes
    put_varint(&mut record, 0); // time since the batch's
    put_varint(&mut record, 0); // offset within the batch
    put_bytes(&mut record, message.key.as_deref());
    put_bytes(&mut record, message.value.as_deref());
    put_varint(
        &mut record,
        i64::try_from(message.headers.len()).expect("a number of headers"),
    );
    for (name, value) in &message.headers {
        put_bytes(&mut record, Some(name));
        put_bytes(&mut record, value.as_deref());
    }
    record
}

fn put_bytes(buffer: &mut Vec<u8>, bytes: Option<&[u8]>) {
    put_varint(buffer, bytes.map_or(-1, |bytes| i64::from(length(bytes))));
    buffer.extend(bytes.unwrap_or_default());
}

/// Zigzag, then seven bits at a time, the lowest first.
fn put_varint(buffer: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        buffer.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    buffer.push(rest.to_le_bytes()[0]);
}

fn put_string(buffer: &mut Vec<u8>, text: &str) {
    put_i16(buffer, i16::try_from(text.len()).expect("a short text"));
    buffer.extend(text.as_bytes());
}

fn put_i16(buffer: &mut Vec<u8>, number: i16) {
    buffer.extend(number.to_be_bytes());
}

fn put_i32(buffer: &mut Vec<u8>, number: i32) {
    buffer.extend(number.to_be_bytes());
}

fn put_i64(buffer: &mut Vec<u8>, number: i64) {
    buffer.extend(number.to_be_bytes());
}

fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).expect("less than 2 GiB")
}

/// CRC-32C (Castagnoli), bit by bit: RFC 3720, appendix B.4.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0x82F6_3B78
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn numbers_of_any_size_are_written_as_kafka_reads_them() {
        let written = |number| {
            let mut buffer = Vec::new();
            put_varint(&mut buffer, number);
            buffer
        };
        assert_eq!(written(0), [0]);
        assert_eq!(written(-1), [1]);
        assert_eq!(written(63), [126]);
        assert_eq!(written(64), [128, 1]);
        assert_eq!(written(300), [216, 4]);
    }
}
