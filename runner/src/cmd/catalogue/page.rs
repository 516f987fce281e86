//! The page docs/metrics.md.

use shared::catalogue::{WANTED, Wanted};
use shared::metric::{Metric, Plain};
use shared::units::Unit;

use super::sources::{LATENCIES, source};

const HEAD: &str = "\
# Metrics

What the strategy wants to be watched (§1.1, §4.1), line by line, and then every metric with its unit and where it comes from.
This page is written by `runner catalogue`; a test holds it against the metrics that there are, and them against the strategy.
`runner catalogue RUN` prints the same lines with a run's figures; the site has them on a run's page, under *Key metrics*.

How each figure is taken and what its interval means: [methodology](methodology.md). Which of them are judged, and by which limits:
[criteria](criteria.md). The members of a report: [report format](report-format.md).
";

const METRICS: &str = "
## Every metric

A metric can be the subject of a target in a scenario or a policy. \"Per save\" is per acknowledged save of the open blocks. A metric
that a run has no evidence for is *not measured*, with the reason, and never zero.

| Metric | What it is | Unit | Source | On the site |
| --- | --- | --- | --- | --- |
";

pub(super) fn page() -> String {
    let mut text = HEAD.to_owned();
    for section in WANTED.chunk_by(|a, b| a.section == b.section) {
        if let Some(first) = section.first() {
            text += &format!("\n## {}\n\n", first.section);
        }
        text += "| | The strategy says | Metrics |\n| --- | --- | --- |\n";
        for group in section.chunk_by(|a, b| a.heading == b.heading) {
            for (i, wanted) in group.iter().enumerate() {
                let heading = if i == 0 { wanted.heading } else { "" };
                text += &format!("| {heading} | {} | {} |\n", wanted.words, said_by(wanted));
            }
        }
    }
    text += METRICS;
    text += &format!(
        "| `response.p…`, `service.p…`, `schedule_lag.p…`, each also with `.duplicate` or `.unique` | A percentile of a latency: from \
         the planned instant to the answer, from the call to the answer, from the planned instant to the call; of all saves or of a \
         class. | {} | {} | {} |\n",
        in_words(Unit::Nanoseconds),
        LATENCIES.evidence,
        LATENCIES.site
    );
    for plain in Plain::ALL {
        let source = source(*plain);
        text += &format!(
            "| `{}` | {} | {} | {} | {} |\n",
            plain.as_str(),
            plain.description(),
            unit(*plain),
            source.evidence,
            places(*plain, source.site)
        );
    }
    text
}

/// Where the site shows a metric: `elsewhere` beside the key metrics.
fn places(plain: Plain, elsewhere: &str) -> String {
    let metric = Metric::Plain(plain);
    let is_key = WANTED.iter().any(|w| w.metrics.contains(&metric));
    let places = [is_key.then_some("run: key metrics"), Some(elsewhere)];
    let places = places
        .into_iter()
        .flatten()
        .filter(|place| !place.is_empty());
    places.collect::<Vec<_>>().join("; ")
}

/// The metrics of a line, and why it is not measured itself.
fn said_by(wanted: &Wanted) -> String {
    let names: Vec<String> = wanted.metrics.iter().map(|m| format!("`{m}`")).collect();
    let missing = wanted
        .not_measured
        .map(|why| format!("*not measured*: {why}"));
    let parts = [missing, Some(names.join(", ")).filter(|n| !n.is_empty())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

const fn unit(plain: Plain) -> &'static str {
    match plain {
        Plain::CacheGrowth => "bytes a second",
        _ => in_words(Metric::Plain(plain).unit()),
    }
}

const fn in_words(unit: Unit) -> &'static str {
    match unit {
        Unit::Nanoseconds => "ns",
        Unit::Bytes => "bytes",
        Unit::Share => "share, 0 to 1",
        Unit::Factor => "ratio",
        Unit::Growth => "growth, as a ratio",
        Unit::PerSecond => "a second",
        Unit::PerSave => "per save",
        Unit::Count => "count",
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use shared::catalogue::key_figures;
    use shared::report::{read_run, read_scenario};

    use super::*;

    fn path(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    fn file(name: &str) -> String {
        std::fs::read_to_string(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    #[test]
    fn the_committed_page_is_current() {
        assert!(
            file("../docs/metrics.md") == page(),
            "docs/metrics.md is not what the metrics say; run: make metrics"
        );
    }

    #[test]
    fn every_line_of_the_strategy_is_there_in_its_own_words() {
        let said = file("tests/data/strategy-metrics.txt");
        let said: Vec<&str> = said.lines().filter(|line| !line.starts_with('#')).collect();
        let wanted: Vec<String> = WANTED
            .iter()
            .map(|w| format!("{}\t{}", w.section, w.words))
            .collect();
        assert_eq!(said.len(), 23);
        assert_eq!(wanted, said);
    }

    #[test]
    fn every_metric_is_on_the_page_once() {
        let page = page();
        let lines = |name: &str| {
            let begin = format!("| `{name}` | ");
            page.lines().filter(|line| line.starts_with(&begin)).count()
        };
        for plain in Plain::ALL {
            assert_eq!(lines(plain.as_str()), 1, "{}", plain.as_str());
            let shown = places(*plain, source(*plain).site);
            assert!(
                !shown.is_empty(),
                "the site shows {} nowhere",
                plain.as_str()
            );
        }
    }

    /// What the committed run cannot hold.
    const ELSEWHERE: [&str; 3] = [
        // Only with MALLOC_CONF=tcache:false.
        "allocations",
        "allocated_bytes",
        // Not of a database in the process.
        "network.bytes",
    ];

    #[test]
    fn the_example_has_every_metric_of_the_strategy() {
        let text = |name: &str| file(&format!("../reports/example/{name}"));
        let run = read_run(&text("run.json")).unwrap();
        let scenarios: Vec<_> = run
            .scenarios
            .iter()
            .map(|entry| read_scenario(&text(&entry.file)).unwrap())
            .collect();
        for wanted in WANTED {
            for figure in key_figures(wanted, &run.policy, &scenarios) {
                if let Err((metric, why)) = figure {
                    let name = metric.to_string();
                    assert!(ELSEWHERE.contains(&name.as_str()), "{name}: {why}");
                }
            }
        }
    }
}
