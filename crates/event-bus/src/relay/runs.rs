//! Row ids as runs: a busy outbox has few holes, so a thousand ids are mostly one run.

/// Ids from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The runs that hold these ids and no other, in order.
pub(super) fn runs_of(ids: &mut [i64]) -> Vec<Run> {
    ids.sort_unstable();
    let mut runs: Vec<Run> = Vec::new();
    for &id in &*ids {
        match runs.last_mut() {
            Some(run) if id <= run.last + 1 => run.last = id,
            _ => runs.push(Run {
                first: id,
                last: id,
            }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_the_ids_and_no_other() {
        let run = |first, last| Run { first, last };
        assert_eq!(runs_of(&mut []), []);
        assert_eq!(
            runs_of(&mut [7, 1, 2, 3, 9, 8, 12]),
            [run(1, 3), run(7, 9), run(12, 12)]
        );
    }
}
