//! Files that come in pieces.

use nova_ids::{MediaId, UserId};
use time::OffsetDateTime;

use super::Draft;

/// A file that is not there whole yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// That of the medium to be.
    pub id: MediaId,
    /// Whose.
    pub owner_id: UserId,
    /// What is said of it.
    pub draft: Draft,
    /// `Upload-Metadata` as it came.
    pub metadata: String,
    /// How many bytes it will have.
    pub length: u64,
    /// How many have come.
    pub received: u64,
    /// Once the head has shown it.
    pub mime_type: Option<String>,
    /// When it ends if it is not whole.
    pub expires_at: OffsetDateTime,
    /// It was given up, or refused.
    pub ended: bool,
}

/// An object with a part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its first byte is this one of the file.
    pub start: u64,
    /// How many bytes it has.
    pub length: u64,
    /// What it is called in its folder.
    pub name: String,
}
