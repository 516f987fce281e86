//! An arm as a child process: the same binary, called with its hidden subcommand.

use std::path::PathBuf;
use std::process::Stdio;

use async_trait::async_trait;
use shared::report::EvictionProbe;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::messages::{PROTOCOL, Reply, Request};
use super::{Acknowledge, Arm, ArmError, BlockDone, Open, Opened, StartArms};

/// The hidden subcommand that turns the runner into an arm.
pub(crate) const ARM_COMMAND: &str = "arm";

/// Starts arms from a runner binary.
pub(crate) struct ProcessArms {
    binary: PathBuf,
}

impl ProcessArms {
    /// Arms of this very binary.
    ///
    /// # Errors
    /// Where the operating system does not tell which file this process runs.
    pub(crate) fn of_this_binary() -> std::io::Result<Self> {
        Ok(Self {
            binary: std::env::current_exe()?,
        })
    }
}

#[async_trait]
impl StartArms for ProcessArms {
    async fn start(&self) -> Result<Box<dyn Arm>, ArmError> {
        let mut child = Command::new(&self.binary)
            .arg(ARM_COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            // Ctrl-C goes to the controller alone: the block that is running ends in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(ArmError::Start)?;
        let streams = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = streams
            .ok_or_else(|| ArmError::Start(std::io::Error::other("its streams are missing")))?;
        let mut arm = ProcessArm {
            child,
            stdin,
            lines: BufReader::new(stdout).lines(),
        };
        match arm.reply().await? {
            Reply::Hello {
                protocol: PROTOCOL, ..
            } => Ok(Box::new(arm)),
            Reply::Hello { protocol, .. } => Err(ArmError::Protocol {
                theirs: protocol,
                ours: PROTOCOL,
            }),
            other => Err(out_of_turn(&other)),
        }
    }
}

struct ProcessArm {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl ProcessArm {
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

    /// How the process ended.
    async fn death(&mut self) -> ArmError {
        match self.child.wait().await {
            Ok(status) => ArmError::Died(status.to_string()),
            Err(e) => ArmError::Died(e.to_string()),
        }
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
        acknowledge: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError> {
        self.request(&Request::Run { block }).await?;
        loop {
            match self.reply().await? {
                Reply::Acknowledged { saves } => saves.into_iter().for_each(&mut *acknowledge),
                Reply::BlockDone(done) => return Ok(*done),
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
