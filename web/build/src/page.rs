//! The site's page, `web/index.html`: written for `trunk serve`, and published without what is Trunk's alone.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::folder;

/// The page's name, the only one that stays.
pub(crate) const PAGE: &str = "index.html";
/// Marks what Trunk takes for its own.
const MARK: &str = "data-trunk";
/// The page's policy stands before the first element that loads something.
const POLICY_BEFORE: &str = "<title>";

/// The page, and the policy that it is published with.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    policy: String,
}

impl Page {
    /// Reads the page and its policy from the folder `web/`.
    ///
    /// # Errors
    /// Where a file cannot be read or is no text.
    pub(crate) fn read(web: &Path) -> Result<Self> {
        let text = |name: &str| {
            let path = web.join(name);
            String::from_utf8(folder::read(&path)?)
                .with_context(|| format!("{} is no UTF-8", path.display()))
        };
        Ok(Self {
            text: text(PAGE)?,
            policy: text("content-security-policy.txt")?,
        })
    }

    /// The programs that the page runs.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &str> {
        self.elements()
            .filter_map(|line| attribute(line, "data-bin"))
    }

    /// The files beside the page that it needs.
    pub(crate) fn assets(&self) -> impl Iterator<Item = &str> {
        self.elements()
            .filter(|line| attribute(line, "data-bin").is_none())
            .filter_map(|line| attribute(line, "href").or_else(|| attribute(line, "src")))
    }

    fn elements(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| line.contains(MARK))
    }

    /// The page as browsers get it: with its policy, and without Trunk's elements and attributes.
    ///
    /// # Errors
    /// Where the page is not laid out as this program knows it.
    pub(crate) fn published(&self) -> Result<String> {
        let mut published = String::new();
        for line in self.text.lines() {
            if line.starts_with("<!--") || is_of_the_build(line) {
                continue;
            }
            if line.starts_with(POLICY_BEFORE) {
                let policy = self.policy.trim();
                published += &format!(
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n"
                );
            }
            let line = line
                .replace(" data-trunk", "")
                .replace(" data-integrity=\"none\"", "")
                .replace("rel=\"css\"", "rel=\"stylesheet\"");
            published += &line;
            published.push('\n');
        }
        if !published.contains("Content-Security-Policy") {
            bail!(
                "web/{PAGE}: no line begins with {POLICY_BEFORE}, where the page's policy belongs"
            );
        }
        if published.contains("data-") {
            bail!("web/{PAGE}: an attribute of Trunk's is left; page.rs has to know it");
        }
        Ok(published)
    }
}

/// Whether an element only tells Trunk what to build or to copy.
fn is_of_the_build(line: &str) -> bool {
    line.contains(MARK) && matches!(attribute(line, "rel"), Some("rust" | "copy-file"))
}

/// The value of an attribute; one element stands on one line.
fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = line.split_once(&format!(" {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        Page::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))).unwrap()
    }

    #[test]
    fn the_page_names_its_programs_and_files() {
        let page = page();
        let programs: Vec<&str> = page.programs().collect();
        assert_eq!(programs, ["overview", "evidence", "comparison"]);
        let assets: Vec<&str> = page.assets().collect();
        assert_eq!(
            assets,
            [
                "icon.svg",
                "statebench.css",
                "instruments.js",
                "copies.js",
                "page.js",
                "start.js"
            ]
        );
    }

    #[test]
    fn a_published_page_has_a_policy_and_nothing_of_trunk() {
        let published = page().published().unwrap();
        let (head, _) = published.split_once("<title>").unwrap();
        assert!(
            head.contains("content=\"default-src 'none'; script-src 'self'"),
            "{head}"
        );
        assert!(
            !published.contains("trunk") && !published.contains("rust"),
            "{published}"
        );
        assert!(published.contains("<link rel=\"stylesheet\" href=\"statebench.css\">"));
        assert!(published.contains("<script type=\"module\" src=\"start.js\"></script>"));
    }

    #[test]
    fn a_page_without_a_place_for_the_policy_is_refused() {
        let page = Page {
            text: "<p>hello</p>".to_owned(),
            policy: "default-src 'none'".to_owned(),
        };
        let refused = page.published().unwrap_err().to_string();
        assert!(refused.contains("<title>"), "{refused}");
    }
}
