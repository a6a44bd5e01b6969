use nova_service::config::{ConfigError, Env};
use nova_service::link::LinkKey;
use time::{Duration, OffsetDateTime};

use crate::{Attachment, Medium};

/// Signs what is shown.
#[derive(Debug, Clone)]
pub struct Links {
    key: LinkKey,
    base: String,
    lifetime: Duration,
}

impl Links {
    /// Reads `NOVA_MEDIA_LINK_TTL` (a second to a year), `NOVA_MEDIA_URL` and `NOVA_SECRET`.
    ///
    /// # Errors
    /// When one is missing or wrong.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let lifetime: std::time::Duration = env.read(
            "NOVA_MEDIA_LINK_TTL",
            "1h",
            "a link opens a medium for once to twice as long",
        )?;
        let lifetime = Duration::try_from(lifetime)
            .ok()
            .filter(|lifetime| (Duration::SECOND..=Duration::days(365)).contains(lifetime))
            .ok_or_else(|| ConfigError::Invalid {
                name: "NOVA_MEDIA_LINK_TTL",
                value: format!("{lifetime:?}"),
                expects: "a duration between 1s and 365d",
            })?;
        let base: String = env.read(
            "NOVA_MEDIA_URL",
            "",
            "what is put before the paths of media, such as the address of a CDN",
        )?;
        Ok(Self {
            key: LinkKey::read(env)?,
            base: base.trim_end_matches('/').to_owned(),
            lifetime,
        })
    }

    /// The path as a link that opens it for a while.
    #[must_use]
    pub fn link(&self, path: &str, now: OffsetDateTime) -> String {
        format!("{}{}", self.base, self.key.sign(path, self.lifetime, now))
    }

    /// The path of what everybody may see, as an address that never ends.
    #[must_use]
    pub fn open(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Makes links of the paths in all of these.
    pub fn sign(&self, media: &mut [Attachment], now: OffsetDateTime) {
        for one in media {
            if let Attachment::Ready(medium) = one {
                self.sign_one(medium, now);
            }
        }
    }

    fn sign_one(&self, medium: &mut Medium, now: OffsetDateTime) {
        medium.url = self.link(&medium.url, now);
        let thumbnails = &mut medium.thumbnails;
        let all = [
            &mut thumbnails.small,
            &mut thumbnails.medium,
            &mut thumbnails.large,
        ];
        for path in all.into_iter().flatten() {
            *path = self.link(path, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use nova_ids::MediaId;

    use super::*;
    use crate::{MediaType, Thumbnails};

    fn links(settings: &[(&str, &str)]) -> Result<Links, ConfigError> {
        let secret = (
            "NOVA_SECRET",
            "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==",
        );
        let settings = settings.iter().chain([&secret]);
        let mut env =
            Env::of(settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Links::read(&mut env)
    }

    #[test]
    fn every_address_of_a_medium_becomes_a_link() {
        let links = links(&[("NOVA_MEDIA_URL", "https://cdn.example/")]).unwrap();
        let thumbnails = Thumbnails {
            small: Some("/s".to_owned()),
            medium: None,
            large: Some("/l".to_owned()),
        };
        let mut media = [
            Attachment::awaited(MediaId::new()),
            Attachment::Ready(Box::new(Medium {
                id: MediaId::new(),
                kind: MediaType::Image,
                mime_type: "image/png".to_owned(),
                size_bytes: 1,
                width: Some(1),
                height: Some(1),
                duration_seconds: None,
                blurhash: None,
                alt: None,
                url: "/c".to_owned(),
                thumbnails,
            })),
        ];
        let now = OffsetDateTime::UNIX_EPOCH;
        links.sign(&mut media, now);
        let medium = media[1].ready().unwrap();
        for (link, path) in [
            (Some(&medium.url), "/c"),
            (medium.thumbnails.small.as_ref(), "/s"),
            (medium.thumbnails.large.as_ref(), "/l"),
        ] {
            let rest = link.unwrap().strip_prefix("https://cdn.example").unwrap();
            let (signed, query) = rest.split_once('?').unwrap();
            assert_eq!(signed, path);
            assert_eq!(links.key.check(path, query, now), Ok(()));
        }
        assert_eq!(medium.thumbnails.medium, None);
    }

    #[test]
    fn a_lifetime_makes_sense() {
        for wrong in ["0s", "400d", "soon"] {
            assert!(links(&[("NOVA_MEDIA_LINK_TTL", wrong)]).is_err(), "{wrong}");
        }
    }
}
