//! The settings of identity; those of the platform are read where they are used.

use std::borrow::Cow;

use nova_service::config::{ConfigError, Env, Secret, Setting};
use nova_service::tokens::{self, TokenKeys};
use time::Duration;

use crate::clients::{MailServer, Sender};
use crate::domain::{LinkBase, SigningKey};

const SIGNING_KEY: &str = "NOVA_TOKEN_SIGNING_KEY";
const SHORTEST: Duration = Duration::SECOND;
const LONGEST: Duration = Duration::days(3_650);

/// How identity is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// `NOVA_TOKEN_SIGNING_KEY`: signs access tokens.
    pub signing_key: SigningKey,
    /// `NOVA_TOKEN_KEYS`: the public keys that access tokens are verified with, the signing key's other
    /// half among them.
    pub token_keys: TokenKeys,
    /// `NOVA_TOKEN_ISSUER`: who signs them.
    pub issuer: String,
    /// `NOVA_ACCESS_TOKEN_TTL`: how long one is good for.
    pub access_token_ttl: Duration,
    /// `NOVA_REFRESH_TOKEN_TTL`: how long one is good for, and a session without a refresh lives.
    pub refresh_token_ttl: Duration,
    /// `NOVA_MAIL`: where mails go.
    pub mail: MailServer,
    /// `NOVA_MAIL_FROM`: whom they come from.
    pub mail_from: Sender,
    /// `NOVA_MAIL_LINK`: the address that links in them begin with.
    pub mail_link: LinkBase,
    /// `NOVA_FOLLOW_LIMIT`: how many users one may follow or ask to, together.
    pub follow_limit: u32,
    /// `NOVA_ACCOUNT_GRACE`: how long an account is kept whose owner has left.
    pub account_grace: Duration,
    /// `NOVA_USERNAME_QUARANTINE`: how long nobody else gets a username that was given up, or whose account is erased.
    pub username_quarantine: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that is missing or wrong, by name. A signing key whose other half is not among the keys that
    /// tokens are verified with is wrong: nobody would accept what it signs.
    pub fn read(env: &mut Env) -> Result<Self, ConfigError> {
        let signing_key: SigningKey = env.required(
            SIGNING_KEY,
            "private Ed25519 key that signs access tokens, kid:base64url(seed)",
        )?;
        let token_keys = TokenKeys::read(env)?;
        let known = token_keys
            .iter()
            .any(|key| key == (signing_key.kid(), signing_key.public()));
        if !known {
            return Err(ConfigError::Invalid {
                name: SIGNING_KEY,
                value: "***".to_owned(),
                expects: "the private half of one of NOVA_TOKEN_KEYS, by the same id",
            });
        }
        Ok(Self {
            signing_key,
            token_keys,
            issuer: tokens::read_issuer(env)?,
            access_token_ttl: lifetime(
                env,
                "NOVA_ACCESS_TOKEN_TTL",
                "15m",
                "life of an access token",
            )?,
            refresh_token_ttl: lifetime(
                env,
                "NOVA_REFRESH_TOKEN_TTL",
                "30d",
                "life of a refresh token, and of a session without a refresh",
            )?,
            mail: env.required(
                "NOVA_MAIL",
                "where mails go: folder:<path>, smtp://user:password@host:port or smtps://…",
            )?,
            mail_from: env.read(
                "NOVA_MAIL_FROM",
                "Nova <no-reply@localhost>",
                "whom mails come from",
            )?,
            mail_link: env.read(
                "NOVA_MAIL_LINK",
                "http://localhost:8080",
                "address that links in mails begin with: <address>/verify-email?token=…, …/reset-password?token=…",
            )?,
            follow_limit: env.read(
                "NOVA_FOLLOW_LIMIT",
                "5000",
                "how many users one may follow or ask to, together",
            )?,
            account_grace: lifetime(
                env,
                "NOVA_ACCOUNT_GRACE",
                "14d",
                "how long an account is kept after its deletion, so that signing in takes it back",
            )?,
            username_quarantine: lifetime(
                env,
                "NOVA_USERNAME_QUARANTINE",
                "90d",
                "how long nobody else gets a username that was given up, or whose account is erased",
            )?,
        })
    }
}

/// A token's times are whole seconds: one that lives less than one is never good. One that lives longer
/// than ten years is a slip of the pen.
fn lifetime(
    env: &mut Env,
    name: &'static str,
    default: &'static str,
    help: &'static str,
) -> Result<Duration, ConfigError> {
    let lifetime: std::time::Duration = env.read(name, default, help)?;
    let accepted = Duration::try_from(lifetime)
        .ok()
        .filter(|lifetime| (SHORTEST..=LONGEST).contains(lifetime));
    accepted.ok_or_else(|| ConfigError::Invalid {
        name,
        value: format!("{lifetime:?}"),
        expects: "a duration between 1s and 3650d",
    })
}

impl Setting for SigningKey {
    const EXPECTS: &'static str =
        "an id and a 32-byte Ed25519 seed in base64url without padding, as in kid:seed";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn shown(text: &str) -> Cow<'_, str> {
        Secret::shown(text)
    }
}

impl Setting for LinkBase {
    const EXPECTS: &'static str =
        "an http or https address without user, query and fragment, of at most 800 characters";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seed and the public key of RFC 8032, section 7.1, test 1.
    const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut vars = std::collections::BTreeMap::from([
            ("NOVA_TOKEN_SIGNING_KEY".to_owned(), format!("a:{SEED}")),
            ("NOVA_TOKEN_KEYS".to_owned(), format!("a:{PUBLIC}")),
            ("NOVA_MAIL".to_owned(), "folder:mail".to_owned()),
        ]);
        for (name, value) in changes {
            vars.insert((*name).to_owned(), (*value).to_owned());
        }
        Config::read(&mut Env::of(vars))
    }

    #[test]
    fn defaults_are_as_documented() {
        let config = read(&[]).unwrap();
        assert_eq!(config.issuer, "nova");
        assert_eq!(config.access_token_ttl, Duration::minutes(15));
        assert_eq!(config.refresh_token_ttl, Duration::days(30));
    }

    #[test]
    fn a_signing_key_that_nobody_accepts_is_refused_and_not_repeated() {
        let other_id = format!("b:{PUBLIC}");
        let other_key = format!("a:{SEED}");
        for keys in [other_id, other_key] {
            let error = read(&[("NOVA_TOKEN_KEYS", &keys)]).unwrap_err().to_string();
            assert!(error.starts_with("NOVA_TOKEN_SIGNING_KEY: "), "{error}");
            assert!(!error.contains(SEED), "{error}");
        }
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        for (name, value) in [
            ("NOVA_TOKEN_SIGNING_KEY", "a"),
            ("NOVA_TOKEN_KEYS", "a"),
            ("NOVA_ACCESS_TOKEN_TTL", "soon"),
            ("NOVA_ACCESS_TOKEN_TTL", "500ms"),
            ("NOVA_REFRESH_TOKEN_TTL", "0s"),
            ("NOVA_REFRESH_TOKEN_TTL", "36500d"),
            ("NOVA_REFRESH_TOKEN_TTL", "100000000000000d"),
            ("NOVA_MAIL", ""),
            ("NOVA_MAIL", "mail.example"),
            ("NOVA_MAIL_FROM", "nobody"),
            ("NOVA_MAIL_LINK", "nowhere"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }
}
