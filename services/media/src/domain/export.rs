//! What a user is given of what is kept of them.

use nova_ids::{ExportId, UserId};

/// That a user wants what is kept of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRequest {
    /// Who.
    pub user_id: UserId,
    /// Which of those that they have asked for; a later one is greater.
    pub export_id: ExportId,
}
