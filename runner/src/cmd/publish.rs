//! `runner publish`: the static site.

use std::path::PathBuf;

use anyhow::Result;
use jiff::Timestamp;

use crate::console::print;
use crate::exit::Exit;
use crate::output::{Publication, Publisher, SiteUrl, Viewer, publish};

/// Assemble the static site: the viewer, the runs and their list.
///
/// The folder can be served by any web host from any path; docs/publishing.md says how. Publishing again writes what is
/// new; runs that the site has already stay, even where the reports folder no longer holds them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner publish site
  runner publish site --url https://example.org/statebench/
  runner publish /srv/www/statebench --reports reports --viewer dist

On stdout stands the path of the site's page alone.")]
pub(crate) struct Args {
    /// Folder of the site; made where it is missing.
    #[arg(value_name = "DIR")]
    site: PathBuf,
    /// Folder that holds the runs.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// Folder of the built viewer [default: the viewer within this program, or `dist` where it holds none]
    #[arg(long, value_name = "DIR")]
    viewer: Option<PathBuf>,
    /// Address that the site will be served from, for the pictures in link previews.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Assembles the site.
///
/// # Errors
/// Where there is no viewer, `--url` is no address, or a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let url = args.url.as_deref().map(SiteUrl::parse).transpose()?;
    let viewer = Viewer::find(args.viewer.as_deref())?;
    let this = Publisher::this();
    let published = publish(&Publication {
        site: &args.site,
        reports: &args.reports,
        viewer: &viewer,
        url: url.as_ref(),
        by: &this,
        now: Timestamp::now(),
    })?;
    if let Some(replaced) = published.replaced {
        eprintln!("{}", replaced.notice(&this));
    }
    super::warn_unreadable(&args.reports, &published.index);
    for file in published.renewed {
        eprintln!(
            "warning: {} has changed under the same name, which browsers keep for a year; build the viewer anew \
             with `make viewer`",
            file.display()
        );
    }
    if url.is_none() {
        eprintln!("link previews have no pictures: name the site's address with --url for them");
    }
    eprintln!(
        "{} in the site, {} files written",
        super::runs(published.index.runs.len()),
        published.written
    );
    print(&format!("{}\n", published.page.display()))?;
    Ok(Exit::Done)
}
