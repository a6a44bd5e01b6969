//! Rooms are named after what is in them.

use crate::code::modules;
use crate::kept;
use crate::repository::Files;

/// Names that say nothing, so that everything ends there.
const SAY_NOTHING: &[&str] = &[
    "common", "core", "helper", "helpers", "misc", "shared", "type", "types", "util", "utils",
];

const ADVICE: &str = "name it after what is in it, or put that beside what uses it";

fn says_nothing(name: &str) -> bool {
    let name = name.split_once('.').map_or(name, |(stem, _)| stem);
    SAY_NOTHING.contains(&name.strip_prefix("nova-").unwrap_or(name))
}

fn files_that_say_nothing(files: &Files) -> Vec<String> {
    let bad = files
        .iter()
        .filter(|(path, _)| path.split('/').any(says_nothing));
    bad.map(|(path, _)| format!("{path}: {ADVICE}")).collect()
}

fn modules_that_say_nothing(files: &Files) -> anyhow::Result<Vec<String>> {
    let mut bad = Vec::new();
    for (path, text) in files.rust() {
        let names = modules(text)?.into_iter().filter(|name| says_nothing(name));
        bad.extend(names.map(|name| format!("{path} has a module {name}: {ADVICE}")));
    }
    Ok(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_or_folder_is_called_utils() -> anyhow::Result<()> {
        for path in [
            "crates/service/src/utils.rs",
            "tests/tests/common/mod.rs",
            "crates/core/Cargo.toml",
            "proto/nova/types.proto",
        ] {
            assert_eq!(
                files_that_say_nothing(&Files::planted(&[(path, "")])).len(),
                1,
                "{path}"
            );
        }
        let lawful = [
            ("crates/ids/src/lib.rs", ""),
            ("services/feed/src/store/types_of_posts.rs", ""),
        ];
        assert_eq!(files_that_say_nothing(&Files::planted(&lawful)), [""; 0]);
        kept(files_that_say_nothing(&Files::read()?))
    }

    #[test]
    fn no_module_is_called_utils() -> anyhow::Result<()> {
        let planted = Files::planted(&[(
            "crates/ids/src/lib.rs",
            "mod tests { mod helpers { fn f() {} } }",
        )]);
        assert_eq!(modules_that_say_nothing(&planted)?.len(), 1);
        kept(modules_that_say_nothing(&Files::read()?)?)
    }
}
