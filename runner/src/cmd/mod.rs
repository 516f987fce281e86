//! One module a subcommand: its arguments and what it does.

pub(crate) mod baseline;
pub(crate) mod catalogue;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod cost;
pub(crate) mod criteria;
pub(crate) mod doctor;
pub(crate) mod gate;
pub(crate) mod index;
pub(crate) mod list;
pub(crate) mod manual;
pub(crate) mod percentiles;
pub(crate) mod publish;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod verdict;
pub(crate) mod verify;
pub(crate) mod view;
pub(crate) mod watch;

use std::path::Path;

use shared::report::Index;

/// Names the damaged files of a list on stderr.
fn warn_unreadable(reports: &Path, index: &Index) {
    for damaged in &index.unreadable {
        eprintln!(
            "warning: {}/{}: {}",
            reports.display(),
            damaged.file,
            damaged.reason
        );
    }
}

/// `1 run`, `2 runs`.
fn runs(count: usize) -> String {
    format!("{count} {}", if count == 1 { "run" } else { "runs" })
}
