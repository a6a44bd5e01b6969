//! A post and what may happen to it.

use nova_attachments::{Attachment, MediaType, Medium};
use nova_ids::{MediaId, PostId, UserId};
use nova_resilience::Invalid;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::draft::MEDIA_MAX;
use super::{Draft, Edit, PostType, Visibility};

/// A post, exactly as the REST API shows it and as an idempotent replay keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Post {
    /// A UUIDv7, so that posts sort by time.
    #[schema(value_type = uuid::Uuid)]
    pub id: PostId,
    /// Who wrote it.
    #[schema(value_type = uuid::Uuid)]
    pub author_id: UserId,
    /// 1 to 5000 characters; may be empty if there are media.
    pub content: String,
    /// What it mainly is.
    #[serde(rename = "type")]
    pub kind: PostType,
    /// Who may see it besides its author.
    pub visibility: Visibility,
    /// At most 10, each 1 to 50 letters, digits, underscores and hyphens.
    pub tags: Vec<String>,
    /// At most 10, in the author's order. Those that are not there yet only the author sees.
    // What was answered before there were media has none.
    #[serde(default)]
    #[schema(required = true)]
    pub media: Vec<Attachment>,
    /// Whether the author chose the type; else the first medium does.
    #[serde(skip)]
    pub kind_given: bool,
    /// 1 when created, one more with every change.
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

/// Why a post is not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefused {
    /// It is somebody else's.
    #[error(transparent)]
    NotTheAuthor(#[from] NotTheAuthor),
    /// It would have neither text nor media.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl Post {
    /// The draft, posted, with what is known of its media. Its time is the one in its id.
    #[must_use]
    pub fn create(id: PostId, author_id: UserId, draft: Draft, media: Vec<Attachment>) -> Self {
        let created_at = id.made_at();
        let mut post = Self {
            id,
            author_id,
            content: draft.content,
            kind: draft.kind,
            visibility: draft.visibility,
            tags: draft.tags,
            media,
            kind_given: draft.kind_given,
            revision: 1,
            created_at,
            updated_at: created_at,
        };
        post.follow_media();
        post
    }

    /// The post after the edit, or nothing when it is as it was. `media` is what is known of those that the edit names, if
    /// it names any.
    ///
    /// # Errors
    /// When it is not `editor` who wrote it, and when nothing would be left of it.
    pub fn edit(
        &self,
        editor: UserId,
        edit: Edit,
        media: Option<Vec<Attachment>>,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, EditRefused> {
        self.check_author(editor)?;
        let mut edited = self.clone();
        if let Some(media) = media {
            edited.media = media;
            edited.follow_media();
        }
        let content = edit.content.as_ref().unwrap_or(&self.content);
        edit.check_whole(content, &edited.media)?;
        if let Some(content) = edit.content {
            edited.content = content;
        }
        if let Some(visibility) = edit.visibility {
            edited.visibility = visibility;
        }
        if let Some(tags) = edit.tags {
            edited.tags = tags;
        }
        Ok(self.changed(edited, now))
    }

    /// The post once this medium can be shown: where it is awaited, and if it named the post itself behind all others, while
    /// there is room. Nothing when that changes nothing.
    #[must_use]
    pub fn with_medium(
        &self,
        medium: &Medium,
        named_the_post: bool,
        now: OffsetDateTime,
    ) -> Option<Self> {
        let mut changed = self.clone();
        let ready = Attachment::Ready(Box::new(medium.clone()));
        let has_room = changed.media.len() < MEDIA_MAX;
        let place = changed.media.iter_mut().find(|one| one.id() == medium.id);
        match place {
            Some(place) => *place = ready,
            None if named_the_post && has_room => changed.media.push(ready),
            None => return None,
        }
        changed.follow_media();
        self.changed(changed, now)
    }

    /// The post without this medium, which is gone. Nothing when it was not there.
    #[must_use]
    pub fn without_medium(&self, id: MediaId, now: OffsetDateTime) -> Option<Self> {
        let mut changed = self.clone();
        changed.media.retain(|one| one.id() != id);
        changed.follow_media();
        self.changed(changed, now)
    }

    /// What the author did not choose the first medium does. It is the same whatever came first.
    fn follow_media(&mut self) {
        if self.kind_given {
            return;
        }
        let first = self.media.first().and_then(Attachment::ready);
        self.kind = match first.map(|medium| medium.kind) {
            Some(MediaType::Image) => PostType::Image,
            Some(MediaType::Video) => PostType::Video,
            Some(MediaType::Audio) | None => PostType::Text,
        };
    }

    /// The next revision, if it is another post now.
    fn changed(&self, mut changed: Self, now: OffsetDateTime) -> Option<Self> {
        if changed == *self {
            return None;
        }
        changed.revision += 1;
        // A clock that was set back must not make a later state look earlier.
        changed.updated_at = now.truncate_to_millisecond().max(self.updated_at);
        Some(changed)
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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn post() -> Post {
        let tags = vec!["rust".to_owned()];
        let draft = Draft::check(
            Some("hello".to_owned()),
            None,
            Visibility::Public,
            tags,
            Vec::new(),
        );
        Post::create(PostId::new(), UserId::new(), draft.unwrap(), Vec::new())
    }

    fn content(text: &str) -> Edit {
        Edit::check(Some(text.to_owned()), None, None, None).unwrap()
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
        let edit = Edit::check(None, Some(Visibility::Private), Some(Vec::new()), None).unwrap();
        let after = before.edit(before.author_id, edit, None, now);
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
        assert_eq!(
            post.edit(post.author_id, Edit::default(), None, now),
            Ok(None)
        );
        assert_eq!(
            post.edit(post.author_id, content("hello"), None, now),
            Ok(None)
        );
    }

    #[test]
    fn a_clock_that_went_back_does_not_take_the_post_with_it() {
        let before = post();
        let after = before.edit(
            before.author_id,
            content("edited"),
            None,
            OffsetDateTime::UNIX_EPOCH,
        );
        assert_eq!(after.unwrap().unwrap().updated_at, before.updated_at);
    }

    #[test]
    fn only_the_author_may_edit_or_delete() {
        let post = post();
        let now = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(
            post.edit(UserId::new(), content("mine"), None, now),
            Err(EditRefused::NotTheAuthor(NotTheAuthor))
        );
        assert_eq!(post.delete(UserId::new(), now), Err(NotTheAuthor));
    }

    #[test]
    fn a_delete_outranks_every_state_of_the_post() {
        let post = post();
        let now = OffsetDateTime::UNIX_EPOCH;
        let edited = post
            .edit(post.author_id, content("edited"), None, now)
            .unwrap()
            .unwrap();
        assert_eq!(edited.delete(post.author_id, now).unwrap().revision, 3);
    }

    fn medium(kind: MediaType) -> Medium {
        Medium {
            id: MediaId::new(),
            kind,
            mime_type: "image/png".to_owned(),
            size_bytes: 1,
            width: None,
            height: None,
            duration_seconds: None,
            blurhash: None,
            alt: None,
            url: "/c".to_owned(),
            thumbnails: nova_attachments::Thumbnails::default(),
        }
    }

    fn with_media(content: &str, kind: Option<PostType>, media: &[&Medium]) -> Post {
        let ids: Vec<MediaId> = media.iter().map(|medium| medium.id).collect();
        let awaited = ids.iter().map(|id| Attachment::awaited(*id)).collect();
        let draft = Draft::check(
            Some(content.to_owned()),
            kind,
            Visibility::Public,
            Vec::new(),
            ids,
        );
        Post::create(PostId::new(), UserId::new(), draft.unwrap(), awaited)
    }

    #[test]
    fn the_first_medium_gives_the_type_whatever_comes_first() {
        let now = OffsetDateTime::UNIX_EPOCH;
        for (kind, expected) in [
            (MediaType::Image, PostType::Image),
            (MediaType::Video, PostType::Video),
            (MediaType::Audio, PostType::Text),
        ] {
            let (first, second) = (medium(kind), medium(MediaType::Video));
            let post = with_media("", None, &[&first, &second]);
            assert_eq!(post.kind, PostType::Text);
            let one = post.with_medium(&first, false, now).unwrap();
            let one = one.with_medium(&second, false, now).unwrap();
            let other = post.with_medium(&second, false, now).unwrap();
            assert_eq!(other.kind, PostType::Text);
            let other = other.with_medium(&first, false, now).unwrap();
            assert_eq!(one, other);
            assert_eq!((one.kind, one.revision), (expected, 3));
            let given = with_media("", Some(PostType::Reel), &[&first]);
            let given = given.with_medium(&first, false, now).unwrap();
            assert_eq!(given.kind, PostType::Reel);
        }
    }

    #[test]
    fn a_medium_that_names_the_post_goes_behind_the_others_while_there_is_room() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let stranger = medium(MediaType::Image);
        let mut post = post();
        assert_eq!(post.with_medium(&stranger, false, now), None);
        for count in 1..=10 {
            post = post
                .with_medium(&medium(MediaType::Image), true, now)
                .unwrap();
            assert_eq!(post.media.len(), count);
        }
        assert_eq!(post.with_medium(&stranger, true, now), None);
        let known = post.media[3].clone();
        let again = post.with_medium(known.ready().unwrap(), true, now);
        assert_eq!(again, None);
        let without = post.without_medium(known.id(), now).unwrap();
        assert_eq!(without.media.len(), 9);
        assert_eq!(without.without_medium(known.id(), now), None);
    }

    #[test]
    fn a_post_has_text_or_media() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let picture = medium(MediaType::Image);
        let post = with_media("", None, &[&picture]);
        let author = post.author_id;
        let no_media = || Edit::check(None, None, None, Some(Vec::new())).unwrap();
        let refused = post.edit(author, no_media(), Some(Vec::new()), now);
        assert!(matches!(refused, Err(EditRefused::Invalid(_))));
        let told = post.edit(author, content("a picture"), None, now);
        let told = told.unwrap().unwrap();
        assert!(told.edit(author, no_media(), Some(Vec::new()), now).is_ok());
        assert!(told.edit(author, content(" "), None, now).is_ok());
        // What has nothing left, for its medium is gone, may still be hidden.
        let bare = post.without_medium(picture.id, now).unwrap();
        let hide = Edit::check(None, Some(Visibility::Private), None, None).unwrap();
        assert!(bare.edit(author, hide, None, now).is_ok());
        assert!(bare.edit(author, content(" "), None, now).is_err());
    }
}
