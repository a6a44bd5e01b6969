//! `nova dlq replay`, `nova dlq discard` and `nova dlq purge`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use nova_event_bus::dead_letter::{self, Changed, Selection};

use super::could_not;
use super::select::{Select, parse_key};
use super::text::count;
use crate::commands::print;
use crate::databases::Databases;
use nova_service::config::Setting;

/// Asks for a replay: the letters of each selected key go to their handler again, in order
///
/// The running service does it. A letter that fails again keeps its key parked, and goes again by itself if it
/// may pass. Ends with 1 when there is nothing to replay.
#[derive(clap::Args)]
pub(super) struct Replay {
    #[command(flatten)]
    change: Change,
}

/// Takes letters out for good, unhandled; keys of which nothing is left flow again
///
/// Ends with 1 when there is nothing to discard.
#[derive(clap::Args)]
pub(super) struct Discard {
    #[command(flatten)]
    change: Change,
}

/// Deletes letters for what they hold: personal data of one key, or all that is old
///
/// Also those that were set aside or could not be published. Ends with 1 when there is nothing to purge.
#[derive(clap::Args)]
pub(super) struct Purge {
    #[command(flatten)]
    databases: Databases,
    /// Those of a key, on all topics; as text, or 0x and hex digits
    #[arg(
        long,
        required_unless_present = "older_than",
        conflicts_with = "older_than"
    )]
    key: Option<String>,
    /// Those that were parked longer ago: 30d, 12h
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    older_than: Option<Duration>,
    /// Only says what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

#[derive(clap::Args)]
struct Change {
    #[command(flatten)]
    databases: Databases,
    #[command(flatten)]
    select: Select,
    /// Only says what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

/// Who acts.
#[derive(clap::Args)]
pub(super) struct Actor {
    /// Who does it, for `nova dlq audit`; the user of this terminal if not given
    #[arg(long)]
    actor: Option<String>,
}

impl Replay {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let change = self.change;
        let (selection, actor) = (change.select.required()?, change.actor.name());
        let mut done = false;
        for (service, pool) in change.databases.open().await? {
            let changed =
                dead_letter::request_replay(&pool, &selection, &actor, change.dry_run).await;
            let changed = changed.with_context(|| could_not("replay", service))?;
            done |= changed.keys > 0;
            for line in replayed(&changed, change.dry_run) {
                print(format_args!("{service}: {line}"))?;
            }
        }
        ended(done, "replay", &selection)
    }
}

impl Discard {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let change = self.change;
        let (selection, actor) = (change.select.required()?, change.actor.name());
        let mut done = false;
        for (service, pool) in change.databases.open().await? {
            let changed = dead_letter::discard(&pool, &selection, &actor, change.dry_run).await;
            let changed = changed.with_context(|| could_not("discard", service))?;
            done |= changed.letters > 0;
            for line in discarded(&changed, change.dry_run) {
                print(format_args!("{service}: {line}"))?;
            }
        }
        ended(done, "discard", &selection)
    }
}

impl Purge {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let selection = match (self.key, self.older_than) {
            (Some(key), _) => Selection::Key {
                topic: None,
                key: parse_key(&key)?,
            },
            (None, age) => Selection::OlderThan(age.unwrap_or_default()),
        };
        let (mut done, actor) = (false, self.actor.name());
        for (service, pool) in self.databases.open().await? {
            let changed = dead_letter::purge(&pool, &selection, &actor, self.dry_run).await;
            let changed = changed.with_context(|| could_not("purge", service))?;
            done |= changed.letters > 0;
            for line in discarded(&changed, self.dry_run) {
                print(format_args!("{service}: {line}"))?;
            }
        }
        ended(done, "purge", &selection)
    }
}

fn parse_age(text: &str) -> Result<Duration, &'static str> {
    <Duration as Setting>::parse(text).ok_or(<Duration as Setting>::EXPECTS)
}

impl Actor {
    pub(super) fn name(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|name| !name.is_empty());
        let number = || format!("uid {}", rustix::process::getuid().as_raw());
        self.actor.clone().or_else(user).unwrap_or_else(number)
    }
}

fn ended(done: bool, what: &str, selection: &Selection) -> anyhow::Result<ExitCode> {
    if done {
        return Ok(ExitCode::SUCCESS);
    }
    print(format_args!("nothing to {what}: {selection}"))?;
    Ok(ExitCode::FAILURE)
}

fn replayed(changed: &Changed, dry_run: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if changed.keys > 0 {
        let (letters, keys) = (count(changed.letters, "letter"), count(changed.keys, "key"));
        let will = if dry_run { "would be" } else { "will be" };
        lines.push(format!("{letters} of {keys} {will} replayed"));
    }
    if changed.not_replayable > 0 {
        let letters = count(changed.not_replayable, "letter");
        lines.push(format!(
            "{letters} cannot be replayed: Kafka refused to take them"
        ));
    }
    lines
}

fn discarded(changed: &Changed, dry_run: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if changed.letters > 0 {
        let letters = count(changed.letters, "letter");
        let would = if dry_run { "would be " } else { "" };
        lines.push(format!("{letters} {would}discarded"));
    }
    if changed.keys > 0 {
        let keys = count(changed.keys, "key");
        let would = if dry_run { "would flow" } else { "can flow" };
        lines.push(format!("{keys} {would} again"));
    }
    if changed.still_parked > 0 {
        let (keys, left) = (
            count(changed.still_parked, "key"),
            count(changed.left, "letter"),
        );
        let stay = match (dry_run, changed.still_parked) {
            (true, _) => "would stay",
            (false, 1) => "stays",
            (false, _) => "stay",
        };
        lines.push(format!(
            "{keys} {stay} parked with {left}, which go by themselves"
        ));
    }
    lines
}
