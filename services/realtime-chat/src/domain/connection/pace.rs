//! How fast frames may come (GCRA).

use std::time::{Duration, Instant};

/// Frames per second in the long run, and at once.
const RATE: u32 = 30;
const BURST: u32 = 100;
/// Frames too many in a row before it is enough.
const PATIENCE: u32 = 20;

/// How fast the frames of one connection may come.
#[derive(Debug)]
pub struct Pace {
    /// When all that came is paid for; none when nothing is limited.
    paid: Option<Instant>,
    refused: u32,
}

/// Whether a frame may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paced {
    /// It may.
    Fine,
    /// Not before this has passed.
    TooFast(Duration),
    /// It is enough.
    Over,
}

impl Pace {
    /// Of a connection that begins now.
    #[must_use]
    pub const fn new(now: Instant, is_limited: bool) -> Self {
        Self {
            paid: if is_limited { Some(now) } else { None },
            refused: 0,
        }
    }

    /// A frame came.
    pub fn frame(&mut self, now: Instant) -> Paced {
        let Some(paid) = self.paid else {
            return Paced::Fine;
        };
        let each = Duration::from_secs(1) / RATE;
        let next = paid.max(now) + each;
        let ahead = next - now;
        let most = each * BURST;
        if ahead <= most {
            self.paid = Some(next);
            self.refused = 0;
            return Paced::Fine;
        }
        self.refused += 1;
        if self.refused > PATIENCE {
            return Paced::Over;
        }
        Paced::TooFast(ahead - most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_too_fast_is_told_and_then_cut_off() {
        let now = Instant::now();
        let mut pace = Pace::new(now, true);
        for _ in 0..BURST {
            assert_eq!(pace.frame(now), Paced::Fine);
        }
        for _ in 0..PATIENCE {
            assert!(matches!(pace.frame(now), Paced::TooFast(_)));
        }
        assert_eq!(pace.frame(now), Paced::Over);
        let mut free = Pace::new(now, false);
        for _ in 0..10_000 {
            assert_eq!(free.frame(now), Paced::Fine);
        }
    }

    #[test]
    fn who_waits_may_go_on() {
        let now = Instant::now();
        let mut pace = Pace::new(now, true);
        while pace.frame(now) == Paced::Fine {}
        let Paced::TooFast(wait) = pace.frame(now) else {
            panic!("it is too fast");
        };
        assert_eq!(pace.frame(now + wait), Paced::Fine);
        assert_eq!(pace.refused, 0);
    }
}
