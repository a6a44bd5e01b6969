//! Links that open something to whoever has them, for a while: only this platform can have made one, and every service
//! can tell without asking another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::{Duration, OffsetDateTime};

use crate::config::{ConfigError, Env};
use crate::mac::MacKey;

const PURPOSE: &[u8] = b"nova link v1";

/// Signs links, and tells whether one is good.
#[derive(Debug, Clone)]
pub struct LinkKey(MacKey);

/// A path with an end and a signature, as in `?expires=1767225600&signature=…`, that is not good: changed, of another
/// path, made with another secret, or over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link is not good, or no longer")]
pub struct InvalidLink;

impl LinkKey {
    /// Reads `NOVA_SECRET`; the key of links is derived from it.
    ///
    /// # Errors
    /// When it is missing, not base64, or shorter than 32 bytes.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        MacKey::read(env, PURPOSE).map(Self)
    }

    /// The key of links that belongs to a master secret.
    #[must_use]
    pub fn derived_from(master: &[u8]) -> Self {
        Self(MacKey::derive(master, PURPOSE))
    }

    /// The path with an end and a signature behind it. It is good for more than one `lifetime` (at least a second) and at
    /// most two, and the same text for one, so that caches know it again. The path has no query.
    #[must_use]
    pub fn sign(&self, path: &str, lifetime: Duration, now: OffsetDateTime) -> String {
        let lifetime = lifetime.whole_seconds().max(1);
        let expires = (now.unix_timestamp() / lifetime)
            .saturating_add(2)
            .saturating_mul(lifetime);
        let tag = self.0.tag(&[&expires.to_le_bytes(), path.as_bytes()]);
        let signature = URL_SAFE_NO_PAD.encode(tag);
        format!("{path}?expires={expires}&signature={signature}")
    }

    /// Whether [`Self::sign`] made this query for this path, and its end has not come.
    ///
    /// # Errors
    /// [`InvalidLink`] for every other query.
    pub fn check(&self, path: &str, query: &str, now: OffsetDateTime) -> Result<(), InvalidLink> {
        let (expires, signature) = query
            .strip_prefix("expires=")
            .and_then(|rest| rest.split_once("&signature="))
            .ok_or(InvalidLink)?;
        let text = expires;
        let expires: i64 = text.parse().map_err(|_| InvalidLink)?;
        // One number, one link.
        if expires.to_string() != text {
            return Err(InvalidLink);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| InvalidLink)?;
        let parts: [&[u8]; 2] = [&expires.to_le_bytes(), path.as_bytes()];
        if self.0.is_tag(&parts, &signature) && now.unix_timestamp() < expires {
            Ok(())
        } else {
            Err(InvalidLink)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::HOUR;

    fn key() -> LinkKey {
        LinkKey::derived_from(&[7; 32])
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    fn check(key: &LinkKey, link: &str, now: i64) -> Result<(), InvalidLink> {
        let (path, query) = link.split_once('?').unwrap();
        key.check(path, query, at(now))
    }

    #[test]
    fn a_link_is_good_for_one_lifetime_to_two_and_the_same_for_one() {
        let link = key().sign("/v1/things/1", HOUR, at(7_200));
        assert_eq!(key().sign("/v1/things/1", HOUR, at(10_799)), link);
        assert_ne!(key().sign("/v1/things/1", HOUR, at(10_800)), link);
        assert_eq!(check(&key(), &link, 7_200), Ok(()));
        assert_eq!(check(&key(), &link, 14_399), Ok(()));
        assert_eq!(check(&key(), &link, 14_400), Err(InvalidLink));
    }

    #[test]
    fn a_link_opens_its_own_path_only() {
        let link = key().sign("/v1/things/1", HOUR, at(0));
        let (_, query) = link.split_once('?').unwrap();
        for other in ["/v1/things/11", "/v1/things/", "/v1/things/1/", ""] {
            assert_eq!(key().check(other, query, at(0)), Err(InvalidLink));
        }
        let other = LinkKey::derived_from(&[8; 32]);
        assert_eq!(check(&other, &link, 0), Err(InvalidLink));
        // A cursor's key is another.
        let cursor = crate::cursor::CursorKey::derived_from(&[7; 32]).seal("", b"/v1/things/1");
        let query = format!("expires=7200&signature={cursor}");
        assert_eq!(key().check("/v1/things/1", &query, at(0)), Err(InvalidLink));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let link = key().sign("/v1/things/1", HOUR, at(0));
        for place in 0..link.len() {
            for other in ["A", "9", "_", "=", "&", "?"] {
                let mut changed = link.clone();
                changed.replace_range(place..=place, other);
                if changed != link
                    && let Some((path, query)) = changed.split_once('?')
                {
                    assert_eq!(
                        key().check(path, query, at(0)),
                        Err(InvalidLink),
                        "{changed}"
                    );
                }
            }
        }
        let (path, query) = link.split_once('?').unwrap();
        for wrong in [
            "",
            "expires=",
            "expires=&signature=",
            "signature=&expires=",
            &format!("{query}&more=1"),
            &format!("more=1&{query}"),
            &format!("{query}&{query}"),
            &query.replace("7200", "99999999999999999999"),
            &query.replace("7200", "+7200"),
            &query.replace("7200", "07200"),
        ] {
            assert_eq!(key().check(path, wrong, at(0)), Err(InvalidLink), "{wrong}");
        }
    }
}
