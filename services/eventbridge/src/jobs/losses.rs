use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::domain::Loss;
use crate::state::State;
use crate::store::losses;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Ids that browsers bring after this time may miss losses: what they have missed is told as expired.
const KEPT: Duration = Duration::from_secs(7 * 86_400);
/// Every so many looks what is older is forgotten.
const FORGET: u32 = 3_600;

/// Tells every stream of this node what is gone, whichever node has noted it, until `stop`.
pub(crate) async fn losses(state: State, stop: CancellationToken) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_begun = false;
    for look in 0_u32.. {
        if stop.run_until_cancelled(looks.tick()).await.is_none() {
            return;
        }
        let looked = look_for(&state, &mut is_begun).await;
        let forgotten = if look % FORGET == FORGET - 1 {
            forget(&state).await
        } else {
            Ok(())
        };
        if let Err(error) = looked.and(forgotten) {
            tracing::debug!(%error, "losses are looked for later");
        }
    }
}

async fn look_for(state: &State, is_begun: &mut bool) -> sqlx::Result<()> {
    let last = state.hub.losses().last().map_or(0, |loss| loss.number);
    let new = losses::after(&state.database.pool, last).await?;
    if *is_begun {
        merged(&new)
            .iter()
            .for_each(|loss| state.hub.tell_loss(loss));
    } else {
        // Streams that are there already have come after them.
        state.hub.know_losses(new);
        *is_begun = true;
    }
    Ok(())
}

async fn forget(state: &State) -> sqlx::Result<()> {
    let before = OffsetDateTime::now_utc() - KEPT;
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
