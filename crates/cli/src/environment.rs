//! What the environment of this process says.

use std::collections::BTreeMap;
use std::ffi::OsString;

use nova_service::ConfigError;
use nova_service::config::{FILE, given};

/// Settings by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// The environment of this process, as far as it is text and says something. What files say that it names stands in it itself.
///
/// # Errors
/// A file that cannot be read, or is named beside a value.
pub(crate) fn of_process() -> Result<Settings, ConfigError> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let set: Settings = std::env::vars_os()
        .filter_map(text)
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let mut settings = set.clone();
    for file in set.keys().filter(|name| name.starts_with("NOVA_")) {
        if let Some(name) = file.strip_suffix(FILE) {
            settings.remove(file);
            settings.extend(given(&set, name)?.map(|value| (name.to_owned(), value)));
        }
    }
    Ok(settings)
}
