//! Models of the write path under many interleavings: single flight, rejections, closing; the commit
//! queue alone has its own.

mod queue;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};

use super::OptimizedOptions;
use super::write_path::WritePath;
use crate::request::MAX_STATE_BYTES;
use crate::storage::{BatchError, BatchWriter, Job, Written};
use crate::{CheckpointType, Observation, Outcome, PersistenceError, SaveRequest, SnapshotId};

/// Interleavings tried of the queue alone by each of the two schedulers.
const OF_THE_QUEUE: usize = 1000;

/// The same for the whole path, whose set-up costs more.
const OF_THE_PATH: usize = 200;

/// Changes of priority in an interleaving of the second scheduler.
const DEPTH: usize = 4;

fn explore(iterations: usize, model: impl Fn() + Send + Sync + Clone + 'static) {
    let config = || {
        let mut config = Config::new();
        // JSON and hashes need more than the default.
        config.stack_size = 1 << 19;
        config
    };
    Runner::new(RandomScheduler::new(iterations), config()).run(model.clone());
    Runner::new(PctScheduler::new(DEPTH, iterations), config()).run(model);
}

fn spawn<F, T>(future: F) -> thread::JoinHandle<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    thread::spawn(move || block_on(future))
}

/// The rows `(run, state)`, in the order of their ids.
type Rows = Arc<Mutex<Vec<(String, String)>>>;

/// Keeps rows in memory; rejects some.
struct FakeWriter {
    rows: Rows,
    /// Rejects states that contain `poison`.
    rejects: Arc<AtomicU32>,
}

impl BatchWriter for FakeWriter {
    fn write(&mut self, jobs: &[Job<'_>]) -> Result<Written, BatchError> {
        thread::yield_now();
        if jobs.iter().any(|job| job.save.state.contains("poison"))
            && self.rejects.load(Ordering::SeqCst) > 0
        {
            return Err(BatchError::Rejected(PersistenceError::Busy {
                context: "rejected by the model".into(),
            }));
        }
        let ids = {
            let mut rows = self.rows.lock().unwrap();
            let insert = |job: &Job<'_>| {
                rows.push((job.save.run_id.clone(), job.save.state.clone()));
                SnapshotId(rows.len() as i64)
            };
            jobs.iter().map(insert).collect()
        };
        // Committed, and not answered yet.
        thread::yield_now();
        let work = Observation {
            commits: 1,
            rows_written: jobs.len() as u64,
            ..Observation::default()
        };
        Ok(Written { ids, work })
    }
}

struct Model {
    path: Arc<WritePath>,
    rows: Rows,
    rejects: Arc<AtomicU32>,
}

impl Model {
    fn new() -> Self {
        Self::with(OptimizedOptions::default())
    }

    fn with(options: OptimizedOptions) -> Self {
        let rows = Rows::default();
        let rejects = Arc::new(AtomicU32::new(1));
        let options = OptimizedOptions {
            queue_jobs: 2,
            ..options
        };
        let mut path = WritePath::new(options, MAX_STATE_BYTES);
        let writer = FakeWriter {
            rows: Arc::clone(&rows),
            rejects: Arc::clone(&rejects),
        };
        path.start(Box::new(writer)).unwrap();
        Self {
            path: Arc::new(path),
            rows,
            rejects,
        }
    }

    /// Saves these states of a run one after the other, beside whatever else is under way.
    fn saves(&self, run_id: &'static str, states: &'static [&'static str]) -> Saves {
        let path = Arc::clone(&self.path);
        spawn(async move {
            let mut answers = Vec::new();
            for state in states {
                let saved = path.save(request(run_id, state), None).await;
                answers.push(saved.map(|saved| (saved.snapshot_id, saved.outcome)));
            }
            answers
        })
    }

    fn save(&self, run_id: &str, state: &str) -> (SnapshotId, Outcome) {
        let saved = block_on(self.path.save(request(run_id, state), None)).unwrap();
        (saved.snapshot_id, saved.outcome)
    }

    fn row(&self, id: SnapshotId) -> (String, String) {
        self.rows.lock().unwrap()[id.0 as usize - 1].clone()
    }

    fn latest(&self, run_id: &str) -> Option<String> {
        let rows = self.rows.lock().unwrap();
        let latest = rows.iter().rev().find(|(run, _)| run == run_id);
        latest.map(|(_, state)| state.clone())
    }

    /// Whatever is known of the run: a save that is answered makes its state the latest.
    fn each_state_can_become_the_latest(&self, run_id: &str, states: &[&str]) {
        for state in states {
            let (id, _) = self.save(run_id, state);
            assert_eq!(self.row(id), (run_id.to_owned(), (*state).to_owned()));
            assert_eq!(self.latest(run_id).as_deref(), Some(*state));
        }
    }

    fn close(self) -> Rows {
        for writer in self.path.close() {
            writer.join().unwrap();
        }
        self.rows
    }
}

type Saves = thread::JoinHandle<Vec<Result<(SnapshotId, Outcome), PersistenceError>>>;

const ONE: &str = r#"{"a":1}"#;
const TWO: &str = r#"{"a":2}"#;
const POISON: &str = r#"{"a":"poison"}"#;

fn request(run_id: &str, state: &str) -> SaveRequest {
    SaveRequest {
        run_id: run_id.into(),
        thread_id: "thread".into(),
        user_id: "user".into(),
        state: Bytes::copy_from_slice(state.as_bytes()),
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

#[test]
fn equal_saves_are_written_once_and_counted_exactly() {
    explore(OF_THE_PATH, || {
        let model = Model::new();
        // The second one is parsed before it is recognised.
        let equal = [&[ONE], &[r#"{ "a": 1 }"#], &[ONE]].map(|state| model.saves("run", state));
        let answers: Vec<_> = equal
            .into_iter()
            .flat_map(|saves| saves.join().unwrap())
            .map(Result::unwrap)
            .collect();
        assert!(answers.iter().all(|(id, _)| *id == SnapshotId(1)));
        let of = |wanted| {
            answers
                .iter()
                .filter(|(_, outcome)| *outcome == wanted)
                .count()
        };
        assert_eq!((of(Outcome::Written), of(Outcome::Deduplicated)), (1, 2));
        let statistics = model.path.committed().statistics();
        assert_eq!((statistics.hits, statistics.misses), (2, 1));
        assert_eq!(model.close().lock().unwrap().len(), 1);
    });
}

#[test]
fn each_answer_names_its_state_and_the_cache_never_an_older_one() {
    explore(OF_THE_PATH, || {
        let model = Model::new();
        let one = model.saves("run", &[ONE, TWO]);
        let other = model.saves("run", &[TWO, ONE]);
        let beside = model.saves("beside", &[ONE]);
        for (saves, states) in [(one, [ONE, TWO]), (other, [TWO, ONE])] {
            for (answer, state) in saves.join().unwrap().into_iter().zip(states) {
                let (id, _) = answer.unwrap();
                assert_eq!(model.row(id), ("run".to_owned(), state.to_owned()));
            }
        }
        beside.join().unwrap();
        model.each_state_can_become_the_latest("run", &[ONE, TWO, TWO, ONE]);
        model.close();
    });
}

/// Each save has a transaction of its own, so that those of a run land one after the other.
#[test]
fn what_a_save_under_way_replaces_answers_nobody() {
    explore(OF_THE_PATH, || {
        let model = Model::with(OptimizedOptions {
            batch: false,
            ..OptimizedOptions::default()
        });
        let path = Arc::clone(&model.path);
        let is_replaced = spawn(async move {
            let is_submitted = AtomicBool::new(false);
            let first_and_again = async {
                path.save(request("run", ONE), None).await.unwrap();
                let is_replaced = is_submitted.load(Ordering::SeqCst);
                path.save(request("run", ONE), None).await.unwrap();
                is_replaced
            };
            let in_between = async {
                is_submitted.store(true, Ordering::SeqCst);
                path.save(request("run", TWO), None).await.unwrap();
            };
            tokio::join!(biased; first_and_again, in_between).0
        });
        let last = match is_replaced.join().unwrap() {
            true => ONE,
            false => TWO,
        };
        assert_eq!(model.latest("run").as_deref(), Some(last));
        model.close();
    });
}

#[test]
fn a_rejected_save_fails_alone_and_is_not_remembered() {
    explore(OF_THE_PATH, || {
        let model = Model::new();
        let poisons = [0, 1].map(|_| model.saves("run", &[POISON]));
        let good = model.saves("run", &[ONE]);
        let beside = model.saves("beside", &[TWO]);
        for saves in poisons {
            let answers = saves.join().unwrap();
            assert_eq!(answers[0].as_ref().unwrap_err().kind(), "busy");
        }
        for saves in [good, beside] {
            assert!(saves.join().unwrap()[0].is_ok());
        }
        assert_eq!(model.latest("run").as_deref(), Some(ONE));
        assert_eq!(model.latest("beside").as_deref(), Some(TWO));
        model.rejects.store(0, Ordering::SeqCst);
        model.each_state_can_become_the_latest("run", &[POISON, ONE]);
        model.close();
    });
}

#[test]
fn closing_commits_what_is_queued_and_refuses_the_rest() {
    explore(OF_THE_PATH, || {
        let model = Model::new();
        let saves = [("a", [ONE, TWO]), ("b", [TWO, ONE])]
            .map(|(run, states)| (run, states, model.path.clone()))
            .map(|(run, states, path)| {
                let saving = spawn(async move {
                    let mut answers = Vec::new();
                    for state in states {
                        answers.push((state, path.save(request(run, state), None).await));
                    }
                    answers
                });
                (run, saving)
            });
        let rows = model.close();
        let mut committed = 0;
        for (run, saving) in saves {
            for (state, answer) in saving.join().unwrap() {
                match answer {
                    Ok(saved) => {
                        let id = saved.snapshot_id.0 as usize - 1;
                        assert_eq!(rows.lock().unwrap()[id], (run.to_owned(), state.to_owned()));
                        committed += 1;
                    }
                    Err(error) => assert_eq!(error.kind(), "unavailable"),
                }
            }
        }
        assert_eq!(rows.lock().unwrap().len(), committed);
    });
}

#[test]
fn a_caller_who_stops_waiting_does_not_hold_up_the_run() {
    explore(OF_THE_PATH, || {
        let model = Model::new();
        let path = Arc::clone(&model.path);
        let given_up = spawn(async move {
            let mut save = pin!(path.save(request("run", ONE), None));
            for _ in 0..2 {
                if poll_fn(|context| Poll::Ready(save.as_mut().poll(context).is_ready())).await {
                    break;
                }
                thread::yield_now();
            }
        });
        let other = model.saves("run", &[TWO, ONE]);
        given_up.join().unwrap();
        assert!(other.join().unwrap().iter().all(Result::is_ok));
        model.each_state_can_become_the_latest("run", &[TWO, ONE]);
        model.close();
    });
}
