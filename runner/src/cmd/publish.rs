//! `runner publish`: the static site.

use std::path::PathBuf;

use anyhow::Result;

use crate::console::print;
use crate::exit::Exit;
use crate::output::publish;

/// Assemble the static site: the viewer, the runs and their list.
///
/// The folder can be served by any web host from any path. Publishing again adds what is new; runs that the site
/// has already stay, even where the reports folder no longer holds them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner publish site
  runner publish /srv/www/statebench --reports reports --viewer dist

On stdout stands the path of the site's page alone.")]
pub(crate) struct Args {
    /// Folder of the site; made where it is missing.
    #[arg(value_name = "DIR")]
    site: PathBuf,
    /// Folder that holds the runs.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// Folder of the built viewer.
    #[arg(long, value_name = "DIR", default_value = "dist")]
    viewer: PathBuf,
}

/// Assembles the site.
///
/// # Errors
/// Where the viewer was not built, or a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let published = publish(&args.site, &args.reports, &args.viewer)?;
    super::warn_unreadable(&args.reports, &published.index);
    eprintln!(
        "{} in the site, {} files written",
        super::runs(published.index.runs.len()),
        published.written
    );
    print(&format!("{}\n", published.page.display()))?;
    Ok(Exit::Done)
}
