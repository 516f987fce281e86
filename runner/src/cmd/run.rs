//! `runner run`: measure scenarios and write a report.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use shared::arms::Arms;
use shared::criteria::Policy;
use shared::report::Status;
use shared::verdict::Verdict;

use crate::arm::{ArmSource, choose, identities};
use crate::dataset::Import;
use crate::exit::{Exit, usage};
use crate::metrics::address;
use crate::run::{Assignment, EVIDENCE_EVERY, Finished, Paths, measure};
use crate::scenario::{
    FaultSpec, Overrides, Profile, ScenarioFile, Spec, Workload, builtin, check_policy, is_in_all,
    key_skew, load, load_policy, share,
};

/// The seed of a run that names none: the same plan and the same states for everybody.
pub(super) const DEFAULT_SEED: u64 = 20_251_103;

/// The policy that a run is judged by where none is named.
const RELEASE: &str = "release";

/// Measure both services under the same load and write a report.
///
/// Each scenario runs on both services in pairs of blocks, in random order. Afterwards every acknowledged save is held
/// against the databases. Progress goes to stderr; on stdout stand only the paths of the report's files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner --all                                  fills reports/: all scenarios, quick profile, about 8 minutes
  runner run medium-load --pairs 20             one scenario, twice the pairs
  runner run my-load.toml --profile full        a scenario of your own, at its own length
  runner --all --profile ci --gate              for a pipeline: the exit code is the verdict
  runner --all --workload append                conversations that grow by a message with each save
  runner run high-load --duplicates 90% --key-skew 1.2
                                                more repetitions, of fewer runs
  runner run medium-load --dataset saves.jsonl.gz
                                                the saves of your own agents: see docs/workloads.md
  runner run high-load --baseline optimized@old/runner --candidate optimized
                                                two builds of one service, in the same minutes
  runner --all --metrics 127.0.0.1:9464         for Prometheus, while it runs: see docs/monitoring.md

Options of a service stand behind a colon, separated by commas: optimized:cache=500,slow=30. `cache=ENTRIES` limits
the cache, `queue=SAVES` those that wait for their commit, `max-state=BYTES` the states. Parts of the optimized service
are switched off by `dedup=off`, `batch=off`, `fast-path=off`, `prune=each`, `users=off`; `consistency=shared` lets others
write too. The rest make a service worse, to see that it shows: `slow=PERCENT` lengthens every save by a share of its
own time, `freeze=LENGTH@AFTER` stands still once (milliseconds), `lose=N` acknowledges every Nth save without storing
it, `fail=N` refuses every Nth, `leak=BYTES@SAVES` keeps so many bytes for good at each so many saves, `early=PERCENT`
(standard only) acknowledges saves before they are stored.

Exit codes: 0 done; 1 a criterion failed (only with --gate); 2 wrong usage or unreadable input; 3 could not be
judged (only with --gate); 4 the run broke; 5 an acknowledged state is lost or wrong; 130 interrupted.")]
pub(crate) struct Args {
    /// Scenarios: names (see `runner list`) or TOML files.
    #[arg(value_name = "NAME|FILE", conflicts_with = "all")]
    scenarios: Vec<String>,
    /// Run the built-in scenarios, those that calibrate first; `gate` and the leak scenarios are left out, see `runner list`.
    #[arg(long)]
    all: bool,
    /// How much of the strategy's load to offer.
    #[arg(long, value_enum, default_value_t = Profile::Quick)]
    profile: Profile,
    /// Folder that the run's folder is made in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// Seed of plan, order and states: the same seed gives the same saves.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Where the databases are kept while the run lasts: `sqlite:DIR`, on the disk whose speed matters, or schemas of
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE` [default: DATABASE_URL, or beside the reports]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Pairs of blocks in each scenario, instead of the profile's.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pairs: Option<u32>,
    /// Samples of memory, cache and connections that each arm takes over a scenario, at the most [default: 120]: every quarter of
    /// an hour in the 24 hours of `stability`, every minute with 1440. None is shorter than 250 ms.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    samples: Option<u32>,
    /// Kills of each arm in the scenario `crash`, instead of the profile's.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=9_999))]
    kills: Option<u32>,
    /// A program that stops and starts the PostgreSQL server when called with `stop` and `start`: with it the scenario
    /// `database-outage` does so too. Others who use the server are cut off as well.
    #[arg(long, value_name = "PROGRAM")]
    server_control: Option<PathBuf>,
    /// What the states of a run have to do with each other, in the scenarios with the pattern `mixed`.
    #[arg(long, value_enum)]
    workload: Option<Workload>,
    /// Share of saves that repeat the run's last state, such as `60%`, in scenarios whose pattern has duplicates.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    duplicates: Option<f64>,
    /// How much more often some runs are saved than others: a Zipf exponent from 0, all alike, to 3.
    #[arg(long, value_name = "EXPONENT", value_parser = key_skew)]
    key_skew: Option<f64>,
    /// Replay the saves of a file in the scenarios with the pattern `mixed`: one JSON object a line, plain or compressed by
    /// gzip. Reports hold its digest and sizes only, neither states nor ids.
    #[arg(long, value_name = "FILE.jsonl[.gz]")]
    dataset: Option<PathBuf>,
    /// Serve the figures for Prometheus at http://IP:PORT/metrics while the run lasts. They are anybody's who can reach the
    /// address: 127.0.0.1 keeps them on this machine. Port 0 takes any free one; the address is told on stderr.
    #[arg(long, value_name = "IP:PORT", value_parser = address)]
    metrics: Option<SocketAddr>,
    /// Longest load without evidence on the disk, seconds: what a crash of this machine or of the runner can cost. Longer blocks
    /// are run in stretches; `runner resume` goes on with what was written.
    #[arg(long, value_name = "SECONDS", default_value_t = EVIDENCE_EVERY.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    evidence_every: u64,
    /// What people call the run.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The service that is in use today: `standard`, `optimized`, `optimized:cache=ENTRIES`; `SERVICE@BINARY` runs it
    /// in the build of another runner.
    #[arg(long, value_name = "SERVICE", default_value = "standard")]
    baseline: String,
    /// The service that wants to replace it.
    #[arg(long, value_name = "SERVICE", default_value = "optimized")]
    candidate: String,
    /// Targets of the whole run: a built-in policy or a TOML file.
    #[arg(long, value_name = "NAME|FILE", default_value = RELEASE)]
    policy: String,
    /// Let the exit code be the verdict.
    #[arg(long)]
    gate: bool,
}

/// Measures.
///
/// # Errors
/// Wrong input, before any load starts; a report that cannot be written.
pub(crate) async fn run(args: &Args) -> Result<Exit> {
    let mut overrides = Overrides {
        workload: args.workload,
        duplicates: args.duplicates,
        key_skew: args.key_skew,
        imported: None,
    };
    overrides.check().map_err(usage)?;
    overrides.imported = imported(args)?;
    let specs = overrides
        .apply(with_kills(
            with_samples(specs(args)?, args.samples),
            args.kills,
        )?)
        .map_err(usage)?;
    let policy = policy(args, &specs)?;
    let texts = Arms {
        baseline: args.baseline.as_str(),
        candidate: args.candidate.as_str(),
    };
    let options = Arms {
        baseline: "--baseline",
        candidate: "--candidate",
    };
    let sources = choose(texts, options).await?;
    let assignment = Assignment {
        title: args
            .title
            .clone()
            .unwrap_or_else(|| title(&sources, args.profile)),
        profile: args.profile.to_string(),
        seed: args.seed,
        sources,
        specs,
        imported: overrides.imported,
        policy,
        out: args.out.clone(),
        database: args.database.clone(),
        server_control: server_control(args)?,
        evidence_every: Duration::from_secs(args.evidence_every),
        paths: Paths::Stdout,
        metrics: args.metrics,
    };
    let finished = measure(assignment, &|_, _| false).await?;
    Ok(exit(&finished, args.gate))
}

/// The program that stops and starts the server, by its full path.
fn server_control(args: &Args) -> Result<Option<PathBuf>> {
    let full = |program: &PathBuf| {
        let found = program.canonicalize();
        found.map_err(|e| {
            usage(anyhow!(
                "--server-control: `{}` cannot be called: {e}",
                program.display()
            ))
        })
    };
    args.server_control.as_ref().map(full).transpose()
}

/// The scenarios with as many samples as asked for.
fn with_samples(mut specs: Vec<Spec>, samples: Option<u32>) -> Vec<Spec> {
    if let Some(samples) = samples {
        specs.iter_mut().for_each(|spec| spec.samples = samples);
    }
    specs
}

/// The scenarios with as many kills as asked for.
fn with_kills(specs: Vec<Spec>, kills: Option<u32>) -> Result<Vec<Spec>> {
    let Some(kills) = kills else {
        return Ok(specs);
    };
    if !specs
        .iter()
        .any(|spec| spec.faults == Some(FaultSpec::Crash))
    {
        return Err(usage(anyhow!(
            "--kills: none of these scenarios kills anything; name `crash`, or leave the option out"
        )));
    }
    let more = |spec: Spec| spec.with_kills(kills);
    Ok(specs.into_iter().map(more).collect())
}

/// The file to be replayed, read to its end: nothing runs with a file that is wrong somewhere.
fn imported(args: &Args) -> Result<Option<Arc<Import>>> {
    let read = |file: &PathBuf| Import::read(file).map(Arc::new);
    args.dataset.as_ref().map(read).transpose().map_err(usage)
}

/// The policy. One that was asked for must be able to judge something of what is run.
fn policy(args: &Args, specs: &[Spec]) -> Result<Policy> {
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    let policy = load_policy(&args.policy, &names).map_err(usage)?;
    if args.policy != RELEASE {
        check_policy(&policy, &names, false).map_err(usage)?;
    }
    Ok(policy)
}

fn specs(args: &Args) -> Result<Vec<Spec>> {
    let files: Vec<ScenarioFile> = match (args.all, args.scenarios.as_slice()) {
        (true, _) => builtin()
            .into_iter()
            .filter(|file| is_in_all(file.name()))
            .collect(),
        (false, []) => {
            let names: Vec<String> = builtin().iter().map(|f| f.name().to_owned()).collect();
            return Err(usage(anyhow!(
                "nothing to run: name scenarios ({}) or files, or say --all",
                names.join(", ")
            )));
        }
        (false, named) => named
            .iter()
            .map(|name| load(name))
            .collect::<Result<_, _>>()
            .map_err(usage)?,
    };
    let specs: Vec<Spec> = files
        .iter()
        .map(|file| file.resolve(args.profile, args.pairs))
        .collect::<Result<_, _>>()
        .map_err(usage)?;
    let mut names: Vec<&str> = specs.iter().map(|s| s.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twice) => Err(usage(anyhow!(
            "scenario {} is named twice; each has one report file",
            twice[0]
        ))),
        None => Ok(specs),
    }
}

fn title(sources: &Arms<ArmSource>, profile: Profile) -> String {
    let services = identities(sources);
    format!(
        "{} vs {}, {profile} run",
        services.baseline.label, services.candidate.label
    )
}

/// What the run's end means to a script.
pub(super) fn exit(finished: &Finished, gate: bool) -> Exit {
    let summary = &finished.summary;
    if summary.saves_lost.is_some_and(|lost| lost > 0) {
        return Exit::Lost;
    }
    match &finished.run.status {
        Status::Interrupted => return Exit::Interrupted,
        Status::Broken { cause } => {
            eprintln!("the run broke: {cause}");
            return Exit::Broken;
        }
        Status::Pending | Status::Running | Status::Complete => {}
    }
    match summary.verdict {
        Verdict::Fail if gate => Exit::CriterionFailed,
        Verdict::Inconclusive | Verdict::NotJudged if gate => Exit::NotJudged,
        _ => Exit::Done,
    }
}
