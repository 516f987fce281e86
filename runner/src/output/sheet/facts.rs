//! How a gate was measured, for those who doubt it.

use shared::estimate::open_pairs;
use shared::report::{Build, Environment, Run, Scenario};
use shared::units::{THIN, Unit, format_count, format_value};

use super::{Row, Sheet};

impl Sheet {
    /// Adds machine, builds, load and noise.
    pub(crate) fn of_measured(&mut self, run: &Run, scenarios: &[Scenario]) {
        let of_arm = |build: &Option<Build>| build.as_ref().unwrap_or(&run.build).in_words();
        let builds = format!(
            "{} against {}",
            of_arm(&run.arms.candidate.build),
            of_arm(&run.arms.baseline.build)
        );
        self.fact("machine", machine(&run.environment));
        self.fact("builds", builds);
        for scenario in scenarios {
            self.fact(&scenario.name, load(scenario));
        }
        let floors: Vec<String> = self.targets.iter().filter_map(floor).collect();
        self.fact("noise floor", floors.join(", "));
        self.fact("run", run.id.clone());
    }
}

fn machine(environment: &Environment) -> String {
    let processor = environment.processor.clone();
    let cores = format!("{} cores", environment.cores);
    let memory = environment
        .memory_bytes
        .map(|bytes| format_value(bytes as f64, Unit::Bytes));
    let disk = environment.file_system.clone();
    let parts = [
        processor,
        Some(cores),
        memory,
        disk,
        Some(environment.system.clone()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `10 of at most 30 pairs of 1000 saves at 800 op/s, 3 looks planned`.
fn load(scenario: &Scenario) -> String {
    let load = &scenario.load;
    let measured = open_pairs(scenario).len();
    let planned = u64::from(load.pairs.max(1));
    let pairs = if measured as u64 == planned {
        format_count(planned)
    } else {
        format!(
            "{} of at most {}",
            format_count(measured as u64),
            format_count(planned)
        )
    };
    let looks = match load.looks {
        1 => String::new(),
        looks => format!(", {looks} looks planned"),
    };
    format!(
        "{pairs} pairs of {} saves at {}{looks}",
        format_count(load.offered.operations / planned),
        format_value(load.offered.operations_per_second, Unit::PerSecond)
    )
}

/// The noise of a target's figure: `P95 latency ±3.1 %`.
fn floor(row: &Row) -> Option<String> {
    let percent = row.noise_floor? * 100.0;
    Some(format!("{} ±{percent:.1}{THIN}%", row.title))
}
