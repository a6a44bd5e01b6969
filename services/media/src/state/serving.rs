//! Files on their way out.

use std::ops::Range;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use nova_ids::{MediaId, UserId};
use time::OffsetDateTime;

use super::State;
use super::readings::piece_name;
use crate::clients::Stream;
use crate::domain::{Blob, MediaState, Medium, Purpose};
use crate::error::Error;
use crate::store;

/// What is wanted of a medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The file.
    Content,
    /// A small picture of it, by its name.
    Thumbnail(&'a str),
    /// A small picture of somebody, by its name.
    Avatar(&'a str),
}

/// Something that can be served.
#[derive(Debug, Clone)]
pub struct Served {
    blob: Blob,
    /// `None` is the file itself.
    thumbnail: Option<String>,
    /// Its bytes.
    pub length: u64,
    /// Its media type.
    pub mime_type: String,
    /// Another for all other bytes.
    pub tag: String,
}

impl State {
    /// Who may open this, and it.
    ///
    /// # Errors
    /// When there is no such thing, or the one asking may not open it: with neither a token of its owner nor a link. When it cannot be
    /// shown yet, and when the database fails.
    pub async fn find_served(
        &self,
        viewer: Option<UserId>,
        id: MediaId,
        wanted: Wanted<'_>,
        (path, query): (&str, Option<&str>),
    ) -> Result<Served, Error> {
        let medium = self.known_medium(id).await?;
        let is_open = matches!(wanted, Wanted::Avatar(_))
            || viewer == Some(medium.owner_id)
            || query.is_some_and(|query| {
                self.links
                    .check(path, query, OffsetDateTime::now_utc())
                    .is_ok()
            });
        if !is_open || is_avatar(&medium) != matches!(wanted, Wanted::Avatar(_)) {
            return Err(Error::NoSuchMedium);
        }
        match (medium.state, medium.blob.clone(), wanted) {
            // Of an avatar that nobody wears yet nothing is told.
            (MediaState::Processing, _, Wanted::Content | Wanted::Thumbnail(_)) => {
                Err(Error::Processing)
            }
            (MediaState::Ready, Some(blob), Wanted::Content) => Ok(Served {
                length: blob.size_bytes,
                mime_type: blob.mime_type.clone(),
                tag: blob.id.simple().to_string(),
                thumbnail: None,
                blob,
            }),
            (MediaState::Ready, Some(blob), Wanted::Thumbnail(name) | Wanted::Avatar(name)) => {
                small(blob, name).ok_or(Error::NoSuchMedium)
            }
            _ => Err(Error::NoSuchMedium),
        }
    }

    /// Looks up again what was looked up a moment ago.
    pub fn look_again(&self) {
        self.known.forget();
    }

    async fn known_medium(&self, id: MediaId) -> Result<Arc<Medium>, Error> {
        if let Some(medium) = self.known.get(id) {
            return Ok(medium);
        }
        let commits = self.known.now();
        let found = store::media::find(&self.database.pool, id).await?;
        let medium = Arc::new(found.ok_or(Error::NoSuchMedium)?);
        self.known.keep(&medium, commits);
        Ok(medium)
    }

    /// These bytes of it. The first are there when this returns.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_served(&self, served: &Served, range: Range<u64>) -> Result<Stream, Error> {
        let (folder, files) = (served.blob.id, self.files.clone());
        if let Some(name) = &served.thumbnail {
            let length = range.end - range.start;
            return Ok(files.read(folder, name, range.start, length).await?);
        }
        let mut parts = parts(served.blob.piece_bytes, range).into_iter();
        let Some((number, start, length)) = parts.next() else {
            return Ok(futures::stream::empty().boxed());
        };
        let first = files
            .read(folder, &piece_name(number), start, length)
            .await?;
        let rest = futures::stream::iter(parts)
            .then(move |(number, start, length)| {
                let files = files.clone();
                async move { files.read(folder, &piece_name(number), start, length).await }
            })
            .try_flatten();
        Ok(first.chain(rest).boxed())
    }
}

fn is_avatar(medium: &Medium) -> bool {
    medium.purpose == Purpose::Avatar
}

fn small(blob: Blob, name: &str) -> Option<Served> {
    let thumbnail = blob.thumbnails.iter().find(|one| one.name == name)?;
    Some(Served {
        length: thumbnail.bytes,
        mime_type: "image/webp".to_owned(),
        tag: format!("{}-{name}", blob.id.simple()),
        thumbnail: Some(name.to_owned()),
        blob,
    })
}

/// Which objects have these bytes, and where in them.
fn parts(piece: u64, range: Range<u64>) -> Vec<(u64, u64, u64)> {
    let piece = piece.max(1);
    let mut parts = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let number = at / piece;
        let end = ((number + 1) * piece).min(range.end);
        parts.push((number, at % piece, end - at));
        at = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_over_the_edges_of_pieces() {
        assert_eq!(parts(10, 0..0), []);
        assert_eq!(parts(10, 0..10), [(0, 0, 10)]);
        assert_eq!(parts(10, 9..11), [(0, 9, 1), (1, 0, 1)]);
        assert_eq!(
            parts(10, 5..35),
            [(0, 5, 5), (1, 0, 10), (2, 0, 10), (3, 0, 5)]
        );
    }
}
