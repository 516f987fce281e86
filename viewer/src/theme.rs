//! Light or dark: as the address says, else as was chosen in this browser, else as the system prefers.

use crate::browser;
use crate::route::value;

const KEY: &str = "statebench-theme";
const ATTRIBUTE: &str = "data-theme";

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.as_str() == text)
    }
}

/// Shows the theme that the address names or that was chosen earlier, if any, and returns the one in use.
pub(crate) fn restore() -> Theme {
    let chosen = chosen();
    if let Some(theme) = chosen {
        browser::mark_document(ATTRIBUTE, Some(theme.as_str()));
    }
    chosen.unwrap_or_else(of_system)
}

/// Changes to the other theme than the one of this moment and returns it. It is remembered and named in the address; the
/// system's own is forgotten, so that the page follows the system again.
pub(crate) fn change() -> Theme {
    let theme = chosen().unwrap_or_else(of_system).other();
    let other = (theme != of_system()).then_some(theme.as_str());
    browser::mark_document(ATTRIBUTE, other);
    browser::remember(KEY, other);
    browser::change_hash(|hash| Some(added(if hash.is_empty() { "#/" } else { hash }, theme)));
    theme
}

fn chosen() -> Option<Theme> {
    of_address(&browser::hash()).or_else(|| Theme::parse(&browser::remembered(KEY)?))
}

fn of_system() -> Theme {
    if browser::prefers_dark() {
        Theme::Dark
    } else {
        Theme::Light
    }
}

/// The theme that an address names, `#/run/r1?theme=dark`.
fn of_address(hash: &str) -> Option<Theme> {
    let (_, query) = hash.split_once('?')?;
    Theme::parse(value(query, "theme")?)
}

/// The address with this theme, and none before.
fn added(hash: &str, theme: Theme) -> String {
    let (path, query) = hash.split_once('?').unwrap_or((hash, ""));
    let mut address = format!("{path}?");
    for pair in query.split('&') {
        if !pair.is_empty() && !pair.starts_with("theme=") {
            address += pair;
            address.push('&');
        }
    }
    address + "theme=" + theme.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_theme_beside_what_else_it_says() {
        let dark = added("#/run/r1/low?class=unique&time=service", Theme::Dark);
        assert_eq!(dark, "#/run/r1/low?class=unique&time=service&theme=dark");
        assert_eq!(of_address(&dark), Some(Theme::Dark));
        assert_eq!(
            added(&dark, Theme::Light),
            "#/run/r1/low?class=unique&time=service&theme=light"
        );
        assert_eq!(added("#/", Theme::Dark), "#/?theme=dark");
    }

    #[test]
    fn an_address_without_a_theme_or_with_one_that_nobody_knows_names_none() {
        for address in [
            "",
            "#/",
            "#/run/r1?class=all",
            "#/?theme=",
            "#/?theme=pink",
            "#/theme=dark",
        ] {
            assert_eq!(of_address(address), None, "{address}");
        }
    }
}
