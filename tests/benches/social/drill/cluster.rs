//! Servers of Postgres that a drill makes, copies, kills and restores.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use nova_testkit::within;
use nova_tests::program::free_address;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::fleet::terminate;

const PATIENCE: Duration = Duration::from_secs(60);
/// Who Postgres runs as if we are root, which it refuses.
const ACCOUNT: &str = "postgres";
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=500",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "log_error_verbosity=terse",
];

/// A folder for servers that the account of Postgres can enter; gone when dropped.
pub(crate) struct Room {
    pub(crate) folder: PathBuf,
    programs: PathBuf,
    is_root: bool,
}

/// A server that runs.
pub(crate) struct Cluster {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Room {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let name = format!("nova-drill-{}", Uuid::now_v7().simple());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let installed = fs::read_dir("/usr/lib/postgresql").context("no Postgres")?;
        let newest = installed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let newest: u32 = newest.max().context("no Postgres")?;
        let room = Self {
            is_root: fs::metadata("/proc/self")?.uid() == 0,
            programs: PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin")),
            folder,
        };
        if room.is_root {
            let mut give = Command::new("chown");
            done(give.args([ACCOUNT, "--"]).arg(&room.folder)).await?;
        }
        Ok(room)
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes an empty cluster in a folder of that name.
    pub(crate) async fn make(&self, name: &str) -> anyhow::Result<()> {
        let mut initdb = self.command("initdb", name)?;
        initdb.arg("--pgdata").arg(self.at(name));
        initdb.args(["--username", "nova", "--auth", "trust"]);
        initdb.args(["--encoding", "UTF8", "--locale", "C"]);
        done(&mut initdb).await
    }

    /// Copies a running cluster into a folder of that name.
    pub(crate) async fn copy(
        &self,
        of: &Cluster,
        name: &str,
        arguments: &[&str],
    ) -> anyhow::Result<()> {
        let mut copy = self.command("pg_basebackup", name)?;
        copy.args(["--checkpoint", "fast", "--pgdata"])
            .arg(self.at(name));
        copy.arg("--dbname")
            .arg(format!("{} application_name={name}", login(of.address)));
        done(copy.args(arguments)).await
    }

    /// Brings the log of a running cluster into a folder of that name, as it is written, until the process is ended.
    pub(crate) async fn archive(&self, of: &Cluster, name: &str) -> anyhow::Result<Child> {
        let mut make = self.command_of(OsStr::new("mkdir"), name)?;
        done(make.arg(self.at(name))).await?;
        let mut receive = self.command("pg_receivewal", name)?;
        receive
            .args(["--synchronous", "--directory"])
            .arg(self.at(name));
        receive
            .arg("--dbname")
            .arg(format!("{} application_name={name}", login(of.address)));
        Ok(receive.spawn()?)
    }

    /// Makes an empty file of that name.
    pub(crate) async fn touch(&self, name: &str) -> anyhow::Result<()> {
        let mut touch = self.command_of(OsStr::new("touch"), "touch")?;
        done(touch.arg(self.at(name))).await
    }

    /// Starts the cluster in the folder of that name, and waits until it lets somebody in.
    pub(crate) async fn start(&self, name: &str, settings: &[&str]) -> anyhow::Result<Cluster> {
        let address = free_address()?;
        let mut postgres = self.command("postgres", name)?;
        postgres.arg("-D").arg(self.at(name));
        let port = format!("port={}", address.port());
        for &setting in SETTINGS.iter().chain(settings).chain([&port.as_str()]) {
            postgres.args(["-c", setting]);
        }
        let cluster = Cluster {
            address,
            child: postgres.spawn()?,
        };
        let what = format!("Postgres answers, {}", self.folder.display());
        within(PATIENCE, &what, async || {
            cluster
                .connect()
                .await
                .map(drop)
                .map_err(|error| error.to_string())
        })
        .await;
        Ok(cluster)
    }

    fn command(&self, program: &str, log: &str) -> anyhow::Result<Command> {
        self.command_of(self.programs.join(program).as_os_str(), log)
    }

    /// As the account of Postgres, with a log, and not longer than we are there.
    fn command_of(&self, program: &OsStr, log: &str) -> anyhow::Result<Command> {
        let log = self.folder.join(format!("{log}.log"));
        let log = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new("setpriv");
        if self.is_root {
            command.arg(format!("--reuid={ACCOUNT}"));
            command
                .arg(format!("--regid={ACCOUNT}"))
                .arg("--clear-groups");
        }
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        Ok(command)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // What stays is in the folder of what is temporary.
        drop(fs::remove_dir_all(&self.folder));
    }
}

impl Cluster {
    pub(crate) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let url = format!("postgres://nova@{}/postgres", self.address);
        PgConnection::connect(&url).await
    }

    /// Says something to it that answers nothing.
    pub(crate) async fn say(&self, sql: &str) -> anyhow::Result<()> {
        let mut connection = self.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await?;
        Ok(connection.close().await?)
    }

    /// Waits until a question about it is answered with yes.
    pub(crate) async fn until(&self, what: &str, question: &'static str) {
        within(PATIENCE, what, async || {
            let asked = async {
                let mut connection = self.connect().await?;
                let answer: bool = sqlx::query_scalar(question)
                    .fetch_one(&mut connection)
                    .await?;
                ensure!(answer, "not yet");
                anyhow::Ok(())
            };
            asked.await.map_err(|error| error.to_string())
        })
        .await;
    }

    /// SIGKILL of the one that has made all its other processes, which end at that.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Ends it once all who are connected have gone.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        terminate(&self.child)?;
        self.child.wait().await?;
        Ok(())
    }
}

fn login(address: SocketAddr) -> String {
    format!("host={} port={} user=nova", address.ip(), address.port())
}

/// Runs something to its end.
async fn done(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().await?;
    ensure!(status.success(), "{:?}: {status}", command.as_std());
    Ok(())
}
