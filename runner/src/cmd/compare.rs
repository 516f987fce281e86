//! `runner compare`: two runs, or two arms, held against each other.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use shared::arms::ArmRole;
use shared::calibration::is_noise;
use shared::comparison::{Evidence, compare};
use shared::criteria::Policy;
use shared::report::{Run, Scenario};

use super::verdict::read;
use crate::console::{colour_on_stdout, print};
use crate::exit::{Exit, usage};
use crate::output::sheet::{Format, LeftOut, Sheet};
use crate::scenario::load_policy;

/// Compare two runs, or two arms: where a policy sets limits, with a verdict.
///
/// Of two runs, each is divided by its own baseline first, so that what the machine did to both its arms cancels out.
/// Of two arms of one run, pair is compared with pair. Scenarios that only one side has are left out and named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner compare 20261123T031500Z-quick-9f3c 20261124T031500Z-quick-07aa
  runner compare RUN:baseline RUN:candidate --scenario medium-load
  runner compare OLD NEW --format markdown --gate

The exit code is 0 whatever the verdict; with --gate: 0 pass or warning, 1 a target failed, 3 the evidence settles
nothing, 5 an acknowledged state is lost or wrong. 2 is wrong usage or unreadable input.")]
pub(crate) struct Args {
    /// What is held to be good: a run's folder or its id, and `:baseline` or `:candidate` for one arm of it.
    #[arg(value_name = "A")]
    reference: String,
    /// What is judged, written likewise.
    #[arg(value_name = "B")]
    candidate: String,
    /// Compare this scenario alone.
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Limits: a built-in policy or a TOML file. They hold in every scenario that both sides have.
    #[arg(long, value_name = "NAME|FILE", default_value = "ci")]
    policy: String,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Let the exit code be the verdict.
    #[arg(long)]
    gate: bool,
    /// Folder that ids are looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
}

/// Compares and prints.
///
/// # Errors
/// A side does not exist, cannot be read or cannot be held against the other.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let policy = load_policy(&args.policy, &[]).map_err(usage)?;
    let mut reference = SideRead::of(&args.reference, &args.reports)?;
    let mut candidate = SideRead::of(&args.candidate, &args.reports)?;
    if let Some(name) = &args.scenario {
        reference.keep_only(name, &args.reference)?;
        candidate.keep_only(name, &args.candidate)?;
    }
    let sheet = compared(&reference, &candidate, &policy)?;
    print(&sheet.render(args.format, colour_on_stdout())?)?;
    Ok(if !args.gate {
        Exit::Done
    } else if candidate.loses() {
        Exit::Lost
    } else {
        Exit::of_verdict(sheet.verdict)
    })
}

/// The sheet of two sides.
///
/// # Errors
/// They are of different kinds, or the same; ends with [`Exit::Usage`].
pub(super) fn compared(
    reference: &SideRead,
    candidate: &SideRead,
    policy: &Policy,
) -> Result<Sheet> {
    let comparison =
        compare(&reference.evidence(), &candidate.evidence(), policy).map_err(usage)?;
    let mut sheet = Sheet::of_comparison(&comparison, policy);
    for side in [reference, candidate] {
        sheet.left_out.extend(side.damaged.iter().cloned());
    }
    Ok(sheet)
}

/// One side as it was read.
pub(super) struct SideRead {
    pub(super) run: Run,
    pub(super) scenarios: Vec<Scenario>,
    /// Scenarios that cannot be read.
    pub(super) damaged: Vec<LeftOut>,
    arm: Option<ArmRole>,
}

impl SideRead {
    /// Reads `RUN`, `RUN:baseline` or `RUN:candidate`.
    ///
    /// # Errors
    /// There is no such run, or its own file is damaged; ends with [`Exit::Usage`].
    pub(super) fn of(name: &str, reports: &Path) -> Result<Self> {
        let (run, arm) = split(name)?;
        let (run, scenarios, damaged) = read(run, reports)?;
        Ok(Self {
            run,
            scenarios,
            damaged,
            arm,
        })
    }

    /// A run that was just measured.
    pub(super) fn measured(run: Run, scenarios: Vec<Scenario>) -> Self {
        Self {
            run,
            scenarios,
            damaged: Vec::new(),
            arm: None,
        }
    }

    /// Leaves out all scenarios but this.
    fn keep_only(&mut self, name: &str, side: &str) -> Result<()> {
        if !self.scenarios.iter().any(|scenario| scenario.name == name) {
            let known: Vec<&str> = self.scenarios.iter().map(|s| s.name.as_str()).collect();
            return Err(usage(anyhow!(
                "--scenario: {side} has no scenario `{name}` that can be read; it has {}",
                known.join(", ")
            )));
        }
        self.scenarios
            .retain(|scenario| scenario.name == name || is_noise(scenario));
        self.damaged.clear();
        Ok(())
    }

    /// Whether an acknowledged state is lost or wrong.
    fn loses(&self) -> bool {
        let mut violations = self.scenarios.iter().filter_map(Scenario::all_violations);
        violations.any(|violations| violations > 0)
    }

    pub(super) fn evidence(&self) -> Evidence<'_> {
        Evidence {
            run: &self.run,
            scenarios: &self.scenarios,
            arm: self.arm,
        }
    }
}

/// Takes `RUN:ARM` apart.
fn split(name: &str) -> Result<(&str, Option<ArmRole>)> {
    let Some((run, arm)) = name.rsplit_once(':') else {
        return Ok((name, None));
    };
    let role = ArmRole::ALL.into_iter().find(|role| role.as_str() == arm);
    match role {
        Some(role) if !run.is_empty() => Ok((run, Some(role))),
        _ => Err(usage(anyhow!(
            "`{name}`: an arm is `{run}:baseline` or `{run}:candidate`, a run has no colon"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::written_into;

    fn args(reports: &Path, sides: [&str; 2]) -> Args {
        Args {
            reference: sides[0].to_owned(),
            candidate: sides[1].to_owned(),
            scenario: None,
            policy: "ci".to_owned(),
            format: Format::Json,
            gate: true,
            reports: reports.to_owned(),
        }
    }

    #[test]
    fn arms_are_named_behind_a_colon() {
        assert_eq!(split("r1").unwrap(), ("r1", None));
        assert_eq!(
            split("a/r1:baseline").unwrap(),
            ("a/r1", Some(ArmRole::Baseline))
        );
        for wrong in ["r1:base", ":baseline", "r1:"] {
            assert!(
                split(wrong).unwrap_err().to_string().contains("an arm is"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn runs_of_different_scenarios_are_compared_where_they_overlap() {
        let reports = tempfile::tempdir().unwrap();
        let a = written_into(
            reports.path(),
            &["low-load", "high-load"],
            "2026-11-23T03:15:00Z",
        );
        let b = written_into(
            reports.path(),
            &["low-load", "stability"],
            "2026-11-24T03:15:00Z",
        );
        let side = |path: &Path| SideRead::of(path.to_str().unwrap(), reports.path()).unwrap();
        let policy = load_policy("ci", &[]).unwrap();
        let sheet = compared(&side(&a), &side(&b), &policy).unwrap();
        assert!(sheet.targets.iter().all(|row| row.scenario == "low-load"));
        assert!(
            sheet.targets.iter().any(|row| row.id == "latency-p95"),
            "the policy's targets are there"
        );
        assert_eq!(sheet.left_out.len(), 2, "{:?}", sheet.left_out);
        for format in [Format::Text, Format::Json, Format::Markdown, Format::Junit] {
            assert!(
                sheet.render(format, false).unwrap().contains("stability"),
                "{format:?}"
            );
        }
    }

    #[test]
    fn two_pairs_settle_nothing_and_equal_sides_are_refused() {
        let reports = tempfile::tempdir().unwrap();
        let a = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        let a = a.to_str().unwrap();
        let [b, c] = ["baseline", "candidate"].map(|arm| format!("{a}:{arm}"));
        assert_eq!(
            run(&args(reports.path(), [&b, &c])).unwrap(),
            Exit::NotJudged
        );
        for (sides, said) in [
            ([a, a], "the same"),
            ([&b, &b], "the same"),
            ([a, &b], "one side is an arm"),
            (["nothing", a], "no run `nothing`"),
        ] {
            let refused = run(&args(reports.path(), sides)).unwrap_err();
            assert_eq!(Exit::of(&refused), Exit::Usage);
            assert!(refused.to_string().contains(said), "{refused}");
        }
    }

    #[test]
    fn an_unknown_scenario_names_the_known_ones() {
        let reports = tempfile::tempdir().unwrap();
        let a = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        let b = written_into(reports.path(), &["low-load"], "2026-11-24T03:15:00Z");
        let mut args = args(reports.path(), [a.to_str().unwrap(), b.to_str().unwrap()]);
        args.scenario = Some("low-lod".to_owned());
        let refused = run(&args).unwrap_err().to_string();
        assert!(
            refused.contains("no scenario `low-lod`") && refused.contains("low-load"),
            "{refused}"
        );
    }
}
