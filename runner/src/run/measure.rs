//! A run from what was asked for to its files: what the commands that measure have in common.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use shared::arms::Arms;
use shared::criteria::Policy;

use super::{Enough, Finished, Interrupt, Order, Paths, conduct, listener};
use crate::arm::{ArmSource, ProcessArms};
use crate::dataset::DEFAULT_STATES;
use crate::exit::usage;
use crate::output::{RunFolder, rebuild_index, write_index};
use crate::scenario::Spec;

/// What somebody asked to be measured.
pub(crate) struct Assignment {
    /// What people call the run.
    pub(crate) title: String,
    /// Name of the profile.
    pub(crate) profile: String,
    /// Seed of plan, order and dataset.
    pub(crate) seed: u64,
    /// The services.
    pub(crate) sources: Arms<ArmSource>,
    /// The scenarios.
    pub(crate) specs: Vec<Spec>,
    /// The targets of the whole run.
    pub(crate) policy: Policy,
    /// Folder that the run's folder is made in.
    pub(crate) out: PathBuf,
    /// Where the databases are kept: `sqlite:DIR`; none: beside the reports.
    pub(crate) database: Option<String>,
    /// Where the paths of the report's files are printed.
    pub(crate) paths: Paths,
}

/// Measures, and lists the run in the index of its folder. `enough` is asked at the planned looks.
///
/// # Errors
/// Wrong input, before any load starts; a report that cannot be written.
pub(crate) async fn measure(assignment: Assignment, enough: Enough<'_>) -> Result<Finished> {
    let out = &assignment.out;
    std::fs::create_dir_all(out).map_err(|e| {
        usage(anyhow!(
            "the output folder {} cannot be made: {e}; name another one with --out",
            out.display()
        ))
    })?;
    let databases = databases(out, assignment.database.as_deref())?;
    let folder = RunFolder::create(out, &assignment.profile, Timestamp::now())?;
    let order = Order {
        title: assignment.title,
        profile: assignment.profile,
        seed: assignment.seed,
        states: DEFAULT_STATES,
        sources: assignment.sources,
        specs: assignment.specs,
        policy: assignment.policy,
        databases: databases.path().to_owned(),
        paths: assignment.paths,
    };
    let interrupt = Interrupt::listen().context("listening for Ctrl-C")?;
    let mut listener = listener(assignment.paths);
    let finished = conduct(
        &order,
        &folder,
        &ProcessArms,
        &interrupt,
        listener.as_mut(),
        enough,
    )
    .await?;
    write_index(out, &rebuild_index(out)?)?;
    Ok(finished)
}

/// A folder for the databases that goes away with the run. A disk in memory would make every commit free.
fn databases(out: &Path, url: Option<&str>) -> Result<tempfile::TempDir> {
    let parent = match url {
        None => out.to_owned(),
        Some(url) => match url.split_once(':') {
            Some(("sqlite", folder)) => PathBuf::from(folder.strip_prefix("//").unwrap_or(folder)),
            _ => {
                let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
                return Err(usage(anyhow!(
                    "--database: `{scheme}` is not supported; name a folder for SQLite databases as sqlite:DIR"
                )));
            }
        },
    };
    tempfile::Builder::new().prefix(".databases-").tempdir_in(&parent).map_err(|e| {
        usage(anyhow!(
            "databases cannot be kept in {}: {e}; make the folder writable or name another one with --database sqlite:DIR",
            parent.display()
        ))
    })
}
