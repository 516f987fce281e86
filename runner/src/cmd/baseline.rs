//! `runner baseline`: the last good build, for gates.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use jiff::Timestamp;
use shared::arms::Arms;
use shared::report::Build;

use crate::arm::{ArmSource, identities};
use crate::console::print;
use crate::environment::build;
use crate::exit::{Exit, usage};
use crate::output::{
    Baseline, Kept, RUN_FILE, age, clear_baseline, keep_binary, keep_run, locate, read_baseline,
};

/// A service that every build has, to start a binary with.
const ANY_SERVICE: &str = "standard";

/// Keep the last good build, which `runner gate` compares against.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner baseline set                       this build is good
  runner baseline set old/runner            that one is
  runner baseline set 20261123T031500Z-quick-9f3c
  runner baseline show

It is kept in DIR/baseline/: a copy of the binary, or the name of a run of DIR. A binary is better: both builds are
then measured in the same minutes, so that the machine's drift cancels out.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    /// Folder that holds the runs.
    #[arg(long, value_name = "DIR", default_value = "reports", global = true)]
    reports: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Keep a build or a run as the last good one.
    Set {
        /// A built runner, or a run: its folder or its id [default: this runner]
        #[arg(value_name = "BINARY|RUN")]
        what: Option<String>,
    },
    /// Say what is kept, and whether it is still what it was.
    Show,
    /// Keep nothing any more.
    Clear,
}

/// Keeps, shows or forgets.
///
/// # Errors
/// What is to be kept cannot be used, or what is kept was changed.
pub(crate) async fn run(args: &Args) -> Result<Exit> {
    match &args.action {
        Action::Set { what } => {
            let kept = set(what.as_deref(), &args.reports).await?;
            print(&described(&kept, &args.reports)?)?;
        }
        Action::Show => match read_baseline(&args.reports)? {
            Some(kept) => print(&described(&kept, &args.reports)?)?,
            None => eprintln!("no baseline is kept in {}", args.reports.display()),
        },
        Action::Clear => {
            let cleared = clear_baseline(&args.reports)?;
            eprintln!(
                "{}",
                if cleared {
                    "forgotten"
                } else {
                    "there was none"
                }
            );
        }
    }
    Ok(Exit::Done)
}

async fn set(what: Option<&str>, reports: &Path) -> Result<Baseline> {
    let Some(what) = what else {
        let this = ArmSource::of_this_binary(ANY_SERVICE)?;
        return keep_binary(reports, &this.binary, build());
    };
    match Against::find(what, reports)? {
        Against::Binary(binary) => {
            let build = build_of(&binary).await?;
            keep_binary(reports, &binary, build)
        }
        Against::Run(run) => keep_run(reports, &run),
    }
}

/// The build of a binary, which is started for that.
async fn build_of(binary: &Path) -> Result<Build> {
    let source = ArmSource::choose(&format!("{ANY_SERVICE}@{}", binary.display())).await?;
    let both = Arms {
        baseline: source.clone(),
        candidate: source,
    };
    Ok(identities(&both).baseline.build.unwrap_or_else(build))
}

fn described(baseline: &Baseline, reports: &Path) -> Result<String> {
    let path = baseline.check(reports)?;
    let what = match &baseline.kept {
        Kept::Binary { .. } => "binary",
        Kept::Run { .. } => "run",
    };
    let Build {
        version,
        revision,
        profile,
        target,
    } = &baseline.build;
    let revision = if revision.is_empty() {
        "unknown"
    } else {
        revision
    };
    let target = target
        .as_ref()
        .map_or_else(String::new, |target| format!(" for {target}"));
    let ago = age(&baseline.set_at, Timestamp::now())
        .map_or_else(String::new, |age| format!(", {age} ago"));
    Ok(format!(
        "{what} {}\nversion {version}, revision {revision}, {profile} build{target}\nBLAKE3 {}\nkept since {}{ago}\n",
        path.display(),
        baseline.blake3,
        baseline.set_at
    ))
}

/// What a new build is compared against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Against {
    /// Another build of the runner.
    Binary(PathBuf),
    /// The folder of a run.
    Run(PathBuf),
}

impl Against {
    /// What a name stands for: a file that is no report is a binary, everything else a run.
    ///
    /// # Errors
    /// There is neither; ends with [`Exit::Usage`].
    pub(super) fn find(name: &str, reports: &Path) -> Result<Self> {
        let path = Path::new(name);
        if path.is_file() && path.file_name().is_none_or(|file| file != RUN_FILE) {
            return Ok(Self::Binary(path.to_owned()));
        }
        locate(name, reports).map(Self::Run).map_err(|refused| {
            usage(anyhow!(
                "`{name}` is neither a built runner nor a run: {refused}"
            ))
        })
    }

    /// What is kept as the last good one.
    ///
    /// # Errors
    /// Nothing is, or it was changed; ends with [`Exit::Usage`].
    pub(super) fn kept(reports: &Path) -> Result<Self> {
        let baseline = read_baseline(reports)?
            .with_context(|| {
                format!(
                    "no baseline is kept in {}: keep the last good build with `runner baseline set BINARY`, \
                     or name one with --against",
                    reports.display()
                )
            })
            .map_err(usage)?;
        let path = baseline.check(reports)?;
        Ok(match baseline.kept {
            Kept::Binary { .. } => Self::Binary(path),
            Kept::Run { .. } => Self::Run(path),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::written_into;

    #[test]
    fn files_are_binaries_and_folders_are_runs() {
        let reports = tempfile::tempdir().unwrap();
        let run = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        let binary = reports.path().join("runner");
        std::fs::write(&binary, "").unwrap();
        let find = |name: &Path| Against::find(name.to_str().unwrap(), reports.path());
        assert_eq!(find(&binary).unwrap(), Against::Binary(binary.clone()));
        assert_eq!(find(&run).unwrap(), Against::Run(run.clone()));
        assert_eq!(
            find(&run.join(RUN_FILE)).unwrap(),
            Against::Run(run.clone())
        );
        let id = Path::new(run.file_name().unwrap());
        assert_eq!(find(id).unwrap(), Against::Run(run.clone()));
        let refused = find(Path::new("nothing")).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(
            refused
                .to_string()
                .contains("neither a built runner nor a run"),
            "{refused}"
        );
    }

    #[test]
    fn nothing_kept_says_what_to_do() {
        let reports = tempfile::tempdir().unwrap();
        let refused = Against::kept(reports.path()).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        let text = refused.to_string();
        assert!(
            text.contains("baseline set") && text.contains("--against"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_kept_run_is_described() {
        let reports = tempfile::tempdir().unwrap();
        let run = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        let kept = set(run.to_str(), reports.path()).await.unwrap();
        let text = described(&kept, reports.path()).unwrap();
        assert!(
            text.starts_with("run ") && text.contains("revision 0123456789ab, release"),
            "{text}"
        );
        assert!(text.contains("less than a minute ago"), "{text}");
    }
}
