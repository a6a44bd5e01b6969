//! Redis, keeping nothing on disk: all it holds can be rebuilt.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Server;
use super::launch::Launch;
use super::packages;
use super::supervisor::Program;

pub(super) const PACKAGE: &str = "redis-server";
const PROGRAM: &str = "redis-server";

pub(super) fn is_installed() -> bool {
    packages::find(PROGRAM).is_some()
}

pub(super) struct Redis {
    program: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
}

impl Redis {
    pub(super) fn new(data: &Path, port: u16) -> anyhow::Result<Self> {
        let program = packages::find(PROGRAM).context("redis-server is gone")?;
        let folder = data.join("redis");
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            program,
            folder,
            log: data.join("logs/redis.log"),
            port,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("redis://{}", self.address())
    }
}

impl Program for Redis {
    const SERVER: Server = Server::Redis;
    const STOP: &'static [(Signal, Duration)] = &[(Signal::TERM, Duration::from_secs(3))];

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn launch(&self) -> Launch {
        let port = self.port.to_string();
        let args = [
            "--bind",
            "127.0.0.1",
            "--port",
            &port,
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        Launch {
            program: self.program.clone(),
            args: args.map(Into::into).to_vec(),
            account: None,
            folder: self.folder.clone(),
            log: self.log.clone(),
            orphan_signal: Signal::TERM,
        }
    }

    async fn probe(&self) -> anyhow::Result<()> {
        let mut connection = TcpStream::connect(self.address()).await?;
        connection.write_all(b"PING\r\n").await?;
        let mut answer = [0; 5];
        connection.read_exact(&mut answer).await?;
        if &answer != b"+PONG" {
            bail!("answers PING with something else");
        }
        Ok(())
    }
}
