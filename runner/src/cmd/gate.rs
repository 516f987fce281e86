//! `runner gate`: a new build against the last good one.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use shared::arms::Arms;
use shared::calibration::NOISE;
use shared::criteria::Policy;
use shared::gate::decide_gate;
use shared::report::{LoadFigures, Run, Scenario};
use shared::verdict::Verdict;

use super::baseline::Against;
use super::run::{DEFAULT_SEED, exit};
use crate::arm::{ArmSource, choose, identities};
use crate::console::{colour_on_stdout, print};
use crate::environment::build;
use crate::exit::{Exit, usage};
use crate::output::sheet::{Format, Sheet};
use crate::output::write_atomically;
use crate::run::{Assignment, EVIDENCE_EVERY, Paths, measure};
use crate::scenario::{Profile, Spec, check_policy, load, load_policy};

mod stored;

/// The scenario that a gate runs.
const GATE: &str = "gate";
/// The service that is guarded where none is named.
const SERVICE: &str = "optimized";
/// Pairs that measure the noise, where the scenario has as many: the saves that a 99th percentile needs, and a pair that may
/// be disturbed.
const NOISE_PAIRS: u32 = 11;

/// Compare a new build with the last good one; the exit code is the verdict.
///
/// Both builds run the same service under the same load, pair by pair in the same minutes, so that the machine's drift
/// cancels out. First the old build runs against itself: what differs then is noise, and no limit is narrower than
/// that. After each 10 pairs the policy judges, at limits that were set beforehand for that many looks; measuring ends
/// as soon as the verdict is settled.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner gate --against old/runner              this build against that one
  runner gate                                   against what `runner baseline set` keeps
  runner gate --format markdown --output gate.md
  runner gate --candidate optimized:slow=30     does the gate find a service that is 30 % slower?
  runner gate --against 20261123T031500Z-ci-9f3c

On stdout stands the verdict alone, on stderr the progress and the paths of the report's files.

Exit codes: 0 pass or warning; 1 a target failed; 2 wrong usage or unreadable input; 3 the evidence settles nothing;
4 the run broke; 5 an acknowledged state is lost or wrong; 130 interrupted.")]
pub(crate) struct Args {
    /// The last good one: a built runner, or a run of this machine [default: what `runner baseline set` keeps]
    #[arg(long, value_name = "BINARY|RUN")]
    against: Option<String>,
    /// The service that is judged, in this build [default: optimized; against a run, the run's own]
    #[arg(long, value_name = "SERVICE")]
    candidate: Option<String>,
    /// The service in the last good build [default: the candidate's, without the options that tests worsen it with;
    /// against a run, the run's own]
    #[arg(long, value_name = "SERVICE")]
    baseline: Option<String>,
    /// Targets: a built-in policy or a TOML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "ci")]
    policy: String,
    /// The load, instead of the built-in one: a scenario or a TOML file. Targets of the scenario `gate` are judged in it.
    #[arg(long, value_name = "NAME|FILE", default_value = GATE)]
    scenario: String,
    /// How the verdict is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the verdict into this file too; stdout shows it as text then.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Folder that the run's folder is made in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// How often the evidence may be looked at, at the most; more looks need surer evidence at each [default: the
    /// scenario's, 3]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=5))]
    max_looks: Option<u32>,
    /// Seed of plan, order and states.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Where the databases are kept while the run lasts: `sqlite:DIR`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`
    /// [default: DATABASE_URL, or beside the reports]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// Measures, judges and prints.
///
/// # Errors
/// Wrong input, before any load starts; a report that cannot be written.
pub(crate) async fn run(args: &Args) -> Result<Exit> {
    let against = match &args.against {
        Some(named) => Against::find(named, &args.out)?,
        None => Against::kept(&args.out)?,
    };
    check_output(args.output.as_deref())?;
    match against {
        Against::Binary(binary) => against_binary(args, &binary).await,
        Against::Run(folder) => stored::against_run(args, &folder).await,
    }
}

async fn against_binary(args: &Args, binary: &Path) -> Result<Exit> {
    let spec = spec(args)?;
    let policy = policy(args, &spec.name)?;
    let candidate = args.candidate.as_deref().unwrap_or(SERVICE);
    let baseline = match &args.baseline {
        Some(service) => service.clone(),
        None => without_faults(candidate),
    };
    let baseline = format!("{baseline}@{}", binary.display());
    let texts = Arms {
        baseline: baseline.as_str(),
        candidate,
    };
    let options = Arms {
        baseline: "--against",
        candidate: "--candidate",
    };
    let sources = choose(texts, options).await?;
    check_profiles(&sources)?;
    let judged = spec.name.clone();
    let noise = spec.as_noise(spec.pairs.min(NOISE_PAIRS));
    let assignment = assignment(args, sources, vec![noise, spec], policy);
    let enough = |run: &Run, scenarios: &[Scenario]| {
        let looked_at = scenarios.last().is_some_and(|s| s.name == judged);
        looked_at && decide_gate(run, scenarios).verdict != Verdict::Inconclusive
    };
    let finished = measure(assignment, &enough).await?;
    let mut sheet = Sheet::of_run(&finished.run, &finished.summary, &finished.scenarios);
    // They alone decide.
    sheet.targets.retain(|row| row.policy.is_some());
    sheet.of_measured(&finished.run, &finished.scenarios);
    sheet.fact("again", again(args));
    publish(args, &sheet)?;
    Ok(exit(&finished, true))
}

/// Refuses builds that no verdict could be given on, before minutes of load.
fn check_profiles(sources: &Arms<ArmSource>) -> Result<()> {
    let [old, new] = {
        let services = identities(sources);
        [services.baseline, services.candidate].map(|arm| arm.build.unwrap_or_else(build).profile)
    };
    if old == new {
        return Ok(());
    }
    Err(usage(anyhow!(
        "the last good build is a {old} build, this one is a {new} build: the difference would be the compiler's; \
         build both alike"
    )))
}

/// The load, with as many looks as were asked for.
fn spec(args: &Args) -> Result<Spec> {
    let file = load(&args.scenario).map_err(usage)?;
    let spec = file.resolve(Profile::Ci, None).map_err(usage)?;
    if spec.name == NOISE {
        return Err(usage(anyhow!(
            "--scenario: a gate measures `{NOISE}` by itself; name the load to judge, or leave this out"
        )));
    }
    Ok(with_looks(args, spec))
}

/// A load with as many looks as were asked for, each after as many pairs as before.
fn with_looks(args: &Args, spec: Spec) -> Spec {
    let Some(looks) = args.max_looks else {
        return spec;
    };
    let pairs = spec.pairs / spec.looks.max(1) * looks;
    Spec {
        looks,
        ..with_pairs(&spec, pairs)
    }
}

/// The same blocks, but as many pairs of them.
fn with_pairs(spec: &Spec, pairs: u32) -> Spec {
    let share = f64::from(pairs) / f64::from(spec.pairs);
    let operations = spec.offered.operations / u64::from(spec.pairs) * u64::from(pairs);
    Spec {
        pairs,
        offered: LoadFigures {
            operations,
            seconds: spec.offered.seconds * share,
            ..spec.offered
        },
        ..spec.clone()
    }
}

/// The policy, its targets for the scenario `gate` judged in the one that is run.
fn policy(args: &Args, scenario: &str) -> Result<Policy> {
    let mut policy = load_policy(&args.policy, &[scenario]).map_err(usage)?;
    if !policy.gate {
        return Err(usage(anyhow!(
            "--policy: `{}` asks for gains, it does not guard against regressions: name one with `gate = true`, such \
             as `ci`",
            policy.name
        )));
    }
    for criterion in &mut policy.criteria {
        if criterion.scenario.as_deref() == Some(GATE) {
            criterion.scenario = Some(scenario.to_owned());
        }
    }
    check_policy(&policy, &[NOISE, scenario], true).map_err(usage)?;
    Ok(policy)
}

fn assignment(
    args: &Args,
    sources: Arms<ArmSource>,
    specs: Vec<Spec>,
    policy: Policy,
) -> Assignment {
    let services = identities(&sources);
    Assignment {
        title: format!(
            "Gate: {} vs {}",
            services.baseline.label, services.candidate.label
        ),
        profile: Profile::Ci.to_string(),
        seed: args.seed,
        sources,
        specs,
        imported: None,
        policy,
        out: args.out.clone(),
        database: args.database.clone(),
        server_control: None,
        evidence_every: EVIDENCE_EVERY,
        paths: Paths::Stderr,
        metrics: None,
    }
}

/// A service without the options that make it worse on purpose: the last good build has no such fault.
fn without_faults(service: &str) -> String {
    /// Options that only tests use.
    const FAULTS: [&str; 6] = ["freeze", "lose", "slow", "fail", "leak", "early"];
    let Some((name, options)) = service.split_once(':') else {
        return service.to_owned();
    };
    let kept: Vec<&str> = options
        .split(',')
        .filter(|option| {
            let name = option.split('=').next().unwrap_or(option);
            !FAULTS.contains(&name.trim())
        })
        .collect();
    if kept.is_empty() {
        name.to_owned()
    } else {
        format!("{name}:{}", kept.join(","))
    }
}

/// The verdict is written at the end: whether it can be is seen before minutes of load.
fn check_output(output: Option<&Path>) -> Result<()> {
    let folder = match output.map(Path::parent) {
        Some(Some(parent)) if !parent.as_os_str().is_empty() => parent,
        _ => return Ok(()),
    };
    if folder.is_dir() {
        return Ok(());
    }
    Err(usage(anyhow!(
        "--output: there is no folder {}: make it, or name another file",
        folder.display()
    )))
}

/// Writes the verdict where it was asked for.
fn publish(args: &Args, sheet: &Sheet) -> Result<()> {
    let shown = match &args.output {
        Some(path) => {
            write_atomically(path, sheet.render(args.format, false)?.as_bytes())?;
            Format::Text
        }
        None => args.format,
    };
    print(&sheet.render(shown, colour_on_stdout())?)?;
    Ok(())
}

/// The command that measures this again.
fn again(args: &Args) -> String {
    let mut command = "runner gate".to_owned();
    for (option, value, usual) in [
        ("--against", args.against.as_deref().unwrap_or_default(), ""),
        (
            "--candidate",
            args.candidate.as_deref().unwrap_or_default(),
            "",
        ),
        (
            "--baseline",
            args.baseline.as_deref().unwrap_or_default(),
            "",
        ),
        ("--policy", args.policy.as_str(), "ci"),
        ("--scenario", args.scenario.as_str(), GATE),
    ] {
        if value != usual {
            command += &format!(" {option} {value}");
        }
    }
    format!("{command} --seed {}", args.seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn args(given: &[&str]) -> Args {
        let whole = ["gate"].iter().chain(given);
        Command::try_parse_from(whole).unwrap().args
    }

    #[test]
    fn the_default_gate_looks_thrice_at_eleven_pairs_of_a_thousand_saves() {
        let gate = spec(&args(&[])).unwrap();
        assert_eq!(
            (gate.pairs, gate.looks, gate.offered.operations),
            (33, 3, 33_000)
        );
        assert!(gate.fresh_arms);
        let noise = gate.as_noise(NOISE_PAIRS);
        assert_eq!(
            (noise.pairs, noise.looks, noise.offered.operations),
            (11, 1, 11_000)
        );
        let once = spec(&args(&["--max-looks", "1"])).unwrap();
        assert_eq!(
            (once.pairs, once.looks, once.offered.operations),
            (11, 1, 11_000)
        );
        assert!((once.offered.seconds * 3.0 - gate.offered.seconds).abs() < 1e-9);
    }

    /// Strategy §3.1: fast feedback.
    #[test]
    fn a_gate_that_needs_every_look_offers_far_less_than_fifteen_minutes() {
        let gate = spec(&args(&[])).unwrap();
        let noise = gate.as_noise(NOISE_PAIRS);
        let seconds = 2.0 * (gate.offered.seconds + noise.offered.seconds);
        assert!(seconds < 3.0 * 60.0, "{seconds}");
    }

    #[test]
    fn faults_stay_out_of_the_last_good_build() {
        for (service, kept) in [
            ("optimized", "optimized"),
            ("optimized:slow=30", "optimized"),
            (
                "optimized:cache=50,slow=30,freeze=1@2",
                "optimized:cache=50",
            ),
            ("standard:lose=3,fail=2", "standard"),
        ] {
            assert_eq!(without_faults(service), kept);
        }
    }

    #[test]
    fn targets_for_the_gate_are_judged_in_the_load_that_is_run() {
        let policy = policy(&args(&[]), "mine").unwrap();
        assert!(policy.gate);
        assert!(
            policy
                .criteria
                .iter()
                .all(|c| c.scenario.as_deref() == Some("mine"))
        );
    }

    #[test]
    fn a_gate_can_be_repeated_from_what_it_says() {
        assert_eq!(
            again(&args(&[
                "--against",
                "old/runner",
                "--candidate",
                "standard",
                "--seed",
                "7"
            ])),
            "runner gate --against old/runner --candidate standard --seed 7"
        );
    }
}
