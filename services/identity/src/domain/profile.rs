//! Profiles and their changes.

use nova_ids::UserId;
use nova_resilience::{FieldError, Invalid};
use serde::Serialize;
use time::OffsetDateTime;
use url::Url;
use utoipa::ToSchema;

use super::{Review, Username};

/// Most characters of a display name.
const MAX_DISPLAY_NAME_LENGTH: usize = 50;
/// Most characters of an avatar's address.
const MAX_AVATAR_URL_LENGTH: usize = 2048;

/// What everyone may see of a user.
// Exactly as the REST API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// A UUIDv7, so that users sort by the time they registered.
    #[schema(value_type = uuid::Uuid)]
    pub id: UserId,
    /// The name to go by, as its owner writes it.
    pub username: String,
    /// The name to be shown with.
    pub display_name: String,
    /// Where the picture is.
    #[schema(required)]
    pub avatar_url: Option<String>,
    /// Whether the user says who may follow: to follow is to ask then.
    pub locked: bool,
    /// 1 when registered, one more with every change of the profile.
    #[serde(skip)]
    pub revision: i64,
    /// The millisecond inside `id`.
    #[serde(with = "nova_service::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the profile last changed, to the millisecond.
    #[serde(with = "nova_service::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// What only the user may see of themself.
// Exactly as the REST API shows it. No `Debug`: it holds an address.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// The public part.
    #[serde(flatten)]
    pub user: User,
    /// Where the user is written to.
    pub email: String,
    /// Whether the user has proven that the address is theirs.
    pub email_verified: bool,
}

impl User {
    /// Someone new. The time of registration is the one in the id.
    #[must_use]
    pub fn register(id: UserId, username: &Username, display_name: String) -> Self {
        let created_at = id.made_at();
        Self {
            id,
            username: username.as_str().to_owned(),
            display_name,
            avatar_url: None,
            locked: false,
            revision: 1,
            created_at,
            updated_at: created_at,
        }
    }
}

/// A wish to change a profile, with every rule kept. What is `None` stays as it is.
#[derive(Debug, Default)]
pub struct ProfileChange {
    username: Option<Username>,
    display_name: Option<String>,
    avatar_url: Option<Option<String>>,
    locked: Option<bool>,
}

impl ProfileChange {
    /// Checks what was sent; `Some(None)` as avatar removes it.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(
        username: Option<&str>,
        display: Option<&str>,
        avatar: Option<Option<&str>>,
        locked: Option<bool>,
    ) -> Result<Self, Invalid> {
        let mut review = Review::default();
        let username = review.of(username.map(Username::parse).transpose());
        let shown = review.of(display.map(display_name).transpose());
        let avatar = review.of(avatar
            .map(|new| new.map(avatar_url).transpose())
            .transpose());
        let (Some(username), Some(display_name), Some(avatar_url)) = (username, shown, avatar)
        else {
            return Err(review.into_invalid());
        };
        Ok(Self {
            username,
            display_name,
            avatar_url,
            locked,
        })
    }

    /// The profile after the change, or nothing when it is as it was.
    ///
    /// # Errors
    /// When the new username is reserved and not the user's own already.
    pub fn apply(self, user: &User, now: OffsetDateTime) -> Result<Option<User>, Invalid> {
        let mut changed = user.clone();
        if let Some(mut username) = self.username {
            if !username.as_str().eq_ignore_ascii_case(&user.username) {
                username = username.unless_reserved()?;
            }
            changed.username = username.as_str().to_owned();
        }
        if let Some(display_name) = self.display_name {
            changed.display_name = display_name;
        }
        if let Some(avatar_url) = self.avatar_url {
            changed.avatar_url = avatar_url;
        }
        changed.locked = self.locked.unwrap_or(user.locked);
        if changed == *user {
            return Ok(None);
        }
        changed.revision += 1;
        // A clock that was set back must not make a later state look earlier.
        changed.updated_at = now.truncate_to_millisecond().max(user.updated_at);
        Ok(Some(changed))
    }
}

/// 1 to 50 characters besides the space around them, none of which steers the terminal or the line.
pub(super) fn display_name(text: &str) -> Result<String, FieldError> {
    let wrong = |code, message: &str| Err(FieldError::new("display_name", code, message));
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return wrong("empty", "must not be empty");
    }
    if trimmed.chars().count() > MAX_DISPLAY_NAME_LENGTH {
        return wrong("too_long", "must have at most 50 characters");
    }
    if text.contains(steers) {
        return wrong("invalid_characters", "must not contain control characters");
    }
    Ok(trimmed.to_owned())
}

/// Control characters, separators of lines, and the marks that turn the direction of the text after
/// them, with which one name can be made to look like another (Unicode TR 36, section 3).
pub(super) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn avatar_url(text: &str) -> Result<String, FieldError> {
    if text.chars().count() > MAX_AVATAR_URL_LENGTH {
        return Err(FieldError::new(
            "avatar_url",
            "too_long",
            "must have at most 2048 characters",
        ));
    }
    let plain =
        !text.contains(|character: char| character.is_control() || character.is_whitespace());
    let web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !plain || !web {
        return Err(FieldError::new(
            "avatar_url",
            "invalid_url",
            "must be an http or https address",
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> User {
        let registered = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
        User {
            id: UserId::new(),
            username: "ada".to_owned(),
            display_name: "Ada".to_owned(),
            avatar_url: Some("https://example.org/ada.png".to_owned()),
            locked: true,
            revision: 4,
            created_at: registered,
            updated_at: registered,
        }
    }

    #[test]
    fn a_change_touches_what_it_names_and_counts_the_revision() {
        let before = ada();
        let now = before.updated_at + time::Duration::hours(1);
        let change = ProfileChange::check(None, Some(" Countess "), Some(None), None).unwrap();
        let after = change.apply(&before, now).unwrap().unwrap();
        let expected = User {
            display_name: "Countess".to_owned(),
            avatar_url: None,
            revision: 5,
            updated_at: now,
            ..before
        };
        assert_eq!(after, expected);
    }

    #[test]
    fn a_lock_is_a_change_and_no_other_change_opens_it() {
        let locked = ada();
        let now = locked.updated_at;
        let unlock = ProfileChange::check(None, None, None, Some(false)).unwrap();
        let unlocked = unlock.apply(&locked, now).unwrap().unwrap();
        assert_eq!((unlocked.locked, unlocked.revision), (false, 5));
        let rename = ProfileChange::check(None, Some("Countess"), None, None).unwrap();
        assert!(rename.apply(&locked, now).unwrap().unwrap().locked);
    }

    #[test]
    fn a_change_to_the_same_is_none() {
        let before = ada();
        assert_eq!(
            ProfileChange::default().apply(&before, before.updated_at),
            Ok(None)
        );
        let same = ProfileChange::check(Some("ada"), Some("Ada"), None, Some(true)).unwrap();
        assert_eq!(same.apply(&before, before.updated_at), Ok(None));
    }

    #[test]
    fn a_clock_that_went_back_does_not_take_the_profile_with_it() {
        let before = ada();
        let change = ProfileChange::check(Some("countess"), None, None, None).unwrap();
        let after = change
            .apply(&before, before.updated_at - time::Duration::hours(1))
            .unwrap()
            .unwrap();
        assert_eq!(after.updated_at, before.updated_at);
    }

    #[test]
    fn a_reserved_name_is_kept_by_who_has_it_and_taken_by_nobody() {
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_001);
        let rename = |user: &User, name| {
            let change = ProfileChange::check(Some(name), None, None, None).unwrap();
            change.apply(user, now)
        };
        let Invalid(errors) = rename(&ada(), "Support").unwrap_err();
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code),
            ("username", "reserved")
        );
        let support = User {
            username: "support".to_owned(),
            ..ada()
        };
        assert_eq!(rename(&support, "support"), Ok(None));
        let renamed = rename(&support, "Support").unwrap().unwrap();
        assert_eq!(renamed.username, "Support");
    }

    #[test]
    fn display_names_are_one_line_that_shows_something() {
        for (name, code) in [
            ("", "empty"),
            (" \t\n", "empty"),
            (&*"n".repeat(51), "too_long"),
            ("line\nbreak", "invalid_characters"),
            ("nul\0", "invalid_characters"),
            ("right\u{202E}left", "invalid_characters"),
        ] {
            assert_eq!(display_name(name).unwrap_err().code, code, "{name:?}");
        }
        assert_eq!(display_name(&"ñ".repeat(50)).unwrap().chars().count(), 50);
        assert_eq!(display_name("👩‍🔬 Ada").unwrap(), "👩‍🔬 Ada");
    }

    #[test]
    fn avatars_are_web_addresses() {
        for address in ["http://example.org", "https://example.org/a.png?size=2#x"] {
            assert_eq!(avatar_url(address).unwrap(), address);
        }
        for address in [
            "",
            "a.png",
            "ftp://example.org/a",
            "javascript:alert(1)",
            "https://",
            "https://a b",
            "https://a\nb",
        ] {
            assert_eq!(
                avatar_url(address).unwrap_err().code,
                "invalid_url",
                "{address:?}"
            );
        }
        let long = format!("https://example.org/{}", "a".repeat(2048));
        assert_eq!(avatar_url(&long).unwrap_err().code, "too_long");
    }

    #[test]
    fn every_bad_field_of_a_change_is_named_at_once() {
        let Invalid(errors) =
            ProfileChange::check(Some("a"), Some(""), Some(Some("b")), None).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["username", "display_name", "avatar_url"]);
    }
}
