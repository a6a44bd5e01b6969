//! Whom an event reaches, by the table that stands beside the catalogue.

use nova_ids::{ConversationId, PostId, UserId};
use nova_proto::routing::{CUT_EVERYWHERE, Cut, PUBLIC, Reach, Route};
use serde_json::{Map, Value};

use super::Channel;

/// A message as JSON.
pub type Data = Map<String, Value>;

/// Whom an event reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routed {
    /// Those who are told it whole, each once.
    pub channels: Vec<Channel>,
    /// Beside them each `me` of these.
    pub members: Option<Members>,
    /// Of whom it shows something. Whoever is in a block with one of them is not told, on `me` or on any other channel.
    pub shows: Vec<UserId>,
    /// What it says of a post, which [`PostChange::judge`] makes a decision of.
    pub post: Option<PostChange>,
}

impl Routed {
    /// Whether it reaches nobody, whatever else is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.members.is_none() && self.post.is_none()
    }
}

/// Who is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members {
    /// Which.
    pub conversation_id: ConversationId,
    /// Only those who came with this position or a lesser one; none for all who are there.
    pub position: Option<i64>,
}

/// What an event says of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostChange {
    /// Which.
    pub post_id: PostId,
    /// The greater of two is the later.
    pub revision: i64,
    /// Who follows the author, the post or a tag of it, if it is public; empty if it is not.
    pub public: Vec<Channel>,
}

/// What has been told of a post: a row for each, kept as long as there can be events about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostState {
    /// The greatest revision that was seen.
    pub revision: i64,
    /// Whether the post is public with that revision.
    pub is_public: bool,
    /// The revision with which it was last told that the post is public no more.
    pub departed: Option<i64>,
}

/// What those are told who are not the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// All of it, on each of [`PostChange::public`].
    Whole,
    /// On the post's channel alone, that it is no longer public ([`super::Envelope::departed`]).
    Departed,
    /// Nothing: it was not public, or it no longer is.
    Nothing,
}

impl PostChange {
    /// What is told, and what is to be noted, before anything is published. Events about a post come in any order, and more
    /// than once: the same event is judged the same again, also after later ones, but that what is no longer public is told to
    /// nobody. Of a post of which nothing was told no departure is told.
    #[must_use]
    pub fn judge(&self, known: Option<PostState>) -> (Told, PostState) {
        let is_public = !self.public.is_empty();
        let before = known.unwrap_or(PostState {
            revision: i64::MIN,
            is_public: false,
            departed: None,
        });
        if self.revision <= before.revision {
            let told = if is_public && before.is_public {
                Told::Whole
            } else if !is_public && before.departed == Some(self.revision) {
                Told::Departed
            } else {
                Told::Nothing
            };
            return (told, before);
        }
        let (told, departed) = match (is_public, before.is_public) {
            (true, _) => (Told::Whole, before.departed),
            (false, true) => (Told::Departed, Some(self.revision)),
            (false, false) => (Told::Nothing, before.departed),
        };
        let after = PostState {
            revision: self.revision,
            is_public,
            departed,
        };
        (told, after)
    }
}

/// Every text at the end of a path, through lists, without empty ones.
fn texts<'a>(data: &'a Data, path: &str) -> Vec<&'a str> {
    let mut found: Vec<&Value> = Vec::new();
    for (depth, name) in path.split('.').enumerate() {
        found = if depth == 0 {
            data.get(name).into_iter().collect()
        } else {
            let below = found.into_iter().filter_map(|value| value.get(name));
            below.collect()
        };
        found = found.into_iter().flat_map(elements).collect();
    }
    let texts = found.into_iter().filter_map(Value::as_str);
    texts.filter(|text| !text.is_empty()).collect()
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        other => vec![other],
    }
}

/// The user of a message, by the table.
#[must_use]
pub fn user<'a>(route: &Route, data: &'a Data) -> Option<&'a str> {
    texts(data, route.user).first().copied()
}

/// Users whom fields name, each once. What is no id names nobody.
fn users(data: &Data, paths: &[&str]) -> Vec<UserId> {
    let mut users: Vec<UserId> = Vec::new();
    for text in paths.iter().flat_map(|path| texts(data, path)) {
        if let Ok(user) = text.parse()
            && !users.contains(&user)
        {
            users.push(user);
        }
    }
    users
}

/// Whom a message reaches.
#[must_use]
pub fn route(route: &Route, data: &Data) -> Routed {
    let mine = |paths: &[&str]| users(data, paths).into_iter().map(Channel::Me).collect();
    let shows = users(data, route.shows);
    match route.reach {
        Reach::Users(paths) => Routed {
            channels: mine(paths),
            shows,
            ..Routed::default()
        },
        Reach::Members(paths) => Routed {
            channels: mine(paths),
            members: members(data),
            shows,
            ..Routed::default()
        },
        Reach::Post | Reach::PostGone => Routed {
            channels: mine(&[route.user]),
            shows,
            post: post(route, data),
            ..Routed::default()
        },
        Reach::Node(field) => Routed {
            channels: node(data, field).into_iter().collect(),
            ..Routed::default()
        },
    }
}

fn node(data: &Data, field: &str) -> Option<Channel> {
    let node = texts(data, field).first()?.parse().ok()?;
    Some(Channel::Node(node))
}

fn members(data: &Data) -> Option<Members> {
    let id = texts(data, "conversation_id").first()?.parse().ok()?;
    Some(Members {
        conversation_id: id,
        position: data.get("position").and_then(Value::as_i64),
    })
}

fn post(route: &Route, data: &Data) -> Option<PostChange> {
    let post_id: PostId = texts(data, "post_id").first()?.parse().ok()?;
    let is_public = route.reach == Reach::Post && texts(data, "visibility") == [PUBLIC];
    let public = if is_public {
        let authors = users(data, &[route.user]).into_iter().map(Channel::User);
        let tags = texts(data, "tags").into_iter().filter_map(Channel::tag);
        let mut all: Vec<Channel> = authors.chain([Channel::Post(post_id)]).collect();
        for tag in tags {
            if !all.contains(&tag) {
                all.push(tag);
            }
        }
        all
    } else {
        Vec::new()
    };
    Some(PostChange {
        post_id,
        revision: data.get("revision").and_then(Value::as_i64).unwrap_or(0),
        public,
    })
}

/// Takes away what nobody is shown.
pub fn cut(route: &Route, data: &mut Data) {
    for cut in route.cut {
        match cut {
            Cut::Field(path) => remove(data, path),
            Cut::Pending(path) => remove_pending(data, path),
        }
    }
    cut_everywhere(data);
}

fn remove(data: &mut Data, path: &str) {
    let Some((name, rest)) = path.split_once('.') else {
        data.remove(path);
        return;
    };
    for below in objects(data.get_mut(name)) {
        remove(below, rest);
    }
}

fn objects(value: Option<&mut Value>) -> Vec<&mut Data> {
    match value {
        Some(Value::Object(one)) => vec![one],
        Some(Value::Array(list)) => list.iter_mut().filter_map(Value::as_object_mut).collect(),
        _ => Vec::new(),
    }
}

fn remove_pending(data: &mut Data, path: &str) {
    if let Some((name, rest)) = path.split_once('.') {
        for below in objects(data.get_mut(name)) {
            remove_pending(below, rest);
        }
        return;
    }
    if let Some(Value::Array(list)) = data.get_mut(path) {
        list.retain(|element| element.get("pending") != Some(&Value::Bool(true)));
    }
}

fn cut_everywhere(data: &mut Data) {
    data.retain(|name, _| !CUT_EVERYWHERE.contains(&name.as_str()));
    for value in data.values_mut() {
        for below in objects(Some(value)) {
            cut_everywhere(below);
        }
    }
}

#[cfg(test)]
mod tests;
