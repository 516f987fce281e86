//! The arm's side: the only place that knows the services. Reads requests from standard input, one a line, and
//! answers on standard output.

mod eviction;
mod faults;
mod generator;
mod null;
mod outbox;
mod recorder;
mod resources;
mod step;
mod subject;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use persistence::{Promises as ServicePromises, StatePersistence};
use shared::report::{Mode, Promises};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::generator::{Served, States, begin_soon, serve};
use self::outbox::Outbox;
use self::recorder::{Grid, Readings, record};
use self::resources::{Instruments, Sampler, resident_bytes};
pub(crate) use self::subject::{Subject, SubjectError};
use super::messages::{BlockDone, Open, Opened, PROTOCOL, Reply, Request, Tried};
use crate::dataset::Dataset;
use crate::environment::build;
use crate::plan::{Plan, PlannedBlock, Step, digest, used_states};

/// Samples an arm takes at the most over a scenario: what a chart can show.
const MOST_SAMPLES: f64 = 120.0;
/// Shorter samples hold too few saves for a percentile.
const SHORTEST_SAMPLE: Duration = Duration::from_millis(250);

/// Serves requests until told to close or until the controller is gone.
///
/// # Errors
/// Where the controller cannot be understood or answered.
pub(crate) async fn work() -> anyhow::Result<()> {
    let (outbox, speaker) = Outbox::start(std::io::stdout());
    outbox.reply(Reply::Hello {
        protocol: PROTOCOL,
        build: Some(build()),
    });
    let mut lines = requests();
    let mut session: Option<Session> = None;
    while let Some(line) = lines.recv().await {
        let line = line.context("the controller cannot be heard")?;
        let request =
            serde_json::from_str(&line).context("the controller said something unknown")?;
        let closing = matches!(request, Request::Close);
        let reply = answer(request, &mut session, &outbox)
            .await
            .unwrap_or_else(|e| Reply::Failed {
                cause: format!("{e:#}"),
            });
        outbox.reply(reply);
        if closing {
            break;
        }
    }
    drop((outbox, session));
    match speaker.join() {
        Ok(spoken) => spoken.context("the controller cannot be answered"),
        Err(_) => bail!("the thread that answers the controller broke"),
    }
}

/// The lines of standard input, read by a thread of its own: the runtime's would keep the process from ending while
/// the controller keeps the pipe open.
fn requests() -> UnboundedReceiver<std::io::Result<String>> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

async fn answer(
    request: Request,
    session: &mut Option<Session>,
    outbox: &Outbox,
) -> anyhow::Result<Reply> {
    match request {
        Request::Open(open) => {
            let (opened, begun) = Session::open(*open).await?;
            *session = Some(begun);
            Ok(Reply::Opened(opened))
        }
        Request::Run { block } => {
            let session = session.as_ref().context("no scenario is open")?;
            Ok(Reply::BlockDone(Box::new(
                session.run(block, outbox.clone()).await?,
            )))
        }
        Request::Try { step } => {
            let session = session.as_mut().context("no scenario is open")?;
            let tried = session.attempt(step, outbox.clone()).await?;
            Ok(Reply::Tried(Box::new(tried)))
        }
        Request::ProbeEviction => {
            let session = session.as_ref().context("no scenario is open")?;
            Ok(Reply::Probed {
                probe: session.probe().await?,
            })
        }
        Request::Close => {
            if let Some(session) = session.take() {
                session.service.close().await;
            }
            Ok(Reply::Closed)
        }
    }
}

/// A scenario in progress.
struct Session {
    open: Open,
    subject: Subject,
    dataset: Dataset,
    service: Arc<dyn StatePersistence>,
    states: Arc<States>,
    blocks: Vec<Arc<PlannedBlock>>,
    instruments: Instruments,
}

impl Session {
    async fn open(open: Open) -> anyhow::Result<(Opened, Self)> {
        let subject: Subject = open.service.parse()?;
        let dataset = Dataset::new(open.seed, open.states);
        let plan =
            Plan::new(&open.spec, open.seed, &dataset)?.for_arm(open.role, &open.spec, open.seed);
        let states = Arc::new(states_of(&plan, open.pair, &dataset));
        warm_up(&subject, &open, &plan, &states)
            .await
            .context("warm-up")?;
        let database = open.folder.join("state.db");
        let service = subject
            .open(&database, open.spec.cache_entries, None)
            .await
            .with_context(|| format!("the database {}", database.display()))?;
        let mut promises = in_words(&service.promises().await?);
        promises.insert("build_profile".to_owned(), build().profile);
        promises.insert("dataset".to_owned(), dataset.fingerprint());
        // A state that is missing would be refused as a save, and is no other build's.
        let hash = |state: u32| blake3::hash(states.get(&state).map_or(&[], |text| text));
        let opened = Opened {
            promises,
            plan: digest(&plan, open.pair, hash),
            stores: subject.stores(),
            caches: subject.caches(),
            idle_resident_bytes: resident_bytes(),
            database: database.clone(),
        };
        let instruments = Instruments::new(Arc::clone(&service), &database);
        let blocks = plan.blocks.into_iter().map(Arc::new).collect();
        Ok((
            opened,
            Self {
                open,
                subject,
                dataset,
                service,
                states,
                blocks,
                instruments,
            },
        ))
    }

    async fn run(&self, number: usize, outbox: Outbox) -> anyhow::Result<BlockDone> {
        let block = self
            .blocks
            .get(number)
            .with_context(|| format!("the plan has no block {number}"))?;
        let grid = grid(&self.open, block);
        let before = self.instruments.read();
        let begin = begin_soon();
        let sampler = (block.mode == Mode::Open)
            .then(|| Sampler::start(self.instruments.clone(), begin, grid.interval, grid.count));
        let service = Arc::clone(&self.service);
        let states = Arc::clone(&self.states);
        let served = serve(service, states, Arc::clone(block), Some(outbox), begin).await;
        let after = self.instruments.read();
        let during = sampler.map(Sampler::finish).unwrap_or_default();
        check_all_answered(block, &served)?;
        let readings = Readings {
            before,
            after,
            during,
            caches: self.subject.caches(),
        };
        Ok(record(self.open.role, block, &served, &readings, grid)?)
    }

    /// Tries a step of a search. Its states are made before it begins.
    async fn attempt(&mut self, step: Step, outbox: Outbox) -> anyhow::Result<Tried> {
        let block = Arc::new(step.plan(&self.open.spec, self.open.seed, &self.dataset)?);
        let states = Arc::make_mut(&mut self.states);
        for save in &block.saves {
            states
                .entry(save.state)
                .or_insert_with(|| self.dataset.state(save.state));
        }
        let service = Arc::clone(&self.service);
        let states = Arc::clone(&self.states);
        let begin = begin_soon();
        let served = serve(service, states, Arc::clone(&block), Some(outbox), begin).await;
        check_all_answered(&block, &served)?;
        Ok(step::evidence(&step, &block, &served)?)
    }

    async fn probe(&self) -> anyhow::Result<Option<shared::report::EvictionProbe>> {
        let Some(asked) = self
            .open
            .spec
            .eviction_probe
            .filter(|_| self.subject.caches())
        else {
            return Ok(None);
        };
        let folder = scratch(&self.open.folder, "probe")?;
        let capacity = self.open.spec.cache_entries;
        let probe = eviction::probe(&self.subject, &folder, capacity, asked.operations).await?;
        std::fs::remove_dir_all(&folder)?;
        Ok(Some(probe))
    }
}

fn check_all_answered(block: &PlannedBlock, served: &Served) -> anyhow::Result<()> {
    let (planned, answered) = (block.saves.len(), served.completions.len());
    if answered != planned {
        bail!(
            "{} of {planned} saves were never answered",
            planned - answered
        );
    }
    Ok(())
}

/// Saves that do not count, on a database that is thrown away: code is loaded and the allocator has grown before the
/// idle baseline is taken, while the real database stays clean and the real cache empty.
async fn warm_up(
    subject: &Subject,
    open: &Open,
    plan: &Plan,
    states: &Arc<States>,
) -> anyhow::Result<()> {
    let folder = scratch(&open.folder, "warm-up")?;
    let database = folder.join("warm-up.db");
    let service = subject
        .open(&database, open.spec.cache_entries, None)
        .await?;
    let length_ns = plan.warm_up.iter().map(|s| s.at_ns).max().unwrap_or(0) + 1;
    let block = Arc::new(PlannedBlock {
        pair: 0,
        mode: Mode::Open,
        pattern: None,
        saves: plan.warm_up.clone(),
        length_ns,
    });
    let instruments = Instruments::new(Arc::clone(&service), &database);
    let before = instruments.read();
    let served = serve(
        Arc::clone(&service),
        Arc::clone(states),
        Arc::clone(&block),
        None,
        begin_soon(),
    )
    .await;
    let readings = Readings {
        before,
        after: instruments.read(),
        during: Vec::new(),
        caches: subject.caches(),
    };
    // Recorded and thrown away, so that the recorder's own memory is part of the idle baseline.
    record(open.role, &block, &served, &readings, grid(open, &block))?;
    service.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn scratch(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let scratch = folder.join(name);
    std::fs::create_dir_all(&scratch)
        .with_context(|| format!("the folder {}", scratch.display()))?;
    Ok(scratch)
}

/// The states that a plan uses, in one pair or in all.
fn states_of(plan: &Plan, pair: Option<u32>, dataset: &Dataset) -> States {
    let mut states = States::new();
    for state in used_states(plan, pair) {
        states.entry(state).or_insert_with(|| dataset.state(state));
    }
    states
}

fn grid(open: &Open, block: &PlannedBlock) -> Grid {
    let wanted = (open.spec.offered.seconds / MOST_SAMPLES).max(SHORTEST_SAMPLE.as_secs_f64());
    let length = Duration::from_nanos(block.length_ns.max(1));
    let count = (length.as_secs_f64() / wanted).round().max(1.0) as u32;
    Grid {
        interval: length / count,
        count,
    }
}

/// What the service promises, by name. Both arms are compared by these.
fn in_words(promises: &ServicePromises) -> Promises {
    [
        ("database", promises.database.clone()),
        ("journal_mode", promises.journal_mode.clone()),
        ("synchronous", promises.synchronous.clone()),
        ("foreign_keys", promises.foreign_keys.to_string()),
        ("page_size", promises.page_size.to_string()),
        (
            "wal_autocheckpoint",
            promises.wal_autocheckpoint.to_string(),
        ),
        ("schema_version", promises.schema_version.to_string()),
        ("pool_size", promises.pool_size.to_string()),
        ("retention", promises.retention.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
