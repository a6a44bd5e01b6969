//! Passwords and what is kept of them.

use std::fmt;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use nova_resilience::FieldError;

/// Fewest characters of a password (NIST SP 800-63B, section 3.1.1.2, with a little more freedom).
const MIN_LENGTH: usize = 8;
/// Most characters of a password: enough for a passphrase, too few to keep a core busy.
const MAX_LENGTH: usize = 128;

/// A password as it was typed. It never prints itself.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password that someone wants to have.
    ///
    /// # Errors
    /// Says which rule the text breaks, as a fault of that field.
    pub fn choose(field: &str, text: &str) -> Result<Self, FieldError> {
        if text.chars().count() < MIN_LENGTH {
            let message = "must have at least 8 characters";
            return Err(FieldError::new(field, "too_short", message));
        }
        Self::present(field, text)
    }

    /// A password that someone proves themself with: whether it could have been chosen is not asked, so that a
    /// wrong one is just wrong.
    ///
    /// # Errors
    /// Refuses what no password ever is: nothing, more than 128 characters, a NUL.
    pub fn present(field: &str, text: &str) -> Result<Self, FieldError> {
        let wrong = |code, message: &str| Err(FieldError::new(field, code, message));
        if text.is_empty() {
            return wrong("empty", "must not be empty");
        }
        if text.chars().count() > MAX_LENGTH {
            return wrong("too_long", "must have at most 128 characters");
        }
        if text.contains('\0') {
            return wrong("invalid_characters", "must not contain a NUL");
        }
        Ok(Self(text.to_owned()))
    }

    /// Nobody's password, to be hashed where there is no other.
    #[must_use]
    pub fn decoy() -> Self {
        Self("nobody's password".to_owned())
    }

    /// Hashes the password under a new salt. Takes tens of milliseconds of a core and 19 MiB, on purpose.
    ///
    /// # Errors
    /// When the system gives no random salt or no memory.
    pub fn hash(&self) -> Result<PasswordHash, HashError> {
        let hash = argon2id()
            .hash_password(self.0.as_bytes())
            .map_err(HashError)?;
        Ok(PasswordHash(hash.to_string()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// What is kept of a password: a PHC string with algorithm, parameters, salt and hash.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash as it was stored.
    #[must_use]
    pub const fn stored(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for storing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the hash of that password. Costs as much as hashing.
    #[must_use]
    pub fn is_of(&self, password: &Password) -> bool {
        argon2id()
            .verify_password(password.0.as_bytes(), self.0.as_str())
            .is_ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("could not hash the password")]
pub struct HashError(#[source] argon2::password_hash::Error);

/// Argon2id with 19 MiB, two passes and one lane: the first choice of the OWASP password storage cheat
/// sheet, and the library's default, which a test holds to it.
fn argon2id() -> Argon2<'static> {
    Argon2::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Password, FieldError> {
        Password::choose("password", text)
    }

    fn present(text: &str) -> Result<Password, FieldError> {
        Password::present("password", text)
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let password = choose("correct horse").unwrap();
        let hash = password.hash().unwrap();
        assert!(hash.is_of(&password));
        assert!(!hash.is_of(&choose("correct horsf").unwrap()));
        assert_ne!(
            hash.as_str(),
            password.hash().unwrap().as_str(),
            "every hash has its own salt"
        );
    }

    #[test]
    fn hashes_are_made_with_the_parameters_that_owasp_asks_for() {
        let hash = choose("correct horse").unwrap().hash().unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_str()
        );
    }

    #[test]
    fn choosing_has_rules_that_signing_in_does_not_repeat() {
        let code = |checked: Result<Password, FieldError>| checked.unwrap_err().code;
        assert_eq!(code(choose("seven77")), "too_short");
        assert_eq!(code(choose(&"p".repeat(129))), "too_long");
        assert_eq!(code(choose("with a \0 in it")), "invalid_characters");
        assert!(
            choose(&"ø".repeat(128)).is_ok(),
            "characters are counted, not bytes"
        );
        assert!(present("seven77").is_ok());
        assert_eq!(code(present("")), "empty");
    }

    #[test]
    fn neither_password_nor_hash_is_printed() {
        let password = choose("correct horse").unwrap();
        let printed = format!("{password:?} {:?}", password.hash().unwrap());
        assert_eq!(printed, "Password(***) PasswordHash(***)");
    }
}
