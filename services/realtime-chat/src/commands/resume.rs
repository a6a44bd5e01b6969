use nova_ids::UserId;

use crate::domain::{Change, Gap, Plan, Positions, Stretch, plan};
use crate::error::Error;
use crate::state::State;
use crate::store::members;

/// Most changes that are loaded at once.
const PAGE: i64 = 500;

/// Stretches that are loaded together.
pub type Page = Vec<Stretch>;

/// What is to be told to a user whose client has these positions.
///
/// # Errors
/// When the database fails.
pub async fn plan_resume(
    state: &State,
    user: UserId,
    positions: &Positions,
) -> Result<Plan, Error> {
    let seen = members::seen_by(&state.database.pool, user).await?;
    Ok(plan(&seen, positions))
}

/// The same stretches, cut so that a page of them has a bounded number of changes.
#[must_use]
pub fn pages(stretches: &[Stretch]) -> Vec<Page> {
    let mut pages = Vec::new();
    let (mut page, mut room) = (Page::new(), PAGE);
    for stretch in stretches {
        let mut after = stretch.after;
        while after < stretch.to {
            let to = stretch.to.min(after.saturating_add(room));
            page.push(Stretch {
                id: stretch.id,
                after,
                to,
            });
            room -= to - after;
            after = to;
            if room == 0 {
                pages.push(std::mem::take(&mut page));
                room = PAGE;
            }
        }
    }
    if !page.is_empty() {
        pages.push(page);
    }
    pages
}

/// What is missing of a page: what retention took between the plan and the loading of it.
#[must_use]
pub fn gaps_in(page: &[Stretch], changes: &[Change]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for stretch in page {
        let mut next = stretch.after + 1;
        let theirs = changes.iter().filter(|change| {
            change.conversation_id == stretch.id
                && change.position > stretch.after
                && change.position <= stretch.to
        });
        let ends = theirs.map(|change| change.position).chain([stretch.to + 1]);
        for position in ends {
            if position > next {
                gaps.push(Gap {
                    conversation_id: stretch.id,
                    from: next,
                    to: position - 1,
                });
            }
            next = position + 1;
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn long_stretches_are_cut_and_short_ones_go_together() {
        let stretch = |after, to| Stretch {
            id: Uuid::nil(),
            after,
            to,
        };
        assert!(pages(&[]).is_empty());
        assert_eq!(
            pages(&[stretch(0, 3), stretch(7, 7), stretch(5, 1_100)]),
            [
                vec![stretch(0, 3), stretch(5, 502)],
                vec![stretch(502, 1_002)],
                vec![stretch(1_002, 1_100)],
            ]
        );
    }
}
