//! How long things took, counted in classes.

/// Classes in each power of two: what is told is at most 1/32 too much.
const FINE: u32 = 32;
const FINE_BITS: u32 = FINE.ilog2();
/// Up to 2^36 µs, which is 19 hours.
const CLASSES: usize = ((36 - FINE_BITS + 1) * FINE) as usize;

/// Microseconds, in classes of 3 %: as many as there are, they take 8 kB.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// Empty while nothing was counted.
    counts: Vec<u64>,
    all: u64,
}

impl Histogram {
    /// Counts one.
    pub fn push(&mut self, micros: u64) {
        if self.counts.is_empty() {
            self.counts = vec![0; CLASSES];
        }
        let class = class(micros).min(CLASSES - 1);
        if let Some(count) = self.counts.get_mut(class) {
            *count += 1;
            self.all += 1;
        }
    }

    /// Counts all that another has counted.
    pub fn add(&mut self, more: &Self) {
        if self.counts.is_empty() {
            self.clone_from(more);
            return;
        }
        for (count, more) in self.counts.iter_mut().zip(&more.counts) {
            *count += more;
        }
        self.all += more.all;
    }

    /// How many were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.all
    }

    /// Milliseconds that so many percent do not exceed (nearest rank); 0 when nothing was counted.
    #[must_use]
    pub fn ms(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.all as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (class, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return highest(class) as f64 / 1_000.0;
            }
        }
        0.0
    }
}

fn class(micros: u64) -> usize {
    let fine = u64::from(FINE);
    if micros < fine {
        return usize::try_from(micros).unwrap_or(0);
    }
    let power = micros.ilog2() - FINE_BITS;
    let within = (micros >> power) - fine;
    usize::try_from(u64::from(power + 1) * fine + within).unwrap_or(usize::MAX)
}

/// The greatest value of a class.
fn highest(class: usize) -> u64 {
    let (class, fine) = (class as u64, u64::from(FINE));
    if class < fine {
        return class;
    }
    let power = class / fine - 1;
    ((fine + class % fine + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_at_most_a_thirty_second_too_much() {
        for micros in (0..100_000).chain([1 << 20, (1 << 35) + 12_345]) {
            let told = highest(class(micros));
            assert!(told >= micros && told - micros <= micros / 32, "{micros}");
        }
        let mut times = Histogram::default();
        assert_eq!(times.ms(99.0), 0.0);
        for micros in 1..=200 {
            times.push(micros * 1_000);
        }
        times.push(u64::MAX);
        assert!((times.ms(50.0) - 101.0).abs() < 3.2, "{}", times.ms(50.0));
        let mut both = Histogram::default();
        both.add(&times);
        both.add(&times);
        assert_eq!(both.count(), 402);
        assert_eq!(both.ms(50.0), times.ms(50.0));
    }
}
