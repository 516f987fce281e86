//! The arm's side: the only place that knows the services. Reads requests from standard input, one a line, and
//! answers on standard output.

mod allocator;
mod cache_failure;
mod counters;
mod early;
mod eviction;
mod faults;
mod generator;
mod memory_profile;
mod network;
mod null;
mod outbox;
mod recorder;
mod resources;
mod server_reading;
mod server_statistics;
mod sqlite_log;
mod step;
mod subject;
mod urgency;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
pub(crate) use persistence::RETAINED_SNAPSHOTS;
use persistence::{CacheFaults, Promises as ServicePromises, StatePersistence};
use shared::report::{MemoryProfile, Mode, Promises, Resources};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::cache_failure::{inflict, recovery_ns};
use self::counters::Counters;
pub(crate) use self::generator::LEAD;
use self::generator::{Served, begin_soon, serve};
use self::outbox::Outbox;
use self::recorder::{Grid, Readings, record};
pub(crate) use self::resources::unreadable;
use self::resources::{Instruments, Sampler, resident_bytes};
use self::subject::{Opening, Sampling, Started};
pub(crate) use self::subject::{Subject, SubjectError};
pub(crate) use self::urgency::be_urgent;
use super::messages::{
    BlockDone, CacheFailed, CacheFailure, Open, Opened, PROTOCOL, Reply, Request, Tried,
};
use crate::dataset::{Dataset, Import, ImportError};
use crate::environment::build;
use crate::plan::{Plan, PlannedBlock, Step, Stretch, Texts, digest};
use crate::scenario::SHORTEST_SAMPLE;

/// How long an arm that was told everything may take to end.
const LAST_WORDS: Duration = Duration::from_millis(100);

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
/// the controller keeps the pipe open. Where the controller is gone, the load that is under way ends too: whoever goes on with
/// the run must have the database to himself.
fn requests() -> UnboundedReceiver<std::io::Result<String>> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
        drop(sender);
        std::thread::sleep(LAST_WORDS);
        std::process::exit(1);
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
            if open.spec.acknowledges_at_once() {
                outbox.speak_at_once();
            }
            let (opened, begun) = Session::open(*open).await?;
            *session = Some(begun);
            Ok(Reply::Opened(opened))
        }
        Request::Run {
            block,
            stretch,
            failure,
        } => {
            let session = session.as_ref().context("no scenario is open")?;
            let block = session.block(block, stretch)?;
            let done = session.run(&block, failure, outbox.clone()).await?;
            Ok(Reply::BlockDone(Box::new(done)))
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
        Request::ProfileMemory => {
            let session = session.as_ref().context("no scenario is open")?;
            Ok(Reply::Profiled {
                profile: session.profile_memory().await?,
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
    /// A handle on its cache, where it has one.
    cache: Option<CacheFaults>,
    texts: Arc<Texts>,
    blocks: Vec<Arc<PlannedBlock>>,
    instruments: Instruments,
    /// None where nothing is to be counted.
    counters: Option<Counters>,
}

impl Session {
    async fn open(open: Open) -> anyhow::Result<(Opened, Self)> {
        let subject: Subject = open.service.parse()?;
        let dataset = dataset_of(&open)?;
        let plan =
            Plan::new(&open.spec, open.seed, &dataset)?.for_arm(open.role, &open.spec, open.seed);
        let texts = Arc::new(Texts::new(&plan, open.pair, &dataset));
        // Who takes over from a process that ended has no time for it, and the idle baseline is known.
        if !open.resumed {
            warm_up(&subject, &open, &plan, &texts)
                .await
                .context("warm-up")?;
        }
        let opening = Instant::now();
        let Started { service, cache } = subject
            .start(Opening {
                place: &open.place,
                cache_entries: open.spec.cache_entries,
                statement_timeout: open.spec.statement_timeout(),
                on_evict: None,
            })
            .await
            .with_context(|| format!("the database {}", open.place))?;
        let open_ns = u64::try_from(opening.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // Before the idle baseline, of which it is a part.
        let counters = match subject.sampling() {
            Some(Sampling::Off) => None,
            _ => Some(Counters::open(&service, &open.place, !open.spec.split).await),
        };
        let mut promises = in_words(&service.promises().await?);
        promises.insert("build_profile".to_owned(), build().profile);
        promises.insert("dataset".to_owned(), dataset.fingerprint());
        let hash = |state: u32| texts.hash(state);
        let mut unmeasured = unreadable();
        if let Some(counters) = &counters {
            unmeasured.extend(counters.missing().await);
        }
        let opened = Opened {
            promises,
            plan: digest(&plan, open.pair, hash),
            stores: subject.stores(),
            caches: subject.caches(),
            idle_resident_bytes: resident_bytes(),
            open_ns,
            unmeasured,
        };
        let instruments = Instruments::new(Arc::clone(&service), &open.place);
        let blocks = plan.blocks.into_iter().map(Arc::new).collect();
        Ok((
            opened,
            Self {
                open,
                subject,
                dataset,
                service,
                cache,
                texts,
                blocks,
                instruments,
                counters,
            },
        ))
    }

    /// A block of the plan, or a stretch of one.
    fn block(&self, number: usize, stretch: Option<Stretch>) -> anyhow::Result<Arc<PlannedBlock>> {
        let whole = self.blocks.get(number);
        let whole = whole.with_context(|| format!("the plan has no block {number}"))?;
        Ok(stretch.map_or_else(|| Arc::clone(whole), |part| Arc::new(whole.part(part))))
    }

    async fn run(
        &self,
        block: &Arc<PlannedBlock>,
        failure: Option<CacheFailure>,
        outbox: Outbox,
    ) -> anyhow::Result<BlockDone> {
        let grid = grid(&self.open, block);
        let counting = match &self.counters {
            Some(counters) => Some((counters, counters.begin().await)),
            None => None,
        };
        let before = self.instruments.read();
        let begin = begin_soon();
        let sampler = self.sampler(block.mode, begin, grid);
        let service = Arc::clone(&self.service);
        let texts = Arc::clone(&self.texts);
        let (served, failed) = tokio::join!(
            serve(service, texts, Arc::clone(block), Some(outbox), begin),
            self.fail_cache(failure, begin)
        );
        let after = self.instruments.read();
        let sampled = sampler.map(Sampler::finish).unwrap_or_default();
        let resources = match counting {
            Some((counters, begun)) => counters.end(begun, sampled.processor_ns).await,
            // Nothing ran that could have taken any.
            None => Resources {
                instruments_ns: Some(0),
                ..Resources::default()
            },
        };
        check_all_answered(block, &served)?;
        let readings = Readings {
            before,
            after,
            during: sampled.readings,
            resources: Some(resources),
            caches: self.subject.caches(),
        };
        let mut done = record(self.open.role, block, &served, &readings, grid)?;
        done.failure = failed?.map(|failed| CacheFailed {
            recovery_ns: recovery_ns(block, &served.completions, failed.at_ns + failed.length_ns),
            ..failed
        });
        Ok(done)
    }

    /// Samples a block. One of the closed model has no samples in the report, and no planned end: it is sampled only to see
    /// what that costs.
    fn sampler(&self, mode: Mode, begin: Instant, grid: Grid) -> Option<Sampler> {
        let (interval, count) = match (self.subject.sampling(), mode) {
            (Some(Sampling::Off), _) | (None, Mode::Closed) => return None,
            (Some(Sampling::On), Mode::Closed) => (SHORTEST_SAMPLE, u32::MAX),
            (_, Mode::Open) => (grid.interval, grid.count),
        };
        let instruments = self.instruments.clone();
        Some(Sampler::start(instruments, begin, interval, count))
    }

    /// Lets the cache fail in the middle of a block, where that is asked for.
    async fn fail_cache(
        &self,
        failure: Option<CacheFailure>,
        begin: Instant,
    ) -> anyhow::Result<Option<CacheFailed>> {
        let Some(failure) = failure else {
            return Ok(None);
        };
        let cache = self
            .cache
            .as_ref()
            .context("the service has no cache that could fail")?;
        inflict(cache, failure, begin).await.map(Some)
    }

    /// Tries a step of a search. Its states are made before it begins.
    async fn attempt(&mut self, step: Step, outbox: Outbox) -> anyhow::Result<Tried> {
        let block = Arc::new(step.plan(&self.open.spec, self.open.seed, &self.dataset)?);
        let texts = Arc::make_mut(&mut self.texts);
        texts.add(block.saves.iter().map(|save| save.state), &self.dataset);
        let service = Arc::clone(&self.service);
        let texts = Arc::clone(&self.texts);
        let begin = begin_soon();
        let served = serve(service, texts, Arc::clone(&block), Some(outbox), begin).await;
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
        let capacity = self.open.spec.cache_entries;
        let probe =
            eviction::probe(&self.subject, &self.open.place, capacity, asked.operations).await?;
        Ok(Some(probe))
    }

    async fn profile_memory(&self) -> anyhow::Result<Option<MemoryProfile>> {
        if !self.subject.caches() {
            return Ok(None);
        }
        let capacity = self.subject.capacity(self.open.spec.cache_entries);
        let states = memory_profile::states(&self.dataset);
        memory_profile::profile(capacity, states).await.map(Some)
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
    texts: &Arc<Texts>,
) -> anyhow::Result<()> {
    let place = open.place.beside("warm-up");
    let service = subject.open(&place, open.spec.cache_entries, None).await?;
    let length_ns = plan.warm_up.iter().map(|s| s.at_ns).max().unwrap_or(0) + 1;
    let block = Arc::new(PlannedBlock {
        pair: 0,
        mode: Mode::Open,
        pattern: None,
        saves: plan.warm_up.clone(),
        length_ns,
    });
    let instruments = Instruments::new(Arc::clone(&service), &place);
    let before = instruments.read();
    let served = serve(
        Arc::clone(&service),
        Arc::clone(texts),
        Arc::clone(&block),
        None,
        begin_soon(),
    )
    .await;
    let readings = Readings {
        before,
        after: instruments.read(),
        during: Vec::new(),
        resources: None,
        caches: subject.caches(),
    };
    // Recorded and thrown away, so that the recorder's own memory is part of the idle baseline.
    record(open.role, &block, &served, &readings, grid(open, &block))?;
    service.close().await;
    place.clear().await
}

/// The states of the run: those of the seed, and those of a file where one was named. What is wrong with the file ends up
/// in the report, which must neither name it nor say what stands in it.
fn dataset_of(open: &Open) -> anyhow::Result<Dataset> {
    let changed = |e: ImportError| {
        anyhow!(
            "the imported states cannot be read again ({}): the file must stay as it is while the run lasts",
            e.place()
        )
    };
    let import = open.dataset.as_deref().map(Import::read).transpose();
    let import = import.map_err(changed)?.map(Arc::new);
    Ok(Dataset::new(open.seed, open.states).with(import))
}

fn grid(open: &Open, block: &PlannedBlock) -> Grid {
    let length = Duration::from_nanos(block.length_ns.max(1));
    let wanted = block.length_ns as f64 / open.spec.sample_ns();
    let count = wanted.round().max(1.0) as u32;
    Grid {
        interval: length / count,
        count,
    }
}

/// What the service promises, by name. Both arms are compared by these.
fn in_words(promises: &ServicePromises) -> Promises {
    let settings = promises.settings.iter().cloned();
    [
        ("database", promises.database.clone()),
        ("schema_version", promises.schema_version.to_string()),
        ("pool_size", promises.pool_size.to_string()),
        ("retention", promises.retention.to_string()),
    ]
    .into_iter()
    .chain(settings)
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
