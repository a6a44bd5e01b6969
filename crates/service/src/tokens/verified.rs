//! Tokens that were checked before.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;

use super::Caller;

/// SHA-256 of a token: the tokens themselves are not kept.
pub(super) type Digest = [u8; 32];

/// Locks are held for one look-up each; more shards would not be felt.
const SHARDS: usize = 16;

/// At most this many tokens of about 100 bytes each are remembered per shard.
const SHARD_CAPACITY: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct Verified {
    shards: [Mutex<HashMap<Digest, Entry>>; SHARDS],
}

#[derive(Debug)]
struct Entry {
    caller: Caller,
    expires: u64,
}

pub(super) fn digest(token: &str) -> Digest {
    let mut out = Digest::default();
    out.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    out
}

impl Verified {
    /// The bearer of a token seen before that has not ended at `now`, and its end (seconds since the Unix epoch).
    pub(super) fn find(&self, digest: &Digest, now: u64) -> Option<(Caller, u64)> {
        let shard = self
            .shard(digest)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shard
            .get(digest)
            .filter(|entry| now <= entry.expires)
            .map(|entry| (entry.caller, entry.expires))
    }

    pub(super) fn remember(&self, digest: Digest, caller: Caller, expires: u64, now: u64) {
        let mut shard = self
            .shard(&digest)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= SHARD_CAPACITY {
            shard.retain(|_, entry| now <= entry.expires);
        }
        if shard.len() >= SHARD_CAPACITY {
            // All are alive: starting over is rare, and costs each token one signature.
            shard.clear();
        }
        shard.insert(digest, Entry { caller, expires });
    }

    fn shard(&self, digest: &Digest) -> &Mutex<HashMap<Digest, Entry>> {
        &self.shards[usize::from(digest[0]) % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use nova_ids::{SessionId, UserId};

    use super::*;

    #[test]
    fn a_token_is_forgotten_when_it_ends() {
        let verified = Verified::default();
        let caller = Caller {
            user_id: UserId::new(),
            session_id: SessionId::new(),
        };
        let token = digest("token");
        assert_eq!(verified.find(&token, 10), None);
        verified.remember(token, caller, 20, 10);
        assert_eq!(verified.find(&token, 20), Some((caller, 20)));
        assert_eq!(verified.find(&token, 21), None);
    }

    #[test]
    fn the_number_of_tokens_is_bounded() {
        let verified = Verified::default();
        let caller = Caller {
            user_id: UserId::new(),
            session_id: SessionId::new(),
        };
        for number in 0..SHARDS * SHARD_CAPACITY * 2 {
            let mut token = Digest::default();
            token[..8].copy_from_slice(&number.to_le_bytes());
            verified.remember(token, caller, 20, 10);
        }
        let kept: usize = verified
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert!(kept <= SHARDS * SHARD_CAPACITY, "{kept}");
    }
}
