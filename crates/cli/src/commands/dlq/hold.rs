//! `nova dlq hold` and `nova dlq release`

use std::process::ExitCode;

use anyhow::Context;
use nova_event_bus::dead_letter;

use super::change::Actor;
use super::could_not;
use super::select::parse_group;
use crate::commands::print;
use crate::databases::Databases;

/// Keeps a group from being replayed by itself; a replay that somebody asks for is done
///
/// Ends with 1 when it is held already.
#[derive(clap::Args)]
pub(super) struct Hold {
    #[command(flatten)]
    group: Named,
}

/// Lets a group that is held be replayed by itself again
///
/// Ends with 1 when it is not held.
#[derive(clap::Args)]
pub(super) struct Release {
    #[command(flatten)]
    group: Named,
}

#[derive(clap::Args)]
struct Named {
    #[command(flatten)]
    databases: Databases,
    /// The group that `nova dlq list` shows
    #[arg(value_name = "GROUP", value_parser = parse_group)]
    group: String,
    #[command(flatten)]
    actor: Actor,
}

impl Hold {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Named {
            databases,
            group,
            actor,
        } = self.group;
        let (mut done, actor) = (false, actor.name());
        for (service, pool) in databases.open().await? {
            let held = dead_letter::hold(&pool, &group, &actor).await;
            done |= held.with_context(|| could_not("hold", service))?;
        }
        ended(done, "held", "is held already", &group)
    }
}

impl Release {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Named {
            databases,
            group,
            actor,
        } = self.group;
        let (mut done, actor) = (false, actor.name());
        for (service, pool) in databases.open().await? {
            let released = dead_letter::release(&pool, &group, &actor).await;
            done |= released.with_context(|| could_not("release", service))?;
        }
        ended(done, "goes by itself again", "is not held", &group)
    }
}

fn ended(done: bool, what: &str, otherwise: &str, group: &str) -> anyhow::Result<ExitCode> {
    let (said, code) = if done {
        (what, ExitCode::SUCCESS)
    } else {
        (otherwise, ExitCode::FAILURE)
    };
    print(format_args!("group {group}: {said}"))?;
    Ok(code)
}
