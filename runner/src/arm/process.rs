//! An arm as a child process: a runner, called with its hidden subcommand.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use shared::report::{Build, EvictionProbe, MemoryProfile};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::messages::{PROTOCOL, Reply, Request};
use super::{
    Acknowledge, Arm, ArmError, BlockDone, CacheFailure, Kill, Open, Opened, StartArms, Tried,
};
use crate::environment::build as build_of_this;
use crate::plan::{Step, Stretch};

/// The hidden subcommand that turns the runner into an arm.
pub(crate) const ARM_COMMAND: &str = "arm";

/// How long a binary may take to say what it is. A runner takes milliseconds, also on a machine under load.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// This very program. The link stays with the program that runs when a newer build replaces its file: whoever follows
/// it between fork and exec is still a copy of this process.
pub(crate) fn this_binary() -> std::io::Result<PathBuf> {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() {
        return Ok(link);
    }
    let called = std::env::args_os().next().unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::current_exe().or_else(|e| called_as(Path::new(&called), &path).ok_or(e))
}

/// The file of a program that was called by a name, as a shell finds it: where `/proc` is not mounted, nothing else tells.
fn called_as(name: &Path, path: &OsStr) -> Option<PathBuf> {
    let has_folder = name.parent().is_some_and(|p| !p.as_os_str().is_empty());
    if has_folder {
        return name.canonicalize().ok();
    }
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())?
        .canonicalize()
        .ok()
}

/// Starts arms as processes.
pub(crate) struct ProcessArms;

#[async_trait]
impl StartArms for ProcessArms {
    async fn start(&self, binary: &Path) -> Result<Box<dyn Arm>, ArmError> {
        let (arm, _) = ProcessArm::start(binary, Stdio::inherit()).await?;
        Ok(Box::new(arm))
    }
}

/// The build of a binary, which is started for that and ended again.
///
/// # Errors
/// It does not start, is no runner, or speaks another protocol.
pub(super) async fn introduce(binary: &Path) -> Result<Build, ArmError> {
    let (_ends_here, other) = ProcessArm::start(binary, Stdio::null()).await?;
    other.ok_or_else(|| ArmError::NoRunner {
        binary: binary.to_owned(),
        why: "it does not say which build it is".to_owned(),
    })
}

struct ProcessArm {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl ProcessArm {
    async fn start(binary: &Path, stderr: Stdio) -> Result<(Self, Option<Build>), ArmError> {
        let failed = |cause| ArmError::Start {
            binary: binary.to_owned(),
            cause,
        };
        let mut child = Command::new(binary)
            .arg(ARM_COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            // Ctrl-C goes to the controller alone: the block that is running ends in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let streams = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) =
            streams.ok_or_else(|| failed(std::io::Error::other("its streams are missing")))?;
        let mut arm = Self {
            child,
            stdin,
            lines: BufReader::new(stdout).lines(),
        };
        let no_runner = |why: String| ArmError::NoRunner {
            binary: binary.to_owned(),
            why,
        };
        let hello = tokio::time::timeout(HELLO_WITHIN, arm.reply()).await;
        match hello.map_err(|_| no_runner(format!("it said nothing within {HELLO_WITHIN:?}")))? {
            Ok(Reply::Hello {
                protocol: PROTOCOL,
                build,
            }) => Ok((arm, build)),
            Ok(Reply::Hello { protocol, build }) => Err(ArmError::Protocol {
                binary: binary.to_owned(),
                theirs: protocol,
                their_build: build.map_or_else(|| "of an unknown build".to_owned(), in_words),
                ours: PROTOCOL,
                our_build: in_words(build_of_this()),
            }),
            Ok(other) => Err(no_runner(out_of_turn(&other).to_string())),
            Err(ArmError::Died(status)) => Err(no_runner(format!(
                "called as an arm it ended at once ({status})"
            ))),
            Err(e) => Err(no_runner(e.to_string())),
        }
    }

    async fn request(&mut self, request: &Request) -> Result<(), ArmError> {
        let mut line =
            serde_json::to_vec(request).map_err(|e| ArmError::OutOfTurn(e.to_string()))?;
        line.push(b'\n');
        let written = match self.stdin.write_all(&line).await {
            Ok(()) => self.stdin.flush().await,
            failed => failed,
        };
        match written {
            Ok(()) => Ok(()),
            Err(_) => Err(self.death().await),
        }
    }

    async fn reply(&mut self) -> Result<Reply, ArmError> {
        match self.lines.next_line().await {
            Ok(Some(line)) => {
                let reply =
                    serde_json::from_str(&line).map_err(|e| ArmError::OutOfTurn(e.to_string()))?;
                match reply {
                    Reply::Failed { cause } => Err(ArmError::Failed(cause)),
                    reply => Ok(reply),
                }
            }
            Ok(None) | Err(_) => Err(self.death().await),
        }
    }

    /// Listens to a block in progress until the instant to kill has come, or the block is over.
    async fn listen(
        &mut self,
        begun: Instant,
        kill: Kill,
        acknowledge: Acknowledge<'_>,
    ) -> Result<(), ArmError> {
        let mut heard = false;
        loop {
            let wait = if heard { kill.after } else { kill.patience };
            // Nothing is lost where the time is over: reading a line may be cancelled.
            match tokio::time::timeout_at((begun + wait).into(), self.reply()).await {
                Err(_) => return Ok(()),
                Ok(reply) => match reply? {
                    Reply::Acknowledged { saves } => {
                        heard |= !saves.is_empty();
                        saves.into_iter().for_each(&mut *acknowledge);
                    }
                    Reply::BlockDone(_) => return Ok(()),
                    other => return Err(out_of_turn(&other)),
                },
            }
        }
    }

    /// What is in the pipe of a process that was killed. A line that it did not finish was not said.
    async fn last_words(&mut self, acknowledge: Acknowledge<'_>) {
        while let Ok(Some(line)) = self.lines.next_line().await {
            if let Ok(Reply::Acknowledged { saves }) = serde_json::from_str(&line) {
                saves.into_iter().for_each(&mut *acknowledge);
            }
        }
    }

    /// How the process ended.
    async fn death(&mut self) -> ArmError {
        match self.child.wait().await {
            Ok(status) => ArmError::Died(status.to_string()),
            Err(e) => ArmError::Died(e.to_string()),
        }
    }
}

/// `0.3.0 (4c1d7e2)`.
fn in_words(build: Build) -> String {
    if build.revision.is_empty() {
        build.version
    } else {
        format!("{} ({})", build.version, build.revision)
    }
}

#[async_trait]
impl Arm for ProcessArm {
    async fn open(&mut self, open: Open) -> Result<Opened, ArmError> {
        self.request(&Request::Open(Box::new(open))).await?;
        match self.reply().await? {
            Reply::Opened(opened) => Ok(opened),
            other => Err(out_of_turn(&other)),
        }
    }

    async fn run(
        &mut self,
        block: usize,
        stretch: Option<Stretch>,
        failure: Option<CacheFailure>,
        acknowledge: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError> {
        let request = Request::Run {
            block,
            stretch,
            failure,
        };
        self.request(&request).await?;
        loop {
            match self.reply().await? {
                Reply::Acknowledged { saves } => saves.into_iter().for_each(&mut *acknowledge),
                Reply::BlockDone(done) => return Ok(*done),
                other => return Err(out_of_turn(&other)),
            }
        }
    }

    async fn run_and_kill(
        &mut self,
        block: usize,
        kill: Kill,
        acknowledge: Acknowledge<'_>,
    ) -> Result<Duration, ArmError> {
        let begun = Instant::now();
        let request = Request::Run {
            block,
            stretch: None,
            failure: None,
        };
        self.request(&request).await?;
        self.listen(begun, kill, acknowledge).await?;
        let died = |e: std::io::Error| ArmError::Died(e.to_string());
        self.child.start_kill().map_err(died)?;
        self.child.wait().await.map_err(died)?;
        let until_gone = begun.elapsed();
        self.last_words(acknowledge).await;
        Ok(until_gone)
    }

    async fn attempt(
        &mut self,
        step: Step,
        acknowledge: Acknowledge<'_>,
    ) -> Result<Tried, ArmError> {
        self.request(&Request::Try { step }).await?;
        loop {
            match self.reply().await? {
                Reply::Acknowledged { saves } => saves.into_iter().for_each(&mut *acknowledge),
                Reply::Tried(tried) => return Ok(*tried),
                other => return Err(out_of_turn(&other)),
            }
        }
    }

    async fn probe_eviction(&mut self) -> Result<Option<EvictionProbe>, ArmError> {
        self.request(&Request::ProbeEviction).await?;
        match self.reply().await? {
            Reply::Probed { probe } => Ok(probe),
            other => Err(out_of_turn(&other)),
        }
    }

    async fn profile_memory(&mut self) -> Result<Option<MemoryProfile>, ArmError> {
        self.request(&Request::ProfileMemory).await?;
        match self.reply().await? {
            Reply::Profiled { profile } => Ok(profile),
            other => Err(out_of_turn(&other)),
        }
    }

    async fn close(&mut self) -> Result<(), ArmError> {
        self.request(&Request::Close).await?;
        match self.reply().await? {
            Reply::Closed => {}
            other => return Err(out_of_turn(&other)),
        }
        let status = self
            .child
            .wait()
            .await
            .map_err(|e| ArmError::Died(e.to_string()))?;
        if status.success() {
            Ok(())
        } else {
            Err(ArmError::Died(status.to_string()))
        }
    }
}

fn out_of_turn(reply: &Reply) -> ArmError {
    let mut text = format!("{reply:?}");
    if let Some((end, _)) = text.char_indices().nth(120) {
        text.truncate(end);
    }
    ArmError::OutOfTurn(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_its_name_as_a_shell_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("runner");
        std::fs::write(&file, "").unwrap();
        let path = std::env::join_paths([Path::new("/nowhere"), folder.path()]).unwrap();
        assert_eq!(called_as(Path::new("runner"), &path), Some(file.clone()));
        assert_eq!(called_as(&file, OsStr::new("")), Some(file));
        assert_eq!(called_as(Path::new("./no-such-file"), &path), None);
        assert_eq!(called_as(Path::new("no-such-file"), &path), None);
    }
}
