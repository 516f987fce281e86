//! Headings that count.

use shared::summary::Tally;
pub(crate) use shared::summary::profile;
use shared::trust::TrustCheck;
use shared::units::format_count;
use shared::verdict::Verdict;

/// `Success criteria: 11 pass, 0 fail, 1 inconclusive`: what is none is left out, but for failures.
pub(crate) fn sentence(what: &str, tally: Tally) -> String {
    let counts = [
        (tally.passed, "pass", true),
        (tally.warned, "with a warning", false),
        (tally.failed, "fail", true),
        (tally.inconclusive, "inconclusive", false),
        (tally.not_judged, "not judged", false),
    ];
    let shown: Vec<String> = counts
        .iter()
        .filter(|(n, _, always)| *always || *n > 0)
        .map(|(n, word, _)| format!("{n} {word}"))
        .collect();
    format!("{what}: {}", shown.join(", "))
}

pub(crate) fn promised(met: usize, all: usize) -> String {
    match all {
        _ if met == all => format!("All {all} promised gains are met"),
        _ => format!("{met} of {all} promised gains are met"),
    }
}

pub(crate) fn safety(lost: Option<u64>) -> String {
    match lost {
        None => "Safety: not checked".to_owned(),
        Some(0) => "Safety: no acknowledged save was lost".to_owned(),
        Some(n) => format!("Safety: {} saves lost or wrong", format_count(n)),
    }
}

pub(crate) fn trust(checks: &[TrustCheck]) -> String {
    let judged = checks
        .iter()
        .filter(|c| c.verdict != Verdict::NotJudged)
        .count();
    let passed = checks.iter().filter(|c| c.verdict == Verdict::Pass).count();
    format!("Trust in this measurement: {passed} of {judged} checks passed")
}

pub(crate) fn unreadable(damaged: usize, all: usize) -> String {
    format!("{damaged} of {all} scenario files could not be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_even_where_there_are_none() {
        let tally = Tally {
            passed: 11,
            inconclusive: 1,
            ..Tally::default()
        };
        assert_eq!(
            sentence("Success criteria", tally),
            "Success criteria: 11 pass, 0 fail, 1 inconclusive"
        );
    }

    #[test]
    fn a_loss_is_in_the_heading() {
        assert_eq!(safety(Some(3)), "Safety: 3 saves lost or wrong");
        assert_eq!(safety(None), "Safety: not checked");
    }
}
