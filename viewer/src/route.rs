//! The site's addresses. They live behind `#`, so that any static host serves every page and a link is permanent.

mod view;

use std::fmt::{self, Write};

use shared::arms::ArmRole;
use shared::cost::{PriceError, Prices};

pub(crate) use view::{LatencyView, TimeRange};

use crate::place;

/// A page with all that its address says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Route {
    /// All runs.
    Runs,
    /// The review of one ISO week, `2025-W47`.
    Week(String),
    /// How every key metric moved, over the runs of a profile; of the newest run's where it is absent.
    Trends(Option<String>),
    /// How one metric moved.
    Trend {
        /// Name of the metric.
        metric: String,
        /// As in `Trends`.
        profile: Option<String>,
    },
    /// The executive summary of a run.
    Report(String),
    /// The same, with prices of the reader's.
    PricedReport {
        /// Name of the run.
        run: String,
        /// What its cost is computed from.
        prices: Box<Prices>,
    },
    /// One scenario of a run.
    Scenario {
        /// Name of the run.
        run: String,
        /// Name of the scenario.
        scenario: String,
        /// What the latency charts show.
        view: LatencyView,
    },
    /// Choosing what to compare; with the run that the choice began at.
    Choose(Option<String>),
    /// Two runs, or two arms, side by side.
    Compare {
        /// What is compared with.
        reference: Side,
        /// What is looked at.
        candidate: Side,
        /// The scenario whose curves are shown; the first one where absent.
        scenario: Option<String>,
    },
    /// The words of the field.
    Glossary,
    /// Files of this computer.
    Open,
    /// No page has this address.
    NotFound(String),
}

/// One of the programs that the site is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// What the list of runs tells.
    Overview,
    /// What the files of one run tell.
    Evidence,
    /// What two runs, or two arms, come to side by side.
    Comparison,
}

/// One side of a comparison: a run, or one arm of it, `<run>:baseline`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    /// Name of the run.
    pub(crate) run: String,
    /// One of its arms; absent for the run's gain, its candidate divided by its baseline.
    pub(crate) arm: Option<ArmRole>,
}

impl Side {
    /// Reads `<run>` or `<run>:<arm>`.
    fn parse(text: &str) -> Option<Self> {
        let (run, arm) = match text.split_once(':') {
            Some((run, arm)) => (
                run,
                Some(ArmRole::ALL.into_iter().find(|r| r.as_str() == arm)?),
            ),
            None => (text, None),
        };
        is_name(run).then(|| Self {
            run: run.to_owned(),
            arm,
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.run)?;
        match self.arm {
            Some(arm) => write!(f, ":{}", arm.as_str()),
            None => Ok(()),
        }
    }
}

impl Route {
    /// Reads the address behind `#`. `None` where it is no address but a place on the page, as `#main`.
    pub(crate) fn parse(hash: &str) -> Option<Self> {
        let address = hash.strip_prefix('#').unwrap_or(hash);
        if address.is_empty() {
            return Some(Self::Runs);
        }
        let path = address.strip_prefix('/')?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let named = parts
            .get(1..)
            .unwrap_or_default()
            .iter()
            .all(|part| is_name(part));
        Some(match parts.as_slice() {
            [] => Self::Runs,
            ["week", week] if named => Self::Week((*week).to_owned()),
            ["trends"] => Self::Trends(profile(query)),
            ["trends", metric] if named => Self::Trend {
                metric: (*metric).to_owned(),
                profile: profile(query),
            },
            ["run", run] if named => Self::priced((*run).to_owned(), Prices::of_query(query)),
            ["run", run, scenario] if named => Self::Scenario {
                run: (*run).to_owned(),
                scenario: (*scenario).to_owned(),
                view: LatencyView::parse(query),
            },
            ["open"] => Self::Open,
            ["glossary"] => Self::Glossary,
            ["compare"] => Self::Choose(None),
            ["compare", run] if named => Self::Choose(Some((*run).to_owned())),
            ["compare", reference, candidate] => Side::parse(reference)
                .zip(Side::parse(candidate))
                .map_or_else(
                    || Self::NotFound(address.to_owned()),
                    |(reference, candidate)| Self::Compare {
                        reference,
                        candidate,
                        scenario: value(query, "scenario")
                            .filter(|name| is_name(name))
                            .map(str::to_owned),
                    },
                ),
            _ => Self::NotFound(address.to_owned()),
        })
    }

    /// A run's executive summary with a reader's prices, if there are any.
    pub(crate) fn priced(run: String, prices: Prices) -> Self {
        if prices == Prices::default() {
            Self::Report(run)
        } else {
            Self::PricedReport {
                run,
                prices: Box::new(prices),
            }
        }
    }

    /// A run's executive summary with one price set anew; what has no prices stays as it is.
    ///
    /// # Errors
    /// Where the text is no price.
    pub(crate) fn with_price(self, key: &str, text: &str) -> Result<Self, PriceError> {
        let (run, mut prices) = match self {
            Self::Report(run) => (run, Prices::default()),
            Self::PricedReport { run, prices } => (run, *prices),
            other => return Ok(other),
        };
        prices.set(key, text)?;
        Ok(Self::priced(run, prices))
    }

    /// A scenario's page with one choice made another way, in the words of an address; `None` where there is nothing to
    /// choose.
    pub(crate) fn with_choice(self, key: &str, choice: &str) -> Option<Self> {
        match self {
            Self::Scenario {
                run,
                scenario,
                view,
            } => Some(Self::Scenario {
                run,
                scenario,
                view: view.with(key, choice),
            }),
            _ => None,
        }
    }

    /// A scenario's page as it is first shown.
    pub(crate) fn scenario(run: &str, scenario: &str) -> Self {
        Self::Scenario {
            run: run.to_owned(),
            scenario: scenario.to_owned(),
            view: LatencyView::default(),
        }
    }

    /// The run that the page belongs to.
    pub(crate) fn run(&self) -> Option<&str> {
        match self {
            Self::Report(run) | Self::PricedReport { run, .. } | Self::Scenario { run, .. } => {
                Some(run)
            }
            _ => None,
        }
    }

    /// The program that shows the page: by the first words of the address alone, as `web/start.js` has no more to
    /// choose by.
    pub(crate) fn program(&self) -> Program {
        match self {
            Self::Runs
            | Self::Week(_)
            | Self::Trends(_)
            | Self::Trend { .. }
            | Self::Choose(_)
            | Self::Glossary => Program::Overview,
            Self::Report(_) | Self::PricedReport { .. } | Self::Scenario { .. } => {
                Program::Evidence
            }
            Self::Compare { .. } | Self::Open => Program::Comparison,
            Self::NotFound(address) => {
                let path = address.split('?').next().unwrap_or_default();
                let mut parts = path.split('/').filter(|part| !part.is_empty());
                match parts.next() {
                    Some("run") if parts.next().is_some() => Program::Evidence,
                    Some("open") => Program::Comparison,
                    Some("compare") if parts.nth(1).is_some() => Program::Comparison,
                    _ => Program::Overview,
                }
            }
        }
    }

    /// Whether both addresses show the same page, if not the same view of it.
    pub(crate) fn is_same_page(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Report(a) | Self::PricedReport { run: a, .. },
                Self::Report(b) | Self::PricedReport { run: b, .. },
            ) => a == b,
            (
                Self::Scenario {
                    run: a,
                    scenario: x,
                    ..
                },
                Self::Scenario {
                    run: b,
                    scenario: y,
                    ..
                },
            ) => a == b && x == y,
            (
                Self::Compare {
                    reference: a,
                    candidate: x,
                    ..
                },
                Self::Compare {
                    reference: b,
                    candidate: y,
                    ..
                },
            ) => a == b && x == y,
            (Self::Trends(_), Self::Trends(_)) => true,
            (Self::Trend { metric: a, .. }, Self::Trend { metric: b, .. }) => a == b,
            _ => self == other,
        }
    }
}

/// Whose runs a trend is of.
fn profile(query: &str) -> Option<String> {
    let name = value(query, "profile").filter(|name| is_name(name));
    name.map(str::to_owned)
}

/// The value of a key in `key=value&key=value`.
pub(crate) fn value<'a>(query: &'a str, key: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(k, value)| (k == key).then_some(value))
}

/// The address, with the place that the site's other pages are read from.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&place::with_place(self.within_place()))
    }
}

impl Route {
    /// The address alone.
    pub(crate) fn within_place(&self) -> String {
        let mut address = String::new();
        // Writing into a text cannot fail.
        let _ = self.write(&mut address);
        address
    }

    fn write(&self, f: &mut String) -> fmt::Result {
        match self {
            Self::Runs => f.write_str("#/"),
            Self::Week(week) => write!(f, "#/week/{week}"),
            Self::Trends(profile) => of_profile(f, "#/trends", profile.as_deref()),
            Self::Trend { metric, profile } => {
                write!(f, "#/trends/{metric}")?;
                of_profile(f, "", profile.as_deref())
            }
            Self::Report(run) => write!(f, "#/run/{run}"),
            Self::PricedReport { run, prices } => write!(f, "#/run/{run}?{prices}"),
            Self::Scenario {
                run,
                scenario,
                view,
            } => write!(f, "#/run/{run}/{scenario}{view}"),
            Self::Open => f.write_str("#/open"),
            Self::Glossary => f.write_str("#/glossary"),
            Self::Choose(None) => f.write_str("#/compare"),
            Self::Choose(Some(run)) => write!(f, "#/compare/{run}"),
            Self::Compare {
                reference,
                candidate,
                scenario,
            } => {
                write!(f, "#/compare/{reference}/{candidate}")?;
                match scenario {
                    Some(scenario) => write!(f, "?scenario={scenario}"),
                    None => Ok(()),
                }
            }
            Self::NotFound(address) => write!(f, "#{address}"),
        }
    }
}

fn of_profile(f: &mut String, path: &str, profile: Option<&str>) -> fmt::Result {
    f.write_str(path)?;
    match profile {
        Some(profile) => write!(f, "?profile={profile}"),
        None => Ok(()),
    }
}

impl maud::Render for Route {
    fn render_to(&self, buffer: &mut String) {
        self.to_string().render_to(buffer);
    }
}

/// Whether a text can name a run, a scenario or a report file: it stays within its folder and within this site.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_a_round_trip() {
        for address in [
            "#/",
            "#/week/2025-W47",
            "#/run/20251120-0942-quick",
            "#/run/r1?currency=EUR&million_rows=0.2",
            "#/run/r1/medium-load",
            "#/run/r1/medium-load?class=duplicate&time=service",
            "#/run/r1/medium-load?class=all&time=service",
            "#/open",
            "#/glossary",
            "#/trends",
            "#/trends?profile=full",
            "#/trends/response.p95",
            "#/trends/response.p95?profile=full",
            "#/run/r1/medium-load?mark=99.9&scale=linear&arms=candidate&from=12&to=30.25",
            "#/run/r1/medium-load?class=unique&time=response&from=0&to=0.5",
            "#/compare",
            "#/compare/r2",
            "#/compare/r1/r2",
            "#/compare/r1:candidate/r2:candidate?scenario=medium-load",
        ] {
            assert_eq!(
                Route::parse(address).map(|r| r.to_string()).as_deref(),
                Some(address)
            );
        }
    }

    #[test]
    fn an_unknown_view_falls_back_to_the_default() {
        for query in [
            "class=cats&time=soon&x",
            "mark=100&scale=3&arms=both",
            "from=12",
            "to=12",
            "from=30&to=12",
            "from=5&to=5",
            "from=-1&to=5",
            "from=1e3&to=2e3",
            "from=0&to=NaN",
            "from=.5&to=99999999999999999999",
        ] {
            let route = Route::parse(&format!("#/run/r1/low?{query}")).unwrap();
            assert_eq!(route.to_string(), "#/run/r1/low", "{query}");
        }
    }

    #[test]
    fn an_address_belongs_to_a_program_by_its_first_words_even_where_no_page_has_it() {
        let program = |address| Route::parse(address).map(|route| route.program());
        for (address, expected) in [
            ("#/run/r1", Program::Evidence),
            ("#/run/..", Program::Evidence),
            ("#//run/r1/low?x=/", Program::Evidence),
            ("#/compare/r1/r2", Program::Comparison),
            ("#/compare/r1/../x", Program::Comparison),
            ("#/open", Program::Comparison),
            ("#/open/x", Program::Comparison),
            ("#/", Program::Overview),
            ("#/run", Program::Overview),
            ("#/run?/x", Program::Overview),
            ("#/compare/r1", Program::Overview),
            ("#/week/2025-W47", Program::Overview),
            ("#/trends/response.p95", Program::Overview),
            ("#/elsewhere/run/r1", Program::Overview),
        ] {
            assert_eq!(program(address), Some(expected), "{address}");
        }
    }

    #[test]
    fn what_could_leave_the_reports_folder_is_no_run() {
        for address in [
            "#/run/..",
            "#/run/a%2Fb",
            "#/run/https:",
            "#/run/.hidden/x",
            "#/elsewhere",
            "#/run",
            "#/compare/r1:best/r2",
            "#/compare/../r2",
        ] {
            assert!(
                matches!(Route::parse(address), Some(Route::NotFound(_))),
                "{address}"
            );
        }
    }

    #[test]
    fn a_place_on_the_page_is_no_address() {
        assert_eq!(Route::parse("#main"), None);
        assert_eq!(Route::parse(""), Some(Route::Runs));
    }
}
