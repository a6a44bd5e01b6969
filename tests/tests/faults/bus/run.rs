//! One run: a group, its load, what happens meanwhile, and the judgement.

use std::fmt;
use std::path::Path;

use anyhow::{Context, ensure};
use nova_tests::bus::VIOLATION;
use tokio::time::sleep;

use super::judge::{Verdict, effects, has_arrived, judge, still_parked, unseen};
use super::load::Load;
use super::member::lines_with;
use super::schedule::{Event, Round, deal};
use super::stage::Stage;
use crate::folder::{Folder, Journal, say};
use crate::patience::until;
use crate::run::setting;

/// A whole deck.
const ROUNDS: usize = 8;

/// Runs a group with this protocol through what a seed deals.
pub(super) async fn survive(protocol: &'static str) -> anyhow::Result<()> {
    let seed = setting("NOVA_FAULT_SEED")?.unwrap_or_else(rand::random);
    let rounds = setting("NOVA_FAULT_ROUNDS")?.unwrap_or(ROUNDS);
    say(format_args!(
        "bus faults: NOVA_FAULT_SEED={seed} NOVA_FAULT_ROUNDS={rounds} deals this again"
    ));
    let program = Path::new(env!("CARGO_BIN_EXE_bus-member"));
    let folder = Folder::make(&format!("bus-{protocol}-{seed}"), program)?;
    let logs = format!("seed {seed}, {protocol}, logs in {}", folder.path.display());
    let mut stage = Stage::set(&folder, protocol)
        .await
        .with_context(|| logs.clone())?;
    let endured = Box::pin(endure(
        &mut stage,
        &folder.journal,
        seed,
        &deal(seed, rounds),
    ))
    .await;
    let (servers_data, members) = (stage.servers_data.clone(), stage.logs.clone());
    let struck = stage.strike().await;
    let cleared = folder.clear(&servers_data).await;

    let mut report = endured.with_context(|| logs.clone())?;
    report.seed = seed;
    report.protocol = protocol;
    report.violations = lines_with(&members, VIOLATION)?;
    say(&report);
    ensure!(report.is_good(), "{logs}\n{report}");
    struck.and(cleared).context(logs)?;
    folder.remove()
}

async fn endure(
    stage: &mut Stage,
    journal: &Journal,
    seed: u64,
    rounds: &[Round],
) -> anyhow::Result<Report> {
    let load = Load::begin(&stage.pool, seed);
    let mut report = Report::default();
    for round in rounds {
        report.tally.members(stage.have(round.members).await?);
        if round.settled {
            gets_on(stage).await?;
        }
        sleep(round.wait).await;
        stage.runs()?;
        journal.note(round.event);
        match round.event {
            Event::Kill(victim) => stage.kill(victim, round.number).await?,
            Event::Pause(victim) => stage.pause(victim, round.number, round.pause).await?,
            Event::Freeze => stage.freeze(round.number, round.pause)?,
            Event::Mend => stage.mend().await?,
        }
        report.tally.count(round.event);
    }
    gets_on(stage).await?;
    let acknowledged = load.end().await;
    journal.note("the load has ended; waiting for what is on its way");
    // What does not arrive is judged all the same: that it is lost says more than that it did not come.
    report.unrest = settle(stage, journal, &mut report.unseen)
        .await
        .err()
        .map(|error| format!("{error:#}"));
    journal.note("judging");
    report.verdict = judge(&stage.pool, &acknowledged).await?;
    report.acknowledged = acknowledged.len();
    Ok(report)
}

/// Lets everything arrive, looks at what is parked, mends it, and lets everything arrive again.
async fn settle(
    stage: &mut Stage,
    journal: &Journal,
    unseen_letters: &mut Vec<String>,
) -> anyhow::Result<()> {
    everything_arrives(stage).await?;
    *unseen_letters = unseen(&stage.pool).await?;
    journal.note("mending");
    stage.mend().await?;
    everything_is_replayed(stage).await?;
    everything_arrives(stage).await
}

async fn everything_arrives(stage: &mut Stage) -> anyhow::Result<()> {
    until("everything has arrived", async || {
        stage.runs()?;
        Ok(has_arrived(&stage.pool, &stage.kafka).await)
    })
    .await
}

/// Waits until something takes effect that had not when this began.
async fn gets_on(stage: &mut Stage) -> anyhow::Result<()> {
    let mut before = None;
    until("events take effect", async || {
        stage.runs()?;
        let now = match effects(&stage.pool).await {
            Ok(now) => now,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let before = *before.get_or_insert(now);
        Ok(if now > before {
            Ok(())
        } else {
            Err(format!("{now} effects"))
        })
    })
    .await
}

/// Who stood still when its event was mended may have parked it afterwards: then it is asked for once more.
async fn everything_is_replayed(stage: &mut Stage) -> anyhow::Result<()> {
    until("everything is replayed", async || {
        stage.runs()?;
        let parked = still_parked(&stage.pool).await?;
        Ok(match parked {
            None => Ok(()),
            Some(0) => Err("replays are under way".to_owned()),
            Some(parked) => {
                stage.replay().await.map_err(anyhow::Error::msg)?;
                Err(format!("{parked} keys are parked"))
            }
        })
    })
    .await
}

/// How often what was done.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    pauses: usize,
    joins: usize,
    leaves: usize,
}

impl Tally {
    const fn members(&mut self, (joins, leaves): (usize, usize)) {
        self.joins += joins;
        self.leaves += leaves;
    }

    const fn count(&mut self, event: Event) {
        match event {
            Event::Kill(_) => self.kills += 1,
            Event::Pause(_) | Event::Freeze => self.pauses += 1,
            Event::Mend => {}
        }
    }
}

/// What came of it, in one line.
#[derive(Debug, Default)]
struct Report {
    seed: u64,
    protocol: &'static str,
    tally: Tally,
    acknowledged: usize,
    /// What did not come to rest.
    unrest: Option<String>,
    /// What operators could not see of what was poisoned.
    unseen: Vec<String>,
    /// What members said of broken promises.
    violations: Vec<String>,
    verdict: Verdict,
}

impl Report {
    fn is_good(&self) -> bool {
        let Verdict {
            lost,
            doubled,
            misordered,
            invented,
            ..
        } = self.verdict;
        (lost, doubled, misordered, invented) == (0, 0, 0, 0)
            && self.unrest.is_none()
            && self.unseen.is_empty()
            && self.violations.is_empty()
            && self.acknowledged > 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            kills,
            pauses,
            joins,
            leaves,
        } = self.tally;
        let Verdict {
            events,
            lost,
            doubled,
            misordered,
            invented,
            parked,
            replayed,
        } = self.verdict;
        write!(
            f,
            "bus faults: seed={} protocol={} kills={kills} pauses={pauses} joins={joins} \
             leaves={leaves} events={events} parked={parked} replayed={replayed} lost={lost} \
             doubled={doubled} misordered={misordered} invented={invented} violations={}",
            self.seed,
            self.protocol,
            self.violations.len()
        )?;
        let unrest = self.unrest.iter().chain(&self.unseen);
        for line in unrest.chain(self.violations.iter().take(20)) {
            write!(f, "; {line}")?;
        }
        Ok(())
    }
}
