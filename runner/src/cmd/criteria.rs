//! `runner criteria`: every target of the built-in policies and scenarios, with the sentence of the strategy behind it.

use std::fmt::Write;

use anyhow::Result;
use clap::ValueEnum;
use shared::criteria::{Better, Criterion, Measure};
use shared::units::{THIN, Unit, format_value, significant};

use crate::console::print;
use crate::exit::Exit;
use crate::scenario::{Profile, builtin, builtin_policies};

/// Print every target: the strategy's sentence, the scenario that measures it, the limit.
///
/// The targets of the built-in policies (`release`, `ci`) and those of the scenarios themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner criteria > docs/criteria.md
  runner criteria --format json")]
pub(crate) struct Args {
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The page docs/criteria.md.
    Markdown,
    /// A JSON array of objects.
    Json,
}

/// A target and where it stands.
#[derive(Debug, Clone)]
struct Entry {
    /// The policy; none for a scenario's own target.
    policy: Option<String>,
    /// The scenario that measures it.
    scenario: String,
    /// The target.
    criterion: Criterion,
}

/// Prints the targets.
///
/// # Errors
/// Where stdout cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let entries = entries()?;
    print(&match args.format {
        Format::Markdown => page(&entries),
        Format::Json => json(&entries)?,
    })?;
    Ok(Exit::Done)
}

/// All targets, the scenarios' first, by section of the strategy.
fn entries() -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for file in builtin() {
        let spec = file.resolve(Profile::Full, None)?;
        entries.extend(spec.criteria.into_iter().map(|criterion| Entry {
            policy: None,
            scenario: spec.name.clone(),
            criterion,
        }));
    }
    for policy in builtin_policies() {
        entries.extend(policy.criteria.into_iter().map(|criterion| Entry {
            policy: Some(policy.name.clone()),
            scenario: criterion.scenario.clone().unwrap_or_default(),
            criterion,
        }));
    }
    // The strategy's sections first, then what the design asks for beyond it. Stable, so that the order within a section
    // is that of the files.
    entries.sort_by_key(|entry| {
        let source = &entry.criterion.source;
        (!source.starts_with(SECTION), source.clone())
    });
    Ok(entries)
}

fn json(entries: &[Entry]) -> Result<String> {
    let documents = entries
        .iter()
        .map(|entry| {
            let mut document = serde_json::to_value(&entry.criterion)?;
            document["policy"] = entry.policy.clone().into();
            document["scenario"] = entry.scenario.clone().into();
            Ok(document)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(serde_json::to_string_pretty(&documents)? + "\n")
}

/// What a source begins with that is a section of the strategy.
const SECTION: char = '§';

const HEAD: &str = "\
# Criteria

Every sentence of the strategy that demands something, the target that it became, and the scenario that measures it.
This page is written by `runner criteria`; a test holds it against the policies and scenarios, and the strategy against
it. Behind them stand the targets that the design sets beyond the strategy.

A change is candidate / baseline − 1. Between the limits of passing and failing lies a warning. The limits of changes
are widened to the noise floor that the run itself measured (see [methodology](methodology.md)), and an interval that
holds a limit settles nothing. \"Full length\" means that only the strategy's own duration and rate can settle it.
";

fn page(entries: &[Entry]) -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for entry in entries {
        if entry.criterion.source != section {
            section = &entry.criterion.source;
            let _ = write!(
                text,
                "\n## {section}\n\n\
                 | The strategy says | Target | Scenario | Metric | Passes | Fails |\n\
                 | --- | --- | --- | --- | --- | --- |\n"
            );
        }
        text += &line(entry);
    }
    text
}

fn line(entry: &Entry) -> String {
    let Entry {
        policy,
        scenario,
        criterion,
    } = entry;
    let owner = policy.as_deref().unwrap_or(scenario);
    let metric = format!("`{}`, {}", criterion.metric, measure(criterion.target.of));
    let (passes, fails) = match &criterion.not_judged_because {
        Some(reason) => (format!("not judged: {reason}"), "–".to_owned()),
        None => limits(criterion),
    };
    let cells = [
        criterion.quote.clone(),
        format!("{} (`{owner}/{}`)", criterion.title, criterion.id),
        format!("`{scenario}`"),
        metric,
        passes,
        fails,
    ];
    format!("| {} |\n", cells.map(|cell| escaped(&cell)).join(" | "))
}

/// Text that stays within its cell of a Markdown table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

const fn measure(of: Measure) -> &'static str {
    match of {
        Measure::Candidate => "candidate's own",
        Measure::Change => "change",
        Measure::Difference => "difference",
    }
}

/// Where a target passes and where it fails.
fn limits(criterion: &Criterion) -> (String, String) {
    let target = &criterion.target;
    let unit = match target.of {
        Measure::Change => Unit::Growth,
        Measure::Candidate | Measure::Difference => criterion.metric.unit(),
    };
    let (good, bad) = match target.better {
        Better::Lower => ('≤', '>'),
        Better::Higher => ('≥', '<'),
    };
    let length = if criterion.needs_full_length {
        ", full length"
    } else {
        ""
    };
    let passes = format!("{good}{THIN}{}{length}", figure(target.pass, unit));
    let fails = if target.warn_only {
        "never: a warning at most".to_owned()
    } else {
        format!("{bad}{THIN}{}", figure(target.fail_limit(), unit))
    };
    (passes, fails)
}

/// A limit as the strategy writes it: sizes in decimal units, no zeros that say nothing.
fn figure(value: f64, unit: Unit) -> String {
    let text = match unit {
        Unit::Bytes => format!("{}{THIN}MB", significant(value / 1e6, 3, 2)),
        Unit::Nanoseconds if value >= 1e9 => format!("{}{THIN}s", significant(value / 1e9, 3, 2)),
        _ => format_value(value, unit),
    };
    let (number, unit) = match text.rsplit_once(THIN) {
        Some((number, unit)) => (number, format!("{THIN}{unit}")),
        None => (text.as_str(), String::new()),
    };
    let number = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    };
    format!("{number}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::units::MINUS;
    use std::path::Path;

    fn file(path: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    #[test]
    fn the_committed_page_is_current() {
        assert!(
            file("../docs/criteria.md") == page(&entries().unwrap()),
            "docs/criteria.md is not what policies and scenarios say; run: runner criteria > docs/criteria.md"
        );
    }

    /// Sections and sentences of the strategy that demand something.
    fn sentences() -> Vec<(String, String)> {
        file("tests/data/strategy-criteria.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                let (section, sentence) = line.split_once('\t').unwrap();
                (section.to_owned(), sentence.to_owned())
            })
            .collect()
    }

    #[test]
    fn every_sentence_of_the_strategy_has_a_target() {
        let entries = entries().unwrap();
        let sentences = sentences();
        assert_eq!(sentences.len(), 60);
        for (section, sentence) in &sentences {
            // Two scenarios of one section may demand the same.
            let demanded = sentences
                .iter()
                .filter(|s| (&s.0, &s.1) == (section, sentence));
            let targets = entries.iter().filter(|entry| {
                entry.criterion.source == *section && entry.criterion.quote.contains(sentence)
            });
            assert!(
                targets.count() >= demanded.count(),
                "nothing is made of the strategy's {section}: {sentence}"
            );
        }
    }

    #[test]
    fn every_target_has_a_scenario_that_is_there_or_a_reason() {
        let known: Vec<String> = builtin().iter().map(|f| f.name().to_owned()).collect();
        for Entry {
            policy,
            scenario,
            criterion,
        } in entries().unwrap()
        {
            let reason = criterion.not_judged_because.as_deref();
            assert!(
                known.contains(&scenario) || reason.is_some_and(|r| !r.trim().is_empty()),
                "{policy:?} {}: no scenario `{scenario}`",
                criterion.id
            );
        }
    }

    #[test]
    fn every_target_of_the_strategy_quotes_it() {
        let sentences = sentences();
        let is_of_strategy = |entry: &Entry| entry.criterion.source.starts_with(SECTION);
        for Entry {
            policy, criterion, ..
        } in entries().unwrap().into_iter().filter(is_of_strategy)
        {
            assert!(
                sentences
                    .iter()
                    .any(|(section, sentence)| *section == criterion.source
                        && criterion.quote.contains(sentence)),
                "{policy:?} {}: {} is no sentence of {}",
                criterion.id,
                criterion.quote,
                criterion.source
            );
        }
    }

    #[test]
    fn limits_read_as_the_strategy_writes_them() {
        let entries = entries().unwrap();
        let of = |owner: &str, id: &str| {
            let entry = entries.iter().find(|e| {
                e.policy.as_deref().unwrap_or(&e.scenario) == owner && e.criterion.id == id
            });
            let (passes, fails) = limits(&entry.unwrap().criterion);
            format!("{passes}; {fails}")
                .replace(THIN, " ")
                .replace(MINUS, "-")
        };
        assert_eq!(of("release", "latency-p95"), "≤ -25 %; > -25 %");
        assert_eq!(of("release", "regression-latency"), "≤ +5 %; > +10 %");
        assert_eq!(of("release", "capacity"), "≥ +30 %; < +30 %");
        assert_eq!(of("ci", "memory"), "≤ +5 %; never: a warning at most");
        assert_eq!(of("low-load", "memory"), "≤ 10 MB; > 10 MB");
        assert_eq!(of("medium-load", "hits-p95"), "≤ 100 ms; > 100 ms");
        assert_eq!(of("release", "long-memory"), "≤ +5 %, full length; > +5 %");
    }

    #[test]
    fn json_says_owner_and_scenario() {
        let text = json(&entries().unwrap()).unwrap();
        let documents: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let gate = documents.iter().find(|d| d["policy"] == "ci").unwrap();
        assert_eq!(
            (&gate["scenario"], &gate["target"]["fail"]),
            (&"gate".into(), &0.2.into())
        );
    }
}
