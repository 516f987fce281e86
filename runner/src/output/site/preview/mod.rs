//! What a chat or a wiki shows of a link to a run: a small page and a picture for each, `r/<id>.html` and `r/<id>.png`.
//!
//! They stand beside the reports, not among them: `reports/` is data and nothing else, and `<id>.html` needs no host that
//! turns a folder into the page in it.

mod canvas;
mod mark;
mod page;
mod picture;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;
use shared::report::{Run, Scenario};
use shared::summary::{Answer, Improvement, RunSummary, improvement, profile};
use shared::verdict::Verdict;

use self::text::plain;
use super::{SiteUrl, Writer};

/// Folder of the pages and pictures within a site.
const FOLDER: &str = "r";
/// Name of the pages' style sheet, in the same folder.
const STYLE: &str = "preview.css";

/// What is shown of a run. All text is plain: no control characters, none that turn the direction of text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Preview {
    /// The run's name, which is part of addresses.
    id: String,
    /// The run's title.
    title: String,
    /// The day and the profile, with what it leaves of the strategy's load.
    about: String,
    /// The run's verdict.
    verdict: Verdict,
    /// The verdict as a sentence.
    sentence: String,
    /// What the sentence leaves out; may be empty.
    sub: String,
    /// The three questions with their answers.
    answers: [(&'static str, Answer); 3],
    /// The promised improvements.
    gains: Vec<Improvement>,
}

impl Preview {
    /// What there is to show; nothing where the site cannot open the run, because its name cannot stand in an address.
    pub(super) fn of(run: &Run, scenarios: &[Scenario], summary: &RunSummary) -> Option<Self> {
        if !is_linkable(&run.id) {
            return None;
        }
        let answer = |answer: &Answer| Answer {
            verdict: answer.verdict,
            word: plain(&answer.word),
            text: plain(&answer.text),
        };
        let gains = summary.improvements.iter();
        let gains = gains.filter_map(|i| improvement(summary.judgements.get(*i)?));
        Some(Self {
            id: run.id.clone(),
            title: plain(&run.title),
            about: plain(&about(run, scenarios)),
            verdict: summary.verdict,
            sentence: plain(&summary.headline),
            sub: plain(&summary.sub),
            answers: [
                ("Is it better?", answer(&summary.better)),
                ("Is it safe?", answer(&summary.safe)),
                ("Can I trust it?", answer(&summary.trust)),
            ],
            gains: gains
                .map(|gain| Improvement {
                    title: plain(&gain.title),
                    ..gain
                })
                .collect(),
        })
    }

    /// The promised improvements, those first that are not met: a selection must not hide them.
    fn gains_by_weight(&self) -> Vec<&Improvement> {
        let mut gains: Vec<&Improvement> = self.gains.iter().collect();
        gains.sort_by_key(|gain| gain.verdict == Verdict::Pass);
        gains
    }
}

/// Whether a name means the same in an address as in a folder, as the site's own addresses have it.
fn is_linkable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'))
}

fn about(run: &Run, scenarios: &[Scenario]) -> String {
    let started: Option<Timestamp> = run.started_at.parse().ok();
    let day = started.map(|at| format!("{} UTC", at.strftime("%-d %b %Y, %H:%M")));
    let parts = [day, Some(profile(run, scenarios))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Writes pages, pictures and their style into a site. `url` is where the site will be found: without it a page cannot
/// name its picture, as previews ask for whole addresses.
///
/// # Errors
/// Where a picture cannot be drawn or a file not be written.
pub(super) fn write(
    writer: &mut Writer<'_>,
    previews: &[Preview],
    url: Option<&SiteUrl>,
) -> Result<()> {
    let folder = Path::new(FOLDER);
    for preview in previews {
        let picture = picture::draw(preview)?;
        writer.write(&picture, &folder.join(format!("{}.png", preview.id)))?;
        let page = page::render(preview, url);
        writer.write(
            page.as_bytes(),
            &folder.join(format!("{}.html", preview.id)),
        )?;
    }
    if previews.is_empty() {
        return Ok(());
    }
    writer.write(include_bytes!("preview.css"), &folder.join(STYLE))
}
