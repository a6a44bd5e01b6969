//! Many connections, on a thread of their own.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use anyhow::{Context as _, ensure};
use rustix::event::{EventfdFlags, eventfd};

use super::crowd_loop::Loop;
use super::tally::Tally;
use super::target::{Target, header_line};

/// What is opened.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where; connections take them in turns.
    pub targets: Vec<Target>,
    /// How many connections.
    pub connections: usize,
    /// How many different numbers stand for `{n}`; 0 is one for each connection.
    pub channels: usize,
    /// Headers of all, `Name: value`; `{n}` is the number there, too.
    pub headers: Vec<String>,
    /// Headers of one number each, beside these.
    pub own_headers: Vec<String>,
    /// How many connections come from one address of this machine.
    pub of_each_address: usize,
    /// How many may be asked for at once.
    pub at_once: usize,
    /// The field of `data` that says when a frame was sent.
    pub time_field: Option<String>,
    /// Whether each remembers its last id, to go on from there.
    pub keeps_ids: bool,
    /// How a line begins that says that a stream has begun; none for the first frame with data.
    pub begins: Option<String>,
}

impl Plan {
    /// So many connections to one target.
    #[must_use]
    pub fn new(target: Target, connections: usize) -> Self {
        Self {
            targets: vec![target],
            connections,
            channels: 0,
            headers: Vec::new(),
            own_headers: Vec::new(),
            of_each_address: 100,
            at_once: 256,
            time_field: None,
            keeps_ids: false,
            begins: None,
        }
    }

    /// The number that stands for `{n}` on this connection.
    pub(super) fn number(&self, connection: usize) -> usize {
        match self.channels {
            0 => connection,
            channels => connection % channels,
        }
    }
}

pub(super) enum Command {
    Take(Sender<Tally>),
    /// All end, and note where they were.
    GoAway,
    /// All are opened where they were; those are back that were told so many frames.
    ComeBack(u64),
    End,
}

/// What is going on, for whoever waits for something.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) open: AtomicUsize,
    pub(super) begun: AtomicUsize,
    pub(super) back: AtomicUsize,
    pub(super) failed: AtomicUsize,
    pub(super) delivered: AtomicU64,
}

/// Connections that are read until this is dropped.
pub struct Crowd {
    commands: Sender<Command>,
    woken: Arc<OwnedFd>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

impl Crowd {
    /// Begins to open them.
    ///
    /// # Errors
    /// When the plan has no target or a wrong header, or there is no thread to be had.
    pub fn open(plan: Plan) -> anyhow::Result<Self> {
        ensure!(!plan.targets.is_empty(), "there is nothing to connect to");
        let lines = |headers: &[String]| {
            let lines = headers.iter().map(|one| header_line(one));
            lines.collect::<anyhow::Result<Vec<String>>>()
        };
        let (headers, own) = (lines(&plan.headers)?, lines(&plan.own_headers)?);
        let (commands, told): (Sender<Command>, Receiver<Command>) = channel();
        let woken = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        let progress = Arc::<Progress>::default();
        let mut reading = Loop::new(
            plan,
            (headers.concat(), own),
            told,
            Arc::clone(&woken),
            Arc::clone(&progress),
        )?;
        let thread = std::thread::Builder::new()
            .name("load".to_owned())
            .spawn(move || reading.run())?;
        Ok(Self {
            commands,
            woken,
            progress,
            thread: Some(thread),
        })
    }

    fn say(&self, command: Command) -> anyhow::Result<()> {
        let said = self.commands.send(command);
        said.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        rustix::io::write(&self.woken, &1_u64.to_ne_bytes())?;
        Ok(())
    }

    /// What was counted since this was asked before.
    ///
    /// # Errors
    /// When its thread has failed.
    pub fn take(&self) -> anyhow::Result<Tally> {
        let (to, tally) = channel();
        self.say(Command::Take(to))?;
        tally.recv().context("the load has failed")
    }

    /// Ends all connections.
    ///
    /// # Errors
    /// When its thread has failed.
    pub fn go_away(&self) -> anyhow::Result<()> {
        self.say(Command::GoAway)
    }

    /// Opens all again that have gone away, each with its last id. Those are [`Self::back`] that were told so many frames
    /// since.
    ///
    /// # Errors
    /// When its thread has failed.
    pub fn come_back(&self, frames: u64) -> anyhow::Result<()> {
        self.progress.back.store(0, Ordering::SeqCst);
        self.say(Command::ComeBack(frames))
    }

    /// How many were answered and have not ended.
    #[must_use]
    pub fn open_now(&self) -> usize {
        self.progress.open.load(Ordering::SeqCst)
    }

    /// How many have begun.
    #[must_use]
    pub fn begun(&self) -> usize {
        self.progress.begun.load(Ordering::SeqCst)
    }

    /// How many are back.
    #[must_use]
    pub fn back(&self) -> usize {
        self.progress.back.load(Ordering::SeqCst)
    }

    /// How many could not be opened, or have ended.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.progress.failed.load(Ordering::SeqCst)
    }

    /// How many frames with data have come on all together.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.progress.delivered.load(Ordering::SeqCst)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.say(Command::End));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
