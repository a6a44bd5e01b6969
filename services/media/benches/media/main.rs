//! What media costs: files that come, slow senders, files that are served, pictures that are made small. Each beside the
//! least that does the same.
//!
//! `scripts/bench media` runs it with servers of its own, `scripts/s3 scripts/bench media` on a bucket. By hand, inside
//! `nova servers --`: `cargo bench --workspace --bench media -- [--quick] [uploads|memory|serving|pictures]`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod client;
mod memory;
mod pictures;
mod serving;
mod uploads;

use std::net::SocketAddr;
use std::time::Duration;

use nova_ids::UserId;
use nova_media::clients::Place;
use nova_testkit::{App, Stack, eventually};
use sqlx::PgPool;

/// How much to do.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    rounds: usize,
    /// Files of each client and round.
    files: usize,
    /// Slow uploads at once.
    slow: usize,
    /// Requests for a whole file of each client and round; sixteen times as many for ranges.
    reads: usize,
    /// Pictures of each kind.
    pictures: usize,
    /// Megabytes of a file.
    megabytes: usize,
}

const WHOLE: Extent = Extent {
    rounds: 5,
    files: 2,
    slow: 200,
    reads: 20,
    pictures: 12,
    megabytes: 5,
};
const QUICK: Extent = Extent {
    rounds: 1,
    files: 1,
    slow: 10,
    reads: 2,
    pictures: 1,
    megabytes: 1,
};

/// As many as a browser opens to one server, and two more.
pub(crate) const CLIENTS: usize = 8;

/// The service, and somebody who uploads.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) app: App,
    pub(crate) address: SocketAddr,
    pub(crate) pool: PgPool,
    pub(crate) token: String,
    /// What the store is, for the rows.
    pub(crate) store: &'static str,
}

impl World {
    async fn make() -> anyhow::Result<Self> {
        // What is asked here is nothing that one user would.
        let stack = Stack::new()
            .await
            .with("NOVA_MEDIA_UNCLAIMED_LIMIT", "1000000")
            .with("NOVA_MEDIA_BYTES_LIMIT", "1000000000000")
            .with("NOVA_CONNECTIONS_PER_ADDRESS", "10000");
        let store = match Place::read(&mut stack.env())? {
            Place::Folder(_) => "a folder",
            Place::Bucket(_) => "S3",
        };
        let app = stack.start(nova_media::service).await;
        let address = app.base_url.trim_start_matches("http://").parse()?;
        let pool = stack.database(nova_media::NAME).await;
        let token = stack.token(UserId::new());
        Ok(Self {
            stack,
            app,
            address,
            pool,
            token,
            store,
        })
    }

    /// Waits until nothing of what has come is to be read or removed any more.
    pub(crate) async fn rest(&self) {
        eventually("everything has been read", async || {
            let busy = "SELECT (SELECT count(*) FROM media WHERE state = 'processing')
                             + (SELECT count(*) FROM folders WHERE remove_at <= now())";
            sqlx::query_scalar::<_, i64>(busy)
                .fetch_one(&self.pool)
                .await
                .is_ok_and(|busy| busy == 0)
        })
        .await;
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let asked = |name: &str| {
        let named = |argument: &String| !argument.starts_with('-');
        !arguments.iter().any(named) || arguments.iter().any(|argument| argument == name)
    };
    let extent = if is_quick { QUICK } else { WHOLE };
    // Before there are other threads that take processor time.
    if asked("pictures") {
        for row in pictures::measure(extent)? {
            println!("{row}");
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let world = World::make().await?;
        // First, as what comes later leaves memory behind.
        if asked("memory") {
            println!("{}", memory::measure(&world, extent).await?);
        }
        if asked("uploads") {
            for row in uploads::measure(&world, extent).await? {
                println!("{row}");
            }
        }
        if asked("serving") {
            for row in serving::measure(&world, extent).await? {
                println!("{row}");
            }
        }
        world.rest().await;
        world.stack.finish().await;
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}
