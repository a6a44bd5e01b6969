//! Dead letters on their way back: in order, through the handlers of live events, as many keys at once as there are
//! turns for. What people ask for goes first; what may pass by itself goes when its time has come, again and again;
//! what failed for good goes once with each new build.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use nova_resilience::Backoff;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::middleware::{Again, Replayed, Scope, Stack, Stop};
use crate::store::{Due, FailedAgain, Most, Parked, Replays, Returning, Store};
use crate::{jitter, metrics};

/// How often the one who replays looks for what is due, and the others whether they are needed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often what other builds have parked is looked through for what this one has not tried.
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// How often the audit is told of what went by itself.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Sequences that are replayed at once.
const SEQUENCES: usize = 256;

/// Replays what is due until `stop`, whenever no other process does.
pub(crate) async fn run<S: Send + Sync + 'static, D: Store>(
    stack: Arc<Stack<S, D>>,
    stop: CancellationToken,
) {
    let backoff = Backoff::standard();
    let mut failures = 0;
    while !stop.is_cancelled() {
        let wait = match lead(&stack, &stop).await {
            Ok(()) => {
                failures = 0;
                LOOK_EVERY
            }
            Err(failure) => {
                failures += 1;
                tracing::debug!(
                    consumer = stack.router.group,
                    "dead letters are not replayed now: {}",
                    failure.detail
                );
                jitter::wait(&backoff, failures).max(LOOK_EVERY)
            }
        };
        stop.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
}

/// Replays until something fails or `stop`; returns at once when another process is the one.
async fn lead<S: Send + Sync + 'static, D: Store>(
    stack: &Arc<Stack<S, D>>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let Some(replays) = stack.store.replays(stack.router.group).await? else {
        return Ok(());
    };
    let leader = Leader {
        stack: Arc::clone(stack),
        replays,
        stop: Stop::with(stop),
        running: FuturesUnordered::new(),
        in_hand: Vec::new(),
        automatic: BTreeMap::new(),
        told: Instant::now(),
    };
    leader.lead(stop).await
}

/// The one who replays.
struct Leader<S, D: Store> {
    stack: Arc<Stack<S, D>>,
    replays: D::Replays,
    stop: Stop,
    running: FuturesUnordered<BoxFuture<'static, Vec<Ended>>>,
    in_hand: Vec<Parked>,
    /// Letters that went by themselves and were not told of, by group.
    automatic: BTreeMap<String, u64>,
    told: Instant,
}

/// The replay of a sequence's first letters has ended.
struct Ended {
    due: Due,
    /// Letters that there were.
    letters: usize,
    replayed: Replayed,
}

impl<S: Send + Sync + 'static, D: Store> Leader<S, D> {
    async fn lead(mut self, stop: &CancellationToken) -> Result<(), Failure> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut renewed: Option<Instant> = None;
        while !stop.is_cancelled() {
            if renewed.is_none_or(|at| at.elapsed() >= RENEW_EVERY) {
                renewed = Some(Instant::now());
                self.renew().await?;
            }
            if self.begin_what_is_due().await? {
                look.reset();
                tokio::task::yield_now().await;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(ended) = self.running.next() => self.settle(ended).await?,
                _ = look.tick() => {}
            }
            self.tell(TELL_EVERY).await?;
        }
        while let Some(ended) = self.running.next().await {
            self.settle(ended).await?;
        }
        self.tell(Duration::ZERO).await
    }

    async fn renew(&mut self) -> Result<(), Failure> {
        let build = &self.stack.options.build;
        if build.is_empty() {
            return Ok(());
        }
        self.replays.renew(build).await
    }

    /// Begins as much as there is room for; whether there was anything.
    async fn begin_what_is_due(&mut self) -> Result<bool, Failure> {
        let room = SEQUENCES.saturating_sub(self.in_hand.len());
        // Not for each that has ended: a look serves many.
        if room < SEQUENCES / 2 {
            return Ok(false);
        }
        let most = Most {
            sequences: room,
            letters: self.stack.options.batch.max(1) * self.stack.options.transactions.max(1),
        };
        let due = self.replays.due(&self.in_hand, most).await?;
        let is_some = !due.is_empty();
        self.in_hand
            .extend(due.iter().map(|due| due.parked.clone()));
        for group in groups(due, self.stack.options.batch.max(1)) {
            let run = replay(Arc::clone(&self.stack), group, self.stop.clone());
            self.running.push(run.boxed());
        }
        Ok(is_some)
    }

    async fn settle(&mut self, ended: Vec<Ended>) -> Result<(), Failure> {
        let mut emptied = Vec::new();
        for ended in ended {
            self.in_hand.retain(|parked| *parked != ended.due.parked);
            if let Some(parked) = self.settle_one(ended).await? {
                emptied.push(parked);
            }
        }
        if emptied.is_empty() {
            return Ok(());
        }
        for parked in self.replays.release(&emptied).await? {
            let (consumer, topic) = (self.stack.router.group, &parked.topic);
            tracing::info!(consumer, %topic, "a parked key flows again");
        }
        Ok(())
    }

    /// The sequence, if nothing may be left of it.
    async fn settle_one(&mut self, ended: Ended) -> Result<Option<Parked>, Failure> {
        let Ended {
            due,
            letters,
            replayed,
        } = ended;
        let group = self.stack.router.group;
        if !replayed.left.is_empty() {
            self.replays.handled(&replayed.left).await?;
        }
        metrics::replayed(group, "handled", replayed.handled as u64);
        if let Some(fingerprint) = due.automatic.clone().filter(|print| !print.is_empty()) {
            let tried = replayed.handled + usize::from(replayed.next.is_some());
            *self.automatic.entry(fingerprint).or_default() += tried as u64;
        }
        match replayed.next {
            Some(Again::Unknown(letter)) => self.replays.set_aside(letter).await?,
            Some(Again::Failed {
                letter,
                failure,
                fingerprint,
                attempts,
            }) => {
                metrics::replayed(group, "failed", 1);
                let topic = &due.parked.topic;
                let why = &failure.detail;
                tracing::warn!(consumer = group, %topic, dead_letter = %letter, "a dead letter failed again: {why}");
                // What got on begins anew.
                let tries = if replayed.handled > 0 {
                    1
                } else {
                    due.tries + 1
                };
                let backoff = &self.stack.options.replay_backoff;
                let again = FailedAgain {
                    letter,
                    again: failure
                        .code
                        .is_transient()
                        .then(|| jitter::wait(backoff, tries)),
                    failure,
                    fingerprint,
                    attempts,
                    tries,
                    is_another: replayed.handled > 0,
                };
                let build = &self.stack.options.build;
                self.replays.failed(&due.parked, &again, build).await?;
            }
            None if !replayed.interrupted && replayed.handled == letters => {
                return Ok(Some(due.parked));
            }
            None => {}
        }
        Ok(None)
    }

    async fn tell(&mut self, every: Duration) -> Result<(), Failure> {
        if self.told.elapsed() < every {
            return Ok(());
        }
        self.told = Instant::now();
        while let Some((group, letters)) = self.automatic.pop_first() {
            self.replays.tell(&group, letters).await?;
        }
        Ok(())
    }
}

/// Sequences whose letters share a transaction if they can: as many as fit.
fn groups(due: Vec<Due>, batch: usize) -> Vec<Vec<Due>> {
    let mut groups: Vec<(usize, Vec<Due>)> = Vec::new();
    for due in due {
        let letters = due.letters.len();
        match groups.last_mut() {
            Some((count, group))
                if *count + letters <= batch
                    && group
                        .last()
                        .is_some_and(|last| last.parked.topic == due.parked.topic) =>
            {
                *count += letters;
                group.push(due);
            }
            _ => groups.push((letters, vec![due])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Replays the letters of several sequences of one topic: all in one transaction, or else each sequence by itself,
/// all at the same time.
async fn replay<S: Send + Sync + 'static, D: Store>(
    stack: Arc<Stack<S, D>>,
    mut group: Vec<Due>,
    stop: Stop,
) -> Vec<Ended> {
    let Some(topic) = group.first().map(|due| Arc::clone(&due.parked.topic)) else {
        return Vec::new();
    };
    let scope = Scope::of_replay(stack.router.group, topic, stop);
    let counts: Vec<usize> = group.iter().map(|due| due.letters.len()).collect();
    let all: Vec<Returning> = group
        .iter_mut()
        .flat_map(|due| due.letters.drain(..))
        .collect();
    let letters = if all.is_empty() {
        all
    } else {
        match stack.replay_together(all, &scope).await {
            Ok(()) => return group.into_iter().zip(counts).map(Ended::whole).collect(),
            Err(letters) => letters,
        }
    };
    let mut letters = letters.into_iter();
    let each = group.into_iter().zip(counts).map(|(due, count)| {
        let mine: Vec<Returning> = letters.by_ref().take(count).collect();
        let replayed = stack.replay(mine, &scope);
        replayed.map(move |replayed| Ended {
            due,
            letters: count,
            replayed,
        })
    });
    let each: FuturesUnordered<_> = each.collect();
    each.collect().await
}

impl Ended {
    /// All of it was handled and taken out.
    fn whole((due, letters): (Due, usize)) -> Self {
        Self {
            due,
            letters,
            replayed: Replayed {
                handled: letters,
                ..Replayed::default()
            },
        }
    }
}
