//! Exit codes, and errors that know theirs.

use std::fmt;
use std::process::ExitCode;

use shared::verdict::Verdict;

/// What the runner's exit code says. The numbers are part of the interface: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked for was done.
    Done,
    /// A criterion failed; only where a gate was asked for.
    CriterionFailed,
    /// Wrong usage, or input that cannot be read.
    Usage,
    /// The evidence does not settle the verdict; only where a gate was asked for.
    NotJudged,
    /// The run could not go on.
    Broken,
    /// An acknowledged state is lost or wrong.
    Lost,
    /// Somebody stopped it.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::CriterionFailed => 1,
            Self::Usage => 2,
            Self::NotJudged => 3,
            Self::Broken => 4,
            Self::Lost => 5,
            Self::Interrupted => 130,
        }
    }

    /// What a verdict means where the exit code is to say it. A warning holds nothing up.
    pub(crate) const fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass | Verdict::Warn => Self::Done,
            Verdict::Fail => Self::CriterionFailed,
            Verdict::Inconclusive | Verdict::NotJudged => Self::NotJudged,
        }
    }

    /// The exit code of an error: that of the [`Failure`] in it, else [`Exit::Broken`].
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        error
            .downcast_ref::<Failure>()
            .map_or(Self::Broken, |failure| failure.exit)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that decides the exit code. Context may be put around it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    cause: anyhow::Error,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.cause)
    }
}

impl std::error::Error for Failure {}

/// Wrong usage or unreadable input: ends with [`Exit::Usage`].
pub(crate) fn usage(cause: impl Into<anyhow::Error>) -> anyhow::Error {
    Failure {
        exit: Exit::Usage,
        cause: cause.into(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn the_code_survives_context() {
        let error = Err::<(), _>(usage(anyhow!("no such run")))
            .context("verify")
            .unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Usage);
        assert_eq!(format!("{error:#}"), "verify: no such run");
    }

    #[test]
    fn an_error_without_a_code_is_a_broken_run() {
        assert_eq!(Exit::of(&anyhow!("out of memory")), Exit::Broken);
        assert_eq!(Exit::Broken.code(), 4);
    }
}
