//! Loading as hooks: what a page needs, while it is on its way, and what went wrong.

use std::cell::{Cell, RefCell};
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

/// The list of runs; `None` in it where no run was ever listed. What an earlier page read is shown at once, and again only where
/// the server has another list by now.
#[hook]
pub(crate) fn use_index() -> Loading<Rc<Option<Index>>> {
    let state = use_state(|| match kept_index() {
        Some(kept) => Loading::Ready(kept),
        None => Loading::Pending("Loading the list of runs …".to_owned()),
    });
    let setter = state.setter();
    use_effect_with((), move |()| {
        let task = Task::start(async move |task: Task| {
            let shown = kept_index();
            let loaded = load_index().await;
            let is_news = match (&loaded, &shown) {
                (Ok(index), Some(shown)) => !Rc::ptr_eq(index, shown),
                (_, shown) => shown.is_none(),
            };
            if is_news && task.is_wanted() {
                setter.set(loaded.map_or_else(Loading::Failed, Loading::Ready));
            }
        });
        move || task.cancel()
    });
    (*state).clone()
}

/// A list and the text that it was read from; no text where there is no file.
type KeptIndex = (Option<String>, Rc<Option<Index>>);

thread_local! {
    /// The list as it was read last: reading it takes longer than everything else that most pages made of it do.
    static KEPT: RefCell<Option<KeptIndex>> = const { RefCell::new(None) };
}

fn kept_index() -> Option<Rc<Option<Index>>> {
    KEPT.with_borrow(|kept| kept.as_ref().map(|(_, index)| index.clone()))
}

async fn load_index() -> Result<Rc<Option<Index>>, Fault> {
    let text = api::fetch_index().await?;
    let is_same = |kept: &Option<KeptIndex>| kept.as_ref().is_some_and(|(old, _)| *old == text);
    if KEPT.with_borrow(is_same)
        && let Some(kept) = kept_index()
    {
        return Ok(kept);
    }
    let index = text.as_deref().map(api::parse_index).transpose()?;
    let index = Rc::new(index);
    KEPT.set(Some((text, index.clone())));
    Ok(index)
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
