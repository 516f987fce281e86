//! Load by the plan: an open model in which the generator never waits for the service, and a closed one in which
//! each user does.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use persistence::{CheckpointType, Outcome, SaveRequest, Saved, StatePersistence};
use shared::report::{Backlog, Mode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::outbox::Outbox;
use super::urgency::be_urgent;
use crate::arm::messages::Ack;
use crate::plan::{PlannedBlock, PlannedSave, Texts};

/// From the order to begin until the first planned instant: all users and the sampler are up by then.
pub(crate) const LEAD: Duration = Duration::from_millis(20);

/// What came of one save. Times are nanoseconds from the block's begin.
#[derive(Debug)]
pub(super) struct Completion {
    /// Its place in the block.
    pub(super) place: usize,
    /// When the service was called.
    pub(super) called_ns: u64,
    /// When the service answered.
    pub(super) answered_ns: u64,
    /// What it answered; an error by its kind.
    pub(super) answer: Result<Saved, &'static str>,
}

/// What a block's load came to.
#[derive(Debug)]
pub(super) struct Served {
    /// All saves, in no order.
    pub(super) completions: Vec<Completion>,
    /// How late each save was handed over, nanoseconds; empty in the closed model.
    pub(super) dispatch_lags: Vec<u64>,
    /// Saves that were due but not answered; none in the closed model.
    pub(super) backlog: Option<Backlog>,
}

/// What every user of a block shares.
struct Context {
    service: Arc<dyn StatePersistence>,
    texts: Arc<Texts>,
    block: Arc<PlannedBlock>,
    outbox: Option<Outbox>,
    begin: Instant,
    answered: AtomicU64,
}

impl Context {
    /// Makes one save and notes what came of it.
    async fn save(&self, place: usize) -> Completion {
        let planned = &self.block.saves[place];
        let request = self.request(planned);
        let called = Instant::now();
        let answer = self.service.save(request).await;
        let answered = Instant::now();
        self.answered.fetch_add(1, Ordering::Relaxed);
        if let (Ok(saved), Some(outbox)) = (&answer, &self.outbox) {
            let written = saved.outcome == Outcome::Written;
            outbox.acknowledge(Ack(planned.index, saved.snapshot_id.0, written));
        }
        Completion {
            place,
            called_ns: nanoseconds(self.begin, called),
            answered_ns: nanoseconds(self.begin, answered),
            answer: answer.map_err(|e| e.kind()),
        }
    }

    fn request(&self, planned: &PlannedSave) -> SaveRequest {
        let checkpoint_type = planned
            .checkpoint
            .as_str()
            .parse()
            .unwrap_or(CheckpointType::Auto);
        SaveRequest {
            run_id: planned.run_id(),
            thread_id: planned.thread_id(),
            user_id: planned.user_id(),
            // A state that is missing here would be refused as no JSON object, and counted as an error.
            state: self.texts.state(planned.state),
            checkpoint_type,
            agent_phase: self.texts.agent_phase(planned),
            execution_context: self.texts.execution_context(planned),
            is_recovery_point: planned.recovery_point,
            expires_at: None,
        }
    }
}

/// The instant from which a block's times count, a little ahead.
pub(super) fn begin_soon() -> Instant {
    Instant::now() + LEAD
}

/// Runs a block's saves. `outbox` hears of acknowledgements; warm-up has none.
pub(super) async fn serve(
    service: Arc<dyn StatePersistence>,
    texts: Arc<Texts>,
    block: Arc<PlannedBlock>,
    outbox: Option<Outbox>,
    begin: Instant,
) -> Served {
    let mode = block.mode;
    let context = Arc::new(Context {
        service,
        texts,
        block,
        outbox,
        begin,
        answered: AtomicU64::new(0),
    });
    match mode {
        Mode::Open => serve_open(context).await,
        Mode::Closed => serve_closed(context).await,
    }
}

async fn serve_open(context: Arc<Context>) -> Served {
    let mut users = JoinSet::new();
    let mut queues: HashMap<u32, UnboundedSender<usize>> = HashMap::new();
    for planned in &context.block.saves {
        queues.entry(planned.user).or_insert_with(|| {
            let (queue, waiting) = unbounded_channel();
            users.spawn(user(Arc::clone(&context), waiting));
            queue
        });
    }
    let (dispatched, dispatches) = oneshot::channel();
    {
        let context = Arc::clone(&context);
        // A thread, not a task: the runtime's timers have a millisecond's grain. One of its own, since it becomes urgent.
        std::thread::spawn(move || dispatched.send(dispatch(&context, &queues)));
    }
    let (dispatch_lags, backlog) = dispatches.await.unwrap_or_default();
    Served {
        completions: gather(users).await,
        dispatch_lags,
        backlog: Some(backlog),
    }
}

/// Hands each save to its user at its planned instant, whatever the service does.
fn dispatch(
    context: &Context,
    queues: &HashMap<u32, UnboundedSender<usize>>,
) -> (Vec<u64>, Backlog) {
    be_urgent();
    let saves = &context.block.saves;
    let mut lags = Vec::with_capacity(saves.len());
    let mut backlog = Backlog::default();
    for (place, planned) in saves.iter().enumerate() {
        let due = context.begin + Duration::from_nanos(planned.at_ns);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        if let Some(queue) = queues.get(&planned.user) {
            let _user_gone = queue.send(place);
        }
        lags.push(nanoseconds(due, now));
        let waiting = (place as u64 + 1).saturating_sub(context.answered.load(Ordering::Relaxed));
        if place == saves.len() / 2 {
            backlog.at_half = waiting;
        }
        backlog.at_end = waiting;
    }
    (lags, backlog)
}

/// One user: a save at a time, in order.
async fn user(context: Arc<Context>, mut waiting: UnboundedReceiver<usize>) -> Vec<Completion> {
    let mut completions = Vec::new();
    while let Some(place) = waiting.recv().await {
        completions.push(context.save(place).await);
    }
    completions
}

async fn serve_closed(context: Arc<Context>) -> Served {
    let mut by_user: HashMap<u32, Vec<usize>> = HashMap::new();
    for (place, planned) in context.block.saves.iter().enumerate() {
        by_user.entry(planned.user).or_default().push(place);
    }
    tokio::time::sleep_until(context.begin.into()).await;
    let mut users = JoinSet::new();
    for places in by_user.into_values() {
        let context = Arc::clone(&context);
        users.spawn(async move {
            let mut completions = Vec::with_capacity(places.len());
            for place in places {
                completions.push(context.save(place).await);
            }
            completions
        });
    }
    Served {
        completions: gather(users).await,
        dispatch_lags: Vec::new(),
        backlog: None,
    }
}

async fn gather(mut users: JoinSet<Vec<Completion>>) -> Vec<Completion> {
    let mut all = Vec::new();
    while let Some(completions) = users.join_next().await {
        // A user that panicked has no completions: the counts will not agree, and the block is refused.
        all.extend(completions.unwrap_or_default());
    }
    all
}

pub(super) fn nanoseconds(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX)
}
