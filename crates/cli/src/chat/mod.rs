//! A conversation of two, on a terminal.

mod socket;

use std::collections::VecDeque;
use std::io::{BufRead as _, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use socket::Socket;

use crate::api::{Api, Session, text};
use crate::progress::Progress;

/// Messages from before that are shown.
const SHOWN: usize = 20;
/// Before a platform that is away is looked for again.
const PAUSE: Duration = Duration::from_millis(500);
/// Somebody who has just registered is known everywhere by then.
const KNOWN_WITHIN: u32 = 10;
const STAGE: &str = "chat";

/// Two who talk, one of them here.
pub(crate) struct Talk {
    api: Api,
    progress: Progress,
    me: Me,
    other: String,
    conversation: String,
    /// Of the last change that was shown.
    position: i64,
    /// Lines that the platform has not taken yet.
    waiting: VecDeque<Line>,
    /// The platform, and that was said.
    is_away: bool,
}

struct Me {
    username: String,
    password: String,
    session: Session,
}

struct Line {
    /// The same whenever it is sent, so that it is sent once.
    id: Uuid,
    content: String,
}

/// Why a socket is of no more use.
enum End {
    /// All that was typed has been taken, and no more comes.
    Finished,
    /// It is lost. After this time there is another one.
    Lost(Duration),
}

impl Talk {
    /// Signs both in who are not there yet, opens their conversation and shows its last messages.
    pub(crate) async fn begin(
        api: Api,
        me: &str,
        password: &str,
        other: &str,
        progress: Progress,
    ) -> anyhow::Result<Self> {
        let session = api.sign_in(me, me, password).await?;
        let id = match find(&api, &session, other).await? {
            Some(id) => id,
            None => {
                progress.say(
                    STAGE,
                    format_args!("registering {other}, who is not there yet"),
                );
                api.sign_in(other, other, crate::demo::PASSWORD).await?.id
            }
        };
        let conversation = open(&api, &session, &id).await?;
        let mut talk = Self {
            me: Me {
                username: me.to_owned(),
                password: password.to_owned(),
                session,
            },
            other: other.to_owned(),
            position: conversation["position"].as_i64().unwrap_or_default(),
            conversation: text(&conversation["id"])?,
            waiting: VecDeque::new(),
            is_away: false,
            api,
            progress,
        };
        talk.show_history().await?;
        Ok(talk)
    }

    async fn show_history(&mut self) -> anyhow::Result<()> {
        let path = format!(
            "/v1/conversations/{}/messages?limit={SHOWN}",
            self.conversation
        );
        let page = self
            .api
            .call("GET", &path, Some(&self.me.session.token), None);
        let page = page.await?.expect(200)?;
        for message in page["items"].as_array().into_iter().flatten() {
            self.show(message)?;
            // What came since the conversation was opened is not shown again.
            let position = message["position"].as_i64().unwrap_or_default();
            self.position = self.position.max(position);
        }
        Ok(())
    }

    /// Talks until the input ends.
    pub(crate) async fn hold(mut self) -> anyhow::Result<()> {
        let mut typed = lines();
        loop {
            let ended = self.talk(&mut typed).await;
            let pause = match ended {
                Ok(End::Finished) => return Ok(()),
                Ok(End::Lost(pause)) => pause,
                Err(error) => {
                    if !std::mem::replace(&mut self.is_away, true) {
                        self.progress.say(STAGE, format_args!("away: {error:#}"));
                    }
                    PAUSE
                }
            };
            tokio::time::sleep(pause).await;
            // A token of before may be over.
            let Me {
                username, password, ..
            } = &self.me;
            if let Ok(session) = self.api.sign_in(username, username, password).await {
                self.me.session = session;
            }
        }
    }

    async fn talk(&mut self, typed: &mut Option<UnboundedReceiver<String>>) -> anyhow::Result<End> {
        let mut socket = Socket::open(&self.api, &self.me.session.token).await?;
        let hello = socket.receive().await?.context("closed at once")?;
        anyhow::ensure!(hello["type"] == "hello", "{hello}");
        let positions = json!({ self.conversation.as_str(): self.position });
        let resume = json!({ "type": "resume", "positions": positions });
        socket.send(&resume).await?;
        let mut is_resumed = false;
        let mut pause = PAUSE;
        loop {
            if typed.is_none() && self.waiting.is_empty() {
                return Ok(End::Finished);
            }
            tokio::select! {
                frame = socket.receive() => match frame? {
                    None => return Ok(End::Lost(pause)),
                    Some(frame) if frame["type"] == "resumed" => {
                        self.progress.say(STAGE, format_args!("talking with {}", self.other));
                        is_resumed = true;
                        self.is_away = false;
                        // Whatever became of them before: sent again they are sent once.
                        for line in &self.waiting {
                            socket.send(&self.sent(line)).await?;
                        }
                    }
                    Some(frame) if frame["type"] == "going_away" => {
                        let millis = frame["reconnect_after_ms"].as_u64().unwrap_or_default();
                        pause = Duration::from_millis(millis);
                    }
                    Some(frame) => self.hear(&frame, &mut socket).await?,
                },
                line = next(typed), if is_resumed => match line {
                    None => *typed = None,
                    Some(content) => {
                        let line = Line { id: Uuid::now_v7(), content };
                        let frame = self.sent(&line);
                        // First: if it does not go, it goes with the next connection.
                        self.waiting.push_back(line);
                        socket.send(&frame).await?;
                    }
                },
            }
        }
    }

    fn sent(&self, line: &Line) -> Value {
        json!({
            "type": "send",
            "client_message_id": line.id,
            "conversation_id": self.conversation,
            "content": line.content,
        })
    }

    async fn hear(&mut self, frame: &Value, socket: &mut Socket) -> anyhow::Result<()> {
        let kind = frame["type"].as_str().unwrap_or_default();
        match kind {
            "ack" | "error" => self.taken(frame),
            "expiring" => {
                let Me {
                    username, password, ..
                } = &self.me;
                self.me.session = self.api.sign_in(username, username, password).await?;
                let token = &self.me.session.token;
                let authenticate = json!({ "type": "authenticate", "token": token });
                socket.send(&authenticate).await?;
            }
            _ if frame["conversation_id"] != self.conversation.as_str() => {}
            "message" | "edited" | "deleted" if self.is_next(frame) && frame["hidden"] != true => {
                if kind != "message" {
                    self.progress.say(STAGE, format_args!("{kind}:"));
                }
                let message = &frame["message"];
                // What was typed here stands here already; that it was taken was said to a connection that is lost.
                if kind != "message" || !self.is_taken(&message["client_message_id"]) {
                    self.show(message)?;
                }
                let mark = json!({
                    "type": "mark",
                    "conversation_id": self.conversation,
                    "read": message["sequence"],
                });
                socket.send(&mark).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether this change was not shown before.
    fn is_next(&mut self, frame: &Value) -> bool {
        let position = frame["position"].as_i64().unwrap_or_default();
        let is_next = position > self.position;
        self.position = self.position.max(position);
        is_next
    }

    fn taken(&mut self, frame: &Value) {
        if frame["type"] == "error" {
            let detail = frame["detail"].as_str().unwrap_or_default();
            self.progress.say(STAGE, format_args!("refused: {detail}"));
        }
        if frame["conversation_id"] == self.conversation.as_str() {
            self.is_next(frame);
        }
        self.is_taken(&frame["client_message_id"]);
    }

    /// Waits for one line no more; false when it was not waited for.
    fn is_taken(&mut self, id: &Value) -> bool {
        let before = self.waiting.len();
        let id = id.as_str().unwrap_or_default();
        self.waiting.retain(|line| line.id.to_string() != id);
        self.waiting.len() < before
    }

    fn show(&self, message: &Value) -> std::io::Result<()> {
        let name = if message["sender_id"] == self.me.session.id.as_str() {
            &self.me.username
        } else {
            &self.other
        };
        let content = message["content"].as_str().unwrap_or("(deleted)");
        let mut out = std::io::stdout().lock();
        writeln!(out, "{name}: {content}")?;
        out.flush()
    }
}

async fn find(api: &Api, session: &Session, username: &str) -> anyhow::Result<Option<String>> {
    let path = format!("/v1/users/by-username/{username}");
    let answer = api.call("GET", &path, Some(&session.token), None).await?;
    if answer.status == 404 {
        return Ok(None);
    }
    Ok(Some(text(&answer.expect(200)?["id"])?))
}

/// The conversation with somebody, whom messaging may not have heard of yet.
async fn open(api: &Api, session: &Session, other: &str) -> anyhow::Result<Value> {
    let wanted = json!({ "type": "DIRECT", "member_ids": [other] });
    let mut tried = 0;
    loop {
        let token = Some(session.token.as_str());
        let answer = api.call("POST", "/v1/conversations", token, Some(&wanted));
        let answer = answer.await?;
        tried += 1;
        match answer.status {
            404 if tried < KNOWN_WITHIN => tokio::time::sleep(PAUSE).await,
            200 => return answer.expect(200),
            _ => return answer.expect(201),
        }
    }
}

/// What is typed, line by line, on a thread that may wait for it.
fn lines() -> Option<UnboundedReceiver<String>> {
    let (typed, lines) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let line = line.trim();
            if !line.is_empty() && typed.send(line.to_owned()).is_err() {
                return;
            }
        }
    });
    Some(lines)
}

async fn next(typed: &mut Option<UnboundedReceiver<String>>) -> Option<String> {
    match typed {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}
