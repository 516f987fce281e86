//! Which variants of a service a scenario compares, to see what each part of it contributes.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use shared::arms::ArmRole;
use toml::Spanned;

use super::error::ScenarioError;
use super::figure::Figure;
use super::file::{RawProfile, ScenarioFile};
use super::resolve::Check;
use super::spec::{Closed, Pattern, Spec};
use crate::arm::worker::Subject;

/// Each round is a sample of the ratios.
const ROUNDS: RangeInclusive<f64> = 2.0..=1000.0;
/// Saves of a variant in a round.
const OPERATIONS: RangeInclusive<f64> = 1.0..=1_000_000.0;
/// Processes that are alive at the same time.
const VARIANTS: RangeInclusive<usize> = 2..=16;

/// A comparison of variants after the blocks: all of them serve the same slices of the plan in the closed model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AblationSpec {
    /// Slices; in each, every variant comes once, in random order.
    pub(crate) rounds: u32,
    /// Saves of each variant in a round.
    pub(crate) operations: u64,
    /// The services, the whole one first; `baseline` and `candidate` stand for the run's own.
    pub(crate) variants: Vec<String>,
}

/// The table `ablation` of a profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAblation {
    pub(super) rounds: Spanned<Figure>,
    pub(super) operations: Spanned<Figure>,
    pub(super) variants: Spanned<Vec<Spanned<String>>>,
}

impl Spec {
    /// What each variant is asked for: the slices and nothing else.
    pub(crate) fn of_variants(&self, ablation: &AblationSpec) -> Self {
        Self {
            pairs: 0,
            closed: Some(Closed {
                pairs: ablation.rounds,
                operations: ablation.operations,
            }),
            ablation: None,
            capacity: None,
            eviction_probe: None,
            memory_profile: false,
            faults: None,
            split: false,
            criteria: Vec::new(),
            ..self.clone()
        }
    }
}

impl ScenarioFile {
    /// Reads and checks the variants.
    pub(super) fn ablation(
        &self,
        check: &Check<'_>,
        raw: &RawProfile,
    ) -> Result<Option<AblationSpec>, ScenarioError> {
        let Some(ablation) = &raw.ablation else {
            return Ok(None);
        };
        let load = &self.raw.load;
        let span = ablation.rounds.span();
        if matches!(load.pattern, Pattern::Overflow | Pattern::Thrashing) {
            let problem = format!(
                "variants need the closed model, which pattern `{}` has not",
                load.pattern.as_str()
            );
            return Err(check.0.invalid(span, problem));
        }
        if load.fresh_arms.as_ref().is_some_and(|flag| *flag.get_ref()) {
            let problem = "variants live as long as the scenario: leave `load.fresh_arms` out";
            return Err(check.0.invalid(span, problem));
        }
        Ok(Some(AblationSpec {
            rounds: check.whole(&ablation.rounds, ROUNDS)? as u32,
            operations: check.whole(&ablation.operations, OPERATIONS)?,
            variants: check.variants(&ablation.variants)?,
        }))
    }
}

impl Check<'_> {
    fn variants(&self, raw: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<String>, ScenarioError> {
        let mut variants: Vec<String> = Vec::new();
        if !VARIANTS.contains(&raw.get_ref().len()) {
            let (least, most) = (VARIANTS.start(), VARIANTS.end());
            let problem = format!(
                "{} variants: {least} to {most} are possible, the whole service first",
                raw.get_ref().len()
            );
            return Err(self.0.invalid(raw.span(), problem));
        }
        for variant in raw.get_ref() {
            let name = variant.get_ref();
            let is_role = ArmRole::ALL.iter().any(|role| role.as_str() == name);
            if let (false, Err(e)) = (is_role, name.parse::<Subject>()) {
                let problem =
                    format!("{e}; or `baseline` or `candidate`, for the services of the run");
                return Err(self.0.invalid(variant.span(), problem));
            }
            if variants.contains(name) {
                let problem = format!("`{name}` is named twice");
                return Err(self.0.invalid(variant.span(), problem));
            }
            variants.push(name.clone());
        }
        Ok(variants)
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Profile, load};

    fn refused(ablation: &str) -> String {
        let text = std::fs::read_to_string("scenarios/capacity.toml").unwrap();
        let text = format!("{text}ablation = {ablation}\n");
        let refused = crate::scenario::ScenarioFile::parse("mine.toml", &text);
        refused.err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_built_in_one_begins_with_the_whole_service() {
        let spec = load("ablation")
            .unwrap()
            .resolve(Profile::Quick, None)
            .unwrap();
        let ablation = spec.ablation.clone().unwrap();
        assert_eq!(ablation.variants.first().unwrap(), "optimized");
        assert_eq!(ablation.variants.last().unwrap(), "standard");
        let of_variants = spec.of_variants(&ablation);
        assert_eq!(of_variants.closed.unwrap().pairs, ablation.rounds);
        assert_eq!((of_variants.pairs, of_variants.ablation), (0, None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let of = |variants: &str| {
            refused(&format!(
                "{{ rounds = 6, operations = 500, variants = [{variants}] }}"
            ))
        };
        assert_eq!(of(r#""optimized", "candidate""#), "");
        let said = of(r#""optimized""#);
        assert!(
            said.contains("`profiles.ci.ablation.variants`: 1 variants: 2 to 16"),
            "{said}"
        );
        let said = of(r#""optimized", "optimized""#);
        assert!(said.contains("`optimized` is named twice"), "{said}");
        let said = of(r#""optimized", "optimized:dedup=off,cache=5""#);
        assert!(said.contains("contradict each other"), "{said}");
        let said = of(r#""optimized", "fast""#);
        assert!(said.contains("unknown service `fast`"), "{said}");
        let said =
            refused(r#"{ rounds = 1, operations = 5, variants = ["optimized", "standard"] }"#);
        assert!(said.contains("1 is out of range: 2 to 1000"), "{said}");
    }
}
