//! What this service publishes. The one place where a post becomes an event.

use nova_proto::content::v1::{
    self as proto, ContentExported, PostCreated, PostDeleted, PostUpdated,
};
use nova_proto::timestamp;

use crate::domain::{Deleted, Post, PostType, Visibility};
use crate::store::exports::Export;

/// A post came to be.
#[must_use]
pub fn post_created(post: &Post) -> PostCreated {
    PostCreated {
        post_id: post.id.to_string(),
        user_id: post.author_id.to_string(),
        content: post.content.clone(),
        r#type: proto::PostType::from(post.kind).into(),
        visibility: proto::PostVisibility::from(post.visibility).into(),
        tags: post.tags.clone(),
        created_at: Some(timestamp(post.created_at)),
        revision: post.revision,
        media: post.media.iter().cloned().map(Into::into).collect(),
    }
}

/// A post was edited: the whole of it, as it is now.
#[must_use]
pub fn post_updated(post: &Post) -> PostUpdated {
    PostUpdated {
        post_id: post.id.to_string(),
        user_id: post.author_id.to_string(),
        content: Some(post.content.clone()),
        tags: post.tags.clone(),
        updated_at: Some(timestamp(post.updated_at)),
        r#type: proto::PostType::from(post.kind).into(),
        visibility: proto::PostVisibility::from(post.visibility).into(),
        created_at: Some(timestamp(post.created_at)),
        revision: post.revision,
        media: post.media.iter().cloned().map(Into::into).collect(),
    }
}

/// A post is gone for good.
#[must_use]
pub fn post_deleted(deleted: &Deleted) -> PostDeleted {
    PostDeleted {
        post_id: deleted.id.to_string(),
        user_id: deleted.author_id.to_string(),
        deleted_at: Some(timestamp(deleted.deleted_at)),
        revision: deleted.revision,
    }
}

/// The next part of what is kept of a user.
#[must_use]
pub fn content_exported(export: &Export, content: Vec<u8>, last: bool) -> ContentExported {
    ContentExported {
        user_id: export.user_id.to_string(),
        export_id: export.id.to_string(),
        number: export.parts + 1,
        last,
        content,
    }
}

impl From<PostType> for proto::PostType {
    fn from(kind: PostType) -> Self {
        match kind {
            PostType::Text => Self::Text,
            PostType::Image => Self::Image,
            PostType::Video => Self::Video,
            PostType::Reel => Self::Reel,
        }
    }
}

impl From<Visibility> for proto::PostVisibility {
    fn from(visibility: Visibility) -> Self {
        match visibility {
            Visibility::Public => Self::Public,
            Visibility::Private => Self::Private,
            Visibility::FollowersOnly => Self::FollowersOnly,
        }
    }
}
