//! Handling dead letters as live events are, but for what becomes of those that fail again.

use std::sync::Arc;

use uuid::Uuid;

use super::dead_letter::fingerprint_of;
use super::{Event, Gate, Half, HalfTried, Retry, Scope, Stack, Stop, transactional};
use crate::failure::Failure;
use crate::metrics;
use crate::router::Routed;
use crate::store::{Returning, Store};

/// What became of the letters of one sequence.
#[derive(Default)]
pub(crate) struct Replayed {
    /// Handled, from the first on.
    pub(crate) handled: usize,
    /// Those of them that are still to be taken out.
    pub(crate) left: Vec<Uuid>,
    /// What became of the next one, if it was not handled.
    pub(crate) next: Option<Again>,
    /// The scope stopped before all were handled.
    pub(crate) interrupted: bool,
}

/// A letter that was not handled.
pub(crate) enum Again {
    Failed {
        letter: Uuid,
        failure: Failure,
        fingerprint: String,
        attempts: u32,
    },
    /// Nobody here knows its type.
    Unknown(Uuid),
}

impl Scope {
    /// The scope of a replay, which no breaker holds back: its letters have failed before.
    pub(crate) fn of_replay(consumer: &'static str, topic: Arc<str>, stop: Stop) -> Self {
        Self {
            handled: metrics::Handled::of(consumer, &topic),
            topic,
            partition: -1,
            stop,
            gate: Gate(None),
            activity: Arc::default(),
        }
    }
}

/// A letter on its way to its handlers.
type Found<S, D> = (Uuid, Routed<S, <D as Store>::Connection>);

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    /// Tries the first letters of several sequences in one transaction, and takes them out in it; gives them back
    /// if that fails, or if one of them wants something else.
    pub(crate) async fn replay_together(
        &self,
        letters: Vec<Returning>,
        scope: &Scope,
    ) -> Result<(), Vec<Returning>> {
        let ids: Vec<Uuid> = letters.iter().map(|letter| letter.id).collect();
        let all: Vec<Routed<_, _>> = letters
            .into_iter()
            .map(|letter| self.router.find(letter.record))
            .collect();
        let events: Vec<&Event<S, D>> = all.iter().filter_map(only_transactional).collect();
        let is_plain = events.len() == all.len();
        if is_plain {
            let mut turn = None;
            let tried = self.attempt(Half::Within, &events, &ids, &mut turn, scope);
            if tried.await.is_ok() {
                return Ok(());
            }
        }
        let records = all.into_iter().map(Routed::into_record);
        let letter = |(id, record)| Returning { id, record };
        Err(ids.into_iter().zip(records).map(letter).collect())
    }

    /// Handles letters of one sequence in order, each in a transaction of its own, until one fails.
    pub(crate) async fn replay(&self, letters: Vec<Returning>, scope: &Scope) -> Replayed {
        let mut replayed = Replayed::default();
        for letter in letters {
            if scope.stop.is_cancelled() {
                replayed.interrupted = true;
                break;
            }
            let found = (letter.id, self.router.find(letter.record));
            let goes_on = self.replay_one(found, scope, &mut replayed).await;
            if !goes_on {
                break;
            }
        }
        replayed
    }

    async fn replay_one(
        &self,
        (letter, found): Found<S, D>,
        scope: &Scope,
        replayed: &mut Replayed,
    ) -> bool {
        let failed = match found {
            Routed::Ignored(_) => None,
            Routed::Unknown(_) => {
                replayed.next = Some(Again::Unknown(letter));
                return false;
            }
            Routed::Poison(unreadable) => Some((unreadable.0, unreadable.1, 1)),
            Routed::Handle(event) => match self.replay_event(&*event, letter, scope).await {
                Outcome::TakenOut => {
                    replayed.handled += 1;
                    return true;
                }
                Outcome::Handled => None,
                Outcome::Interrupted => {
                    replayed.interrupted = true;
                    return false;
                }
                Outcome::Failed(failure, attempts) => {
                    Some((event.into_record(), failure, attempts))
                }
            },
        };
        let Some((record, failure, attempts)) = failed else {
            replayed.handled += 1;
            replayed.left.push(letter);
            return true;
        };
        replayed.next = Some(Again::Failed {
            letter,
            fingerprint: fingerprint_of(&record, &failure),
            failure,
            attempts,
        });
        false
    }

    /// What has something to come after its transaction is taken out when that has been done as well.
    async fn replay_event(&self, event: &Event<S, D>, letter: Uuid, scope: &Scope) -> Outcome {
        let (mut retry, mut turn) = (Retry::again(&self.options), None);
        let goes_with_it = !event.has_after();
        if transactional(&[event]) {
            let letters: &[Uuid] = if goes_with_it { &[letter] } else { &[] };
            let within = self.try_half(Half::Within, event, letters, &mut retry, &mut turn, scope);
            match within.await {
                HalfTried::Handled if goes_with_it => return Outcome::TakenOut,
                HalfTried::Handled => {}
                HalfTried::Failed(failure, _) if failure.is_gone() => return Outcome::TakenOut,
                HalfTried::Failed(failure, attempts) => return Outcome::Failed(failure, attempts),
                // No breaker is asked about a letter.
                HalfTried::Dropped | HalfTried::Interrupted => return Outcome::Interrupted,
            }
        }
        let after = self.try_half(Half::After, event, &[], &mut retry, &mut turn, scope);
        match after.await {
            HalfTried::Handled => Outcome::Handled,
            HalfTried::Failed(failure, attempts) => Outcome::Failed(failure, attempts),
            HalfTried::Dropped | HalfTried::Interrupted => Outcome::Interrupted,
        }
    }
}

/// What became of one letter.
enum Outcome {
    /// Handled, and gone with its effects.
    TakenOut,
    Handled,
    Failed(Failure, u32),
    Interrupted,
}

fn only_transactional<S: 'static, C: 'static>(
    routed: &Routed<S, C>,
) -> Option<&crate::router::DynArrived<S, C>> {
    match routed {
        Routed::Handle(event) if transactional(&[&**event]) && !event.has_after() => Some(&**event),
        _ => None,
    }
}
