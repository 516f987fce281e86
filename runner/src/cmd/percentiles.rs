//! `runner percentiles`: the percentiles of every histogram of a run, for holding against other tools.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::Value;
use shared::histogram::decode_recording;
use shared::report::read_run;

use crate::console::print;
use crate::exit::{Exit, usage};
use crate::output::{RUN_FILE, locate, read_text, scenario_path};

/// Members of a report that hold a histogram.
const HISTOGRAMS: [&str; 4] = ["response", "service", "schedule_lag", "dispatch_lag"];
/// A member of a report that holds a histogram for each class.
const OF_CLASSES: &str = "/latency/";
/// The parts of a scenario that hold histograms. Elsewhere the same names mean something else: `service` names one.
const PARTS: [&str; 3] = ["blocks", "series", "capacity"];

/// Print the percentiles of every histogram of a run, nanoseconds.
///
/// The histograms are decoded by the HdrHistogram library itself and found by their names, so that another
/// port can be held against it histogram by histogram. Empty histograms are left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner percentiles 20261123T031500Z-quick-9f3c
  runner percentiles reports/20261123T031500Z-quick-9f3c --format json")]
pub(crate) struct Args {
    /// Run: its folder, or its id under --reports.
    #[arg(value_name = "RUN")]
    run: String,
    /// Folder that ids are looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A table.
    Text,
    /// A JSON array of objects.
    Json,
}

/// The percentiles of one histogram, nanoseconds.
#[derive(Debug, PartialEq, Serialize)]
struct Percentiles {
    /// File, relative to the run folder.
    file: String,
    /// JSON pointer of the histogram.
    path: String,
    count: u64,
    p50: u64,
    p90: u64,
    p95: u64,
    p99: u64,
    #[serde(rename = "p99.9")]
    p99_9: u64,
    max: u64,
}

/// Prints the percentiles.
///
/// # Errors
/// Where the run does not exist, or a file or a histogram of it cannot be read: file and place.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let folder = locate(&args.run, &args.reports)?;
    let rows = read_folder(&folder)
        .map_err(|e| usage(e.context(format!("cannot read {}", folder.display()))))?;
    print(&match args.format {
        Format::Text => table(&rows),
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
    })?;
    Ok(Exit::Done)
}

fn read_folder(folder: &Path) -> Result<Vec<Percentiles>> {
    let text: String =
        read_text(&folder.join(RUN_FILE)).map_err(|reason| anyhow!("{RUN_FILE}: {reason}"))?;
    let run = read_run(&text).context(RUN_FILE)?;
    let mut rows = Vec::new();
    for entry in run.scenarios.iter().filter(|entry| entry.digest.is_some()) {
        let file = &entry.file;
        let text = scenario_path(folder, file)
            .and_then(|path| read_text(&path))
            .map_err(|reason| anyhow!("{file}: {reason}"))?;
        let document: Value = serde_json::from_str(&text).with_context(|| file.clone())?;
        rows.extend(of_scenario(&document, file)?);
    }
    Ok(rows)
}

fn of_scenario(document: &Value, file: &str) -> Result<Vec<Percentiles>> {
    let mut rows = Vec::new();
    for part in PARTS {
        if let Some(value) = document.get(part) {
            collect(value, file, &format!("/{part}"), &mut rows)?;
        }
    }
    Ok(rows)
}

/// Walks a part of a document; `path` is the JSON pointer so far.
fn collect(value: &Value, file: &str, path: &str, rows: &mut Vec<Percentiles>) -> Result<()> {
    match value {
        Value::Array(elements) => {
            for (i, element) in elements.iter().enumerate() {
                collect(element, file, &format!("{path}/{i}"), rows)?;
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                match member {
                    Value::String(text)
                        if HISTOGRAMS.contains(&name.as_str()) || path.contains(OF_CLASSES) =>
                    {
                        if !text.is_empty() {
                            rows.push(percentiles(text, file, &path)?);
                        }
                    }
                    _ => collect(member, file, &path, rows)?,
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn percentiles(text: &str, file: &str, path: &str) -> Result<Percentiles> {
    let histogram =
        decode_recording(text).map_err(|e| anyhow!("{file}: {path}: the histogram {e}"))?;
    let at = |quantile| histogram.value_at_quantile(quantile);
    Ok(Percentiles {
        file: file.to_owned(),
        path: path.to_owned(),
        count: histogram.len(),
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p99_9: at(0.999),
        max: histogram.max(),
    })
}

fn table(rows: &[Percentiles]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "file",
        "histogram",
        "count",
        "p50",
        "p90",
        "p95",
        "p99",
        "p99.9",
        "max",
    ]);
    for row in rows {
        let figures = [
            row.count, row.p50, row.p90, row.p95, row.p99, row.p99_9, row.max,
        ];
        let names = [row.file.clone(), row.path.clone()];
        table.add_row(
            names
                .into_iter()
                .chain(figures.map(|figure| figure.to_string())),
        );
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    #[test]
    fn every_histogram_of_the_run_is_listed() {
        let folder = sample::written(&["low-load"]);
        let rows = read_folder(folder.path()).unwrap();
        // 4 open blocks with 7 histograms, 2 closed ones with 2, 2 samples an arm.
        assert_eq!(rows.len(), 4 * 7 + 2 * 2 + 2 * 2);
        let row = rows
            .iter()
            .find(|row| row.path == "/blocks/0/latencies/duplicate/response")
            .unwrap();
        assert_eq!((row.count, row.p50, row.max), (2, 1_500_159, 2_500_607));
        insta::assert_snapshot!(table(&rows[..2]));
        assert!(
            serde_json::to_string(&rows[0])
                .unwrap()
                .contains("\"p99.9\":")
        );
    }

    #[test]
    fn the_services_of_a_scenario_are_no_histograms() {
        let document = serde_json::json!({
            "arms": {"baseline": {"service": "null"}},
            "ablation": [{"service": "optimized:batch=off"}],
        });
        assert_eq!(of_scenario(&document, "x.json").unwrap(), []);
    }

    #[test]
    fn a_damaged_histogram_is_named() {
        let document = serde_json::json!({"blocks": [{"a/b": {"response": "AAAA"}}]});
        let refused = of_scenario(&document, "x.json").unwrap_err().to_string();
        assert!(
            refused.starts_with("x.json: /blocks/0/a~1b/response: the histogram "),
            "{refused}"
        );
    }
}
