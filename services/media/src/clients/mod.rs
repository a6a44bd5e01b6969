//! The outside world: the store of files, and what their bytes say.

mod cage;
mod files;
mod posters;
mod reading;
mod scratch;

pub use files::{FileStore, PieceWriter, Place, StoreError, Stream};
pub use posters::Posters;
pub use reading::{Made, Reading};
pub use scratch::{Scratch, Spool};
