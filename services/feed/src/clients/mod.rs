//! What this service asks others for directly: nothing, unless an operator has it do so.

mod content;

pub use content::Content;
