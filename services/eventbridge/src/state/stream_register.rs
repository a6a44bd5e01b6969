//! Who has streams here, how many, and when each is to be written something or to end.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use nova_ids::UserId;

use super::stream::{Stream, Whose};

/// Most streams of a user on a node.
const MOST_OF_USER: usize = 20;
/// Most streams of an address on a node; for IPv6 of a /64.
const MOST_OF_ADDRESS: usize = 200;
/// Heartbeats are so many groups, one behind the other.
pub(super) const GROUPS: usize = 16;

/// There are as many streams of that user, or of that address, as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Every stream of this node.
#[derive(Debug)]
pub(super) struct Register {
    next: u64,
    count: usize,
    groups: [BTreeMap<u64, Arc<Stream>>; GROUPS],
    /// When tokens end, and whose.
    ends: BTreeSet<(u64, u64)>,
    /// Ids of each one's.
    users: HashMap<UserId, Vec<u64>>,
    addresses: HashMap<IpAddr, usize>,
}

impl Default for Register {
    fn default() -> Self {
        Self {
            next: 0,
            count: 0,
            groups: std::array::from_fn(|_| BTreeMap::new()),
            ends: BTreeSet::new(),
            users: HashMap::new(),
            addresses: HashMap::new(),
        }
    }
}

impl Register {
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Takes a stream in.
    pub(super) fn enter(&mut self, whose: Whose) -> Result<Arc<Stream>, Full> {
        let of_address = self.addresses.get(&whose.address).copied();
        let of_user = whose.user.and_then(|user| self.users.get(&user));
        if of_address.unwrap_or(0) >= MOST_OF_ADDRESS
            || of_user.is_some_and(|streams| streams.len() >= MOST_OF_USER)
        {
            return Err(Full);
        }
        *self.addresses.entry(whose.address).or_default() += 1;
        self.next += 1;
        self.count += 1;
        let id = self.next;
        if let Some(user) = whose.user {
            let streams = self.users.entry(user);
            streams.or_insert_with(|| Vec::with_capacity(1)).push(id);
        }
        self.ends.extend(whose.until.map(|until| (until, id)));
        let stream = Arc::new(Stream::new(id, whose));
        self.groups[group(id)].insert(id, Arc::clone(&stream));
        Ok(stream)
    }

    /// Lets a stream go. Once more does nothing.
    pub(super) fn leave(&mut self, stream: &Stream) {
        let (id, whose) = (stream.id, stream.whose());
        if self.groups[group(id)].remove(&id).is_none() {
            return;
        }
        self.count -= 1;
        if let Some(until) = whose.until {
            self.ends.remove(&(until, id));
        }
        one_less(&mut self.addresses, whose.address);
        if let Some(Entry::Occupied(mut streams)) = whose.user.map(|user| self.users.entry(user)) {
            streams.get_mut().retain(|one| *one != id);
            if streams.get().is_empty() {
                streams.remove();
            }
        }
    }

    /// Whether a user has streams.
    pub(super) fn has(&self, user: UserId) -> bool {
        self.users.contains_key(&user)
    }

    /// The streams of a user.
    pub(super) fn of(&self, user: UserId) -> Vec<Arc<Stream>> {
        let ids = self.users.get(&user).into_iter().flatten();
        ids.filter_map(|id| self.groups[group(*id)].get(id).cloned())
            .collect()
    }

    /// The streams of a group, or of none if there is no such.
    pub(super) fn group(&self, group: usize) -> Vec<Arc<Stream>> {
        let streams = self.groups.get(group).map(BTreeMap::values);
        streams.into_iter().flatten().cloned().collect()
    }

    /// All streams.
    pub(super) fn all(&self) -> Vec<Arc<Stream>> {
        let all = self.groups.iter().flat_map(BTreeMap::values);
        all.cloned().collect()
    }

    /// The streams whose tokens have ended, each once.
    pub(super) fn ended(&mut self, now: u64) -> Vec<Arc<Stream>> {
        let later = self.ends.split_off(&(now + 1, 0));
        let ended = std::mem::replace(&mut self.ends, later);
        let stream = |(_, id): (u64, u64)| self.groups[group(id)].get(&id).cloned();
        ended.into_iter().filter_map(stream).collect()
    }
}

/// Streams that come together are in different groups.
fn group(id: u64) -> usize {
    usize::try_from(id % GROUPS as u64).unwrap_or(0)
}

fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::domain::Slow;

    fn whose(user: Option<UserId>, host: u8, until: Option<u64>) -> Whose {
        Whose {
            user,
            address: Ipv4Addr::new(10, 0, 0, host).into(),
            until,
            channels: Arc::default(),
            slow: Slow::Drop,
        }
    }

    #[test]
    fn a_user_has_20_and_an_address_200() {
        let mut register = Register::default();
        let user = Some(UserId::new());
        let mut streams: Vec<Arc<Stream>> = (0..20)
            .map(|_| register.enter(whose(user, 1, None)).unwrap())
            .collect();
        assert_eq!(register.enter(whose(user, 2, None)).unwrap_err(), Full);
        for _ in 20..200 {
            streams.push(register.enter(whose(None, 1, None)).unwrap());
        }
        assert_eq!(register.enter(whose(None, 1, None)).unwrap_err(), Full);
        register.leave(&streams[0]);
        register.leave(&streams[0]);
        assert!(register.enter(whose(user, 1, None)).is_ok());
        assert_eq!(register.count(), 200);
        for stream in &streams {
            register.leave(stream);
        }
        assert_eq!(register.count(), 1);
        assert_eq!(register.users.len() + register.addresses.len(), 2);
    }

    #[test]
    fn tokens_end_once_and_groups_are_even() {
        let mut register = Register::default();
        let streams: Vec<Arc<Stream>> = (1..=32)
            .map(|second| register.enter(whose(None, 1, Some(second))).unwrap())
            .collect();
        assert_eq!(register.group(3).len(), 2);
        assert_eq!(register.group(GROUPS).len(), 0);
        register.leave(&streams[0]);
        assert_eq!(register.ended(2).len(), 1);
        assert_eq!(register.ended(2).len(), 0);
        assert_eq!(register.ended(32).len(), 30);
        assert_eq!(register.all().len(), 31);
    }
}
