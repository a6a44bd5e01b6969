//! SQL, and nothing else. Every read of a post takes the viewer, but for the one of `exports`, which is the author's own.

pub mod accounts;
pub mod erasures;
pub mod exports;
pub mod follows;
pub mod posts;
