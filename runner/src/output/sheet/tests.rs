//! One verdict in all four formats, and what each must survive.

use shared::arms::Arms;
use shared::report::Build;
use shared::summary::summarize;
use shared::units::THIN;

use super::*;
use crate::output::sample;

fn row(id: &str, title: &str, verdict: Verdict) -> Row {
    Row {
        id: id.to_owned(),
        policy: Some("ci".to_owned()),
        title: title.to_owned(),
        scenario: "gate".to_owned(),
        source: "§3.1".to_owned(),
        quote: ">10% latency regression: WARNING; >20% latency regression: FAIL BUILD".to_owned(),
        metric: "response.p95".to_owned(),
        of: Measure::Change,
        unit: Unit::Nanoseconds,
        baseline: Some(2_310_000.0),
        candidate: Some(2_610_000.0),
        change: Some(0.13),
        measured: Some(0.13),
        low: Some(0.106),
        high: Some(0.158),
        better: Better::Lower,
        limits: Some(Limits {
            pass: 0.1,
            fail: Some(0.2),
        }),
        effective: Some(Limits {
            pass: 0.1,
            fail: Some(0.2),
        }),
        noise_floor: Some(0.031),
        p_value: Some(0.002),
        verdict,
        reason: String::new(),
    }
}

/// A gate that warns: one of each verdict.
fn sheet() -> Sheet {
    let warned = Row {
        reason: "the whole 95 % interval is between the target and the failing limit".to_owned(),
        ..row("latency-p95", "P95 latency", Verdict::Warn)
    };
    let open = Row {
        change: Some(0.04),
        measured: Some(0.04),
        low: Some(-0.05),
        high: Some(0.14),
        effective: Some(Limits {
            pass: 0.12,
            fail: Some(0.2),
        }),
        noise_floor: Some(0.12),
        p_value: Some(0.4),
        reason: "the 95 % interval holds the limit: about 60 pairs would settle it".to_owned(),
        ..row("latency-p99", "P99 latency", Verdict::Inconclusive)
    };
    let memory = Row {
        metric: "memory.peak".to_owned(),
        unit: Unit::Bytes,
        baseline: Some(41_000_000.0),
        candidate: Some(40_000_000.0),
        change: Some(-0.024),
        measured: Some(-0.024),
        low: Some(-0.03),
        high: Some(-0.01),
        limits: Some(Limits {
            pass: 0.05,
            fail: None,
        }),
        effective: Some(Limits {
            pass: 0.05,
            fail: None,
        }),
        noise_floor: None,
        ..row("memory", "Memory usage", Verdict::Pass)
    };
    let errors = Row {
        metric: "errors.count".to_owned(),
        of: Measure::Difference,
        unit: Unit::Count,
        baseline: Some(0.0),
        candidate: Some(3.0),
        change: None,
        measured: Some(3.0),
        low: Some(3.0),
        high: Some(3.0),
        limits: Some(Limits {
            pass: 0.0,
            fail: Some(0.0),
        }),
        effective: Some(Limits {
            pass: 0.0,
            fail: Some(0.0),
        }),
        noise_floor: None,
        p_value: None,
        reason: "the figure is past the limit".to_owned(),
        ..row("errors", "Errors | <all>", Verdict::Fail)
    };
    let side = |label: &str, revision: &str| Side {
        label: label.to_owned(),
        run: "20261123T031500Z-ci-9f3c".to_owned(),
        revision: revision.to_owned(),
    };
    let mut sheet = Sheet {
        format: SHEET_VERSION,
        kind: Kind::Gate,
        verdict: Verdict::Warn,
        headline: "Warning: P95 latency is 13.0 % worse than the last known good build.".to_owned(),
        sub: "P95 2.31 to 2.61 ms.".to_owned(),
        policy: "ci".to_owned(),
        baseline: side("Optimized (4c1d7e2)", "4c1d7e2"),
        candidate: side("Optimized", "9f3c001"),
        targets: vec![warned, open, memory, errors],
        checks: vec![
            Check {
                title: "Saturation".to_owned(),
                value: "none".to_owned(),
                detail: "the backlog does not grow within a block".to_owned(),
                verdict: Verdict::Pass,
            },
            Check {
                title: "Generator headroom".to_owned(),
                value: "not measured".to_owned(),
                detail: "the ceiling is three times the offered rate".to_owned(),
                verdict: Verdict::NotJudged,
            },
        ],
        left_out: vec![LeftOut {
            scenario: "low-load".to_owned(),
            reason: "only in the baseline".to_owned(),
        }],
        facts: Vec::new(),
    };
    sheet.fact("machine", "Sample CPU, 2 cores");
    sheet.fact("nothing", "");
    sheet.fact("again", "runner gate --against old/runner --seed 7");
    sheet
}

/// Snapshots show ordinary spaces.
fn rendered(format: Format) -> String {
    sheet().render(format, false).unwrap().replace(THIN, " ")
}

#[test]
fn a_verdict_as_text() {
    insta::assert_snapshot!(rendered(Format::Text));
}

#[test]
fn a_verdict_as_markdown() {
    insta::assert_snapshot!(rendered(Format::Markdown));
}

#[test]
fn a_verdict_as_junit() {
    insta::assert_snapshot!(rendered(Format::Junit));
}

#[test]
fn a_verdict_as_json() {
    insta::assert_snapshot!(rendered(Format::Json));
}

#[test]
fn an_open_target_is_an_error_only_where_the_whole_is_open() {
    let mut open = sheet();
    open.targets
        .retain(|row| row.verdict == Verdict::Inconclusive);
    assert!(
        !open
            .render(Format::Junit, false)
            .unwrap()
            .contains("<error")
    );
    open.verdict = Verdict::Inconclusive;
    let text = open.render(Format::Junit, false).unwrap();
    assert_eq!(text.matches("<error").count(), 2, "{text}");
}

#[test]
fn markup_and_control_characters_stay_text() {
    let mut odd = sheet();
    odd.headline = "a <script>, a | and a\nline \u{7}".to_owned();
    odd.targets[0].title = "x]]>\u{1}".to_owned();
    let markdown = odd.render(Format::Markdown, false).unwrap();
    assert!(
        !markdown.contains("<script>") && !markdown.contains('\u{7}'),
        "{markdown}"
    );
    let junit = odd.render(Format::Junit, false).unwrap();
    assert!(!junit.contains('\u{1}'), "{junit}");
    let json: serde_json::Value =
        serde_json::from_str(&odd.render(Format::Json, false).unwrap()).unwrap();
    assert_eq!(json["targets"][0]["title"], "x]]>\u{1}");
}

#[test]
fn figures_that_are_none_are_null_and_a_dash() {
    let mut none = sheet();
    let row = &mut none.targets[0];
    (row.baseline, row.change, row.measured) = (Some(f64::NAN), None, None);
    (row.low, row.high) = (None, None);
    let json: serde_json::Value =
        serde_json::from_str(&none.render(Format::Json, false).unwrap()).unwrap();
    assert!(json["targets"][0]["baseline"].is_null() && json["targets"][0]["low"].is_null());
    assert!(none.render(Format::Text, false).unwrap().contains('–'));
}

#[test]
fn a_run_becomes_a_sheet() {
    let folder = sample::written(&["low-load"]);
    let (mut run, scenarios) = crate::output::read_run_folder(folder.path()).unwrap();
    let scenarios: Vec<_> = scenarios.into_iter().map(Result::unwrap).collect();
    run.policy = crate::scenario::release_policy();
    run.arms = Arms {
        baseline: shared::report::ArmIdentity {
            build: Some(Build {
                version: "0.0.9".to_owned(),
                revision: "4c1d7e2".to_owned(),
                profile: "release".to_owned(),
                target: None,
            }),
            ..run.arms.baseline
        },
        ..run.arms
    };
    let mut sheet = Sheet::of_run(&run, &summarize(&run, &scenarios), &scenarios);
    sheet.of_measured(&run, &scenarios);
    assert_eq!(sheet.kind, Kind::Run);
    assert_eq!(
        (
            sheet.baseline.revision.as_str(),
            sheet.candidate.revision.as_str()
        ),
        ("4c1d7e2", "0123456789ab")
    );
    assert_eq!(sheet.targets.len(), run.policy.criteria.len());
    let text: Vec<&str> = sheet.facts.iter().map(|fact| fact.text.as_str()).collect();
    assert!(
        text.contains(
            &"0.1.0, 0123456789ab, release, x86_64-unknown-linux-gnu against 0.0.9, 4c1d7e2, release"
        ),
        "{text:?}"
    );
}
