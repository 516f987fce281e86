//! Figures of `shared::stats` against those of SciPy, statsmodels and pymannkendall, stored with the script that made them
//! (`scripts/reference/statistics.py`).

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::stats::{
    Interval, Resampling, Spread, WeightedMedian, bootstrap, bootstrap_two, holm, mann_kendall,
    median, rank_sum, signed_rank, slope_interval, theil_sen,
};

/// Exact p-values, means and deviations differ by rounding only.
const EXACT: f64 = 1e-9;
/// Normal approximations: our distribution function is within 1e-7.
const APPROXIMATE: f64 = 1e-6;
/// How far an interval's end may lie outside the ends that SciPy finds with 20 seeds, in widths of the interval.
/// SciPy interpolates between resamples, we take the nearest one.
const OF_WIDTH: f64 = 0.02;

#[derive(Deserialize)]
struct Reference {
    sets: Vec<Set>,
    families: Vec<Family>,
    trends: Vec<Trend>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    first: Vec<f64>,
    second: Vec<f64>,
    spread: Moments,
    signed_rank: Test,
    rank_sum: Test,
    bootstrap: BTreeMap<String, Bootstrap>,
}

#[derive(Deserialize)]
struct Moments {
    mean: f64,
    median: f64,
    standard_deviation: f64,
}

#[derive(Deserialize)]
struct Test {
    method: String,
    p: f64,
}

/// Expanded percentile intervals: SciPy's plain ones at the confidence that the expansion comes to.
#[derive(Deserialize)]
struct Bootstrap {
    confidence: f64,
    median: Option<Ends>,
    mean: Option<Ends>,
    difference_of_medians: Option<Ends>,
}

/// The lowest and the highest that each end was with any seed.
#[derive(Deserialize)]
struct Ends {
    low: [f64; 2],
    high: [f64; 2],
}

#[derive(Deserialize)]
struct Family {
    p: Vec<f64>,
    adjusted: Vec<f64>,
    rejected: BTreeMap<String, Vec<bool>>,
}

#[derive(Deserialize)]
struct Trend {
    name: String,
    points: Vec<(f64, f64)>,
    slope: f64,
    intercept: f64,
    p: f64,
    intervals: Vec<SlopeInterval>,
}

#[derive(Deserialize)]
struct SlopeInterval {
    confidence: f64,
    low: f64,
    high: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/scipy.json"))
        .expect("the stored figures are as the script writes them")
}

fn assert_close(actual: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{what}: {actual} is not {expected}"
    );
}

fn assert_p(actual: Option<f64>, test: &Test, what: &str) {
    let tolerance = match test.method.as_str() {
        "exact" => EXACT,
        _ => APPROXIMATE,
    };
    assert_close(actual.unwrap_or(f64::NAN), test.p, tolerance, what);
}

#[test]
fn p_values_are_those_of_scipy() {
    for set in reference().sets {
        assert_p(signed_rank(&set.first), &set.signed_rank, &set.name);
        assert_p(rank_sum(&set.first, &set.second), &set.rank_sum, &set.name);
    }
}

#[test]
fn both_distributions_of_both_tests_are_held_against_the_reference() {
    let sets = reference().sets;
    let used = |method: &str, of: fn(&Set) -> &Test| {
        sets.iter().filter(|s| of(s).method == method).count()
    };
    for method in ["exact", "asymptotic"] {
        assert!(used(method, |s| &s.signed_rank) >= 3, "{method}");
        assert!(used(method, |s| &s.rank_sum) >= 3, "{method}");
    }
}

#[test]
fn spreads_are_those_of_numpy() {
    for set in reference().sets {
        let spread = Spread::of(&set.first).unwrap();
        assert_eq!(spread.count, set.first.len());
        for (actual, expected) in [
            (spread.mean, set.spread.mean),
            (spread.median, set.spread.median),
            (spread.standard_deviation, set.spread.standard_deviation),
        ] {
            assert_close(actual, expected, EXACT, &set.name);
        }
        assert_eq!(median(&set.first), Some(spread.median));
    }
}

#[test]
fn holms_figures_and_decisions_are_those_of_statsmodels() {
    for family in reference().families {
        let adjusted = holm(&family.p);
        for (actual, expected) in adjusted.iter().zip(&family.adjusted) {
            assert_close(*actual, *expected, EXACT, "adjusted p");
        }
        for (level, rejected) in &family.rejected {
            let level: f64 = level.parse().unwrap();
            let ours: Vec<bool> = adjusted.iter().map(|p| *p <= level).collect();
            assert_eq!(ours, *rejected, "{:?} at {level}", family.p);
        }
    }
}

fn resampling(values: &[f64], confidence: f64) -> Resampling {
    Resampling {
        units: values.len(),
        run_length: 1,
        confidence,
    }
}

fn assert_ends(actual: Option<Interval>, expected: Option<&Ends>, what: &str) {
    let (Some(actual), Some(expected)) = (actual, expected) else {
        return;
    };
    let slack = (expected.high[1] - expected.low[0]) * OF_WIDTH;
    for (end, range) in [(actual.low, expected.low), (actual.high, expected.high)] {
        assert!(
            range[0] - slack <= end && end <= range[1] + slack,
            "{what}: {end} is not within {range:?} ± {slack}"
        );
    }
}

#[test]
fn intervals_of_medians_and_means_are_those_of_scipy() {
    for set in reference().sets {
        let medians = WeightedMedian::new(set.first.iter().map(|v| Some(*v)));
        for (looks, expected) in &set.bootstrap {
            let drawn = resampling(&set.first, expected.confidence);
            let [of_median, of_mean] = bootstrap(&drawn, |weights| {
                let weighted = set.first.iter().zip(weights);
                let sum: f64 = weighted.map(|(v, w)| v * f64::from(*w)).sum();
                [medians.of(weights), Some(sum / set.first.len() as f64)]
            });
            assert!(of_median.is_some() && of_mean.is_some());
            let what = format!("{} at {looks}", set.name);
            assert_ends(
                of_median,
                expected.median.as_ref(),
                &format!("median of {what}"),
            );
            assert_ends(of_mean, expected.mean.as_ref(), &format!("mean of {what}"));
        }
    }
}

#[test]
fn intervals_of_two_samples_are_those_of_scipy() {
    for set in reference().sets {
        let of = |values: &[f64]| WeightedMedian::new(values.iter().map(|v| Some(*v)));
        let (first, second) = (of(&set.first), of(&set.second));
        for (looks, expected) in &set.bootstrap {
            let interval = bootstrap_two(
                &resampling(&set.first, expected.confidence),
                &resampling(&set.second, expected.confidence),
                |a, b| Some(second.of(b)? - first.of(a)?),
            );
            assert!(interval.is_some());
            let what = format!("{} at {looks}", set.name);
            assert_ends(interval, expected.difference_of_medians.as_ref(), &what);
        }
    }
}

#[test]
fn lines_and_their_intervals_are_those_of_scipy() {
    for trend in reference().trends {
        // Slopes are up to tens of thousands, levels tens of millions.
        let close = |actual: f64, expected: f64| {
            let tolerance = EXACT * expected.abs().max(1.0);
            assert_close(actual, expected, tolerance, &trend.name);
        };
        let line = theil_sen(&trend.points).unwrap();
        close(line.slope, trend.slope);
        close(line.intercept, trend.intercept);
        for expected in &trend.intervals {
            let interval = slope_interval(&trend.points, expected.confidence, 1.0).unwrap();
            close(interval.low, expected.low);
            close(interval.high, expected.high);
        }
    }
}

#[test]
fn p_values_of_trends_are_those_of_pymannkendall() {
    for trend in reference().trends {
        let p = mann_kendall(&trend.points, 1.0).unwrap();
        assert_close(p, trend.p, APPROXIMATE, &trend.name);
    }
}
