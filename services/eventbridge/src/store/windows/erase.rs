//! What of windows goes with a user who is gone for good.

use std::collections::BTreeSet;

use nova_ids::UserId;
use nova_service::redis::{Away, Link};
use redis::cmd;

use super::{Since, Windows};
use crate::domain::{Channel, Window};

/// Channels that are read at once: each may have as much as is kept of one.
const AT_ONCE: usize = 20;

impl Windows {
    /// Forgets what is kept of a user: their own channels, those of their posts, and of tags whatever lies beside a post of
    /// theirs, which then is told to be missing. Their own come last, for they say which the others are; a tag that
    /// nobody else has used leaves nothing.
    ///
    /// # Errors
    /// When Redis is away: again, it goes on.
    pub async fn erase(&self, user: UserId) -> Result<(), Away> {
        let own = [Channel::User(user), Channel::Me(user)];
        let windows = self.read(&own, Since::Start).await?;
        let entries = windows.iter().flat_map(|window| &window.entries);
        let on = entries.flat_map(|entry| entry.channels.iter());
        let others: BTreeSet<Channel> = on.filter(|one| !own.contains(one)).cloned().collect();
        let others: Vec<Channel> = others.into_iter().collect();
        for some in others.chunks(AT_ONCE) {
            let windows = self.read(some, Since::Start).await?;
            for (channel, window) in some.iter().zip(&windows) {
                self.unlink(channel, is_all_of(window, user)).await?;
            }
        }
        for channel in &own {
            self.unlink(channel, true).await?;
        }
        Ok(())
    }

    /// Forgets what is kept of a channel; how far it is, only if nobody can come back to it.
    async fn unlink(&self, channel: &Channel, whole: bool) -> Result<(), Away> {
        let generation = self.generation().ok_or(Away::Resting)?;
        let keys = self.0.keys.of(generation, channel);
        let mut forget = cmd(if whole { "UNLINK" } else { "XTRIM" });
        forget.arg(keys.window);
        if whole {
            forget.arg(keys.positions);
        } else {
            // The key stays, and with it how long it is kept: the script says that only now and then.
            forget.arg("MAXLEN").arg(0);
        }
        let forget = async |link: &mut Link| forget.query_async::<()>(link).await;
        self.0.redis.run(forget).await
    }
}

fn is_all_of(window: &Window, user: UserId) -> bool {
    let mut entries = window.entries.iter();
    entries.all(|entry| entry.shows.contains(&user))
}
