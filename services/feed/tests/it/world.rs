//! A small world of users, follows and posts: every state it goes through as events, and the home
//! feeds that must come out in the end.

use std::collections::BTreeMap;

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostType, PostUpdated, PostVisibility};
use nova_proto::identity::v1::{
    UserBlocked, UserDeactivated, UserDeleted, UserFollowed, UserMuted, UserProfileUpdated,
    UserReactivated, UserRegistered, UserUnblocked, UserUnfollowed, UserUnmuted,
};
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
    Muted(UserMuted),
    Unmuted(UserUnmuted),
    Blocked(UserBlocked),
    Unblocked(UserUnblocked),
    Deactivated(UserDeactivated),
    Reactivated(UserReactivated),
    Erased(UserDeleted),
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
            Self::Muted(event) => stack.publish(event).await,
            Self::Unmuted(event) => stack.publish(event).await,
            Self::Blocked(event) => stack.publish(event).await,
            Self::Unblocked(event) => stack.publish(event).await,
            Self::Deactivated(event) => stack.publish(event).await,
            Self::Reactivated(event) => stack.publish(event).await,
            Self::Erased(event) => stack.publish(event).await,
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

/// Whether a user is there. Not yet, for most.
#[derive(Clone, Copy, Default)]
struct Account {
    gone: bool,
    erased: bool,
    revision: i64,
}

/// How things stand.
pub(crate) struct World {
    rng: StdRng,
    pub(crate) users: Vec<UserId>,
    names: BTreeMap<UserId, (String, i64)>,
    follows: Pairs,
    mutes: Pairs,
    blocks: Pairs,
    accounts: BTreeMap<UserId, Account>,
    posts: BTreeMap<PostId, Post>,
}

/// Whether something is between two users, and since which revision.
type Pairs = BTreeMap<(UserId, UserId), (bool, i64)>;

fn is(pairs: &Pairs, one: UserId, other: UserId) -> bool {
    pairs.get(&(one, other)).is_some_and(|(active, _)| *active)
}

/// Turns it into the other; how it is now, and its revision.
fn toggle(pairs: &mut Pairs, one: UserId, other: UserId) -> (bool, i64) {
    let (active, revision) = pairs.entry((one, other)).or_default();
    *active = !*active;
    *revision += 1;
    (*active, *revision)
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
            mutes: BTreeMap::new(),
            blocks: BTreeMap::new(),
            accounts: BTreeMap::new(),
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
            match self.rng.random_range(0..15) {
                0 => events.extend(self.rename()),
                1..=4 => events.extend(self.follow_or_unfollow()),
                5..=7 => events.extend(self.create()),
                8 | 9 => events.extend(self.update()),
                10 => events.extend(self.delete()),
                11 => events.extend(self.mute_or_unmute()),
                12 => events.extend(self.go_or_come_back()),
                13 => events.extend(self.erase()),
                _ => events.extend(self.block_or_unblock()),
            }
        }
        events
    }

    pub(crate) fn shuffle(&mut self, events: &mut [Happened]) {
        events.shuffle(&mut self.rng);
    }

    /// The user's home feed as it must be in the end, newest first.
    pub(crate) fn home(&self, user: UserId) -> Vec<Entry> {
        if self.is_erased(user) {
            return Vec::new();
        }
        let follows = |author| is(&self.follows, user, author) && !is(&self.mutes, user, author);
        let visible = |post: &Post| {
            if self.is_gone(post.author) {
                return false;
            }
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

    fn pair(&mut self) -> Option<(UserId, UserId)> {
        let pair: Vec<UserId> = self.users.sample(&mut self.rng, 2).copied().collect();
        Some((*pair.first()?, *pair.last()?))
    }

    fn follow_or_unfollow(&mut self) -> Option<Happened> {
        let (follower, followee) = self.pair()?;
        let blocked = is(&self.blocks, follower, followee) || is(&self.blocks, followee, follower);
        if blocked {
            return None;
        }
        Some(match toggle(&mut self.follows, follower, followee) {
            (true, revision) => Happened::Followed(followed(follower, followee, revision)),
            (false, revision) => Happened::Unfollowed(unfollowed(follower, followee, revision)),
        })
    }

    fn mute_or_unmute(&mut self) -> Option<Happened> {
        let (user, muted) = self.pair()?;
        Some(match toggle(&mut self.mutes, user, muted) {
            (true, revision) => Happened::Muted(UserMuted {
                user_id: user.to_string(),
                muted_user_id: muted.to_string(),
                muted_at: None,
                revision,
            }),
            (false, revision) => Happened::Unmuted(UserUnmuted {
                user_id: user.to_string(),
                muted_user_id: muted.to_string(),
                unmuted_at: None,
                revision,
            }),
        })
    }

    fn is_gone(&self, user: UserId) -> bool {
        self.accounts.get(&user).is_some_and(|account| account.gone)
    }

    /// Whether the user is gone for good.
    pub(crate) fn is_erased(&self, user: UserId) -> bool {
        let account = self.accounts.get(&user);
        account.is_some_and(|account| account.erased)
    }

    fn go_or_come_back(&mut self) -> Option<Happened> {
        let user = *self.users.choose(&mut self.rng)?;
        if self.is_erased(user) {
            return None;
        }
        let account = self.accounts.entry(user).or_default();
        account.gone = !account.gone;
        account.revision += 1;
        Some(if account.gone {
            Happened::Deactivated(UserDeactivated {
                user_id: user.to_string(),
                deactivated_at: None,
                kept_until: None,
                revision: account.revision,
            })
        } else {
            Happened::Reactivated(UserReactivated {
                user_id: user.to_string(),
                reactivated_at: None,
                revision: account.revision,
            })
        })
    }

    /// At most one user is erased, or little would be left to look at.
    fn erase(&mut self) -> Option<Happened> {
        if self.accounts.values().any(|account| account.erased) {
            return None;
        }
        let user = *self.users.choose(&mut self.rng)?;
        if !self.is_gone(user) {
            return None;
        }
        let account = self.accounts.entry(user).or_default();
        account.erased = true;
        account.revision += 1;
        Some(Happened::Erased(UserDeleted {
            user_id: user.to_string(),
            deleted_at: None,
            revision: account.revision,
        }))
    }

    /// A block ends follows, either way, for good.
    fn block_or_unblock(&mut self) -> Vec<Happened> {
        let Some((user, other)) = self.pair() else {
            return Vec::new();
        };
        let (blocks, revision) = toggle(&mut self.blocks, user, other);
        if !blocks {
            return vec![Happened::Unblocked(unblocked(user, other, revision))];
        }
        let mut events = vec![Happened::Blocked(blocked(user, other, revision))];
        for (follower, followee) in [(user, other), (other, user)] {
            if is(&self.follows, follower, followee) {
                let (_, revision) = toggle(&mut self.follows, follower, followee);
                events.push(Happened::Unfollowed(unfollowed(
                    follower, followee, revision,
                )));
            }
        }
        events
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
            media: Vec::new(),
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

pub(crate) fn blocked(user: UserId, other: UserId, revision: i64) -> UserBlocked {
    UserBlocked {
        user_id: user.to_string(),
        blocked_user_id: other.to_string(),
        blocked_at: None,
        revision,
    }
}

pub(crate) fn unblocked(user: UserId, other: UserId, revision: i64) -> UserUnblocked {
    UserUnblocked {
        user_id: user.to_string(),
        blocked_user_id: other.to_string(),
        unblocked_at: None,
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
        media: Vec::new(),
    }
}
