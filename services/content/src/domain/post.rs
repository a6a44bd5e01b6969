//! A post and what may happen to it.

use std::str::FromStr;

use nova_ids::{PostId, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Draft, Edit};

/// A post, exactly as the REST API shows it and as an idempotent replay keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Post {
    /// A UUIDv7, so that posts sort by time.
    #[schema(value_type = uuid::Uuid)]
    pub id: PostId,
    /// Who wrote it.
    #[schema(value_type = uuid::Uuid)]
    pub author_id: UserId,
    /// 1 to 5000 characters.
    pub content: String,
    /// What it mainly is.
    #[serde(rename = "type")]
    pub kind: PostType,
    /// Who may see it besides its author.
    pub visibility: Visibility,
    /// At most 10, each 1 to 50 letters, digits, underscores and hyphens.
    pub tags: Vec<String>,
    /// 1 when created, one more with every edit.
    pub revision: i64,
    /// The millisecond inside `id`.
    #[serde(with = "nova_service::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last edited, to the millisecond.
    #[serde(with = "nova_service::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A post is changed by its author and nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only its author may change a post")]
pub struct NotTheAuthor;

impl Post {
    /// The draft, posted. Its time is the one in its id.
    #[must_use]
    pub fn create(id: PostId, author_id: UserId, draft: Draft) -> Self {
        let created_at = id.made_at();
        Self {
            id,
            author_id,
            content: draft.content,
            kind: draft.kind,
            visibility: draft.visibility,
            tags: draft.tags,
            revision: 1,
            created_at,
            updated_at: created_at,
        }
    }

    /// The post after the edit, or nothing when it is as it was.
    ///
    /// # Errors
    /// When it is not `editor` who wrote it.
    pub fn edit(
        &self,
        editor: UserId,
        edit: Edit,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, NotTheAuthor> {
        self.check_author(editor)?;
        let mut edited = self.clone();
        if let Some(content) = edit.content {
            edited.content = content;
        }
        if let Some(visibility) = edit.visibility {
            edited.visibility = visibility;
        }
        if let Some(tags) = edit.tags {
            edited.tags = tags;
        }
        if edited == *self {
            return Ok(None);
        }
        edited.revision += 1;
        // A clock that was set back must not make a later state look earlier.
        edited.updated_at = now.truncate_to_millisecond().max(self.updated_at);
        Ok(Some(edited))
    }

    /// Ends the post.
    ///
    /// # Errors
    /// When it is not `remover` who wrote it.
    pub fn delete(&self, remover: UserId, now: OffsetDateTime) -> Result<Deleted, NotTheAuthor> {
        self.check_author(remover)?;
        Ok(Deleted {
            id: self.id,
            author_id: self.author_id,
            revision: self.revision + 1,
            deleted_at: now.truncate_to_millisecond(),
        })
    }

    fn check_author(&self, user: UserId) -> Result<(), NotTheAuthor> {
        if user == self.author_id {
            Ok(())
        } else {
            Err(NotTheAuthor)
        }
    }
}

/// A post is gone for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The post that was.
    pub id: PostId,
    /// Who had written it.
    pub author_id: UserId,
    /// Greater than that of every state the post was in.
    pub revision: i64,
    /// When, to the millisecond.
    pub deleted_at: OffsetDateTime,
}

/// What a post mainly is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PostType {
    /// Words.
    #[default]
    Text,
    /// Pictures.
    Image,
    /// A film.
    Video,
    /// A short upright film.
    Reel,
}

impl PostType {
    /// Its name, the same in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Reel => "REEL",
        }
    }
}

impl FromStr for PostType {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Text, Self::Image, Self::Video, Self::Reel];
        all.into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownName)
    }
}

/// Who may see a post besides its author.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Anyone, also without an account.
    #[default]
    Public,
    /// Nobody.
    Private,
    /// Those who follow the author.
    FollowersOnly,
}

impl Visibility {
    /// Its name, the same in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Private => "PRIVATE",
            Self::FollowersOnly => "FOLLOWERS_ONLY",
        }
    }
}

impl FromStr for Visibility {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Public, Self::Private, Self::FollowersOnly];
        all.into_iter()
            .find(|visibility| visibility.as_str() == name)
            .ok_or(UnknownName)
    }
}

/// A text that names no type or no visibility of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name that is known")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn post() -> Post {
        let tags = vec!["rust".to_owned()];
        let draft = Draft::check("hello".to_owned(), PostType::Text, Visibility::Public, tags);
        Post::create(PostId::new(), UserId::new(), draft.unwrap())
    }

    fn content(text: &str) -> Edit {
        Edit::check(Some(text.to_owned()), None, None).unwrap()
    }

    #[test]
    fn a_new_post_has_the_time_of_its_id_and_revision_1() {
        let post = post();
        assert_eq!(post.created_at, post.id.made_at());
        assert_eq!(post.updated_at, post.created_at);
        assert_eq!(post.revision, 1);
    }

    #[test]
    fn an_edit_touches_what_it_names_and_counts_the_revision() {
        let before = post();
        let now = datetime!(2100-01-01 00:00:00.123456 UTC);
        let edit = Edit::check(None, Some(Visibility::Private), Some(Vec::new())).unwrap();
        let after = before.edit(before.author_id, edit, now);
        let expected = Post {
            visibility: Visibility::Private,
            tags: Vec::new(),
            revision: 2,
            updated_at: datetime!(2100-01-01 00:00:00.123 UTC),
            ..before
        };
        assert_eq!(after, Ok(Some(expected)));
    }

    #[test]
    fn an_edit_to_the_same_is_none() {
        let post = post();
        let now = datetime!(2100-01-01 00:00 UTC);
        assert_eq!(post.edit(post.author_id, Edit::default(), now), Ok(None));
        assert_eq!(post.edit(post.author_id, content("hello"), now), Ok(None));
    }

    #[test]
    fn a_clock_that_went_back_does_not_take_the_post_with_it() {
        let before = post();
        let after = before.edit(
            before.author_id,
            content("edited"),
            OffsetDateTime::UNIX_EPOCH,
        );
        assert_eq!(after.unwrap().unwrap().updated_at, before.updated_at);
    }

    #[test]
    fn only_the_author_may_edit_or_delete() {
        let post = post();
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(
            post.edit(UserId::new(), content("mine"), now),
            Err(NotTheAuthor)
        );
        assert_eq!(post.delete(UserId::new(), now), Err(NotTheAuthor));
    }

    #[test]
    fn a_delete_outranks_every_state_of_the_post() {
        let post = post();
        let now = OffsetDateTime::UNIX_EPOCH;
        let edited = post
            .edit(post.author_id, content("edited"), now)
            .unwrap()
            .unwrap();
        assert_eq!(edited.delete(post.author_id, now).unwrap().revision, 3);
    }

    #[test]
    fn names_are_the_same_in_json_and_in_the_database() {
        for kind in [
            PostType::Text,
            PostType::Image,
            PostType::Video,
            PostType::Reel,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for visibility in [
            Visibility::Public,
            Visibility::Private,
            Visibility::FollowersOnly,
        ] {
            assert_eq!(
                serde_json::to_value(visibility).unwrap(),
                visibility.as_str()
            );
            assert_eq!(visibility.as_str().parse(), Ok(visibility));
        }
    }
}
