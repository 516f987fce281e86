//! The two sides of a comparison and the two classes of operation.

use serde::{Deserialize, Serialize};

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ArmRole {
    /// The service that is in use today.
    Baseline,
    /// The service that wants to replace it.
    Candidate,
}

impl ArmRole {
    /// Both roles, baseline first.
    pub const ALL: [Self; 2] = [Self::Baseline, Self::Candidate];

    /// The role's name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        }
    }
}

impl std::fmt::Display for ArmRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The same thing for each arm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Arms<T> {
    /// The baseline's.
    pub baseline: T,
    /// The candidate's.
    pub candidate: T,
}

impl<T> Arms<T> {
    /// That of one arm.
    pub const fn get(&self, role: ArmRole) -> &T {
        match role {
            ArmRole::Baseline => &self.baseline,
            ArmRole::Candidate => &self.candidate,
        }
    }

    /// That of one arm, to change.
    pub const fn get_mut(&mut self, role: ArmRole) -> &mut T {
        match role {
            ArmRole::Baseline => &mut self.baseline,
            ArmRole::Candidate => &mut self.candidate,
        }
    }

    /// Computes something for each arm.
    pub fn map<U>(&self, mut f: impl FnMut(ArmRole, &T) -> U) -> Arms<U> {
        Arms {
            baseline: f(ArmRole::Baseline, &self.baseline),
            candidate: f(ArmRole::Candidate, &self.candidate),
        }
    }
}

/// What the *plan* says of an operation, so that both arms have latencies for the same operations.
/// Whether a cache really hit is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The state equals the run's last one, and the checkpoint may be skipped: a hit for a perfect cache.
    Duplicate,
    /// The state must be written: a miss.
    Unique,
}

impl Class {
    /// Both classes.
    pub const ALL: [Self; 2] = [Self::Duplicate, Self::Unique];

    /// The class's name as it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Unique => "unique",
        }
    }
}

/// The same thing for each class of operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ByClass<T> {
    /// Of the duplicates.
    pub duplicate: T,
    /// Of the unique states.
    pub unique: T,
}

impl<T> ByClass<T> {
    /// That of one class.
    pub const fn get(&self, class: Class) -> &T {
        match class {
            Class::Duplicate => &self.duplicate,
            Class::Unique => &self.unique,
        }
    }

    /// That of one class, to change.
    pub const fn get_mut(&mut self, class: Class) -> &mut T {
        match class {
            Class::Duplicate => &mut self.duplicate,
            Class::Unique => &mut self.unique,
        }
    }

    /// Computes something for each class.
    pub fn map<U>(&self, mut f: impl FnMut(Class, &T) -> U) -> ByClass<U> {
        ByClass {
            duplicate: f(Class::Duplicate, &self.duplicate),
            unique: f(Class::Unique, &self.unique),
        }
    }
}
