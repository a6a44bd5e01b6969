//! How events stand in Redis: as a protobuf message, so that nodes of this build and of the next read each other's. Its
//! numbers are varints and its texts are bare, which makes 20 to 30 bytes beside the frame, the subject and the type.

use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use nova_ids::{PostId, UserId};
use prost::Message;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Asked, Channel, Entry, Partition, Position};

/// An [`Entry`].
#[derive(Clone, PartialEq, Message)]
struct Kept {
    #[prost(uint32, tag = "1")]
    partition: u32,
    #[prost(int64, tag = "2")]
    offset: i64,
    /// Nanoseconds since the Unix epoch.
    #[prost(int64, tag = "3")]
    time: i64,
    #[prost(string, tag = "4")]
    event_type: String,
    #[prost(string, tag = "5")]
    subject: String,
    #[prost(string, repeated, tag = "6")]
    channels: Vec<String>,
    #[prost(bytes = "bytes", tag = "7")]
    head: Bytes,
    /// Ids of users, 16 bytes each.
    #[prost(bytes = "bytes", tag = "8")]
    shows: Bytes,
    /// The id of a post; empty for none.
    #[prost(bytes = "bytes", tag = "9")]
    post: Bytes,
    /// Of the post.
    #[prost(int64, tag = "10")]
    revision: i64,
}

/// An entry as Redis keeps it.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let kept = Kept {
        partition: entry.partition.number().into(),
        offset: entry.offset,
        // Until the year 2262; what is said to happen later has happened then.
        time: i64::try_from(entry.time.unix_timestamp_nanos()).unwrap_or(i64::MAX),
        event_type: entry.event_type.to_string(),
        subject: entry.subject.to_string(),
        channels: entry.channels.iter().map(ToString::to_string).collect(),
        head: entry.head.clone(),
        shows: entry
            .shows
            .iter()
            .flat_map(|user| user.uuid().into_bytes())
            .collect(),
        post: entry
            .post
            .iter()
            .flat_map(|(post, _)| post.uuid().into_bytes())
            .collect(),
        revision: entry.post.map_or(0, |(_, revision)| revision),
    };
    kept.encode_to_vec()
}

/// What [`encode`] has written. The frame is not copied.
pub(super) fn decode(bytes: Bytes) -> Option<Entry> {
    let kept = Kept::decode(bytes).ok()?;
    let channels: Option<Vec<Channel>> = kept.channels.iter().map(|text| channel(text)).collect();
    let shows = ids(&kept.shows)?.into_iter().map(UserId::from).collect();
    let post = ids(&kept.post)?.first().copied().map(PostId::from);
    let post = post.map(|post| (post, kept.revision));
    Some(Entry {
        partition: Partition::from_number(u16::try_from(kept.partition).ok()?),
        offset: kept.offset,
        time: OffsetDateTime::from_unix_timestamp_nanos(kept.time.into()).ok()?,
        event_type: kept.event_type.into(),
        subject: kept.subject.into(),
        channels: channels?.into(),
        shows,
        post,
        head: kept.head,
    })
}

fn ids(bytes: &[u8]) -> Option<Vec<Uuid>> {
    let ids = bytes.chunks(16).map(|id| Uuid::from_slice(id).ok());
    ids.collect()
}

/// The channel that is written so ([`Channel`]'s `Display`).
pub(super) fn channel(text: &str) -> Option<Channel> {
    match text.split_once(':') {
        Some(("me", user)) => user.parse().ok().map(Channel::Me),
        Some(("node", node)) => node.parse().ok().map(Channel::Node),
        _ => Asked::read(text)?.of(None),
    }
}

/// A position as scripts write it: of each partition a blank, its number, `:` and the offset.
pub(super) fn position(text: &str) -> Option<Position> {
    let mut position = Position::default();
    for pair in text.split(' ').skip(1) {
        let (partition, offset) = pair.split_once(':')?;
        let partition = Partition::from_number(partition.parse().ok()?);
        position.raise(partition, offset.parse().ok()?);
    }
    Some(position)
}

/// The position as it is kept, before what is for the script alone.
pub(super) fn known(text: &str) -> Option<Position> {
    let (text, _) = text.split_once('/')?;
    position(text)
}

/// Events as the script tells them on a channel: of each the channel's position after it and its length, both with a line end,
/// and the entry. What cannot be read is left out.
pub(super) fn told(bytes: Vec<u8>) -> Vec<(Arc<Entry>, Position)> {
    let mut rest = Bytes::from(bytes);
    let mut told = Vec::with_capacity(1);
    while !rest.is_empty() {
        let Some((position, bytes)) = first(&mut rest) else {
            break;
        };
        // Of a later build, if it cannot be read.
        if let Some(entry) = decode(bytes) {
            told.push((Arc::new(entry), position));
        }
    }
    told
}

fn first(rest: &mut Bytes) -> Option<(Position, Bytes)> {
    let position = position(&line(rest)?)?;
    let length: usize = line(rest)?.parse().ok()?;
    (length <= rest.len()).then(|| (position, rest.split_to(length)))
}

fn line(rest: &mut Bytes) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = rest.split_to(end);
    rest.advance(1);
    String::from_utf8(line.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use nova_ids::{PostId, UserId};
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was() {
        let channels = [
            Channel::Me(UserId::new()),
            Channel::User(UserId::new()),
            Channel::Post(PostId::new()),
            Channel::Tag("é_1".to_owned()),
            Channel::Node(uuid::Uuid::now_v7()),
        ];
        let entry = Entry {
            partition: Partition::from_number(257),
            offset: i64::MAX,
            time: datetime!(2026-11-21 00:47:00.123456789 UTC),
            event_type: "nova.x.v1.Y".into(),
            subject: "s".into(),
            channels: Arc::new(channels),
            shows: Arc::new([UserId::new(), UserId::new()]),
            post: Some((PostId::new(), 7)),
            head: Bytes::from_static(b"event: a\ndata: {}\nid: "),
        };
        let bytes = encode(&entry);
        assert!(bytes.len() < 380, "{}", bytes.len());
        assert_eq!(decode(bytes.clone().into()), Some(entry.clone()));
        let text = format!(" 257:7 513:9\n{}\n", bytes.len());
        let one = [text.as_bytes(), &bytes].concat();
        let unknown = b" 257:8\n1\n\xff".as_slice();
        let all = told([one.as_slice(), unknown, &one].concat());
        assert_eq!(all.len(), 2);
        for (told, position) in all {
            assert_eq!(*told, entry);
            assert_eq!(position.get(Partition::from_number(513)), Some(9));
        }
    }

    #[test]
    fn what_is_no_entry_is_not_read() {
        for bytes in [
            b"".as_slice(),
            b"\n1\n\xff",
            b" 1\n",
            b" 1:x\n",
            b" 1:1\n",
            b" 1:1\n9\n",
            b" 1:1\n-1\n",
            b" 70000:1\n",
        ] {
            assert_eq!(told(bytes.to_vec()), [], "{bytes:?}");
        }
        for text in ["", " 1:1", " 1/", " 1:x/0"] {
            assert_eq!(known(text), None, "{text}");
        }
        assert_eq!(known("/0"), Some(Position::default()));
        for text in ["me", "me:1", "", "tag:a b"] {
            assert_eq!(channel(text), None, "{text}");
        }
    }
}
