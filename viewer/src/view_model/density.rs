//! How the latencies of each arm are spread.

use shared::arms::{ArmRole, Arms};
use shared::histogram::Histogram;
use shared::units::format_time;

use super::chart::Chart;
use super::data::{Across, Data};
use super::latency::{Shown, comparison_title, kind_name, whose};
use crate::charts::density::{Density, density_chart};

/// Points of a density curve.
const BINS: usize = 160;
/// Share of values cut off at either end of the density's axis.
const DENSITY_TAIL: f64 = 0.0005;

/// The density of the latencies.
pub(crate) fn chart(shown: &Shown<'_>) -> Chart {
    let (labels, view) = (shown.labels, shown.view);
    let densities = densities(labels, &shown.merged);
    let title = comparison_title(shown, 50.0, "the typical save");
    let medians = ArmRole::ALL
        .iter()
        .filter_map(|role| densities.get(*role).as_ref())
        .map(|d| format!("{} P50 {}", d.label, format_time(d.median)))
        .collect::<Vec<_>>()
        .join(", ");
    let aria = format!(
        "{title}. Distribution of {}, {}: {medians}.",
        whose(view),
        kind_name(view.kind)
    );
    match density_chart(&densities, view.linear, &aria) {
        Some(drawing) => Chart {
            title,
            note: format!(
                "Share of {} by {}; equal areas. Stem: P50.",
                whose(view),
                kind_name(view.kind)
            ),
            drawing: Some(drawing),
            data: Some(data(&densities, labels)),
        },
        None => shown.missing("Distribution"),
    }
}

fn data(densities: &Arms<Option<Density>>, labels: &Arms<String>) -> Data {
    let lines = densities.map(|_, density| {
        let points = density.iter().flat_map(|d| &d.points);
        points.map(|(ns, density)| (ns / 1e6, *density)).collect()
    });
    let unit = "share per unit of ln ms";
    Data::of_lines(Across::Value, ("latency", "ms"), labels, unit, &lines)
}

fn densities(labels: &Arms<String>, histograms: &Arms<Histogram>) -> Arms<Option<Density>> {
    let edge = |quantile: f64, pick: fn(f64, f64) -> f64| {
        ArmRole::ALL
            .iter()
            .filter_map(|role| histograms.get(*role).value_at_quantile(quantile))
            .map(|ns| (ns.max(1) as f64).ln())
            .reduce(pick)
    };
    let range = edge(DENSITY_TAIL, f64::min).zip(edge(1.0 - DENSITY_TAIL, f64::max));
    histograms.map(|role, histogram| {
        let (low, high) = range?;
        let median = histogram.value_at_quantile(0.5)? as f64;
        let points = smoothed(histogram, low - 0.35, high + 0.35);
        Some(Density {
            label: labels.get(role).clone(),
            points,
            median,
        })
    })
}

/// Density per unit of ln(latency) by a Gaussian kernel, whose width follows Silverman's rule
/// (Density Estimation for Statistics and Data Analysis, 1986, eq. 3.31) within bounds that suit the chart.
fn smoothed(histogram: &Histogram, low: f64, high: f64) -> Vec<(f64, f64)> {
    let step = (high - low) / (BINS - 1) as f64;
    let mut bins = vec![0.0; BINS];
    for bucket in histogram.buckets() {
        let middle = (f64::midpoint(bucket.lowest as f64, bucket.highest as f64))
            .max(1.0)
            .ln();
        let bin = ((middle - low) / step)
            .round()
            .clamp(0.0, (BINS - 1) as f64) as usize;
        bins[bin] += bucket.count as f64;
    }
    let width = kernel_width(histogram).max(step * 1.5);
    let scale = 1.0 / (histogram.count() as f64 * width * (2.0 * std::f64::consts::PI).sqrt());
    // By distance, as the same few weights count for every pair of bins.
    let weights: Vec<f64> = (0..BINS)
        .map(|distance| (-0.5 * (distance as f64 * step / width).powi(2)).exp())
        .collect();
    (0..BINS)
        .map(|i| {
            let sum: f64 = bins
                .iter()
                .enumerate()
                .filter(|(_, n)| **n > 0.0)
                .map(|(j, n)| n * weights[i.abs_diff(j)])
                .sum();
            ((low + step * i as f64).exp(), sum * scale)
        })
        .collect()
}

fn kernel_width(histogram: &Histogram) -> f64 {
    let ln_at = |q| {
        histogram
            .value_at_quantile(q)
            .map_or(0.0, |ns| (ns.max(1) as f64).ln())
    };
    let spread = (ln_at(0.75) - ln_at(0.25)) / 1.34;
    let scale = (-0.2 * (histogram.count().max(1) as f64).ln()).exp();
    (0.9 * spread * scale).clamp(0.03, 0.15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn densities_have_equal_areas() {
        let labels = fixture::labels();
        let fast = fixture::histogram((0..2000_u64).map(|i| 20_000 + i * 7));
        let slow = fixture::histogram((0..5000_u64).map(|i| 400_000 + i * 90));
        let both = densities(
            &labels,
            &Arms {
                baseline: slow,
                candidate: fast,
            },
        );
        for density in [both.baseline.unwrap(), both.candidate.unwrap()] {
            let area: f64 = density
                .points
                .windows(2)
                .map(|w| w[0].1 * (w[1].0.ln() - w[0].0.ln()))
                .sum();
            assert!((area - 1.0).abs() < 0.02, "{area}");
        }
    }
}
