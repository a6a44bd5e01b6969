//! What a client asks for.

use nova_ids::UserId;
use nova_resilience::{FieldError, Invalid};

use super::event_id::MOST_CHANNELS;
use super::{Asked, Channel, Pattern, Slow};

/// Most types.
const MOST_TYPES: usize = 20;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// In ascending order, each once; never empty.
    pub channels: Vec<Asked>,
    /// None means all.
    pub types: Vec<Pattern>,
    /// What happens when the client is too slow.
    pub slow: Slow,
}

impl Wanted {
    /// Reads channels, without which it is the caller's own, and types, without which it is all.
    ///
    /// # Errors
    /// Every list that is wrong, by its name.
    pub fn read(
        channels: Option<Vec<&str>>,
        types: Option<Vec<&str>>,
        slow: Slow,
    ) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        let mut channels = list("channels", channels, MOST_CHANNELS, Asked::read, &mut wrong);
        let types = list("types", types, MOST_TYPES, Pattern::read, &mut wrong);
        Invalid::unless_none(wrong)?;
        if channels.is_empty() {
            channels.push(Asked::Me);
        }
        channels.sort_unstable();
        channels.dedup();
        Ok(Self {
            channels,
            types,
            slow,
        })
    }
}

/// What is followed, in ascending order, each once; none if the caller's own is wanted and there is no caller.
#[must_use]
pub fn channels(asked: &[Asked], user: Option<UserId>) -> Option<Vec<Channel>> {
    let channels = asked.iter().map(|one| one.clone().of(user));
    let mut channels = channels.collect::<Option<Vec<_>>>()?;
    channels.sort_unstable();
    channels.dedup();
    Some(channels)
}

fn list<T>(
    name: &str,
    parts: Option<Vec<&str>>,
    most: usize,
    read: impl Fn(&str) -> Option<T>,
    wrong: &mut Vec<FieldError>,
) -> Vec<T> {
    let parts = parts.unwrap_or_default();
    if parts.len() > most {
        let message = format!("must be at most {most}");
        wrong.push(FieldError::new(name, "too_many", message));
        return Vec::new();
    }
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        match read(part) {
            Some(one) => found.push(one),
            None => {
                let message = format!("each must be {}", expected(name));
                wrong.push(FieldError::new(name, "invalid_value", message));
                return Vec::new();
            }
        }
    }
    found
}

fn expected(name: &str) -> &'static str {
    match name {
        "channels" => "me, user:<id>, post:<id> or tag:<tag>",
        _ => "names of types or prefix.*",
    }
}
