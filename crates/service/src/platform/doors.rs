//! How many may be in at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::{ConfigError, Env};
use crate::http::{ClientAddress, TrustedProxies};

/// How many connections there may be, and how long each may take to say what it wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doors {
    connections: usize,
    /// None behind proxies: all connections are theirs.
    per_address: Option<usize>,
    pub(super) head_timeout: Duration,
}

impl Doors {
    pub(super) fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let connections: NonZeroUsize = env.read(
            "NOVA_CONNECTIONS",
            "10000",
            "most connections at once; more are closed as they come",
        )?;
        let per_address: NonZeroUsize = env.read(
            "NOVA_CONNECTIONS_PER_ADDRESS",
            "1000",
            "most connections at once from one address (IPv6: one /64); not behind trusted proxies",
        )?;
        let behind_proxies = TrustedProxies::read(env)?.are_any();
        Ok(Self {
            connections: connections.get(),
            per_address: (!behind_proxies).then_some(per_address.get()),
            head_timeout: env.read(
                "NOVA_HEADER_TIMEOUT",
                "10s",
                "how long the first byte, and from its first byte the head of a request, may take",
            )?,
        })
    }
}

/// Counts who is in at one address that is listened on. Clones count together.
#[derive(Debug, Clone)]
pub(super) struct Rooms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    doors: Doors,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    rooms: Rooms,
    address: IpAddr,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Full {
    #[error("there are as many connections as there may be")]
    All,
    #[error("there are as many connections from this address as there may be")]
    Address,
}

impl Full {
    /// The word used in metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Address => "address",
        }
    }
}

impl Rooms {
    pub(super) fn behind(doors: Doors) -> Self {
        Self(Arc::new(Inner {
            doors,
            taken: Mutex::default(),
        }))
    }

    /// A place for a connection from there.
    pub(super) fn enter(&self, peer: IpAddr) -> Result<Place, Full> {
        let address = ClientAddress(peer.to_canonical()).group();
        let mut taken = self.taken();
        if taken.all >= self.0.doors.connections {
            return Err(Full::All);
        }
        if let Some(most) = self.0.doors.per_address {
            let theirs = taken.by_address.entry(address).or_default();
            if *theirs >= most {
                return Err(Full::Address);
            }
            *theirs += 1;
        }
        taken.all += 1;
        drop(taken);
        Ok(Place {
            rooms: self.clone(),
            address,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.rooms.taken();
        taken.all -= 1;
        let Some(theirs) = taken.by_address.get_mut(&self.address) else {
            return;
        };
        *theirs -= 1;
        if *theirs == 0 {
            taken.by_address.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(connections: usize, per_address: Option<usize>) -> Rooms {
        Rooms::behind(Doors {
            connections,
            per_address,
            head_timeout: Duration::MAX,
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_is_given_back() {
        let rooms = rooms(2, Some(1));
        let first = rooms.enter(address("10.0.0.1")).unwrap();
        assert_eq!(rooms.enter(address("10.0.0.1")).unwrap_err(), Full::Address);
        let second = rooms.enter(address("10.0.0.2")).unwrap();
        assert_eq!(rooms.enter(address("10.0.0.3")).unwrap_err(), Full::All);
        drop(first);
        let again = rooms.enter(address("10.0.0.1")).unwrap();
        drop((again, second));
        assert!(rooms.taken().by_address.is_empty());
        assert_eq!(rooms.taken().all, 0);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_proxies_are_not_counted_one_by_one() {
        let counted = rooms(9, Some(1));
        let _place = counted.enter(address("2001:db8::1")).unwrap();
        assert_eq!(
            counted.enter(address("2001:db8::2")).unwrap_err(),
            Full::Address
        );
        let mapped = counted.enter(address("::ffff:10.0.0.1")).unwrap();
        assert_eq!(mapped.address, address("10.0.0.1"));

        let behind_proxies = rooms(2, None);
        let _places = [1, 2].map(|_| behind_proxies.enter(address("10.0.0.1")).unwrap());
        assert_eq!(
            behind_proxies.enter(address("10.0.0.1")).unwrap_err(),
            Full::All
        );
    }
}
