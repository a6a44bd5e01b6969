//! SQL, and nothing else. Every read of a post takes the viewer: there is none that does not.

pub mod accounts;
pub mod erasures;
pub mod follows;
pub mod posts;
