//! `nova dlq list`

use std::process::ExitCode;

use anyhow::Context;
use nova_event_bus::dead_letter::{self, Again, DeadLetter, Group, Selection};
use sqlx::PgPool;

use super::could_not;
use super::select::Select;
use super::text::{bytes, count, harmless, moment, table};
use crate::commands::print;
use crate::databases::Databases;

/// Shows what failed alike, in groups; with --letters or a selection each letter, the newest first
#[derive(clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    databases: Databases,
    #[command(flatten)]
    select: Select,
    /// Each letter, not groups
    #[arg(long)]
    letters: bool,
    /// At most so many per service
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let selection = self.select.given()?;
        let with_letters = self.letters || selection.is_some();
        let selection = selection.unwrap_or(Selection::All);
        for (service, pool) in self.databases.open().await? {
            let lines = if with_letters {
                letters(&pool, service, &selection, self.limit).await
            } else {
                groups(&pool, service, self.limit).await
            };
            for line in lines.with_context(|| could_not("read", service))? {
                print(line)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn groups(pool: &PgPool, service: &str, limit: i64) -> anyhow::Result<Vec<String>> {
    let groups = dead_letter::groups(pool, &Selection::All, limit).await?;
    let failed = groups.iter().map(|group| group.failed).sum();
    let rows: Vec<_> = groups.iter().map(group).collect::<anyhow::Result<_>>()?;
    let mut lines = vec![format!(
        "{service}: {} in {}",
        count(failed, "failed event"),
        count(count_of(&groups), "group")
    )];
    let head = [
        "GROUP", "CONSUMER", "EVENT", "CODE", "FAILED", "WAITING", "KEYS", "REPLAYS", "FIRST",
        "LAST", "AGAIN", "REASON",
    ];
    lines.extend(table(head, &rows));
    Ok(lines)
}

fn group(group: &Group) -> anyhow::Result<[String; 12]> {
    Ok([
        group.fingerprint.clone().unwrap_or_else(|| "-".to_owned()),
        harmless(&group.consumer),
        harmless(group.event_type.as_deref().unwrap_or("-")),
        harmless(&group.code),
        group.failed.to_string(),
        group.waiting.to_string(),
        group.keys.to_string(),
        group.replays.to_string(),
        moment(group.first_parked_at)?,
        moment(group.last_parked_at)?,
        again(group.again)?,
        harmless(&group.reason),
    ])
}

async fn letters(
    pool: &PgPool,
    service: &str,
    selection: &Selection,
    limit: i64,
) -> anyhow::Result<Vec<String>> {
    let letters = dead_letter::letters(pool, selection, limit).await?;
    let rows: Vec<_> = letters.iter().map(letter).collect::<anyhow::Result<_>>()?;
    let shown = count(count_of(&letters), "dead letter");
    let mut lines = vec![format!("{service}: {shown}")];
    let head = [
        "ID", "PARKED", "CONSUMER", "FROM", "KEY", "EVENT", "EVENT ID", "GROUP", "ATTEMPTS",
        "AGAIN", "REASON",
    ];
    lines.extend(table(head, &rows));
    Ok(lines)
}

fn letter(letter: &DeadLetter) -> anyhow::Result<[String; 11]> {
    let DeadLetter {
        topic,
        partition,
        position,
        code,
        reason,
        ..
    } = letter;
    let or_none = |text: &Option<String>| harmless(text.as_deref().unwrap_or("-"));
    let reason = if letter.failed {
        harmless(&format!("{code}: {reason}"))
    } else {
        harmless(reason)
    };
    Ok([
        letter.id.to_string(),
        moment(letter.parked_at)?,
        harmless(&letter.consumer),
        harmless(&format!("{topic}[{partition}]@{position}")),
        letter.key.as_deref().map_or_else(|| "-".to_owned(), bytes),
        or_none(&letter.event_type),
        or_none(&letter.event_id),
        or_none(&letter.fingerprint),
        letter.attempts.to_string(),
        if letter.failed {
            again(letter.again)?
        } else {
            "-".to_owned()
        },
        reason,
    ])
}

/// When it goes again, and why then.
fn again(again: Again) -> anyhow::Result<String> {
    Ok(match again {
        Again::Asked => "now, asked for".to_owned(),
        Again::At { at, tries: 0 } => format!("{}, by itself", moment(at)?),
        Again::At { at, tries } => {
            let tried = count(i64::from(tries), "replay");
            format!("{}, by itself after {tried}", moment(at)?)
        }
        Again::NewBuild => "with a new build".to_owned(),
        Again::KnownType => "with a build that knows it".to_owned(),
        Again::Held => "held".to_owned(),
        Again::Refused => "when asked for".to_owned(),
    })
}

fn count_of<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}
