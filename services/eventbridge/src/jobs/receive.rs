use std::time::Duration;

use nova_service::redis::Away;
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::state::State;
use crate::store::readable::readable;
use crate::store::windows::{Pushes, REST, Since};

/// How often the connection is tried: one that was cut says nothing.
const PING_EVERY: Duration = Duration::from_secs(1);
/// Clocks of nodes and of Redis may be this far apart.
const CLOCKS: Duration = Duration::from_secs(60);
/// Channels whose windows are read at once, if what is kept of them can be had in the time that Redis has.
const AT_ONCE: usize = 50;

/// Brings what happens on channels to this node's streams, until `stop`. After a lost connection it follows all again, and has
/// streams catch up with what is kept, before they are handed anything newer.
pub(crate) async fn receive(state: State, stop: CancellationToken) {
    let receiving = async {
        let mut since = None;
        loop {
            state.windows.settled(true).await;
            if let Err(error) = listen(&state, &mut since).await {
                tracing::debug!(%error, "nothing is brought");
            }
            sleep(REST).await;
        }
    };
    stop.run_until_cancelled(receiving).await;
}

/// Takes what comes on one connection, until it is lost. `since` is when events certainly came, if they ever did.
async fn listen(state: &State, since: &mut Option<OffsetDateTime>) -> Result<(), Error> {
    let mut pushes = state.windows.listen().await?;
    follow_again(state, *since).await?;
    Ok(take(state, &mut pushes, since).await?)
}

/// What comes meanwhile waits: streams take what is newer for a sign that they have all that is older.
async fn follow_again(state: &State, since: Option<OffsetDateTime>) -> Result<(), Error> {
    let followed = [state.hub.followed(), vec![state.own_channel.channel()]].concat();
    state.windows.follow(&followed).await?;
    let since = since.map_or(Since::Start, |since| Since::Time(since - CLOCKS));
    let (mut rest, mut at_once) = (followed.as_slice(), AT_ONCE);
    while !rest.is_empty() {
        let (some, others) = rest.split_at(at_once.min(rest.len()));
        let mut windows = match state.windows.read(some, since).await {
            Ok(windows) => windows,
            // They may be large.
            Err(away) if at_once > 1 => {
                tracing::debug!(error = %away, at_once, "windows are read in smaller parts");
                at_once /= 2;
                sleep(REST).await;
                continue;
            }
            Err(away) => return Err(away.into()),
        };
        readable(&state.database.pool, some, &mut windows).await?;
        for (channel, window) in some.iter().zip(&windows) {
            state.hub.catch_up(channel, window);
        }
        rest = others;
    }
    state.hub.caught_up();
    Ok(())
}

async fn take(
    state: &State,
    pushes: &mut Pushes,
    since: &mut Option<OffsetDateTime>,
) -> Result<(), Away> {
    let own = state.own_channel.channel();
    let mut pings = interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            told = pushes.next() => match told {
                Some(told) if told.channel == own => state.own_channel.came(told.entry.time),
                Some(told) => state.hub.publish(told),
                None => return Ok(()),
            },
            _ = pings.tick() => {
                let asked = OffsetDateTime::now_utc();
                pushes.ping().await?;
                *since = Some(asked);
            }
        }
    }
}
