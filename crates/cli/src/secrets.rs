//! Secrets of a platform that runs on its own: made once, kept in its data folder.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, anyhow};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::environment::Settings;

const SECRET: &str = "NOVA_SECRET";
const SIGNING_KEY: &str = "NOVA_TOKEN_SIGNING_KEY";
const PUBLIC_KEYS: &str = "NOVA_TOKEN_KEYS";

/// Adds the secrets that `vars` does not set: those of earlier runs, or new ones.
pub(crate) fn complete(vars: &mut Settings, data: &Path) -> anyhow::Result<()> {
    let folder = data.join("secrets");
    complete_from(vars, |name, new| kept(&folder, name, new))
}

/// Puts them into a folder, each into a file with the name of its setting, and answers the names. What is there stays; the public
/// key is that of the signing key.
pub(crate) fn write(folder: &Path) -> anyhow::Result<[&'static str; 3]> {
    kept(folder, SECRET, new_secret)?;
    let signing_key = kept(folder, SIGNING_KEY, new_signing_key)?;
    let public = public_key(&signing_key).with_context(|| {
        let path = folder.join(SIGNING_KEY);
        format!("{} is not kid:seed", path.display())
    })?;
    kept(folder, PUBLIC_KEYS, || Ok(public.clone()))?;
    Ok([SECRET, SIGNING_KEY, PUBLIC_KEYS])
}

/// Adds new secrets that are forgotten again.
pub(crate) fn complete_for_now(vars: &mut Settings) -> anyhow::Result<()> {
    complete_from(vars, |_, new| new())
}

/// `keep` gives the secret of a name, which it makes with the function if it has none.
fn complete_from(
    vars: &mut Settings,
    keep: impl Fn(&str, fn() -> anyhow::Result<String>) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    if is_unset(vars, SECRET) {
        vars.insert(SECRET.to_owned(), keep("secret", new_secret)?);
    }
    if is_unset(vars, SIGNING_KEY) {
        vars.insert(
            SIGNING_KEY.to_owned(),
            keep("token_signing_key", new_signing_key)?,
        );
    }
    if is_unset(vars, PUBLIC_KEYS) {
        let signing_key = vars
            .get(SIGNING_KEY)
            .map(String::as_str)
            .unwrap_or_default();
        let public =
            public_key(signing_key).with_context(|| format!("{SIGNING_KEY} is not kid:seed"))?;
        vars.insert(PUBLIC_KEYS.to_owned(), public);
    }
    Ok(())
}

fn is_unset(vars: &Settings, name: &str) -> bool {
    vars.get(name).is_none_or(String::is_empty)
}

/// The text of a file that only its owner may read; made with `new` if there is none.
fn kept(
    folder: &Path,
    name: &str,
    new: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let path = folder.join(name);
    let failed = || format!("could not keep a secret in {}", path.display());
    match fs::read_to_string(&path) {
        Ok(text) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(failed),
    }
    let text = new()?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(failed)?;
    // Under another name first: a secret that is there is there whole.
    let unfinished = path.with_extension("unfinished");
    drop(fs::remove_file(&unfinished));
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished);
    let mut file = file.with_context(failed)?;
    writeln!(file, "{text}")
        .and_then(|()| file.sync_all())
        .with_context(failed)?;
    fs::rename(&unfinished, &path).with_context(failed)?;
    Ok(text)
}

/// `kid:base64url(public key)` for `kid:base64url(seed)`.
fn public_key(signing_key: &str) -> Option<String> {
    let (kid, seed) = signing_key.split_once(':')?;
    let seed = URL_SAFE_NO_PAD.decode(seed).ok()?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    Some(format!(
        "{kid}:{}",
        URL_SAFE_NO_PAD.encode(pair.public_key())
    ))
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow!("the system gave no random bytes"))?;
    Ok(bytes)
}

fn new_secret() -> anyhow::Result<String> {
    Ok(STANDARD.encode(random()?))
}

/// The id is part of every token: a key that is made anew must not be taken for an old one.
fn new_signing_key() -> anyhow::Result<String> {
    let id: String = random()?
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{id}:{}", URL_SAFE_NO_PAD.encode(random()?)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn completed(given: &[(&str, &str)], data: &Path) -> Settings {
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut vars = given.collect();
        complete(&mut vars, data).unwrap();
        vars
    }

    #[test]
    fn secrets_are_made_once_and_only_the_owner_may_read_them() {
        let data = std::env::temp_dir().join(format!("nova-secrets-{}", std::process::id()));
        let first = completed(&[], &data);
        assert_eq!(completed(&[], &data), first);
        let mode = |path: &str| fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("secrets"), 0o700);
        assert_eq!(mode("secrets/token_signing_key"), 0o600);
        fs::remove_dir_all(&data).unwrap();
    }

    /// The seed and the public key of RFC 8032, section 7.1, test 1.
    #[test]
    fn the_public_key_follows_from_a_signing_key_that_is_given() {
        let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
        let public = public_key(&format!("a:{seed}")).unwrap();
        assert_eq!(public, "a:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(public_key("a"), None);
        assert_eq!(public_key("a:AAAA"), None);
    }
}
