use std::collections::HashMap;
use std::time::Duration;

use futures::future::join_all;
use nova_ids::UserId;
use nova_proto::feed::v1::FeedUpdated;
use nova_service::postgres::commit;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Change, Kind};
use crate::error::Error;
use crate::events;
use crate::state::State;
use crate::store::fanouts::{self, Audience, FanOut, Pulled, Reached};

/// So many authors' events are told of at a time, and so many posts pushed once more.
const AT_ONCE: i64 = 32;

/// So many of an author's followers hear of an event at a time; then it is others' turn.
const FOLLOWERS: i64 = 500;

/// So many users whose feed is in use are looked through at a time for followers of an author who has very many: what is
/// appended in one statement keeps a core to itself, and those who read meanwhile wait for it.
const READERS: i64 = 1_000;

/// Followers of an author with very many are told no faster than this, so that those who read meanwhile are not held up:
/// ten thousand within a second, and a third of it to spare. Others' lines do not wait for theirs.
const TOLD_PER_SECOND: f64 = 15_000.0;

/// Tells some readers of what has happened: their timelines first, then they themselves through `FeedUpdated`.
/// Each event of each author is told to a follower once, in order, whenever this is cut off. Says after what time there
/// may be more to tell, if nobody adds to it.
///
/// # Errors
/// When the database fails; nothing was told then, though timelines may know. Redis may be away.
pub async fn fan_out(state: &State) -> Result<Option<Duration>, Error> {
    let mut tx = state.database.pool.begin().await?;
    let limit = state.push_limit;
    let mut taken = fanouts::take(&mut tx, AT_ONCE, limit).await?;
    if state.home.timelines.redis().is_up() {
        taken.extend(fanouts::take_pushes(&mut tx, AT_ONCE, limit).await?);
    }
    if taken.is_empty() {
        return Ok(fanouts::next_due(&mut tx).await?);
    }
    let audiences = audiences(state, &mut tx, &taken).await?;
    let missed = push(state, &taken, &audiences).await?;
    remember(&mut tx, &missed).await?;
    let mut reached = Vec::with_capacity(taken.len());
    for one in &taken {
        let audience = audiences.get(&one.id);
        tell(state, &mut tx, one, audience).await?;
        let is_postponed =
            one.kind == Kind::Push && missed.iter().any(|missed| missed.id == one.id);
        if !is_postponed {
            reached.push(reached_by(one, audience));
        }
    }
    fanouts::settle(&mut tx, &reached).await?;
    commit(tx).await?;
    Ok(Some(Duration::ZERO))
}

/// How far a line has got, and when it goes on.
fn reached_by(one: &FanOut, audience: Option<&Audience>) -> Reached {
    let told = audience.map_or(0, |audience| audience.active.len());
    let paced = one.is_for_many && one.kind.for_followers().is_some();
    Reached {
        id: one.id,
        end: audience.and_then(|audience| audience.end),
        rest: if paced {
            told as f64 / TOLD_PER_SECOND
        } else {
            0.0
        },
    }
}

/// Who hears of each next.
async fn audiences(
    state: &State,
    tx: &mut PgConnection,
    taken: &[FanOut],
) -> Result<HashMap<i64, Audience>, Error> {
    let active_since = OffsetDateTime::now_utc() - state.home.readers.oldest_note();
    let (many, few): (Vec<&FanOut>, Vec<&FanOut>) = taken
        .iter()
        .filter(|one| one.kind.for_followers().is_some() || pushes(one))
        .partition(|one| one.is_for_many && !pushes(one));
    let mut audiences = fanouts::audiences(tx, &few, active_since, FOLLOWERS).await?;
    for one in many {
        let audience = fanouts::active_among_many(tx, one, active_since, READERS).await?;
        audiences.insert(one.id, audience);
    }
    Ok(audiences)
}

/// Whether timelines are to have the post.
fn pushes(one: &FanOut) -> bool {
    one.is_shown
        && match one.kind {
            Kind::Shown => one.pulled.is_none(),
            Kind::Push => one.pulled != Some(Pulled::ForGood),
            Kind::Hidden | Kind::Unseen | Kind::Deleted => false,
        }
}

/// Writes to the timelines; those that did not get what they were to get.
async fn push<'a>(
    state: &State,
    taken: &'a [FanOut],
    audiences: &HashMap<i64, Audience>,
) -> Result<Vec<&'a FanOut>, Error> {
    let timelines = &state.home.timelines;
    let writes = taken.iter().filter_map(|one| {
        let audience = audiences.get(&one.id)?;
        Some(async move {
            let posts = std::slice::from_ref(&one.post);
            let written = if pushes(one) {
                timelines.add(&audience.timelines, posts).await
            } else if one.kind == Kind::Deleted {
                // Readers leave out what is gone: it does not matter whether this works.
                timelines.remove(&audience.timelines, posts).await.ok();
                Ok(())
            } else {
                Ok(())
            };
            match written {
                Ok(()) => Ok(None),
                Err(Error::Redis(_)) => Ok(Some(one)),
                Err(error) => Err(error),
            }
        })
    });
    let written: Result<Vec<_>, Error> = join_all(writes).await.into_iter().collect();
    Ok(written?.into_iter().flatten().collect())
}

async fn remember(tx: &mut PgConnection, missed: &[&FanOut]) -> Result<(), Error> {
    let (again, new): (Vec<&FanOut>, Vec<&FanOut>) =
        missed.iter().partition(|one| one.kind == Kind::Push);
    if !new.is_empty() {
        fanouts::pull_for_now(tx, &new).await?;
    }
    if !again.is_empty() {
        let again: Vec<i64> = again.iter().map(|one| one.id).collect();
        fanouts::postpone(tx, &again).await?;
    }
    Ok(())
}

/// Puts what the author and these followers are told into the outbox.
async fn tell(
    state: &State,
    tx: &mut PgConnection,
    one: &FanOut,
    audience: Option<&Audience>,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let updates = |users: &[UserId], change: Option<Change>| match change {
        Some(change) => {
            events::feeds_updated(users, change.into(), Some(one.post), one.author, now)
        }
        None => Vec::new(),
    };
    let mut all: Vec<FeedUpdated> = match one.told_to {
        None => updates(&[one.author], one.kind.for_author()),
        Some(_) => Vec::new(),
    };
    if let Some(audience) = audience {
        all.extend(updates(&audience.active, one.kind.for_followers()));
    }
    let append = state.outbox.append_all(tx, &all);
    match &one.cause {
        Some(cause) => cause.clone().scope(append).await?,
        None => append.await?,
    }
    Ok(())
}
