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
    /// Whether it guards against regressions: it fails only what is surely worse, and passes only where a failure is
    /// excluded. Without it, the policy asks for gains.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gate: bool,
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
    /// Whether the bad side of `pass` is a warning however far; it has no `fail` then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub warn_only: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Target {
    /// Where failing begins: nowhere in reach for a target that only warns.
    #[must_use]
    pub fn fail_limit(&self) -> f64 {
        match (self.warn_only, self.better) {
            (true, Better::Lower) => f64::INFINITY,
            (true, Better::Higher) => f64::NEG_INFINITY,
            (false, _) => self.fail.unwrap_or(self.pass),
        }
    }

    /// Whether it guards against getting worse, rather than asking for a gain: its limit is no change, or lies on the
    /// worse side of it.
    #[must_use]
    pub fn guards(&self) -> bool {
        let worse = match self.better {
            Better::Lower => self.pass,
            Better::Higher => -self.pass,
        };
        self.of == Measure::Change && worse >= 0.0
    }

    /// The limits that evidence is held against, where changes up to `floor` are noise: a change counts from the
    /// larger of the two on. A limit of no change becomes a tolerance for the worse. What grows by the floor and falls
    /// back falls by floor / (1 + floor). Whether a gain is missed has nothing to do with noise: only passing gets harder.
    #[must_use]
    pub fn widened(&self, floor: Option<f64>) -> Self {
        let Some(floor) = floor.filter(|f| f.is_finite() && self.of == Measure::Change) else {
            return *self;
        };
        let worse = match self.better {
            Better::Lower => 1.0,
            Better::Higher => -1.0,
        };
        let floor = floor.abs();
        let widen = |limit: f64| {
            let sign = if limit == 0.0 { worse } else { limit.signum() };
            let noise = if sign < 0.0 {
                floor / (1.0 + floor)
            } else {
                floor
            };
            sign * limit.abs().max(noise)
        };
        let pass = widen(self.pass);
        let fail = if self.guards() {
            self.fail.map(widen)
        } else {
            (pass != self.pass).then(|| self.fail_limit()).or(self.fail)
        };
        Self {
            pass,
            fail,
            ..*self
        }
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
    use proptest::prelude::*;

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
        let warning = Target {
            warn_only: true,
            ..regression
        };
        assert_eq!(warning.fail_limit(), f64::INFINITY);
    }

    fn change(better: Better, pass: f64, fail: Option<f64>) -> Target {
        Target {
            of: Measure::Change,
            better,
            pass,
            fail,
            warn_only: false,
        }
    }

    #[test]
    fn noise_widens_what_it_is_larger_than() {
        let gate = change(Better::Lower, 0.1, Some(0.2));
        let widened = gate.widened(Some(0.13));
        assert_eq!((widened.pass, widened.fail), (0.13, Some(0.2)));
        assert_eq!(gate.widened(Some(0.05)), gate);
        assert_eq!(gate.widened(None), gate);
        assert_eq!(gate.widened(Some(f64::NAN)), gate);
        assert_eq!(
            change(Better::Higher, 0.0, None).widened(Some(0.25)).pass,
            -0.2
        );
        let gain = change(Better::Lower, -0.01, None).widened(Some(0.25));
        assert_eq!((gain.pass, gain.fail), (-0.2, Some(-0.01)));
        let own = Target {
            of: Measure::Candidate,
            ..gate
        };
        assert_eq!(own.widened(Some(0.5)), own, "noise is a matter of changes");
    }

    #[test]
    fn a_target_guards_where_its_limit_is_no_gain() {
        for (better, pass, guards) in [
            (Better::Lower, 0.1, true),
            (Better::Lower, 0.0, true),
            (Better::Lower, -0.25, false),
            (Better::Higher, 0.4, false),
            (Better::Higher, -0.1, true),
        ] {
            assert_eq!(
                change(better, pass, None).guards(),
                guards,
                "{better:?} {pass}"
            );
        }
    }

    proptest! {
        #[test]
        fn effective_limits_are_never_closer_to_no_change(
            pass in -0.9_f64..0.9, step in 0.0_f64..0.5, floor in 0.0_f64..0.5, lower in any::<bool>(),
        ) {
            let better = if lower { Better::Lower } else { Better::Higher };
            let fail = if lower { pass + step } else { pass - step };
            let target = change(better, pass, Some(fail));
            let widened = target.widened(Some(floor));
            prop_assert!(widened.pass.abs() >= pass.abs());
            prop_assert!(widened.pass.abs() >= floor / (1.0 + floor));
            prop_assert!(!target.guards() || widened.fail_limit().abs() >= fail.abs());
            if lower {
                prop_assert!(widened.pass <= widened.fail_limit());
            } else {
                prop_assert!(widened.pass >= widened.fail_limit());
            }
            prop_assert_eq!(target.guards(), widened.guards());
        }
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
