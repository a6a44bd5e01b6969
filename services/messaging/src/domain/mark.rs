//! How far a member has come.

use nova_resilience::{FieldError, Invalid};

use super::Unprocessable;

/// How far a member says that they have read, and that messages have reached a device of theirs. States: they only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Read up to this sequence.
    pub read: i64,
    /// Received up to this sequence.
    pub delivered: i64,
}

impl Marks {
    /// Read up to here, and so received.
    #[must_use]
    pub const fn read(sequence: i64) -> Self {
        Self {
            read: sequence,
            delivered: sequence,
        }
    }

    /// The same of what somebody sent as `sequence`.
    ///
    /// # Errors
    /// When it is less than 0.
    pub fn said(sequence: i64) -> Result<Self, Invalid> {
        if sequence < 0 {
            let message = "must be a whole number, 0 or more";
            return Err(FieldError::new("sequence", "out_of_range", message).into());
        }
        Ok(Self::read(sequence))
    }

    /// What was said by a device: what is read has been received.
    #[must_use]
    pub fn reported(read: Option<i64>, delivered: Option<i64>) -> Self {
        let read = read.unwrap_or_default().max(0);
        Self {
            read,
            delivered: delivered.unwrap_or_default().max(read),
        }
    }

    /// Refuses those of messages that are still to come.
    ///
    /// # Errors
    /// When one is greater than that of the newest message.
    pub fn check(&self, newest: i64) -> Result<(), Unprocessable> {
        if self.read.max(self.delivered) > newest {
            return Err(Unprocessable::not_yet());
        }
        Ok(())
    }

    /// No further than the newest message.
    #[must_use]
    pub fn up_to(self, newest: i64) -> Self {
        Self {
            read: self.read.min(newest),
            delivered: self.delivered.min(newest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_has_been_received() {
        let marks = |read, delivered| Marks { read, delivered };
        assert_eq!(Marks::reported(Some(5), Some(3)), marks(5, 5));
        assert_eq!(Marks::reported(Some(5), None), marks(5, 5));
        assert_eq!(Marks::reported(None, Some(3)), marks(0, 3));
        assert_eq!(Marks::reported(Some(-1), Some(-7)), marks(0, 0));
    }

    #[test]
    fn there_are_none_of_the_future() {
        assert_eq!(Marks::read(3).check(3), Ok(()));
        assert!(Marks::read(4).check(3).is_err());
        assert_eq!(Marks::read(4).up_to(3), Marks::read(3));
    }
}
