//! A service's migrations, as its program carries them.

use anyhow::Context as _;
use include_dir::{Dir, File};
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Those in a folder that was embedded, as [`Migrator`] itself would find them there: `<number>_<what_it_does>.sql`,
/// in the order of their numbers. One that begins with `-- no-transaction` runs outside of one.
///
/// # Errors
/// When a file has another name, or is not text.
pub fn migrator(folder: &Dir<'static>) -> anyhow::Result<Migrator> {
    let migrations: anyhow::Result<Vec<Migration>> = folder.files().map(migration).collect();
    Ok(Migrator::with_migrations(migrations?))
}

fn migration(file: &File<'static>) -> anyhow::Result<Migration> {
    let path = file.path();
    let named = |()| {
        let (number, what) = path.to_str()?.strip_suffix(".sql")?.split_once('_')?;
        Some((number.parse().ok()?, what.replace('_', " ")))
    };
    let (number, what) =
        named(()).with_context(|| format!("{}: no <number>_<what>.sql", path.display()))?;
    let sql = file
        .contents_utf8()
        .with_context(|| format!("{}: not text", path.display()))?;
    let alone = sql.starts_with("-- no-transaction");
    // What the program carries is the program's own.
    let sql = AssertSqlSafe(sql).into_sql_str();
    let simple = MigrationType::Simple;
    Ok(Migration::new(number, what.into(), simple, sql, alone))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use include_dir::include_dir;

    use super::*;

    static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../services/content/migrations");

    /// Databases know what they have applied by number and checksum.
    #[tokio::test]
    async fn they_are_those_that_sqlx_finds_in_the_folder() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services/content/migrations");
        let found = Migrator::new(folder).await.unwrap();
        let embedded = migrator(&FOLDER).unwrap();
        let told = |migrator: &Migrator| -> Vec<_> {
            let all = migrator.iter();
            all.map(|one| (one.version, one.description.clone(), one.checksum.clone()))
                .collect()
        };
        assert!(embedded.iter().len() >= 5);
        assert_eq!(told(&embedded), told(&found));
    }

    #[test]
    fn a_file_of_another_name_is_refused_by_name() {
        let entries = [include_dir::DirEntry::File(File::new("posts.sql", b""))];
        let entries: &'static [_] = Box::leak(Box::new(entries));
        let refused = migrator(&Dir::new("", entries)).unwrap_err().to_string();
        assert!(refused.starts_with("posts.sql"), "{refused}");
    }
}
