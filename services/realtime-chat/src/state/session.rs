//! The task of one socket: from its greeting on it reads, writes and keeps time, over whatever carries it.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use nova_resilience::Chain;

use super::encoding::{Format, encode};
use super::hub::MOST_SOCKETS;
use super::{Socket, State};
use crate::commands;
use crate::domain::connection::{
    Close, Due, Gathered, Greeted, Greeting, HEARTBEAT, Live, Pace, Paced, Resuming, Timers,
};
use crate::domain::{ClientFrame, ConversationId, Malformed, Plan, Positions, ServerFrame};
use crate::error::Error;
use crate::metrics;
use crate::store::{accounts, blocks, marks, members};

/// Longest message of a client, in bytes.
pub const MAX_FRAME: usize = 64 * 1024;
/// The first frame is waited for as long.
const FIRST_FRAME: Duration = Duration::from_secs(2);
/// Who takes nothing of what was missed for so long is too slow.
const STALLED: Duration = Duration::from_secs(30);
/// So long a close frame may take behind what is on its way.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// What carries a socket. Nothing is lost when a future of it is dropped.
pub trait Transport: Send {
    /// Adds a frame behind those that are to be sent.
    fn put(&mut self, frame: Bytes);
    /// Adds a ping.
    fn put_ping(&mut self);
    /// Adds the answer to a ping.
    fn put_pong(&mut self, payload: Vec<u8>);
    /// Whether all was sent.
    fn is_flushed(&self) -> bool;
    /// Sends and hears: ends when all was sent that was not, or something was heard.
    fn turn(&mut self) -> impl Future<Output = io::Result<Turn>> + Send;
    /// Sends what is to be sent.
    fn flush(&mut self) -> impl Future<Output = io::Result<()>> + Send;
    /// Sends why it ends, and ends it.
    fn finish(&mut self, close: &Close) -> impl Future<Output = ()> + Send;
}

/// What has come of a turn.
#[derive(Debug)]
pub enum Turn {
    /// All was sent.
    Flushed,
    /// Something was heard.
    Heard(Heard),
}

/// What was heard.
#[derive(Debug)]
pub enum Heard {
    /// A frame, if it is one.
    Frame(Result<ClientFrame, Malformed>),
    /// Is anybody there?
    Ping(Vec<u8>),
    /// Somebody is there.
    Pong,
    /// It is over: why, as it is to be answered.
    Close(Close),
    /// It is over without a word.
    Gone,
}

/// Why a session ends.
pub(super) enum End {
    /// It is closed.
    Close(Close),
    /// Nobody is there to be told.
    Gone,
    /// The node stops.
    Stop,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        tracing::debug!(%error, "a socket failed");
        Self::Gone
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        tracing::warn!(error = %Chain(&error), "a socket could not be told what it missed");
        Self::Close(Close::INTERNAL)
    }
}

impl From<sqlx::Error> for End {
    fn from(error: sqlx::Error) -> Self {
        Error::Database(error).into()
    }
}

/// A socket and all that its task needs.
pub struct Session<T> {
    pub(super) state: State,
    pub(super) socket: Arc<Socket>,
    pub(super) transport: T,
    pub(super) timers: Timers,
    pace: Pace,
}

/// Takes the socket out, however its task ends.
struct Present(State, Arc<Socket>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.hub.leave(&self.1);
    }
}

impl<T: Transport> Session<T> {
    /// A session of this user over `transport`, with a token that ends at `until`, in seconds since the Unix epoch.
    pub fn new(
        state: State,
        user: nova_ids::UserId,
        until: u64,
        format: Format,
        transport: T,
    ) -> Self {
        let now = Instant::now();
        let pace = Pace::new(now, state.is_limited);
        Self {
            socket: Arc::new(Socket::new(user, format)),
            timers: Timers::new(now, left_until(until)),
            state,
            transport,
            pace,
        }
    }

    /// Runs until it ends, and ends it.
    pub async fn run(mut self) {
        let present = Present(self.state.clone(), Arc::clone(&self.socket));
        let end = Box::pin(self.talk()).await;
        drop(present);
        match &end {
            End::Close(close) if *close == Close::TOKEN_OVER => self.leave_no_trace().await,
            _ => self.state.left.add(self.socket.user_id),
        }
        let close = match end {
            End::Close(close) => close,
            End::Gone => return,
            End::Stop => {
                let frame = ServerFrame::GoingAway {
                    reconnect_after_ms: self.comes_back_after(),
                };
                self.transport.put(encode(self.socket.format, &frame));
                Close::GOING_AWAY
            }
        };
        metrics::closed(close.code);
        let last = tokio::time::timeout(LAST_WORDS, self.transport.finish(&close));
        if Box::pin(last).await.is_err() {
            tracing::debug!(code = close.code, "a socket did not take its last words");
        }
    }

    /// Nothing says when somebody was last there who is gone.
    async fn leave_no_trace(&mut self) {
        let (user, state) = (self.socket.user_id, &self.state);
        let is_gone = accounts::is_gone(&state.database.pool, user).await;
        if !matches!(is_gone, Ok(true)) {
            state.left.add(user);
        } else if let Err(away) = state.routes.forget(user).await {
            tracing::debug!(error = %away, "what Redis knows of who is gone ends by itself");
        }
    }

    /// Another time for each socket: ids are random at their ends.
    fn comes_back_after(&self) -> u64 {
        let spread = u64::try_from(self.state.spread.as_millis()).unwrap_or(u64::MAX);
        let (_, random) = self.socket.id.as_u64_pair();
        random % (spread + 1)
    }

    async fn talk(&mut self) -> End {
        match self.all().await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn all(&mut self) -> Result<std::convert::Infallible, End> {
        // In boxes, which go: an idle socket holds the room of the loop below and no more.
        let state = self.state.clone();
        Box::pin(state.arriving(self.enter())).await?;
        self.say(&ServerFrame::Hello {
            connection_id: self.socket.id,
            user_id: self.socket.user_id,
            heartbeat_seconds: HEARTBEAT.as_secs(),
            retention_seconds: self.state.retention.as_secs(),
            max_frame_bytes: MAX_FRAME,
        });
        let (live, first) = Box::pin(self.greet()).await?;
        if let Some(frame) = first {
            Box::pin(self.heard(&live, Ok(frame))).await?;
        }
        loop {
            if let Some(frame) = self.next(None).await? {
                Box::pin(self.heard(&live, frame)).await?;
            }
        }
    }

    /// Takes its place among the sockets of this node.
    async fn enter(&mut self) -> Result<(), End> {
        let (pool, user) = (&self.state.database.pool, self.socket.user_id);
        if accounts::is_gone(pool, user).await? {
            return Err(End::Close(Close::TOKEN_OVER));
        }
        let unseen = blocks::of(pool, user).await?;
        let entered = self.state.hub.enter(&self.socket, unseen);
        let here = entered.map_err(|_| End::Close(Close::TOO_MANY))?;
        match self.state.routes.hold(user, here).await {
            Ok(everywhere) if everywhere > MOST_SOCKETS => {
                return Err(End::Close(Close::TOO_MANY));
            }
            Ok(_) => {}
            Err(away) => {
                tracing::debug!(error = %away, "a socket is found by looking into Postgres");
            }
        }
        // Twice: what came between the first look and the seats is seen by the second.
        for _ in 0..2 {
            let heads = members::heads_of(pool, user).await?;
            self.state.hub.seat(&self.socket, &heads);
        }
        // What was told while this node did not know of the block.
        if accounts::is_gone(pool, user).await? {
            return Err(End::Close(Close::TOKEN_OVER));
        }
        Ok(())
    }

    /// Waits for the first frame, and tells what was missed if that is wanted.
    async fn greet(&mut self) -> Result<(Live, Option<ClientFrame>), End> {
        let until = Instant::now() + FIRST_FRAME;
        let greeting = Greeting::default();
        let greeted = loop {
            match self.next(Some(until)).await? {
                None => {
                    let live = greeting.waited();
                    self.catch_up(HashMap::new()).await?;
                    return Ok((live, None));
                }
                Some(Ok(frame)) => break greeting.heard(frame),
                Some(Err(malformed)) => self.refuse(&malformed),
            }
        };
        match greeted {
            Greeted::Live(live, frame) => {
                self.catch_up(HashMap::new()).await?;
                Ok((live, Some(frame)))
            }
            Greeted::Resume(positions, live) => {
                self.resume(&positions).await?;
                Ok((live, None))
            }
            Greeted::Resuming(resuming) => {
                let (positions, live) = self.gather(resuming).await?;
                self.resume(&positions).await?;
                Ok((live, None))
            }
        }
    }

    async fn gather(&mut self, mut resuming: Resuming) -> Result<(Positions, Live), End> {
        loop {
            resuming = match self.next(None).await? {
                None => resuming,
                Some(Err(malformed)) => {
                    self.refuse(&malformed);
                    resuming
                }
                Some(Ok(frame)) => match resuming.heard(frame) {
                    Gathered::More(resuming) => resuming,
                    Gathered::Resume(positions, live) => return Ok((positions, live)),
                    Gathered::Refused(resuming, malformed) => {
                        self.refuse(&malformed);
                        resuming
                    }
                },
            };
        }
    }

    async fn resume(&mut self, positions: &Positions) -> Result<(), End> {
        let user = self.socket.user_id;
        let Plan {
            stretches,
            mut gaps,
            reached,
        } = self
            .state
            .arriving(commands::plan_resume(&self.state, user, positions))
            .await?;
        let pages = commands::pages(&stretches);
        self.tell_missed(&pages, &mut gaps).await?;
        let reached: HashMap<ConversationId, i64> = reached
            .into_iter()
            .map(|here| (here.id, here.position))
            .collect();
        let told = self.catch_up(reached).await?;
        let conversations: Vec<ConversationId> = told.keys().copied().collect();
        let resumed = ServerFrame::Resumed {
            gaps,
            conversations: told
                .into_iter()
                .map(|(id, position)| crate::domain::Here { id, position })
                .collect(),
        };
        self.transport.put(encode(self.socket.format, &resumed));
        let marks = marks::of_others(&self.state.database.pool, user, &conversations);
        let marks = self.state.arriving(marks).await?;
        let unseen = self.state.hub.unseen_by(user);
        for mark in marks {
            if unseen.contains(&mark.user_id) {
                continue;
            }
            let frame = ServerFrame::Mark {
                conversation_id: mark.conversation_id,
                user_id: mark.user_id,
                read: (mark.read > 0).then_some(mark.read),
                delivered: (mark.delivered > 0).then_some(mark.delivered),
            };
            self.transport.put(encode(self.socket.format, &frame));
        }
        self.flushed().await
    }

    /// Tells what this node has told others since these positions, until there is nothing and the socket is live; where it
    /// is then.
    async fn catch_up(
        &mut self,
        mut reached: HashMap<ConversationId, i64>,
    ) -> Result<HashMap<ConversationId, i64>, End> {
        loop {
            let missed = self.state.hub.settle(&self.socket, &reached);
            if missed.is_empty() {
                return Ok(reached);
            }
            // What is not kept any more a moment later is no gap that anybody can be told of.
            let pages = commands::pages(&missed);
            self.tell_missed(&pages, &mut Vec::new()).await?;
            reached.extend(missed.iter().map(|one| (one.id, one.to)));
        }
    }

    /// Waits until all was sent, for as long as something is taken.
    pub(super) async fn flushed(&mut self) -> Result<(), End> {
        let stopping = self.state.stopping.clone();
        tokio::select! {
            flushed = self.transport.flush() => Ok(flushed?),
            () = stopping.cancelled() => Err(End::Stop),
            () = tokio::time::sleep(STALLED) => Err(End::Close(Close::TOO_SLOW)),
        }
    }

    /// The next frame, or none at `until`. Meanwhile everything else is done that is to be done.
    async fn next(
        &mut self,
        until: Option<Instant>,
    ) -> Result<Option<Result<ClientFrame, Malformed>>, End> {
        // Both are waited for in one go, not made anew for each frame that is told.
        let state = self.state.clone();
        let mut stopping = pin!(state.stopping.cancelled());
        let mut set = self.timers.next();
        let mut alarm = pin!(tokio::time::sleep_until(set.into()));
        loop {
            if let Some(close) = self.socket.ended() {
                return Err(End::Close(close));
            }
            if self.transport.is_flushed() {
                for frame in self.socket.take() {
                    self.transport.put(frame);
                }
            }
            let timer = self.timers.next();
            let at = until.map_or(timer, |until| until.min(timer));
            if at != set {
                alarm.as_mut().reset(at.into());
                set = at;
            }
            let heard = tokio::select! {
                () = &mut stopping => return Err(End::Stop),
                turn = self.transport.turn() => match turn? {
                    Turn::Flushed => continue,
                    Turn::Heard(heard) => heard,
                },
                () = self.socket.woken() => continue,
                () = &mut alarm => {
                    let now = Instant::now();
                    while let Some(due) = self.timers.due(now) {
                        self.is_due(due)?;
                    }
                    if until.is_some_and(|until| until <= now) {
                        return Ok(None);
                    }
                    continue;
                }
            };
            if let Some(frame) = self.listen(heard)? {
                return Ok(Some(frame));
            }
        }
    }

    fn is_due(&mut self, due: Due) -> Result<(), End> {
        match due {
            Due::Ping => self.transport.put_ping(),
            Due::Silent => return Err(End::Close(Close::SILENT)),
            Due::Expiring(seconds) => self.say(&ServerFrame::Expiring { seconds }),
            Due::Over => return Err(End::Close(Close::TOKEN_OVER)),
        }
        Ok(())
    }

    /// The frame in what was heard, unless it comes too fast.
    fn listen(&mut self, heard: Heard) -> Result<Option<Result<ClientFrame, Malformed>>, End> {
        let frame = match heard {
            Heard::Gone => return Err(End::Gone),
            Heard::Close(close) => return Err(End::Close(close)),
            Heard::Pong => {
                self.timers.pong();
                return Ok(None);
            }
            Heard::Ping(payload) => {
                self.transport.put_pong(payload);
                None
            }
            Heard::Frame(frame) => Some(frame),
        };
        match self.pace.frame(Instant::now()) {
            Paced::Fine => Ok(frame),
            Paced::Over => Err(End::Close(Close::TOO_FAST)),
            Paced::TooFast(wait) => {
                let of_send = match &frame {
                    Some(Ok(ClientFrame::Send(outgoing))) => Some(outgoing.client_message_id),
                    _ => None,
                };
                self.say(&ServerFrame::Error {
                    code: "too_many_requests".to_owned(),
                    detail: "too many frames, please wait".to_owned(),
                    field: None,
                    client_message_id: of_send.map(|id| id.to_string()),
                    retry_after_ms: Some(
                        u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1),
                    ),
                });
                Ok(None)
            }
        }
    }

    pub(super) fn say(&self, frame: &ServerFrame) {
        self.socket.push(encode(self.socket.format, frame));
    }

    pub(super) fn refuse(&self, malformed: &Malformed) {
        self.say(&ServerFrame::Error {
            code: malformed.code.to_owned(),
            detail: malformed.detail.clone(),
            field: malformed.field.map(ToOwned::to_owned),
            client_message_id: malformed.client_message_id.map(|id| id.to_string()),
            retry_after_ms: None,
        });
    }
}

/// How long it is until then.
pub(super) fn left_until(seconds: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Duration::from_secs(seconds).saturating_sub(now.unwrap_or_default())
}
