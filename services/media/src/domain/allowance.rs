//! How much one may have.

use nova_resilience::{Code, Fault};

/// What a user has, and is about to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// Files that no living post claims, and those that are still coming.
    pub unclaimed: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

/// What a user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// `NOVA_MEDIA_UNCLAIMED_LIMIT`
    pub unclaimed: u64,
    /// `NOVA_MEDIA_BYTES_LIMIT`
    pub bytes: u64,
}

/// There is no room for one more file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// Too many files wait for a post.
    #[error("at most {0} files may wait for a post")]
    Unclaimed(u64),
    /// All files together are too large.
    #[error("all files together may have at most {0} bytes")]
    Bytes(u64),
}

impl Fault for TooMuch {
    fn code(&self) -> Code {
        Code::Invalid
    }

    fn reason(&self) -> &'static str {
        "too_many"
    }
}

impl Allowance {
    /// Whether there is room for one more file of so many bytes.
    ///
    /// # Errors
    /// What there is too much of.
    pub const fn check(&self, has: Use, bytes: u64) -> Result<(), TooMuch> {
        if has.unclaimed >= self.unclaimed {
            return Err(TooMuch::Unclaimed(self.unclaimed));
        }
        if has.bytes.saturating_add(bytes) > self.bytes {
            return Err(TooMuch::Bytes(self.bytes));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_fits_and_one_more_does_not() {
        let allowance = Allowance {
            unclaimed: 2,
            bytes: 10,
        };
        let has = |unclaimed, bytes| Use { unclaimed, bytes };
        assert_eq!(allowance.check(has(1, 4), 6), Ok(()));
        assert_eq!(allowance.check(has(2, 0), 1), Err(TooMuch::Unclaimed(2)));
        assert_eq!(allowance.check(has(0, 4), 7), Err(TooMuch::Bytes(10)));
        assert_eq!(
            allowance.check(has(0, 4), u64::MAX),
            Err(TooMuch::Bytes(10))
        );
    }
}
