//! Media that were looked up a moment ago: a player asks for one range of a video after the other.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nova_ids::MediaId;

use crate::domain::{MediaState, Medium};

/// So old may be what is known: what another replica has changed is seen by then.
const FRESH: Duration = Duration::from_secs(1);

/// Of a few hundred bytes each.
const MOST: usize = 10_000;

/// Media that can be shown, as they were at most [`FRESH`] ago, unless something was committed here since. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Known(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// How often something was committed.
    commits: AtomicU64,
    media: Mutex<HashMap<MediaId, Entry>>,
}

struct Entry {
    medium: Arc<Medium>,
    found: Instant,
    commits: u64,
}

impl Known {
    /// Something may be another than it was.
    pub(super) fn forget(&self) {
        self.0.commits.fetch_add(1, Ordering::SeqCst);
    }

    /// What to hand to [`Self::keep`], from before the medium was looked up.
    pub(super) fn now(&self) -> u64 {
        self.0.commits.load(Ordering::SeqCst)
    }

    pub(super) fn get(&self, id: MediaId) -> Option<Arc<Medium>> {
        let media = self.0.media.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = media.get(&id)?;
        let is_fresh = entry.found.elapsed() < FRESH && entry.commits == self.now();
        is_fresh.then(|| Arc::clone(&entry.medium))
    }

    /// Keeps a medium that will not become another, only go.
    pub(super) fn keep(&self, medium: &Arc<Medium>, commits: u64) {
        if medium.state != MediaState::Ready {
            return;
        }
        let mut media = self.0.media.lock().unwrap_or_else(PoisonError::into_inner);
        if media.len() >= MOST {
            media.clear();
        }
        let entry = Entry {
            medium: Arc::clone(medium),
            found: Instant::now(),
            commits,
        };
        media.insert(medium.id, entry);
    }
}
