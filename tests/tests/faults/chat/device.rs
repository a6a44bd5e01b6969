//! A device of a user: a socket that comes back whenever it is lost, and says by it what its user says.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nova_testkit::WebSocket;
use nova_testkit::socket::{Frame, first_byte};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

use super::ledger::{Counts, Ledger};
use super::log::Log;
use crate::flaws::Flaw;
use crate::ways::Ways;

/// Who has opened nothing by then tries elsewhere.
const OPENS_WITHIN: Duration = Duration::from_secs(5);
/// And who has not resumed.
const RESUMES_WITHIN: Duration = Duration::from_secs(20);
/// For so long a replica waits for the first frame. A device whose `resume` comes later is told what happens from then on.
const IS_WAITED_FOR: Duration = Duration::from_secs(2);
/// A device asks whether anybody is there,
const ASKS_EVERY: Duration = Duration::from_secs(2);
/// and hears something within this time, or the connection is dead.
const HEARS_WITHIN: Duration = Duration::from_secs(8);
/// A send that is not answered is said again.
const REPEATS_AFTER: Duration = Duration::from_secs(4);
/// Milliseconds before a device that was cut off comes back.
const AWAY: std::ops::Range<u64> = 20..400;
/// Milliseconds between two things that a device does.
const BETWEEN: std::ops::Range<u64> = 1_000..9_000;
/// Sends of a device that wait for their answer.
const MOST_PENDING: usize = 4;
/// What a socket may be closed with when others are at fault: the node stops, it is full, it cannot look, nobody answered, and
/// too slow.
const MAY_CLOSE: [u16; 4] = [1001, 1011, 4000, 4008];

/// What devices are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orders {
    /// Whether they say something by themselves.
    pub(super) talk: bool,
    /// Grows when all are to come back anew.
    pub(super) round: usize,
    /// Whether they are to go.
    pub(super) go: bool,
}

/// What is known of a device by others.
pub(super) struct Seen {
    /// Number of its user.
    pub(super) user: usize,
    pub(super) name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    log: Log,
    /// The round in which it has resumed.
    resumed: Option<usize>,
}

impl Seen {
    pub(super) fn new(user: usize, name: String) -> Arc<Self> {
        let state = Mutex::default();
        Arc::new(Self { user, name, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has been told.
    pub(super) fn log(&self) -> Log {
        self.state().log.clone()
    }

    /// Whether it has resumed in that round.
    pub(super) fn is_back(&self, round: usize) -> bool {
        self.state().resumed == Some(round)
    }
}

/// A device.
pub(super) struct Device {
    pub(super) ledger: Arc<Ledger>,
    pub(super) ways: Arc<Ways>,
    pub(super) seen: Arc<Seen>,
    pub(super) orders: watch::Receiver<Orders>,
    pub(super) random: StdRng,
    /// Where it goes next.
    pub(super) node: usize,
    /// Sends that were not answered.
    pub(super) pending: BTreeMap<Uuid, Pending>,
}

/// A send that was not answered.
pub(super) struct Pending {
    room: usize,
    content: String,
    /// When it was said last.
    said: Instant,
}

/// Why a connection is over.
struct Over;

impl Device {
    /// Comes back again and again, until it is to go.
    pub(super) async fn live(mut self) {
        while !self.orders.borrow_and_update().go {
            let round = self.orders.borrow().round;
            if let Some(socket) = self.open().await {
                // However it ended, there is another one.
                let Over = self.talk(socket, round).await;
                Counts::add(&self.ledger.counts.reconnects);
            }
            if self.orders.borrow().round == round {
                let away = self.random.random_range(AWAY);
                sleep(Duration::from_millis(away)).await;
            }
            self.node = self.random.random_range(0..2);
        }
    }

    fn user(&self) -> &crate::users::User {
        &self.ledger.users[self.seen.user]
    }

    async fn open(&self) -> Option<WebSocket> {
        let bearer = format!("Bearer {}", self.user().token);
        let headers = [
            ("Sec-WebSocket-Protocol", "nova.chat.v1.json"),
            ("Authorization", bearer.as_str()),
        ];
        let opened = WebSocket::try_open(self.ways.url(self.node), "/v1/chat/ws", &headers);
        match timeout(OPENS_WITHIN, opened).await {
            Ok(Ok(Ok(socket))) => Some(socket),
            Ok(Ok(Err(refused))) if refused.status < 500 => {
                self.flaw(Flaw::Otherwise(refused.text));
                None
            }
            _ => None,
        }
    }

    /// Everything on one connection.
    async fn talk(&mut self, mut socket: WebSocket, round: usize) -> Over {
        let mut is_resumed = false;
        let (mut asks, mut hears) = (Instant::now(), Instant::now() + HEARS_WITHIN);
        let (opened, resumes) = (Instant::now(), Instant::now() + RESUMES_WITHIN);
        let mut acts = self.next_act();
        loop {
            let deadline = if is_resumed { hears } else { resumes };
            let talks = self.orders.borrow().talk;
            tokio::select! {
                heard = socket.heard() => {
                    hears = Instant::now() + HEARS_WITHIN;
                    let Ok(Some(frame)) = heard else { return Over };
                    let Some(frame) = self.read(&mut socket, frame).await else { return Over };
                    let may_be_late = !is_resumed && opened.elapsed() >= IS_WAITED_FOR;
                    if may_be_late && self.is_late(&frame) {
                        return Over;
                    }
                    match frame["type"].as_str().unwrap_or_default() {
                        "hello" => {
                            let positions = self.seen.state().log.positions();
                            let resume = json!({ "type": "resume", "positions": positions });
                            socket.send_json(&resume).await;
                        }
                        "resumed" => {
                            is_resumed = true;
                            hears = Instant::now() + HEARS_WITHIN;
                            self.has_resumed(&frame, round);
                            self.say_again(&mut socket, Duration::ZERO).await;
                        }
                        _ => self.hear(&frame),
                    }
                }
                () = sleep_until(deadline) => return Over,
                () = sleep_until(asks), if is_resumed => {
                    asks = Instant::now() + ASKS_EVERY;
                    let id = Uuid::now_v7().to_string();
                    socket.send_json(&json!({ "type": "ping", "id": id })).await;
                    self.say_again(&mut socket, REPEATS_AFTER).await;
                }
                () = sleep_until(acts), if is_resumed && talks => {
                    acts = self.next_act();
                    self.act(&mut socket).await;
                }
                changed = self.orders.changed() => {
                    let orders = *self.orders.borrow_and_update();
                    if changed.is_err() || orders.go || orders.round != round {
                        return Over;
                    }
                }
            }
        }
    }

    fn next_act(&mut self) -> Instant {
        Instant::now() + Duration::from_millis(self.random.random_range(BETWEEN))
    }

    /// The JSON in a frame; pings are answered. None when it is over.
    async fn read(&self, socket: &mut WebSocket, frame: Frame) -> Option<Value> {
        match frame.first {
            first_byte::TEXT => match serde_json::from_slice(&frame.payload) {
                Ok(value) => Some(value),
                Err(error) => {
                    self.flaw(Flaw::Otherwise(format!("no JSON: {error}")));
                    None
                }
            },
            first_byte::PING => {
                socket.send(first_byte::PONG, &frame.payload).await;
                Some(Value::Null)
            }
            first_byte::CLOSE => {
                let code = frame.payload.first_chunk().copied().map(u16::from_be_bytes);
                if !code.is_some_and(|code| MAY_CLOSE.contains(&code)) {
                    self.flaw(Flaw::Otherwise(format!("closed with {code:?}")));
                }
                None
            }
            first => {
                self.flaw(Flaw::Otherwise(format!(
                    "a frame that begins with {first:#x}"
                )));
                None
            }
        }
    }

    /// Whether a frame shows that the replica does not wait for a `resume` any more.
    fn is_late(&self, frame: &Value) -> bool {
        let position = frame["position"].as_i64();
        let room = frame["conversation_id"].as_str();
        let at = |room: &str| {
            self.seen
                .state()
                .log
                .rooms
                .get(room)
                .map_or(0, |one| one.at)
        };
        let is_beyond = position > room.map(|room| at(room) + 1);
        frame["code"] == "malformed_frame" || is_beyond
    }

    fn has_resumed(&self, frame: &Value, round: usize) {
        let mut state = self.seen.state();
        let flaws = state.log.resumed(frame);
        state.resumed = Some(round);
        drop(state);
        for flaw in flaws {
            self.flaw(flaw);
        }
    }

    fn hear(&mut self, frame: &Value) {
        let heard = match frame["type"].as_str().unwrap_or_default() {
            "message" | "edited" | "deleted" | "reacted" | "conversation" => {
                self.told(frame);
                Counts::add(&self.ledger.counts.delivered);
                self.seen.state().log.change(frame)
            }
            "ack" => self.acknowledged(frame),
            "mark" => {
                self.seen.state().log.mark(frame);
                Ok(())
            }
            "error" if frame["code"] == "unavailable" => Ok(()),
            "typing" | "pong" | "going_away" | "" => Ok(()),
            _ => Err(Flaw::Otherwise(frame.to_string())),
        };
        if let Err(flaw) = heard {
            self.flaw(flaw);
        }
    }

    /// One's own message, told by the other device's way: it was taken.
    fn told(&mut self, frame: &Value) {
        let message = &frame["message"];
        let id = message["client_message_id"].as_str().unwrap_or_default();
        let is_own = message["sender_id"] == self.user().id.as_str();
        if frame["type"] == "message"
            && is_own
            && let Some(pending) = id.parse().ok().and_then(|id| self.answered(id))
        {
            let user = self.seen.user;
            self.ledger.acknowledge(user, pending.room, id, message);
        }
    }

    fn acknowledged(&mut self, frame: &Value) -> Result<(), Flaw> {
        let id = frame["client_message_id"].as_str().unwrap_or_default();
        let Some(pending) = id.parse().ok().and_then(|id| self.answered(id)) else {
            // It was told before, as a message.
            return self.seen.state().log.ack(frame, Value::Null).map(|_| ());
        };
        let user = self.seen.user;
        self.ledger.acknowledge(user, pending.room, id, frame);
        let message = json!({
            "id": frame["message_id"], "conversation_id": frame["conversation_id"],
            "sequence": frame["sequence"], "position": frame["position"],
            "sender_id": self.user().id, "type": "TEXT", "content": pending.content, "media": [],
            "reply_to": null, "reactions": [], "client_message_id": id, "revision": 1,
            "sent_at": frame["sent_at"], "edited_at": null, "deleted_at": null,
        });
        if self.seen.state().log.ack(frame, message)? {
            Counts::add(&self.ledger.counts.delivered);
        }
        Ok(())
    }

    fn answered(&mut self, id: Uuid) -> Option<Pending> {
        let pending = self.pending.remove(&id)?;
        let unanswered = &self.ledger.counts.unanswered;
        unanswered.fetch_sub(1, Ordering::Relaxed);
        Some(pending)
    }

    /// Does something, as a user does.
    async fn act(&mut self, socket: &mut WebSocket) {
        let rooms = self.ledger.rooms_of(self.seen.user);
        let number = rooms[self.random.random_range(0..rooms.len())];
        let room = self.ledger.rooms[number].id.clone();
        let frame = match self.random.random_range(0..10) {
            0..6 if self.pending.len() < MOST_PENDING => {
                let id = Uuid::now_v7();
                let content = format!("{} says {}", self.seen.name, self.random.random::<u32>());
                let (said, counts) = (Instant::now(), &self.ledger.counts);
                Counts::add(&counts.sends);
                Counts::add(&counts.unanswered);
                let pending = Pending {
                    room: number,
                    content,
                    said,
                };
                let frame = self.send(id, &pending);
                self.pending.insert(id, pending);
                frame
            }
            0..8 => {
                let log = &self.seen.state().log;
                let messages = log.rooms.get(&room).map(|room| &room.messages);
                let last = messages.and_then(|all| Some(*all.last_key_value()?.0));
                let Some(last) = last else { return };
                let kind = if self.random.random_bool(0.5) {
                    "read"
                } else {
                    "delivered"
                };
                json!({ "type": "mark", "conversation_id": room, kind: last })
            }
            _ => {
                let active = self.random.random_bool(0.5);
                json!({ "type": "typing", "conversation_id": room, "active": active })
            }
        };
        socket.send_json(&frame).await;
    }

    fn send(&self, id: Uuid, pending: &Pending) -> Value {
        json!({
            "type": "send", "client_message_id": id,
            "conversation_id": self.ledger.rooms[pending.room].id, "content": pending.content,
        })
    }

    /// Says once more what was said so long ago and not answered.
    async fn say_again(&mut self, socket: &mut WebSocket, after: Duration) {
        let now = Instant::now();
        let mut frames = Vec::new();
        for (id, pending) in &self.pending {
            if pending.said + after <= now {
                frames.push(self.send(*id, pending));
            }
        }
        for pending in self.pending.values_mut() {
            if pending.said + after <= now {
                pending.said = now;
            }
        }
        for frame in frames {
            Counts::add(&self.ledger.counts.repeated);
            socket.send_json(&frame).await;
        }
    }

    fn flaw(&self, flaw: Flaw) {
        let with_name = |what| format!("{} at {}: {what}", self.seen.name, self.node);
        self.ledger.flaw(match flaw {
            Flaw::Lost(what) => Flaw::Lost(with_name(what)),
            Flaw::Doubled(what) => Flaw::Doubled(with_name(what)),
            Flaw::Disordered(what) => Flaw::Disordered(with_name(what)),
            Flaw::Gap(what) => Flaw::Gap(with_name(what)),
            Flaw::Otherwise(what) => Flaw::Otherwise(with_name(what)),
        });
    }
}
