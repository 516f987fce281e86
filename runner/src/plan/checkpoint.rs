//! Why a state is saved, and how often for each reason.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Type of a checkpoint, by the services' own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Checkpoint {
    /// Asked for by a person.
    Manual,
    /// Taken at the agent's own rhythm.
    Auto,
    /// Taken to recover from.
    Recovery,
    /// The agent enters another phase.
    PhaseTransition,
    /// A complete state.
    Full,
    /// A state that must not be lost.
    Critical,
    /// A step between two others.
    Intermediate,
    /// The pipeline has ended.
    PipelineComplete,
}

impl Checkpoint {
    /// All types.
    pub(crate) const ALL: [Self; 8] = [
        Self::Auto,
        Self::Intermediate,
        Self::PhaseTransition,
        Self::PipelineComplete,
        Self::Manual,
        Self::Full,
        Self::Recovery,
        Self::Critical,
    ];

    /// The name that the services know.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Auto => "auto",
            Self::Recovery => "recovery",
            Self::PhaseTransition => "phase_transition",
            Self::Full => "full",
            Self::Critical => "critical",
            Self::Intermediate => "intermediate",
            Self::PipelineComplete => "pipeline_complete",
        }
    }

    /// Share among the saves of new states, percent; the sum is 100. Mostly routine, as an agent checkpoints by itself
    /// far more often than a person or a phase asks for it. Duplicates spread over the types that may be skipped in
    /// the same proportion.
    pub(crate) const fn percent(self) -> u32 {
        match self {
            Self::Auto => 42,
            Self::Intermediate => 26,
            Self::PhaseTransition => 9,
            Self::PipelineComplete => 7,
            Self::Manual => 5,
            Self::Full => 4,
            Self::Recovery => 4,
            Self::Critical => 3,
        }
    }

    /// Whether a service may skip such a save when the run's latest state is the same.
    pub(crate) const fn may_be_skipped(self) -> bool {
        matches!(
            self,
            Self::Auto | Self::Intermediate | Self::PipelineComplete
        )
    }

    /// Whether a recovery may start here; such a save is always written.
    pub(crate) const fn is_recovery_point(self) -> bool {
        matches!(self, Self::Recovery | Self::Full)
    }

    /// A type drawn by its share.
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self::draw_among(rng, |_| true)
    }

    /// A type that may be skipped, drawn by its share among these.
    pub(super) fn draw_skippable(rng: &mut ChaCha8Rng) -> Self {
        Self::draw_among(rng, Self::may_be_skipped)
    }

    fn draw_among(rng: &mut ChaCha8Rng, eligible: fn(Self) -> bool) -> Self {
        let candidates = || Self::ALL.into_iter().filter(|c| eligible(*c));
        let mut place = rng.random_range(0..candidates().map(Self::percent).sum::<u32>());
        candidates()
            .find(|candidate| {
                let found = place < candidate.percent();
                place = place.saturating_sub(candidate.percent());
                found
            })
            .unwrap_or(Self::Auto)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::seeded;

    #[test]
    fn shares_add_up_and_are_drawn() {
        assert_eq!(
            Checkpoint::ALL.iter().map(|c| c.percent()).sum::<u32>(),
            100
        );
        let mut rng = seeded("test", 1);
        let drawn: Vec<_> = (0..20_000).map(|_| Checkpoint::draw(&mut rng)).collect();
        for kind in Checkpoint::ALL {
            let percent = drawn.iter().filter(|d| **d == kind).count() as f64 / 200.0;
            assert!(
                (percent - f64::from(kind.percent())).abs() < 1.5,
                "{}: {percent} %",
                kind.as_str()
            );
        }
    }

    #[test]
    fn what_may_be_skipped_is_no_recovery_point() {
        let mut rng = seeded("test", 2);
        for _ in 0..1_000 {
            assert!(Checkpoint::draw_skippable(&mut rng).may_be_skipped());
        }
        assert!(
            Checkpoint::ALL
                .iter()
                .all(|c| !(c.may_be_skipped() && c.is_recovery_point()))
        );
    }
}
