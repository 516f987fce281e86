//! What the strategy wants to be watched, with a run's figures.

use shared::catalogue::{WANTED, Wanted, key_figures};
use shared::criteria::Policy;
use shared::report::Scenario;

/// A line of a table.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    /// The strategy's words; empty at all but the first metric that says them.
    pub(crate) words: &'static str,
    /// The metric's name; empty where none says it.
    pub(crate) metric: String,
    /// Baseline, candidate and change, or why there are none.
    pub(crate) figures: Result<[String; 3], String>,
}

/// The lines of each heading of the strategy.
pub(crate) fn tables(policy: &Policy, scenarios: &[Scenario]) -> Vec<(&'static str, Vec<Row>)> {
    let mut tables: Vec<(&'static str, Vec<Row>)> = Vec::new();
    for line in WANTED {
        if tables
            .last()
            .is_none_or(|(heading, _)| *heading != line.heading)
        {
            tables.push((line.heading, Vec::new()));
        }
        if let Some((_, rows)) = tables.last_mut() {
            add(rows, line, policy, scenarios);
        }
    }
    tables
}

fn add(rows: &mut Vec<Row>, line: &Wanted, policy: &Policy, scenarios: &[Scenario]) {
    let mut words = line.words;
    if let Some(why) = line.not_measured {
        rows.push(Row {
            words: std::mem::take(&mut words),
            metric: String::new(),
            figures: Err(format!("not measured: {why}")),
        });
    }
    for figure in key_figures(line, policy, scenarios) {
        let (metric, figures) = match figure {
            Ok(figure) => (figure.metric, Ok(figure.in_words())),
            // What stands in for something is not missed.
            Err(_) if line.not_measured.is_some() => continue,
            Err((metric, why)) => (metric, Err(why.to_string())),
        };
        rows.push(Row {
            words: std::mem::take(&mut words),
            metric: metric.to_string(),
            figures,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn every_line_has_its_figures_or_a_reason() {
        let policy = Policy {
            name: "release".to_owned(),
            gate: false,
            criteria: Vec::new(),
        };
        let tables = tables(&policy, &[fixture::scenario()]);
        assert_eq!(tables.len(), 6);
        let rows: Vec<&Row> = tables.iter().flat_map(|(_, rows)| rows).collect();
        for line in WANTED {
            let first = rows.iter().filter(|row| row.words == line.words);
            assert_eq!(first.count(), 1, "{}", line.words);
        }
        let of = |metric: &str| rows.iter().find(|row| row.metric == metric).unwrap();
        assert!(of("cache.lookup_time").figures.is_ok());
        let p99 = of("response.p99");
        assert_eq!(p99.words, "", "a further metric of a line");
        let missing = of("memory.entry").figures.as_ref().unwrap_err();
        assert!(missing.starts_with("not measured: "), "{missing}");
        assert!(
            rows.iter().all(|row| row.metric != "allocations"),
            "what stands in for something is left out where it was not measured"
        );
    }
}
