use nova_ids::UserId;

use crate::error::Error;
use crate::state::State;
use crate::store::follows::Mend;
use crate::store::{follows, readers};

/// Puts into a follower's timeline what they see for following somebody, or takes it out when they no longer want it, as
/// it is in Postgres now. Must run after the change has committed, and in the order of the changes by `whose`.
///
/// Only on account of the follower's own changes anything is taken out: what the other one did may be undone before this
/// command, which is late then, takes out what belongs there again. What does not belong there is not shown anyway.
///
/// # Errors
/// When the database fails. Redis may be away: then this timeline is built anew when it is next read.
pub async fn mend_timeline(
    state: &State,
    follower: UserId,
    followee: UserId,
    whose: UserId,
) -> Result<(), Error> {
    let pool = &state.database.pool;
    // As many as a timeline may keep, the place of its bottom among them: of fewer, one could be left out above
    // something older that is kept.
    let most = state.home.timelines.length() as i64 + 1;
    let Some(mend) = follows::mend(pool, follower, followee, most).await? else {
        return Ok(());
    };
    match write(state, &mend, whose == follower).await {
        // It may have happened or not, and may even happen later.
        Err(Error::Redis(_)) => Ok(readers::invalidate(pool, follower).await?),
        other => other,
    }
}

async fn write(state: &State, mend: &Mend, takes_out: bool) -> Result<(), Error> {
    let timelines = &state.home.timelines;
    let whose = std::slice::from_ref(&mend.timeline);
    if mend.posts.is_empty() {
        Ok(())
    } else if mend.shown {
        timelines.add(whose, &mend.posts).await
    } else if takes_out && mend.unwanted {
        timelines.remove(whose, &mend.posts).await
    } else {
        Ok(())
    }
}
