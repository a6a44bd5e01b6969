use std::time::Duration;

use sqlx::PgConnection;

use super::end_upload::end;
use crate::error::Error;
use crate::store::uploads;

/// Rows forgotten at a time.
const BATCH: i64 = 500;

/// Ends an upload whose time is over, and forgets those that ended so long ago. Whether there may be more to do.
///
/// # Errors
/// When the database fails.
pub async fn sweep_uploads(tx: &mut PgConnection, ago: Duration) -> Result<bool, Error> {
    if let Some(id) = uploads::run_out(tx).await? {
        end(tx, id).await?;
        return Ok(true);
    }
    Ok(uploads::forget(tx, ago, BATCH).await? >= BATCH.unsigned_abs())
}
