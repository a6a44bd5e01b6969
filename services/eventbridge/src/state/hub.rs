//! The streams of this node by what they follow.
//!
//! What happens on a channel is handed to its streams, all of which share one encoding of it. Whoever follows what is for the
//! stream's side to know; here nobody waits for anybody's network.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use nova_ids::UserId;
use time::OffsetDateTime;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::Key;
use super::stream::{Look, Stream, Whose};
use super::stream_register::{Full, GROUPS, Register};
use super::stream_tickets::UsedTickets;
use crate::domain::{Blocked, Channel, Loss, Window, event_id};
use crate::metrics;
use crate::store::windows::Told;

/// After how many milliseconds clients come back that are told nothing else.
pub const RETRY_MILLIS: u32 = 3_000;
/// What is held back goes on after this time.
const HOLD: Duration = Duration::from_millis(4);
/// So many streams are opened at once: however many come together, others do not wait behind them.
const ARRIVING: usize = 32;

/// The streams of this node. Clones share them.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    key: Key,
    register: Mutex<Register>,
    rooms: RwLock<HashMap<Channel, Arc<Room>>>,
    /// Channels that somebody has left.
    left: Mutex<Vec<Channel>>,
    /// Whether channels may be left: not while somebody begins to follow.
    following: tokio::sync::RwLock<()>,
    arrivals: Semaphore,
    losses: Mutex<Losses>,
    is_live: AtomicBool,
    is_draining: AtomicBool,
    /// Within how many milliseconds those come back who are ended.
    spread: AtomicU32,
    /// How many were ended in order, and how many are to be.
    ended: AtomicUsize,
    to_end: AtomicUsize,
    held: Mutex<Vec<Arc<Stream>>>,
    hold_begins: Notify,
    tickets: UsedTickets,
}

/// What is gone for every stream.
#[derive(Default)]
struct Losses {
    /// In ascending order; none before it was looked for.
    known: Option<Vec<Loss>>,
    /// The number up to which every stream was told: ids that streams share say so.
    told: u64,
}

/// The streams of a channel by their ids, each with the channel's place in it.
type Room = Mutex<Vec<(Arc<Stream>, u8)>>;

/// A stream that is open as long as this is kept.
pub struct Seat {
    hub: Hub,
    stream: Arc<Stream>,
}

impl Seat {
    /// The stream.
    #[must_use]
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// What signs its ids.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.hub.0.key
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.stream);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Without streams. Those that a stop or a token ends come back within `spread`, which at most is 49 days.
    #[must_use]
    pub fn new(key: Key, spread: Duration) -> Self {
        Self(Arc::new(Inner {
            key,
            register: Mutex::default(),
            rooms: RwLock::default(),
            left: Mutex::default(),
            following: tokio::sync::RwLock::default(),
            arrivals: Semaphore::new(ARRIVING),
            losses: Mutex::default(),
            is_live: AtomicBool::new(true),
            is_draining: AtomicBool::new(false),
            spread: AtomicU32::new(u32::try_from(spread.as_millis()).unwrap_or(u32::MAX)),
            ended: AtomicUsize::new(0),
            to_end: AtomicUsize::new(1),
            held: Mutex::default(),
            hold_begins: Notify::new(),
            tickets: UsedTickets::default(),
        }))
    }

    /// The tickets that were used here.
    #[must_use]
    pub fn tickets(&self) -> &UsedTickets {
        &self.0.tickets
    }

    /// Takes a stream in. It is told nothing before it is opened.
    ///
    /// # Errors
    /// When its user or its address has too many here.
    pub fn enter(&self, whose: Whose) -> Result<Seat, Full> {
        let mut register = lock(&self.0.register);
        let stream = register.enter(whose)?;
        metrics::connections(register.count());
        drop(register);
        if self.is_draining() {
            stream.end(self.next_retry());
        }
        Ok(Seat {
            hub: self.clone(),
            stream,
        })
    }

    fn leave(&self, stream: &Arc<Stream>) {
        let mut register = lock(&self.0.register);
        register.leave(stream);
        metrics::connections(register.count());
        drop(register);
        self.unfollow(stream);
    }

    /// How many streams there are.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.0.register).count()
    }

    /// A place among those that are opened, once there is one.
    pub(super) async fn arriving(&self) -> Option<SemaphorePermit<'_>> {
        self.0.arrivals.acquire().await.ok()
    }

    /// As long as this is kept no channel is left.
    pub(super) async fn following(&self) -> tokio::sync::RwLockReadGuard<'_, ()> {
        self.0.following.read().await
    }

    /// Hands the stream what happens on its channels from now on. Once more does nothing.
    pub(super) fn follow(&self, stream: &Arc<Stream>) {
        let mut rooms = self.0.rooms.write().unwrap_or_else(PoisonError::into_inner);
        for (channel, place) in stream.channels().iter().zip(0..) {
            let room = rooms.entry(channel.clone()).or_default();
            let mut seats = lock(room);
            if let Err(at) = seats.binary_search_by_key(&stream.id, |(one, _)| one.id) {
                seats.insert(at, (Arc::clone(stream), place));
            }
        }
    }

    fn unfollow(&self, stream: &Stream) {
        let mut rooms = self.0.rooms.write().unwrap_or_else(PoisonError::into_inner);
        for channel in stream.channels().iter() {
            let Some(room) = rooms.get(channel) else {
                continue;
            };
            let mut seats = lock(room);
            if let Ok(at) = seats.binary_search_by_key(&stream.id, |(one, _)| one.id) {
                seats.remove(at);
                let kept = 2 * seats.len();
                seats.shrink_to(kept);
            }
            let is_empty = seats.is_empty();
            drop(seats);
            if is_empty {
                rooms.remove(channel);
                lock(&self.0.left).push(channel.clone());
            }
        }
    }

    /// Lets `leave` leave the channels that nobody follows any more, while nobody begins to follow.
    pub async fn leave_channels(&self, leave: impl AsyncFnOnce(&[Channel])) {
        if lock(&self.0.left).is_empty() {
            return;
        }
        let _guard = self.0.following.write().await;
        let mut left = std::mem::take(&mut *lock(&self.0.left));
        left.sort_unstable();
        left.dedup();
        left.retain(|channel| self.room(channel).is_none());
        if !left.is_empty() {
            leave(&left).await;
        }
    }

    fn room(&self, channel: &Channel) -> Option<Arc<Room>> {
        let rooms = self.0.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.get(channel).cloned()
    }

    /// Every channel that somebody follows.
    #[must_use]
    pub fn followed(&self) -> Vec<Channel> {
        let rooms = self.0.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.keys().cloned().collect()
    }

    /// Hands an event to every stream of its channel, with the channel's position encoded once.
    pub fn publish(&self, told: Told) {
        let Some(room) = self.room(&told.channel) else {
            return;
        };
        let losses = lock(&self.0.losses).told;
        let position = event_id::encode(&self.0.key, told.entry.time, losses, &[&told.position]);
        let position = position.map(Arc::new);
        let now = Instant::now();
        let mut held = Vec::new();
        for (stream, place) in lock(&room).iter() {
            let look = stream.take(*place, &told.entry, position.as_ref(), now);
            if look == Look::Later {
                held.push(Arc::clone(stream));
            }
        }
        self.hold(held);
    }

    fn hold(&self, mut streams: Vec<Arc<Stream>>) {
        if streams.is_empty() {
            return;
        }
        let mut held = lock(&self.0.held);
        if held.is_empty() {
            *held = streams;
            self.0.hold_begins.notify_one();
        } else {
            held.append(&mut streams);
        }
    }

    /// Wakes what was held back, each time it was long enough. Never ends.
    pub async fn let_go(&self) {
        loop {
            self.0.hold_begins.notified().await;
            tokio::time::sleep(HOLD).await;
            let held = std::mem::take(&mut *lock(&self.0.held));
            held.iter().for_each(|stream| stream.wake());
        }
    }

    /// Hands the streams of a channel what is kept of it, after a time in which nothing was brought: they are told it when that is
    /// so of all of their channels, [`Self::caught_up`].
    pub fn catch_up(&self, channel: &Channel, window: &Window) {
        let Some(room) = self.room(channel) else {
            return;
        };
        let now = OffsetDateTime::now_utc();
        for (stream, place) in lock(&room).iter() {
            stream.catch_up(*place, window, now);
        }
    }

    /// Every channel that is followed was caught up with.
    pub fn caught_up(&self) {
        self.all().iter().for_each(|stream| stream.caught_up());
    }

    /// The losses that are known here, in ascending order; none before [`Self::know_losses`]: until then no stream can begin,
    /// for nobody knows what it has missed.
    #[must_use]
    pub fn losses(&self) -> Option<Vec<Loss>> {
        lock(&self.0.losses).known.clone()
    }

    /// Notes losses of before, in ascending order: for those who come back.
    pub fn know_losses(&self, before: Vec<Loss>) {
        let mut losses = lock(&self.0.losses);
        losses.told = before.last().map_or(0, |loss| loss.number);
        losses.known = Some(before);
    }

    /// Forgets losses of which nobody can still be told.
    pub fn forget_losses(&self, before: OffsetDateTime) {
        let mut losses = lock(&self.0.losses);
        let Some(known) = &mut losses.known else {
            return;
        };
        // The last one says up to which number there were any.
        if let Some(last) = known.pop() {
            known.retain(|loss| loss.to >= before);
            known.push(last);
        }
    }

    /// Tells every stream of a loss, once.
    pub fn tell_loss(&self, loss: &Loss) {
        let mut losses = lock(&self.0.losses);
        let known = losses.known.get_or_insert_default();
        if known.last().is_some_and(|last| last.number >= loss.number) {
            return;
        }
        // Streams that are opened meanwhile look here.
        known.push(*loss);
        drop(losses);
        for stream in self.all() {
            metrics::gap(loss.reason.word());
            stream.tell(|subscription| subscription.tell_loss(loss));
        }
        // Whoever is told something with an id that says so has been told of the loss before.
        lock(&self.0.losses).told = loss.number;
    }

    /// Tells every stream whether anything can arrive, if that has changed.
    pub fn set_live(&self, live: bool) {
        if self.0.is_live.swap(live, Ordering::SeqCst) != live {
            for stream in self.all() {
                stream.tell(|subscription| subscription.set_live(live));
            }
        }
    }

    /// Whether anything can arrive.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.is_live.load(Ordering::SeqCst)
    }

    fn all(&self) -> Vec<Arc<Stream>> {
        lock(&self.0.register).all()
    }

    /// Whether a user has streams here.
    #[must_use]
    pub fn is_here(&self, user: UserId) -> bool {
        lock(&self.0.register).has(user)
    }

    fn of(&self, user: UserId) -> Vec<Arc<Stream>> {
        lock(&self.0.register).of(user)
    }

    /// Whom a user does not see from now on, on any of their streams.
    pub fn set_blocked(&self, user: UserId, blocked: &Blocked) {
        for stream in self.of(user) {
            stream.set_blocked(blocked);
        }
    }

    /// Ends the streams of a user who is gone, as if their tokens had ended.
    pub fn expire_user(&self, user: UserId) {
        for stream in self.of(user) {
            stream.expire(self.next_retry());
        }
    }

    /// How many times in each interval of heartbeats [`Self::beat`] is called.
    pub const BEATS: usize = GROUPS;

    /// Gives a part of the streams their heartbeat, and ends those whose tokens have ended: `now` is in seconds since the
    /// Unix epoch.
    pub fn beat(&self, round: usize, now: u64) {
        let mut register = lock(&self.0.register);
        let due = register.group(round % GROUPS);
        let ended = register.ended(now);
        drop(register);
        for stream in due {
            stream.beat();
            // Over HTTP/2 nobody asks for more of what nobody takes, and so nobody finds out.
            if stream.is_over() {
                self.leave(&stream);
            }
        }
        for stream in ended {
            stream.expire(self.next_retry());
        }
    }

    /// Ends every stream in order, and those that still come.
    pub fn drain(&self) {
        self.0.is_draining.store(true, Ordering::SeqCst);
        let all = self.all();
        self.0.ended.store(0, Ordering::SeqCst);
        self.0.to_end.store(all.len().max(1), Ordering::SeqCst);
        for stream in all {
            stream.end(self.next_retry());
        }
    }

    fn is_draining(&self) -> bool {
        self.0.is_draining.load(Ordering::SeqCst)
    }

    /// When the next that is ended comes back, in milliseconds: one behind the other, evenly over the spread.
    fn next_retry(&self) -> u32 {
        let number = self.0.ended.fetch_add(1, Ordering::SeqCst) as u64;
        let of = self.0.to_end.load(Ordering::SeqCst) as u64;
        let spread = u64::from(self.0.spread.load(Ordering::SeqCst));
        let after = if self.is_draining() {
            (number % of) * spread / of
        } else {
            // Tokens end now and then: whoever is next comes elsewhere in the spread (the golden ratio).
            ((number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff) * spread) >> 32
        };
        u32::try_from(after).unwrap_or(u32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests;
