//! What a run keeps beside its report while it goes on, so that a crash of the runner or of its machine costs a minute and not
//! the run: what was asked for, the scenario in progress as of its last evidence, and what was acknowledged by then.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::arms::{ArmRole, Arms};
use shared::criteria::Policy;
use shared::report::Scenario;

use crate::arm::{Ack, BlockDone, read_ack, write_ack};
use crate::exit::usage;
use crate::output::write_atomically;
use crate::scenario::Spec;

/// Hidden, so that it is no part of the report: it goes away when the run ends.
const FOLDER: &str = ".resume";
const ORDER_FILE: &str = "order.json";
const COURSE_FILE: &str = "course.json";
const ANSWERS_FILE: &str = "answers.log";
const LOCK_FILE: &str = "lock";
/// What a line of the answers begins with that says which step is under way.
const BEGUN: &str = "begun ";
/// The sign of a save that failed, in place of its snapshot.
const FAILED: char = '!';

/// What was asked to be measured, as far as the report does not say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OrderRecord {
    /// The services, as on the command line.
    pub(crate) services: Arms<String>,
    /// The scenarios.
    pub(crate) specs: Vec<Spec>,
    /// Generated states of the dataset.
    pub(crate) states: u32,
    /// The file that some scenarios replay.
    pub(crate) dataset: Option<PathBuf>,
    /// The targets of the whole run.
    pub(crate) policy: Policy,
    /// Where the databases are.
    pub(crate) databases: DatabasesRecord,
    /// A program that stops and starts the database server, where there is one.
    pub(crate) server_control: Option<PathBuf>,
    /// Longest load without evidence.
    pub(crate) evidence_every: Duration,
}

/// Where the databases of a run are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DatabasesRecord {
    /// The folder that holds them.
    Folder(PathBuf),
    /// A server, without its password.
    Server(String),
}

/// The scenario in progress as of its last evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CourseRecord {
    /// When this was written.
    pub(crate) written_at: Timestamp,
    /// Name of the machine's session, where the system has one: another one after it was started anew.
    pub(crate) boot: Option<String>,
    /// The report so far: whole blocks.
    pub(crate) scenario: Scenario,
    /// Steps that are done: stretches of the blocks of both arms, in the order of the course.
    pub(crate) steps: u64,
    /// The block in progress.
    pub(crate) partial: Option<Partial>,
    /// Measured time of each arm so far, nanoseconds.
    pub(crate) measured_ns: Arms<u64>,
    /// Nanoseconds since the first block began.
    pub(crate) elapsed_ns: u64,
}

/// Stretches of a block that has not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Partial {
    /// Whose block.
    pub(crate) role: ArmRole,
    /// Its place in the plan.
    pub(crate) number: usize,
    /// When it began, nanoseconds since the scenario's first block.
    pub(crate) started_ns: u64,
    /// Its evidence so far.
    pub(crate) done: BlockDone,
}

/// A scenario in progress, read back.
#[derive(Debug)]
pub(crate) struct Unfinished {
    /// As of its last evidence.
    pub(crate) course: CourseRecord,
    /// What was answered to each save by then, in order: a later answer to the same save counts. None: it failed.
    pub(crate) answers: Arms<Vec<(u64, Option<Ack>)>>,
    /// Steps that were begun: those that are not done have no evidence.
    pub(crate) begun: u64,
}

/// The folder of a run's journal, held by one process at a time.
#[derive(Debug)]
pub(crate) struct JournalFolder {
    path: PathBuf,
    _lock: File,
}

impl JournalFolder {
    /// Begins the journal of a run.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn create(run: &Path, order: &OrderRecord) -> Result<Self> {
        let path = run.join(FOLDER);
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let held = Self::hold(path)?;
        held.write(ORDER_FILE, order)?;
        Ok(held)
    }

    /// Takes over the journal of a run that ended in the middle.
    ///
    /// # Errors
    /// The run has none, or is going on; a file that cannot be read. All end with [`crate::exit::Exit::Usage`].
    pub(crate) fn open(run: &Path) -> Result<(Self, OrderRecord)> {
        let path = run.join(FOLDER);
        if !path.is_dir() {
            return Err(usage(anyhow!(
                "{} has nothing to go on with: it ended, or its folder {FOLDER} was removed",
                run.display()
            )));
        }
        let held = Self::hold(path)?;
        let order = held.read(ORDER_FILE)?.ok_or_else(|| {
            usage(anyhow!(
                "{}: {ORDER_FILE} is missing: the run ended before it began",
                held.path.display()
            ))
        })?;
        Ok((held, order))
    }

    fn hold(path: PathBuf) -> Result<Self> {
        let file = path.join(LOCK_FILE);
        let lock =
            File::create(&file).with_context(|| format!("cannot make {}", file.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(usage(anyhow!(
                "the run is going on: another process holds {}",
                file.display()
            ))),
            Err(TryLockError::Error(e)) => {
                Err(anyhow!(e).context(format!("cannot lock {}", file.display())))
            }
        }
    }

    /// The scenario that was in progress; none where it had no evidence yet.
    ///
    /// # Errors
    /// A file that is damaged.
    pub(crate) fn unfinished(&self) -> Result<Option<Unfinished>> {
        let Some(course): Option<CourseRecord> = self.read(COURSE_FILE)? else {
            return Ok(None);
        };
        let file = self.path.join(ANSWERS_FILE);
        let mut text = String::new();
        File::open(&file)
            .and_then(|mut file| file.read_to_string(&mut text))
            .with_context(|| format!("cannot read {}", file.display()))?;
        let mut unfinished = Unfinished {
            course,
            answers: Arms::default(),
            begun: 0,
        };
        // The last line may be cut off: what it said is not known.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for (number, line) in whole.lines().enumerate() {
            unfinished
                .hear(line)
                .with_context(|| format!("{}, line {}: `{line}`", file.display(), number + 1))?;
        }
        Ok(Some(unfinished))
    }

    /// The journal of a scenario: of one that begins, or where it was.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn scenario(&self, goes_on: bool) -> Result<Journal<'_>> {
        let file = self.path.join(ANSWERS_FILE);
        if !goes_on {
            self.forget_scenario()?;
        }
        let answers = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Journal {
            folder: self,
            answers,
            pending: String::new(),
        })
    }

    /// Forgets the scenario in progress, whose report is written.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub(crate) fn forget_scenario(&self) -> Result<()> {
        for name in [COURSE_FILE, ANSWERS_FILE] {
            let file = self.path.join(name);
            match fs::remove_file(&file) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(anyhow!(e).context(format!("cannot remove {}", file.display())));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the journal of a run that has ended.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub(crate) fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.path)
            .with_context(|| format!("cannot remove {}", self.path.display()))
    }

    fn write<T: Serialize>(&self, name: &str, record: &T) -> Result<()> {
        let path = self.path.join(name);
        let text = serde_json::to_vec(record)
            .with_context(|| format!("cannot serialize {}", path.display()))?;
        write_atomically(&path, &text)
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let path = self.path.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(anyhow!(e).context(format!("cannot read {}", path.display()))),
        };
        let read = serde_json::from_str(&text);
        read.map(Some)
            .map_err(|e| usage(anyhow!("{} cannot be used: {e}", path.display())))
    }
}

impl Unfinished {
    /// Takes in a line of the answers.
    fn hear(&mut self, line: &str) -> Result<()> {
        if let Some(step) = line.strip_prefix(BEGUN) {
            self.begun = self.begun.max(step.parse::<u64>()? + 1);
            return Ok(());
        }
        let mut words = line.split_ascii_whitespace();
        let arm = words.next().unwrap_or_default();
        let role = ArmRole::ALL.into_iter().find(|role| role.as_str() == arm);
        let role = role.context("no arm is named so")?;
        let step: u64 = words.next().context("no step is named")?.parse()?;
        // The machine went down between this line and its evidence: it is as if nobody had answered.
        if step >= self.course.steps {
            return Ok(());
        }
        for word in words {
            let answer = match word.strip_suffix(FAILED) {
                Some(index) => (index.parse()?, None),
                None => {
                    let ack = read_ack(word).context("no answer looks so")?;
                    (ack.0, Some(ack))
                }
            };
            self.answers.get_mut(role).push(answer);
        }
        Ok(())
    }
}

/// The journal of one scenario.
#[derive(Debug)]
pub(crate) struct Journal<'a> {
    folder: &'a JournalFolder,
    answers: File,
    /// Lines that are not written yet.
    pending: String,
}

impl Journal<'_> {
    /// Notes that a step begins, before it does.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn begin(&mut self, step: u64) -> Result<()> {
        let written = writeln!(self.answers, "{BEGUN}{step}");
        written.with_context(|| format!("cannot write {}", self.folder.path.display()))
    }

    /// Notes what was answered in a step. It is written with the evidence of the step.
    pub(crate) fn answered(
        &mut self,
        role: ArmRole,
        step: u64,
        acknowledged: &[Ack],
        failed: impl IntoIterator<Item = u64>,
    ) {
        self.pending.push_str(&format!("{} {step}", role.as_str()));
        for ack in acknowledged {
            self.pending.push(' ');
            write_ack(&mut self.pending, *ack);
        }
        for index in failed {
            self.pending.push_str(&format!(" {index}{FAILED}"));
        }
        self.pending.push('\n');
    }

    /// Writes the evidence so far. A crash after it costs what comes later.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn write(&mut self, course: &CourseRecord) -> Result<()> {
        let written = self.answers.write_all(self.pending.as_bytes());
        let synced = written.and_then(|()| self.answers.sync_data());
        synced.with_context(|| format!("cannot write {}", self.folder.path.display()))?;
        self.pending.clear();
        self.folder.write(COURSE_FILE, course)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;
    use crate::scenario::{Profile, load, release_policy};

    fn order() -> OrderRecord {
        OrderRecord {
            services: Arms::default(),
            specs: vec![
                load("low-load")
                    .unwrap()
                    .resolve(Profile::Ci, None)
                    .unwrap(),
            ],
            states: 10,
            dataset: None,
            policy: release_policy(),
            databases: DatabasesRecord::Folder("data".into()),
            server_control: None,
            evidence_every: Duration::from_secs(60),
        }
    }

    fn course(steps: u64) -> CourseRecord {
        CourseRecord {
            written_at: "2026-11-23T03:15:00Z".parse().unwrap(),
            boot: None,
            scenario: sample::scenario("run", "low-load"),
            steps,
            partial: None,
            measured_ns: Arms::default(),
            elapsed_ns: 7,
        }
    }

    #[test]
    fn what_was_written_is_read_back_and_what_was_only_begun_is_known_as_such() {
        let run = tempfile::tempdir().unwrap();
        let folder = JournalFolder::create(run.path(), &order()).unwrap();
        assert!(folder.unfinished().unwrap().is_none());
        let mut journal = folder.scenario(false).unwrap();
        journal.begin(0).unwrap();
        journal.answered(ArmRole::Candidate, 0, &[Ack(5, 17, true)], [6]);
        journal.write(&course(1)).unwrap();
        journal.begin(1).unwrap();
        journal.answered(ArmRole::Baseline, 1, &[Ack(5, 1, false)], []);
        drop(journal);
        drop(folder);

        let (folder, read) = JournalFolder::open(run.path()).unwrap();
        assert_eq!(read, order());
        let unfinished = folder.unfinished().unwrap().unwrap();
        assert_eq!(unfinished.course, course(1));
        assert_eq!(unfinished.begun, 2);
        let expected = [(5, Some(Ack(5, 17, true))), (6, None)];
        assert_eq!(unfinished.answers.candidate, expected);
        assert_eq!(unfinished.answers.baseline, []);
    }

    #[test]
    fn a_line_that_was_cut_off_and_answers_without_evidence_do_not_count() {
        let run = tempfile::tempdir().unwrap();
        let folder = JournalFolder::create(run.path(), &order()).unwrap();
        folder.scenario(false).unwrap().write(&course(2)).unwrap();
        let file = run.path().join(FOLDER).join(ANSWERS_FILE);
        fs::write(
            &file,
            "baseline 1 4+9\nbaseline 2 5+10\nbegun 3\nbaseline 1 6+1",
        )
        .unwrap();
        let unfinished = folder.unfinished().unwrap().unwrap();
        assert_eq!(unfinished.answers.baseline, [(4, Some(Ack(4, 9, true)))]);
        assert_eq!(unfinished.begun, 4);
    }

    #[test]
    fn damage_is_named_by_file_and_line() {
        let run = tempfile::tempdir().unwrap();
        let folder = JournalFolder::create(run.path(), &order()).unwrap();
        folder.scenario(false).unwrap().write(&course(2)).unwrap();
        let file = run.path().join(FOLDER).join(ANSWERS_FILE);
        fs::write(&file, "begun 1\nneither 1 4+9\n").unwrap();
        let refused = format!("{:#}", folder.unfinished().unwrap_err());
        assert!(
            refused.contains("answers.log, line 2: `neither 1 4+9`"),
            "{refused}"
        );
    }

    #[test]
    fn one_process_holds_a_journal() {
        let run = tempfile::tempdir().unwrap();
        let held = JournalFolder::create(run.path(), &order()).unwrap();
        let refused = JournalFolder::open(run.path()).unwrap_err().to_string();
        assert!(refused.starts_with("the run is going on"), "{refused}");
        drop(held);
        JournalFolder::open(run.path()).unwrap().0.remove().unwrap();
        let refused = JournalFolder::open(run.path()).unwrap_err().to_string();
        assert!(refused.contains("nothing to go on with"), "{refused}");
    }
}
