//! What is asked: Nova, or what it is held against.

use std::cell::Cell;
use std::net::SocketAddr;

use futures::future::try_join_all;
use nova_tests::connection::Connection;

use crate::cpu::{Cpu, Pids};

const LANES: usize = 16;

/// A server under load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) pids: Pids,
}

impl Target {
    /// A connection to it.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address).await
    }

    /// Processor time so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Cpu> {
        Cpu::now(self.pids)
    }

    /// Does something so many times over sixteen connections, and gives what came of it in order.
    pub(crate) async fn in_lanes<T>(
        &self,
        times: usize,
        work: impl AsyncFn(&mut Connection, usize) -> anyhow::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        let next = Cell::new(0);
        let lane = async || {
            let mut connection = self.connect().await?;
            let mut done = Vec::new();
            while next.get() < times {
                let number = next.replace(next.get() + 1);
                done.push((number, work(&mut connection, number).await?));
            }
            anyhow::Ok(done)
        };
        let lanes = try_join_all((0..LANES).map(|_| lane())).await?;
        let mut done: Vec<(usize, T)> = lanes.into_iter().flatten().collect();
        done.sort_unstable_by_key(|(number, _)| *number);
        Ok(done.into_iter().map(|(_, done)| done).collect())
    }
}
