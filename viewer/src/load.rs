//! Loading as hooks: what a page needs, while it is on its way, and what went wrong.

use std::cell::Cell;
use std::rc::Rc;

use shared::report::Index;
use shared::summary::{RunSummary, summarize};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::api::{self, Fault, RunFiles};

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
    progress("Computing intervals …".to_owned());
    crate::browser::breathe().await;
    let summary = summarize(&run, &scenarios);
    Ok(Rc::new(RunData {
        files: RunFiles {
            run,
            scenarios,
            absent,
        },
        summary,
    }))
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
