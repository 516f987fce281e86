//! A scenario file as it stands on disk.

use serde::Deserialize;
use shared::report::Arrivals;
use toml::Spanned;

use super::ablation::RawAblation;
use super::criteria::RawCriterion;
use super::error::{ScenarioError, Source};
use super::faults::RawFaults;
use super::figure::Figure;
use super::spec::{Pattern, Profile};

/// A file whose every profile can be resolved.
#[derive(Debug, Clone)]
pub(crate) struct ScenarioFile {
    pub(super) source: Source,
    pub(super) raw: RawScenario,
}

impl ScenarioFile {
    /// Reads and checks a file's text; `file` is its name for messages.
    ///
    /// # Errors
    /// [`ScenarioError::Invalid`] with the first thing that is wrong.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let source = Source {
            file: file.to_owned(),
            text: text.to_owned(),
        };
        let raw: RawScenario = toml::from_str(text).map_err(|error| source.refused(&error))?;
        let file = Self { source, raw };
        for profile in Profile::ALL
            .into_iter()
            .filter(|profile| file.raw_profile(*profile).is_some())
        {
            file.resolve(profile, None)?;
        }
        Ok(file)
    }

    /// Name, as in links and file names.
    pub(crate) fn name(&self) -> &str {
        self.raw.name.get_ref()
    }

    /// Name for people.
    pub(crate) fn title(&self) -> &str {
        &self.raw.title
    }

    /// Why the scenario exists and what it should show.
    pub(crate) fn why(&self) -> &str {
        self.raw.why.trim()
    }

    pub(super) fn raw_profile(&self, profile: Profile) -> Option<&RawProfile> {
        match profile {
            Profile::Full => Some(&self.raw.profiles.full),
            Profile::Quick => self.raw.profiles.quick.as_ref(),
            Profile::Ci => self.raw.profiles.ci.as_ref(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScenario {
    pub(super) name: Spanned<String>,
    pub(super) title: String,
    /// Section of the strategy.
    pub(super) source: String,
    pub(super) why: String,
    /// The services, where they are not the run's.
    pub(super) arms: Option<RawArms>,
    pub(super) load: RawLoad,
    /// What is broken on purpose.
    pub(super) faults: Option<RawFaults>,
    pub(super) profiles: RawProfiles,
    #[serde(default)]
    pub(super) criteria: Vec<RawCriterion>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawArms {
    pub(super) baseline: Spanned<String>,
    pub(super) candidate: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLoad {
    pub(super) users: Spanned<Figure>,
    pub(super) arrivals: Arrivals,
    pub(super) state_size: RawRange,
    pub(super) duplicates: Spanned<Figure>,
    pub(super) pattern: Pattern,
    pub(super) cache_entries: Spanned<Figure>,
    pub(super) runs: Option<Spanned<Figure>>,
    pub(super) key_skew: Option<Spanned<Figure>>,
    pub(super) fresh_arms: Option<Spanned<bool>>,
    pub(super) split: Option<Spanned<bool>>,
    #[serde(default)]
    pub(super) overload: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRange {
    pub(super) min: Spanned<Figure>,
    pub(super) max: Spanned<Figure>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfiles {
    pub(super) full: RawProfile,
    pub(super) quick: Option<RawProfile>,
    pub(super) ci: Option<RawProfile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    pub(super) rate: Spanned<Figure>,
    /// Either this or `duration`.
    pub(super) operations: Option<Spanned<Figure>>,
    pub(super) duration: Option<Spanned<Figure>>,
    pub(super) pairs: Spanned<Figure>,
    /// The pairs are shared evenly among them; 1 where absent.
    pub(super) looks: Option<Spanned<Figure>>,
    pub(super) warm_up_operations: Spanned<Figure>,
    /// Instead of the load's own.
    pub(super) cache_entries: Option<Spanned<Figure>>,
    pub(super) closed: Option<RawClosed>,
    pub(super) eviction_probe: Option<RawEvictionProbe>,
    #[serde(default)]
    pub(super) memory_profile: bool,
    pub(super) capacity: Option<RawCapacity>,
    pub(super) ablation: Option<RawAblation>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCapacity {
    pub(super) target: RawTarget,
    pub(super) pairs: Spanned<Figure>,
    pub(super) step: Spanned<Figure>,
}

/// How long the 95th percentile of each class may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub(super) duplicate: Spanned<Figure>,
    pub(super) unique: Spanned<Figure>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClosed {
    pub(super) pairs: Spanned<Figure>,
    pub(super) operations: Spanned<Figure>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvictionProbe {
    pub(super) operations: Spanned<Figure>,
}
