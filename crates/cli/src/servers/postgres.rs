//! Postgres, with everything on that keeps what it promised to keep (fsync, full page writes).

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use aws_lc_rs::digest;
use rustix::process::Signal;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::process::Command;

use super::Server;
use super::account::{self, Account};
use super::launch::Launch;
use super::packages;
use super::process::Process;
use super::supervisor::{Program, Surroundings};

pub(super) const PACKAGE: &str = "postgresql";
/// The superuser, and the prefix of the services' databases.
const USER: &str = "nova";

/// Settings that differ from Postgres's own defaults. `terse` keeps the values of rows (an e-mail
/// address that is taken) out of the log.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=1000",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "logging_collector=off",
    "log_error_verbosity=terse",
    "log_min_error_statement=panic",
    "fsync=on",
];

pub(super) fn is_installed() -> bool {
    !packages::postgres_folders().is_empty()
}

pub(super) struct Postgres {
    /// Folder with the programs.
    programs: PathBuf,
    account: Option<Account>,
    cluster: PathBuf,
    log: PathBuf,
    port: u16,
}

impl Postgres {
    /// Finds the programs and makes the cluster if there is none.
    pub(super) async fn new(data: &Path, port: u16, around: &Surroundings) -> anyhow::Result<Self> {
        let account = account::for_postgres()?;
        let folder = home(data, account.as_ref(), around).await?;
        let cluster = folder.join("cluster");
        let programs = programs_for(&cluster)?;
        let postgres = Self {
            programs,
            account,
            cluster,
            log: data.join("logs/postgres.log"),
            port,
        };
        if !postgres.cluster.join("PG_VERSION").exists() {
            let made = postgres.make_cluster(around);
            around
                .progress
                .during(Server::Postgres, "making a database cluster (initdb)", made)
                .await?;
        }
        Ok(postgres)
    }

    /// Where services find their databases: the last part is the prefix of their names.
    pub(super) fn url(&self) -> String {
        format!("postgres://{USER}@{}/nova", self.address())
    }

    /// Under another name first, so that a cluster is there whole or not at all.
    async fn make_cluster(&self, around: &Surroundings) -> anyhow::Result<()> {
        let unfinished = self.cluster.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        let mut args: Vec<OsString> = vec!["--pgdata".into(), unfinished.clone().into()];
        // Trust is for whoever reaches the port, and only this machine does.
        args.extend(["--username", USER, "--auth", "trust"].map(Into::into));
        args.extend(["--encoding", "UTF8", "--locale", "C"].map(Into::into));
        let initdb = self.launch_in(self.cluster.parent(), "initdb", args, Signal::KILL);
        initdb.run(&around.spawner).await?;
        fs::rename(&unfinished, &self.cluster)?;
        Ok(())
    }

    fn launch_in(
        &self,
        folder: Option<&Path>,
        name: &str,
        args: Vec<OsString>,
        orphan: Signal,
    ) -> Launch {
        Launch {
            program: self.programs.join(name),
            args,
            account: self.account.clone(),
            folder: folder.unwrap_or(&self.cluster).to_owned(),
            log: self.log.clone(),
            orphan_signal: orphan,
        }
    }
}

impl Program for Postgres {
    const SERVER: Server = Server::Postgres;
    /// A fast shutdown; then one that leaves recovery to the next start.
    const STOP: &'static [(Signal, Duration)] = &[
        (Signal::INT, Duration::from_secs(10)),
        (Signal::QUIT, Duration::from_secs(3)),
    ];

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Postgres refuses to start while there is a process with the number in `postmaster.pid`, even when
    /// that is somebody else by now, or only the remains of one that nobody has collected (which happens
    /// in containers). Backends that outlive their postmaster it knows from their shared memory.
    async fn prepare(&self) -> anyhow::Result<()> {
        let file = self.cluster.join("postmaster.pid");
        let Ok(text) = fs::read_to_string(&file) else {
            return Ok(());
        };
        let pid = text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok());
        if let Some(process) = pid.and_then(Process::of) {
            let its_folder = fs::read_link(format!("/proc/{}/cwd", process.pid()));
            if its_folder.is_ok_and(|folder| folder == self.cluster) {
                process.end(Self::STOP).await?;
            }
        }
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn launch(&self) -> Launch {
        let mut args: Vec<OsString> = vec!["-D".into(), self.cluster.clone().into()];
        for setting in SETTINGS
            .iter()
            .map(|&setting| setting.to_owned())
            .chain([format!("port={}", self.port)])
            .chain(wal_level())
        {
            args.extend(["-c".into(), setting.into()]);
        }
        self.launch_in(None, "postgres", args, Signal::INT)
    }

    async fn probe(&self) -> anyhow::Result<()> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(USER)
            .database("postgres")
            .disable_statement_logging();
        let connection = options.connect().await?;
        connection.close().await?;
        Ok(())
    }
}

/// What `NOVA_SERVERS_WAL_LEVEL` says, if anything: benchmarks against logical decoding need `logical`.
fn wal_level() -> Option<String> {
    let level = std::env::var("NOVA_SERVERS_WAL_LEVEL").ok()?;
    Some(format!("wal_level={level}"))
}

/// The folder of the cluster: under the data folder, unless the user that Postgres runs as cannot get
/// there (a checkout under /root); then one under /var/tmp that belongs to this data folder.
async fn home(
    data: &Path,
    account: Option<&Account>,
    around: &Surroundings,
) -> anyhow::Result<PathBuf> {
    let [usual, elsewhere] = homes(data);
    let Some(account) = account else {
        fs::create_dir_all(&usual)?;
        return Ok(usual);
    };
    own(&usual, account)?;
    if is_reachable(&usual, account).await? {
        return Ok(usual);
    }
    // Empty, unless it was reachable once; then it stays, and so does what is in it.
    drop(fs::remove_dir(&usual));
    own(&elsewhere, account)?;
    if !is_reachable(&elsewhere, account).await? {
        bail!(
            "user {} can use neither {} nor {}",
            account.name,
            usual.display(),
            elsewhere.display()
        );
    }
    let (name, path) = (&account.name, elsewhere.display());
    around.progress.say(
        Server::Postgres,
        format_args!(
            "its data is in {path}, because user {name} cannot enter {}",
            usual.display()
        ),
    );
    Ok(elsewhere)
}

/// Every path under which a data folder's cluster may lie.
pub(super) fn homes(data: &Path) -> [PathBuf; 2] {
    [data.join("postgres"), elsewhere(data)]
}

fn elsewhere(data: &Path) -> PathBuf {
    let hash = digest::digest(&digest::SHA256, data.as_os_str().as_encoded_bytes());
    let name: String = hash
        .as_ref()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    PathBuf::from(format!("/var/tmp/nova-{name}"))
}

/// Makes the folder if need be and gives it to the account. Others can write to /var/tmp as well, so
/// what is there already must be a folder (not a link to one) of root or of the account.
fn own(folder: &Path, account: &Account) -> anyhow::Result<()> {
    let shown = folder.display();
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => made.with_context(|| format!("could not make {shown}"))?,
    }
    let meta = fs::symlink_metadata(folder)?;
    if !meta.is_dir() || ![0, account.uid].contains(&meta.uid()) {
        bail!("{shown} is not a folder of user {}", account.name);
    }
    chown(folder, Some(account.uid), Some(account.gid))
        .with_context(|| format!("could not give away {shown}"))
}

/// Asks as that user, which knows more than any reading of permission bits.
async fn is_reachable(folder: &Path, account: &Account) -> anyhow::Result<bool> {
    let mut test = Command::new("setpriv");
    test.arg("--reuid").arg(account.uid.to_string());
    test.arg("--regid")
        .arg(account.gid.to_string())
        .arg("--clear-groups");
    test.args(["--", "test", "-w"]).arg(folder).current_dir("/");
    let status = test
        .stdin(Stdio::null())
        .status()
        .await
        .context("could not run setpriv")?;
    Ok(status.success())
}

/// The programs of the version that made the cluster, or the newest ones when there is none yet.
fn programs_for(cluster: &Path) -> anyhow::Result<PathBuf> {
    let mut folders = packages::postgres_folders().into_iter();
    let Ok(version) = fs::read_to_string(cluster.join("PG_VERSION")) else {
        return folders.next().context("Postgres is gone");
    };
    let version = version.trim();
    let found = folders.find(|folder| folder.components().any(|part| part.as_os_str() == version));
    found.with_context(|| {
        let cluster = cluster.display();
        format!("{cluster} was made by Postgres {version}, which is not installed (package postgresql-{version})")
    })
}
