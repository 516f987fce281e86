//! Which service an arm runs: `NAME[:OPTION=VALUE,…]`.

use std::sync::Arc;
use std::time::Duration;

use persistence::{
    CacheFaults, Consistency, Database, DatabaseOptions, EvictionListener, OptimizedOptions,
    OptimizedService, PersistenceError, PostgresDatabase, StandardService, StatePersistence,
};

use super::early::Early;
use super::faults::{Fault, Faulty};
use super::null::NullService;
use crate::place::Place;

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
/// Parts of the optimized service, and how it is set up.
const OPTIMIZED_OPTIONS: [&str; 8] = [
    "dedup",
    "batch",
    "fast-path",
    "prune",
    "users",
    "cache",
    "consistency",
    "queue",
];
/// Options of every service with a database.
const STORING_OPTIONS: [&str; 1] = ["max-state"];
/// Deliberate faults, for tests of the instrument.
const FAULT_OPTIONS: [&str; 5] = ["freeze", "lose", "fail", "slow", "leak"];
/// How much of the instrument runs beside a service: its own cost is what differs.
const SAMPLING: &str = "sampling";
/// A fault that only a service which writes every save can have.
const EARLY: &str = "early";
/// Percent; more would make a save take longer than any block.
const MOST_SLOW: u32 = 10_000;
/// Bytes that one save may leave behind: more would end a machine before a scenario.
const MOST_LEAKED: usize = 1 << 20;

/// A service with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    kind: Kind,
    parts: Parts,
    cache_entries: Option<u64>,
    /// Saves that may wait for their commit.
    queue_jobs: Option<u32>,
    /// Largest accepted state, bytes.
    max_state_bytes: Option<usize>,
    /// Deliberate faults, for tests of the instrument.
    faults: Vec<Fault>,
    /// Saves that are acknowledged before they are stored, percent; zero is none.
    early_percent: u32,
    /// Whether it is sampled and counted; none where it is as usual.
    sampling: Option<Sampling>,
}

/// What is measured of an arm beside its saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampling {
    /// Nothing but what is read at both ends of a block.
    Off,
    /// All, in blocks of the closed model too.
    On,
}

/// The parts of the optimized service; none of the other services has any.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    dedup: bool,
    batch: bool,
    fast_path: bool,
    spread_pruning: bool,
    known_users: bool,
    consistency: Consistency,
}

/// A service description that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubjectError {
    /// No such service.
    #[error("unknown service `{0}`: known are standard, optimized and null")]
    Unknown(String),
    /// No such option.
    #[error("unknown option `{option}` of service `{service}`: known are {known}")]
    Option {
        /// The option.
        option: String,
        /// The service.
        service: String,
        /// What the service knows.
        known: String,
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
    /// An option is there more than once.
    #[error("option `{0}` is given twice: leave one of them out")]
    Twice(String),
    /// Two options of which each makes the other one meaningless.
    #[error("options `{one}` and `{other}` contradict each other: {why}; leave one of them out")]
    Contradiction {
        /// The one, with its value.
        one: String,
        /// The other one, with its value.
        other: String,
        /// Why both cannot be.
        why: &'static str,
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
        let mut subject = Self::new(kind);
        let options: Vec<(&str, &str)> = options
            .split(',')
            .filter(|option| !option.is_empty())
            .map(|option| option.split_once('=').unwrap_or((option, "")))
            .collect();
        for (number, (option, value)) in options.iter().enumerate() {
            if options[..number].iter().any(|(before, _)| before == option) {
                return Err(SubjectError::Twice((*option).to_owned()));
            }
            subject.set(name, option, value)?;
        }
        check_together(&options)?;
        Ok(subject)
    }
}

/// Pairs of options that cannot both be, and why.
const CONTRADICTIONS: [(&str, &str, &str); 4] = [
    (
        "dedup=off",
        "cache",
        "without deduplication there is no cache",
    ),
    (
        "dedup=off",
        "fast-path=on",
        "the fast path recognises duplicates",
    ),
    (
        "batch=off",
        "queue",
        "saves that commit alone wait in no queue",
    ),
    (
        "consistency=shared",
        "users=on",
        "where others write too, no user can be taken for known",
    ),
];

/// Whether the options go together.
fn check_together(options: &[(&str, &str)]) -> Result<(), SubjectError> {
    let find = |wanted: &str| {
        let (name, wanted) = wanted.split_once('=').unwrap_or((wanted, ""));
        let found = options.iter().find(|(option, _)| *option == name);
        found
            .filter(|(_, value)| wanted.is_empty() || *value == wanted)
            .map(|(option, value)| format!("{option}={value}"))
    };
    for (one, other, why) in CONTRADICTIONS {
        if let (Some(one), Some(other)) = (find(one), find(other)) {
            return Err(SubjectError::Contradiction { one, other, why });
        }
    }
    Ok(())
}

/// How a service is opened, beside its own options.
pub(super) struct Opening<'a> {
    /// Its database.
    pub(super) place: &'a Place,
    /// Entries of the cache, where the service's own options do not say.
    pub(super) cache_entries: u64,
    /// How long a statement may take, where the service is not to decide it.
    pub(super) statement_timeout: Option<Duration>,
    /// Told of evictions.
    pub(super) on_evict: Option<EvictionListener>,
}

/// An open service, and what makes its cache fail; none for a service without a cache.
pub(super) struct Started {
    pub(super) service: Arc<dyn StatePersistence>,
    pub(super) cache: Option<CacheFaults>,
}

impl Subject {
    fn new(kind: Kind) -> Self {
        let usual = OptimizedOptions::default();
        Self {
            kind,
            parts: Parts {
                dedup: usual.dedup,
                batch: usual.batch,
                fast_path: usual.fast_path,
                spread_pruning: usual.spread_pruning,
                known_users: usual.known_users,
                consistency: usual.consistency,
            },
            cache_entries: None,
            queue_jobs: None,
            max_state_bytes: None,
            faults: Vec::new(),
            early_percent: 0,
            sampling: None,
        }
    }

    /// The options that it knows.
    fn options(kind: Kind) -> Vec<&'static str> {
        let own: &[&str] = match kind {
            Kind::Optimized => &OPTIMIZED_OPTIONS,
            Kind::Standard => &[EARLY],
            Kind::Null => &[],
        };
        let storing: &[&str] = match kind {
            Kind::Optimized | Kind::Standard => &STORING_OPTIONS,
            Kind::Null => &[],
        };
        [own, storing, &FAULT_OPTIONS, &[SAMPLING]].concat()
    }

    fn set(&mut self, service: &str, option: &str, value: &str) -> Result<(), SubjectError> {
        let known = Self::options(self.kind);
        if !known.contains(&option) {
            return Err(SubjectError::Option {
                option: option.to_owned(),
                service: service.to_owned(),
                known: known.join(", "),
            });
        }
        let set = if FAULT_OPTIONS.contains(&option) {
            fault(option, value).map(|fault| self.faults.push(fault))
        } else {
            self.set_own(option, value)
        };
        set.map_err(|expected| SubjectError::Value {
            option: option.to_owned(),
            value: value.to_owned(),
            expected,
        })
    }

    /// The error says what is allowed.
    fn set_own(&mut self, option: &str, value: &str) -> Result<(), &'static str> {
        match option {
            "dedup" => self.parts.dedup = switch(value)?,
            "batch" => self.parts.batch = switch(value)?,
            "fast-path" => self.parts.fast_path = switch(value)?,
            "users" => self.parts.known_users = switch(value)?,
            "prune" => {
                self.parts.spread_pruning = match value {
                    "batch" => true,
                    "each" => false,
                    _ => return Err("`batch` or `each`"),
                };
            }
            "consistency" => {
                self.parts.consistency = match value {
                    "single-writer" => Consistency::SingleWriter,
                    "shared" => Consistency::Shared,
                    _ => return Err("`single-writer` or `shared`"),
                };
            }
            "cache" => {
                let entries = value.parse().map_err(|_| "a number of entries")?;
                self.cache_entries = Some(entries);
            }
            "queue" => {
                let jobs = value.parse().ok().filter(|jobs| *jobs > 0);
                self.queue_jobs = Some(jobs.ok_or("a number of saves above 0")?);
            }
            SAMPLING => {
                let on = switch(value)?;
                self.sampling = Some(if on { Sampling::On } else { Sampling::Off });
            }
            EARLY => {
                let percent = value
                    .parse()
                    .ok()
                    .filter(|percent| (1..=100).contains(percent));
                self.early_percent = percent.ok_or("percent of the saves, 1 to 100")?;
            }
            // Of the known options only `max-state` is left.
            _ => {
                let bytes = value.parse().ok().filter(|bytes| *bytes > 0);
                self.max_state_bytes = Some(bytes.ok_or("a number of bytes above 0")?);
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

    /// Whether it is sampled and counted; none where it is as usual.
    pub(super) fn sampling(&self) -> Option<Sampling> {
        self.sampling
    }

    /// Whether it has a cache.
    pub(super) fn caches(&self) -> bool {
        self.kind == Kind::Optimized && self.parts.dedup
    }

    /// Entries of its cache: its own option, or what is usual.
    pub(super) fn capacity(&self, usual: u64) -> u64 {
        self.cache_entries.unwrap_or(usual)
    }

    /// Whether it stores what it acknowledges.
    pub(super) fn stores(&self) -> bool {
        self.kind != Kind::Null
    }

    /// Opens it on a database, with the statement timeout of its own. `cache_entries` holds where the service's own options
    /// do not say.
    ///
    /// # Errors
    /// What the service says.
    pub(super) async fn open(
        &self,
        place: &Place,
        cache_entries: u64,
        on_evict: Option<EvictionListener>,
    ) -> Result<Arc<dyn StatePersistence>, PersistenceError> {
        let opening = Opening {
            place,
            cache_entries,
            statement_timeout: None,
            on_evict,
        };
        Ok(self.start(opening).await?.service)
    }

    /// Opens it on a database, with a handle on its cache.
    ///
    /// # Errors
    /// What the service says.
    pub(super) async fn start(&self, opening: Opening<'_>) -> Result<Started, PersistenceError> {
        let mut options = DatabaseOptions::new(database(opening.place));
        if let Some(timeout) = opening.statement_timeout {
            options.statement_timeout = timeout;
        }
        if let Some(bytes) = self.max_state_bytes {
            options.max_state_bytes = bytes;
        }
        let mut cache = None;
        let mut service: Arc<dyn StatePersistence> = match self.kind {
            Kind::Standard => Arc::new(StandardService::open(&options).await?),
            Kind::Optimized => {
                cache = self.caches().then(CacheFaults::default);
                let optimized = self.optimized(opening, cache.clone());
                Arc::new(OptimizedService::open(&options, optimized).await?)
            }
            Kind::Null => Arc::new(NullService::default()),
        };
        if self.early_percent > 0 {
            service = Arc::new(Early::new(service, self.early_percent));
        }
        let faulty = |service, fault: &Fault| -> Arc<dyn StatePersistence> {
            Arc::new(Faulty::new(service, fault.clone()))
        };
        Ok(Started {
            service: self.faults.iter().fold(service, faulty),
            cache,
        })
    }

    fn optimized(
        &self,
        opening: Opening<'_>,
        cache_faults: Option<CacheFaults>,
    ) -> OptimizedOptions {
        let usual = OptimizedOptions::default();
        let entries = self.capacity(opening.cache_entries);
        OptimizedOptions {
            dedup: self.parts.dedup,
            batch: self.parts.batch,
            fast_path: self.parts.fast_path,
            spread_pruning: self.parts.spread_pruning,
            known_users: self.parts.known_users,
            cache_entries: self.parts.dedup.then_some(entries),
            consistency: self.parts.consistency,
            queue_jobs: self.queue_jobs.unwrap_or(usual.queue_jobs),
            cache_faults,
            on_evict: opening.on_evict,
            ..usual
        }
    }
}

fn switch(value: &str) -> Result<bool, &'static str> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("`on` or `off`"),
    }
}

/// A fault; the error says what is allowed.
fn fault(option: &str, value: &str) -> Result<Fault, &'static str> {
    let every = || {
        let every = value.parse().ok().filter(|every| *every > 0);
        every.ok_or("a number of saves above 0")
    };
    match option {
        "freeze" => {
            let times = value
                .split_once('@')
                .and_then(|(length, after)| Some((length.parse().ok()?, after.parse().ok()?)));
            let (length, after) =
                times.ok_or("LENGTH@AFTER, milliseconds, as in freeze=1000@500")?;
            Ok(Fault::Freeze {
                after: Duration::from_millis(after),
                length: Duration::from_millis(length),
            })
        }
        "lose" => Ok(Fault::Lose { every: every()? }),
        "leak" => {
            let figures = value
                .split_once('@')
                .and_then(|(bytes, every)| Some((bytes.parse().ok()?, every.parse().ok()?)));
            let (bytes, every) = figures
                .filter(|(bytes, every)| (1..=MOST_LEAKED).contains(bytes) && *every > 0)
                .ok_or(
                    "BYTES@SAVES, up to 1048576 bytes at each so many saves, as in leak=1024@100",
                )?;
            Ok(Fault::Leak { bytes, every })
        }
        "fail" => Ok(Fault::Fail { every: every()? }),
        // Of the faults only `slow` is left.
        _ => {
            let percent = value.parse().ok();
            let percent = percent.filter(|percent| (1..=MOST_SLOW).contains(percent));
            Ok(Fault::Slow {
                percent: percent.ok_or("percent of the service time, 1 to 10000")?,
            })
        }
    }
}

fn database(place: &Place) -> Database {
    match place {
        Place::Sqlite { file } => Database::Sqlite(file.clone()),
        Place::Postgres { url, schema } => Database::Postgres(PostgresDatabase {
            url: named(url, schema),
            schema: Some(schema.clone()),
        }),
    }
}

/// A URL whose connections bear the name of their schema on the server: the controller cuts them by it.
fn named(url: &str, schema: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}application_name={schema}")
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
        let leaking: Subject = "null:leak=1024@100".parse().unwrap();
        let leak = Fault::Leak {
            bytes: 1024,
            every: 100,
        };
        assert_eq!(leaking.faults, [leak]);
        for (text, sampling) in [
            ("null", None),
            ("null:sampling=off", Some(Sampling::Off)),
            ("optimized:sampling=on", Some(Sampling::On)),
        ] {
            let subject: Subject = text.parse().unwrap();
            assert_eq!(subject.sampling(), sampling, "{text}");
        }
    }

    #[test]
    fn parts_are_switched_off_one_by_one() {
        let text =
            "optimized:dedup=off,batch=off,prune=each,users=off,consistency=shared,max-state=65536";
        let subject: Subject = text.parse().unwrap();
        let opening = Opening {
            place: &Place::Sqlite {
                file: "state.db".into(),
            },
            cache_entries: 1000,
            statement_timeout: None,
            on_evict: None,
        };
        assert!(!subject.caches());
        assert_eq!(subject.max_state_bytes, Some(65536));
        let options = subject.optimized(opening, None);
        assert!(
            !options.dedup && !options.batch && !options.spread_pruning && !options.known_users
        );
        assert!(options.fast_path);
        assert_eq!(options.cache_entries, None);
        assert_eq!(options.consistency, Consistency::Shared);
    }

    #[test]
    fn without_options_everything_is_as_the_service_has_it() {
        let subject: Subject = "optimized".parse().unwrap();
        assert_eq!(subject, Subject::new(Kind::Optimized));
        assert!(subject.caches());
        let usual = OptimizedOptions::default();
        assert!(usual.dedup && usual.batch && usual.fast_path && usual.spread_pruning);
    }

    #[test]
    fn contradictions_are_named() {
        let message = |text: &str| text.parse::<Subject>().unwrap_err().to_string();
        assert_eq!(
            message("optimized:cache=100,dedup=off"),
            "options `dedup=off` and `cache=100` contradict each other: without deduplication there is no cache; leave one \
             of them out"
        );
        assert!(message("optimized:dedup=off,fast-path=on").contains("`fast-path=on`"));
        assert!(message("optimized:queue=10,batch=off").contains("`queue=10`"));
        assert!(message("optimized:consistency=shared,users=on").contains("`users=on`"));
        assert_eq!(
            message("optimized:batch=off,batch=on"),
            "option `batch` is given twice: leave one of them out"
        );
        for fine in [
            "optimized:dedup=off,fast-path=off",
            "optimized:dedup=on,cache=10",
        ] {
            assert!(fine.parse::<Subject>().is_ok(), "{fine}");
        }
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
            message("null:early=1"),
            "unknown option `early` of service `null`: known are freeze, lose, fail, slow, leak, sampling"
        );
        assert!(message("null:sampling=some").contains("`on` or `off`"));
        assert!(message("optimized:batch=no").contains("`on` or `off`"));
        assert!(message("optimized:prune=never").contains("`batch` or `each`"));
        assert!(message("optimized:consistency=none").contains("`single-writer` or `shared`"));
        assert!(message("optimized:queue=0").contains("above 0"));
        assert!(message("standard:max-state=0").contains("above 0"));
        assert!(message("standard:early=101").contains("1 to 100"));
        assert_eq!(
            message("optimized:cache=many"),
            "option `cache=many`: a number of entries"
        );
        assert!(message("null:freeze=1").contains("LENGTH@AFTER"));
        for wrong in ["leak=1024", "leak=0@100", "leak=1024@0", "leak=2000000@1"] {
            assert!(
                message(&format!("null:{wrong}")).contains("BYTES@SAVES"),
                "{wrong}"
            );
        }
        assert!(message("null:lose=0").contains("above 0"));
        assert!(message("optimized:slow=0").contains("1 to 10000"));
        assert!(message("optimized:slow=fast").contains("percent of the service time"));
    }
}
