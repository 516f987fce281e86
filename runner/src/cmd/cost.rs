//! `runner cost`: what a run's saves cost by the reader's prices.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use shared::arms::Arms;
use shared::cost::{
    CURRENCY, Cost, CostLine, PRICED, Prices, SAVES_PER_MONTH, cost, scenario_of_cost,
};
use shared::report::Scenario;
use shared::units::{format_change, format_value};
use toml::Spanned;

use crate::cmd::verdict::read;
use crate::console::print;
use crate::exit::{Exit, usage};

/// Compute what a run's saves cost on both arms, by your prices.
///
/// Without RUN: an empty price file to fill in. Of the run the scenario counts that the policy judges writes by, or else the
/// first that measured them. Nothing has a price unless you give it one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner cost > prices.toml
  runner cost 20261123T031500Z-quick-9f3c --prices prices.toml
  runner cost reports/example --prices prices.toml --format json

The last line of the text is the address of the run's page on the site with the same prices.")]
pub(crate) struct Args {
    /// Run: its folder, or its id under --reports.
    #[arg(value_name = "RUN", requires = "prices")]
    run: Option<String>,
    /// Price file, TOML.
    #[arg(long, value_name = "FILE", requires = "run")]
    prices: Option<PathBuf>,
    /// Folder that ids are looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How costs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table, for people at a terminal.
    Text,
    /// One JSON object, for scripts.
    Json,
}

/// Prints the empty price file, or a run's costs.
///
/// # Errors
/// The price file or the run cannot be read, no scenario counted writes, or stdout cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let (Some(run), Some(file)) = (&args.run, &args.prices) else {
        print(&template())?;
        return Ok(Exit::Done);
    };
    let prices = read_prices(file)?;
    let (run, scenarios, left_out) = read(run, &args.reports)?;
    for left in left_out {
        eprintln!("warning: left out: {}, {}", left.scenario, left.reason);
    }
    let (scenario, _) = scenario_of_cost(&run.policy.criteria, &scenarios).ok_or_else(|| {
        usage(anyhow!(
            "no scenario of run {} counted its writes, so nothing tells what they cost",
            run.id
        ))
    })?;
    let cost = cost(&prices, scenario).ok_or_else(|| {
        usage(anyhow!(
            "{} holds no price: give one of its lines a number",
            file.display()
        ))
    })?;
    let labels = run.arms.map(|_, arm| arm.label.clone());
    print(&match args.format {
        Format::Text => text(&run.id, scenario, &cost, &labels, &prices),
        Format::Json => json(&run.id, scenario, &cost, &prices)?,
    })?;
    Ok(Exit::Done)
}

/// A price file in which nothing has a price yet.
fn template() -> String {
    let mut text = "\
# Prices for `runner cost`. Take away the # before a line and give its price; what has none costs nothing.

# currency = \"EUR\"
# Saves a month. Without it the cost is that of a million saves, and what is paid by the month is left open.
# saves_per_month = 200_000_000
"
    .to_owned();
    for priced in PRICED {
        text += &format!("\n# Price of {}.\n# {} =\n", priced.words, priced.key);
    }
    text
}

fn read_prices(file: &Path) -> Result<Prices> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read {name}"))
        .map_err(usage)?;
    parse(&text).map_err(|(line, problem)| usage(anyhow!("{name}, line {line}: {problem}")))
}

/// Reads a price file, or says in which line what is wrong.
fn parse(text: &str) -> Result<Prices, (usize, String)> {
    let line = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
    let values: BTreeMap<Spanned<String>, Spanned<toml::Value>> =
        toml::from_str(text).map_err(|error| {
            let begin = error.span().map_or(0, |span| span.start);
            (
                line(begin),
                error.message().lines().collect::<Vec<_>>().join(", "),
            )
        })?;
    let mut prices = Prices::default();
    for (key, value) in values {
        let at = line(key.span().start);
        let text = match value.into_inner() {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            other => other.type_str().to_owned(),
        };
        prices
            .set(key.get_ref(), &text)
            .map_err(|refused| (at, refused.to_string()))?;
    }
    Ok(prices)
}

fn text(
    run: &str,
    scenario: &Scenario,
    cost: &Cost,
    labels: &Arms<String>,
    prices: &Prices,
) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "Price of",
            &format!("{} uses", labels.baseline),
            &format!("{} uses", labels.candidate),
            &labels.baseline,
            &labels.candidate,
            "Change",
        ]);
    for line in &cost.lines {
        let [used, other] = uses(line);
        let (money, change) = (amounts(cost, line.money.as_ref()), change(line));
        table.add_row([
            line.priced.words.to_owned(),
            used,
            other,
            money.0,
            money.1,
            change,
        ]);
    }
    if cost.lines.len() > 1 && cost.total.is_some() {
        let (from, to) = amounts(cost, cost.total.as_ref());
        table.add_row([
            "Together".to_owned(),
            String::new(),
            String::new(),
            from,
            to,
            String::new(),
        ]);
    }
    for column in 1..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{}\n\nIn {}:\n", cost.sentence(labels), scenario.title);
    for line in table.lines() {
        text += &format!("{}\n", line.trim_end());
    }
    for line in &cost.lines {
        if let Some(reason) = line.reason() {
            text += &format!("{}: {reason}\n", line.priced.words);
        }
    }
    text + &format!("\nOn the site: #/run/{run}?{prices}\n")
}

/// What each arm used, for a save or in all.
fn uses(line: &CostLine) -> [String; 2] {
    let dash = || "–".to_owned();
    let Ok(used) = &line.used else {
        return [dash(), dash()];
    };
    [&used.baseline, &used.candidate].map(|arm| {
        arm.as_ref()
            .map_or_else(dash, |arm| format_value(arm.value, used.unit))
    })
}

fn amounts(cost: &Cost, money: Option<&Arms<f64>>) -> (String, String) {
    let amount =
        |money: Option<f64>| money.map_or_else(|| "–".to_owned(), |money| cost.in_words(money));
    (
        amount(money.map(|m| m.baseline)),
        amount(money.map(|m| m.candidate)),
    )
}

fn change(line: &CostLine) -> String {
    let used = line.used.as_ref().ok();
    let change = used.and_then(|used| used.change.as_ref());
    change.map_or_else(|| "–".to_owned(), |change| format_change(change.value))
}

fn json(run: &str, scenario: &Scenario, cost: &Cost, prices: &Prices) -> Result<String> {
    let money = |money: Option<&Arms<f64>>| {
        money.map(|m| serde_json::json!({ "baseline": m.baseline, "candidate": m.candidate }))
    };
    let lines: Vec<_> = cost
        .lines
        .iter()
        .map(|line| {
            serde_json::json!({
                "priced": line.priced.key,
                "metric": line.priced.metric.to_string(),
                "price": prices.get(line.priced.key).parse::<f64>().ok(),
                "money": money(line.money.as_ref()),
                "reason": line.reason(),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&serde_json::json!({
        "run": run,
        "scenario": scenario.name,
        "currency": prices.get(CURRENCY),
        SAVES_PER_MONTH: prices.get(SAVES_PER_MONTH).parse::<f64>().ok(),
        "saves": cost.saves,
        "lines": lines,
        "total": money(cost.total.as_ref()),
    }))?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_an_empty_price_file_that_names_everything() {
        let prices = parse(&template()).unwrap();
        assert_eq!(prices, Prices::default());
        let filled: String = template()
            .lines()
            .map(|line| match line.strip_suffix(" =") {
                Some(key) => format!("{} = 0.5\n", key.trim_start_matches("# ")),
                None => format!("{line}\n"),
            })
            .collect();
        let filled = parse(&filled).unwrap();
        for priced in PRICED {
            assert_eq!(filled.get(priced.key), "0.5", "{}", priced.key);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let refused = |text: &str| parse(text).unwrap_err();
        let (line, problem) = refused("currency = \"EUR\"\n\nmillion_row = 2\n");
        assert_eq!(line, 3);
        assert!(problem.contains("million_rows"), "{problem}");
        let (line, problem) = refused("million_rows = \"cheap\"");
        assert_eq!(line, 1);
        assert!(problem.contains("cheap"), "{problem}");
        assert_eq!(refused("million_rows = 1\nmillion_rows = 2").0, 2);
        assert_eq!(refused("gb_log = nan").0, 1);
        assert_eq!(refused("[prices]\nmillion_rows = 2").0, 1);
    }
}
