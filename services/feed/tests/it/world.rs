//! A small world of users, follows and posts: every state it goes through as events, and the home
//! feeds that must come out in the end.

use std::collections::BTreeMap;

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostType, PostUpdated, PostVisibility};
use nova_proto::identity::v1::{UserFollowed, UserProfileUpdated, UserRegistered, UserUnfollowed};
use nova_proto::timestamp;
use nova_testkit::Stack;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use time::OffsetDateTime;

const VISIBILITIES: [PostVisibility; 3] = [
    PostVisibility::Public,
    PostVisibility::Private,
    PostVisibility::FollowersOnly,
];

/// Any event of the world.
pub(crate) enum Happened {
    Registered(UserRegistered),
    Renamed(UserProfileUpdated),
    Followed(UserFollowed),
    Unfollowed(UserUnfollowed),
    Created(PostCreated),
    Updated(PostUpdated),
    Deleted(PostDeleted),
}

impl Happened {
    pub(crate) async fn publish(&self, stack: &Stack) {
        match self {
            Self::Registered(event) => stack.publish(event).await,
            Self::Renamed(event) => stack.publish(event).await,
            Self::Followed(event) => stack.publish(event).await,
            Self::Unfollowed(event) => stack.publish(event).await,
            Self::Created(event) => stack.publish(event).await,
            Self::Updated(event) => stack.publish(event).await,
            Self::Deleted(event) => stack.publish(event).await,
        };
    }
}

#[derive(Clone)]
struct Post {
    author: UserId,
    content: String,
    visibility: PostVisibility,
    revision: i64,
    deleted: bool,
}

/// How things stand.
pub(crate) struct World {
    rng: StdRng,
    pub(crate) users: Vec<UserId>,
    names: BTreeMap<UserId, (String, i64)>,
    follows: BTreeMap<(UserId, UserId), (bool, i64)>,
    posts: BTreeMap<PostId, Post>,
}

/// An entry of a feed: post, its content, its author's name.
pub(crate) type Entry = (PostId, String, String);

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            users: (0..4).map(|_| UserId::new()).collect(),
            names: BTreeMap::new(),
            follows: BTreeMap::new(),
            posts: BTreeMap::new(),
        }
    }

    /// Everyone registers, and then so many things happen. In the order in which they happened.
    pub(crate) fn live(&mut self, steps: usize) -> Vec<Happened> {
        let mut events: Vec<Happened> = self
            .users
            .clone()
            .into_iter()
            .map(|user| self.register(user))
            .collect();
        for _ in 0..steps {
            let step = match self.rng.random_range(0..10) {
                0 => self.rename(),
                1..=3 => self.follow_or_unfollow(),
                4..=6 => self.create(),
                7 | 8 => self.update(),
                _ => self.delete(),
            };
            events.extend(step);
        }
        events
    }

    pub(crate) fn shuffle(&mut self, events: &mut [Happened]) {
        events.shuffle(&mut self.rng);
    }

    /// The user's home feed as it must be in the end, newest first.
    pub(crate) fn home(&self, user: UserId) -> Vec<Entry> {
        let follows = |author| {
            self.follows
                .get(&(user, author))
                .is_some_and(|(active, _)| *active)
        };
        let visible = |post: &Post| {
            post.author == user
                || post.visibility != PostVisibility::Private && follows(post.author)
        };
        let seen = self
            .posts
            .iter()
            .rev()
            .filter(|(_, post)| !post.deleted && visible(post));
        seen.map(|(id, post)| {
            (
                *id,
                post.content.clone(),
                self.names[&post.author].0.clone(),
            )
        })
        .collect()
    }

    fn register(&mut self, user: UserId) -> Happened {
        let name = format!("user_{}", self.names.len());
        self.names.insert(user, (name.clone(), 1));
        Happened::Registered(registered(user, &name))
    }

    fn rename(&mut self) -> Option<Happened> {
        let user = *self.users.choose(&mut self.rng)?;
        let (name, revision) = self.names.get_mut(&user)?;
        *revision += 1;
        *name = format!("{name}x");
        Some(Happened::Renamed(UserProfileUpdated {
            user_id: user.to_string(),
            username: Some(name.clone()),
            display_name: Some(name.clone()),
            revision: *revision,
            ..Default::default()
        }))
    }

    fn follow_or_unfollow(&mut self) -> Option<Happened> {
        let pair: Vec<UserId> = self.users.sample(&mut self.rng, 2).copied().collect();
        let (follower, followee) = (*pair.first()?, *pair.last()?);
        let (active, revision) = self.follows.entry((follower, followee)).or_default();
        *active = !*active;
        *revision += 1;
        let revision = *revision;
        Some(if *active {
            Happened::Followed(followed(follower, followee, revision))
        } else {
            Happened::Unfollowed(unfollowed(follower, followee, revision))
        })
    }

    fn create(&mut self) -> Option<Happened> {
        let post = Post {
            author: *self.users.choose(&mut self.rng)?,
            content: "first".to_owned(),
            visibility: *VISIBILITIES.choose(&mut self.rng)?,
            revision: 1,
            deleted: false,
        };
        let id = PostId::new();
        self.posts.insert(id, post.clone());
        let event = created(id, post.author, &post.content, post.visibility);
        Some(Happened::Created(event))
    }

    fn living_post(&mut self) -> Option<(PostId, &mut Post)> {
        let living: Vec<PostId> = self
            .posts
            .iter()
            .filter(|(_, post)| !post.deleted)
            .map(|(id, _)| *id)
            .collect();
        let id = *living.choose(&mut self.rng)?;
        Some((id, self.posts.get_mut(&id)?))
    }

    fn update(&mut self) -> Option<Happened> {
        let visibility = *VISIBILITIES.choose(&mut self.rng)?;
        let (id, post) = self.living_post()?;
        post.revision += 1;
        post.content = format!("edit {}", post.revision);
        post.visibility = visibility;
        Some(Happened::Updated(PostUpdated {
            post_id: id.to_string(),
            user_id: post.author.to_string(),
            content: Some(post.content.clone()),
            tags: Vec::new(),
            updated_at: Some(timestamp(OffsetDateTime::UNIX_EPOCH)),
            r#type: PostType::Text.into(),
            visibility: post.visibility.into(),
            created_at: Some(timestamp(OffsetDateTime::UNIX_EPOCH)),
            revision: post.revision,
        }))
    }

    fn delete(&mut self) -> Option<Happened> {
        let (id, post) = self.living_post()?;
        post.deleted = true;
        Some(Happened::Deleted(PostDeleted {
            post_id: id.to_string(),
            user_id: post.author.to_string(),
            deleted_at: None,
            revision: post.revision + 1,
        }))
    }
}

pub(crate) fn registered(user: UserId, username: &str) -> UserRegistered {
    UserRegistered {
        user_id: user.to_string(),
        username: username.to_owned(),
        display_name: username.to_owned(),
        revision: 1,
        ..Default::default()
    }
}

pub(crate) fn followed(follower: UserId, followee: UserId, revision: i64) -> UserFollowed {
    UserFollowed {
        user_id: follower.to_string(),
        followed_user_id: followee.to_string(),
        followed_at: None,
        revision,
    }
}

pub(crate) fn unfollowed(follower: UserId, followee: UserId, revision: i64) -> UserUnfollowed {
    UserUnfollowed {
        user_id: follower.to_string(),
        followed_user_id: followee.to_string(),
        unfollowed_at: None,
        revision,
    }
}

/// A post without tags, in its first revision.
pub(crate) fn created(
    id: PostId,
    author: UserId,
    content: &str,
    visibility: PostVisibility,
) -> PostCreated {
    PostCreated {
        post_id: id.to_string(),
        user_id: author.to_string(),
        content: content.to_owned(),
        r#type: PostType::Text.into(),
        visibility: visibility.into(),
        tags: Vec::new(),
        created_at: Some(timestamp(OffsetDateTime::UNIX_EPOCH)),
        revision: 1,
    }
}
