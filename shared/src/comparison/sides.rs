//! The two sides: who they are, and whether they can be compared.

use super::{Evidence, Kind, Shared, SideFacts, is_calibration, is_measured};
use crate::arms::ArmRole;
use crate::calibration::Calibration;
use crate::gate::{arm_label, reference_name};
use crate::metric::Metric;
use crate::report::{Load, Promises, Run, Scenario};
use crate::summary::profile_name;
use crate::trust::{TrustCheck, unequal_promises};
use crate::units::{format_bytes, format_percent_tenths};
use crate::verdict::Verdict;

pub(super) fn facts(evidence: &Evidence<'_>) -> SideFacts {
    let run = evidence.run;
    let label = match evidence.arm {
        Some(role) => arm_label(run, role),
        None => format!(
            "{} over {}",
            run.arms.candidate.label, run.arms.baseline.label
        ),
    };
    let role = evidence.arm.unwrap_or(ArmRole::Candidate);
    let build = run.arms.get(role).build.as_ref().unwrap_or(&run.build);
    SideFacts {
        title: run.title.clone(),
        id: run.id.clone(),
        arm: evidence.arm,
        when: run.started_at.clone(),
        revision: build.revision.clone(),
        profile: profile_name(run),
        machine: machine(run),
        label,
    }
}

/// What the candidate is held against, in words.
pub(super) fn name(reference: &Evidence<'_>, candidate: &Evidence<'_>, kind: Kind) -> String {
    match kind {
        Kind::Paired { reversed: false } => reference_name(candidate.run),
        Kind::Paired { reversed: true } => arm_label(candidate.run, ArmRole::Candidate),
        Kind::Arms(..) | Kind::Runs => format!("“{}”", reference.run.title),
    }
}

fn machine(run: &Run) -> String {
    let environment = &run.environment;
    let mut parts = vec![format!("{} cores", environment.cores)];
    parts.extend(
        environment
            .memory_bytes
            .map(|bytes| format_bytes(bytes as f64)),
    );
    parts.extend(environment.processor.clone());
    parts.join(", ")
}

/// Why a scenario cannot be compared; none where it can.
pub(super) fn incomparable(a: &Scenario, b: &Scenario) -> Option<String> {
    let reason = if is_calibration(b) || is_calibration(a) {
        "it measures the machine, not the services"
    } else if !is_measured(a) || !is_measured(b) {
        "no pairs of blocks"
    } else if !is_same_load(&a.load, &b.load) {
        "measured under another load"
    } else {
        return None;
    };
    Some(reason.to_owned())
}

/// Whether two loads ask the same of a service, for however long.
fn is_same_load(a: &Load, b: &Load) -> bool {
    let same_rate = (a.offered.operations_per_second - b.offered.operations_per_second).abs()
        <= 1e-3 * a.offered.operations_per_second.abs();
    same_rate
        && a.users == b.users
        && a.arrivals == b.arrivals
        && a.state_bytes == b.state_bytes
        && a.duplicate_share == b.duplicate_share
        && a.pattern == b.pattern
        && a.cache_entries == b.cache_entries
        && a.fresh_arms == b.fresh_arms
        && a.split == b.split
        && a.overload == b.overload
}

/// The first promise in which two scenarios differ. Promises that one of two formats does not know are left out.
pub(super) fn unequal(a: &Scenario, b: &Scenario, kind: Kind) -> Option<String> {
    let (of_a, of_b) = match kind {
        Kind::Paired { .. } => return unequal_promises(b),
        Kind::Arms(role_a, role_b) => (a.promises.get(role_a), b.promises.get(role_b)),
        Kind::Runs => {
            let own = unequal_promises(a).or_else(|| unequal_promises(b));
            if own.is_some() {
                return own;
            }
            (&a.promises.candidate, &b.promises.candidate)
        }
    };
    differing(of_a, of_b)
}

fn differing(a: &Promises, b: &Promises) -> Option<String> {
    a.iter().find_map(|(name, of_a)| {
        let of_b = b.get(name).filter(|of_b| *of_b != of_a)?;
        Some(format!(
            "{name} is {of_a} for the reference and {of_b} for the candidate"
        ))
    })
}

/// Whether two runs can be compared.
pub(super) fn checks(
    reference: &Evidence<'_>,
    candidate: &Evidence<'_>,
    shared: &Shared<'_>,
    kind: Kind,
    calibrations: &[Calibration<'_>; 2],
) -> Vec<TrustCheck> {
    let runs = [reference.run, candidate.run];
    let equal = |of: fn(&Run) -> &str| of(runs[0]) == of(runs[1]);
    let promises = shared.iter().find_map(|(a, b)| unequal(a, b, kind));
    let corrected = kind == Kind::Runs;
    let names = runs.map(profile_name);
    vec![
        check(
            "Machine",
            "equal fingerprints; on another machine every figure is another",
            both(runs.map(|r| r.environment.fingerprint.as_str())),
            verdict(equal(|r| &r.environment.fingerprint), Verdict::Fail),
        ),
        check(
            "Corrected for the machine's day",
            "each run is first divided by its own baseline; single arms of two runs are not",
            if corrected { "yes" } else { "no" }.to_owned(),
            verdict(corrected, Verdict::Warn),
        ),
        check(
            "Promises equal on both sides",
            promises
                .as_deref()
                .unwrap_or("durability, schema, pool, dataset"),
            if promises.is_none() { "yes" } else { "no" }.to_owned(),
            verdict(promises.is_none(), Verdict::Fail),
        ),
        check(
            "Profile",
            "scenarios whose load differs are left out",
            both(names.each_ref().map(String::as_str)),
            verdict(equal(|r| &r.profile), Verdict::Warn),
        ),
        check(
            "Runners built for release",
            "a debug build measures the compiler's thrift, not the services",
            both(runs.map(|r| r.build.profile.as_str())),
            verdict(
                runs.iter().all(|r| r.build.profile == "release"),
                Verdict::Fail,
            ),
        ),
        target_check(runs.map(|r| r.build.target.as_deref())),
        noise_check(calibrations),
    ]
}

/// What both runners were built for; reports before format 4 do not tell.
fn target_check(targets: [Option<&str>; 2]) -> TrustCheck {
    check(
        "Runners built for one target",
        "another C library allocates and copies memory at another speed",
        both(targets.map(|target| target.unwrap_or("unknown"))),
        match targets {
            [Some(one), Some(other)] => verdict(one == other, Verdict::Warn),
            _ => Verdict::NotJudged,
        },
    )
}

/// The noise floors of both sides.
fn noise_check(calibrations: &[Calibration<'_>; 2]) -> TrustCheck {
    let floors = calibrations
        .each_ref()
        .map(|c| c.noise_floor(Metric::response(95.0)));
    let measured = floors.iter().all(Option::is_some);
    let texts = floors.map(|noise| {
        noise.map_or_else(
            || "not measured".to_owned(),
            |n| format!("±{}", format_percent_tenths(n.floor)),
        )
    });
    check(
        "A/A noise floor",
        "P95 of the baseline against itself; the larger of the two counts",
        both([texts[0].as_str(), texts[1].as_str()]),
        if measured {
            Verdict::Pass
        } else {
            Verdict::NotJudged
        },
    )
}

fn verdict(passed: bool, otherwise: Verdict) -> Verdict {
    if passed { Verdict::Pass } else { otherwise }
}

fn check(title: &str, detail: &str, value: String, verdict: Verdict) -> TrustCheck {
    TrustCheck {
        title: title.to_owned(),
        detail: detail.to_owned(),
        value,
        verdict,
    }
}

/// Reference and candidate, once where they are equal.
fn both(values: [&str; 2]) -> String {
    if values[0] == values[1] {
        values[0].to_owned()
    } else {
        values.join(", ")
    }
}
