//! How topics and headers are named.

use nova_event_bus::{KafkaConfig, Record};
use nova_proto::catalogue::Topic;

use crate::domain::{Headers, Partition};

/// Names with the prefixes of this installation.
pub(crate) struct Names<'a> {
    topic_prefix: &'a str,
    id: String,
    event_type: String,
    source: String,
    subject: String,
    time: String,
    user_id: String,
    session_id: String,
}

impl<'a> Names<'a> {
    pub(crate) fn of(kafka: &'a KafkaConfig) -> Self {
        let header = |name: &str| format!("{}{name}", kafka.header_prefix);
        Self {
            topic_prefix: &kafka.topic_prefix,
            id: header("id"),
            event_type: header("type"),
            source: header("source"),
            subject: header("subject"),
            time: header("time"),
            user_id: header("userid"),
            session_id: header("sessionid"),
        }
    }

    /// What the headers of a message say.
    pub(crate) fn headers<'r>(&self, record: &'r Record) -> Headers<'r> {
        Headers {
            id: record.header(&self.id),
            event_type: record.header(&self.event_type),
            source: record.header(&self.source),
            subject: record.header(&self.subject),
            time: record.header(&self.time),
            user_id: record.header(&self.user_id),
            session_id: record.header(&self.session_id),
        }
    }

    /// Whether a message is on this topic.
    pub(crate) fn is_on(&self, record: &Record, topic: &Topic) -> bool {
        record.topic().strip_prefix(self.topic_prefix) == Some(topic.name)
    }

    /// Where a message is. None of a topic or partition that positions have no number for.
    pub(crate) fn partition(&self, record: &Record) -> Option<Partition> {
        let topic = record.topic().strip_prefix(self.topic_prefix)?;
        Partition::of(topic, record.partition())
    }
}
