//! What is to be measured, and how long.

use std::time::Duration;

use crate::common::Result;

pub(crate) const HELP: &str = "\
Holds the optimized service against its targets, both sides in turn.

  --database URL  a PostgreSQL, postgres://USER:PASSWORD@HOST:PORT/DATABASE, whose user may create
                  schemas and checkpoint; without it SQLite, in a folder below target/
  --only NAMES    of duplicates, unique, hit; separated by commas
  --rounds N      of which the median is taken (7)
  --seconds S     a side and round (2)
  --check         exit with 1 if a target is missed
  --json          print a line of JSON for each target, too
";

pub(crate) struct Arguments {
    pub(crate) database: Option<String>,
    pub(crate) rounds: u32,
    /// A side and round.
    pub(crate) time: Duration,
    pub(crate) check: bool,
    pub(crate) json: bool,
    only: Option<String>,
}

impl Arguments {
    /// `None` if help is asked for.
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut arguments = Self {
            database: None,
            rounds: 7,
            time: Duration::from_secs(2),
            check: false,
            json: false,
            only: None,
        };
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--database" => arguments.database = Some(value()?),
                "--only" => arguments.only = Some(value()?),
                "--rounds" => arguments.rounds = value()?.parse::<u32>()?.max(1),
                "--seconds" => {
                    arguments.time = Duration::try_from_secs_f64(value()?.parse()?)?;
                }
                "--check" => arguments.check = true,
                "--json" => arguments.json = true,
                "--help" => return Ok(None),
                // cargo's own.
                "--bench" => {}
                _ => return Err(format!("unknown option {name}; see --help").into()),
            }
        }
        Ok(Some(arguments))
    }

    pub(crate) fn asks_for(&self, name: &str) -> bool {
        self.only
            .as_deref()
            .is_none_or(|names| names.split(',').any(|one| one == name))
    }
}
