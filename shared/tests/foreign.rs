//! Histograms of other tools: files that the JavaScript port of HdrHistogram wrote, and the percentiles that it found in
//! what it wrote (`foreign/expected.json`).

#![expect(
    clippy::unwrap_used,
    reason = "what a test's helpers cannot read fails the test"
)]

use serde_json::Value;
use shared::histogram::{Histogram, read_interval_log, read_percentile_file};

const NS_PER_MS: u64 = 1_000_000;
/// Percentiles as the JavaScript port names them, and as quantiles.
const PERCENTILES: [(&str, f64); 5] = [
    ("50", 0.5),
    ("90", 0.9),
    ("99", 0.99),
    ("99.9", 0.999),
    ("100", 1.0),
];

fn file(name: &str) -> String {
    std::fs::read_to_string(format!(
        "{}/tests/foreign/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn expected() -> Value {
    serde_json::from_str(&file("expected.json")).unwrap()
}

fn value(histogram: &Histogram, quantile: f64) -> u64 {
    histogram.value_at_quantile(quantile).unwrap()
}

#[test]
fn a_log_with_tags_comes_to_the_percentiles_of_its_writer() {
    let log = read_interval_log(&file("tags.hlog")).unwrap();
    assert_eq!(log.tagged.len(), 2);
    for tagged in &log.tagged {
        let expected = &expected()["tags.hlog"][tagged.tag.as_deref().unwrap()];
        assert_eq!(tagged.histogram.count(), expected["count"]);
        assert_eq!((tagged.intervals, tagged.seconds), (5, 10.0));
        for (name, quantile) in PERCENTILES {
            assert_eq!(
                value(&tagged.histogram, quantile),
                expected["percentiles"][name],
                "P{name}"
            );
        }
    }
}

#[test]
fn percentile_files_as_text_and_as_csv_come_to_what_they_print() {
    for name in ["read.hgrm", "write.csv.hgrm"] {
        let file = read_percentile_file(&file(name)).unwrap();
        let expected = &expected()[name];
        assert_eq!(file.count(), expected["count"]);
        // Percentiles that the file has a line for, printed with three decimals of a millisecond.
        for (percentile, quantile) in [("50", 0.5), ("90", 0.9), ("100", 1.0)] {
            let ns = expected["percentiles"][percentile].as_u64().unwrap();
            let read = value(&file.histogram(NS_PER_MS), quantile);
            assert!(
                read.abs_diff(ns) <= 500,
                "{name} P{percentile}: {read}, {ns} written"
            );
        }
    }
}
