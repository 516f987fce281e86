//! `runner watch`: the figures of a run that goes on, in the terminal.

mod scrape;
mod view;

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Result, anyhow};
use axum::http::Uri;

use self::scrape::{Series, fetch};
use self::view::view;
use crate::console::{colour_on_stdout, print};
use crate::exit::{Exit, usage};

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// Clears the screen and goes to its upper left corner.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// Watch the figures of a run that was started with `--metrics`.
///
/// On a terminal the table is drawn anew each second; elsewhere it is printed whenever a figure has changed. It ends with
/// the run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner --all --metrics 127.0.0.1:9464     in one terminal
  runner watch                              in another")]
pub(crate) struct Args {
    /// Where the run serves its metrics.
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:9464/metrics")]
    url: String,
}

/// Watches until the run has ended.
///
/// # Errors
/// Nothing answers, or what answers is no run.
pub(crate) async fn run(args: &Args) -> Result<Exit> {
    let uri = address(&args.url).map_err(usage)?;
    let on_screen = std::io::stdout().is_terminal();
    let mut before = None;
    loop {
        let series = match fetch(&uri).await {
            Ok(text) => Series::of(&text),
            // It answered before: the run is over.
            Err(_) if before.is_some() => return Ok(Exit::Done),
            Err(e) => {
                return Err(usage(anyhow!(
                    "{}: {e:#}; start a run with `--metrics IP:PORT` and give the address that it prints",
                    args.url
                )));
            }
        };
        let shown = view(&series, colour_on_stdout());
        if before.as_ref() != Some(&shown) {
            let clear = if on_screen { CLEAR } else { "" };
            print(&format!("{clear}{shown}\n"))?;
        }
        before = Some(shown);
        tokio::time::sleep(INTERVAL).await;
    }
}

/// `http://HOST:PORT/metrics`; scheme and path may be left out.
fn address(url: &str) -> Result<Uri> {
    let wrong = || anyhow!("`{url}` is no address; give one such as http://127.0.0.1:9464/metrics");
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let whole = if rest.contains('/') {
        format!("http://{rest}")
    } else {
        format!("http://{rest}/metrics")
    };
    let uri: Uri = whole.parse().map_err(|_| wrong())?;
    match uri.port_u16() {
        Some(_) => Ok(uri),
        None => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_short() {
        for url in ["127.0.0.1:9464", "http://127.0.0.1:9464"] {
            let uri = address(url).unwrap();
            assert_eq!(uri, "http://127.0.0.1:9464/metrics");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["", "https://x:1/metrics", "127.0.0.1", "http://a b:1/"] {
            assert!(address(url).is_err(), "{url}");
        }
    }
}
