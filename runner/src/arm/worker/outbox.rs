//! What an arm says, in order, from a thread of its own: saves never wait for the pipe.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::arm::messages::{Ack, Reply};

/// Acknowledgements wait at most this long for company: few wake-ups under load, and little to lose in a crash.
const GATHER: Duration = Duration::from_millis(25);

enum Item {
    Ack(Ack),
    Reply(Box<Reply>),
}

/// Hands over what is to be said.
#[derive(Clone)]
pub(super) struct Outbox(Sender<Item>);

impl Outbox {
    /// Starts the thread that speaks.
    pub(super) fn start(to: impl Write + Send + 'static) -> (Self, JoinHandle<io::Result<()>>) {
        let (sender, receiver) = channel();
        let thread = std::thread::spawn(move || speak(&receiver, to));
        (Self(sender), thread)
    }

    /// Reports an acknowledged save. If nobody listens any more, the arm ends by itself soon.
    pub(super) fn acknowledge(&self, ack: Ack) {
        let _gone = self.0.send(Item::Ack(ack));
    }

    /// Replies, after all acknowledgements so far.
    pub(super) fn reply(&self, reply: Reply) {
        let _gone = self.0.send(Item::Reply(Box::new(reply)));
    }
}

fn speak(items: &Receiver<Item>, mut to: impl Write) -> io::Result<()> {
    let mut saves: Vec<Ack> = Vec::new();
    let mut due: Option<Instant> = None;
    loop {
        let patience = due.map_or(Duration::MAX, |d| {
            d.saturating_duration_since(Instant::now())
        });
        match items.recv_timeout(patience.min(Duration::from_secs(3600))) {
            Ok(Item::Ack(ack)) => {
                due.get_or_insert_with(|| Instant::now() + GATHER);
                saves.push(ack);
            }
            Ok(Item::Reply(reply)) => {
                flush(&mut saves, &mut due, &mut to)?;
                write_line(&reply, &mut to)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return flush(&mut saves, &mut due, &mut to),
        }
        if due.is_some_and(|d| d <= Instant::now()) {
            flush(&mut saves, &mut due, &mut to)?;
        }
    }
}

fn flush(saves: &mut Vec<Ack>, due: &mut Option<Instant>, to: &mut impl Write) -> io::Result<()> {
    *due = None;
    if saves.is_empty() {
        return Ok(());
    }
    write_line(
        &Reply::Acknowledged {
            saves: std::mem::take(saves),
        },
        to,
    )
}

/// A reply that cannot be put into words is answered by saying so: the controller must not wait for ever.
fn write_line(reply: &Reply, to: &mut impl Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply).or_else(|e| {
        serde_json::to_vec(&Reply::Failed {
            cause: format!("the reply: {e}"),
        })
    })?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}
