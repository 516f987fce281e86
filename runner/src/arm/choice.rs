//! Which service each arm runs, and in which build: `SERVICE[@BINARY]`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use shared::arms::{ArmRole, Arms};
use shared::report::{ArmIdentity, Build};

use super::process::{introduce, this_binary};
use super::worker::{Subject, SubjectError};
use crate::environment::build;
use crate::exit::usage;

/// A service and the binary that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmSource {
    /// Name of the service with its options.
    pub(crate) service: String,
    /// The runner whose `arm` subcommand is started.
    pub(crate) binary: PathBuf,
    /// Name of the service for people.
    name: String,
    /// The build, where it is another one than this.
    build: Option<Build>,
}

impl ArmSource {
    /// A service of this very binary.
    ///
    /// # Errors
    /// No such service, or options that it cannot have.
    pub(crate) fn of_this_binary(service: &str) -> Result<Self> {
        let subject: Subject = service.parse().map_err(|e: SubjectError| usage(e))?;
        Ok(Self {
            service: service.to_owned(),
            binary: this_binary().context("this program's own file")?,
            name: subject.label().to_owned(),
            build: None,
        })
    }

    /// Reads `SERVICE[@BINARY]`. A binary is started once to see that it is a runner which speaks these messages.
    ///
    /// # Errors
    /// No such service; no such file; a file that is no runner, does not start or speaks another protocol.
    pub(crate) async fn choose(text: &str) -> Result<Self> {
        let (service, binary) = split(text);
        let Some(binary) = binary else {
            return Self::of_this_binary(service);
        };
        let binary = runnable(Path::new(binary))?;
        let other = introduce(&binary).await.map_err(usage)?;
        // Another build may know services and options that this one does not: it is the one to refuse them.
        let name = service
            .parse::<Subject>()
            .map_or_else(|_| service.to_owned(), |known| known.label().to_owned());
        Ok(Self {
            service: service.to_owned(),
            binary,
            name,
            build: Some(other).filter(|other| *other != build()),
        })
    }

    /// `SERVICE[@BINARY]`, from which it can be read again in another process.
    pub(crate) fn text(&self) -> String {
        if this_binary().is_ok_and(|this| this == self.binary) {
            return self.service.clone();
        }
        format!("{}@{}", self.service, self.binary.display())
    }

    /// Whether it is this build that runs it.
    pub(crate) fn is_this_build(&self) -> bool {
        self.build.is_none()
    }

    /// `Optimized`, `Optimized (4c1d7e2)` for another build.
    fn label(&self) -> String {
        match &self.build {
            None => self.name.clone(),
            Some(other) => format!("{} ({})", self.name, apart(other, &build())),
        }
    }

    fn identity(&self, label: String) -> ArmIdentity {
        ArmIdentity {
            service: self.service.clone(),
            label,
            build: self.build.clone(),
        }
    }
}

/// What tells another build from this one in the fewest words: its revision, or of the same revision its target.
fn apart<'a>(other: &'a Build, this: &Build) -> &'a str {
    match &other.target {
        Some(target) if other.revision == this.revision && other.target != this.target => target,
        _ if other.revision.is_empty() => "other build",
        _ => &other.revision,
    }
}

/// Reads both arms; `options` are the names of the options that they were given with, for messages.
///
/// # Errors
/// As [`ArmSource::choose`], with the option; all of them end with [`crate::exit::Exit::Usage`].
pub(crate) async fn choose(texts: Arms<&str>, options: Arms<&str>) -> Result<Arms<ArmSource>> {
    let one = async |role: ArmRole| {
        let chosen = ArmSource::choose(texts.get(role)).await;
        chosen.map_err(|e| usage(anyhow!("{}: {e:#}", options.get(role))))
    };
    Ok(Arms {
        baseline: one(ArmRole::Baseline).await?,
        candidate: one(ArmRole::Candidate).await?,
    })
}

/// The arms of a scenario that names its own: `baseline` and `candidate` stand for the run's.
///
/// # Errors
/// A service that does not exist.
pub(crate) fn own_arms(own: &Arms<String>, run: &Arms<ArmSource>) -> Result<Arms<ArmSource>> {
    Ok(Arms {
        baseline: own_service(&own.baseline, run)?,
        candidate: own_service(&own.candidate, run)?,
    })
}

/// The services that a scenario names: `baseline` and `candidate` stand for the run's.
///
/// # Errors
/// A service that does not exist.
pub(crate) fn own_services(own: &[String], run: &Arms<ArmSource>) -> Result<Vec<ArmSource>> {
    own.iter()
        .map(|service| own_service(service, run))
        .collect()
}

fn own_service(service: &str, run: &Arms<ArmSource>) -> Result<ArmSource> {
    match service {
        "baseline" => Ok(run.baseline.clone()),
        "candidate" => Ok(run.candidate.clone()),
        service => ArmSource::of_this_binary(service),
    }
}

/// What each service is called among the others: where two have the same name, by what was asked for.
pub(crate) fn labels(services: &[ArmSource]) -> Vec<String> {
    let names: Vec<String> = services.iter().map(ArmSource::label).collect();
    let label = |(service, name): (&ArmSource, &String)| {
        let alike = names.iter().filter(|other| *other == name).count();
        match service.service.split_once(':') {
            Some(_) if alike > 1 => service.service.clone(),
            _ => name.clone(),
        }
    };
    services.iter().zip(&names).map(label).collect()
}

/// Both arms as the report names them. Two of one name are told apart by what was asked for, or by their side.
pub(crate) fn identities(arms: &Arms<ArmSource>) -> Arms<ArmIdentity> {
    let alike = arms.baseline.label() == arms.candidate.label();
    let same = arms.baseline.service == arms.candidate.service;
    arms.map(|role, arm| {
        arm.identity(match (alike, same) {
            (false, _) => arm.label(),
            (true, true) => format!("{} ({role})", arm.label()),
            (true, false) => arm.service.clone(),
        })
    })
}

/// Takes `SERVICE@BINARY` apart. The `@` of `freeze=1000@500` is followed by a number: a binary of such a name needs
/// its folder before it.
fn split(text: &str) -> (&str, Option<&str>) {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.rsplit_once('@') {
        Some((service, binary)) if !binary.split(',').next().is_some_and(is_number) => {
            (service, Some(binary))
        }
        _ => (text, None),
    }
}

/// The full path of a file that may be executed.
fn runnable(binary: &Path) -> Result<PathBuf> {
    let metadata = std::fs::metadata(binary).map_err(|e| {
        let shown = binary.display();
        usage(anyhow!(
            "the binary `{shown}` cannot be used: {e}; name a built runner as SERVICE@PATH"
        ))
    })?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return Err(usage(anyhow!(
            "`{}` is no executable file: name a built runner, or make it executable",
            binary.display()
        )));
    }
    binary.canonicalize().map_err(usage)
}

#[cfg(test)]
mod tests;
