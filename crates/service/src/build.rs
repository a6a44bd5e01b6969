//! Which build of the program this is.

use crate::config::{ConfigError, Env};

/// The version and the commit that was built; `dev` for a commit that is not known or a build for development.
const BUILT: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("BUILD_COMMIT"));

/// The version and the commit that was built.
pub(crate) const fn built() -> (&'static str, &'static str) {
    (env!("CARGO_PKG_VERSION"), env!("BUILD_COMMIT"))
}

/// Names this build: `NOVA_BUILD_ID`, or the version and the commit. Dead letters that failed for good are replayed
/// once by each build.
///
/// # Errors
/// When the setting is not text.
pub fn id(env: &mut Env) -> Result<String, ConfigError> {
    let help =
        "names the build, if not its version and commit: dead letters are tried once by each";
    let given: String = env.read("NOVA_BUILD_ID", "", help)?;
    Ok(if given.is_empty() {
        BUILT.to_owned()
    } else {
        given
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_has_a_name_whatever_is_set() {
        let version = concat!(env!("CARGO_PKG_VERSION"), "+");
        assert!(id(&mut Env::of([])).unwrap().starts_with(version));
        let given = [("NOVA_BUILD_ID".to_owned(), "green".to_owned())];
        assert_eq!(id(&mut Env::of(given)).unwrap(), "green");
    }
}
