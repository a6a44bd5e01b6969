//! What a list must hold, given what was acknowledged.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::Value;

/// A post as it was acknowledged last.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    /// The post itself. Its first tag is a mark that no other post was made with.
    pub(crate) post: Value,
    /// Whether its deletion was acknowledged.
    pub(crate) deleted: bool,
}

/// Something in a list that must not be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// An acknowledged post that is not there.
    Lost(String),
    /// A post that is there again, under its own id or another.
    Doubled(String),
    /// A post that is not as it was acknowledged last.
    Stale { expected: String, seen: String },
    /// A post that was deleted, is not for this reader, or was never acknowledged.
    Extra(String),
    /// A post that stands below an older one.
    Misplaced(String),
    /// A timeline that was given up without need.
    Rebuilt(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(post) => write!(f, "lost {post}"),
            Self::Doubled(post) => write!(f, "doubled {post}"),
            Self::Stale { expected, seen } => write!(f, "stale {seen} instead of {expected}"),
            Self::Extra(post) => write!(f, "extra {post}"),
            Self::Misplaced(post) => write!(f, "misplaced {post}"),
            Self::Rebuilt(timeline) => write!(f, "rebuilt {timeline}"),
        }
    }
}

/// Everything wrong with a list of posts, newest first, that must hold each acknowledged and undeleted post
/// that `belongs` there once, as it was acknowledged last, and nothing else.
pub(crate) fn flaws(
    acknowledged: &[Acknowledged],
    belongs: impl Fn(&Value) -> bool,
    seen: &[Value],
) -> Vec<Flaw> {
    let known: HashMap<&str, &Acknowledged> = acknowledged
        .iter()
        .map(|entry| (id(&entry.post), entry))
        .collect();
    let marks: HashSet<&str> = acknowledged.iter().map(|entry| mark(&entry.post)).collect();
    let mut flaws = Vec::new();
    let mut met = HashSet::new();
    for post in seen {
        if !met.insert(id(post)) {
            flaws.push(Flaw::Doubled(post.to_string()));
            continue;
        }
        match known.get(id(post)) {
            Some(entry) if entry.deleted || !belongs(&entry.post) => {
                flaws.push(Flaw::Extra(post.to_string()));
            }
            Some(entry) if entry.post != *post => {
                let (expected, seen) = (entry.post.to_string(), post.to_string());
                flaws.push(Flaw::Stale { expected, seen });
            }
            Some(_) => {}
            None if marks.contains(mark(post)) => flaws.push(Flaw::Doubled(post.to_string())),
            None => flaws.push(Flaw::Extra(post.to_string())),
        }
    }
    let expected = acknowledged
        .iter()
        .filter(|entry| !entry.deleted && belongs(&entry.post));
    let missing = expected.filter(|entry| !met.contains(id(&entry.post)));
    flaws.extend(missing.map(|entry| Flaw::Lost(entry.post.to_string())));
    flaws.extend(misplaced(seen));
    flaws
}

/// Ids are UUIDv7: a newer post has the greater one.
pub(crate) fn misplaced(seen: &[Value]) -> Option<Flaw> {
    let wrong = seen.windows(2).find(|pair| id(&pair[0]) < id(&pair[1]))?;
    Some(Flaw::Misplaced(wrong[1].to_string()))
}

pub(crate) fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap_or_default()
}

fn mark(post: &Value) -> &str {
    post["tags"][0].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn post(id: &str, content: &str) -> Value {
        json!({ "id": id, "content": content, "tags": [format!("mark-{id}")] })
    }

    /// Two posts that are there, one that was deleted, and one that is not for this reader.
    fn acknowledged() -> Vec<Acknowledged> {
        let entry = |post, deleted| Acknowledged { post, deleted };
        vec![
            entry(post("1", "a"), false),
            entry(post("2", "b"), false),
            entry(post("3", "c"), true),
            entry(post("4", "private"), false),
        ]
    }

    fn judge(seen: &[Value]) -> Vec<Flaw> {
        flaws(&acknowledged(), |post| post["content"] != "private", seen)
    }

    #[test]
    fn a_list_as_it_must_be_has_no_flaw() {
        assert_eq!(judge(&[post("2", "b"), post("1", "a")]), []);
    }

    #[test]
    fn a_lost_post_is_reported() {
        assert_eq!(
            judge(&[post("2", "b")]),
            [Flaw::Lost(post("1", "a").to_string())]
        );
        assert_eq!(judge(&[]).len(), 2);
    }

    #[test]
    fn a_doubled_post_is_reported() {
        let again = Flaw::Doubled(post("1", "a").to_string());
        assert_eq!(
            judge(&[post("2", "b"), post("1", "a"), post("1", "a")]),
            [again]
        );
    }

    #[test]
    fn a_post_that_was_made_twice_from_one_request_is_reported_as_doubled() {
        let mut twin = post("1", "a");
        twin["id"] = json!("5");
        let doubled = Flaw::Doubled(twin.to_string());
        assert_eq!(judge(&[twin, post("2", "b"), post("1", "a")]), [doubled]);
    }

    #[test]
    fn a_stale_post_is_reported() {
        let (expected, seen) = (post("2", "b").to_string(), post("2", "before").to_string());
        let stale = Flaw::Stale { expected, seen };
        assert_eq!(judge(&[post("2", "before"), post("1", "a")]), [stale]);
    }

    #[test]
    fn an_extra_post_is_reported() {
        for extra in [
            post("3", "c"),
            post("4", "private"),
            post("9", "never acknowledged"),
        ] {
            let reported = Flaw::Extra(extra.to_string());
            assert_eq!(judge(&[extra, post("2", "b"), post("1", "a")]), [reported]);
        }
    }

    #[test]
    fn a_list_in_another_order_is_reported() {
        let misplaced = Flaw::Misplaced(post("2", "b").to_string());
        assert_eq!(judge(&[post("1", "a"), post("2", "b")]), [misplaced]);
    }
}
