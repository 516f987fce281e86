//! Models of the commit queue, and of a writer that ends before its queue is closed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shuttle::future::block_on;
use shuttle::thread;

use super::*;
use crate::optimized::commit_queue::{Closed, CommitQueue, Limits};
use crate::optimized::committer::{Errand, QueuedSave, commit_all};
use crate::request::AcceptedSave;

/// Takes everything until the queue is closed, and tells how much was in memory at most.
fn consume(queue: &CommitQueue<(u32, u32)>, inside: &AtomicU32) -> Vec<(u32, u32)> {
    let mut taken = Vec::new();
    let limit = Limits {
        jobs: 2,
        bytes: 100,
    };
    while let Some(batch) = queue.take_batch(limit) {
        assert!((1..=2).contains(&batch.jobs.len()));
        inside.fetch_sub(batch.jobs.len() as u32, Ordering::SeqCst);
        taken.extend(batch.jobs);
        drop(batch.room);
    }
    taken
}

/// Puts jobs in, as `(producer, number)`; returns how many the queue accepted.
async fn produce(
    queue: &CommitQueue<(u32, u32)>,
    inside: &AtomicU32,
    producer: u32,
    most: u32,
) -> u32 {
    for number in 0..3 {
        let Ok(room) = queue.reserve(10).await else {
            return number;
        };
        assert!(inside.fetch_add(1, Ordering::SeqCst) < most);
        if room.fill((producer, number)).is_err() {
            inside.fetch_sub(1, Ordering::SeqCst);
            return number;
        }
    }
    3
}

/// Two producers and a consumer; closed after both are done, or at any time.
fn queue_model(limits: Limits, most: u32, close_early: bool) {
    let queue = Arc::new(CommitQueue::new(limits));
    let inside = Arc::new(AtomicU32::new(0));
    let consumer = {
        let (queue, inside) = (Arc::clone(&queue), Arc::clone(&inside));
        thread::spawn(move || consume(&queue, &inside))
    };
    let producers: Vec<_> = (0..2)
        .map(|producer| {
            let (queue, inside) = (Arc::clone(&queue), Arc::clone(&inside));
            spawn(async move { produce(&queue, &inside, producer, most).await })
        })
        .collect();
    if close_early {
        queue.close();
    }
    let accepted: Vec<u32> = producers.into_iter().map(|p| p.join().unwrap()).collect();
    queue.close();
    let taken = consumer.join().unwrap();

    for (producer, accepted) in (0..).zip(accepted) {
        let of_producer = taken.iter().filter(|(from, _)| *from == producer);
        let numbers: Vec<u32> = of_producer.map(|(_, number)| *number).collect();
        assert_eq!(numbers, (0..accepted).collect::<Vec<_>>(), "of {producer}");
        assert!(close_early || accepted == 3);
    }
    assert_eq!(block_on(queue.reserve(1)).err(), Some(Closed));
}

#[test]
fn the_queue_is_bounded_and_loses_repeats_and_reorders_nothing() {
    explore(OF_THE_QUEUE, || {
        queue_model(
            Limits {
                jobs: 2,
                bytes: 100,
            },
            2,
            false,
        )
    });
    // Three jobs fit by number, two by size.
    explore(OF_THE_QUEUE, || {
        queue_model(Limits { jobs: 3, bytes: 29 }, 2, false)
    });
}

#[test]
fn what_is_in_a_closed_queue_is_still_taken() {
    explore(OF_THE_QUEUE, || {
        queue_model(
            Limits {
                jobs: 2,
                bytes: 100,
            },
            2,
            true,
        )
    });
}

#[test]
fn room_that_nobody_uses_is_free_again() {
    explore(OF_THE_QUEUE, || {
        let queue = Arc::new(CommitQueue::<u32>::new(Limits { jobs: 1, bytes: 10 }));
        let held = block_on(queue.reserve(10)).unwrap();
        let other = {
            let queue = Arc::clone(&queue);
            spawn(async move {
                // Stops waiting after one try.
                let mut waiting = pin!(queue.reserve(1));
                poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_ready())).await
            })
        };
        drop(held);
        other.join().unwrap();
        // Larger than the queue: it waits until nothing else is in it.
        assert!(block_on(queue.reserve(1000)).unwrap().fill(1).is_ok());
        assert_eq!(queue.count_waiting(|_| true), 1);
    });
}

struct PanickingWriter;

impl BatchWriter for PanickingWriter {
    fn write(&mut self, _: &[Job<'_>]) -> Result<Written, BatchError> {
        resume_unwind(Box::new("the model's writer panics"));
    }
}

// One thread: while one panics, shuttle's locks stay locked to the others.
#[test]
fn when_the_writer_panics_everybody_is_answered() {
    let model = || {
        let queue = CommitQueue::new(Limits { jobs: 3, bytes: 99 });
        let mut answers = Vec::new();
        for state in [ONE, TWO, ONE] {
            let save = AcceptedSave::within(request("run", state), MAX_STATE_BYTES).unwrap();
            let (queued, answer) = QueuedSave::new(save, None);
            let room = block_on(queue.reserve(1)).unwrap();
            assert!(room.fill(Errand::Save(queued)).is_ok());
            answers.push(answer);
        }
        // The first batch is what it panics with, the rest is what is left in the queue.
        let limit = Limits { jobs: 2, bytes: 99 };
        let thread = AssertUnwindSafe(|| commit_all(&queue, &mut PanickingWriter, limit));
        assert!(catch_unwind(thread).is_err());
        for answer in answers {
            let answer = block_on(answer).unwrap();
            assert_eq!(answer.unwrap_err().kind(), "unavailable");
        }
        assert!(block_on(queue.reserve(1)).is_err());
    };
    shuttle::check_random(model, 1);
}
