//! What `id:` says: whose stream it is of, and how far each of its channels is.
//!
//! `<tag>.<position>`, both in base64url. The tag is of the user and the channels, made once per stream. The position has its
//! own tag and does not depend on the stream, so that all streams of one channel share it. Each channel has its own offsets,
//! since what is published on two channels at once may reach a stream by one of them before the other one has what came
//! earlier there: with one offset for both, who comes back in between would miss that.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use nova_ids::UserId;
use time::OffsetDateTime;

use super::{Channel, Partition, Position};

/// Most bytes of an id.
pub const LONGEST_ID: usize = 1_000;
/// Bytes that are kept of each tag.
const TAG: usize = 8;
/// Most channels of a stream.
pub const MOST_CHANNELS: usize = 20;
/// How positions are written. Those of another version are none of ours.
const VERSION: u8 = 1;

/// Makes tags that only this platform can have made.
pub trait Seal {
    /// The tag of these parts, one behind the other.
    fn tag(&self, parts: &[&[u8]]) -> [u8; 16];
}

/// Says whose stream it is, and of which channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamTag([u8; 11]);

impl StreamTag {
    /// The tag of a caller's stream of these channels, in whatever order they are.
    #[must_use]
    pub fn new(seal: &impl Seal, caller: Option<UserId>, channels: &[Channel]) -> Self {
        let mut names: Vec<String> = channels.iter().map(ToString::to_string).collect();
        names.sort_unstable();
        let caller = caller.map(|caller| caller.to_string()).unwrap_or_default();
        // No name has a line end.
        let all = format!("{caller}\n{}", names.join("\n"));
        let tag = short(seal, &[b"stream", all.as_bytes()]);
        let mut text = [0; 11];
        let written = URL_SAFE_NO_PAD.encode_slice(tag, &mut text);
        debug_assert_eq!(written.ok(), Some(text.len()));
        Self(text)
    }

    /// As ids have it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn short(seal: &impl Seal, parts: &[&[u8]]) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag.copy_from_slice(&seal.tag(parts)[..TAG]);
    tag
}

/// Whether two are the same, in the same time whatever they are.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differences == 0
}

/// How far a stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamPosition {
    /// When what was told last has happened, to the second.
    pub at: OffsetDateTime,
    /// The number of the last [`super::Loss`] that it was told; 0 is none.
    pub losses: u64,
    /// Of each of its channels, in their order.
    pub channels: Vec<Position>,
}

impl StreamPosition {
    /// Whether that was before a time, as far as ids say: they have no parts of seconds.
    #[must_use]
    pub const fn is_before(&self, time: OffsetDateTime) -> bool {
        self.at.unix_timestamp() < time.unix_timestamp()
    }
}

/// What a client brings when it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Had {
    /// It was this far.
    Valid(StreamPosition),
    /// An id of another stream: of somebody else, or of other channels.
    Foreign,
    /// No id that was ever given.
    Changed,
}

/// What stands in an id behind the stream's tag: `.` and the position. Many channels may be too far apart for it: then all are
/// said to be where the last of them is, so that whoever comes back is told something twice, but misses nothing. None if
/// there are so many partitions that even that is longer than an id may be; such a frame goes without an id, and its client
/// comes back to the one before.
#[must_use]
pub fn encode(
    seal: &impl Seal,
    at: OffsetDateTime,
    losses: u64,
    channels: &[&Position],
) -> Option<Bytes> {
    written(seal, at, losses, channels).or_else(|| {
        let least = least(channels);
        written(seal, at, losses, &least.iter().collect::<Vec<_>>())
    })
}

/// The same partitions of each channel, but no farther than the channel that is the last in it.
fn least(channels: &[&Position]) -> Vec<Position> {
    let last = |partition| channels.iter().filter_map(|one| one.get(partition)).min();
    let lowered = |one: &&Position| {
        let pairs = one
            .iter()
            .map(|(partition, offset)| (partition, last(partition).unwrap_or(offset)));
        pairs.collect()
    };
    channels.iter().map(lowered).collect()
}

fn written(
    seal: &impl Seal,
    at: OffsetDateTime,
    losses: u64,
    channels: &[&Position],
) -> Option<Bytes> {
    let mut bytes = vec![VERSION];
    push(&mut bytes, u64::try_from(at.unix_timestamp()).unwrap_or(0));
    push(&mut bytes, losses);
    push(&mut bytes, channels.len() as u64);
    let mut all = Position::default();
    for position in channels {
        all.merge(position);
    }
    let mut before = 0;
    for (partition, greatest) in all.iter() {
        push(&mut bytes, u64::from(partition.number() - before));
        before = partition.number();
        push(&mut bytes, greatest.unsigned_abs());
        if channels.len() > 1 {
            push_each(&mut bytes, channels, partition, greatest);
        }
    }
    let tag = short(seal, &[b"position", &bytes]);
    bytes.extend(tag);
    let text = format!(".{}", URL_SAFE_NO_PAD.encode(bytes));
    (11 + text.len() <= LONGEST_ID).then(|| text.into())
}

/// Which channels have something of the partition, and how far each is behind the greatest.
fn push_each(bytes: &mut Vec<u8>, channels: &[&Position], partition: Partition, greatest: i64) {
    let offsets: Vec<Option<i64>> = channels.iter().map(|one| one.get(partition)).collect();
    let bit = |(place, offset): (usize, &Option<i64>)| u64::from(offset.is_some()) << place;
    push(bytes, offsets.iter().enumerate().map(bit).sum());
    for offset in offsets.into_iter().flatten() {
        push(bytes, greatest.abs_diff(offset));
    }
}

/// Reads what a client brings, whatever it is.
#[must_use]
pub fn read(seal: &impl Seal, tag: &StreamTag, channels: usize, id: &[u8]) -> Had {
    if id.len() > LONGEST_ID {
        return Had::Changed;
    }
    let Some(dot) = id.iter().position(|byte| *byte == b'.') else {
        return Had::Changed;
    };
    let position = id.get(dot + 1..).and_then(|text| open(seal, text));
    let Some(position) = position else {
        return Had::Changed;
    };
    if position.channels.len() != channels || !is_same(&id[..dot], tag.as_bytes()) {
        return Had::Foreign;
    }
    Had::Valid(position)
}

fn open(seal: &impl Seal, text: &[u8]) -> Option<StreamPosition> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (bytes, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
    if !is_same(&short(seal, &[b"position", bytes]), tag) {
        return None;
    }
    let (version, mut rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let at = i64::try_from(take(&mut rest)?).ok()?;
    let losses = take(&mut rest)?;
    let count = usize::try_from(take(&mut rest)?).ok()?;
    if count > MOST_CHANNELS {
        return None;
    }
    let mut channels = vec![Position::default(); count];
    let mut number = 0_u64;
    while !rest.is_empty() {
        number = number.checked_add(take(&mut rest)?)?;
        let partition = Partition::from_number(u16::try_from(number).ok()?);
        let greatest = i64::try_from(take(&mut rest)?).ok()?;
        let mask = if count > 1 { take(&mut rest)? } else { 1 };
        for (place, channel) in channels.iter_mut().enumerate() {
            if mask >> place & 1 == 1 {
                let behind = if count > 1 { take(&mut rest)? } else { 0 };
                channel.raise(partition, greatest.checked_sub_unsigned(behind)?);
            }
        }
    }
    Some(StreamPosition {
        at: OffsetDateTime::from_unix_timestamp(at).ok()?,
        losses,
        channels,
    })
}

/// A number in groups of seven bits, the lowest first (LEB128).
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests;
