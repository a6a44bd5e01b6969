//! One run: two replicas, their clients, what is killed meanwhile, and the judgement.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::task::JoinSet;

use super::deals::{Deal, deal};
use super::judge::{Verdict, judge, nothing_stays, only_what_is_needed_stays};
use super::stage::Stage;
use super::store::Store;
use super::uploader::{Counts, Done, Uploader};
use super::{bucket, disk};
use crate::client::Client;
use crate::folder::{Folder, say};
use crate::run::setting;
use crate::users::{User, register_one};

/// A whole deck.
const ROUNDS: usize = 4;
const CLIENTS: usize = 7;
/// Flaws that are printed; the others are like them.
const SHOWN: usize = 20;

/// What goes on on a stage, act by act.
pub(super) struct Play {
    pub(super) stage: Arc<Stage>,
    pub(super) store: Store,
    pub(super) users: Vec<User>,
    pub(super) seed: u64,
    /// What was taken in the acts before, and is gone.
    before: BTreeSet<String>,
}

/// Somebody kills while files come to a folder; its disk is full; a bucket takes its place, and fails.
pub(super) async fn survive() -> anyhow::Result<()> {
    let seed = setting("NOVA_FAULT_SEED")?.unwrap_or_else(rand::random);
    let rounds = setting("NOVA_FAULT_ROUNDS")?.unwrap_or(ROUNDS);
    say(format_args!(
        "media faults: NOVA_FAULT_SEED={seed} NOVA_FAULT_ROUNDS={rounds} deals this again"
    ));
    let folder = Folder::make(&format!("media-{seed}"), &nova_tests::built_nova()?)?;
    let logs = format!("seed {seed}, logs in {}", folder.path.display());
    let store = folder.path.join("store");
    let settings = vec![("NOVA_MEDIA_STORE", format!("file:{}", store.display()))];
    let stage = Stage::set(&folder, settings).await;
    let stage = Arc::new(stage.with_context(|| logs.clone())?);
    let played = Box::pin(play(&stage, &store, seed, rounds)).await;
    let servers_data = stage.servers_data.clone();
    let struck = match Arc::into_inner(stage) {
        Some(stage) => stage.strike().await,
        // Of a play that failed somebody may still be there.
        None => Ok(()),
    };
    played.with_context(|| logs.clone())?;
    struck
        .and(folder.clear(&servers_data).await)
        .context(logs)?;
    folder.remove()
}

async fn play(stage: &Arc<Stage>, store: &Path, seed: u64, rounds: usize) -> anyhow::Result<()> {
    let mut play = Play {
        stage: Arc::clone(stage),
        store: Store::Folder(store.to_owned()),
        users: register(stage, CLIENTS).await?,
        seed,
        before: BTreeSet::new(),
    };
    let deals = deal(seed, rounds);
    let done = upload(stage, &play.store, &play.users, seed, deals).await?;
    let kills = play
        .judge("kills while files come to a folder", done)
        .await?;
    ensure!(kills == rounds, "{kills} of {rounds} kills");
    disk::fill(&mut play, store).await.context("a full disk")?;
    bucket::suffer(&mut play, rounds).await.context("a bucket")
}

impl Play {
    /// Waits until all is well, judges what was taken, says so, and lets it go. How many were killed.
    pub(super) async fn judge(&mut self, name: &str, done: Done) -> anyhow::Result<usize> {
        let (stage, taken) = (&self.stage, &done.acknowledged);
        stage.journal.note("all is taken; waiting until it is read");
        stage.well().await?;
        let verdict = judge(stage, &self.users, taken, &self.before).await?;
        stage.journal.note("letting go what nobody needs");
        let swept = only_what_is_needed_stays(stage, &self.store).await?;
        nothing_stays(stage, &self.store, taken).await?;
        let report = Report {
            name: format!("seed={} {name}", self.seed),
            counts: done.counts,
            kills: stage.killed.take(),
            taken: taken.len(),
            swept,
            verdict,
        };
        say(&report);
        ensure!(report.is_good(), "{report}\n{}", report.flaws());
        self.before.extend(taken.iter().map(|one| one.id.clone()));
        Ok(report.kills())
    }
}

async fn register(stage: &Stage, count: usize) -> anyhow::Result<Vec<User>> {
    let client = Client::of(&stage.url(0))?;
    let mut users = Vec::new();
    for number in 0..count {
        users.push(register_one(&client, &format!("user_{number}")).await?);
    }
    Ok(users)
}

/// Lets everybody upload what is dealt, all at once.
pub(super) async fn upload(
    stage: &Arc<Stage>,
    store: &Store,
    users: &[User],
    seed: u64,
    deals: Vec<Deal>,
) -> anyhow::Result<Done> {
    let mut workers = JoinSet::new();
    for (number, user) in users.iter().enumerate() {
        let uploader = Uploader {
            stage: Arc::clone(stage),
            user: user.clone(),
            random: StdRng::seed_from_u64(seed.wrapping_add(number as u64 + 1)),
            replica: number,
            piece_bytes: store.piece_bytes(),
            done: Done::default(),
        };
        // Whoever kills in one round does not in the next.
        let turns = users.len() + 1;
        let own = deals
            .iter()
            .enumerate()
            .filter(|(at, _)| at % turns % users.len() == number);
        let own = own.map(|(_, deal)| *deal).collect();
        workers.spawn(uploader.work(own));
    }
    let mut all = Done::default();
    while let Some(ended) = workers.join_next().await {
        let done = ended??;
        all.acknowledged.extend(done.acknowledged);
        all.counts += done.counts;
    }
    Ok(all)
}

/// What came of it, in one line.
#[derive(Debug)]
struct Report {
    name: String,
    counts: Counts,
    /// Of replicas, Postgres and Kafka.
    kills: [usize; 3],
    taken: usize,
    /// Folders that went because nobody had made them theirs.
    swept: usize,
    verdict: Verdict,
}

impl Report {
    fn kills(&self) -> usize {
        self.kills.iter().sum()
    }

    fn is_good(&self) -> bool {
        self.verdict.is_good() && self.taken > 0
    }

    fn flaws(&self) -> String {
        let Verdict {
            lost,
            doubled,
            torn,
            told,
            ..
        } = &self.verdict;
        let all = [
            ("lost", lost),
            ("doubled", doubled),
            ("torn", torn),
            ("told", told),
        ];
        let lines = all.iter().flat_map(|(kind, flaws)| {
            let shown = flaws.iter().take(SHOWN);
            shown.map(move |flaw| format!("{kind}: {flaw}"))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            forms,
            uploads,
            bytes,
            pieces,
            broken,
            elsewhere,
            again,
            most_again,
            repeated,
            given_up,
        } = self.counts;
        let [replicas, postgres, kafka] = self.kills;
        let Verdict {
            lost,
            doubled,
            torn,
            told,
            bytes: compared,
        } = &self.verdict;
        write!(
            f,
            "media faults: {} kills={} (replicas {replicas}, postgres {postgres}, kafka {kafka}) taken={} of {bytes} bytes \
             (forms {forms}, uploads {uploads} in {pieces} pieces) broken pieces={broken} gone on elsewhere={elsewhere} \
             bytes sent again={again} (at most {most_again}) repeated forms={repeated} given up={given_up} compared \
             bytes={compared} lost={} doubled={} torn={} told otherwise={} folders swept={} left over=0",
            self.name,
            self.kills(),
            self.taken,
            lost.len(),
            doubled.len(),
            torn.len(),
            told.len(),
            self.swept
        )
    }
}
