//! Which product published a site.

use std::fmt;

use semver::Version;
use serde::{Deserialize, Serialize};
use shared::report::FORMAT_VERSION;

use crate::environment::build;

/// A build of Statebench, as a site remembers who published it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publisher {
    /// Version of the product.
    pub(crate) version: Version,
    /// Revision it was built from; empty where that is not known.
    pub(crate) revision: String,
    /// Newest version of the report format that it reads.
    pub(crate) report_format: u32,
}

impl Publisher {
    /// This build. A version that does not follow Semantic Versioning, which Cargo does not build, counts as 0.0.0.
    pub(crate) fn this() -> Self {
        let build = build();
        Self {
            version: build.version.parse().unwrap_or(Version::new(0, 0, 0)),
            revision: build.revision,
            report_format: FORMAT_VERSION,
        }
    }

    /// Whether it is of a later version than the other, or reads a later report format.
    fn is_newer_than(&self, other: &Self) -> bool {
        (&self.version, self.report_format) > (&other.version, other.report_format)
    }
}

impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statebench {} (", self.version)?;
        if !self.revision.is_empty() {
            write!(f, "revision {}, ", self.revision)?;
        }
        write!(f, "report format {})", self.report_format)
    }
}

/// The publisher of what a site held before, where it was another one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// The site does not say: it is older than sites that do.
    Unnamed,
    /// Another build.
    Other(Publisher),
}

impl Replaced {
    /// What to tell whoever publishes with `this`: one line.
    pub(crate) fn notice(&self, this: &Publisher) -> String {
        match self {
            Self::Unnamed => "replaces a site published by an earlier version".to_owned(),
            Self::Other(other) if other.is_newer_than(this) => format!(
                "warning: replaces a site published by {other}, newer than this {this}: runs that only the newer one reads \
                 are listed as unreadable until it publishes the site again"
            ),
            Self::Other(other) => format!("replaces a site published by {other}; this is {this}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(version: &str, revision: &str, report_format: u32) -> Publisher {
        Publisher {
            version: version.parse().unwrap(),
            revision: revision.to_owned(),
            report_format,
        }
    }

    #[test]
    fn what_is_replaced_is_named() {
        let this = publisher("0.10.0", "", 4);
        assert_eq!(
            Replaced::Other(publisher("0.9.0", "ab12", 3)).notice(&this),
            "replaces a site published by statebench 0.9.0 (revision ab12, report format 3); this is statebench 0.10.0 \
             (report format 4)"
        );
        assert_eq!(
            Replaced::Unnamed.notice(&this),
            "replaces a site published by an earlier version"
        );
    }

    #[test]
    fn an_older_version_over_a_newer_site_is_a_warning() {
        let warns = |other: &Publisher, this: &Publisher| {
            Replaced::Other(other.clone())
                .notice(this)
                .starts_with("warning: ")
        };
        let [old, new] = ["0.9.0", "0.10.0"].map(|version| publisher(version, "", 3));
        assert!(warns(&new, &old) && !warns(&old, &new));
        let before_release = publisher("0.10.0-rc.1", "", 3);
        assert!(warns(&new, &before_release) && !warns(&before_release, &new));
        let later_format = publisher("0.10.0", "", 4);
        assert!(warns(&later_format, &new) && !warns(&new, &later_format));
        assert!(
            !warns(&publisher("0.10.0", "ab12", 3), &new),
            "another revision is no order"
        );
    }

    #[test]
    fn this_build_has_its_version() {
        assert_eq!(
            Publisher::this().version.to_string(),
            env!("CARGO_PKG_VERSION")
        );
    }
}
