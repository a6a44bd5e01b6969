//! What benchmarks share: the rows of the table in docs/BENCHMARKS.md, and the numbers in them.

use std::fmt;

/// A row of the table. `scripts/bench` takes every line that looks like one into docs/BENCHMARKS.md.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The value, with its unit.
    pub measured: String,
    /// What it is held against: measured in the same run, or named as somebody else's number.
    pub limit: String,
    /// Measured divided by limit.
    pub ratio: String,
    /// What was asked for.
    pub goal: String,
    /// Whether that was reached; nothing when nothing was asked for.
    pub met: Option<bool>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            measured,
            limit,
            ratio,
            goal,
            met,
        } = self;
        let met = match met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        write!(
            f,
            "| {what} | {measured} | {limit} | {ratio} | {goal} | {met} |"
        )
    }
}

/// The same thing measured several times.
#[derive(Debug, Clone, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Adds one more.
    pub fn push(&mut self, value: f64) {
        let at = self.0.partition_point(|other| *other < value);
        self.0.insert(at, value);
    }

    /// The value in the middle, or the middle of the two that are; 0 when there is none.
    #[must_use]
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match self.0.as_slice() {
            [] => 0.0,
            values if values.len() % 2 == 1 => values[middle],
            values => f64::midpoint(values[middle - 1], values[middle]),
        }
    }

    /// The greatest.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }
}

/// Median and best of all rounds: `61,234 /s (best 63,001)`.
impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} /s (best {})",
            grouped(self.median()),
            grouped(self.best())
        )
    }
}

/// The value that so many percent of the sorted values do not exceed (nearest rank); 0 when there is none.
#[must_use]
pub fn percentile(sorted: &[u32], percent: f64) -> u32 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

/// A whole number with a comma after each three digits: `1,234,567`.
#[must_use]
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let mut rounds = Rounds::default();
        assert_eq!(rounds.median(), 0.0);
        for value in [3.0, 1.0, 2.0] {
            rounds.push(value);
        }
        assert_eq!((rounds.median(), rounds.best()), (2.0, 3.0));
        rounds.push(9.0);
        assert_eq!((rounds.median(), rounds.best()), (2.5, 9.0));
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&values, 50.0), 100);
        assert_eq!(percentile(&values, 99.0), 198);
        assert_eq!(percentile(&values, 100.0), 200);
        assert_eq!(percentile(&[], 50.0), 0);
    }

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0.0, 999.4, 999.6, 1_234_567.0]
                .map(grouped)
                .each_ref()
                .map(String::as_str)
        );
    }
}
