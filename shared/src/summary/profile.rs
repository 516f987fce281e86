//! What a run's profile leaves of the strategy's load.

use crate::report::{IndexEntry, Run, Scenario};
use crate::units::format_factor;

/// The profile of a first look.
const FIRST_LOOK: &str = "ci";

/// What has a profile: a run, its entry in the list, or the name of a profile alone.
pub trait Profiled {
    /// The profile.
    fn profile(&self) -> &str;
    /// Whether a gate measured it, which looks at one question until it is settled.
    fn is_gate(&self) -> bool;
}

impl Profiled for Run {
    fn profile(&self) -> &str {
        &self.profile
    }

    fn is_gate(&self) -> bool {
        self.policy.gate
    }
}

impl Profiled for IndexEntry {
    fn profile(&self) -> &str {
        &self.profile
    }

    fn is_gate(&self) -> bool {
        self.gate
    }
}

impl Profiled for str {
    fn profile(&self) -> &str {
        self
    }

    fn is_gate(&self) -> bool {
        false
    }
}

/// What a first look is, as a sentence without its end; `None` for a run of another profile, and for a gate's.
#[must_use]
pub fn first_look(run: &(impl Profiled + ?Sized)) -> Option<&'static str> {
    (run.profile() == FIRST_LOOK && !run.is_gate())
        .then_some("First look: shorter than the quick profile, so with less evidence")
}

/// A run's profile as it is called wherever its numbers appear: `quick`, `First look (ci)`.
#[must_use]
pub fn profile_name(run: &(impl Profiled + ?Sized)) -> String {
    match first_look(run) {
        Some(_) => format!("First look ({})", run.profile()),
        None => run.profile().to_owned(),
    }
}

/// What a run's profile does to its load: `quick: time compressed up to ×30, shortened`.
#[must_use]
pub fn profile(run: &Run, scenarios: &[Scenario]) -> String {
    let loads = || {
        scenarios
            .iter()
            .map(|s| &s.load)
            .filter(|load| !load.is_full())
    };
    let compression = loads().map(|l| l.time_compression()).fold(1.0, f64::max);
    let shortened = loads().any(|l| l.length_share() < 1.0);
    let compressed = (compression > 1.01)
        .then(|| format!("time compressed up to {}", format_factor(compression)));
    let parts: Vec<String> = compressed
        .into_iter()
        .chain(shortened.then(|| "shortened".to_owned()))
        .collect();
    if parts.is_empty() {
        profile_name(run)
    } else {
        format!("{}: {}", profile_name(run), parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Synthetic, promised_gains, run_of};
    use crate::units::THIN;

    #[test]
    fn what_is_less_than_the_strategy_asks_for_is_said() {
        let mut scenarios = vec![Synthetic::default().scenario()];
        let mut run = run_of(&scenarios, promised_gains());
        run.profile = "quick".to_owned();
        let load = &mut scenarios[0].load;
        load.full = load.offered;
        assert_eq!(profile(&run, &scenarios), "quick");
        let load = &mut scenarios[0].load;
        load.full.seconds *= 60.0;
        load.full.operations_per_second /= 30.0;
        let said = profile(&run, &scenarios).replace(THIN, " ");
        assert_eq!(said, "quick: time compressed up to ×30.0, shortened");
        run.profile = "ci".to_owned();
        let said = profile(&run, &scenarios).replace(THIN, " ");
        assert_eq!(
            said,
            "First look (ci): time compressed up to ×30.0, shortened"
        );
    }

    #[test]
    fn a_gate_is_no_first_look() {
        let mut run = run_of(&[], promised_gains());
        run.profile = FIRST_LOOK.to_owned();
        assert!(first_look(&run).is_some());
        run.policy.gate = true;
        assert_eq!(first_look(&run), None);
        assert_eq!(profile_name(&run), FIRST_LOOK);
    }

    #[test]
    fn only_the_shortest_profile_is_a_first_look() {
        assert!(first_look("ci").is_some_and(|said| said.starts_with("First look: ")));
        assert_eq!(
            ["full", "quick", "mine"].map(first_look),
            [None, None, None]
        );
        assert_eq!(
            ["full", "ci"].map(profile_name),
            ["full", "First look (ci)"]
        );
    }
}
