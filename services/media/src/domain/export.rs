//! What a user is given of what is kept of them.

use nova_ids::{ExportId, UserId};
use serde_json::Error;

use super::Medium;

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

/// As many of these media, from the first, as a part has room for: a JSON array and how many they are. One is always among
/// them: the largest that there can be is a fiftieth of a part.
///
/// # Errors
/// When a medium is no JSON, which cannot be.
pub fn pack(media: &[Medium]) -> Result<(Vec<u8>, usize), Error> {
    let mut part = vec![b'['];
    for (count, medium) in media.iter().enumerate() {
        // A link would be over before it is read.
        let json = serde_json::to_vec(&medium.shown(str::to_owned))?;
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
    Ok((part, media.len()))
}

#[cfg(test)]
mod tests {
    use nova_ids::MediaId;

    use super::*;
    use crate::domain::{ALT_MAX, MediaState, Purpose};

    fn media(count: usize, alt: &str) -> Vec<Medium> {
        let medium = || Medium {
            id: MediaId::new(),
            owner_id: UserId::new(),
            post_id: None,
            purpose: Purpose::Post,
            alt: Some(alt.to_owned()),
            state: MediaState::Processing,
            failure: None,
            mime_type: "image/png".to_owned(),
            blob: None,
            revision: 1,
        };
        (0..count).map(|_| medium()).collect()
    }

    #[test]
    fn a_part_ends_before_it_is_too_large() {
        // As large as can be: a tab is two bytes in JSON, this is four.
        let media = media(200, &"\u{1F600}".repeat(ALT_MAX));
        let (part, taken) = pack(&media).unwrap();
        assert!((1..200).contains(&taken), "{taken}");
        assert!(part.len() <= LARGEST_PART && part.len() > LARGEST_PART / 2);
        let read: Vec<serde_json::Value> = serde_json::from_slice(&part).unwrap();
        assert_eq!(read.len(), taken);
        assert_eq!(pack(&[]).unwrap(), (b"[]".to_vec(), 0));
    }
}
