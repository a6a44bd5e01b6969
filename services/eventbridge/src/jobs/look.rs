use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::domain::{KNOWN_FOR, Loss};
use crate::state::State;
use crate::store::{accounts, blocks, losses};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Every so many looks losses are forgotten that are too old.
const FORGET: u32 = 7_200;
/// Users who are looked up in one query.
const AT_ONCE: usize = 500;

/// Finds out what Postgres has been told on whichever node, until `stop`: what is gone for every stream, who is gone, and who does
/// not want to see whom.
pub(crate) async fn look(state: State, stop: CancellationToken) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut horizon = None;
    for look in 0_u32.. {
        if stop.run_until_cancelled(looks.tick()).await.is_none() {
            return;
        }
        let looked = look_once(&state, &mut horizon, look).await;
        if let Err(error) = looked {
            tracing::debug!(%error, "what is new is looked for later");
        }
    }
}

async fn look_once(state: &State, horizon: &mut Option<i64>, look: u32) -> sqlx::Result<()> {
    look_for_losses(state).await?;
    look_for_people(state, horizon).await?;
    if look % FORGET == FORGET - 1 {
        forget(state).await?;
    }
    Ok(())
}

async fn look_for_losses(state: &State) -> sqlx::Result<()> {
    let known = state.hub.losses();
    let last = known.iter().flatten().last();
    let last = last.map_or(0, |loss| loss.number);
    let new = losses::after(&state.database.pool, last).await?;
    if known.is_some() {
        let new = merged(&new);
        new.iter().for_each(|loss| state.hub.tell_loss(loss));
    } else {
        // No stream has begun before this.
        state.hub.know_losses(new);
    }
    Ok(())
}

/// What one look does not see, since its transaction is under way, the next one sees. Who cannot be looked up now, comes again.
async fn look_for_people(state: &State, horizon: &mut Option<i64>) -> sqlx::Result<()> {
    let pool = &state.database.pool;
    let next = accounts::horizon(pool).await?;
    let mut changed = match *horizon {
        Some(horizon) => accounts::changed(pool, horizon).await?,
        None => Vec::new(),
    };
    changed.retain(|user| state.hub.is_here(*user));
    for some in changed.chunks(AT_ONCE) {
        let blocked = blocks::of(pool, some).await?;
        for user in some {
            match blocked.get(user) {
                Some(blocked) => state.hub.set_blocked(*user, blocked),
                None => state.hub.expire_user(*user),
            }
        }
    }
    *horizon = Some(next);
    Ok(())
}

async fn forget(state: &State) -> sqlx::Result<()> {
    let before = OffsetDateTime::now_utc() - KNOWN_FOR;
    state.hub.forget_losses(before);
    losses::forget(&state.database.pool, before).await
}
/// One loss for those of one reason that follow each other: a partition that is let go has one for each batch. Whoever is told
/// the last has been told all.
fn merged(losses: &[Loss]) -> Vec<Loss> {
    let mut merged: Vec<Loss> = Vec::new();
    for loss in losses {
        match merged.last_mut() {
            Some(last) if last.reason == loss.reason => {
                last.number = loss.number;
                last.from = last.from.min(loss.from);
                last.to = last.to.max(loss.to);
            }
            _ => merged.push(*loss),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::Reason;

    #[test]
    fn what_follows_each_other_is_told_at_once() {
        let at = datetime!(2026-11-21 00:47 UTC);
        let loss = |number: u64, reason, from: u64, to: u64| Loss {
            number,
            reason,
            from: at + Duration::from_secs(from),
            to: at + Duration::from_secs(to),
        };
        let all = [
            loss(1, Reason::Dropped, 5, 6),
            loss(2, Reason::Dropped, 1, 2),
            loss(3, Reason::Reset, 0, 9),
            loss(4, Reason::Dropped, 7, 8),
        ];
        let one = loss(2, Reason::Dropped, 1, 6);
        assert_eq!(merged(&all), [one, all[2], all[3]]);
        assert_eq!(merged(&[]), []);
    }
}
