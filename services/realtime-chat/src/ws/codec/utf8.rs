//! UTF-8 that comes in pieces.

/// How much of a text that grows is known to be UTF-8.
#[derive(Debug, Default)]
pub(super) struct Checked(usize);

/// What came can be no UTF-8, whatever follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotUtf8;

impl Checked {
    /// Looks at what has been added. A character that is not whole yet may be at the end.
    pub(super) fn grown(&mut self, text: &[u8]) -> Result<(), NotUtf8> {
        let new = text.get(self.0..).unwrap_or_default();
        match std::str::from_utf8(new) {
            Ok(_) => self.0 = text.len(),
            Err(error) if error.error_len().is_none() => self.0 += error.valid_up_to(),
            Err(_) => return Err(NotUtf8),
        }
        Ok(())
    }

    /// Whether all of it is, now that it has ended.
    pub(super) fn ended(&self, text: &[u8]) -> Result<(), NotUtf8> {
        if self.0 == text.len() {
            Ok(())
        } else {
            Err(NotUtf8)
        }
    }
}
