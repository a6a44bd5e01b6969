//! Bodies that come too slowly.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use futures::FutureExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::allowance::Pace;
use crate::http::BodyTooSlow;

/// Whose turn it is: the client's while its body is waited for, else ours, and since when.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Mutex<Option<Instant>>>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    fn ours_since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, ours_since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ours_since;
    }

    /// Waits for a future until it was our turn for so long without a break; then it is dropped and there is none.
    pub(super) async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        loop {
            let now = Instant::now();
            let until = self.ours_since().unwrap_or(now) + limit;
            tokio::select! {
                biased;
                done = &mut future => return Some(done),
                () = sleep_until(until) => {
                    if self.ours_since().is_some_and(|since| since.elapsed() >= limit) {
                        return None;
                    }
                }
            }
        }
    }
}

/// A body that ends in [`BodyTooSlow`] when its client falls behind. What came before has been handed over.
pub(super) struct Paced {
    body: Body,
    pace: Pace,
    turns: Turns,
    /// Since when the client has been waited for.
    waiting: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
    /// How long it was waited for in this stretch, and how much came.
    waited: Duration,
    came: u64,
}

impl Paced {
    pub(super) const fn new(body: Body, pace: Pace, turns: Turns) -> Self {
        Self {
            body,
            pace,
            turns,
            waiting: None,
            alarm: None,
            waited: Duration::ZERO,
            came: 0,
        }
    }

    /// It is the client's turn, until the alarm.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<BodyTooSlow> {
        if self.waiting.is_none() {
            let now = Instant::now();
            let until = now + self.pace.idle;
            self.waiting = Some(now);
            match &mut self.alarm {
                Some(alarm) => alarm.as_mut().reset(until),
                None => self.alarm = Some(Box::pin(sleep_until(until))),
            }
            self.turns.set(None);
        }
        match &mut self.alarm {
            Some(alarm) => alarm.poll_unpin(context).map(|()| BodyTooSlow),
            None => Poll::Pending,
        }
    }

    /// It is our turn again: whether the client was fast enough.
    fn arrived(&mut self, bytes: usize) -> Result<(), BodyTooSlow> {
        self.came += bytes as u64;
        if let Some(since) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        self.turns.set(Some(Instant::now()));
        if self.waited >= self.pace.over {
            if self.came < self.pace.bytes {
                return Err(BodyTooSlow);
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(())
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let late = ready!(self.wait(context));
            self.turns.set(Some(Instant::now()));
            return Poll::Ready(Some(Err(late.into())));
        };
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => 0,
        };
        let in_time = self.arrived(bytes);
        Poll::Ready(match (frame, in_time) {
            (Some(Ok(_)), Err(late)) => Some(Err(late.into())),
            (frame, _) => frame.map(|frame| frame.map_err(Into::into)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, stream};
    use http_body_util::BodyExt as _;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// So many bytes, each so many seconds after the one before.
    fn trickle(lengths: Vec<usize>, pause: Duration) -> Body {
        Body::from_stream(stream::iter(lengths).then(move |length| async move {
            tokio::time::sleep(pause).await;
            Ok::<_, BoxError>(Bytes::from(vec![b'x'; length]))
        }))
    }

    async fn paced(body: Body) -> Result<usize, axum::Error> {
        let body = Paced::new(body, Pace::default(), Turns::new());
        let whole = Body::new(body).collect().await;
        whole.map(|whole| whole.to_bytes().len())
    }

    #[tokio::test(start_paused = true)]
    async fn who_pauses_or_trickles_for_too_long_is_too_slow() {
        assert_eq!(paced(trickle(vec![1; 3], 9 * SECOND)).await.unwrap(), 3);
        assert!(paced(trickle(vec![1], 11 * SECOND)).await.is_err());
        assert!(paced(trickle(vec![1; 5], 9 * SECOND)).await.is_err());
        assert!(paced(trickle(vec![1_000; 40], SECOND)).await.is_err());
        let fast = paced(trickle(vec![1_024; 100], SECOND)).await;
        assert_eq!(fast.unwrap(), 102_400);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_not_read_is_not_slow() {
        let mut body = Body::new(Paced::new(
            Body::from("all at once"),
            Pace::default(),
            Turns::new(),
        ));
        tokio::time::sleep(100 * SECOND).await;
        assert!(body.frame().await.unwrap().is_ok());
        tokio::time::sleep(100 * SECOND).await;
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn only_our_turns_are_timed_and_each_by_itself() {
        let answers = async |rest: Duration| {
            let turns = Turns::new();
            let slow = trickle(vec![100_000; 10], 9 * SECOND);
            let mut body = Body::new(Paced::new(slow, Pace::default(), turns.clone()));
            let handler = async {
                while body.frame().await.is_some() {
                    tokio::time::sleep(rest).await;
                }
            };
            turns.within(15 * SECOND, handler).await.is_some()
        };
        assert!(answers(14 * SECOND).await);
        assert!(!answers(16 * SECOND).await);
    }
}
