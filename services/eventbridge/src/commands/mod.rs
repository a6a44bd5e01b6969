//! What this service does, one file per use case.

mod note_loss;
mod pass_canaries;
mod publish;
mod translate;

pub use note_loss::note_loss;
pub use pass_canaries::pass_canaries;
pub use publish::{Prepared, prepare, publish};
pub use translate::{Message, Translated, translate};
