//! A service's migrations, as its program carries them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use include_dir::{Dir, File};
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::{Settings, sqlstate, startup};
use crate::config::Env;

/// A database that a program cannot work with, however often it is started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It is not there, and is not to be made.
    #[error("there is no database {database}: `nova migrate --service {service}` makes it")]
    Absent {
        /// Its name.
        database: String,
        /// Whose.
        service: &'static str,
    },
    /// It lacks migrations, and they are not to be applied.
    #[error(
        "the database {database} lacks {lacks:?}: `nova migrate --service {service}` applies them"
    )]
    Behind {
        /// Its name.
        database: String,
        /// Whose.
        service: &'static str,
        /// Migrations, as their files are called.
        lacks: Vec<String>,
    },
    /// Another migration was applied to it by the same number.
    #[error(
        "the database {database} has another migration {number} than {service}: it is another service's, or that file has changed \
         since it was applied"
    )]
    Foreign {
        /// Its name.
        database: String,
        /// Whose it should be.
        service: &'static str,
        /// The migration's number.
        number: i64,
    },
}

/// The migrations of a service and the database that they are for.
pub struct Migrations {
    service: &'static str,
    settings: Settings,
    migrator: Migrator,
}

impl Migrations {
    /// Those of a service, with the database that the settings name.
    ///
    /// # Errors
    /// [`ConfigError`](crate::ConfigError) when a setting is wrong; when the folder has other files than migrations.
    pub fn read(
        env: &mut Env,
        service: &'static str,
        folder: &Dir<'static>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            service,
            settings: Settings::read(env, service)?,
            migrator: migrator(folder)?,
        })
    }

    /// What the database is called.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.settings.database
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Those that the database lacks, as their files are called; all if it is not there. Nothing is changed.
    ///
    /// # Errors
    /// [`SchemaError::Foreign`]; when Postgres is not there within `NOVA_STARTUP_TIMEOUT`.
    pub async fn pending(&self) -> anyhow::Result<Vec<String>> {
        let lacking = self.look().await?;
        Ok(lacking.unwrap_or_else(|| self.migrator.iter().map(file_name).collect()))
    }

    /// What the database lacks, if it is there.
    async fn look(&self) -> anyhow::Result<Option<Vec<String>>> {
        let connect = async || {
            let options = self.settings.server.clone();
            options.database(&self.settings.database).connect().await
        };
        match startup::patiently(&self.settings, self.service, connect).await {
            Ok(mut connection) => {
                let lacking = self.lacking(&mut connection).await;
                connection.close().await.ok();
                lacking.map(Some)
            }
            Err(error) if sqlstate(&error).as_deref() == Some("3D000") => Ok(None),
            Err(error) => Err(error).with_context(|| self.unreachable()),
        }
    }

    /// Makes the database if it is not there, and applies what it lacks: answers what that was. What a later build has applied
    /// beside that stays.
    ///
    /// # Errors
    /// [`SchemaError::Foreign`]; when Postgres is not there within `NOVA_STARTUP_TIMEOUT`, or does not take one.
    pub async fn run(&self) -> anyhow::Result<Vec<String>> {
        let connect = async || startup::connect_or_create(&self.settings).await;
        let mut connection = startup::patiently(&self.settings, self.service, connect)
            .await
            .with_context(|| self.unreachable())?;
        let lacking = self.lacking(&mut connection).await?;
        let applied = self.migrator.run(&mut connection).await;
        applied.with_context(|| format!("could not migrate the database {}", self.database()))?;
        connection.close().await.ok();
        Ok(lacking)
    }

    /// Makes sure that the database is there and lacks nothing.
    ///
    /// # Errors
    /// [`SchemaError`]; when Postgres is not there within `NOVA_STARTUP_TIMEOUT`.
    pub(super) async fn require(&self) -> anyhow::Result<()> {
        let (database, service) = (self.settings.database.clone(), self.service);
        let error = match self.look().await? {
            Some(lacks) if lacks.is_empty() => return Ok(()),
            Some(lacks) => SchemaError::Behind {
                database,
                service,
                lacks,
            },
            None => SchemaError::Absent { database, service },
        };
        Err(error.into())
    }

    async fn lacking(&self, connection: &mut PgConnection) -> anyhow::Result<Vec<String>> {
        let known: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *connection)
            .await?;
        let mut applied: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        if known {
            let rows = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations");
            applied.extend(rows.fetch_all(connection).await?);
        }
        let mut lacking = Vec::new();
        for migration in self.migrator.iter() {
            match applied.get(&migration.version) {
                None => lacking.push(file_name(migration)),
                Some(checksum) if checksum[..] == migration.checksum[..] => {}
                Some(_) => {
                    return Err(SchemaError::Foreign {
                        database: self.settings.database.clone(),
                        service: self.service,
                        number: migration.version,
                    }
                    .into());
                }
            }
        }
        Ok(lacking)
    }

    fn unreachable(&self) -> String {
        format!("could not connect to the Postgres of {}", self.service)
    }
}

fn file_name(migration: &Migration) -> String {
    let what = migration.description.replace(' ', "_");
    format!("{:04}_{what}", migration.version)
}

/// Those in a folder that was embedded, as [`Migrator`] itself would find them there: `<number>_<what_it_does>.sql`,
/// in the order of their numbers. One that begins with `-- no-transaction` runs outside of one. A database may have more: an
/// older program works on a newer schema, for migrations only add to it.
///
/// # Errors
/// When a file has another name, or is not text.
pub fn migrator(folder: &Dir<'static>) -> anyhow::Result<Migrator> {
    let migrations: anyhow::Result<Vec<Migration>> = folder.files().map(migration).collect();
    let mut migrator = Migrator::with_migrations(migrations?);
    migrator.set_ignore_missing(true);
    Ok(migrator)
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
