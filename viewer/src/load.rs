//! Loading as hooks: what a page needs, while it is on its way, and what went wrong.

use std::cell::Cell;
use std::rc::Rc;

use shared::criteria::Policy;
use shared::report::{Index, Run};
use shared::summary::{RunSummary, summarize};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::api::{self, Fault, RunFiles};
use crate::route::Side;
use shared::comparison::{Evidence, RunComparison, compare};

const COMPUTING: &str = "Computing intervals …";

/// Something that comes from the server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Loading<T> {
    /// On its way; says how far it is.
    Pending(String),
    /// There.
    Ready(T),
    /// Cannot be had.
    Failed(Fault),
}

/// A run with its scenarios and what they come to.
#[derive(Debug)]
pub(crate) struct RunData {
    pub(crate) files: RunFiles,
    pub(crate) summary: RunSummary,
}

/// A run is loaded once and never changes, so that one look tells whether a page must be laid out anew.
impl PartialEq for RunData {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// The list of runs, fetched when the page opens; `None` in it where no run was ever listed.
#[hook]
pub(crate) fn use_index() -> Loading<Rc<Option<Index>>> {
    let state = use_state(|| Loading::Pending("Loading the list of runs …".to_owned()));
    let setter = state.setter();
    use_effect_with((), move |()| {
        let task = Task::start(async move |task: Task| {
            let loaded = api::load_index().await;
            if task.is_wanted() {
                setter.set(
                    loaded.map_or_else(Loading::Failed, |index| Loading::Ready(Rc::new(index))),
                );
            }
        });
        move || task.cancel()
    });
    (*state).clone()
}

/// A run, fetched once and kept while the reader moves between its pages; `None` while no run is asked for.
#[hook]
pub(crate) fn use_run(id: Option<&str>) -> Option<Loading<Rc<RunData>>> {
    let state = use_state(|| None::<(String, Loading<Rc<RunData>>)>);
    let setter = state.setter();
    let kept = state.as_ref().map(|(id, _)| id.clone());
    let wanted = id.map(str::to_owned).or(kept);
    use_effect_with(wanted, move |wanted| {
        let task = wanted.clone().map(|id| {
            Task::start(async move |task: Task| {
                let show = |loading| {
                    if task.is_wanted() {
                        setter.set(Some((id.clone(), loading)));
                    }
                };
                let loaded = load(&id, |progress| show(Loading::Pending(progress))).await;
                show(loaded.map_or_else(Loading::Failed, Loading::Ready));
            })
        });
        move || task.iter().for_each(Task::cancel)
    });
    let id = id?;
    Some(match state.as_ref() {
        Some((loaded, loading)) if loaded == id => loading.clone(),
        _ => Loading::Pending("Loading the run …".to_owned()),
    })
}

async fn load(id: &str, progress: impl Fn(String)) -> Result<Rc<RunData>, Fault> {
    let files = load_files(id, &progress).await?;
    progress(COMPUTING.to_owned());
    crate::browser::breathe().await;
    let summary = summarize(&files.run, &files.scenarios);
    Ok(Rc::new(RunData { files, summary }))
}

async fn load_files(id: &str, progress: &dyn Fn(String)) -> Result<RunFiles, Fault> {
    let run = api::load_run(id).await?;
    let total = run.scenarios.len();
    let started: Vec<_> = run
        .scenarios
        .iter()
        .map(|entry| api::start_scenario(&run, entry))
        .collect();
    let mut scenarios = Vec::new();
    let mut absent = Vec::new();
    for (i, (entry, request)) in run.scenarios.iter().zip(started).enumerate() {
        progress(format!(
            "Loading scenario {} of {total}: {} …",
            i + 1,
            entry.title
        ));
        match api::finish_scenario(&run, entry, request).await {
            Ok(scenario) => scenarios.push(scenario),
            Err(absence) => absent.push((entry.name.clone(), absence)),
        }
    }
    Ok(RunFiles {
        run,
        scenarios,
        absent,
    })
}

/// Two runs and what comes of holding one against the other.
#[derive(Debug)]
pub(crate) struct CompareData {
    pub(crate) reference: Rc<RunFiles>,
    /// The same files where both sides are arms of one run.
    pub(crate) candidate: Rc<RunFiles>,
    /// What the comparison is judged by.
    pub(crate) policy: Policy,
    /// What came of it, or why there is nothing to compare.
    pub(crate) result: Result<RunComparison, String>,
}

impl PartialEq for CompareData {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Two sides of a comparison, fetched and compared when the page opens.
#[hook]
pub(crate) fn use_comparison(reference: &Side, candidate: &Side) -> Loading<Rc<CompareData>> {
    let state = use_state(|| Loading::Pending("Loading the runs …".to_owned()));
    let setter = state.setter();
    use_effect_with((reference.clone(), candidate.clone()), move |sides| {
        let (reference, candidate) = sides.clone();
        let task = Task::start(async move |task: Task| {
            let show = |loading| {
                if task.is_wanted() {
                    setter.set(loading);
                }
            };
            let progress = |text| show(Loading::Pending(text));
            let loaded = load_comparison(&reference, &candidate, &progress).await;
            show(loaded.map_or_else(Loading::Failed, Loading::Ready));
        });
        move || task.cancel()
    });
    (*state).clone()
}

async fn load_comparison(
    reference: &Side,
    candidate: &Side,
    progress: &dyn Fn(String),
) -> Result<Rc<CompareData>, Fault> {
    let first = Rc::new(load_files(&reference.run, progress).await?);
    let second = if candidate.run == reference.run {
        first.clone()
    } else {
        Rc::new(load_files(&candidate.run, progress).await?)
    };
    let policy = load_policy(&second.run).await?;
    progress(COMPUTING.to_owned());
    crate::browser::breathe().await;
    let result = compare(
        &evidence(&first, reference),
        &evidence(&second, candidate),
        &policy,
    )
    .map_err(|e| e.to_string());
    Ok(Rc::new(CompareData {
        reference: first,
        candidate: second,
        policy,
        result,
    }))
}

fn evidence<'a>(files: &'a RunFiles, side: &Side) -> Evidence<'a> {
    Evidence {
        run: &files.run,
        scenarios: &files.scenarios,
        arm: side.arm,
    }
}

/// The candidate's own policy where it is a gate, or else the one for continuous integration.
async fn load_policy(run: &Run) -> Result<Policy, Fault> {
    if run.policy.gate {
        return Ok(run.policy.clone());
    }
    api::load_gate_policy().await
}

/// Work that nobody waits for any more once its page is gone.
#[derive(Clone)]
struct Task(Rc<Cell<bool>>);

impl Task {
    fn start<F: Future<Output = ()> + 'static>(work: impl FnOnce(Self) -> F) -> Self {
        let task = Self(Rc::new(Cell::new(true)));
        spawn_local(work(task.clone()));
        task
    }

    fn is_wanted(&self) -> bool {
        self.0.get()
    }

    fn cancel(&self) {
        self.0.set(false);
    }
}
