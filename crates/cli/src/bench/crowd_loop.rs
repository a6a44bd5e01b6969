//! The loop that reads all connections: one wait for many of them, one read for each.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use anyhow::Context as _;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::connection::{Connection, Step};
use super::crowd::{Command, Plan, Progress};
use super::scan::Wanted;
use super::tally::Tally;

/// What is read of a connection at once.
const BUFFER: usize = 256 * 1_024;
/// Connections that are looked at behind one wait.
const EVENTS: usize = 1_024;
/// Not more than so many connections are timed: to read times costs more than to count.
const TIMED: usize = 1_000;
const WOKEN: u64 = u64::MAX;

pub(super) struct Loop {
    plan: Plan,
    headers: String,
    own_headers: Vec<String>,
    wanted: Wanted,
    epoll: OwnedFd,
    woken: Arc<OwnedFd>,
    told: Receiver<Command>,
    progress: Arc<Progress>,
    places: Vec<Place>,
    /// Which are to be opened, in this order.
    waiting: VecDeque<usize>,
    /// How many are being asked for.
    opening: usize,
    tally: Tally,
    taken_at: Duration,
}

#[derive(Default)]
struct Place {
    connection: Option<Connection>,
    /// Where it goes on.
    last_id: Option<Vec<u8>>,
    /// After so many frames it is back, if it went away.
    back_after: Option<u64>,
}

impl Loop {
    pub(super) fn new(
        plan: Plan,
        (headers, own_headers): (String, Vec<String>),
        told: Receiver<Command>,
        woken: Arc<OwnedFd>,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &woken, EventData::new_u64(WOKEN), EventFlags::IN)?;
        Ok(Self {
            wanted: Wanted::new(
                plan.time_field.as_deref(),
                plan.keeps_ids,
                plan.begins.clone(),
            ),
            places: (0..plan.connections).map(|_| Place::default()).collect(),
            waiting: (0..plan.connections).collect(),
            plan,
            headers,
            own_headers,
            epoll,
            woken,
            told,
            progress,
            opening: 0,
            tally: Tally::default(),
            taken_at: Duration::ZERO,
        })
    }

    /// Reads until it is told to end.
    pub(super) fn run(&mut self) {
        let mut buffer = vec![0; BUFFER];
        let mut events = Vec::with_capacity(EVENTS);
        loop {
            self.open_more();
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => {
                    return tracing::error!(%error, "the load has failed");
                }
            }
            let before = self.tally.deliveries;
            let mut is_woken = false;
            for event in &events {
                match event.data.u64() {
                    WOKEN => is_woken = true,
                    number => self.look(usize::try_from(number).unwrap_or(usize::MAX), &mut buffer),
                }
            }
            let more = self.tally.deliveries - before;
            self.progress.delivered.fetch_add(more, Ordering::SeqCst);
            if is_woken && !self.obey() {
                return;
            }
        }
    }

    /// False when it is to end.
    fn obey(&mut self) -> bool {
        // What was written is only there to wake.
        rustix::io::read(&self.woken, &mut [0; 8]).ok();
        loop {
            match self.told.try_recv() {
                Ok(Command::Take(to)) => {
                    let now = thread_time();
                    self.tally.cpu = now.saturating_sub(self.taken_at);
                    self.taken_at = now;
                    drop(to.send(std::mem::take(&mut self.tally)));
                }
                Ok(Command::GoAway) => self.go_away(),
                Ok(Command::ComeBack(frames)) => {
                    for place in &mut self.places {
                        place.back_after = Some(frames);
                    }
                    self.waiting = (0..self.places.len()).collect();
                }
                Ok(Command::End) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn go_away(&mut self) {
        self.waiting.clear();
        for place in &mut self.places {
            if let Some(connection) = place.connection.take() {
                place.last_id = connection.last_id().map(<[u8]>::to_vec);
                if connection.is_open() {
                    self.progress.open.fetch_sub(1, Ordering::SeqCst);
                } else {
                    self.opening -= 1;
                }
                if connection.has_begun(&self.wanted) {
                    self.progress.begun.fetch_sub(1, Ordering::SeqCst);
                }
            }
        }
    }

    fn open_more(&mut self) {
        while self.opening < self.plan.at_once.max(1) {
            let Some(number) = self.waiting.pop_front() else {
                return;
            };
            match self.open(number) {
                Ok(connection) => {
                    self.opening += 1;
                    if let Some(place) = self.places.get_mut(number) {
                        place.connection = Some(connection);
                    }
                }
                Err(error) => self.refused(&error),
            }
        }
    }

    fn open(&self, number: usize) -> anyhow::Result<Connection> {
        let targets = &self.plan.targets;
        let target = targets.get(number % targets.len()).context("no target")?;
        let named = self.plan.number(number);
        let mut headers = self.headers.replace("{n}", &named.to_string());
        if let Some(own) = self.own_headers.get(named) {
            headers.push_str(own);
        }
        let place = self.places.get(number);
        if let Some(id) = place.and_then(|place| place.last_id.as_deref()) {
            headers.push_str("last-event-id: ");
            headers.push_str(&String::from_utf8_lossy(id));
            headers.push_str("\r\n");
        }
        headers.push_str("\r\n");
        let every = self.plan.connections.div_ceil(TIMED);
        let is_timed = self.plan.time_field.is_some() && number.is_multiple_of(every);
        let source = target.source(number, self.plan.of_each_address);
        let request = target.request(named, &headers);
        let connection = Connection::open(target.address, source, request, is_timed)?;
        let data = EventData::new_u64(number as u64);
        epoll::add(&self.epoll, &connection.stream, data, EventFlags::OUT)?;
        Ok(connection)
    }

    fn refused(&mut self, error: &anyhow::Error) {
        self.progress.failed.fetch_add(1, Ordering::SeqCst);
        self.tally.refused += 1;
        self.tally.why.get_or_insert_with(|| error.to_string());
    }

    /// Something has happened on this connection.
    fn look(&mut self, number: usize, buffer: &mut [u8]) {
        let Some(place) = self.places.get_mut(number) else {
            return;
        };
        let Some(connection) = &mut place.connection else {
            return;
        };
        let stepped = if connection.is_connecting() {
            let data = EventData::new_u64(number as u64);
            connection.ask().and_then(|()| {
                epoll::modify(&self.epoll, &connection.stream, data, EventFlags::IN)?;
                Ok(Step::None)
            })
        } else {
            let (was_open, had) = (connection.is_open(), connection.frames);
            let had_begun = connection.has_begun(&self.wanted);
            let stepped = connection.read(buffer, &self.wanted, &mut self.tally);
            if !had_begun && connection.has_begun(&self.wanted) {
                self.progress.begun.fetch_add(1, Ordering::SeqCst);
            }
            if let Some(after) = place.back_after.filter(|_| connection.frames > had)
                && connection.frames >= after
            {
                place.back_after = None;
                self.progress.back.fetch_add(1, Ordering::SeqCst);
            }
            if !was_open && connection.is_open() {
                self.opening -= 1;
                self.progress.open.fetch_add(1, Ordering::SeqCst);
            }
            stepped
        };
        if let Err(error) = stepped {
            self.ended(number, &error);
        }
    }

    fn ended(&mut self, number: usize, error: &anyhow::Error) {
        let ended = self.places.get_mut(number);
        let Some(connection) = ended.and_then(|place| place.connection.take()) else {
            return;
        };
        if !connection.is_open() {
            self.opening -= 1;
            return self.refused(error);
        }
        self.progress.open.fetch_sub(1, Ordering::SeqCst);
        self.progress.failed.fetch_add(1, Ordering::SeqCst);
        self.tally.lost += 1;
        self.tally.why.get_or_insert_with(|| error.to_string());
    }
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}
