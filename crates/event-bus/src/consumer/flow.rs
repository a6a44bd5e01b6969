//! What a lane and the one who fills it know of each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Up to where a partition is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// Everything before it is done.
    pub(crate) offset: i64,
    /// What is done beyond it.
    pub(crate) metadata: String,
}

/// One lane's part.
pub(crate) struct Flow {
    in_flight: AtomicUsize,
    handled: AtomicUsize,
    position: Mutex<Option<Position>>,
    /// Called when what is in flight has shrunk to this number.
    low: AtomicUsize,
    has_room: Box<dyn Fn() + Send + Sync>,
}

impl Flow {
    /// `has_room` is called when the lane can take more after it could not.
    pub(crate) fn new(has_room: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            in_flight: AtomicUsize::new(0),
            handled: AtomicUsize::new(0),
            position: Mutex::new(None),
            low: AtomicUsize::new(0),
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

    pub(crate) fn tell(&self, position: Position) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = Some(position);
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.position
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
