//! How long is waited for the database.

use std::io;
use std::time::Duration;

/// What a statement answers, or an I/O error when it takes longer than that. The statement is cut off then:
/// its connection can only be closed.
pub(super) async fn within<T>(
    deadline: Duration,
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(deadline, statement).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("Postgres has not answered for {deadline:?}"),
        ))),
    }
}
