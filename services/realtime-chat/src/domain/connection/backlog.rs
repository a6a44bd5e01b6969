//! What a connection has not been sent yet: bounded.

use std::collections::VecDeque;

use bytes::Bytes;
use uuid::Uuid;

/// Most frames that wait for one socket.
pub const MOST_FRAMES: usize = 256;
/// Most bytes that wait for one socket.
pub const MOST_BYTES: usize = 256 * 1024;

/// What only its latest state counts of: it goes first when there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fleeting {
    /// That somebody types somewhere.
    Typing(Uuid, Uuid),
    /// Whether somebody is there.
    Presence(Uuid),
}

/// Frames that wait. Empty, it takes no memory of its own.
#[derive(Debug, Default)]
pub struct Backlog {
    frames: VecDeque<Bytes>,
    fleeting: Vec<(Fleeting, Bytes)>,
    bytes: usize,
    is_over: bool,
}

impl Backlog {
    /// Adds a frame that must arrive. False when there is no room: from then on nothing is added, and all is let go.
    pub fn push(&mut self, frame: Bytes) -> bool {
        if self.is_over {
            return false;
        }
        if !self.has_room(&frame) {
            for (_, fleeting) in std::mem::take(&mut self.fleeting) {
                self.bytes -= fleeting.len();
            }
            if !self.has_room(&frame) {
                *self = Self {
                    is_over: true,
                    ..Self::default()
                };
                return false;
            }
        }
        self.bytes += frame.len();
        self.frames.push_back(frame);
        true
    }

    /// Adds a frame that replaces an older one of the same, or is left out when there is no room.
    pub fn push_fleeting(&mut self, what: Fleeting, frame: Bytes) {
        if let Some(at) = self.fleeting.iter().position(|(other, _)| *other == what) {
            let (_, old) = self.fleeting.remove(at);
            self.bytes -= old.len();
        }
        if !self.is_over && self.has_room(&frame) {
            self.bytes += frame.len();
            self.fleeting.push((what, frame));
        }
    }

    /// Takes the next frame: those that must arrive first.
    pub fn pop(&mut self) -> Option<Bytes> {
        let frame = match self.frames.pop_front() {
            Some(frame) => frame,
            None if self.fleeting.is_empty() => {
                self.frames = VecDeque::new();
                self.fleeting = Vec::new();
                return None;
            }
            None => self.fleeting.remove(0).1,
        };
        self.bytes -= frame.len();
        Some(frame)
    }

    /// Whether there was no room for something.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    fn has_room(&self, frame: &Bytes) -> bool {
        self.frames.len() + self.fleeting.len() < MOST_FRAMES
            && self.bytes + frame.len() <= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Fleeting = Fleeting::Presence(Uuid::nil());

    #[test]
    fn frames_come_in_order_and_fleeting_ones_after_them() {
        let mut backlog = Backlog::default();
        backlog.push_fleeting(WHO, Bytes::from_static(b"online"));
        assert!(backlog.push(Bytes::from_static(b"1")));
        assert!(backlog.push(Bytes::from_static(b"2")));
        backlog.push_fleeting(WHO, Bytes::from_static(b"offline"));
        let all: Vec<Bytes> = std::iter::from_fn(|| backlog.pop()).collect();
        assert_eq!(all, ["1", "2", "offline"]);
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn it_is_bounded_by_frames_and_fleeting_ones_go_first() {
        let mut backlog = Backlog::default();
        backlog.push_fleeting(WHO, Bytes::from_static(b"online"));
        for _ in 0..MOST_FRAMES {
            assert!(backlog.push(Bytes::from_static(b"x")));
        }
        assert!(backlog.fleeting.is_empty());
        backlog.push_fleeting(WHO, Bytes::from_static(b"offline"));
        assert!(backlog.fleeting.is_empty());
        assert!(!backlog.push(Bytes::from_static(b"x")));
        assert!(backlog.is_over());
        assert_eq!(backlog.pop(), None);
        assert!(!backlog.push(Bytes::from_static(b"x")));
    }

    #[test]
    fn it_is_bounded_by_bytes() {
        let mut backlog = Backlog::default();
        let half = Bytes::from(vec![0; MOST_BYTES / 2]);
        assert!(backlog.push(half.clone()));
        assert!(backlog.push(half));
        assert!(!backlog.push(Bytes::from_static(b"x")));
    }
}
