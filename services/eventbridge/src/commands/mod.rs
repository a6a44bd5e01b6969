//! What this service does, one file per use case.

mod translate;

pub use translate::{Message, Translated, translate};
