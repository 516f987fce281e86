//! The listener that turns what happens in a run into figures.

use shared::arms::{ArmRole, Arms};
use shared::report::{Build, Fault, Incident, LedgerCheck, Scenario};

use super::blocks::{OfArm, SoFar};
use super::families::Families;
use super::family::{Exposition, Labels};
use crate::run::{Event, Listener};
use crate::scenario::{FaultSpec, Spec};

const NS_PER_SECOND: f64 = 1e9;

/// What is known of a run before it begins.
pub(crate) struct About {
    /// The build of the runner.
    pub(crate) build: Build,
    /// Name of the profile.
    pub(crate) profile: String,
    /// The services, as given on the command line.
    pub(crate) services: Arms<String>,
}

/// Figures of a run, fed by its events.
pub(crate) struct Meter {
    about: About,
    families: Families,
    so_far: Arms<SoFar>,
}

impl Meter {
    /// Figures of a run that has not begun, and what they are scraped from.
    pub(crate) fn new(about: About) -> (Self, Exposition) {
        let (families, exposition) = Families::new();
        let build = &about.build;
        // From the first answer on: whoever asks is to know that this is a run.
        let labels = owned(&[
            ("version", &build.version),
            ("revision", &build.revision),
            ("profile", &build.profile),
            ("target", build.target.as_deref().unwrap_or_default()),
        ]);
        families.build_info.get_or_create(&labels).set(1.0);
        let meter = Self {
            about,
            families,
            so_far: Arms::default(),
        };
        (meter, exposition)
    }

    fn of<'a>(&'a self, arm: ArmRole, spec: &'a Spec) -> OfArm<'a> {
        OfArm {
            families: &self.families,
            arm,
            scenario: &spec.name,
        }
    }

    fn run_started(&self, id: &str, specs: &[Spec]) {
        let About {
            profile, services, ..
        } = &self.about;
        let families = &self.families;
        let labels = owned(&[
            ("run", id),
            ("profile", profile),
            ("baseline", &services.baseline),
            ("candidate", &services.candidate),
        ]);
        families.run_info.get_or_create(&labels).set(1.0);
        let none = Labels::new();
        let planned = families.scenarios_planned.get_or_create(&none);
        planned.set(specs.len() as f64);
        // Made now, so that it is seen to be zero.
        families.scenarios_done.get_or_create(&none);
    }

    fn scenario_started(&mut self, spec: &Spec) {
        self.so_far = Arms::default();
        let labels = owned(&[
            ("scenario", &spec.name),
            ("faults", faults_name(spec.faults)),
            ("overload", yes_or_no(spec.overload)),
            ("calibration", yes_or_no(spec.arms.is_some())),
        ]);
        self.families.scenario_info.get_or_create(&labels).set(1.0);
    }

    fn fault(&self, spec: &Spec, incident: &Incident) {
        let of = self.of(incident.arm, spec);
        let fault = [("fault", fault_name(incident.fault))];
        of.add(&self.families.faults, &fault, 1.0);
        if let Some(violations) = incident.violations {
            let family = &self.families.fault_violations;
            of.add(family, &fault, violations as f64);
        }
        if let Some(ns) = incident.recovery_ns {
            let labels = super::blocks::labels(incident.arm, &spec.name, &fault);
            let longest = self.families.fault_recovery_seconds.get_or_create(&labels);
            longest.set(longest.get().max(ns as f64 / NS_PER_SECOND));
        }
    }

    fn checked(&self, spec: &Spec, check: &Arms<LedgerCheck>) {
        for role in ArmRole::ALL {
            let (of, check) = (self.of(role, spec), check.get(role));
            for (result, count) in [
                ("acknowledged", check.acknowledged),
                ("found", check.found),
                ("retired", check.retired),
                ("lost", check.lost),
                ("wrong", check.wrong),
                ("stale_runs", check.stale_runs),
            ] {
                of.set(&self.families.ledger, &[("result", result)], count as f64);
            }
        }
    }

    fn scenario_done(&self, scenario: &Scenario) {
        let none = Labels::new();
        self.families.scenarios_done.get_or_create(&none).inc();
        for role in ArmRole::ALL {
            if let Some(violations) = scenario.violations(role) {
                let labels = super::blocks::labels(role, &scenario.name, &[]);
                let family = &self.families.violations;
                family.get_or_create(&labels).set(violations as f64);
            }
        }
    }
}

impl Listener for Meter {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { id, specs } => self.run_started(id, specs),
            Event::ScenarioStarted { spec } => self.scenario_started(spec),
            Event::BlockDone {
                spec,
                arm,
                blocks,
                block,
                last,
                ..
            } => {
                let planned = owned(&[("scenario", &spec.name)]);
                let planned = self.families.blocks_planned.get_or_create(&planned);
                planned.set(*blocks as f64);
                let of = OfArm {
                    families: &self.families,
                    arm: *arm,
                    scenario: &spec.name,
                };
                of.block(block, *last, self.so_far.get_mut(*arm));
            }
            Event::FaultDone { spec, incident, .. } => self.fault(spec, incident),
            Event::Checked { spec, check } => self.checked(spec, check),
            Event::ScenarioDone { scenario, .. } => self.scenario_done(scenario),
            // Searches and rounds of variants have no blocks; what they find stands in the report.
            Event::SearchDone { .. }
            | Event::RoundDone { .. }
            | Event::Unmeasured { .. }
            | Event::Decided { .. }
            | Event::Checking { .. }
            | Event::RunDone { .. } => {}
        }
    }
}

fn owned(labels: &[(&'static str, &str)]) -> Labels {
    let own = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
    labels.iter().map(own).collect()
}

const fn yes_or_no(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

const fn faults_name(faults: Option<FaultSpec>) -> &'static str {
    match faults {
        None => "none",
        Some(FaultSpec::Crash) => "crash",
        Some(FaultSpec::CacheFailure { .. }) => "cache_failure",
        Some(FaultSpec::DatabaseOutage { .. }) => "database_outage",
        Some(FaultSpec::Errors { .. }) => "errors",
    }
}

const fn fault_name(fault: Fault) -> &'static str {
    match fault {
        Fault::ProcessKilled => "process_killed",
        Fault::CachePoisoned => "cache_poisoned",
        Fault::CacheEmptied => "cache_emptied",
        Fault::CacheErroring => "cache_erroring",
        Fault::DatabaseLocked => "database_locked",
        Fault::ConnectionsTerminated => "connections_terminated",
        Fault::ServerStopped => "server_stopped",
        Fault::SavesRejected => "saves_rejected",
    }
}
