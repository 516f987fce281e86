//! What each part of a service contributes: the whole against itself with one part switched off.

use crate::estimate::Estimate;
use crate::report::{Scenario, Variant, VariantRound};
use crate::stats::{CONFIDENCE, FEWEST_PAIRS, Resampling, WeightedMedian, bootstrap};
use crate::units::format_count;

/// A variant's figures over those of the whole service, round by round: 0.5 is half as much. The whole's own are 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// What the variant is called.
    pub label: String,
    /// The service with its options.
    pub service: String,
    /// Saves a second of the variant itself, the median of its rounds.
    pub saves_per_second: Option<f64>,
    /// Saves acknowledged a second.
    pub throughput: Option<Estimate>,
    /// Rows written or deleted per acknowledged save.
    pub rows: Option<Estimate>,
    /// Processor time per acknowledged save.
    pub cpu: Option<Estimate>,
    /// Saves that failed, all rounds.
    pub failed: u64,
}

/// The variants in their order, the whole service first; empty where the scenario switches nothing off.
#[must_use]
pub fn contributions(scenario: &Scenario) -> Vec<Contribution> {
    let Some(whole) = scenario.ablation.first() else {
        return Vec::new();
    };
    let contribution = |variant: &Variant| {
        let median = |figure: Figure| of_rounds(variant, whole, figure);
        let rates = variant.rounds.iter().filter_map(throughput);
        Contribution {
            label: variant.label.clone(),
            service: variant.service.clone(),
            saves_per_second: crate::stats::median(&rates.collect::<Vec<f64>>()),
            throughput: median(throughput),
            rows: median(rows),
            cpu: median(cpu),
            failed: crate::units::saturating_sum(variant.rounds.iter().map(|r| r.failed)),
        }
    };
    scenario.ablation.iter().map(contribution).collect()
}

/// The variant of the same service that loses most throughput: the part that contributes most.
#[must_use]
pub fn costliest(contributions: &[Contribution]) -> Option<(&Contribution, f64)> {
    let (whole, parts) = contributions.split_first()?;
    let name = |c: &Contribution| c.service.split(':').next().map(str::to_owned);
    parts
        .iter()
        .filter(|c| name(c) == name(whole))
        .filter_map(|c| Some((c, c.throughput.as_ref()?.value)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

type Figure = fn(&VariantRound) -> Option<f64>;

fn throughput(round: &VariantRound) -> Option<f64> {
    positive(round.acknowledged as f64 / (round.duration_ns as f64 / 1e9))
}

fn rows(round: &VariantRound) -> Option<f64> {
    let work = &round.database;
    let rows = work.rows_written.saturating_add(work.rows_deleted);
    positive(rows as f64 / round.acknowledged as f64)
}

fn cpu(round: &VariantRound) -> Option<f64> {
    positive(round.cpu_ns? as f64 / round.acknowledged as f64)
}

fn positive(value: f64) -> Option<f64> {
    (value.is_finite() && value > 0.0).then_some(value)
}

/// The median over the rounds of both, each round's ratio by itself: a round's weather is the same for both.
fn of_rounds(variant: &Variant, whole: &Variant, figure: Figure) -> Option<Estimate> {
    let ratio = |round: &VariantRound| {
        let same = whole.rounds.iter().find(|w| w.round == round.round)?;
        Some((figure(round)? / figure(same)?).ln())
    };
    let ratios: Vec<Option<f64>> = variant.rounds.iter().map(ratio).collect();
    let units = ratios.len();
    let median = WeightedMedian::new(ratios);
    let value = median.of(&vec![1; units])?.exp();
    if std::ptr::eq(variant, whole) {
        return Some(Estimate::exact(value));
    }
    let resampling = Resampling {
        units,
        run_length: 1,
        confidence: CONFIDENCE,
    };
    let enough = median.len() >= FEWEST_PAIRS;
    let [interval] = bootstrap(&resampling, |weights| {
        [median.of(weights).map(f64::exp).filter(|_| enough)]
    });
    Some(Estimate {
        value,
        interval,
        no_interval: interval.is_none().then(|| {
            format!(
                "an interval needs at least {FEWEST_PAIRS} rounds, there are {}",
                format_count(median.len() as u64)
            )
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Synthetic, variant};

    fn scenario(rounds: u32) -> Scenario {
        Scenario {
            ablation: vec![
                variant("Whole", rounds, 1_000.0, 2),
                variant("Without batching", rounds, 250.0, 2),
                variant("Without deduplication", rounds, 500.0, 4),
            ],
            ..Synthetic::default().scenario()
        }
    }

    #[test]
    fn ratios_are_those_of_the_whole_service() {
        let found = contributions(&scenario(6));
        let throughput = |i: usize| found[i].throughput.clone().unwrap();
        assert_eq!(throughput(0), Estimate::exact(1.0));
        assert!((throughput(1).value - 0.25).abs() < 0.01, "{found:?}");
        let interval = throughput(1).interval.unwrap();
        assert!(
            interval.low <= 0.25 && 0.25 <= interval.high,
            "{interval:?}"
        );
        assert_eq!(found[1].rows.as_ref().unwrap().value, 1.0);
        assert_eq!(found[2].rows.as_ref().unwrap().value, 2.0);
        assert_eq!(found[2].cpu, found[1].cpu);
        assert_eq!(costliest(&found).unwrap().0.label, "Without batching");
        let mut other = found.clone();
        other[1].service = "standard".to_owned();
        assert_eq!(costliest(&other).unwrap().0.label, "Without deduplication");
    }

    #[test]
    fn few_rounds_keep_their_value_and_lose_the_interval() {
        let found = contributions(&scenario(3));
        let throughput = found[1].throughput.as_ref().unwrap();
        assert_eq!(throughput.interval, None);
        assert!(
            throughput
                .no_interval
                .as_ref()
                .unwrap()
                .ends_with("there are 3")
        );
    }

    #[test]
    fn damaged_evidence_gives_no_figure_and_no_panic() {
        let mut scenario = scenario(6);
        for round in &mut scenario.ablation[1].rounds {
            (round.acknowledged, round.duration_ns, round.cpu_ns) = (0, 0, None);
        }
        scenario.ablation[2].rounds.clear();
        let found = contributions(&scenario);
        for lost in &found[1..] {
            assert_eq!(
                (&lost.throughput, &lost.rows, &lost.cpu),
                (&None, &None, &None)
            );
        }
        scenario.ablation.clear();
        assert!(contributions(&scenario).is_empty());
    }
}
