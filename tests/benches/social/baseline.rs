//! The bare program, from the side of who loads it.

use nova_tests::again::Again;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

use crate::platform::{pids, postgres};
use crate::target::Target;

const TABLE: &str = "
CREATE TABLE posts (
    id uuid PRIMARY KEY,
    author_id uuid NOT NULL,
    content text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX ON posts (author_id, id DESC);
";

/// The running bare program, with a database of its own on the same Postgres.
pub(crate) struct Baseline {
    process: Again,
    pub(crate) target: Target,
    database: PgConnectOptions,
}

impl Baseline {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let name = format!("bare_{}", Uuid::now_v7().simple());
        let mut server = PgConnection::connect(&postgres("postgres")?).await?;
        let create = AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
        sqlx::raw_sql(create).execute(&mut server).await?;
        server.close().await?;
        let url = postgres(&name)?;
        let database: PgConnectOptions = url.parse()?;
        let mut connection = PgConnection::connect_with(&database).await?;
        sqlx::raw_sql(TABLE).execute(&mut connection).await?;
        connection.close().await?;
        let process = Again::start(&["bare", &url], []).await?;
        let (address, pids) = (process.address, pids(process.pid)?);
        Ok(Self {
            process,
            target: Target { address, pids },
            database,
        })
    }

    /// Lets Postgres count what is there, so that the index is used as it would be in the long run.
    pub(crate) async fn analyze(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect_with(&self.database).await?;
        sqlx::raw_sql("ANALYZE posts")
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    }

    /// Ends it in order.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }
}
