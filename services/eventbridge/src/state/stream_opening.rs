//! How a stream comes to begin: nothing that happens from then on may be lost.

use std::sync::Arc;
use std::time::Duration;

use nova_service::redis::Away;
use time::OffsetDateTime;

use super::State;
use super::hub::RETRY_MILLIS;
use super::stream::Stream;
use crate::domain::event_id::{self, StreamTag};
use crate::domain::{Limits, Opening, Pattern, Subscription};

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

/// Opens a stream. While Redis is away its client is told that nothing can arrive, and it begins when Redis is back: it never
/// hears of success what nobody can know.
pub async fn open(state: State, stream: Arc<Stream>, asking: Asking) {
    loop {
        match subscribe(&state, &stream, &asking).await {
            Ok(subscription) => {
                let live = || state.hub.is_live();
                return stream.go_live(subscription, &state.hub.losses(), live);
            }
            Err(away) => {
                tracing::debug!(error = %away, "a stream waits for redis");
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
) -> Result<Subscription, Away> {
    let place = state.hub.arriving().await;
    let channels = stream.channels();
    let following = state.hub.following().await;
    state.hub.follow(stream);
    state.windows.follow(channels).await?;
    drop(following);
    let windows = state.windows.read(channels).await?;
    drop(place);
    let tag = StreamTag::new(&state.key, stream.whose().user, channels);
    let had = asking.last_event_id.as_deref();
    let had = had.map(|id| event_id::read(&state.key, &tag, channels.len(), id));
    let opening = Opening {
        channels: channels.to_vec(),
        types: asking.types.clone(),
        slow: stream.whose().slow,
        tag,
        losses: state.hub.losses(),
        live: state.hub.is_live() && !stream.is_outage_told(),
        heartbeat_seconds: state.heartbeat.as_secs(),
        retry_millis: RETRY_MILLIS.into(),
        now: OffsetDateTime::now_utc(),
    };
    Ok(Subscription::open(
        opening,
        Limits::default(),
        &windows,
        had.as_ref(),
    ))
}
