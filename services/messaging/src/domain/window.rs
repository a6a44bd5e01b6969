//! Which messages of a conversation are asked for.

use nova_resilience::{FieldError, Invalid};

/// Most messages of an answer.
const LIMIT_MAX: i64 = 100;
/// Messages of an answer when nothing is asked.
const LIMIT: i64 = 20;

/// Where messages are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The newest.
    Newest,
    /// Those right before this sequence, without it.
    Before(i64),
    /// Those right after this sequence, without it.
    After(i64),
    /// Those on both sides of this sequence, with it.
    Around(i64),
}

/// A stretch of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where.
    pub anchor: Anchor,
    /// At most so many.
    pub limit: i64,
}

impl Window {
    /// Checks what was sent: at most one of the three.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn check(
        before: Option<i64>,
        after: Option<i64>,
        around: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        for (field, value) in [("before", before), ("after", after), ("around", around)] {
            if value.is_some_and(|value| value < 0) {
                let message = "must be a whole number, 0 or more";
                wrong.push(FieldError::new(field, "out_of_range", message));
            }
        }
        let limit = limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let message = "must be a whole number from 1 to 100";
            wrong.push(FieldError::new("limit", "out_of_range", message));
        }
        let anchor = match (before, after, around) {
            (None, None, None) => Anchor::Newest,
            (Some(before), None, None) => Anchor::Before(before),
            (None, Some(after), None) => Anchor::After(after),
            (None, None, Some(around)) => Anchor::Around(around),
            (_, second, third) => {
                let field = if third.is_some() { "around" } else { "after" };
                debug_assert!(second.is_some() || third.is_some());
                let message = "at most one of before, after and around may be given";
                wrong.push(FieldError::new(field, "conflicting_field", message));
                Anchor::Newest
            }
        };
        Invalid::unless_none(wrong)?;
        Ok(Self { anchor, limit })
    }
}

/// How many of those before and of those from `around` on fill a window of `limit`: half of each, and more of one side
/// where the other has less.
#[must_use]
pub fn shares(before: usize, from: usize, limit: usize) -> (usize, usize) {
    let taken_before = before.min(limit / 2);
    let taken_from = from.min(limit - taken_before);
    (before.min(limit - taken_from), taken_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_is_asked_for() {
        let at = |before, after, around| Window::check(before, after, around, None);
        let anchor = |window: Result<Window, Invalid>| window.map(|window| window.anchor);
        assert_eq!(anchor(at(None, None, None)), Ok(Anchor::Newest));
        assert_eq!(anchor(at(Some(3), None, None)), Ok(Anchor::Before(3)));
        assert_eq!(anchor(at(None, Some(0), None)), Ok(Anchor::After(0)));
        assert_eq!(anchor(at(None, None, Some(7))), Ok(Anchor::Around(7)));
        let field = |window: Result<Window, Invalid>| window.unwrap_err().0[0].field.clone();
        assert_eq!(field(at(Some(1), Some(1), None)), "after");
        assert_eq!(field(at(Some(1), None, Some(1))), "around");
        assert_eq!(field(at(None, Some(-1), None)), "after");
        for limit in [0, -1, 101] {
            assert_eq!(field(Window::check(None, None, None, Some(limit))), "limit");
        }
    }

    #[test]
    fn a_window_is_filled_from_both_sides() {
        assert_eq!(shares(50, 50, 20), (10, 10));
        assert_eq!(shares(50, 50, 5), (2, 3));
        assert_eq!(shares(3, 50, 20), (3, 17));
        assert_eq!(shares(50, 1, 20), (19, 1));
        assert_eq!(shares(50, 0, 20), (20, 0));
        assert_eq!(shares(50, 50, 1), (0, 1));
        assert_eq!(shares(0, 0, 20), (0, 0));
    }
}
