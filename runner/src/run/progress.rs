//! Showing a run while it goes: bars on a terminal, plain lines elsewhere. Both on stderr.

use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shared::report::{CapacityOf, CapacitySearch, Fault, Incident, duration};
use shared::units::{Unit, format_count, format_value};

use super::Paths;
use super::events::{Event, Listener};
use super::table;
use crate::console::colour_on_stderr;
use crate::scenario::{FaultSpec, Spec};

/// What a scenario takes beside its blocks: starting arms, making states, warm-up, reading the databases back.
const OVERHEAD_SECONDS: f64 = 3.0;
/// A block of the closed model has no planned length; on any machine this is the order of it.
const CLOSED_BLOCK_SECONDS: f64 = 0.25;
/// Starting both arms for one pair more, with their warm-up, and reading its databases back.
const START_SECONDS: f64 = 0.4;
/// A search has no planned length; about five steps, of which some run into a queue, are the order of it.
const SEARCH_SECONDS: f64 = 3.5;
/// Reading a database back after a kill and starting its arm again.
const RESTART_SECONDS: f64 = 0.25;
/// Positions of the bar in a second.
const GRAIN: f64 = 10.0;

/// Bars where stderr is a terminal, lines elsewhere. The run's targets are tabled at its end unless the command does so
/// itself, on stdout.
pub(crate) fn listener(paths: Paths) -> Box<dyn Listener> {
    let ends_with_table = paths == Paths::Stdout;
    if std::io::stderr().is_terminal() {
        Box::new(Bar::new(ends_with_table))
    } else {
        Box::new(Lines {
            ends_with_table,
            ..lines(std::io::stderr())
        })
    }
}

/// Plain lines.
pub(super) fn lines<W: Write>(to: W) -> Lines<W> {
    Lines {
        to,
        quarter: 0,
        unmeasured: Unmeasured::default(),
        ends_with_table: true,
    }
}

struct Bar {
    bar: ProgressBar,
    /// Where the bar stands when the scenario in progress is over.
    end_of_scenario: f64,
    unmeasured: Unmeasured,
    ends_with_table: bool,
}

/// What was said to be unmeasured: once is enough.
#[derive(Default)]
struct Unmeasured(HashSet<String>);

impl Unmeasured {
    /// The line to say, the first time.
    fn line(&mut self, what: &str) -> Option<String> {
        let new = self.0.insert(what.to_owned());
        new.then(|| format!("not measured: {what}"))
    }
}

impl Bar {
    fn new(ends_with_table: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{spinner} {msg:<44} [{bar:24}] {elapsed_precise}, about {eta} left",
        );
        bar.set_style(
            style
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> "),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            end_of_scenario: 0.0,
            unmeasured: Unmeasured::default(),
            ends_with_table,
        }
    }

    fn advance_to(&self, seconds: f64) {
        self.bar.set_position((seconds * GRAIN) as u64);
    }
}

impl Listener for Bar {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { id, specs } => {
                let seconds: f64 = specs.iter().map(planned_seconds).sum();
                self.bar.set_length((seconds * GRAIN) as u64);
                self.bar.println(opening(id, specs));
                self.bar.set_message("preparing the dataset");
            }
            Event::ScenarioStarted { spec } => {
                self.end_of_scenario += planned_seconds(spec);
                self.bar
                    .set_message(format!("{}: starting both arms", spec.name));
            }
            Event::Unmeasured { what } => {
                if let Some(line) = self.unmeasured.line(what) {
                    self.bar.println(line);
                }
            }
            Event::BlockDone {
                spec,
                arm,
                done,
                blocks,
                seconds,
                ..
            } => {
                let seconds = if *seconds > 0.0 {
                    *seconds
                } else {
                    CLOSED_BLOCK_SECONDS
                };
                self.bar.inc((seconds * GRAIN) as u64);
                self.bar
                    .set_message(format!("{}: block {done}/{blocks} ({arm})", spec.name));
            }
            Event::SearchDone {
                spec,
                search,
                done,
                searches,
                ..
            } => {
                self.bar.inc((SEARCH_SECONDS * GRAIN) as u64);
                self.bar.set_message(format!(
                    "{}: search {done}/{searches} ({})",
                    spec.name, search.arm
                ));
            }
            Event::RoundDone { spec, done, rounds } => {
                self.bar.inc((round_seconds(spec) * GRAIN) as u64);
                self.bar.set_message(format!(
                    "{}: round {done}/{rounds} of all variants",
                    spec.name
                ));
            }
            Event::FaultDone {
                spec,
                incident,
                done,
            } => {
                if incident.fault == Fault::ProcessKilled {
                    let seconds = block_seconds(spec) / 2.0 + RESTART_SECONDS;
                    self.bar.inc((seconds * GRAIN) as u64);
                }
                if is_broken(incident) {
                    self.bar.println(broken(spec, incident));
                }
                self.bar
                    .set_message(format!("{}: fault {done} ({})", spec.name, incident.arm));
            }
            Event::Decided { spec, pairs } => self.bar.println(decided(spec, *pairs)),
            Event::Checking { spec } => {
                self.bar
                    .set_message(format!("{}: reading the databases back", spec.name));
            }
            Event::ScenarioDone { summary, .. } => {
                self.advance_to(self.end_of_scenario);
                let line = table::scenario_line(summary, colour_on_stderr());
                self.bar.println(line);
            }
            // What was found stands in the scenario's line.
            Event::Checked { .. } => {}
            Event::RunDone { summary } => {
                self.bar.finish_and_clear();
                if self.ends_with_table {
                    eprintln!("\n{}", table::run_table(summary, colour_on_stderr()));
                }
            }
        }
    }
}

/// Plain lines: for logs.
pub(super) struct Lines<W> {
    to: W,
    /// Quarters of the scenario that were reported.
    quarter: usize,
    unmeasured: Unmeasured,
    ends_with_table: bool,
}

impl<W: Write> Lines<W> {
    fn say(&mut self, line: &str) {
        // A log that nobody takes any more must not end the run.
        let _gone = writeln!(self.to, "{line}");
    }
}

impl<W: Write> Listener for Lines<W> {
    fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted { id, specs } => self.say(&opening(id, specs)),
            Event::ScenarioStarted { spec } => {
                self.quarter = 0;
                self.say(&scenario_opening(spec));
            }
            Event::Unmeasured { what } => {
                if let Some(line) = self.unmeasured.line(what) {
                    self.say(&line);
                }
            }
            Event::BlockDone {
                spec, done, blocks, ..
            } => {
                let quarter = done * 4 / (*blocks).max(1);
                if quarter > self.quarter && quarter < 4 {
                    self.quarter = quarter;
                    self.say(&format!("{}: {done} of {blocks} blocks", spec.name));
                }
            }
            Event::SearchDone {
                spec,
                search,
                found,
                done,
                searches,
            } => self.say(&searched(spec, search, *found, *done, *searches)),
            Event::RoundDone { spec, done, rounds } => {
                self.say(&format!(
                    "{}: round {done} of {rounds} of all variants",
                    spec.name
                ));
            }
            Event::FaultDone {
                spec,
                incident,
                done,
            } => {
                // Hundreds of kills would be hundreds of lines that say the same.
                if incident.fault != Fault::ProcessKilled || is_broken(incident) {
                    self.say(&broken(spec, incident));
                }
                let (kills, quarter) = kills_so_far(spec, *done);
                if quarter > self.quarter {
                    self.quarter = quarter;
                    self.say(&format!("{}: {done} of {kills} kills", spec.name));
                }
            }
            Event::Decided { spec, pairs } => self.say(&decided(spec, *pairs)),
            // Each pair has databases of its own there: a line for each says nothing new.
            Event::Checking { spec } if spec.fresh_arms => {}
            Event::Checking { spec } => {
                self.say(&format!("{}: reading the databases back", spec.name))
            }
            Event::Checked { .. } => {}
            Event::ScenarioDone { summary, .. } => self.say(&table::scenario_line(summary, false)),
            Event::RunDone { .. } if !self.ends_with_table => {}
            Event::RunDone { summary } => {
                self.say(&format!("\n{}", table::run_table(summary, false)))
            }
        }
    }
}

fn opening(id: &str, specs: &[Spec]) -> String {
    let seconds: f64 = specs.iter().map(planned_seconds).sum();
    let scenarios = if specs.len() == 1 {
        "scenario"
    } else {
        "scenarios"
    };
    format!(
        "run {id}: {} {scenarios}, about {}",
        specs.len(),
        duration(seconds)
    )
}

fn scenario_opening(spec: &Spec) -> String {
    let load = spec.load();
    let label = load
        .label()
        .map_or_else(String::new, |label| format!(" ({label})"));
    format!(
        "{}: {} saves for each arm in {} pairs{label}",
        spec.name,
        format_count(load.offered.operations),
        spec.pairs
    )
}

/// `capacity: search 3 of 20: the baseline sustains 1 650/s`.
fn searched(
    spec: &Spec,
    search: &CapacitySearch,
    found: Option<f64>,
    done: usize,
    searches: usize,
) -> String {
    let level = |level: f64| match search.of {
        CapacityOf::Rate => format_value(level, Unit::PerSecond),
        CapacityOf::Users => format!("{} users", format_count(level as u64)),
    };
    let sustained = found.map_or_else(|| "no load that it is known to sustain".to_owned(), level);
    format!(
        "{}: search {done} of {searches}, {}: {sustained}",
        spec.name, search.arm
    )
}

/// Whether acknowledged saves were found lost or wrong.
fn is_broken(incident: &Incident) -> bool {
    incident.violations.is_some_and(|violations| violations > 0)
}

/// `cache-failure: cache poisoned, candidate: 512 acknowledged, 0 failed; normal service after 120 ms`.
fn broken(spec: &Spec, incident: &Incident) -> String {
    let failed: u64 = incident.errors.values().sum();
    let violations = match incident.violations {
        Some(violations) if violations > 0 => format!(", {violations} LOST OR WRONG"),
        _ => String::new(),
    };
    let recovery = match incident.recovery_ns {
        Some(ns) => format!(
            "; normal service after {}",
            format_value(ns as f64, Unit::Nanoseconds)
        ),
        None => String::new(),
    };
    format!(
        "{}: {}, {}: {} acknowledged, {failed} failed{violations}{recovery}",
        spec.name,
        fault_in_words(incident.fault),
        incident.arm,
        format_count(incident.acknowledged)
    )
}

const fn fault_in_words(fault: Fault) -> &'static str {
    match fault {
        Fault::ProcessKilled => "process killed",
        Fault::CachePoisoned => "cache poisoned",
        Fault::CacheEmptied => "cache emptied",
        Fault::CacheErroring => "cache erring",
        Fault::DatabaseLocked => "database locked",
        Fault::ConnectionsTerminated => "connections cut",
        Fault::ServerStopped => "server stopped",
        Fault::SavesRejected => "saves rejected",
    }
}

/// The kills of both arms in all, and the quarter of them that is done; no quarter where nothing is killed, or all is.
fn kills_so_far(spec: &Spec, done: usize) -> (usize, usize) {
    if spec.faults != Some(FaultSpec::Crash) {
        return (0, 0);
    }
    let kills = spec.pairs.saturating_sub(1) as usize * 2;
    let quarter = done * 4 / kills.max(1);
    (kills, if quarter < 4 { quarter } else { 0 })
}

fn block_seconds(spec: &Spec) -> f64 {
    spec.offered.seconds / f64::from(spec.pairs.max(1))
}

fn decided(spec: &Spec, pairs: usize) -> String {
    format!(
        "{}: decided after {pairs} of at most {} pairs",
        spec.name, spec.pairs
    )
}

/// Seconds that a round of all variants takes.
fn round_seconds(spec: &Spec) -> f64 {
    let variants = spec.ablation.as_ref().map_or(0, |a| a.variants.len());
    variants as f64 * CLOSED_BLOCK_SECONDS
}

/// Seconds that a scenario takes with both arms.
pub(super) fn planned_seconds(spec: &Spec) -> f64 {
    let closed = spec
        .closed
        .map_or(0.0, |c| f64::from(c.pairs) * CLOSED_BLOCK_SECONDS);
    let searches = spec
        .capacity
        .map_or(0.0, |c| f64::from(c.pairs) * 2.0 * SEARCH_SECONDS);
    // Split traffic reaches both arms at the same time.
    let arms = if spec.split { 1.0 } else { 2.0 };
    let starts = if spec.fresh_arms {
        f64::from(spec.pairs) * START_SECONDS
    } else {
        0.0
    };
    let variants = spec.ablation.as_ref().map_or(0.0, |a| {
        f64::from(a.rounds) * round_seconds(spec) + a.variants.len() as f64 * START_SECONDS
    });
    let restarts = match spec.faults {
        // Half of each block that ends with a kill is not run.
        Some(FaultSpec::Crash) => {
            2.0 * f64::from(spec.pairs - 1) * (RESTART_SECONDS - block_seconds(spec) / 2.0)
        }
        _ => 0.0,
    };
    arms * (spec.offered.seconds + closed)
        + restarts
        + variants
        + 2.0 * searches
        + starts
        + OVERHEAD_SECONDS
}
