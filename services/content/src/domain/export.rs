//! What a user is given of what is kept of them.

use nova_ids::{ExportId, UserId};
use serde_json::Error;

use super::Post;

/// Most bytes of a part. An event with one fits every topic, whatever its headers are.
const LARGEST_PART: usize = 512 * 1_024;

/// That a user wants what is kept of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRequest {
    /// Who.
    pub user_id: UserId,
    /// Which of those that they have asked for; a later one is greater.
    pub export_id: ExportId,
}

/// As many of these posts, from the first, as a part has room for: a JSON array and how many they are. One is always
/// among them: the largest post that there can be is a fifth of a part.
///
/// # Errors
/// When a post is no JSON, which cannot be.
pub fn pack(posts: &[Post]) -> Result<(Vec<u8>, usize), Error> {
    let mut part = vec![b'['];
    for (count, post) in posts.iter().enumerate() {
        let json = serde_json::to_vec(post)?;
        if count > 0 {
            if part.len() + json.len() + ",\n]".len() > LARGEST_PART {
                part.push(b']');
                return Ok((part, count));
            }
            part.extend(b",\n");
        }
        part.extend(json);
    }
    part.push(b']');
    Ok((part, posts.len()))
}

#[cfg(test)]
mod tests {
    use nova_ids::PostId;

    use super::*;
    use crate::domain::{Draft, Visibility};

    fn posts(count: usize, content: &str) -> Vec<Post> {
        let author = UserId::new();
        let post = || {
            let draft = Draft::check(
                Some(content.to_owned()),
                None,
                Visibility::Private,
                vec!["tag".to_owned()],
                Vec::new(),
            );
            Post::create(PostId::new(), author, draft.unwrap(), Vec::new())
        };
        (0..count).map(|_| post()).collect()
    }

    #[test]
    fn a_part_is_an_array_of_posts_in_their_order() {
        for count in [0, 1, 2, 100] {
            let posts = posts(count, "hello");
            let (part, taken) = pack(&posts).unwrap();
            assert_eq!(taken, count);
            assert_eq!(serde_json::from_slice::<Vec<Post>>(&part).unwrap(), posts);
        }
    }

    #[test]
    fn a_part_ends_before_it_is_too_large() {
        // As large as can be: tabs are two bytes in JSON, this is four.
        let posts = posts(200, &"\u{1F600}".repeat(5_000));
        let (part, taken) = pack(&posts).unwrap();
        assert!((1..200).contains(&taken), "{taken}");
        assert!(part.len() <= LARGEST_PART && part.len() > LARGEST_PART / 2);
        let read: Vec<Post> = serde_json::from_slice(&part).unwrap();
        assert_eq!(read, posts[..taken]);
    }
}
