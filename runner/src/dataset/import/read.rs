//! Reads a file line by line. Every line is checked before any load starts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{BufRead, BufReader, Error as IoError, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;

use super::error::{ImportError, Wrong};
use super::line::{MOST_STATE_BYTES, Request};
use super::{Import, Line};

/// What a gzip file begins with (RFC 1952, §2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The byte order mark that some editors put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Longest line, bytes: a state and a context of the largest accepted size, every character escaped as `\u0041`, would be
/// longer, but nobody writes so.
const MOST_LINE_BYTES: u64 = 4 * MOST_STATE_BYTES as u64;
/// Most lines: as many saves as a scenario may have.
const MOST_LINES: u64 = 10_000_000;
/// Distinct states, bytes together: the controller and both arms keep them in memory.
const MOST_BYTES: u64 = 1 << 30;

/// Reads and checks a whole file.
pub(super) fn read(file: &Path) -> Result<Import, ImportError> {
    let unreadable = |cause| ImportError::Unreadable {
        file: file.to_owned(),
        cause,
    };
    let opened = File::open(file).map_err(unreadable)?;
    if !opened.metadata().map_err(unreadable)?.is_file() {
        return Err(ImportError::NotAFile {
            file: file.to_owned(),
        });
    }
    let mut bytes = BufReader::new(opened);
    let is_gzip = bytes.fill_buf().map_err(unreadable)?.starts_with(&GZIP);
    let named_gzip = file.extension().is_some_and(|extension| extension == "gz");
    if named_gzip && !is_gzip {
        let cause = "its name ends in .gz, but it is not compressed by gzip, or damaged";
        return Err(unreadable(IoError::new(ErrorKind::InvalidData, cause)));
    }
    let mut builder = Builder::new(file);
    if is_gzip {
        builder.lines(BufReader::new(MultiGzDecoder::new(bytes)))?;
    } else {
        builder.lines(bytes)?;
    }
    builder.finish()
}

/// A number for each id, by first mention, with the line where it was.
#[derive(Default)]
struct Numbers {
    numbers: HashMap<String, (u32, u32, u64)>,
}

impl Numbers {
    /// The number of `id`, which belongs to `owner`; where it belonged to another one, the line that said so.
    fn of(&mut self, id: String, owner: u32, line: u64) -> Result<u32, u64> {
        let next = self.len();
        let (number, owned_by, first) = *self.numbers.entry(id).or_insert((next, owner, line));
        if owned_by == owner {
            Ok(number)
        } else {
            Err(first)
        }
    }

    fn len(&self) -> u32 {
        // No more than there are lines.
        u32::try_from(self.numbers.len()).unwrap_or(u32::MAX)
    }
}

struct Builder<'a> {
    file: &'a Path,
    users: Numbers,
    threads: Numbers,
    runs: Numbers,
    known: HashMap<blake3::Hash, u32>,
    states: Vec<(Bytes, blake3::Hash)>,
    state_bytes: u64,
    lines: Vec<Line>,
    /// By number of the run.
    last_states: Vec<u32>,
    duplicates: u64,
    phases: HashMap<String, Arc<str>>,
    contexts: HashMap<String, Bytes>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a Path) -> Self {
        Self {
            file,
            users: Numbers::default(),
            threads: Numbers::default(),
            runs: Numbers::default(),
            known: HashMap::new(),
            states: Vec::new(),
            state_bytes: 0,
            lines: Vec::new(),
            last_states: Vec::new(),
            duplicates: 0,
            phases: HashMap::new(),
            contexts: HashMap::new(),
        }
    }

    /// Adds every line.
    fn lines(&mut self, mut reader: impl BufRead) -> Result<(), ImportError> {
        let mut text = Vec::new();
        let mut blank = None;
        for number in 1.. {
            let wrong = |wrong: Wrong| wrong.at(self.file, number);
            text.clear();
            let mut bounded = reader.by_ref().take(MOST_LINE_BYTES + 1);
            let read = bounded.read_until(b'\n', &mut text);
            let read = read.map_err(|e| wrong(unreadable(&e)))?;
            if read == 0 {
                break;
            }
            if read as u64 > MOST_LINE_BYTES {
                let problem = format!("longer than {MOST_LINE_BYTES} bytes: split it");
                return Err(wrong(Wrong::line(problem)));
            }
            if number > MOST_LINES {
                let problem = format!("more than {MOST_LINES} requests: split the file");
                return Err(wrong(Wrong::line(problem)));
            }
            let line = if number == 1 {
                text.strip_prefix(MARK).unwrap_or(&text)
            } else {
                &text
            };
            let line = line.trim_ascii();
            if line.is_empty() {
                blank = blank.or(Some(number));
                continue;
            }
            // Empty lines at the end are no gap.
            if let Some(gap) = blank {
                return Err(Wrong::line("the line is empty: remove it").at(self.file, gap));
            }
            self.add(line, number)
                .map_err(|wrong| wrong.at(self.file, number))?;
        }
        Ok(())
    }

    fn add(&mut self, line: &[u8], number: u64) -> Result<(), Wrong> {
        let request = Request::parse(line)?;
        let elsewhere = |field: &str, owner: &str, first: u64| {
            let problem = format!(
                "it has another {owner} than on line {first}: a run belongs to one thread, a thread to one user; rename it"
            );
            Wrong::field(field, problem)
        };
        // A user has no owner.
        let user = self.users.of(request.user_id, 0, number).unwrap_or(0);
        let thread = self.threads.of(request.thread_id, user, number);
        let thread = thread.map_err(|first| elsewhere("thread_id", "user_id", first))?;
        let run = self.runs.of(request.run_id, thread, number);
        let run = run.map_err(|first| elsewhere("run_id", "thread_id", first))?;
        let state = self.state(request.state)?;
        let agent_phase = request.agent_phase.map(|phase| {
            let known = self.phases.entry(phase);
            let shared = |entry: &String| Arc::from(entry.as_str());
            Arc::clone(known.or_insert_with_key(shared))
        });
        let execution_context = request.execution_context.map(|context| {
            let known = self.contexts.entry(context);
            let shared = |entry: &String| Bytes::from(entry.clone());
            known.or_insert_with_key(shared).clone()
        });
        let line = Line {
            run,
            thread,
            user,
            state,
            checkpoint: request.checkpoint,
            recovery_point: request.recovery_point,
            agent_phase,
            execution_context,
        };
        match self.last_states.get_mut(run as usize) {
            Some(last) => {
                self.duplicates += u64::from(*last == state && line.may_be_skipped());
                *last = state;
            }
            None => self.last_states.push(state),
        }
        self.lines.push(line);
        Ok(())
    }

    fn state(&mut self, text: String) -> Result<u32, Wrong> {
        let hash = blake3::hash(text.as_bytes());
        let next = self.states.len() as u32;
        match self.known.entry(hash) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(new) => {
                new.insert(next);
                self.state_bytes += text.len() as u64;
                self.states.push((Bytes::from(text), hash));
                if self.state_bytes > MOST_BYTES {
                    return Err(Wrong::field(
                        "state",
                        format!(
                            "the different states up to here have more than {MOST_BYTES} bytes, which three processes \
                             keep in memory: split the file"
                        ),
                    ));
                }
                Ok(next)
            }
        }
    }

    fn finish(self) -> Result<Import, ImportError> {
        if self.lines.is_empty() {
            return Err(ImportError::Empty {
                file: self.file.to_owned(),
            });
        }
        Ok(Import {
            file: self.file.to_owned(),
            states: self.states,
            lines: self.lines,
            runs: self.runs.len(),
            threads: self.threads.len(),
            users: self.users.len(),
            duplicates: self.duplicates,
        })
    }
}

/// What the system or the decompressor says of a line that cannot be read.
fn unreadable(error: &IoError) -> Wrong {
    Wrong::line(format!(
        "cannot be read: {error}; where the file is compressed, it is damaged or cut off here: compress it again"
    ))
}
