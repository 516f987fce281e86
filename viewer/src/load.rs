//! Loading as hooks: what a page needs, while it is on its way, and what went wrong.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use shared::criteria::Policy;
use shared::report::{Index, Run};
use shared::summary::{RunSummary, summarize_in_steps};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::api::{self, Fault, RunFiles, run_file};
use crate::browser::{self, ADDRESS, Listener, Slices};
use crate::place;
use crate::route::Side;
use shared::comparison::{Evidence, RunComparison, compare_in_steps};

const LIST: &str = "Loading the list of runs …";
const RUNS: &str = "Loading the runs …";
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

/// [`browser::attempts`] for components below the one that follows the address.
#[hook]
fn use_attempts() -> f64 {
    let attempts = use_state_eq(browser::attempts);
    let setter = attempts.setter();
    use_effect_with((), move |()| {
        let listener = Listener::new(ADDRESS, move || setter.set(browser::attempts()));
        move || drop(listener)
    });
    *attempts
}

/// The list of runs; `None` in it where no run was ever listed. What an earlier page read is shown at once, and again only where
/// the server has another list by now.
#[hook]
pub(crate) fn use_index() -> Loading<Rc<Option<Index>>> {
    let base = place::base();
    let state = use_state(|| match kept_index(&base) {
        Some(kept) => Loading::Ready(kept),
        None => Loading::Pending(LIST.to_owned()),
    });
    let setter = state.setter();
    let attempt = use_attempts();
    use_effect_with((attempt, base), move |(_, base)| {
        let base = base.clone();
        let task = Task::start(async move |task: Task| {
            let shown = kept_index(&base);
            if shown.is_none() {
                setter.set(Loading::Pending(LIST.to_owned()));
            }
            let loaded = load_index(&base).await;
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

/// Where reports are read from; an error says why not.
type Base = Result<String, Fault>;

/// A list, where it was read from, and its text; no text where there is no file.
type KeptIndex = (Base, Option<String>, Rc<Option<Index>>);

thread_local! {
    /// The list as it was read last: reading it takes longer than everything else that most pages made of it do.
    static KEPT: RefCell<Option<KeptIndex>> = const { RefCell::new(None) };
}

fn kept_index(base: &Base) -> Option<Rc<Option<Index>>> {
    let of_base = |kept: &&KeptIndex| kept.0 == *base;
    KEPT.with_borrow(|kept| {
        kept.as_ref()
            .filter(of_base)
            .map(|(.., index)| index.clone())
    })
}

async fn load_index(base: &Base) -> Result<Rc<Option<Index>>, Fault> {
    let folder = base.clone()?;
    let text = api::fetch_index(&folder).await?;
    let is_same = |kept: &Option<KeptIndex>| kept.as_ref().is_some_and(|(_, old, _)| *old == text);
    if KEPT.with_borrow(is_same)
        && let Some(kept) = kept_index(base)
    {
        return Ok(kept);
    }
    let index = text
        .as_deref()
        .map(|text| api::parse_index(&folder, text))
        .transpose()?;
    let index = Rc::new(index);
    KEPT.set(Some((base.clone(), text, index.clone())));
    Ok(index)
}

/// A run on its way: what is known of it, and how many of its scenarios are there.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) run: Rc<Run>,
    pub(crate) scenarios: usize,
}

/// What came of a wanted run.
#[derive(Debug, Clone)]
pub(crate) struct RunLoad {
    pub(crate) state: Loading<Rc<RunData>>,
    /// Once `run.json` is there.
    pub(crate) arrival: Option<Arrival>,
}

impl RunLoad {
    fn begun() -> Self {
        Self {
            state: Loading::Pending("Loading the run …".to_owned()),
            arrival: None,
        }
    }
}

/// Where a run is read from: folder and name.
type Wanted = (Base, String);

/// A run, fetched once and kept while the reader moves between its pages; `None` while no run is asked for.
#[hook]
pub(crate) fn use_run(id: Option<&str>) -> Option<RunLoad> {
    let state = use_state(|| None::<(Wanted, RunLoad)>);
    let setter = state.setter();
    let kept = state.as_ref().map(|(wanted, _)| wanted.clone());
    let asked = id.map(|id| (place::base(), id.to_owned()));
    use_effect_with(
        (browser::attempts(), asked.clone().or(kept)),
        move |(_, wanted)| {
            let task = wanted.clone().map(|wanted| {
                Task::start(async move |task: Task| {
                    let show = |load| {
                        if task.is_wanted() {
                            setter.set(Some((wanted.clone(), load)));
                        }
                    };
                    let loaded = load(&wanted, &show).await;
                    show(RunLoad {
                        state: loaded.map_or_else(Loading::Failed, Loading::Ready),
                        arrival: None,
                    });
                })
            });
            move || task.iter().for_each(Task::cancel)
        },
    );
    let asked = asked?;
    Some(match state.as_ref() {
        Some((loaded, load)) if *loaded == asked => load.clone(),
        _ => RunLoad::begun(),
    })
}

async fn load((base, id): &Wanted, show: &dyn Fn(RunLoad)) -> Result<Rc<RunData>, Fault> {
    show(RunLoad::begun());
    let base = base.clone()?;
    let slices = Slices::new();
    let tell = |text, arrival| {
        show(RunLoad {
            state: Loading::Pending(text),
            arrival,
        });
    };
    let files = load_files(&base, id, &slices, &tell).await?;
    tell(COMPUTING.to_owned(), None);
    let summary = summarize_in_steps(&files.run, &files.scenarios, &async || {
        slices.pause().await;
    })
    .await;
    Ok(Rc::new(RunData { files, summary }))
}

/// Tells how far loading is.
type Tell<'a> = &'a dyn Fn(String, Option<Arrival>);

async fn load_files(
    base: &str,
    id: &str,
    slices: &Slices,
    tell: Tell<'_>,
) -> Result<RunFiles, Fault> {
    let run = Rc::new(api::load_run(base, id).await?);
    let total = run.scenarios.len();
    let started: Vec<_> = run
        .scenarios
        .iter()
        .map(|entry| api::start_scenario(base, &run, entry))
        .collect();
    let mut scenarios = Vec::new();
    let mut absent = Vec::new();
    for (i, (entry, request)) in run.scenarios.iter().zip(started).enumerate() {
        let progress = |size: &str| {
            let arrival = Arrival {
                run: run.clone(),
                scenarios: i,
            };
            let (number, title) = (i + 1, &entry.title);
            let text = format!("Loading scenario {number} of {total}: {title} … {size}");
            tell(text, Some(arrival));
        };
        progress("");
        match api::finish_scenario((base, &run), entry, request, &progress, slices).await {
            Ok(scenario) => scenarios.push(scenario),
            Err(absence) => absent.push((entry.name.clone(), absence)),
        }
    }
    Ok(RunFiles {
        base: base.to_owned(),
        is_local: browser::opened_file(&run_file(base, id)).is_some(),
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
    let state = use_state(|| Loading::Pending(RUNS.to_owned()));
    let setter = state.setter();
    let attempt = use_attempts();
    let sides = (attempt, reference.clone(), candidate.clone());
    use_effect_with(sides, move |(_, reference, candidate)| {
        let (reference, candidate) = (reference.clone(), candidate.clone());
        let task = Task::start(async move |task: Task| {
            let show = |loading| {
                if task.is_wanted() {
                    setter.set(loading);
                }
            };
            let progress = |text| show(Loading::Pending(text));
            progress(RUNS.to_owned());
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
    let base = place::base()?;
    let slices = Slices::new();
    let tell = |text, _| progress(text);
    let first = Rc::new(load_files(&base, &reference.run, &slices, &tell).await?);
    let second = if candidate.run == reference.run {
        first.clone()
    } else {
        Rc::new(load_files(&base, &candidate.run, &slices, &tell).await?)
    };
    let policy = load_policy(&second.run).await?;
    progress(COMPUTING.to_owned());
    let sides = (evidence(&first, reference), evidence(&second, candidate));
    let result = compare_in_steps(&sides.0, &sides.1, &policy, &async || {
        slices.pause().await;
    })
    .await
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
