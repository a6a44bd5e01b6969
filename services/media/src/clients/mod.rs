//! The outside world: the store of files, and what their bytes say.

mod files;
mod reading;
mod scratch;

pub use files::{FileStore, PieceWriter, Place, StoreError, Stream};
pub use reading::{Made, Reading};
pub use scratch::{Scratch, Spool};
