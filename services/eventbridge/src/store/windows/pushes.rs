//! The connection on which events come.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use nova_service::redis::{Away, Link, is_down};
use redis::{PushInfo, PushKind, RedisError, Value, cmd};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::keys::Keys;
use super::{Told, Windows, entry};
use crate::domain::Channel;

/// Most messages that wait to be handed on. Whoever is further behind begins anew, and reads the windows.
const WAITING: usize = 65_536;

/// Events as they come, until the connection is lost.
pub struct Pushes {
    windows: Windows,
    generation: u64,
    current: watch::Receiver<Option<u64>>,
    messages: mpsc::Receiver<Vec<Value>>,
    /// The rest of the message that came last.
    told: VecDeque<Told>,
    lost: CancellationToken,
}

/// The connection, to say what is to come on it.
#[derive(Clone)]
pub(super) struct Pushed {
    generation: u64,
    link: Link,
    lost: CancellationToken,
    left: Left,
}

/// How often each channel was left, of which the servers have not said so yet.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<HashMap<Vec<u8>, usize>>>);

impl Left {
    fn add(&self, names: &[String]) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            *left.entry(name.as_bytes().to_vec()).or_default() += 1;
        }
    }

    /// Whether it was left: else it has moved to another server, which does not know who follows it.
    fn take(&self, name: &[u8]) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = left.get_mut(name) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            left.remove(name);
        }
        true
    }
}

impl Windows {
    /// Connects anew for what is followed from now on, in the generation that counts.
    ///
    /// # Errors
    /// When Redis is away, or it is not known which generation counts.
    pub async fn listen(&self) -> Result<Pushes, Away> {
        let generation = self.generation().ok_or(Away::Resting)?;
        let (to, messages) = mpsc::channel(WAITING);
        let (lost, left) = (CancellationToken::new(), Left::default());
        let (is_lost, was_left) = (lost.clone(), left.clone());
        let take = move |info: PushInfo| -> Result<(), redis::aio::SendError> {
            let is_fine = match info.kind {
                PushKind::SMessage => to.try_send(info.data).is_ok(),
                PushKind::Disconnection => false,
                PushKind::SUnsubscribe => match info.data.first() {
                    Some(Value::BulkString(name)) => was_left.take(name),
                    _ => true,
                },
                _ => true,
            };
            if !is_fine {
                is_lost.cancel();
            }
            Ok(())
        };
        let link = self.0.server.connect_pushed(take).await?;
        let pushed = Pushed {
            generation,
            link,
            lost: lost.clone(),
            left,
        };
        self.set_pushed(Some(pushed));
        Ok(Pushes {
            current: self.0.generation.subscribe(),
            windows: self.clone(),
            generation,
            messages,
            told: VecDeque::new(),
            lost,
        })
    }
}

impl Pushed {
    pub(super) async fn follow(&self, keys: &Keys, channels: &[Channel]) -> Result<(), Away> {
        let names = self.names(keys, channels);
        let followed = self.link.clone().listen(&names).await;
        self.note(followed).map_err(Away::Failed)
    }

    pub(super) async fn leave(&self, keys: &Keys, channels: &[Channel]) {
        let names = self.names(keys, channels);
        self.left.add(&names);
        let left = self.link.clone().leave(&names).await;
        if let Err(error) = self.note(left) {
            tracing::debug!(%error, "channels were not left");
        }
    }

    fn names(&self, keys: &Keys, channels: &[Channel]) -> Vec<String> {
        let channels = channels.iter();
        channels
            .map(|channel| keys.told(self.generation, channel))
            .collect()
    }

    async fn ping(&self) -> Result<(), RedisError> {
        let answer = cmd("PING").query_async::<()>(&mut self.link.clone()).await;
        self.note(answer)
    }

    fn note(&self, outcome: Result<(), RedisError>) -> Result<(), RedisError> {
        if outcome.as_ref().is_err_and(is_down) {
            self.lost.cancel();
        }
        outcome
    }
}

impl Pushes {
    /// The next event; none once the connection is lost, or the generation counts no more: what came after the last one may
    /// be missing then. May be dropped and asked for again.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Some(told);
            }
            let message = tokio::select! {
                biased;
                () = self.lost.cancelled() => return None,
                _ = self.current.wait_for(|known| *known != Some(self.generation)) => return None,
                message = self.messages.recv() => message?,
            };
            self.read(message);
        }
    }

    fn read(&mut self, message: Vec<Value>) {
        let mut message = message.into_iter();
        let (Some(Value::BulkString(name)), Some(Value::BulkString(bytes))) =
            (message.next(), message.next())
        else {
            return;
        };
        let Some(channel) = self.windows.0.keys.channel(&name) else {
            return;
        };
        let told = |(entry, position)| Told {
            channel: channel.clone(),
            entry,
            position,
        };
        self.told.extend(entry::told(bytes).into_iter().map(told));
    }

    /// Makes sure that the servers are there.
    ///
    /// # Errors
    /// When one does not answer: the connection is lost then.
    pub async fn ping(&self) -> Result<(), Away> {
        let pushed = self.windows.pushed().ok_or(Away::Resting)?;
        pushed.ping().await.map_err(Away::Failed)
    }
}

impl Drop for Pushes {
    fn drop(&mut self) {
        self.windows.set_pushed(None);
    }
}
