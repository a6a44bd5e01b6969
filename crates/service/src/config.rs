//! Settings: environment variables, each read once at the start, each with a name, a default and a help line. What a
//! variable `X` may hold may also stand in the file that `X_FILE` names, as secrets of containers do.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

mod setting;

pub use setting::{Secret, Setting, Switch};

/// Where settings are read from. It remembers what was asked for, so that all settings can be listed.
#[derive(Debug, Default)]
pub struct Env {
    vars: BTreeMap<String, String>,
    known: Vec<Known>,
}

/// A setting that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Name of the environment variable.
    pub name: &'static str,
    /// What holds when it is not set; none for a setting that must be given.
    pub default: Option<&'static str>,
    /// One line for the operator.
    pub help: &'static str,
    /// What holds now: `***` for secrets, empty when nothing is set.
    pub value: String,
}

/// Why a setting was refused. The process does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The value cannot be read. A secret's value is not repeated.
    #[error("{name}: \"{value}\" is not {expects}")]
    Invalid {
        /// Name of the environment variable.
        name: &'static str,
        /// What it was set to, `***` for secrets.
        value: String,
        /// What it should be, e.g. `a whole number`.
        expects: &'static str,
    },
    /// A setting without default is not set.
    #[error("{name} is not set: {help}")]
    Missing {
        /// Name of the environment variable.
        name: &'static str,
        /// What it is for.
        help: &'static str,
    },
    /// The file that is said to hold the value cannot be read.
    #[error("{name}_FILE: {path}: {why}")]
    File {
        /// Name of the environment variable without `_FILE`.
        name: String,
        /// What that is set to.
        path: String,
        /// What the system says.
        why: String,
    },
    /// A value is set, and a file for it.
    #[error("{name} and {name}_FILE are both set: leave one out")]
    Twice {
        /// Name of the environment variable.
        name: String,
    },
}

/// Behind the name of a setting: the file that holds its value ([`given`]).
pub const FILE: &str = "_FILE";

impl Env {
    /// The environment of this process. Variables that are not UTF-8 count as unset.
    #[must_use]
    pub fn process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::of(std::env::vars_os().filter_map(text))
    }

    /// An environment made of these variables and nothing else.
    pub fn of(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            vars: vars.into_iter().collect(),
            known: Vec::new(),
        }
    }

    /// Reads a setting that has a default. A variable set to nothing counts as unset.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] when the value (or the default) cannot be read as a `T`.
    pub fn read<T: Setting>(
        &mut self,
        name: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Result<T, ConfigError> {
        let given = given(&self.vars, name);
        let text = given.as_ref().ok().cloned().flatten();
        let text = text.unwrap_or_else(|| default.to_owned());
        self.remember::<T>(name, Some(default), help, &text);
        given?;
        parse(name, &text)
    }

    /// Reads a setting that may be absent.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] when it is set and cannot be read as a `T`.
    pub fn optional<T: Setting>(
        &mut self,
        name: &'static str,
        help: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let given = given(&self.vars, name);
        let text = given.as_ref().ok().and_then(Option::as_deref);
        self.remember::<T>(name, Some(""), help, text.unwrap_or_default());
        given?.map(|text| parse(name, &text)).transpose()
    }

    /// Reads a setting that must be given.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set, [`ConfigError::Invalid`] when it cannot be read.
    pub fn required<T: Setting>(
        &mut self,
        name: &'static str,
        help: &'static str,
    ) -> Result<T, ConfigError> {
        let given = given(&self.vars, name);
        let text = given.as_ref().ok().and_then(Option::as_deref);
        self.remember::<T>(name, None, help, text.unwrap_or_default());
        parse(name, &given?.ok_or(ConfigError::Missing { name, help })?)
    }

    /// Reads a secret that must be given.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set.
    pub fn secret(
        &mut self,
        name: &'static str,
        help: &'static str,
    ) -> Result<Secret, ConfigError> {
        self.required(name, help)
    }

    /// Every setting asked for until now, by name.
    #[must_use]
    pub fn settings(&self) -> &[Known] {
        &self.known
    }

    /// Variables whose names begin with `NOVA_` and which nothing asked for: most likely misspelt.
    pub fn unasked(&self) -> impl Iterator<Item = &str> {
        let asked = |name: &str| {
            let of_file = name.strip_suffix(FILE);
            let mut known = self.known.iter();
            known.any(|known| known.name == name || Some(known.name) == of_file)
        };
        self.vars
            .keys()
            .map(String::as_str)
            .filter(move |name| name.starts_with("NOVA_") && !asked(name))
    }

    fn remember<T: Setting>(
        &mut self,
        name: &'static str,
        default: Option<&'static str>,
        help: &'static str,
        text: &str,
    ) {
        let value = shown::<T>(text).into_owned();
        // Several services in one process ask for the same settings.
        match self.known.binary_search_by_key(&name, |known| known.name) {
            Ok(_) => {}
            Err(place) => self.known.insert(
                place,
                Known {
                    name,
                    default,
                    help,
                    value,
                },
            ),
        }
    }
}

/// What one of these variables is set to, if it is: by itself, or by the file that it names with `_FILE` behind its name. A
/// variable set to nothing counts as unset.
///
/// # Errors
/// [`ConfigError::File`] when the file cannot be read, [`ConfigError::Twice`] when both are set.
pub fn given(vars: &BTreeMap<String, String>, name: &str) -> Result<Option<String>, ConfigError> {
    let set = |name: &str| vars.get(name).filter(|text| !text.is_empty());
    let path = match (set(name), set(&format!("{name}{FILE}"))) {
        (Some(_), Some(_)) => {
            let name = name.to_owned();
            return Err(ConfigError::Twice { name });
        }
        (text, None) => return Ok(text.cloned()),
        (None, Some(path)) => path,
    };
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::File {
        name: name.to_owned(),
        path: path.clone(),
        why: error.to_string(),
    })?;
    // Whoever writes such a file ends it as files end.
    let text = text.trim_end_matches(['\r', '\n']);
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn parse<T: Setting>(name: &'static str, text: &str) -> Result<T, ConfigError> {
    T::parse(text).ok_or_else(|| ConfigError::Invalid {
        name,
        value: shown::<T>(text).into_owned(),
        expects: T::EXPECTS,
    })
}

fn shown<T: Setting>(text: &str) -> Cow<'_, str> {
    if text.is_empty() {
        Cow::Borrowed("")
    } else {
        T::shown(text)
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn env(vars: &[(&str, &str)]) -> Env {
        Env::of(
            vars.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        let refused = env(&[("NOVA_ACCESS_TOKEN_TTL", "abc")])
            .read::<Duration>("NOVA_ACCESS_TOKEN_TTL", "15m", "life of an access token")
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "NOVA_ACCESS_TOKEN_TTL: \"abc\" is not a duration such as 30s or 15m"
        );
    }

    #[test]
    fn a_missing_setting_is_named_with_what_it_is_for() {
        let refused = env(&[])
            .secret("NOVA_SECRET", "key of cursors")
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "NOVA_SECRET is not set: key of cursors"
        );
    }

    #[test]
    fn defaults_hold_when_a_variable_is_absent_or_empty() {
        let mut env = env(&[("NOVA_B", "")]);
        assert_eq!(env.read::<u16>("NOVA_A", "7", "a"), Ok(7));
        assert_eq!(env.read::<u16>("NOVA_B", "8", "b"), Ok(8));
        assert_eq!(env.optional::<u16>("NOVA_C", "c"), Ok(None));
    }

    #[test]
    fn a_value_may_stand_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let path = path.to_str().unwrap();
        let mut env = env(&[
            ("NOVA_A_FILE", path),
            ("NOVA_B", "7"),
            ("NOVA_B_FILE", path),
        ]);
        let refused = env.secret("NOVA_A", "a").unwrap_err().to_string();
        assert!(refused.starts_with("NOVA_A_FILE: /"), "{refused}");
        std::fs::write(path, "hush hush\n").unwrap();
        assert_eq!(env.secret("NOVA_A", "a").unwrap().expose(), "hush hush");
        let refused = env.read::<u16>("NOVA_A", "1", "a").unwrap_err().to_string();
        assert!(refused.starts_with("NOVA_A: "), "{refused}");
        let twice = env.read::<u16>("NOVA_B", "1", "b").unwrap_err();
        assert_eq!(
            twice,
            ConfigError::Twice {
                name: "NOVA_B".to_owned()
            }
        );
        std::fs::write(path, "\n").unwrap();
        assert_eq!(env.optional::<Secret>("NOVA_A", "a"), Ok(None));
        assert_eq!(env.unasked().count(), 0);
    }

    #[test]
    fn settings_are_listed_once_by_name_without_secrets() {
        let mut env = env(&[
            ("NOVA_SECRET", "hush"),
            ("NOVA_POSTGRES", "postgres://nova:hush@db/nova"),
            ("NOVA_LISTNE", "typo"),
        ]);
        env.secret("NOVA_SECRET", "s").unwrap();
        env.required::<url::Url>("NOVA_POSTGRES", "p").unwrap();
        env.required::<url::Url>("NOVA_POSTGRES", "p").unwrap();
        let listed: Vec<String> = env.settings().iter().map(ToString::to_string).collect();
        assert_eq!(
            listed,
            [
                "NOVA_POSTGRES=postgres://nova:***@db/nova",
                "NOVA_SECRET=***"
            ]
        );
        assert_eq!(env.unasked().collect::<Vec<_>>(), ["NOVA_LISTNE"]);
        assert!(!format!("{:?}", env.known).contains("hush"));
    }
}
