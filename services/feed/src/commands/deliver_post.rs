use nova_ids::{PostId, UserId};

use crate::error::Error;
use crate::state::State;
use crate::store::posts::Audience;
use crate::store::{self, epoch};

/// Brings the cached timelines up to date with a post, as it is in Postgres now. Must run after the
/// change of the post has committed: whoever builds a timeline from then on sees it there.
///
/// # Errors
/// When the database fails. Redis may be away.
pub async fn deliver_post(state: &State, post: PostId) -> Result<(), Error> {
    let pool = &state.database.pool;
    let Some(audience) = store::posts::audience(pool, post).await? else {
        return Ok(());
    };
    match deliver(state, post, audience).await {
        Err(Error::Redis(_)) => {
            // Some timeline may lack the post now, and we cannot know which.
            let raised = epoch::raise(pool).await?;
            state.timelines.redis().saw_epoch(raised);
            Ok(())
        }
        other => other,
    }
}

async fn deliver(state: &State, post: PostId, audience: Audience) -> Result<(), Error> {
    let Audience {
        author,
        mut followers,
        reaches_followers,
        deleted,
        epoch,
    } = audience;
    let own: &[UserId] = &[author];
    if deleted {
        followers.push(author);
        return state.timelines.remove(epoch, &followers, post).await;
    }
    if reaches_followers {
        followers.push(author);
        return state.timelines.add(epoch, &followers, post).await;
    }
    state.timelines.add(epoch, own, post).await?;
    state.timelines.remove(epoch, &followers, post).await
}
