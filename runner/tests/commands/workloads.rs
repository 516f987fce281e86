//! Workloads by option and files of somebody's own, through real processes.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use shared::report::Scenario;

use crate::support::{Desk, Small, assert_exit, stderr};

/// Both databases hold all that was acknowledged.
fn assert_clean(scenario: &Scenario) {
    let ledger = scenario.ledger.as_ref().unwrap();
    for check in [&ledger.baseline, &ledger.candidate] {
        assert!(check.is_clean() && check.acknowledged > 0, "{check:?}");
    }
}

/// Runs a small scenario with more arguments; no save may fail.
fn measured(desk: &Desk, more: &[&str]) -> Scenario {
    let path = desk.scenario(&Small {
        state_kb: 20,
        ..Small::default()
    });
    assert_exit(&desk.run(&[&path], more), 0);
    let scenario = desk.scenario_report("small");
    assert_clean(&scenario);
    assert!(scenario.blocks.iter().all(|b| b.outcomes.errors.is_empty()));
    assert_eq!(desk.verify(), (Some(0), String::new()));
    scenario
}

/// Runs a workload by its name on the command line: what was asked for is what was measured.
fn check(workload: &str, pattern: &str, share: f64) {
    let scenario = measured(&Desk::new(), &["--workload", workload]);
    assert_eq!(scenario.load.pattern, pattern);
    assert_eq!(scenario.load.duplicate_share, share);
    let (mut repeated, mut saves) = (0, 0);
    for block in &scenario.blocks {
        let latencies = &block.latencies;
        repeated += latencies.duplicate.service.count();
        saves += latencies.duplicate.service.count() + latencies.unique.service.count();
    }
    let measured = repeated as f64 / saves as f64;
    assert!((measured - share).abs() < 0.02, "{measured}");
}

#[test]
fn duplicates_are_measured_and_stored_as_planned() {
    check("duplicates", "mixed", 0.5);
}

#[test]
fn conversations_are_measured_and_stored_as_planned() {
    check("append", "append", 0.5);
}

#[test]
fn edits_are_measured_and_stored_as_planned() {
    check("edit", "edit", 0.5);
}

#[test]
fn unique_states_are_measured_and_stored_as_planned() {
    check("unique", "unique", 0.0);
}

#[test]
fn shares_and_skew_are_those_of_the_command_line() {
    let scenario = measured(
        &Desk::new(),
        &[
            "--workload",
            "append",
            "--duplicates",
            "20%",
            "--key-skew",
            "1.5",
        ],
    );
    assert_eq!(scenario.load.pattern, "append");
    assert_eq!(scenario.load.duplicate_share, 0.2);
}

#[test]
fn a_growing_conversation_is_written_whole_at_each_step() {
    let desk = Desk::new();
    let path = desk.scenario(&Small {
        state_kb: 50,
        users: 1,
        ..Small::default()
    });
    let more = ["--workload", "append", "--duplicates", "0 %"];
    assert_exit(&desk.run(&[&path], &more), 0);
    let scenario = desk.scenario_report("small");
    assert_clean(&scenario);
    for block in &scenario.blocks {
        let each = block.database.state_bytes / block.planned;
        // A message has about 600 bytes, a conversation on the average some 25 KB.
        assert!(each > 10_000, "{each} bytes a save");
    }
}

/// Words that occur nowhere else, so that they can be searched for in a report.
const WORDS: [&str; 7] = [
    "qzrun",
    "qzthread",
    "qzuser",
    "qzkey",
    "qzvalue",
    "qzphase",
    "qzcontext",
];

/// Requests of three users, a third of them repetitions.
fn requests() -> String {
    let [run, thread, user, key, value, phase, context] = WORDS;
    (0..60)
        .map(|n| {
            let (owner, state) = (n % 3, n / 3 - usize::from(n / 3 % 3 == 2));
            let kind = if n % 10 == 9 { "manual" } else { "auto" };
            format!(
                "{{\"run_id\":\"{run}-{owner}\",\"thread_id\":\"{thread}-{owner}\",\"user_id\":\"{user}-{owner}\",\
                 \"state\":{{\"{key}\":\"{value}\",\"step\":{state}}},\"checkpoint_type\":\"{kind}\",\
                 \"agent_phase\":\"{phase}\",\"execution_context\":{{\"{context}\":{n}}}}}\n"
            )
        })
        .collect()
}

fn compressed(desk: &Desk, text: &str) -> PathBuf {
    let path = desk.path().join("qzfile.jsonl.gz");
    let file = std::fs::File::create(&path).unwrap();
    let mut encoder = GzEncoder::new(file, Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
    path
}

#[test]
fn an_imported_file_is_replayed_and_never_told() {
    let (plain, zipped) = (Desk::new(), Desk::new());
    let files = [
        plain.file("qzfile.jsonl", &requests()),
        compressed(&zipped, &requests()),
    ];
    let mut datasets = Vec::new();
    for (desk, file) in [&plain, &zipped].into_iter().zip(&files) {
        let scenario = measured(desk, &["--dataset", file.to_str().unwrap()]);
        assert_eq!(
            (scenario.load.pattern.as_str(), scenario.load.users),
            ("replay", 3)
        );
        assert!((0.1..0.4).contains(&scenario.load.duplicate_share));
        let dataset = desk.run_report().dataset;
        assert_eq!((dataset.source.as_str(), dataset.states), ("imported", 14));
        assert_eq!(dataset.checkpoint_types["manual"], 0.1);
        datasets.push(dataset);
        let mut searched = 0;
        for entry in std::fs::read_dir(desk.only_run()).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for word in WORDS.into_iter().chain(["qzfile"]) {
                assert!(!text.contains(word), "a report says {word}");
            }
            searched += 1;
        }
        assert!(searched >= 2);
    }
    assert_eq!(datasets[0], datasets[1]);
}

#[test]
fn findings_name_numbers_and_not_the_files_ids() {
    let desk = Desk::new();
    let file = desk.file("qzfile.jsonl", &requests());
    let path = desk.scenario(&Small::default());
    let more = [
        "--dataset",
        file.to_str().unwrap(),
        "--candidate",
        "optimized:lose=7",
    ];
    assert_exit(&desk.run(&[&path], &more), 5);
    let ledger = desk.scenario_report("small").ledger.unwrap();
    assert!(ledger.candidate.findings[0].contains("run-0000"));
    let report = std::fs::read_to_string(desk.only_run().join("small.json")).unwrap();
    assert!(!WORDS.iter().any(|word| report.contains(word)));
}

/// What was said of a file that must be refused before anything is measured.
fn refused(desk: &Desk, file: &Path) -> String {
    let scenario = desk.scenario(&Small::default());
    let output = desk.run(&[&scenario], &["--dataset", file.to_str().unwrap()]);
    assert_exit(&output, 2);
    assert!(!desk.out().exists(), "a refused run leaves nothing behind");
    stderr(&output)
}

#[test]
fn a_wrong_file_is_refused_with_line_and_field() {
    let desk = Desk::new();
    let good = requests();
    for (wrong, expected) in [
        (
            "{\"run_id\":\"\"}",
            "qzfile.jsonl:61: `run_id`: it is empty",
        ),
        ("nothing", "qzfile.jsonl:61: no valid JSON"),
        ("{\"colour\":1}", "qzfile.jsonl:61: `colour`: unknown field"),
    ] {
        let file = desk.file("qzfile.jsonl", &format!("{good}{wrong}\n"));
        let said = refused(&desk, &file);
        assert!(said.contains(expected), "{said}");
    }
    let empty = refused(&desk, &desk.file("empty.jsonl", ""));
    assert!(empty.contains("empty.jsonl is empty"), "{empty}");
    let path = compressed(&desk, &good);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
    let cut = refused(&desk, &path);
    assert!(
        cut.contains("qzfile.jsonl.gz:") && cut.contains("cut off"),
        "{cut}"
    );
    let missing = refused(&desk, &desk.path().join("none.jsonl"));
    assert!(missing.contains("none.jsonl"), "{missing}");
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let desk = Desk::new();
    let file = desk.file("qzfile.jsonl", &requests());
    let scenario = desk.scenario(&Small::default());
    for (more, expected) in [
        (
            vec!["--workload", "unique", "--duplicates", "10%"],
            "--workload unique and --duplicates",
        ),
        (
            vec!["--dataset", file.to_str().unwrap(), "--workload", "append"],
            "--dataset and --workload",
        ),
        (vec!["--duplicates", "120%"], "`120%` is no share"),
        (vec!["--key-skew", "steep"], "`steep` is no skew"),
        (vec!["--workload", "appendix"], "append"),
    ] {
        let output = desk.run(&[&scenario], &more);
        assert_exit(&output, 2);
        let said = stderr(&output);
        assert!(said.contains(expected), "{said}");
    }
    let nowhere = desk.run(&["cache-overflow".as_ref()], &["--workload", "append"]);
    assert_exit(&nowhere, 2);
    let said = stderr(&nowhere);
    assert!(
        said.contains("cache-overflow") && said.contains("--workload"),
        "{said}"
    );
}
