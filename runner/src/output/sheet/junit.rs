//! A verdict for servers of continuous integration: JUnit XML.
//!
//! | verdict of a target | test case |
//! | --- | --- |
//! | pass | success |
//! | warn | success, the warning in its output |
//! | fail | failure |
//! | inconclusive | error; success with the reason in its output where the sheet as a whole passes or warns |
//! | not judged | skipped, as are scenarios that are left out |
//!
//! The last test case is the verdict as a whole, so that a run that broke does not look well.

use anyhow::{Context, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use shared::verdict::Verdict;

use super::{LeftOut, Row, Sheet};

pub(super) fn render(sheet: &Sheet) -> Result<String> {
    let mut suite = TestSuite::new(format!(
        "statebench {}: {}",
        sheet.kind.word(),
        sheet.policy
    ));
    let settled = matches!(sheet.verdict, Verdict::Pass | Verdict::Warn);
    for row in &sheet.targets {
        suite.add_test_case(case(row, settled));
    }
    for left in &sheet.left_out {
        suite.add_test_case(skipped(left));
    }
    suite.add_test_case(whole(sheet));
    let mut report = Report::new("statebench");
    report.add_test_suite(suite);
    report
        .to_string()
        .context("cannot write the verdict as JUnit XML")
}

fn case(row: &Row, settled: bool) -> TestCase {
    let status = match row.verdict {
        Verdict::Inconclusive if settled => TestCaseStatus::success(),
        verdict => status(verdict, &row.remark().unwrap_or_default()),
    };
    let mut case = TestCase::new(row.title.clone(), status);
    case.set_classname(format!("statebench.{}", row.scenario));
    let [baseline, candidate] = row.figures();
    let [passes, fails] = row.limits();
    let mut output = format!(
        "baseline {baseline}, candidate {candidate}, change {}, 95 % interval {}, passes {passes}, fails {fails}",
        row.change(),
        row.interval()
    );
    if let Some(remark) = row.remark() {
        output += &format!("\n{}: {remark}", row.verdict.word());
    }
    case.set_system_out(output);
    case
}

fn skipped(left: &LeftOut) -> TestCase {
    let mut case = TestCase::new("left out", status(Verdict::NotJudged, &left.reason));
    case.set_classname(format!("statebench.{}", left.scenario));
    case
}

fn whole(sheet: &Sheet) -> TestCase {
    let mut case = TestCase::new("verdict", status(sheet.verdict, &sheet.headline));
    case.set_classname(format!("statebench.{}", sheet.kind.word()));
    case.set_system_out(format!("{}\n{}", sheet.headline, sheet.sub));
    case
}

fn status(verdict: Verdict, message: &str) -> TestCaseStatus {
    let mut status = match verdict {
        Verdict::Pass | Verdict::Warn => return TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::NotJudged => TestCaseStatus::skipped(),
    };
    status.set_message(message);
    status
}
