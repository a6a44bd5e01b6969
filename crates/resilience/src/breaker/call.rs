//! Calls through a breaker.

use std::time::Duration;

use super::Breaker;
use super::machine::Verdict;
use super::permit::Rejected;
use crate::code::{Code, Fault, FieldError};

/// Why a call through a breaker gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The call was not made.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// The call was made, and this is its own error.
    #[error(transparent)]
    Failed(E),
}

impl<E: Fault + 'static> Fault for CallError<E> {
    fn code(&self) -> Code {
        match self {
            Self::Rejected(rejected) => rejected.code(),
            Self::Failed(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Rejected(rejected) => rejected.reason(),
            Self::Failed(error) => error.reason(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Rejected(rejected) => rejected.fields(),
            Self::Failed(error) => error.fields(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(rejected) => Fault::retry_after(rejected),
            Self::Failed(error) => error.retry_after(),
        }
    }
}

impl Verdict {
    /// What an error of that code says about what was called: a transient one that it is unwell, any
    /// other that it answered.
    #[must_use]
    pub const fn of(code: Code) -> Self {
        if code.is_transient() {
            Self::Failure
        } else {
            Self::Success
        }
    }
}

impl Breaker {
    /// Makes a call if the breaker lets it through, and judges its error by [`Verdict::of`]. Put the
    /// time allowed for the call inside it: a call that is dropped from outside counts as neither, so
    /// one that hangs would never open the breaker.
    ///
    /// # Errors
    /// The breaker refused, or the call failed.
    pub async fn call<T, E: Fault>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CallError<E>> {
        self.call_judged(call, |error| Verdict::of(error.code()))
            .await
    }

    /// As [`Self::call`], with one's own judgement of the error; a call without one is a success.
    ///
    /// # Errors
    /// The breaker refused, or the call failed.
    pub async fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        judge: impl FnOnce(&E) -> Verdict,
    ) -> Result<T, CallError<E>> {
        let permit = self.try_acquire()?;
        let answer = call.await;
        permit.settle(answer.as_ref().err().map_or(Verdict::Success, judge));
        answer.map_err(CallError::Failed)
    }
}

/// A client that can only be used through its breaker. Clones share the breaker.
#[derive(Debug, Clone)]
pub struct Guarded<C> {
    client: C,
    breaker: Breaker,
    judge: fn(Code) -> Verdict,
}

impl<C> Guarded<C> {
    /// Puts the breaker before the client; errors are judged by [`Verdict::of`].
    #[must_use]
    pub const fn new(client: C, breaker: Breaker) -> Self {
        Self {
            client,
            breaker,
            judge: Verdict::of,
        }
    }

    /// Judges errors by this instead.
    #[must_use]
    pub fn judged_by(self, judge: fn(Code) -> Verdict) -> Self {
        Self { judge, ..self }
    }

    /// The breaker, to look at or to wait for.
    #[must_use]
    pub const fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Makes a call with the client, as [`Breaker::call`] does.
    ///
    /// # Errors
    /// The breaker refused, or the call failed.
    pub async fn call<'a, T, E, F>(
        &'a self,
        call: impl FnOnce(&'a C) -> F,
    ) -> Result<T, CallError<E>>
    where
        E: Fault,
        F: Future<Output = Result<T, E>>,
    {
        // The client is not touched before the breaker has let the call through.
        let call = async { call(&self.client).await };
        let judge = |error: &E| (self.judge)(error.code());
        self.breaker.call_judged(call, judge).await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::{BreakerConfig, BreakerPolicy, BreakerState};
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[error("the neighbour said {0:?}")]
    struct Said(Code);

    impl Fault for Said {
        fn code(&self) -> Code {
            self.0
        }
    }

    /// Opens at the first failure.
    fn breaker() -> Breaker {
        let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
        Breaker::new("neighbour", config)
    }

    async fn fails(code: Code) -> Result<(), Said> {
        Err(Said(code))
    }

    #[tokio::test(start_paused = true)]
    async fn only_transient_codes_are_failures() {
        for (code, state) in [
            (Code::Invalid, BreakerState::Closed),
            (Code::Unauthenticated, BreakerState::Closed),
            (Code::Forbidden, BreakerState::Closed),
            (Code::NotFound, BreakerState::Closed),
            (Code::Conflict, BreakerState::Closed),
            (Code::Internal, BreakerState::Closed),
            (Code::TooMany, BreakerState::Open),
            (Code::Unavailable, BreakerState::Open),
            (Code::Timeout, BreakerState::Open),
        ] {
            let breaker = breaker();
            let answer = breaker.call(fails(code)).await;
            assert_eq!(answer, Err(CallError::Failed(Said(code))));
            assert_eq!(breaker.state(), state, "after {code:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_call_is_not_made_and_says_when_to_come_back() {
        let breaker = breaker();
        drop(breaker.call(fails(Code::Timeout)).await);
        let made = Cell::new(false);
        let call = async {
            made.set(true);
            Ok::<_, Said>(())
        };
        let error = breaker.call(call).await.unwrap_err();
        assert!(!made.get());
        assert_eq!(error.code(), Code::Unavailable);
        assert_eq!(error.reason(), "breaker_open");
        let wait = error.retry_after().unwrap();
        assert!(wait >= Duration::from_millis(500) && wait <= Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn ones_own_judgement_replaces_the_usual_one() {
        let breaker = breaker();
        for verdict in [Verdict::Success, Verdict::Neither] {
            let call = breaker.call_judged(fails(Code::Timeout), |_| verdict);
            drop(call.await);
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
        let call = breaker.call_judged(fails(Code::Conflict), |_| Verdict::Failure);
        drop(call.await);
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_given_up_counts_as_neither() {
        let breaker = breaker();
        let hangs = breaker.call(std::future::pending::<Result<(), Said>>());
        let given_up = tokio::time::timeout(Duration::from_secs(1), hangs).await;
        assert!(given_up.is_err());
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_guarded_client_is_reached_only_through_its_breaker() {
        let client = Guarded::new(Cell::new(0), breaker());
        let count = |client: &Cell<u32>| {
            client.set(client.get() + 1);
            std::future::ready(Err::<(), _>(Said(Code::Unavailable)))
        };
        assert!(matches!(
            client.call(count).await,
            Err(CallError::Failed(_))
        ));
        assert!(matches!(
            client.call(count).await,
            Err(CallError::Rejected(_))
        ));
        assert_eq!(client.client.get(), 1);
        assert_eq!(client.breaker().state(), BreakerState::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn a_guarded_client_can_judge_by_itself() {
        let client = Guarded::new((), breaker()).judged_by(|code| match code {
            Code::Internal => Verdict::Failure,
            _ => Verdict::Neither,
        });
        drop(client.call(|()| fails(Code::Timeout)).await);
        assert_eq!(client.breaker().state(), BreakerState::Closed);
        drop(client.call(|()| fails(Code::Internal)).await);
        assert_eq!(client.breaker().state(), BreakerState::Open);
    }
}
