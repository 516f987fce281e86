//! Where an arm keeps its states.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use crate::databases::drop_schema;

/// Longest name of a schema, bytes: PostgreSQL cuts longer ones silently.
const LONGEST_NAME: usize = 63;
/// Digits that tell names apart which were too long.
const DIGEST_DIGITS: usize = 8;
/// How long a server may take to let somebody in.
const SERVER_PATIENCE: Duration = Duration::from_secs(10);
/// How long a statement of the instrument's own may take: a large schema takes seconds to go.
const STATEMENT_TIMEOUT: &str = "120s";
/// What the connections of the instrument are called on the server.
const APPLICATION: &str = "statebench-runner";
/// Where servers listen if a URL does not say.
const USUAL_PORT: u16 = 5432;

/// A database of an arm's own. Shown without its password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// A SQLite database.
    Sqlite {
        /// Its file.
        file: PathBuf,
    },
    /// A schema of a PostgreSQL database.
    Postgres {
        /// The database, with the password.
        url: String,
        /// The schema, which belongs to this arm alone.
        schema: String,
    },
}

impl Place {
    /// A place of the same kind beside this one, for states that are thrown away.
    pub(crate) fn beside(&self, name: &str) -> Self {
        match self {
            Self::Sqlite { file } => Self::Sqlite {
                file: file.with_file_name(format!("{name}.db")),
            },
            Self::Postgres { url, schema } => Self::Postgres {
                url: url.clone(),
                schema: fitting(format!("{schema}_{}", name.replace('-', "_"))),
            },
        }
    }

    /// Removes the database, which nobody has open.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn clear(&self) -> Result<()> {
        match self {
            Self::Sqlite { file } => {
                for suffix in ["", "-wal", "-shm"] {
                    let mut part = file.clone().into_os_string();
                    part.push(suffix);
                    match std::fs::remove_file(&part) {
                        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
                        _ => {}
                    }
                }
                Ok(())
            }
            Self::Postgres { url, schema } => {
                let mut connection = connect(url).await?;
                drop_schema(&mut connection, schema).await?;
                Ok(connection.close().await?)
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { file } => file.display().fmt(f),
            Self::Postgres { url, schema } => {
                write!(f, "schema {schema} of {}", without_password(url))
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

/// `postgres://USER@HOST/DATABASE`: neither password nor options, which may hold one too. Where the parts cannot be told
/// apart for certain, only that it is a PostgreSQL database.
pub(crate) fn without_password(url: &str) -> String {
    let unclear = || "the PostgreSQL database".to_owned();
    let Ok(options) = PgConnectOptions::from_str(url) else {
        return unclear();
    };
    let (user, host) = (options.get_username(), options.get_host());
    let database = options.get_database().unwrap_or(user);
    // A password with a slash that was not escaped ends up in what looks like the database's name.
    if [user, host, database]
        .iter()
        .any(|part| part.contains(['@', ':']))
    {
        return unclear();
    }
    let port = match options.get_port() {
        USUAL_PORT => String::new(),
        port => format!(":{port}"),
    };
    format!("postgres://{user}@{host}{port}/{database}")
}

/// A name cut to what PostgreSQL allows. The begin stays; digits of its digest keep it apart from others.
pub(crate) fn fitting(name: String) -> String {
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let digest = blake3::hash(name.as_bytes()).to_hex();
    let kept = name.floor_char_boundary(LONGEST_NAME - DIGEST_DIGITS - 1);
    format!("{}_{}", &name[..kept], &digest[..DIGEST_DIGITS])
}

/// A connection of the instrument's own.
///
/// # Errors
/// Says what to do, without the password.
pub(crate) async fn connect(url: &str) -> Result<PgConnection> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| anyhow!("this is no URL of a PostgreSQL database; write postgres://USER:PASSWORD@HOST:PORT/DATABASE, \
                              special characters of the password in percent-encoding"))?
        .application_name(APPLICATION)
        .options([("statement_timeout", STATEMENT_TIMEOUT)]);
    match tokio::time::timeout(SERVER_PATIENCE, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(e)) => {
            let remedy = remedy(&e);
            Err(e).context(remedy)
        }
        Err(_) => Err(anyhow!(
            "the server did not answer within {SERVER_PATIENCE:?}: check host and port"
        )),
    }
}

/// What to do about a connection that was refused.
fn remedy(error: &sqlx::Error) -> &'static str {
    let code = error
        .as_database_error()
        .and_then(|e| e.code().map(|code| code.into_owned()));
    match code.as_deref() {
        // Class 28: invalid authorization.
        Some(code) if code.starts_with("28") => {
            "the server refused the user: check name and password, and its pg_hba.conf"
        }
        Some("3D000") => "there is no such database on the server: create it, or name another one",
        Some("53300") => "the server has no connection left: close some, or raise max_connections",
        _ => "the server cannot be reached: check that it runs, and host and port",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let place = Place::Postgres {
            url: "postgres://ann:s3@cret@db/states?password=s3cret".to_owned(),
            schema: "arm".to_owned(),
        };
        assert_eq!(place.to_string(), "schema arm of postgres://ann@db/states");
        for unclear in [
            "postgres://ann:s3cret/x@db/states",
            "postgres://ann:12/s3cret@db",
            "s3cret",
        ] {
            assert_eq!(
                without_password(unclear),
                "the PostgreSQL database",
                "{unclear}"
            );
        }
        assert_eq!(
            without_password("postgres://ann:s3cret@db:6000/states"),
            "postgres://ann@db:6000/states"
        );
        assert_eq!(
            format!("{:?}", place.beside("warm-up")),
            "Place(schema arm_warm_up of postgres://ann@db/states)"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named_without_the_password() {
        let refused = connect("postgres://ann:s3cret@127.0.0.1:1/states").await;
        let said = format!("{:#}", refused.unwrap_err());
        assert!(
            said.contains("cannot be reached") && !said.contains("s3cret"),
            "{said}"
        );
        let refused = connect("postgres://ann:s3cret@127.0.0.1:port/states").await;
        let said = format!("{:#}", refused.unwrap_err());
        assert!(
            said.contains("percent-encoding") && !said.contains("s3cret"),
            "{said}"
        );
    }

    #[test]
    fn long_names_are_cut_but_stay_apart() {
        let name = |last: &str| fitting(format!("{}{last}", "n".repeat(70)));
        assert_eq!(name("a").len(), LONGEST_NAME);
        assert_ne!(name("a"), name("b"));
        assert_eq!(fitting("short".to_owned()), "short");
    }
}
