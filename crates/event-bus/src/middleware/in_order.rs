//! Messages of one partition in the order of their offsets, whole batches of them: tried again in place until they are
//! handled, or until a breaker drops them and whoever wants to know of that does.

use std::pin::pin;

use super::{Interrupted, Ran, Scope, Stack, Tried, Turn, timeout, trace};
use crate::failure::Failure;
use crate::record::Record;
use crate::router::Whole;
use crate::store::Store;
use crate::{jitter, metrics};

impl<S: Send + Sync + 'static, D: Store> Stack<S, D> {
    /// All of the messages, or none if the scope stops before.
    pub(super) async fn until_handled(
        &self,
        records: Vec<Record>,
        mut turn: Option<Turn>,
        scope: &Scope,
    ) -> Ran {
        let became = match self.router.whole(&scope.topic) {
            Some(whole) => self.try_whole(&whole, &records, &mut turn, scope).await,
            // Only what such a handler is listed for comes here.
            None => Err(Interrupted),
        };
        match became {
            Ok(()) => Ran {
                done: records.len(),
                ..Ran::default()
            },
            Err(Interrupted) => Ran {
                left: records,
                ..Ran::default()
            },
        }
    }

    async fn try_whole(
        &self,
        whole: &Whole<S>,
        records: &[Record],
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<(), Interrupted> {
        let mut failures = 0;
        loop {
            let failure = match self.attempt_whole(whole, records, turn, scope).await {
                Ok(()) => {
                    self.self_limit.handled(records.len() as u64);
                    return Ok(());
                }
                Err(Tried::Interrupted) => return Err(Interrupted),
                // Who waits takes nobody's turn.
                Err(tried) => {
                    *turn = None;
                    match tried {
                        Tried::Failed(failure, _) => failure,
                        _ => return self.drop_all(records, scope).await,
                    }
                }
            };
            metrics::retried(self.router.group);
            failures += 1;
            self.before_the_next(failures, &failure, records, scope)
                .await?;
        }
    }

    async fn attempt_whole(
        &self,
        whole: &Whole<S>,
        records: &[Record],
        turn: &mut Option<Turn>,
        scope: &Scope,
    ) -> Result<(), Tried> {
        let pass = self.admit(&self.alone, turn, scope).await?;
        let work = pin!(self.run_whole(whole, records));
        // Nothing else keeps what fails, for whatever reason, from being tried for ever.
        self.judge(pass.strictly(), work, turn, scope).await
    }

    /// Lets messages fall, once who is told of it has taken note.
    pub(super) async fn drop_all(
        &self,
        records: &[Record],
        scope: &Scope,
    ) -> Result<(), Interrupted> {
        if let Some(whole) = &self.router.dropped {
            let mut failures = 0;
            loop {
                let turn = self.alone.turn(&scope.stop).await?;
                let noted = self.run_whole(whole, records).await;
                drop(turn);
                let Err(failure) = noted else { break };
                failures += 1;
                self.before_the_next(failures, &failure, records, scope)
                    .await?;
            }
        }
        metrics::dropped(self.router.group, records.len() as u64);
        Ok(())
    }

    async fn run_whole(&self, whole: &Whole<S>, records: &[Record]) -> Result<(), Failure> {
        let work = whole.handler.call(&self.router.state, records);
        let work = pin!(timeout::within(
            self.options.handler_timeout,
            whole.place,
            work
        ));
        trace::continued(self.router.group, records.iter(), work).await
    }

    /// The wait after so many failures, of which the first is told, and then ever fewer.
    async fn before_the_next(
        &self,
        failures: u32,
        failure: &Failure,
        records: &[Record],
        scope: &Scope,
    ) -> Result<(), Interrupted> {
        if failures.is_power_of_two() {
            tracing::warn!(
                consumer = self.router.group,
                topic = &*scope.topic,
                partition = scope.partition,
                offset = records.first().map(Record::offset),
                messages = records.len(),
                failures,
                reason = failure.reason,
                "a partition waits for what fails: {}",
                failure.detail
            );
        }
        let wait = jitter::wait(&self.options.backoff, failures);
        scope.rest(wait).await
    }
}
