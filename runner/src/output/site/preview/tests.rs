//! Pages and pictures of made-up runs.

use html5gum::{Token, Tokenizer};
use shared::summary::{ImprovementBar, summarize};
use tiny_skia::Pixmap;

use super::super::super::sample;
use super::picture::{HEIGHT, WIDTH};
use super::*;

const HOSTILE: &str =
    "\"><script>alert(1)</script><meta http-equiv=refresh content='0; url=//evil'>\u{202e}";

fn gain(title: &str, verdict: Verdict, place: f64) -> Improvement {
    Improvement {
        title: title.to_owned(),
        verdict,
        change: "−68\u{202f}%".to_owned(),
        interval: "95\u{202f}% CI −71 … −64".to_owned(),
        baseline: "7.22\u{202f}ms".to_owned(),
        candidate: "2.31\u{202f}ms".to_owned(),
        bar: ImprovementBar {
            point: place,
            interval: Some((place - 4.0, place + 3.0)),
            target: 40.0,
            target_label: "target −40\u{202f}%".to_owned(),
            ends: ("0".to_owned(), "−100\u{202f}%".to_owned()),
            aria: "interval −71 … −64, target −40\u{202f}%".to_owned(),
        },
    }
}

fn preview() -> Preview {
    let answer = |word: &str, text: &str| Answer {
        verdict: Verdict::Pass,
        word: word.to_owned(),
        text: text.to_owned(),
    };
    Preview {
        id: "20261123T031500Z-quick-9f3c".to_owned(),
        title: "Standard vs Optimized".to_owned(),
        about: "23 Nov 2026, 03:15 UTC · quick: shortened".to_owned(),
        verdict: Verdict::Pass,
        sentence: "Optimized is faster and lost nothing: P95 −68\u{202f}%.".to_owned(),
        sub: "Not judged: cold start.".to_owned(),
        answers: [
            ("Is it better?", answer("Yes", "Both targets are met.")),
            ("Is it safe?", answer("Yes", "Every save was read back.")),
            ("Can I trust it?", answer("Yes", "All checks passed.")),
        ],
        gains: vec![
            gain("Latency P95", Verdict::Pass, 68.0),
            gain("Latency P99", Verdict::Fail, 20.0),
        ],
    }
}

fn of_sample(title: &str, id: &str) -> Option<Preview> {
    let mut run = sample::run(id);
    run.title = title.to_owned();
    let scenarios = [sample::scenario(id, "low-load")];
    let summary = summarize(&run, &scenarios);
    Preview::of(&run, &scenarios, &summary)
}

/// Name and attributes of every element, as a browser reads them.
fn elements(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Tokenizer::new(page)
        .map(|token| token.unwrap())
        .filter_map(|token| match token {
            Token::StartTag(tag) => {
                let attributes = tag.attributes.iter();
                let attributes = attributes.map(|(name, value)| (text(name), text(&value.value)));
                Some((text(&tag.name), attributes.collect()))
            }
            Token::Error(error) => panic!("{error:?} in {page}"),
            _ => None,
        })
        .collect()
}

/// The content of the `meta` whose `key` has this value.
fn meta(page: &str, key: &str, value: &str) -> Option<String> {
    let of = |attributes: &[(String, String)], wanted: &str| {
        let found = attributes.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    elements(page)
        .iter()
        .filter(|(name, attributes)| {
            name == "meta" && of(attributes, key).as_deref() == Some(value)
        })
        .find_map(|(_, attributes)| of(attributes, "content"))
}

fn url() -> SiteUrl {
    SiteUrl::parse("https://example.org/bench").unwrap()
}

#[test]
fn a_page_with_all_that_a_preview_needs() {
    insta::assert_snapshot!(page::render(&preview(), Some(&url())).replace("><", ">\n<"));
}

#[test]
fn a_page_names_itself_and_its_picture_by_whole_addresses() {
    let page = page::render(&preview(), Some(&url()));
    let base = "https://example.org/bench/r/20261123T031500Z-quick-9f3c";
    for (property, content) in [
        ("og:title", "Standard vs Optimized".to_owned()),
        ("og:type", "article".to_owned()),
        ("og:url", format!("{base}.html")),
        ("og:image", format!("{base}.png")),
        ("og:image:width", WIDTH.to_string()),
        ("og:image:height", HEIGHT.to_string()),
        ("og:site_name", "Statebench".to_owned()),
        (
            "og:description",
            "Pass: Optimized is faster and lost nothing: P95 −68\u{202f}%.".to_owned(),
        ),
    ] {
        assert_eq!(
            meta(&page, "property", property),
            Some(content),
            "{property}"
        );
    }
    let alternative = meta(&page, "property", "og:image:alt").unwrap();
    assert!(alternative.contains("; Latency P99 −68"), "{alternative}");
    assert_eq!(
        meta(&page, "name", "twitter:card").as_deref(),
        Some("summary_large_image")
    );
}

#[test]
fn without_an_address_a_page_names_no_picture() {
    let page = page::render(&preview(), None);
    for property in ["og:url", "og:image", "og:image:alt"] {
        assert_eq!(meta(&page, "property", property), None, "{property}");
    }
    assert_eq!(meta(&page, "name", "twitter:card"), None);
    assert!(meta(&page, "property", "og:description").is_some());
}

#[test]
fn a_page_leads_on_at_once_and_by_a_link() {
    let page = page::render(&preview(), None);
    let run = "../#/run/20261123T031500Z-quick-9f3c";
    assert_eq!(
        meta(&page, "http-equiv", "refresh"),
        Some(format!("0; url={run}"))
    );
    let links = elements(&page);
    assert!(
        links.contains(&("a".to_owned(), vec![("href".to_owned(), run.to_owned())])),
        "{links:?}"
    );
}

#[test]
fn text_of_a_report_stays_text() {
    let mut hostile = of_sample(HOSTILE, "run").unwrap();
    hostile.sentence = HOSTILE.to_owned();
    hostile.sub = HOSTILE.to_owned();
    hostile.gains = vec![gain(HOSTILE, Verdict::Warn, 50.0)];
    let (page, harmless) = (
        page::render(&hostile, Some(&url())),
        page::render(&preview(), Some(&url())),
    );
    let names = |page: &str, name: &str| elements(page).iter().filter(|(n, _)| n == name).count();
    for name in ["meta", "script", "link"] {
        assert_eq!(names(&page, name), names(&harmless, name), "{name}");
    }
    assert!(!hostile.title.contains('\u{202e}'), "{:?}", hostile.title);
    let title = meta(&page, "property", "og:title").unwrap();
    assert!(title.starts_with("\"><script>alert(1)</script>"), "{title}");
    assert!(picture::draw(&hostile).is_ok());
}

#[test]
fn a_run_that_no_address_can_name_has_no_page() {
    assert!(of_sample("Sample", "20261123T031500Z-ci-9f3c").is_some());
    for id in ["a b", "a#b", "a\"b", "..", "ä"] {
        assert_eq!(of_sample("Sample", id), None, "{id}");
    }
}

/// Colours of a picture, each once.
fn colours_of(png: &[u8]) -> Vec<[u8; 3]> {
    let picture = Pixmap::decode_png(png).unwrap();
    assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
    let mut colours: Vec<[u8; 3]> = picture
        .pixels()
        .iter()
        .map(|p| [p.red(), p.green(), p.blue()])
        .collect();
    colours.sort_unstable();
    colours.dedup();
    colours
}

#[test]
fn a_picture_shows_verdict_interval_and_target() {
    use picture::colours::{CANDIDATE, FAIL, GROUND, INK, MET, PASS};
    let drawn = colours_of(&picture::draw(&preview()).unwrap());
    for colour in [GROUND, INK, PASS, FAIL, CANDIDATE, MET] {
        assert!(drawn.contains(&colour), "{colour:?}");
    }
}

#[test]
fn a_run_that_promised_nothing_shows_its_answers() {
    use picture::colours::{CANDIDATE, MET, PASS};
    let mut bare = preview();
    bare.gains.clear();
    bare.verdict = Verdict::NotJudged;
    let drawn = colours_of(&picture::draw(&bare).unwrap());
    assert!(drawn.contains(&PASS) && drawn.contains(&CANDIDATE));
    assert!(!drawn.contains(&MET), "no bars");
}

#[test]
fn every_verdict_has_a_mark() {
    let mut pictures = Vec::new();
    for verdict in [
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Fail,
        Verdict::Inconclusive,
        Verdict::NotJudged,
    ] {
        let mut of = preview();
        (of.verdict, of.sentence) = (verdict, String::new());
        pictures.push(picture::draw(&of).unwrap());
    }
    pictures.sort();
    pictures.dedup();
    assert_eq!(pictures.len(), 5);
}

#[test]
fn what_is_not_met_stands_first() {
    let titles = |preview: &Preview| -> Vec<String> {
        let gains = preview.gains_by_weight();
        gains.iter().map(|gain| gain.title.clone()).collect()
    };
    assert_eq!(titles(&preview()), ["Latency P99", "Latency P95"]);
}

#[test]
fn the_picture_has_the_site_s_colours() {
    use picture::colours;
    let css = include_str!("../../../../../web/statebench.css");
    let light = css.split("@media").next().unwrap();
    for (token, colour) in [
        ("bg", colours::GROUND),
        ("ink", colours::INK),
        ("ink-2", colours::INK_2),
        ("ink-3", colours::INK_3),
        ("rule", colours::RULE),
        ("rule-strong", colours::RULE_STRONG),
        ("base", colours::BASELINE),
        ("opt", colours::CANDIDATE),
        ("pass", colours::PASS),
        ("pass-bg", colours::MET),
        ("fail", colours::FAIL),
        ("unsure", colours::UNSURE),
        ("none", colours::of(Verdict::NotJudged)),
    ] {
        let [r, g, b] = colour;
        let declared = format!("--{token}: #{r:02x}{g:02x}{b:02x};");
        assert!(light.contains(&declared), "{declared}");
    }
}
