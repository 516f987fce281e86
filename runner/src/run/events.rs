//! What happens in a run, for whoever shows it.

use shared::arms::{ArmRole, Arms};
use shared::report::{Block, CapacitySearch, Incident, LedgerCheck, Sample, Scenario};
use shared::summary::{RunSummary, ScenarioSummary};

use crate::scenario::Spec;

/// One thing that happened.
pub(crate) enum Event<'a> {
    /// The run begins.
    RunStarted {
        /// Its id.
        id: &'a str,
        /// Its scenarios.
        specs: &'a [Spec],
    },
    /// A scenario begins.
    ScenarioStarted {
        /// The scenario.
        spec: &'a Spec,
    },
    /// A database does not let an arm measure something; may be said again for every process of it.
    Unmeasured {
        /// What, why, and what helps.
        what: &'a str,
    },
    /// A block ended.
    BlockDone {
        /// The scenario.
        spec: &'a Spec,
        /// The arm that ran it.
        arm: ArmRole,
        /// Blocks run so far, both arms.
        done: usize,
        /// Blocks to be run, both arms.
        blocks: usize,
        /// Planned length of the block, seconds.
        seconds: f64,
        /// What was measured in it.
        block: &'a Block,
        /// The last sample of it; none in the closed model.
        last: Option<&'a Sample>,
    },
    /// A search for the highest load ended.
    SearchDone {
        /// The scenario.
        spec: &'a Spec,
        /// The search.
        search: &'a CapacitySearch,
        /// What it found: saves a second, or users.
        found: Option<f64>,
        /// Searches made so far, both arms.
        done: usize,
        /// Searches to be made, both arms.
        searches: usize,
    },
    /// All variants served a slice of the plan.
    RoundDone {
        /// The scenario.
        spec: &'a Spec,
        /// Rounds so far.
        done: usize,
        /// Rounds to be made.
        rounds: usize,
    },
    /// Something was broken on purpose.
    FaultDone {
        /// The scenario.
        spec: &'a Spec,
        /// What was broken, and what came of it so far.
        incident: &'a Incident,
        /// Faults so far, both arms.
        done: usize,
    },
    /// The evidence sufficed at a planned look: the scenario ends early, as its rule says.
    Decided {
        /// The scenario.
        spec: &'a Spec,
        /// Pairs that were measured.
        pairs: usize,
    },
    /// The databases are held against the ledger.
    Checking {
        /// The scenario.
        spec: &'a Spec,
    },
    /// The databases were held against the ledger.
    Checked {
        /// The scenario.
        spec: &'a Spec,
        /// What was found so far, all rounds.
        check: &'a Arms<LedgerCheck>,
    },
    /// A scenario ended and its report is written.
    ScenarioDone {
        /// Its evidence.
        scenario: &'a Scenario,
        /// What it came to.
        summary: &'a ScenarioSummary,
    },
    /// The run ended.
    RunDone {
        /// What it came to.
        summary: &'a RunSummary,
    },
}

/// Somebody who shows what happens.
pub(crate) trait Listener {
    /// Hears of an event.
    fn hear(&mut self, event: &Event<'_>);
}

/// Several who listen: each hears every event, in order.
pub(super) struct All(pub(super) Vec<Box<dyn Listener>>);

impl Listener for All {
    fn hear(&mut self, event: &Event<'_>) {
        for listener in &mut self.0 {
            listener.hear(event);
        }
    }
}
