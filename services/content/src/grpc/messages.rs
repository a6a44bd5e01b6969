//! Protobuf messages as our words, and our words as protobuf messages.

use std::str::FromStr;

use nova_ids::{MediaId, PostId, UserId};
use nova_proto::content::v1 as proto;
use nova_proto::timestamp;
use nova_resilience::{FieldError, Invalid};
use nova_service::http::PageQuery;

use crate::domain::{Draft, Edit, Post, PostType, Visibility};

pub(super) fn id<T: FromStr>(field: &str, text: &str) -> Result<T, Invalid> {
    text.parse()
        .map_err(|_| Invalid::from(FieldError::new(field, "invalid_id", "is not an id")))
}

/// Most posts that are asked for at once.
const MOST_POSTS: usize = 100;

pub(super) fn post_ids(texts: &[String]) -> Result<Vec<PostId>, Invalid> {
    if texts.len() > MOST_POSTS {
        let message = format!("may be at most {MOST_POSTS}");
        return Err(FieldError::new("ids", "too_many", message).into());
    }
    ids("ids", texts)
}

fn ids<T: FromStr>(field: &str, texts: &[String]) -> Result<Vec<T>, Invalid> {
    let texts = texts.iter().enumerate();
    texts
        .map(|(index, text)| id(&format!("{field}[{index}]"), text))
        .collect()
}

pub(super) fn draft(message: proto::CreatePostRequest) -> Result<Draft, Invalid> {
    let kind = match message.r#type {
        UNSPECIFIED => None,
        number => Some(post_type(number)?),
    };
    let visibility = match message.visibility {
        UNSPECIFIED => Visibility::default(),
        number => visibility(number)?,
    };
    let media_ids: Vec<MediaId> = ids("media_ids", &message.media_ids)?;
    Draft::check(
        Some(message.content),
        kind,
        visibility,
        message.tags,
        media_ids,
    )
}

pub(super) fn edit(message: proto::UpdatePostRequest) -> Result<(PostId, Edit), Invalid> {
    let visibility = message.visibility.map(visibility).transpose()?;
    let edit = Edit::check(
        message.content,
        visibility,
        message.tags.map(|tags| tags.tags),
        message
            .media_ids
            .map(|media| ids("media_ids", &media.ids))
            .transpose()?,
    )?;
    Ok((id("id", &message.id)?, edit))
}

pub(super) fn page_of_posts(
    message: &proto::ListUserPostsRequest,
) -> Result<(UserId, PageQuery), Invalid> {
    let author = id("user_id", &message.user_id)?;
    Ok((
        author,
        PageQuery::of_message(message.limit.into(), &message.cursor)?,
    ))
}

/// The zero of every enum: nothing was said.
const UNSPECIFIED: i32 = 0;

fn post_type(number: i32) -> Result<PostType, Invalid> {
    match proto::PostType::try_from(number) {
        Ok(proto::PostType::Text) => Ok(PostType::Text),
        Ok(proto::PostType::Image) => Ok(PostType::Image),
        Ok(proto::PostType::Video) => Ok(PostType::Video),
        Ok(proto::PostType::Reel) => Ok(PostType::Reel),
        Ok(proto::PostType::Unspecified) | Err(_) => Err(unknown("type")),
    }
}

fn visibility(number: i32) -> Result<Visibility, Invalid> {
    match proto::PostVisibility::try_from(number) {
        Ok(proto::PostVisibility::Public) => Ok(Visibility::Public),
        Ok(proto::PostVisibility::Private) => Ok(Visibility::Private),
        Ok(proto::PostVisibility::FollowersOnly) => Ok(Visibility::FollowersOnly),
        Ok(proto::PostVisibility::Unspecified) | Err(_) => Err(unknown("visibility")),
    }
}

fn unknown(field: &str) -> Invalid {
    FieldError::new(field, "invalid_value", "is none of the values there are").into()
}

impl From<Post> for proto::Post {
    fn from(post: Post) -> Self {
        Self {
            id: post.id.to_string(),
            author_id: post.author_id.to_string(),
            content: post.content,
            r#type: proto::PostType::from(post.kind).into(),
            visibility: proto::PostVisibility::from(post.visibility).into(),
            tags: post.tags,
            revision: post.revision,
            created_at: Some(timestamp(post.created_at)),
            updated_at: Some(timestamp(post.updated_at)),
            media: post.media.into_iter().map(Into::into).collect(),
        }
    }
}
