//! What this service does, one file per use case.

mod note_loss;
mod publish;
mod translate;

pub use note_loss::note_loss;
pub use publish::{Prepared, prepare, publish};
pub use translate::{Message, Translated, translate};
