//! What feeds' users were told, judged by what was acknowledged.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;

use anyhow::Context;
use nova_event_bus::header;
use nova_proto::feed::v1::{FeedChange, FeedUpdated};
use nova_tests::bus;

use crate::crowd::Crowd;
use crate::oracle::{Acknowledged, Flaw, id};
use crate::users::User;

/// A `FeedUpdated` as it was published.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    /// A relay that dies may publish an event once more, under the same id.
    id: String,
    /// The event that it follows from.
    cause: String,
    user: String,
    post: String,
    change: FeedChange,
}

/// Everything that was published so far.
pub(crate) async fn published(kafka: &str) -> anyhow::Result<Vec<Update>> {
    let kafka = bus::kafka(kafka, "classic")?;
    let updates = nova_testkit::published::<FeedUpdated>(&kafka).await;
    let update = |published: nova_testkit::Published<FeedUpdated>| {
        let cause = published
            .headers
            .iter()
            .find(|(name, _)| name == header::CAUSATION);
        let (_, cause) = cause.context("an update without a cause")?;
        Ok(Update {
            cause: cause.clone(),
            change: published.event.change(),
            id: published.id,
            user: published.event.user_id,
            post: published.event.post_id,
        })
    };
    updates.into_iter().map(update).collect()
}

/// Nobody is told of an event twice, all who follow its author hear of it, and authors and followers hear of what they
/// did themselves. Of posts that have been edited followers may have heard more or less often, as their visibility
/// changed.
pub(crate) fn flaws(
    updates: &[Update],
    users: &[User],
    crowd: &Crowd,
    posts: &[Acknowledged],
) -> Vec<Flaw> {
    let mut of_cause: HashMap<(&str, &str), BTreeSet<&str>> = HashMap::new();
    let mut of_post: HashMap<(&str, &str, FeedChange), BTreeSet<&str>> = HashMap::new();
    for update in updates {
        let (id, user, post) = (update.id.as_str(), &update.user, &update.post);
        of_cause
            .entry((&update.cause, user))
            .or_default()
            .insert(id);
        of_post
            .entry((user, post, update.change))
            .or_default()
            .insert(id);
    }
    let twice = of_cause.iter().filter(|(_, ids)| ids.len() > 1);
    let mut flaws: Vec<Flaw> = twice
        .map(|((cause, user), ids)| {
            Flaw::Doubled(format!("{user} told of event {cause} as {ids:?}"))
        })
        .collect();
    let mut expect = |user: &str, post: &str, change: FeedChange, times: RangeInclusive<usize>| {
        let told = of_post.get(&(user, post, change)).map_or(0, BTreeSet::len);
        let what =
            || format!("{user} told of {change:?} {post}: {told} times instead of {times:?}");
        if told < *times.start() {
            flaws.push(Flaw::Lost(what()));
        } else if told > *times.end() {
            flaws.push(Flaw::Doubled(what()));
        }
    };
    for user in users {
        expect(&user.id, "", FeedChange::Rebuilt, user.turns..=user.turns);
    }
    for entry in posts {
        let (post, author) = (id(&entry.post), entry.post["author_id"].as_str());
        let author = author.unwrap_or_default();
        let revision = entry.post["revision"].as_u64().unwrap_or_default();
        let made = usize::try_from(revision).unwrap_or_default();
        let deleted = usize::from(entry.deleted);
        // An edit or the end of a post may come before its beginning, which is no news then.
        let at_least = |times: usize| if entry.deleted { 0 } else { times };
        expect(author, post, FeedChange::PostAdded, at_least(1)..=made);
        expect(author, post, FeedChange::PostRemoved, deleted..=deleted);
        if revision > 1 {
            continue;
        }
        let followers = users.iter().filter(|user| user.follows_for_good(author));
        let followers = followers.map(|user| &user.id);
        let in_crowd = crowd.authors.contains(author);
        let crowd = crowd.active.iter().filter(|_| in_crowd);
        let shown = usize::from(entry.post["visibility"] != "PRIVATE");
        for follower in followers.chain(crowd) {
            expect(
                follower,
                post,
                FeedChange::PostAdded,
                at_least(shown)..=shown,
            );
            expect(follower, post, FeedChange::PostRemoved, deleted..=deleted);
        }
    }
    flaws
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(id: &str, cause: &str, user: &str, post: &str, change: FeedChange) -> Update {
        let [id, cause, user, post] = [id, cause, user, post].map(str::to_owned);
        Update {
            id,
            cause,
            user,
            post,
            change,
        }
    }

    fn user(id: &str, follows: &[&str]) -> User {
        User {
            id: id.to_owned(),
            shown: json!({}),
            token: String::new(),
            follows: follows.iter().map(|id| (*id).to_owned()).collect(),
            wavers_over: BTreeSet::new(),
            mutes: BTreeSet::new(),
            hidden: BTreeSet::new(),
            turns: follows.len(),
            changes: 0,
            mutings: 0,
        }
    }

    /// Ada posts; Ben and somebody in the crowd follow her.
    fn judge(updates: &[Update]) -> Vec<Flaw> {
        let posts = [Acknowledged {
            post: json!({ "id": "p", "author_id": "ada", "revision": 1, "visibility": "PUBLIC" }),
            deleted: false,
        }];
        let crowd = Crowd {
            authors: BTreeSet::from(["ada".to_owned()]),
            active: vec!["one".to_owned()],
        };
        flaws(
            updates,
            &[user("ada", &[]), user("ben", &["ada"])],
            &crowd,
            &posts,
        )
    }

    fn told() -> Vec<Update> {
        vec![
            update("1", "follow", "ben", "", FeedChange::Rebuilt),
            update("2", "post", "ada", "p", FeedChange::PostAdded),
            update("3", "post", "ben", "p", FeedChange::PostAdded),
            update("4", "post", "one", "p", FeedChange::PostAdded),
        ]
    }

    #[test]
    fn an_event_that_is_told_once_is_no_flaw_however_often_it_is_published() {
        assert_eq!(judge(&[told(), told()].concat()), []);
    }

    #[test]
    fn who_is_not_told_is_reported() {
        for left_out in 0..told().len() {
            let mut told = told();
            told.remove(left_out);
            assert!(matches!(judge(&told)[..], [Flaw::Lost(_)]), "{left_out}");
        }
    }

    #[test]
    fn who_is_told_twice_is_reported() {
        for twice in told() {
            let again = Update {
                id: "5".to_owned(),
                ..twice
            };
            let found = judge(&[told(), vec![again]].concat());
            assert!(found.iter().all(|flaw| matches!(flaw, Flaw::Doubled(_))));
            assert_eq!(found.len(), 2, "{found:?}");
        }
    }
}
