//! Whose timelines were given up, to be built anew.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::oracle::Flaw;
use crate::users::User;

/// What the database of feed says of the timelines in Redis.
#[derive(Debug, Default)]
pub(crate) struct Timelines {
    /// How often all were given up.
    pub(crate) epoch: i64,
    /// Whose own were.
    pub(crate) given_up: BTreeSet<String>,
}

impl Timelines {
    pub(crate) async fn look(feed: &mut PgConnection) -> sqlx::Result<Self> {
        let epoch = sqlx::query_scalar("SELECT epoch FROM timeline_epoch")
            .fetch_one(&mut *feed)
            .await?;
        let given_up: Vec<Uuid> =
            sqlx::query_scalar("SELECT user_id FROM readers WHERE generation > 0")
                .fetch_all(feed)
                .await?;
        let given_up = given_up.iter().map(Uuid::to_string).collect();
        Ok(Self { epoch, given_up })
    }

    /// All are given up only when another Redis is met, of which there were at most so many; those of one user only
    /// when they have begun or ceased to follow meanwhile.
    pub(crate) fn flaws(&self, redis_servers: usize, users: &[User]) -> Vec<Flaw> {
        let wavers = |id: &str| {
            let user = users.iter().find(|user| user.id == id);
            user.is_some_and(|user| !user.wavers_over.is_empty())
        };
        let without_need = self.given_up.iter().filter(|id| !wavers(id));
        let mut flaws: Vec<Flaw> = without_need
            .map(|id| Flaw::Rebuilt(format!("the timeline of {id}")))
            .collect();
        if usize::try_from(self.epoch).is_ok_and(|epoch| epoch > redis_servers) {
            let times = self.epoch;
            flaws.push(Flaw::Rebuilt(format!(
                "all timelines, {times} times with {redis_servers} Redis servers"
            )));
        }
        flaws
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(id: &str, wavers_over: &[&str]) -> User {
        User {
            id: id.to_owned(),
            shown: json!({}),
            token: String::new(),
            follows: BTreeSet::new(),
            wavers_over: wavers_over.iter().map(|id| (*id).to_owned()).collect(),
            mutes: BTreeSet::new(),
            hidden: BTreeSet::new(),
            turns: 1,
            changes: 0,
            mutings: 0,
        }
    }

    #[test]
    fn what_is_rebuilt_without_need_is_reported() {
        let users = [user("stays", &[]), user("wavers", &["stays"])];
        let judge = |epoch, given_up: &[&str]| {
            let given_up = given_up.iter().map(|id| (*id).to_owned()).collect();
            Timelines { epoch, given_up }.flaws(2, &users).len()
        };
        assert_eq!(judge(2, &["wavers"]), 0);
        assert_eq!(judge(3, &["wavers"]), 1);
        assert_eq!(judge(2, &["wavers", "stays"]), 1);
        assert_eq!(judge(0, &["somebody of the crowd"]), 1);
    }
}
