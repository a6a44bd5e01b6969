//! Running and stopping in order.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{anyhow, bail};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::grpc::GrpcHealth;
use super::health::Readiness;
use super::serve::{Closing, serve};
use super::service::Task;
use super::{Bound, Door, Doors, metrics};

pub(super) async fn run(bound: Bound, stop: CancellationToken) -> anyhow::Result<()> {
    let Bound {
        public,
        admin,
        doors,
        readiness,
        grpc_health,
        tasks,
        drains,
        drain_delay,
        shutdown_timeout,
        ..
    } = bound;
    let closing = Closing::default();
    let admin = admin.map(|door| Admin::open(door, doors));
    let mut running = Running {
        server: tokio::spawn(serve(
            public.listener,
            public.router,
            doors,
            closing.clone(),
        )),
        tasks: Tasks::spawn(tasks),
    };
    let _pulse = AbortOnDropHandle::new(tokio::spawn(metrics::feel_the_pulse()));
    let mut early = tokio::select! {
        () = stop.cancelled() => None,
        error = running.early_end() => Some(error),
        () = upkeep(&readiness, &grpc_health) => None,
    };
    readiness.drain();
    grpc_health.report(false).await;
    // What has failed is not waited with: it may be what requests need.
    if early.is_none() {
        early = tokio::select! {
            () = tokio::time::sleep(drain_delay) => None,
            error = running.early_end() => Some(error),
            () = upkeep(&readiness, &grpc_health) => None,
        };
    }
    let Running { mut server, tasks } = running;
    let deadline = Instant::now() + shutdown_timeout;
    closing.soft.cancel();
    for drain in drains {
        drain();
    }
    // Half of the time is for requests: a stream that never ends must not keep tasks from ending well.
    if tokio::time::timeout(shutdown_timeout / 2, &mut server)
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time and are cut");
        closing.hard.cancel();
    }
    let unfinished = tasks.stop(deadline).await;
    if let Some(admin) = admin {
        admin.close().await;
    }
    match early {
        Some(error) => Err(error),
        None if unfinished.is_empty() => Ok(()),
        None => bail!(
            "did not stop within {shutdown_timeout:?}: {}",
            unfinished.join(", ")
        ),
    }
}

fn server_ended(ended: Result<(), JoinError>) -> anyhow::Error {
    match ended {
        Ok(()) => anyhow!("the server ended before the stop"),
        Err(error) => anyhow::Error::new(error).context("the server failed"),
    }
}

/// The operators' address: open until everything else has ended, so that they see it end.
struct Admin {
    server: JoinHandle<()>,
    closing: Closing,
}

impl Admin {
    fn open(door: Door, doors: Doors) -> Self {
        let closing = Closing::default();
        let server = serve(door.listener, door.router, doors, closing.clone());
        Self {
            server: tokio::spawn(server),
            closing,
        }
    }

    /// Whoever watches it is cut off.
    async fn close(self) {
        self.closing.soft.cancel();
        self.closing.hard.cancel();
        if let Err(error) = self.server.await {
            tracing::error!(%error, "the server of the operators' address failed");
        }
    }
}

/// What a process consists of. None of it should end before the stop.
struct Running {
    server: JoinHandle<()>,
    tasks: Tasks,
}

impl Running {
    async fn early_end(&mut self) -> anyhow::Error {
        tokio::select! {
            error = self.tasks.early_end() => error,
            ended = &mut self.server => server_ended(ended),
        }
    }
}

/// Once a second: tells gRPC's health and the metrics how things are. Never ends.
async fn upkeep(readiness: &Readiness, grpc_health: &GrpcHealth) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        grpc_health.report(readiness.is_ready()).await;
        readiness.measure();
        metrics::build();
        // Histograms keep every value until they are asked to sum them up.
        metrics::recorder().run_upkeep();
    }
}

/// The long-lived tasks of a process, by name.
struct Tasks {
    set: JoinSet<()>,
    names: HashMap<Id, String>,
    stop: CancellationToken,
}

impl Tasks {
    fn spawn(tasks: Vec<Task>) -> Self {
        let stop = CancellationToken::new();
        let mut set = JoinSet::new();
        let mut names = HashMap::new();
        for task in tasks {
            let handle = set.spawn((task.run)(stop.clone()));
            names.insert(handle.id(), task.name);
        }
        Self { set, names, stop }
    }

    /// Waits for a task to end, which none should before the stop. Without tasks it waits for ever.
    async fn early_end(&mut self) -> anyhow::Error {
        match self.set.join_next_with_id().await {
            Some(ended) => self.ended(ended),
            None => std::future::pending().await,
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) -> anyhow::Error {
        match ended {
            Ok((id, ())) => anyhow!("task {} ended before the stop", self.forget(id)),
            Err(error) => {
                let name = self.forget(error.id());
                anyhow::Error::new(error).context(format!("task {name} failed"))
            }
        }
    }

    fn forget(&mut self, id: Id) -> String {
        self.names.remove(&id).unwrap_or_default()
    }

    /// Stops them; the names of those that had to be cut off at the deadline.
    async fn stop(mut self, deadline: Instant) -> Vec<String> {
        self.stop.cancel();
        while let Ok(Some(ended)) =
            tokio::time::timeout_at(deadline, self.set.join_next_with_id()).await
        {
            match ended {
                Ok((id, ())) => drop(self.forget(id)),
                Err(error) => {
                    let task = self.forget(error.id());
                    tracing::error!(task, %error, "a task failed while it stopped");
                }
            }
        }
        self.names.into_values().collect()
    }
}
