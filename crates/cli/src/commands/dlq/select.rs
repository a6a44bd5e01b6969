//! Which dead letters a command means.

use anyhow::{anyhow, bail};
use nova_event_bus::dead_letter::Selection;

/// Which dead letters; one of these.
#[derive(clap::Args)]
pub(super) struct Select {
    /// Those that failed alike: the group that `nova dlq list` shows
    #[arg(long, value_name = "GROUP", group = "selected")]
    group: Option<String>,
    /// Those of a key, failed and waiting; as text, or 0x and hex digits
    #[arg(long, group = "selected")]
    key: Option<String>,
    /// Only of this topic, as the list shows it
    #[arg(long, requires = "key")]
    topic: Option<String>,
    /// The one with this event's id, or with this id of its own
    #[arg(long, value_name = "ID", group = "selected")]
    event: Option<String>,
    /// Those of a consumer group, or of outbox: what could not be published
    #[arg(long, value_name = "GROUP", group = "selected")]
    consumer: Option<String>,
    /// Every one
    #[arg(long, group = "selected")]
    all: bool,
}

impl Select {
    /// What was selected; `None` if nothing was said.
    pub(super) fn given(&self) -> anyhow::Result<Option<Selection>> {
        if let Some(group) = &self.group {
            let group = parse_group(group).map_err(|error| anyhow!("--group: {error}"))?;
            return Ok(Some(Selection::Group(group)));
        }
        if let Some(key) = &self.key {
            let topic = self.topic.clone();
            let key = parse_key(key)?;
            return Ok(Some(Selection::Key { topic, key }));
        }
        let event = self.event.clone().map(Selection::Event);
        let consumer = self.consumer.clone().map(Selection::Consumer);
        Ok(event.or(consumer).or(self.all.then_some(Selection::All)))
    }

    /// What was selected.
    ///
    /// # Errors
    /// When nothing was, or it cannot be.
    pub(super) fn required(&self) -> anyhow::Result<Selection> {
        match self.given()? {
            Some(selection) => Ok(selection),
            None => bail!("say which: --group, --key, --event, --consumer or --all"),
        }
    }
}

pub(super) fn parse_group(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!("{text:?} is not the twelve hex digits of a group"))
}

pub(super) fn parse_key(text: &str) -> anyhow::Result<Vec<u8>> {
    let Some(digits) = text.strip_prefix("0x") else {
        return Ok(text.as_bytes().to_vec());
    };
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? * 16 + digit(low)?),
        _ => None,
    };
    match digits.as_bytes().chunks(2).map(pair).collect() {
        Some(bytes) => Ok(bytes),
        None => bail!("--key: {text:?} is not 0x and an even number of hex digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_text_or_hex_digits() {
        assert_eq!(parse_key("user").unwrap(), b"user");
        assert_eq!(parse_key("0x00Ff").unwrap(), b"\0\xff");
        for wrong in ["0x0", "0xzz", "0x+1"] {
            assert!(parse_key(wrong).is_err(), "{wrong}");
        }
    }
}
