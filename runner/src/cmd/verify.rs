//! `runner verify`: whether runs are whole and what they promise.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::console::print;
use crate::exit::Exit;
use crate::output::{RunCheck, check_run, locate};

/// Check runs: seals, fields, histograms, counts, and that the files belong together.
///
/// A changed byte anywhere in a run is found and its place named. The services' own losses (acknowledged saves
/// that the ledger check did not find) are told apart from damaged files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner verify reports/20261123T031500Z-quick-9f3c
  runner verify 20261123T031500Z-quick-9f3c 20261124T031500Z-quick-07aa

Exit codes: 0 all is well, 2 a file is damaged, missing or unreadable, 5 an acknowledged state is lost or wrong.")]
pub(crate) struct Args {
    /// Runs: folders, or ids under --reports.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// Folder that ids are looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
}

/// Checks all runs; one line a file on stdout, one line a finding on stderr.
///
/// # Errors
/// Where a run does not exist.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let folders = args
        .runs
        .iter()
        .map(|run| locate(run, &args.reports))
        .collect::<Result<Vec<_>>>()?;
    let mut exit = Exit::Done;
    for folder in folders {
        let check = check_run(&folder);
        let name = folder.display().to_string();
        eprint!("{}", problems(&name, &check));
        print(&listing(&name, &check))?;
        exit = worse(exit, outcome(&check));
    }
    Ok(exit)
}

fn outcome(check: &RunCheck) -> Exit {
    if !check.findings.is_empty() {
        Exit::Usage
    } else if !check.losses.is_empty() {
        Exit::Lost
    } else {
        Exit::Done
    }
}

/// What damaged files say about losses cannot be relied on, so damage comes first.
fn worse(a: Exit, b: Exit) -> Exit {
    [Exit::Usage, Exit::Lost]
        .into_iter()
        .find(|exit| [a, b].contains(exit))
        .unwrap_or(Exit::Done)
}

fn listing(folder: &str, check: &RunCheck) -> String {
    let mut text = String::new();
    for file in &check.files {
        let word = if check.findings.iter().any(|finding| finding.file == *file) {
            "DAMAGED"
        } else {
            "ok"
        };
        let _ = writeln!(text, "{word:8}{folder}/{file}");
    }
    text
}

fn problems(folder: &str, check: &RunCheck) -> String {
    let mut text = String::new();
    for finding in &check.findings {
        let _ = writeln!(text, "error: {folder}/{finding}");
    }
    for loss in &check.losses {
        let _ = writeln!(text, "lost: {folder}/{loss}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    fn args(runs: &[&std::path::Path]) -> Args {
        Args {
            runs: runs.iter().map(|run| run.display().to_string()).collect(),
            reports: "reports".into(),
        }
    }

    #[test]
    fn exit_codes_tell_damage_from_health() {
        let [whole, damaged] = [
            sample::written(&["low-load"]),
            sample::written(&["low-load"]),
        ];
        std::fs::write(damaged.path().join("low-load.json"), "{}").unwrap();
        assert_eq!(run(&args(&[whole.path()])).unwrap(), Exit::Done);
        assert_eq!(
            run(&args(&[damaged.path(), whole.path()])).unwrap(),
            Exit::Usage
        );
        let missing = run(&args(&[std::path::Path::new("/nowhere/run")])).unwrap_err();
        assert_eq!(Exit::of(&missing), Exit::Usage);
    }

    #[test]
    fn damage_comes_before_losses() {
        assert_eq!(worse(Exit::Lost, Exit::Usage), Exit::Usage);
        assert_eq!(worse(Exit::Done, Exit::Lost), Exit::Lost);
    }

    #[test]
    fn files_and_findings_are_listed() {
        let folder = sample::written(&["low-load", "high-load"]);
        let path = folder.path().join("low-load.json");
        let text =
            std::fs::read_to_string(&path)
                .unwrap()
                .replacen("\"planned\":4", "\"planned\":5", 1);
        std::fs::write(&path, text).unwrap();
        let check = check_run(folder.path());
        insta::assert_snapshot!(listing("run", &check), @"
        ok      run/run.json
        DAMAGED run/low-load.json
        ok      run/high-load.json
        ");
        insta::assert_snapshot!(problems("run", &check), @"error: run/low-load.json: changed since it was written: /blocks/0");
    }
}
