//! What is typed and makes no sense here.

/// A command line that is well formed and cannot be meant: exit 2, as for one that is not.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);
