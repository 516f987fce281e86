//! What an arm says, in order, from a thread of its own: saves never wait for the pipe.
//!
//! An acknowledgement costs its save a push under a lock and nothing else: nobody is woken for it but once in
//! [`GATHER`], since waking a thread takes longer than a save of a fast service.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::arm::messages::{Ack, Reply};

/// Acknowledgements wait this long for company: few wake-ups under load, and little to lose in a crash.
const GATHER: Duration = Duration::from_millis(25);

/// Hands over what is to be said.
#[derive(Clone)]
pub(super) struct Outbox(Arc<Speech>);

/// Ends the thread that speaks as soon as nobody can say anything any more.
struct Speech(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

/// What was not said yet.
#[derive(Default)]
struct Waiting {
    /// Whole messages, said before the acknowledgements.
    replies: Vec<Reply>,
    acks: Vec<Ack>,
    /// Acknowledgements wait for no company.
    at_once: bool,
    /// Nobody is left to say anything, or to listen.
    over: bool,
}

impl Outbox {
    /// Starts the thread that speaks.
    pub(super) fn start(to: impl Write + Send + 'static) -> (Self, JoinHandle<io::Result<()>>) {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            news: Condvar::new(),
        });
        let speaker = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let spoken = speaker.speak(to);
            speaker.lock().over = true;
            spoken
        });
        (Self(Arc::new(Speech(shared))), thread)
    }

    /// From now on acknowledgements are said at once: the process may be killed, and what was said counts.
    pub(super) fn speak_at_once(&self) {
        self.0.0.lock().at_once = true;
    }

    /// Reports an acknowledged save. If nobody listens any more, the arm ends by itself soon.
    pub(super) fn acknowledge(&self, ack: Ack) {
        let shared = &self.0.0;
        let mut waiting = shared.lock();
        if waiting.over {
            return;
        }
        waiting.acks.push(ack);
        let first = waiting.acks.len() == 1;
        drop(waiting);
        if first {
            shared.news.notify_one();
        }
    }

    /// Replies, after all acknowledgements so far.
    pub(super) fn reply(&self, reply: Reply) {
        let shared = &self.0.0;
        let mut waiting = shared.lock();
        if waiting.over {
            return;
        }
        waiting.gather();
        waiting.replies.push(reply);
        drop(waiting);
        shared.news.notify_one();
    }
}

impl Drop for Speech {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.news.notify_one();
    }
}

impl Waiting {
    /// Makes one message of the acknowledgements so far.
    fn gather(&mut self) {
        if !self.acks.is_empty() {
            let room = Vec::with_capacity(self.acks.len());
            let saves = std::mem::replace(&mut self.acks, room);
            self.replies.push(Reply::Acknowledged { saves });
        }
    }

    fn is_urgent(&self) -> bool {
        self.over || !self.replies.is_empty() || (self.at_once && !self.acks.is_empty())
    }
}

impl Shared {
    /// A thread that broke while it held the lock left whole items behind.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn speak(&self, mut to: impl Write) -> io::Result<()> {
        loop {
            let (replies, over) = self.next();
            for reply in &replies {
                write_line(reply, &mut to)?;
            }
            to.flush()?;
            if over {
                return Ok(());
            }
        }
    }

    /// Waits for something to say; and whether it is the last.
    fn next(&self) -> (Vec<Reply>, bool) {
        let silent = |w: &mut Waiting| w.acks.is_empty() && !w.is_urgent();
        let mut waiting = self
            .news
            .wait_while(self.lock(), silent)
            .unwrap_or_else(PoisonError::into_inner);
        if !waiting.is_urgent() {
            let gathering = |w: &mut Waiting| !w.is_urgent();
            waiting = self
                .news
                .wait_timeout_while(waiting, GATHER, gathering)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        waiting.gather();
        (std::mem::take(&mut waiting.replies), waiting.over)
    }
}

/// A reply that cannot be put into words is answered by saying so: the controller must not wait for ever.
fn write_line(reply: &Reply, to: &mut impl Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply).or_else(|e| {
        serde_json::to_vec(&Reply::Failed {
            cause: format!("the reply: {e}"),
        })
    })?;
    line.push(b'\n');
    to.write_all(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose other end is a shared buffer.
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Heard {
        fn replies(&self) -> Vec<Reply> {
            let bytes = self.0.lock().unwrap().clone();
            let text = String::from_utf8(bytes).unwrap();
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    #[test]
    fn a_reply_comes_after_all_acknowledgements_before_it() {
        let heard = Heard::default();
        let (outbox, speaker) = Outbox::start(heard.clone());
        let threads: Vec<_> = (0..4_u64)
            .map(|thread| {
                let outbox = outbox.clone();
                std::thread::spawn(move || {
                    for i in 0..1_000 {
                        outbox.acknowledge(Ack(thread * 1_000 + i, 1, true));
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        outbox.reply(Reply::Closed);
        drop(outbox);
        speaker.join().unwrap().unwrap();
        let mut replies = heard.replies();
        assert!(matches!(replies.pop(), Some(Reply::Closed)));
        let mut indices: Vec<u64> = replies
            .into_iter()
            .flat_map(|reply| match reply {
                Reply::Acknowledged { saves } => saves,
                other => panic!("{other:?}"),
            })
            .map(|ack| ack.0)
            .collect();
        indices.sort_unstable();
        assert_eq!(indices, (0..4_000).collect::<Vec<u64>>());
    }

    #[test]
    fn acknowledgements_are_said_soon_without_a_reply() {
        let heard = Heard::default();
        let (outbox, _speaker) = Outbox::start(heard.clone());
        outbox.acknowledge(Ack(7, 8, false));
        let patience = std::time::Instant::now() + Duration::from_secs(10);
        while heard.replies().is_empty() {
            assert!(std::time::Instant::now() < patience, "nothing was said");
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(outbox);
    }

    #[test]
    fn acknowledgements_that_are_said_at_once_do_not_gather() {
        let heard = Heard::default();
        let (outbox, speaker) = Outbox::start(heard.clone());
        outbox.speak_at_once();
        for index in 0..3 {
            outbox.acknowledge(Ack(index, 1, true));
            let said = std::time::Instant::now();
            while heard.replies().len() <= index as usize {
                assert!(said.elapsed() < Duration::from_secs(10), "nothing was said");
                std::thread::yield_now();
            }
        }
        drop(outbox);
        speaker.join().unwrap().unwrap();
        assert_eq!(heard.replies().len(), 3);
    }

    #[test]
    fn a_broken_pipe_ends_the_speaker_and_what_comes_later_is_dropped() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (outbox, speaker) = Outbox::start(Broken);
        outbox.reply(Reply::Closed);
        assert!(speaker.join().unwrap().is_err());
        outbox.acknowledge(Ack(1, 1, true));
        assert!(outbox.0.0.lock().acks.is_empty());
    }
}
