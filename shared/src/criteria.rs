//! Targets: what the strategy demands, as data.

use serde::{Deserialize, Serialize};

use crate::metric::Metric;

/// A named set of targets for a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Name: `release`, `ci`.
    pub name: String,
    /// Its targets; each names the scenario that measures it.
    pub criteria: Vec<Criterion>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Name, unique within its policy or scenario.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Section of the strategy, `§6.1`.
    pub source: String,
    /// The strategy's own words.
    pub quote: String,
    /// The scenario that measures it; absent in a scenario's own targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// What is judged.
    pub metric: Metric,
    /// Against what.
    pub target: Target,
    /// Whether only the strategy's own length and rate can settle it.
    #[serde(default)]
    pub needs_full_length: bool,
    /// Why nothing can judge it yet; absent where it is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_judged_because: Option<String>,
}

/// The limits of a target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What is held against the limits.
    pub of: Measure,
    /// Which direction is good.
    pub better: Better,
    /// Pass on the good side of this: nanoseconds, bytes, shares or counts for `candidate`; −0.3 = 30 % less for `change`.
    pub pass: f64,
    /// Fail on the bad side of this; the same as `pass` where absent. Between the two is a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<f64>,
}

impl Target {
    /// Where failing begins.
    #[must_use]
    pub fn fail_limit(&self) -> f64 {
        self.fail.unwrap_or(self.pass)
    }
}

/// What is held against a target's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// The candidate's own figure.
    Candidate,
    /// The change from baseline to candidate: candidate / baseline − 1.
    Change,
    /// The difference candidate − baseline.
    Difference,
}

/// Which direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
        "id": "p95", "title": "P95 response", "source": "§6.1", "quote": "P95 latency: ≥25% reduction overall",
        "scenario": "medium", "metric": "response.p95",
        "target": {"of": "change", "better": "lower", "pass": -0.25}
    }"#;

    #[test]
    fn a_target_without_a_failing_limit_fails_where_it_no_longer_passes() {
        let criterion: Criterion = serde_json::from_str(TEXT).unwrap();
        assert_eq!(criterion.target.fail_limit(), -0.25);
        assert!(!criterion.needs_full_length);
        let regression = Target {
            fail: Some(0.1),
            ..criterion.target
        };
        assert_eq!(regression.fail_limit(), 0.1);
    }

    #[test]
    fn what_a_target_does_not_know_is_refused_by_name() {
        for (from, to, named) in [
            ("\"lower\"", "\"less\"", "less"),
            ("\"pass\"", "\"limit\"", "limit"),
            ("response.p95", "response.p100", "response.p100"),
            ("\"scenario\"", "\"scenarios\"", "scenarios"),
        ] {
            let refused = serde_json::from_str::<Criterion>(&TEXT.replace(from, to)).unwrap_err();
            assert!(refused.to_string().contains(named), "{refused}");
        }
    }

    #[test]
    fn a_criterion_survives_a_round_trip() {
        let criterion: Criterion = serde_json::from_str(TEXT).unwrap();
        let text = serde_json::to_string(&criterion).unwrap();
        assert_eq!(serde_json::from_str::<Criterion>(&text).unwrap(), criterion);
    }
}
