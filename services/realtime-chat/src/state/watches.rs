//! Who wants to be told whether who is there.

use std::collections::HashMap;
use std::sync::Arc;

use nova_ids::UserId;

use super::socket::Socket;
use crate::store::routes::Presence;

/// Polls in a row that must agree before somebody is said to be gone: an empty Redis has forgotten everybody for a moment.
const DOUBTS: u8 = 3;
/// Most users whose presence one socket may be told.
pub(super) const MOST_WATCHED: usize = 1_000;

/// Users who are watched, and by which sockets.
#[derive(Debug, Default)]
pub(super) struct Watches(HashMap<UserId, Watched>);

#[derive(Debug, Default)]
struct Watched {
    sockets: Vec<Arc<Socket>>,
    told: Option<Presence>,
    doubts: u8,
}

impl Watches {
    /// Adds a watcher.
    pub(super) fn add(&mut self, socket: &Arc<Socket>, user: UserId) {
        let watched = self.0.entry(user).or_default();
        if !watched.sockets.iter().any(|other| other.id == socket.id) {
            watched.sockets.push(Arc::clone(socket));
        }
    }

    /// How many a socket watches.
    pub(super) fn count(&self, socket: &Socket) -> usize {
        let watches = |watched: &&Watched| watched.sockets.iter().any(|one| one.id == socket.id);
        self.0.values().filter(watches).count()
    }

    /// Takes a watcher away from these users, or from all.
    pub(super) fn remove(&mut self, socket: &Socket, users: Option<&[UserId]>) {
        self.0.retain(|user, watched| {
            if users.is_none_or(|users| users.contains(user)) {
                watched.sockets.retain(|other| other.id != socket.id);
            }
            !watched.sockets.is_empty()
        });
    }

    /// Whoever is watched.
    pub(super) fn users(&self) -> Vec<UserId> {
        self.0.keys().copied().collect()
    }

    /// Somebody was told this of a user.
    pub(super) fn told(&mut self, user: UserId, presence: Presence) {
        if let Some(watched) = self.0.get_mut(&user) {
            watched.told.get_or_insert(presence);
        }
    }

    /// Who is to be told that a user's presence is this now: nobody, if it is not news or is in doubt.
    pub(super) fn news(&mut self, user: UserId, presence: Presence) -> Vec<Arc<Socket>> {
        let Some(watched) = self.0.get_mut(&user) else {
            return Vec::new();
        };
        if watched
            .told
            .is_some_and(|told| told.is_online == presence.is_online)
        {
            watched.doubts = 0;
            return Vec::new();
        }
        watched.doubts += 1;
        let was_online = watched.told.is_some_and(|told| told.is_online);
        if was_online && watched.doubts < DOUBTS {
            return Vec::new();
        }
        watched.doubts = 0;
        watched.told = Some(presence);
        watched.sockets.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Format;

    const fn presence(is_online: bool) -> Presence {
        Presence {
            is_online,
            since: None,
        }
    }

    #[test]
    fn news_are_told_once_and_who_seems_to_go_is_doubted() {
        let mut watches = Watches::default();
        let (user, socket) = (
            UserId::new(),
            Arc::new(Socket::new(UserId::new(), Format::Json)),
        );
        assert!(watches.news(user, presence(true)).is_empty());
        watches.add(&socket, user);
        watches.add(&socket, user);
        assert_eq!(watches.count(&socket), 1);
        assert_eq!(watches.news(user, presence(true)).len(), 1);
        assert!(watches.news(user, presence(true)).is_empty());
        assert!(watches.news(user, presence(false)).is_empty());
        assert!(watches.news(user, presence(true)).is_empty());
        for _ in 1..DOUBTS {
            assert!(watches.news(user, presence(false)).is_empty());
        }
        assert_eq!(watches.news(user, presence(false)).len(), 1);
        watches.remove(&socket, Some(&[UserId::new()]));
        assert_eq!(watches.users(), [user]);
        watches.remove(&socket, None);
        assert!(watches.users().is_empty());
    }
}
