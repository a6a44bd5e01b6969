//! What a client has missed, of each of its conversations.

use super::client_frame::Positions;
use super::server_frame::Gap;
use super::{ConversationId, Here};

/// A conversation that a user is in or was in, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub id: ConversationId,
    /// The position with which the user came.
    pub joined: i64,
    /// The position with which the user left, if they did.
    pub left: Option<i64>,
    /// The position of its last change.
    pub head: i64,
    /// The least position that is kept; none when nothing is.
    pub first: Option<i64>,
}

/// Positions of one conversation that are to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where.
    pub id: ConversationId,
    /// All after this one,
    pub after: i64,
    /// up to and with this one.
    pub to: i64,
}

/// How a resume is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is told, in this order.
    pub stretches: Vec<Stretch>,
    /// What is not kept any more.
    pub gaps: Vec<Gap>,
    /// The conversations that the user is in, with where the client is then.
    pub reached: Vec<Here>,
}

/// What is to be told to a client that has these positions. A conversation that it does not name comes whole, from where
/// the user joined. Of one that the user has left only that comes, to a client that knows it.
#[must_use]
pub fn plan(seen: &[Seen], positions: &Positions) -> Plan {
    let mut plan = Plan::default();
    for one in seen {
        let has = positions.0.get(&one.id).copied();
        if let Some(left) = one.left {
            if has.is_some_and(|has| has < left && has >= one.joined) {
                plan.stretches.push(Stretch {
                    id: one.id,
                    after: left - 1,
                    to: left,
                });
            }
            continue;
        }
        // What is before a user came is none of theirs; a client that is ahead stays there.
        let after = has.unwrap_or(0).max(one.joined - 1);
        plan.reached.push(Here {
            id: one.id,
            position: after.max(one.head),
        });
        if after >= one.head {
            continue;
        }
        let first = one.first.unwrap_or(one.head + 1);
        if first > after + 1 {
            plan.gaps.push(Gap {
                conversation_id: one.id,
                from: after + 1,
                to: first - 1,
            });
        }
        if first <= one.head {
            plan.stretches.push(Stretch {
                id: one.id,
                after: after.max(first - 1),
                to: one.head,
            });
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    type Pairs = Vec<(i64, i64)>;

    /// Stretches and gaps of one conversation.
    fn planned(
        joined: i64,
        left: Option<i64>,
        head: i64,
        first: Option<i64>,
        has: Option<i64>,
    ) -> (Pairs, Pairs) {
        let id = Uuid::nil();
        let seen = Seen {
            id,
            joined,
            left,
            head,
            first,
        };
        let positions = Positions(has.map(|has| (id, has)).into_iter().collect());
        let plan = plan(&[seen], &positions);
        assert_eq!(plan.reached.is_empty(), left.is_some());
        (
            plan.stretches
                .iter()
                .map(|one| (one.after, one.to))
                .collect(),
            plan.gaps.iter().map(|gap| (gap.from, gap.to)).collect(),
        )
    }

    #[test]
    fn what_was_missed_is_told_from_where_the_client_is() {
        assert_eq!(
            planned(1, None, 9, Some(1), Some(4)),
            (vec![(4, 9)], vec![])
        );
        assert_eq!(planned(1, None, 9, Some(1), Some(9)), (vec![], vec![]));
        assert_eq!(planned(1, None, 9, Some(1), Some(99)), (vec![], vec![]));
        assert_eq!(planned(1, None, 9, Some(1), None), (vec![(0, 9)], vec![]));
        assert_eq!(planned(5, None, 9, Some(1), None), (vec![(4, 9)], vec![]));
        assert_eq!(
            planned(5, None, 9, Some(1), Some(2)),
            (vec![(4, 9)], vec![])
        );
    }

    #[test]
    fn what_is_not_kept_is_a_gap() {
        assert_eq!(
            planned(1, None, 9, Some(7), Some(4)),
            (vec![(6, 9)], vec![(5, 6)])
        );
        assert_eq!(
            planned(1, None, 9, Some(7), Some(6)),
            (vec![(6, 9)], vec![])
        );
        assert_eq!(planned(1, None, 9, None, Some(4)), (vec![], vec![(5, 9)]));
        assert_eq!(planned(1, None, 9, None, Some(9)), (vec![], vec![]));
    }

    #[test]
    fn who_has_left_hears_only_of_that() {
        assert_eq!(
            planned(1, Some(7), 9, Some(1), Some(4)),
            (vec![(6, 7)], vec![])
        );
        assert_eq!(planned(1, Some(7), 9, Some(1), Some(7)), (vec![], vec![]));
        assert_eq!(planned(1, Some(7), 9, Some(1), None), (vec![], vec![]));
    }
}
