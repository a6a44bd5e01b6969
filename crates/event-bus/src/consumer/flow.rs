//! What a lane and the one who fills it know of each other.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A partition of a topic.
pub(crate) type Partition = (Arc<str>, i32);

/// Up to where a partition is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// Everything before it is done.
    pub(crate) offset: i64,
    /// What is done beyond it.
    pub(crate) metadata: String,
}

/// Marks of what moves although no event is done by it: a try that ended, a wait for the next one, a breaker
/// that is asked again, a store that is away.
#[derive(Debug, Default)]
pub(crate) struct Activity(AtomicU64);

impl Activity {
    /// Something has moved.
    pub(crate) fn mark(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often something has moved.
    fn marks(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One lane's part.
pub(crate) struct Flow {
    in_flight: AtomicUsize,
    handled: AtomicUsize,
    activity: Arc<Activity>,
    position: Mutex<Option<Position>>,
    /// What is done beyond the position is more than a commit can tell.
    is_full: AtomicBool,
    /// The log has other records at the offsets that were given.
    is_anew: AtomicBool,
    /// Called when what is in flight has shrunk to this number.
    low: AtomicUsize,
    /// Messages of the partition that are not done, as far as is known; below 0 if it is not.
    lag: AtomicI64,
    has_room: Box<dyn Fn() + Send + Sync>,
}

impl Flow {
    /// `has_room` is called when the lane can take more after it could not.
    pub(crate) fn new(has_room: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            handled: AtomicUsize::new(0),
            activity: Arc::default(),
            position: Mutex::new(None),
            is_full: AtomicBool::new(false),
            is_anew: AtomicBool::new(false),
            low: AtomicUsize::new(0),
            lag: AtomicI64::new(-1),
            has_room,
        }
    }

    /// Messages that were given to the lane and are not done.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Messages done so far.
    pub(crate) fn handled(&self) -> usize {
        self.handled.load(Ordering::Relaxed)
    }

    /// Where the lane's work marks that it moves.
    pub(crate) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity)
    }

    /// So many messages of the partition are not done.
    pub(crate) fn lags(&self, messages: i64) {
        self.lag.store(messages, Ordering::Relaxed);
    }

    /// Messages of the partition that are not done, once that is known.
    pub(crate) fn lag(&self) -> Option<u64> {
        u64::try_from(self.lag.load(Ordering::Relaxed)).ok()
    }

    /// Differs from what it was when anything has moved since.
    pub(crate) fn moves(&self) -> u64 {
        self.activity.marks().wrapping_add(self.handled() as u64)
    }

    pub(crate) fn given(&self, messages: usize) {
        self.in_flight.fetch_add(messages, Ordering::AcqRel);
    }

    pub(crate) fn done(&self, messages: usize) {
        let before = self.in_flight.fetch_sub(messages, Ordering::AcqRel);
        self.handled.fetch_add(messages, Ordering::Relaxed);
        let low = self.low.load(Ordering::Acquire);
        if before > low && before - messages.min(before) <= low {
            (self.has_room)();
        }
    }

    /// Calls `has_room` once no more than `low` are in flight.
    pub(crate) fn call_at(&self, low: usize) {
        self.low.store(low, Ordering::Release);
    }

    /// The position, and whether it says all that is done beyond. If not, the lane gets nothing more: what is
    /// not said would be handled again by the next owner.
    pub(crate) fn tell(&self, position: Position, is_whole: bool) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = Some(position);
        let was_full = self.is_full.swap(!is_whole, Ordering::AcqRel);
        if was_full && is_whole {
            (self.has_room)();
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    /// The log begins anew: this lane, which knows the old one, is of no more use.
    pub(crate) fn begins_anew(&self) {
        self.is_anew.store(true, Ordering::Release);
    }

    pub(crate) fn is_anew(&self) -> bool {
        self.is_anew.load(Ordering::Acquire)
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.position
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
