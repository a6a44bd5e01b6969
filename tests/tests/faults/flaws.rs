//! What a run finds that must not be.

use std::fmt;

/// Flaws that are printed; the others are like them.
const SHOWN: usize = 20;

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Acknowledged or addressed, and neither there nor told, nor said to be missing.
    Lost(String),
    /// There, or told, twice.
    Doubled(String),
    /// Told after what came later.
    Disordered(String),
    /// Said to be missing where nothing may be.
    Gap(String),
    /// Not as the contract has it.
    Otherwise(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(what) => write!(f, "lost: {what}"),
            Self::Doubled(what) => write!(f, "doubled: {what}"),
            Self::Disordered(what) => write!(f, "disordered: {what}"),
            Self::Gap(what) => write!(f, "gap: {what}"),
            Self::Otherwise(what) => write!(f, "otherwise: {what}"),
        }
    }
}

/// All of a run. Displayed: how many there are of each kind.
pub(crate) struct Flaws(pub(crate) Vec<Flaw>);

impl Flaws {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of them, a line each.
    pub(crate) fn shown(&self) -> String {
        let first = self.0.iter().take(SHOWN);
        let lines: Vec<String> = first.map(Flaw::to_string).collect();
        lines.join("\n")
    }

    fn count(&self, is_it: impl Fn(&Flaw) -> bool) -> usize {
        self.0.iter().filter(|flaw| is_it(flaw)).count()
    }
}

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "lost={} doubled={} disordered={} gaps={} otherwise={}",
            self.count(|flaw| matches!(flaw, Flaw::Lost(_))),
            self.count(|flaw| matches!(flaw, Flaw::Doubled(_))),
            self.count(|flaw| matches!(flaw, Flaw::Disordered(_))),
            self.count(|flaw| matches!(flaw, Flaw::Gap(_))),
            self.count(|flaw| matches!(flaw, Flaw::Otherwise(_))),
        )
    }
}
