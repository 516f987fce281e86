//! Loads beyond the blocks one after the other: searches for the highest one, and both arms at once.

use shared::arms::ArmRole;
use shared::estimate::found;
use shared::report::Mode;

use crate::support::{Desk, assert_exit};

/// A scenario whose `load` and quick profile have these lines more.
fn scenario(load: &str, profile: &str) -> String {
    format!(
        r#"
name = "small"
title = "Small load"
source = "tests"
why = "A load that ends soon."

[load]
users = 10
arrivals = "poisson"
state_size = {{ min = "1 KB", max = "2 KB" }}
duplicates = "50 %"
pattern = "mixed"
cache_entries = 100
runs = 50
key_skew = 0.5
{load}

[profiles.full]
rate = "200/s"
operations = 200
pairs = 2
warm_up_operations = 10

[profiles.quick]
rate = "200/s"
operations = 200
pairs = 2
warm_up_operations = 10
{profile}
"#
    )
}

#[test]
fn searches_end_with_a_figure_and_the_ledger_covers_their_saves() {
    let desk = Desk::new();
    // Several times what a save takes on a machine that much else runs on: each search has a figure then.
    let search = r#"capacity = { target = { duplicate = "200 ms", unique = "200 ms" }, pairs = 1, step = "100 ms" }"#;
    let file = desk.file("small.toml", &scenario("", search));
    assert_exit(&desk.run(&[&file], &[]), 0);
    let report = desk.scenario_report("small");
    let capacity = report.capacity.as_ref().unwrap();
    assert_eq!(capacity.searches.len(), 4);
    let ledger = report.ledger.as_ref().unwrap();
    for role in ArmRole::ALL {
        let searches = || capacity.searches.iter().filter(|s| s.arm == role);
        assert!(searches().all(|s| found(s, capacity.target_ns).is_some()));
        let blocks = report.blocks.iter().filter(|b| b.arm == role);
        let in_blocks: u64 = blocks.map(|b| b.outcomes.acknowledged()).sum();
        let in_steps: u64 = searches()
            .flat_map(|s| &s.steps)
            .map(|s| s.acknowledged)
            .sum();
        assert_eq!(ledger.get(role).acknowledged, in_blocks + in_steps);
        assert!(ledger.get(role).is_clean(), "{:?}", ledger.get(role));
    }
    assert_eq!(desk.verify().0, Some(0));
}

#[test]
fn split_traffic_reaches_both_arms_and_each_keeps_what_it_got() {
    let desk = Desk::new();
    let file = desk.file("small.toml", &scenario("split = true", ""));
    assert_exit(&desk.run(&[&file], &[]), 0);
    let report = desk.scenario_report("small");
    assert!(report.load.split);
    assert!(report.blocks.iter().all(|b| b.mode == Mode::Open));
    let ledger = report.ledger.as_ref().unwrap();
    let acknowledged = ArmRole::ALL.map(|role| ledger.get(role).acknowledged);
    assert_eq!(acknowledged.iter().sum::<u64>(), 200);
    assert!(
        acknowledged.iter().all(|saves| *saves > 60),
        "{acknowledged:?}"
    );
    assert!(ArmRole::ALL.iter().all(|role| ledger.get(*role).is_clean()));
    assert_eq!(desk.verify().0, Some(0));
}
