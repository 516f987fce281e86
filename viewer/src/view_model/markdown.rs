//! A run's summary as Markdown, for a wiki or a chat: the same judgements as on the page.

use shared::markdown::escaped;
use shared::report::Run;
use shared::summary::{RunSummary, first_look};

use super::chart::labels;
use super::criteria::row;

/// Verdict, promised gains, safety and link. `local` runs have no link that leads anybody to them.
pub(crate) fn markdown(run: &Run, summary: &RunSummary, link: &str, local: bool) -> String {
    let arms = labels(run);
    let mut text = String::new();
    let mut line = |parts: &[&str]| {
        for part in parts {
            text.push_str(part);
        }
        text.push('\n');
    };
    line(&["### ", &escaped(&run.title), "\n"]);
    if let Some(said) = first_look(run) {
        line(&[said, ".\n"]);
    }
    line(&[
        "**",
        summary.verdict.word(),
        "**: ",
        &escaped(&summary.headline),
        "\n",
    ]);
    if !summary.improvements.is_empty() {
        let (baseline, candidate) = (escaped(&arms.baseline), escaped(&arms.candidate));
        line(&[
            "| Promised gain | ",
            &baseline,
            " | ",
            &candidate,
            " | Change (95 % interval) | Target | Verdict |",
        ]);
        line(&["| --- | ---: | ---: | ---: | --- | --- |"]);
    }
    let gains = summary.improvements.iter();
    for judgement in gains.filter_map(|i| summary.judgements.get(*i)) {
        let row = row(judgement);
        line(&[
            "| ",
            &escaped(&row.title),
            " | ",
            &escaped(&row.baseline),
            " | ",
            &escaped(&row.candidate),
            " | ",
            &escaped(&row.judged),
            " | ",
            &escaped(&row.target),
            " | ",
            row.verdict.word(),
            " |",
        ]);
    }
    let answers = [
        ("Better", &summary.better),
        ("Safe", &summary.safe),
        ("Trustworthy", &summary.trust),
    ];
    line(&[""]);
    for (question, answer) in answers {
        line(&[
            "- **",
            question,
            "**: ",
            &escaped(&answer.word),
            ". ",
            &escaped(&answer.text),
        ]);
    }
    if !local {
        // In angle brackets an address may hold all but these.
        let link = link.replace(['<', '>', '\n'], "");
        line(&["\n[Report](<", &link, ">)"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::report::{Scenario, read_run, read_scenario};
    use shared::summary::summarize;

    fn measured() -> (Run, Scenario) {
        let run = include_str!("../../../shared/tests/golden/v3/run.json");
        let scenario = include_str!("../../../shared/tests/golden/v3/tiny-load.json");
        let (mut run, scenario) = (read_run(run).unwrap(), read_scenario(scenario).unwrap());
        // Its policy names scenarios that it does not have.
        for criterion in &mut run.policy.criteria {
            criterion.scenario = Some(scenario.name.clone());
        }
        (run, scenario)
    }

    #[test]
    fn a_run_is_a_verdict_a_table_and_a_link() {
        let (run, scenario) = measured();
        let summary = summarize(&run, &[scenario]);
        let link = "https://bench.example/#/run/r1";
        insta::assert_snapshot!(markdown(&run, &summary, link, false));
    }

    #[test]
    fn nothing_of_a_report_becomes_markup() {
        let (mut run, scenario) = measured();
        run.title = "<b>|[x](javascript:1)\n# *bold* `code`".to_owned();
        let summary = summarize(&run, &[scenario]);
        let text = markdown(&run, &summary, "https://bench.example/#/a>b\n", true);
        assert_eq!(
            text.lines().next(),
            Some(r"### \<b\>\|\[x\](javascript:1) \# \*bold\* \`code\`")
        );
        assert!(!text.contains("bench.example"), "{text}");
    }

    #[test]
    fn a_link_cannot_leave_its_brackets() {
        let (run, scenario) = measured();
        let text = markdown(
            &run,
            &summarize(&run, &[scenario]),
            "https://x/#/a>)b\n",
            false,
        );
        assert!(text.ends_with("[Report](<https://x/#/a)b>)\n"), "{text}");
    }
}
