//! Variants of a service, compared by real processes.

use crate::support::{Desk, assert_exit};

/// A small scenario that compares these variants.
fn scenario(desk: &Desk, variants: &str) -> std::path::PathBuf {
    let text = format!(
        r#"
name = "small"
title = "Small load"
source = "tests"
why = "A load that ends soon."

[load]
users = 10
arrivals = "poisson"
state_size = {{ min = "1 KB", max = "2 KB" }}
duplicates = "60 %"
pattern = "mixed"
cache_entries = 100
runs = 20
key_skew = 0.5

[profiles.full]
rate = "200/s"
operations = 40
pairs = 2
warm_up_operations = 10

[profiles.quick]
rate = "200/s"
operations = 40
pairs = 2
warm_up_operations = 10
ablation = {{ rounds = 3, operations = 100, variants = [{variants}] }}
"#
    );
    desk.file("small.toml", &text)
}

#[test]
fn all_variants_serve_the_same_slices_and_only_the_whole_one_skips_duplicates() {
    let desk = Desk::new();
    let file = scenario(
        &desk,
        r#""candidate", "optimized:dedup=off", "optimized:batch=off", "standard""#,
    );
    assert_exit(&desk.run(&[&file], &[]), 0);
    let variants = desk.scenario_report("small").ablation;
    let labels: Vec<&str> = variants.iter().map(|v| v.label.as_str()).collect();
    let expected = [
        "Optimized",
        "optimized:dedup=off",
        "optimized:batch=off",
        "Standard",
    ];
    assert_eq!(labels, expected);
    for variant in &variants {
        let rounds: Vec<u32> = variant.rounds.iter().map(|r| r.round).collect();
        assert_eq!(rounds, [0, 1, 2]);
        for round in &variant.rounds {
            assert_eq!((round.acknowledged, round.failed), (100, 0), "{round:?}");
            assert!(round.duration_ns > 0 && round.cpu_ns.is_some(), "{round:?}");
        }
        let ledger = variant.ledger.as_ref().unwrap();
        assert_eq!(
            (ledger.acknowledged, ledger.violations()),
            (300, 0),
            "{ledger:?}"
        );
    }
    let skipped = |number: usize| -> u64 {
        let rounds = variants[number].rounds.iter();
        rounds.map(|round| round.deduplicated).sum()
    };
    assert!(skipped(0) > 60, "{}", skipped(0));
    assert_eq!((skipped(1), skipped(3)), (0, 0));
    // Which of two equal saves comes first depends on nothing but the plan: a user has one save at a time.
    assert_eq!(skipped(2), skipped(0));
    assert_eq!(desk.verify().0, Some(0));
}

#[test]
fn a_variant_that_loses_states_is_found_out() {
    let desk = Desk::new();
    let file = scenario(&desk, r#""optimized", "standard:lose=10""#);
    let output = desk.run(&[&file], &[]);
    let variants = desk.scenario_report("small").ablation;
    assert!(variants[0].ledger.as_ref().unwrap().is_clean());
    assert!(variants[1].ledger.as_ref().unwrap().violations() >= 30);
    assert_exit(&output, 5);
}

#[test]
fn a_variant_that_does_not_exist_is_refused_before_any_load() {
    let desk = Desk::new();
    let file = scenario(&desk, r#""optimized", "optimized:dedup=perhaps""#);
    let output = desk.run(&[&file], &[]);
    assert_exit(&output, 2);
    let said = crate::support::stderr(&output);
    assert!(
        said.contains("option `dedup=perhaps`: `on` or `off`"),
        "{said}"
    );
    assert!(!desk.out().exists());
}
