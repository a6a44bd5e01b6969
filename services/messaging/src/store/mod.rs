//! SQL, and nothing else. Every read that is shown to somebody takes the viewer, but for the one of `exports`, which is the
//! sender's own.

use std::error::Error;
use std::str::FromStr;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

pub mod accounts;
pub mod blocks;
pub mod conversations;
pub mod departures;
pub mod erasures;
pub mod exports;
pub mod marks;
pub mod members;
pub mod messages;
pub mod pairs;
pub mod reactions;
pub mod sends;
pub mod shown;

/// A column that holds a name.
fn named<T>(row: &PgRow, column: &'static str) -> sqlx::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let name: &str = row.try_get(column)?;
    name.parse().map_err(|unknown| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(unknown),
    })
}
