//! Keeps one server running: starts it, asks until it answers, starts it again when it dies.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, anyhow};
use nova_resilience::Backoff;
use rustix::process::Signal;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::Server;
use super::launch::{Launch, LogMark};
use super::process::Process;
use super::spawner::Spawner;
use crate::progress::Progress;

/// How long a server may take from its start to its first answer. Kafka reads unflushed segments again
/// after a kill -9: about 8 s for 3 GB.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// How long one question may take, and how soon the next follows.
const PROBE_PATIENCE: Duration = Duration::from_secs(2);
const PROBE_PAUSE: Duration = Duration::from_millis(50);
/// A server that never answered is given up after so many starts; one that once did, never.
const FIRST_STARTS: u32 = 3;
/// A server that ran this long has recovered: its next failure counts as the first again.
const RECOVERED: Duration = Duration::from_secs(30);

/// A kind of server: how to start it, how to ask it, how to stop it.
pub(super) trait Program: Send + Sync + 'static {
    const SERVER: Server;

    /// Signals that end it in order, each with the time it gets; SIGKILL follows.
    const STOP: &'static [(Signal, Duration)];

    /// Where clients find it.
    fn address(&self) -> String;

    /// What must be done before every start.
    fn prepare(&self) -> impl Future<Output = anyhow::Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    fn launch(&self) -> Launch;

    /// Succeeds when the server does its work, not only when its port is open.
    fn probe(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Started, or about to be; has not answered yet.
    Starting,
    /// Has answered, as this process.
    Ready(Process),
    /// Never answered, and was given up.
    Failed(String),
}

/// What every supervisor is given.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) spawner: Spawner,
    pub(super) progress: Progress,
    /// Folder for the records of running processes.
    pub(super) run: PathBuf,
}

/// A server that is kept running. Dropping it kills the server; [`Self::stop`] is the orderly way.
pub(super) struct Supervisor {
    state: watch::Receiver<State>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Supervisor {
    pub(super) fn start<P: Program>(program: P, around: Surroundings) -> Self {
        let (report, state) = watch::channel(State::Starting);
        let stop = CancellationToken::new();
        let record = around.run.join(format!("{}.pid", P::SERVER));
        let keeper = Keeper {
            program,
            around,
            record,
            report,
            stop: stop.clone(),
        };
        let task = AbortOnDropHandle::new(tokio::spawn(keeper.run()));
        Self { state, stop, task }
    }

    /// Waits until the server answers.
    pub(super) async fn ready(&self) -> anyhow::Result<Process> {
        let mut state = self.state.clone();
        let state = state
            .wait_for(|state| *state != State::Starting)
            .await
            .context("was stopped")?;
        match &*state {
            State::Ready(process) => Ok(*process),
            State::Failed(why) => Err(anyhow!("{why}")),
            State::Starting => Err(anyhow!("is still starting")),
        }
    }

    /// The process that answers now.
    pub(super) fn process(&self) -> Option<Process> {
        match &*self.state.borrow() {
            State::Ready(process) => Some(*process),
            State::Starting | State::Failed(_) => None,
        }
    }

    /// Returns once `process` is known not to be the one that answers.
    pub(super) async fn replaced(&self, process: Process) {
        let mut state = self.state.clone();
        // An error means that the supervisor is gone, and so is the process.
        drop(
            state
                .wait_for(|state| *state != State::Ready(process))
                .await,
        );
    }

    /// Ends the server in order and waits until it is gone.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        drop(self.task.await);
    }
}

/// How a server's life ended.
enum End {
    /// We stopped it.
    Stopped,
    /// It never answered.
    Unready(String),
    /// It had answered, and ran this long.
    Died(String, Duration),
}

/// The task behind a [`Supervisor`].
struct Keeper<P> {
    program: P,
    around: Surroundings,
    record: PathBuf,
    report: watch::Sender<State>,
    stop: CancellationToken,
}

impl<P: Program> Keeper<P> {
    async fn run(self) {
        let mut failures = 0;
        let mut has_answered = false;
        loop {
            let end = self
                .live()
                .await
                .unwrap_or_else(|error| End::Unready(format!("{error:#}")));
            drop(fs::remove_file(&self.record));
            let why = match end {
                End::Stopped => return,
                End::Unready(why) => {
                    failures += 1;
                    if !has_answered && failures >= FIRST_STARTS {
                        self.report.send_replace(State::Failed(why));
                        return;
                    }
                    why
                }
                End::Died(why, lived) => {
                    has_answered = true;
                    failures = if lived >= RECOVERED { 1 } else { failures + 1 };
                    why
                }
            };
            self.report.send_replace(State::Starting);
            let wait = Backoff::standard().wait(failures);
            let pause = wait.as_millis();
            self.say(format_args!("{why}; starting it again in {pause} ms"));
            tokio::select! {
                () = sleep(wait) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// One life: from its start until it is gone.
    async fn live(&self) -> anyhow::Result<End> {
        self.program.prepare().await?;
        let launch = self.program.launch();
        let log = LogMark::now(&launch.log);
        let mut child = launch.start(&self.around.spawner).await?;
        let Some(process) = self.identify(&child)? else {
            let status = describe(child.wait().await?);
            return Ok(End::Unready(format!("{status}{}", log.tail())));
        };
        let starting = timeout(START_PATIENCE, self.until_it_answers());
        let starting = self.around.progress.during(P::SERVER, "starting", starting);
        tokio::select! {
            status = child.wait() => {
                return Ok(End::Unready(format!("{}{}", describe(status?), log.tail())));
            }
            () = self.stop.cancelled() => return self.end(process, child).await,
            answered = starting => if answered.is_err() {
                process.signal(Signal::KILL)?;
                child.wait().await?;
                let waited = START_PATIENCE.as_secs();
                return Ok(End::Unready(format!("did not answer within {waited} s{}", log.tail())));
            },
        }
        self.report.send_replace(State::Ready(process));
        let address = self.program.address();
        self.say(format_args!("ready on {address} (pid {})", process.pid()));
        let ready = Instant::now();
        tokio::select! {
            status = child.wait() => Ok(End::Died(describe(status?), ready.elapsed())),
            () = self.stop.cancelled() => self.end(process, child).await,
        }
    }

    /// Writes down which process it is; none when it has ended already.
    fn identify(&self, child: &Child) -> anyhow::Result<Option<Process>> {
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let process = pid.and_then(Process::of);
        if let Some(process) = process {
            let written = process.record(&self.record);
            written.context("could not write down its pid")?;
        }
        Ok(process)
    }

    async fn until_it_answers(&self) {
        while !matches!(
            timeout(PROBE_PATIENCE, self.program.probe()).await,
            Ok(Ok(()))
        ) {
            sleep(PROBE_PAUSE).await;
        }
    }

    async fn end(&self, process: Process, mut child: Child) -> anyhow::Result<End> {
        let began = Instant::now();
        let (ended, status) = tokio::join!(process.end(P::STOP), child.wait());
        ended?;
        status?;
        self.say(format_args!(
            "stopped in {} ms",
            began.elapsed().as_millis()
        ));
        Ok(End::Stopped)
    }

    fn say(&self, what: impl std::fmt::Display) {
        self.around.progress.say(P::SERVER, what);
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (_, code) => format!("ended by itself with exit code {}", code.unwrap_or(0)),
    }
}
