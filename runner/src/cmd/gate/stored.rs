//! A gate against a stored run: its services are measured anew with this build, and the two runs are compared.

use std::path::Path;

use anyhow::{Result, anyhow};
use clap::ValueEnum;
use shared::arms::Arms;
use shared::comparison::{Evidence, compare};
use shared::criteria::Policy;
use shared::report::{Run, Scenario};
use shared::verdict::Verdict;

use super::{Args, GATE, NOISE_PAIRS, again, assignment, policy, publish, with_looks};
use crate::arm::choose;
use crate::cmd::compare::{SideRead, compared};
use crate::cmd::run::exit;
use crate::databases::Home;
use crate::environment::environment;
use crate::exit::{Exit, usage};
use crate::output::sheet::{Kind, Sheet};
use crate::run::measure;
use crate::scenario::{Profile, ScenarioFile, Spec, builtin, is_in_all, load};

/// Measures what a stored run measured, and compares.
///
/// # Errors
/// The run cannot be read or measured again; a report that cannot be written.
pub(super) async fn against_run(args: &Args, folder: &Path) -> Result<Exit> {
    let stored = SideRead::of(&folder.display().to_string(), &args.out)?;
    let spec = spec(args, &stored)?;
    let policy = policy(args, &spec.name)?;
    if let Some(sheet) = elsewhere(args, &stored, &policy)? {
        publish(args, &sheet)?;
        return Ok(Exit::of_verdict(sheet.verdict));
    }
    let sources = choose(
        services(args, &stored.run)?,
        Arms {
            baseline: "the run's baseline",
            candidate: "the run's candidate",
        },
    );
    let noise = spec.as_noise(spec.pairs.min(NOISE_PAIRS));
    let judged = spec.name.clone();
    let assignment = assignment(args, sources.await?, vec![noise, spec], policy.clone());
    let reference = stored.evidence();
    let enough = |run: &Run, scenarios: &[Scenario]| {
        let candidate = Evidence {
            run,
            scenarios,
            arm: None,
        };
        let looked_at = scenarios.last().is_some_and(|s| s.name == judged);
        looked_at
            && compare(&reference, &candidate, &policy)
                .is_ok_and(|comparison| comparison.verdict != Verdict::Inconclusive)
    };
    let finished = measure(assignment, &enough).await?;
    // What went wrong with the run itself is worse than any verdict.
    let done = exit(&finished, false);
    let candidate = SideRead::measured(finished.run, finished.scenarios);
    let mut sheet = compared(&stored, &candidate, &policy)?;
    sheet.kind = Kind::Gate;
    sheet.of_measured(&candidate.run, &candidate.scenarios);
    sheet.fact("again", again(args));
    publish(args, &sheet)?;
    Ok(match done {
        Exit::Done => Exit::of_verdict(sheet.verdict),
        worse => worse,
    })
}

/// The services of the stored run, in this build.
fn services<'a>(args: &'a Args, run: &'a Run) -> Result<Arms<&'a str>> {
    if let Some(build) = run
        .arms
        .baseline
        .build
        .as_ref()
        .or(run.arms.candidate.build.as_ref())
    {
        return Err(usage(anyhow!(
            "run {} compared two builds itself, one of them {} {}: name the last good binary with --against",
            run.id,
            build.version,
            build.revision
        )));
    }
    let or_own = |asked: &'a Option<String>, own: &'a str| asked.as_deref().unwrap_or(own);
    Ok(Arms {
        baseline: or_own(&args.baseline, &run.arms.baseline.service),
        candidate: or_own(&args.candidate, &run.arms.candidate.service),
    })
}

/// A scenario of the stored run, with its profile: the gate's own, or else the first that this build knows.
fn spec(args: &Args, stored: &SideRead) -> Result<Spec> {
    let profile = Profile::from_str(&stored.run.profile, false).map_err(|_| {
        usage(anyhow!(
            "run {} has a profile that this build does not know: {}",
            stored.run.id,
            stored.run.profile
        ))
    })?;
    let has = |name: &str| {
        stored
            .scenarios
            .iter()
            .any(|scenario| scenario.name == name)
    };
    let file: ScenarioFile = if args.scenario != GATE || has(GATE) {
        load(&args.scenario).map_err(usage)?
    } else {
        let known = builtin().into_iter().find(|file| {
            let measures_services = !file
                .resolve(profile, None)
                .is_ok_and(|spec| spec.arms.is_some());
            is_in_all(file.name()) && measures_services && has(file.name())
        });
        known.ok_or_else(|| {
            usage(anyhow!(
                "run {} has no scenario that this build can measure again: name its file with --scenario",
                stored.run.id
            ))
        })?
    };
    if !has(file.name()) {
        return Err(usage(anyhow!(
            "run {} has no scenario `{}`: name another with --scenario",
            stored.run.id,
            file.name()
        )));
    }
    Ok(with_looks(
        args,
        file.resolve(profile, None).map_err(usage)?,
    ))
}

/// A verdict without any load, where the stored run was measured on another machine: all the difference may be the
/// machine's.
fn elsewhere(args: &Args, stored: &SideRead, policy: &Policy) -> Result<Option<Sheet>> {
    let databases = Home::find(args.database.as_deref(), &args.out)?;
    if let Home::Folder(folder) = &databases {
        std::fs::create_dir_all(folder).map_err(|e| {
            usage(anyhow!(
                "the folder {} cannot be made: {e}; name another one with --out",
                folder.display()
            ))
        })?;
    }
    let here = environment(&databases);
    if here.fingerprint == stored.run.environment.fingerprint {
        return Ok(None);
    }
    let mut sheet = Sheet::without_evidence(
        &stored.run,
        policy,
        "Inconclusive: the run was measured on another machine, which may be all the difference. \
         Measure against a binary: --against BINARY.",
    );
    sheet.fact("this machine's fingerprint", here.fingerprint);
    sheet.fact(
        "the run's fingerprint",
        stored.run.environment.fingerprint.clone(),
    );
    Ok(Some(sheet))
}
