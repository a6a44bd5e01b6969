//! The bare program, from the side of who loads it.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use uuid::Uuid;

use crate::platform::{pids, postgres};
use crate::target::Target;

const PATIENCE: Duration = Duration::from_secs(30);
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
    process: Child,
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
        let mut process = Command::new(std::env::current_exe()?)
            .args(["bare", &url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = process.stdout.take().context("its output")?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(PATIENCE, lines.next_line()).await??;
        let address = line.context("the bare program has ended")?.parse()?;
        let pid = process.id().context("the bare program has ended")?;
        let pids = pids(pid.cast_signed())?;
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

    /// Ends its input, and so it.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.process.stdin.take());
        let status = timeout(PATIENCE, self.process.wait()).await??;
        ensure!(status.success(), "the bare program has failed: {status}");
        Ok(())
    }
}
