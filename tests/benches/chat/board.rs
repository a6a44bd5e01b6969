//! What has come on sockets, and when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::client::Socket;

const MESSAGE: &[u8] = b"{\"type\":\"message\"";
/// Before the number of a message in its content.
const MARK: &[u8] = b"\"content\":\"#";
const DIGITS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(30);

/// Counts messages that come, and notes when those with a number did.
#[derive(Default)]
pub(crate) struct Board {
    count: AtomicU64,
    closed: AtomicU64,
    came: Mutex<Vec<(u32, Instant)>>,
    news: Notify,
}

/// The content of a message that has a number.
pub(crate) fn content(number: u32, length: usize) -> String {
    let mut content = format!("#{number:010} ");
    while content.len() < length {
        content.push_str("and so on ");
    }
    content.truncate(length);
    content
}

impl Board {
    /// Reads a socket until it is closed.
    pub(crate) fn watch(self: &Arc<Self>, socket: Socket, notes: bool) -> JoinHandle<()> {
        let board = Arc::clone(self);
        tokio::spawn(async move {
            let mut socket = socket;
            while let Ok(Some(text)) = socket.next().await {
                board.take(text, notes);
            }
            board.closed.fetch_add(1, Ordering::Relaxed);
            board.news.notify_one();
        })
    }

    fn take(&self, text: &[u8], notes: bool) {
        if !text.starts_with(MESSAGE) {
            return;
        }
        if notes && let Some(number) = number(text) {
            let now = Instant::now();
            let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
            came.push((number, now));
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.news.notify_one();
    }

    /// How many have come.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until so many have come in all.
    pub(crate) async fn wait_for(&self, count: u64) -> anyhow::Result<()> {
        let mut known = self.count();
        while known < count {
            let moved = tokio::time::timeout(PATIENCE, self.news.notified()).await;
            known = self.count();
            ensure!(
                moved.is_ok() || known >= count,
                "{known} of {count} messages have come, {} sockets were closed",
                self.closed.load(Ordering::Relaxed)
            );
        }
        Ok(())
    }

    /// What has come since it was last asked, and when.
    pub(crate) fn take_all(&self) -> Vec<(u32, Instant)> {
        let mut came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut came)
    }
}

fn number(text: &[u8]) -> Option<u32> {
    let at = text.windows(MARK.len()).position(|some| some == MARK)? + MARK.len();
    std::str::from_utf8(text.get(at..at + DIGITS)?)
        .ok()?
        .parse()
        .ok()
}
