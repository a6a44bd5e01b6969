//! What this service publishes. The one place where a medium becomes an event.

use nova_proto::media::v1::MediaExported;

use crate::domain::ExportRequest;

/// The next part of what is kept of a user.
#[must_use]
pub fn media_exported(
    request: ExportRequest,
    number: i32,
    content: Vec<u8>,
    last: bool,
) -> MediaExported {
    MediaExported {
        user_id: request.user_id.to_string(),
        export_id: request.export_id.to_string(),
        number,
        last,
        content,
    }
}
