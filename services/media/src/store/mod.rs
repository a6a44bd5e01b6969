//! SQL, and nothing else.

pub mod accounts;
pub mod erasures;
