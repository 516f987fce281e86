//! Where the databases of a run are kept: each arm of each round has one of its own, clean at its begin.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};

use crate::exit::usage;
use crate::place::{Place, connect, fitting, without_password};

/// Says where databases are kept if the command line does not.
const VARIABLE: &str = "DATABASE_URL";
/// What the names of all schemas begin with.
const SCHEMAS: &str = "statebench_";
/// The oldest PostgreSQL that is accepted: 11, which the oldest supported relatives report too.
const OLDEST_SERVER: i32 = 110_000;
/// `undefined_object`: the server has no such setting.
const NO_SUCH_SETTING: &str = "42704";

/// Where somebody wants the databases to be kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// SQLite databases, below this folder.
    Folder(PathBuf),
    /// Schemas of the PostgreSQL database with this URL, password included.
    Server(String),
}

impl Home {
    /// What the command line says, else the environment, else beside the reports in `out`.
    ///
    /// # Errors
    /// A database of another kind; names the option or the variable.
    pub(crate) fn find(option: Option<&str>, out: &Path) -> Result<Self> {
        let variable = std::env::var_os(VARIABLE).map(|text| text.to_string_lossy().into_owned());
        Self::choose(option, variable.as_deref(), out)
    }

    fn choose(option: Option<&str>, variable: Option<&str>, out: &Path) -> Result<Self> {
        match (option, variable.filter(|text| !text.is_empty())) {
            (Some(url), _) => Self::read(url).map_err(|why| usage(anyhow!("--database: {why}"))),
            (None, Some(url)) => Self::read(url).map_err(|why| {
                usage(anyhow!(
                    "the environment variable {VARIABLE}: {why}; or unset it, or name a database with --database"
                ))
            }),
            (None, None) => Ok(Self::Folder(out.to_owned())),
        }
    }

    /// The error tells the scheme at the most: the rest may hold a password.
    fn read(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", folder)) => Ok(Self::Folder(PathBuf::from(
                folder.strip_prefix("//").unwrap_or(folder),
            ))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Server(url.to_owned()))
            }
            scheme => Err(format!(
                "{} is not supported; name a folder for SQLite databases as sqlite:DIR, or a PostgreSQL database as \
                 postgres://USER:PASSWORD@HOST:PORT/DATABASE",
                scheme.map_or_else(
                    || "a text without a scheme".to_owned(),
                    |(scheme, _)| format!("`{scheme}:`")
                )
            )),
        }
    }

    /// Makes sure that databases can be kept here, before any load.
    ///
    /// # Errors
    /// A folder that cannot be written to; a server that is not reached, is too old, refuses schemas or does not keep
    /// what it acknowledged. No error holds the password.
    pub(crate) async fn prepare(self) -> Result<Prepared> {
        match self {
            Self::Folder(parent) => {
                let made = tempfile::Builder::new()
                    .prefix(".databases-")
                    .tempdir_in(&parent);
                let made = made.map_err(|e| {
                    usage(anyhow!(
                        "databases cannot be kept in {}: {e}; make the folder writable or name another place with \
                         --database",
                        parent.display()
                    ))
                })?;
                Ok(Prepared::Folder(GoesAway(made.keep())))
            }
            Self::Server(url) => {
                let checked = check_server(&url).await;
                checked.map_err(|e| usage(anyhow!("{}: {e:#}", without_password(&url))))?;
                Ok(Prepared::Server(url))
            }
        }
    }
}

/// A place for databases that works.
pub(crate) enum Prepared {
    /// A folder that goes away with the run.
    Folder(GoesAway),
    /// A server that was checked.
    Server(String),
}

impl Prepared {
    /// The databases of one run, by its id.
    pub(crate) fn of_run(self, run: &str) -> Databases {
        match self {
            Self::Folder(folder) => Databases::Files {
                folder: folder.0.clone(),
                _goes_away: Some(folder),
            },
            Self::Server(url) => Databases::Schemas {
                url,
                prefix: prefix(run),
            },
        }
    }
}

/// A folder that is removed with the value: at the end of a run, however it ends, unless the process is killed.
pub(crate) struct GoesAway(PathBuf);

impl Drop for GoesAway {
    fn drop(&mut self) {
        let _stays = std::fs::remove_dir_all(&self.0);
    }
}

/// The databases of a run.
pub(crate) enum Databases {
    /// SQLite databases.
    Files {
        /// The folder that holds them and nothing else.
        folder: PathBuf,
        /// Removes the folder in the end.
        _goes_away: Option<GoesAway>,
    },
    /// Schemas of a PostgreSQL database.
    Schemas {
        /// The database, with the password.
        url: String,
        /// What the names of the run's schemas, and of no others, begin with.
        prefix: String,
    },
}

impl Databases {
    /// SQLite databases that a process left which was killed. They stay, unless they are [`Databases::taken_over`].
    pub(crate) const fn left_in(folder: PathBuf) -> Self {
        Self::Files {
            _goes_away: None,
            folder,
        }
    }

    /// The same databases, which are removed in the end.
    pub(crate) fn taken_over(self) -> Self {
        match self {
            Self::Files { folder, .. } => Self::Files {
                _goes_away: Some(GoesAway(folder.clone())),
                folder,
            },
            server @ Self::Schemas { .. } => server,
        }
    }

    /// SQLite databases in a folder that somebody else removes.
    #[cfg(test)]
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self::Files {
            folder,
            _goes_away: None,
        }
    }

    /// Where they are kept.
    pub(crate) fn home(&self) -> Home {
        match self {
            Self::Files { folder, .. } => Home::Folder(folder.clone()),
            Self::Schemas { url, .. } => Home::Server(url.clone()),
        }
    }

    /// Where an arm of a round of a scenario has its database.
    fn at(&self, scenario: &str, round: usize, arm: &str) -> Place {
        match self {
            Self::Files { folder, .. } => {
                let folder = folder.join(scenario).join(round.to_string()).join(arm);
                Place::Sqlite {
                    file: folder.join("state.db"),
                }
            }
            Self::Schemas { url, prefix } => Place::Postgres {
                url: url.clone(),
                schema: schema(prefix, scenario, round, arm),
            },
        }
    }

    /// A clean database for an arm of a round of a scenario.
    ///
    /// # Errors
    /// What the system or the server says.
    pub(crate) async fn place(&self, scenario: &str, round: usize, arm: &str) -> Result<Place> {
        let place = self.at(scenario, round, arm);
        match &place {
            Place::Sqlite { file } => {
                let folder = file.parent().unwrap_or(file);
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("the folder {} for a database", folder.display()))?;
            }
            Place::Postgres { .. } => place.clear().await?,
        }
        Ok(place)
    }

    /// Where an arm of the only round of a scenario left its database; none where it is gone.
    ///
    /// # Errors
    /// What the server says.
    pub(crate) async fn left(&self, scenario: &str, arm: &str) -> Result<Option<Place>> {
        let place = self.at(scenario, 0, arm);
        let is_there = match &place {
            Place::Sqlite { file } => file.is_file(),
            Place::Postgres { url, schema } => {
                let mut connection = connect(url).await?;
                let there = schemas(&mut connection, schema).await?;
                connection.close().await?;
                there.contains(schema)
            }
        };
        Ok(is_there.then_some(place))
    }

    /// Removes all of them that there are so far, those for warm-up and probes included. Nobody has one open.
    ///
    /// # Errors
    /// What the system or the server says.
    pub(crate) async fn clear(&self) -> Result<()> {
        match self {
            Self::Files { folder, .. } => {
                for entry in std::fs::read_dir(folder)? {
                    std::fs::remove_dir_all(entry?.path())?;
                }
                Ok(())
            }
            Self::Schemas { url, prefix } => {
                let mut connection = connect(url).await?;
                for schema in schemas(&mut connection, prefix).await? {
                    drop_schema(&mut connection, &schema).await?;
                }
                Ok(connection.close().await?)
            }
        }
    }

    /// Removes all of them at the end of the run, and says which schemas stay if that does not work.
    pub(crate) async fn remove(self) {
        // A folder goes away by itself.
        if let Self::Schemas { prefix, .. } = &self
            && let Err(e) = self.clear().await
        {
            eprintln!(
                "warning: the schemas whose names begin with {prefix} could not be removed ({e:#}); remove each with \
                 DROP SCHEMA \"NAME\" CASCADE"
            );
        }
    }
}

/// `statebench_20261123t031500z_9f3c_` for the run `20261123T031500Z-quick-9f3c`: the profile is left out.
fn prefix(run: &str) -> String {
    let parts: Vec<&str> = run.split('-').collect();
    let short = match parts.as_slice() {
        [time, .., tag] => format!("{time}_{tag}"),
        _ => run.to_owned(),
    };
    format!("{SCHEMAS}{}_", plain(&short))
}

fn schema(prefix: &str, scenario: &str, round: usize, arm: &str) -> String {
    fitting(format!(
        "{prefix}{}_{round}_{}",
        plain(scenario),
        plain(arm)
    ))
}

/// Lower-case letters, digits and underscores: a name that needs no quotes.
fn plain(text: &str) -> String {
    let valid = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    text.chars().map(valid).collect()
}

async fn schemas(connection: &mut PgConnection, prefix: &str) -> Result<Vec<String>> {
    let query = "SELECT schema_name::text FROM information_schema.schemata \
                 WHERE left(schema_name::text, length($1::text)) = $1::text";
    Ok(sqlx::query_scalar(query)
        .bind(prefix)
        .fetch_all(connection)
        .await?)
}

/// The name is one of [`schema`]'s, so it cannot break out of its quotes.
pub(crate) async fn drop_schema(connection: &mut PgConnection, schema: &str) -> Result<()> {
    let statement = format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .with_context(|| format!("removing the schema {schema}"))?;
    Ok(())
}

/// Whether the server can be measured on, and whether what it acknowledges stays.
async fn check_server(url: &str) -> Result<()> {
    let mut connection = connect(url).await?;
    let version = setting(&mut connection, "server_version_num").await?;
    if let Some(version) = version.and_then(|text| text.parse::<i32>().ok())
        && version < OLDEST_SERVER
    {
        return Err(anyhow!(
            "the server is PostgreSQL {}; version {} or newer is needed",
            version / 10_000,
            OLDEST_SERVER / 10_000
        ));
    }
    for name in ["fsync", "full_page_writes"] {
        // Relatives of PostgreSQL have no such settings: their logs are always flushed.
        if setting(&mut connection, name).await?.as_deref() == Some("off") {
            return Err(anyhow!(
                "the server runs with {name} = off, so what it acknowledges may be gone after a power cut, and no figure \
                 would be worth comparing: set it to on"
            ));
        }
    }
    sqlx::raw_sql("SET synchronous_commit = on")
        .execute(&mut connection)
        .await
        .context("the server does not commit synchronously")?;
    check_rights(&mut connection).await?;
    Ok(connection.close().await?)
}

/// A setting of the server; none where it knows no such setting.
async fn setting(connection: &mut PgConnection, name: &str) -> Result<Option<String>> {
    let shown = sqlx::raw_sql(AssertSqlSafe(format!("SHOW {name}")))
        .fetch_one(connection)
        .await;
    match shown {
        Ok(row) => Ok(Some(row.try_get(0)?)),
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some(NO_SUCH_SETTING) => Ok(None),
        Err(e) => Err(anyhow!(e).context(format!("asking for the setting {name}"))),
    }
}

/// Makes a schema and takes it back: privileges alone do not say whether the database is read-only.
async fn check_rights(connection: &mut PgConnection) -> Result<()> {
    let schema = format!(
        "{SCHEMAS}check_{}_{}",
        std::process::id(),
        jiff::Timestamp::now().as_nanosecond()
    );
    let statements = format!("CREATE SCHEMA \"{schema}\"; DROP SCHEMA \"{schema}\"");
    let made = sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await;
    made.context(
        "each arm needs a schema of its own, and making one was refused: allow it with GRANT CREATE ON DATABASE, or name \
         a database of the user's own",
    )?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The URL of a PostgreSQL for tests: named by the environment, or one of the script's.
    pub(crate) fn server() -> String {
        if let Ok(url) = std::env::var("STATEBENCH_TEST_POSTGRES") {
            return url;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres.sh");
        let said = std::process::Command::new(script)
            .arg("url")
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    fn choose(option: Option<&str>, variable: Option<&str>) -> Result<Home, String> {
        Home::choose(option, variable, Path::new("reports")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_option_wins_over_the_variable_and_both_over_the_reports() {
        let (folder, url) = ("sqlite:data", "postgres://ann:s3cret@db/states");
        assert!(choose(None, None) == Ok(Home::Folder("reports".into())));
        assert!(choose(None, Some("")) == Ok(Home::Folder("reports".into())));
        assert!(choose(None, Some(url)) == Ok(Home::Server(url.to_owned())));
        assert!(choose(Some(folder), Some(url)) == Ok(Home::Folder("data".into())));
        assert!(
            choose(Some("sqlite:///data"), Some("mysql://x")) == Ok(Home::Folder("/data".into()))
        );
    }

    #[test]
    fn other_databases_are_refused_by_the_name_of_who_named_them() {
        let refused = |option, variable| choose(option, variable).err().unwrap();
        let said = refused(Some("mysql://ann:s3cret@db/x"), None);
        assert!(
            said.starts_with("--database: `mysql:` is not supported"),
            "{said}"
        );
        assert!(!said.contains("s3cret"), "{said}");
        let said = refused(None, Some("mysql://ann:s3cret@db/x"));
        assert!(
            said.starts_with("the environment variable DATABASE_URL: `mysql:`"),
            "{said}"
        );
        assert!(!said.contains("s3cret"), "{said}");
        assert!(refused(Some("s3cret"), None).contains("a text without a scheme"));
        assert!(refused(Some("postgres:s3cret"), None).contains("`postgres:` is not supported"));
    }

    #[test]
    fn schemas_have_names_that_postgresql_takes_as_they_are() {
        let prefix = prefix("20261123T031500Z-quick-9f3c");
        assert_eq!(prefix, "statebench_20261123t031500z_9f3c_");
        assert_eq!(
            schema(&prefix, "high-load", 0, "baseline"),
            "statebench_20261123t031500z_9f3c_high_load_0_baseline"
        );
        let long = "a-scenario-with-a-name-of-sixty-four-letters-which-is-the-longest";
        let names: std::collections::HashSet<String> = ["baseline", "candidate"]
            .into_iter()
            .flat_map(|arm| (0..20).map(move |round| (round, arm)))
            .map(|(round, arm)| schema(&prefix, long, round, arm))
            .collect();
        assert_eq!(names.len(), 40);
        assert!(
            names
                .iter()
                .all(|name| name.len() <= 63 && name.starts_with(&prefix)),
            "{names:?}"
        );
    }

    #[tokio::test]
    async fn schemas_are_clean_at_the_begin_and_gone_in_the_end() {
        let url = server();
        let run = format!("20000101T000000Z-ci-{:08x}", std::process::id());
        let of = |run: &str| Prepared::Server(url.clone()).of_run(run);
        let (databases, other) = (of(&run), of(&format!("{run}0")));
        let mut connection = connect(&url).await.unwrap();
        let place = databases.place("low-load", 0, "baseline").await.unwrap();
        let neighbour = other.place("low-load", 0, "baseline").await.unwrap();
        let beside = place.beside("warm-up");
        for place in [&place, &neighbour, &beside] {
            let Place::Postgres { schema, .. } = place else {
                unreachable!("the databases are on a server")
            };
            let statement =
                format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.rows (id BIGINT)");
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .unwrap();
        }
        // Left by whoever had the place before.
        databases.place("low-load", 0, "baseline").await.unwrap();
        assert_eq!(
            schemas(&mut connection, &prefix(&run)).await.unwrap().len(),
            1
        );
        databases.remove().await;
        assert!(
            schemas(&mut connection, &prefix(&run))
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            schemas(&mut connection, &prefix(&format!("{run}0")))
                .await
                .unwrap()
                .len(),
            1
        );
        other.remove().await;
    }
}
