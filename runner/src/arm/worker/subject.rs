//! Which service an arm runs: `NAME[:OPTION=VALUE,…]`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use persistence::{
    DatabaseOptions, EvictionListener, OptimizedOptions, OptimizedService, PersistenceError,
    StandardService, StatePersistence,
};

use super::faults::{Fault, Faulty};
use super::null::NullService;

/// The services that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standard,
    Optimized,
    Null,
}

const KINDS: [(&str, Kind); 3] = [
    ("standard", Kind::Standard),
    ("optimized", Kind::Optimized),
    ("null", Kind::Null),
];
const OPTIONS: [&str; 5] = ["cache", "freeze", "lose", "fail", "slow"];
/// Percent; more would make a save take longer than any block.
const MOST_SLOW: u32 = 10_000;

/// A service with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    kind: Kind,
    cache_entries: Option<u64>,
    /// Deliberate faults, for tests of the instrument.
    faults: Vec<Fault>,
}

/// A service description that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubjectError {
    /// No such service.
    #[error("unknown service `{0}`: known are standard, optimized and null")]
    Unknown(String),
    /// No such option.
    #[error("unknown option `{option}` of service `{service}`: known are {}", OPTIONS.join(", "))]
    Option {
        /// The option.
        option: String,
        /// The service.
        service: String,
    },
    /// An option with a value that it cannot have.
    #[error("option `{option}={value}`: {expected}")]
    Value {
        /// The option.
        option: String,
        /// The value.
        value: String,
        /// What it takes.
        expected: &'static str,
    },
}

impl std::str::FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, options) = text.split_once(':').unwrap_or((text, ""));
        let kind = KINDS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| SubjectError::Unknown(name.to_owned()))?;
        let mut subject = Self {
            kind,
            cache_entries: None,
            faults: Vec::new(),
        };
        for option in options.split(',').filter(|o| !o.is_empty()) {
            let (option, value) = option.split_once('=').unwrap_or((option, ""));
            subject.set(name, option, value)?;
        }
        Ok(subject)
    }
}

impl Subject {
    fn set(&mut self, service: &str, option: &str, value: &str) -> Result<(), SubjectError> {
        let wrong = |expected| SubjectError::Value {
            option: option.to_owned(),
            value: value.to_owned(),
            expected,
        };
        let number = || value.parse::<u64>();
        match option {
            "cache" if self.kind == Kind::Optimized => {
                let entries = number().map_err(|_| wrong("a number of entries"))?;
                self.cache_entries = Some(entries);
            }
            "freeze" => {
                let times = value
                    .split_once('@')
                    .and_then(|(f, a)| Some((f.parse().ok()?, a.parse().ok()?)));
                let (length, after) = times
                    .ok_or_else(|| wrong("LENGTH@AFTER, milliseconds, as in freeze=1000@500"))?;
                self.faults.push(Fault::Freeze {
                    after: Duration::from_millis(after),
                    length: Duration::from_millis(length),
                });
            }
            "lose" => {
                let every = number()
                    .ok()
                    .filter(|n| *n > 0)
                    .ok_or_else(|| wrong("a number of saves above 0"))?;
                self.faults.push(Fault::Lose { every });
            }
            "slow" => {
                let percent = value
                    .parse()
                    .ok()
                    .filter(|percent| (1..=MOST_SLOW).contains(percent))
                    .ok_or_else(|| wrong("percent of the service time, 1 to 10000"))?;
                self.faults.push(Fault::Slow { percent });
            }
            "fail" => {
                let every = number()
                    .ok()
                    .filter(|n| *n > 0)
                    .ok_or_else(|| wrong("a number of saves above 0"))?;
                self.faults.push(Fault::Fail { every });
            }
            _ => {
                return Err(SubjectError::Option {
                    option: option.to_owned(),
                    service: service.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The name for people.
    pub(crate) fn label(&self) -> &'static str {
        match self.kind {
            Kind::Standard => "Standard",
            Kind::Optimized => "Optimized",
            Kind::Null => "Null",
        }
    }

    /// Whether it has a cache.
    pub(super) fn caches(&self) -> bool {
        self.kind == Kind::Optimized
    }

    /// Whether it stores what it acknowledges.
    pub(super) fn stores(&self) -> bool {
        self.kind != Kind::Null
    }

    /// Opens it on a database. `cache_entries` holds where the service's own options do not say.
    ///
    /// # Errors
    /// What the service says.
    pub(super) async fn open(
        &self,
        database: &Path,
        cache_entries: u64,
        on_evict: Option<EvictionListener>,
    ) -> Result<Arc<dyn StatePersistence>, PersistenceError> {
        let options = DatabaseOptions::new(database);
        let service: Arc<dyn StatePersistence> = match self.kind {
            Kind::Standard => Arc::new(StandardService::open(&options).await?),
            Kind::Optimized => {
                let cache_entries = self.cache_entries.unwrap_or(cache_entries);
                let optimized = OptimizedOptions {
                    cache_entries,
                    on_evict,
                };
                Arc::new(OptimizedService::open(&options, optimized).await?)
            }
            Kind::Null => Arc::new(NullService::default()),
        };
        let faulty = |service, fault: &Fault| -> Arc<dyn StatePersistence> {
            Arc::new(Faulty::new(service, fault.clone()))
        };
        Ok(self.faults.iter().fold(service, faulty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_read() {
        let subject: Subject = "optimized:cache=100,freeze=1000@500".parse().unwrap();
        assert_eq!(subject.cache_entries, Some(100));
        assert_eq!(subject.faults.len(), 1);
        assert_eq!("standard".parse::<Subject>().unwrap().label(), "Standard");
    }

    #[test]
    fn wrong_descriptions_are_named() {
        let message = |text: &str| text.parse::<Subject>().unwrap_err().to_string();
        assert_eq!(
            message("fast"),
            "unknown service `fast`: known are standard, optimized and null"
        );
        assert!(
            message("standard:cache=1").contains("unknown option `cache` of service `standard`")
        );
        assert_eq!(
            message("optimized:cache=many"),
            "option `cache=many`: a number of entries"
        );
        assert!(message("null:freeze=1").contains("LENGTH@AFTER"));
        assert!(message("null:lose=0").contains("above 0"));
        assert!(message("optimized:slow=0").contains("1 to 10000"));
        assert!(message("optimized:slow=fast").contains("percent of the service time"));
    }
}
