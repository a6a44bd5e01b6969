//! `nova dlq show`

use std::process::ExitCode;

use anyhow::{Context, bail};
use nova_event_bus::dead_letter::{self, Selection, WholeLetter};

use super::could_not;
use super::text::{bytes, harmless, hex, moment};
use crate::commands::print;
use crate::databases::Databases;

/// An event's id is unique for each consumer, so there are few; anyone may send the same id often.
const AT_MOST: i64 = 10;
/// Bytes of the payload that are shown without --payload.
const SHOWN: usize = 512;

/// Shows one event whole: headers, payload, why it failed, what waits behind it
#[derive(clap::Args)]
pub(super) struct Show {
    #[command(flatten)]
    databases: Databases,
    /// The event's id, or the dead letter's own
    #[arg(long, value_name = "ID")]
    event: String,
    /// The whole payload, however long
    #[arg(long)]
    payload: bool,
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let selection = Selection::Event(self.event.clone());
        let mut found = false;
        for (service, pool) in self.databases.open().await? {
            let letters = dead_letter::show(&pool, &selection, AT_MOST).await;
            for letter in letters.with_context(|| could_not("read", service))? {
                found = true;
                let shown = if self.payload { usize::MAX } else { SHOWN };
                for (name, value) in described(service, &letter, shown)? {
                    print(format_args!("{name:<12}{value}"))?;
                }
                print("")?;
            }
        }
        if !found {
            bail!("--event: no dead letter has the id {:?}", self.event);
        }
        Ok(ExitCode::SUCCESS)
    }
}

type Line = (&'static str, String);

fn described(service: &str, whole: &WholeLetter, shown: usize) -> anyhow::Result<Vec<Line>> {
    let letter = &whole.letter;
    let or_none = |text: &Option<String>| harmless(text.as_deref().unwrap_or("-"));
    let at = |at: Option<_>| at.map_or_else(|| Ok("-".to_owned()), moment);
    let from = format!("{}[{}]@{}", letter.topic, letter.partition, letter.position);
    let mut lines = vec![
        ("letter", letter.id.to_string()),
        ("service", service.to_owned()),
        ("consumer", harmless(&letter.consumer)),
        ("from", harmless(&from)),
        (
            "key",
            letter.key.as_deref().map_or_else(|| "-".to_owned(), bytes),
        ),
        ("event", or_none(&letter.event_type)),
        ("event id", or_none(&letter.event_id)),
        ("state", state(whole)?),
        ("group", or_none(&letter.fingerprint)),
        ("code", harmless(&letter.code)),
        ("reason", harmless(&letter.reason)),
        ("attempts", letter.attempts.to_string()),
        (
            "replays",
            format!("{}, the last at {}", letter.replays, at(whole.replayed_at)?),
        ),
        ("parked", moment(letter.parked_at)?),
    ];
    match &whole.headers {
        None => lines.push(("header", "not readable: a name is not UTF-8".to_owned())),
        Some(headers) => lines.extend(headers.iter().map(|(name, value)| {
            let value = value
                .as_deref()
                .map_or_else(|| "without a value".to_owned(), bytes);
            ("header", format!("{}: {value}", harmless(name)))
        })),
    }
    lines.push(("payload", payload(whole.payload.as_deref(), shown)));
    Ok(lines)
}

fn state(whole: &WholeLetter) -> anyhow::Result<String> {
    let what = if whole.letter.failed {
        "failed"
    } else {
        "waiting"
    };
    let (before, behind) = (whole.before, whole.behind);
    let mut state = format!("{what}, {before} of its key before it, {behind} behind it");
    if let Some(at) = whole.replay_requested_at {
        state.push_str(&format!(", replay asked for at {}", moment(at)?));
    }
    Ok(state)
}

fn payload(payload: Option<&[u8]>, shown: usize) -> String {
    let Some(payload) = payload else {
        return "none: a tombstone".to_owned();
    };
    let digits = hex(payload.get(..shown).unwrap_or(payload));
    let rest = payload.len().saturating_sub(shown);
    let more = if rest > 0 {
        format!(" and {rest} more, which --payload shows")
    } else {
        String::new()
    };
    format!("{} bytes: {digits}{more}", payload.len())
}
