//! How a stream comes to begin: nothing that happens from then on may be lost.

use std::sync::Arc;
use std::time::Duration;

use nova_ids::UserId;
use nova_service::redis::Away;
use time::OffsetDateTime;

use super::State;
use super::hub::RETRY_MILLIS;
use super::stream::Stream;
use crate::domain::event_id::{self, StreamTag};
use crate::domain::{Blocked, Had, KNOWN_FOR, LATEST, Limits, Opening, Pattern, Subscription};
use crate::error::Error;
use crate::store::blocks;
use crate::store::readable::readable;
use crate::store::windows::Since;

/// What cannot be opened is tried again after this time.
const AGAIN: Duration = Duration::from_millis(500);

/// What a client wants, and what it brings.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Which types; none means all.
    pub types: Vec<Pattern>,
    /// The id that it came to, whatever that is.
    pub last_event_id: Option<Box<[u8]>>,
}

/// Opens a stream. While Redis or Postgres is away its client is told that nothing can arrive, and it begins when they are back:
/// it never hears of success what nobody can know.
pub async fn open(state: State, stream: Arc<Stream>, asking: Asking) {
    loop {
        match subscribe(&state, &stream, &asking).await {
            Ok(subscription) => {
                let losses = || state.hub.losses().unwrap_or_default();
                return stream.go_live(subscription, losses, || state.hub.is_live());
            }
            Err(error) => {
                tracing::debug!(%error, "a stream waits for what it is told from");
                stream.tell_outage();
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// What happens is kept from the moment its channels are followed, and what was before is read after that.
async fn subscribe(
    state: &State,
    stream: &Arc<Stream>,
    asking: &Asking,
) -> Result<Subscription, Error> {
    let place = state.hub.arriving().await;
    let channels = stream.channels();
    // Before it is read how far the channels are: what is lost from then on is told.
    let losses = state.hub.losses().ok_or(Away::Resting)?;
    let following = state.hub.following().await;
    state.hub.follow(stream);
    state.windows.follow(channels).await?;
    drop(following);
    let user = stream.whose().user;
    let tag = StreamTag::new(&state.key, user, channels);
    let had = asking.last_event_id.as_deref();
    let had = had.map(|id| event_id::read(&state.key, &tag, channels.len(), id));
    // What somebody lacks was put there after what they were told last had happened.
    let since = match &had {
        Some(Had::Valid(had)) => Since::Time(had.at - LATEST),
        _ => Since::End,
    };
    let mut windows = state.windows.read(channels, since).await?;
    let pool = &state.database.pool;
    readable(pool, channels, &mut windows).await?;
    let blocked = match user {
        Some(user) => blocked(state, user).await?,
        None => Blocked::default(),
    };
    let known_since = state.windows.known_since().ok_or(Away::Resting)?;
    drop(place);
    let now = OffsetDateTime::now_utc();
    let opening = Opening {
        channels: Arc::clone(channels),
        types: asking.types.as_slice().into(),
        slow: stream.whose().slow,
        tag,
        losses,
        blocked,
        known_since: known_since.max(now - KNOWN_FOR),
        live: state.hub.is_live() && !stream.is_outage_told(),
        heartbeat_seconds: state.heartbeat.as_secs(),
        retry_millis: RETRY_MILLIS.into(),
        now,
    };
    Ok(Subscription::open(
        opening,
        Limits::default(),
        &windows,
        had.as_ref(),
    ))
}

/// Whom a user does not see. The streams of who is gone end.
async fn blocked(state: &State, user: UserId) -> Result<Blocked, Error> {
    let mut found = blocks::of(&state.database.pool, &[user]).await?;
    Ok(found.remove(&user).unwrap_or_else(|| {
        state.hub.expire_user(user);
        Blocked::default()
    }))
}
