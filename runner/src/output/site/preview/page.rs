//! The page that a preview is read from, and that leads people on to the run.

use maud::{DOCTYPE, Markup, html};

use super::picture::{HEIGHT, WIDTH};
use super::{FOLDER, Preview, STYLE};
use crate::console::says_verdict;
use crate::output::site::SiteUrl;

/// What the page itself may load: its style and its picture.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

/// The page. It moves on at once and without a script; a browser puts nothing into its history for that.
pub(super) fn render(preview: &Preview, url: Option<&SiteUrl>) -> String {
    let report = format!("../#/run/{}", preview.id);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta http-equiv="refresh" content={ "0; url=" (report) };
                title { (preview.title) " – Statebench" }
                meta name="description" content=(verdict(preview));
                (open_graph(preview, url))
                link rel="stylesheet" href=(STYLE);
            }
            body { (body(preview, &report)) }
        }
    }
    .into_string()
}

/// The tags of <https://ogp.me> and the one more that X asks for. Addresses have to be whole: without one the page has no
/// tag that needs it.
fn open_graph(preview: &Preview, url: Option<&SiteUrl>) -> Markup {
    let of =
        |extension: &str| url.map(|url| url.of(&format!("{FOLDER}/{}.{extension}", preview.id)));
    html! {
        meta property="og:site_name" content="Statebench";
        meta property="og:type" content="article";
        meta property="og:title" content=(preview.title);
        meta property="og:description" content=(verdict(preview));
        @if let (Some(page), Some(picture)) = (of("html"), of("png")) {
            meta property="og:url" content=(page);
            meta property="og:image" content=(picture);
            meta property="og:image:type" content="image/png";
            meta property="og:image:width" content=(WIDTH);
            meta property="og:image:height" content=(HEIGHT);
            meta property="og:image:alt" content=(alternative(preview));
            meta name="twitter:card" content="summary_large_image";
        }
    }
}

fn body(preview: &Preview, report: &str) -> Markup {
    html! {
        main {
            h1 { (preview.title) }
            p.soft { (preview.about) }
            p.say { (verdict(preview)) }
            @if !preview.sub.is_empty() { p { (preview.sub) } }
            p { a href=(report) { "Open the report" } }
            ul {
                @for (question, answer) in &preview.answers {
                    li { (question) " " b { (answer.word) } ". " (answer.text) }
                }
            }
            @if !preview.gains.is_empty() { (gains(preview)) }
            img src={ (preview.id) ".png" } width=(WIDTH) height=(HEIGHT) alt=(alternative(preview));
        }
    }
}

fn gains(preview: &Preview) -> Markup {
    let head = [
        "Figure",
        "Baseline",
        "Candidate",
        "Change",
        "Confidence",
        "Promise",
        "Verdict",
    ];
    html! {
        div.scroll role="region" aria-label="Promised improvements" tabindex="0" {
            table {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody {
                    @for gain in &preview.gains {
                        tr {
                            th scope="row" { (gain.title) }
                            td { (gain.baseline) }
                            td { (gain.candidate) }
                            td { (gain.change) }
                            td { (gain.interval) }
                            td { (gain.bar.target_label) }
                            td { (gain.verdict.word()) }
                        }
                    }
                }
            }
        }
    }
}

/// The verdict's word before its sentence, unless that begins with it.
fn verdict(preview: &Preview) -> String {
    match says_verdict(&preview.sentence) {
        true => preview.sentence.clone(),
        false => format!("{}: {}", preview.verdict.word(), preview.sentence),
    }
}

/// What the picture says.
fn alternative(preview: &Preview) -> String {
    let gains = preview.gains_by_weight();
    let gains = gains.iter().take(super::picture::MOST_GAINS);
    let gains = gains.map(|gain| format!("{} {}, {}", gain.title, gain.change, gain.bar.aria));
    [verdict(preview)]
        .into_iter()
        .chain(gains)
        .collect::<Vec<_>>()
        .join("; ")
}
