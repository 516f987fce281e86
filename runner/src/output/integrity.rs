//! Whether a run's files are whole, belong together and agree with themselves.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use shared::arms::ArmRole;
use shared::report::{Run, Scenario, ScenarioEntry, Status, read_run, read_scenario};

use super::counts::check_counts;
use super::read::{RUN_FILE, read_sealed, read_text, scenario_path};
use super::site::is_gzip_of;

/// Something that is wrong with a run's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// File, relative to the run folder.
    pub(crate) file: String,
    /// What is wrong, and with which field.
    pub(crate) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

/// What the check of a run came to.
#[derive(Debug, Default)]
pub(crate) struct RunCheck {
    /// Every file that was looked at, in order.
    pub(crate) files: Vec<String>,
    /// What is wrong with the files.
    pub(crate) findings: Vec<Finding>,
    /// Acknowledged saves that the services lost, by what the (valid) files say.
    pub(crate) losses: Vec<Finding>,
}

impl RunCheck {
    fn note(&mut self, file: &str, messages: impl IntoIterator<Item = String>) {
        self.findings
            .extend(messages.into_iter().map(|message| Finding {
                file: file.to_owned(),
                message,
            }));
    }
}

/// Checks a run folder: every file's seal, fields, histograms and counts, and that the files belong together.
pub(crate) fn check_run(folder: &Path) -> RunCheck {
    let mut check = RunCheck {
        files: vec![RUN_FILE.to_owned()],
        ..RunCheck::default()
    };
    let read = read_text(&folder.join(RUN_FILE)).map_err(|reason| vec![reason]);
    match read.and_then(|text| read_sealed(&text, read_run)) {
        Ok((run, _)) => {
            check_entries(&run, &mut check);
            for entry in run.scenarios.iter().filter(|entry| entry.digest.is_some()) {
                check_entry(folder, &run, entry, &mut check);
            }
            check_surplus(folder, &run, &mut check);
        }
        Err(faults) => {
            check.note(RUN_FILE, faults);
            check_orphans(folder, &mut check);
        }
    }
    check
}

fn check_entries(run: &Run, check: &mut RunCheck) {
    let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
    for (i, entry) in run.scenarios.iter().enumerate() {
        let new = [names.insert(&entry.name), files.insert(&entry.file)];
        if new.contains(&false) {
            check.note(
                RUN_FILE,
                [format!("/scenarios/{i}: `{}` is listed twice", entry.name)],
            );
        }
        if entry.digest.is_none() && entry.status == Status::Complete {
            check.note(
                RUN_FILE,
                [format!(
                    "/scenarios/{i}/digest: a complete scenario must have a file"
                )],
            );
        }
        if run.status == Status::Complete && !entry.status.is_complete() {
            check.note(
                RUN_FILE,
                [format!(
                    "/status: complete, but scenario {} is not",
                    entry.name
                )],
            );
        }
    }
}

fn check_entry(folder: &Path, run: &Run, entry: &ScenarioEntry, check: &mut RunCheck) {
    check.files.push(entry.file.clone());
    let text = match scenario_path(folder, &entry.file).and_then(|path| read_text(&path)) {
        Ok(text) => text,
        Err(reason) => return check.note(&entry.file, [reason]),
    };
    let (scenario, digest) = match read_sealed(&text, read_scenario) {
        Ok(read) => read,
        Err(faults) => return check.note(&entry.file, faults),
    };
    if entry.digest.as_ref() != Some(&digest) {
        check.note(
            &entry.file,
            [format!(
                "/seal/blake3: not the digest that {RUN_FILE} names for this scenario"
            )],
        );
    }
    if entry.bytes != Some(text.len() as u64) {
        check.note(
            &entry.file,
            [format!(
                "{} bytes long, which is not the length that {RUN_FILE} names",
                text.len()
            )],
        );
    }
    check.note(&entry.file, disagreements(run, entry, &scenario));
    check.note(&entry.file, check_counts(&scenario));
    check.losses.extend(losses(&entry.file, &scenario));
}

fn disagreements(run: &Run, entry: &ScenarioEntry, scenario: &Scenario) -> Vec<String> {
    let mut findings = Vec::new();
    if scenario.run != run.id {
        findings.push(format!(
            "/run: belongs to run {}, not to {}",
            scenario.run, run.id
        ));
    }
    if scenario.name != entry.name {
        findings.push(format!(
            "/name: is scenario {}, where {RUN_FILE} names {}",
            scenario.name, entry.name
        ));
    }
    if scenario.status != entry.status {
        findings.push(format!("/status: not the status that {RUN_FILE} names"));
    }
    findings
}

fn losses(file: &str, scenario: &Scenario) -> Vec<Finding> {
    let arms = scenario
        .ledger
        .iter()
        .flat_map(|ledger| ArmRole::ALL.map(|arm| (format!("/ledger/{arm}"), ledger.get(arm))));
    let variants = scenario.ablation.iter().enumerate();
    let variants =
        variants.filter_map(|(i, v)| Some((format!("/ablation/{i}/ledger"), v.ledger.as_ref()?)));
    let ledgers = arms
        .chain(variants)
        .filter(|(_, ledger)| !ledger.is_clean());
    let ledgers = ledgers.map(|(place, of)| {
        format!(
            "{place}: {} acknowledged saves lost, {} wrong, {} runs with a stale latest state",
            of.lost, of.wrong, of.stale_runs
        )
    });
    let faults = scenario.faults.iter().enumerate();
    let faults = faults.filter_map(|(i, incident)| {
        let violations = incident.violations.filter(|violations| *violations > 0)?;
        Some(format!(
            "/faults/{i}/violations: {violations} acknowledged saves lost, wrong or stale right after the fault"
        ))
    });
    ledgers
        .chain(faults)
        .map(|message| Finding {
            file: file.to_owned(),
            message,
        })
        .collect()
}

fn check_surplus(folder: &Path, run: &Run, check: &mut RunCheck) {
    let listed: BTreeSet<&str> = run
        .scenarios
        .iter()
        .filter(|entry| entry.digest.is_some())
        .map(|entry| entry.file.as_str())
        .chain([RUN_FILE])
        .collect();
    for file in files(folder) {
        let original = file.strip_suffix(".gz");
        let fault = match original.filter(|original| listed.contains(original)) {
            _ if listed.contains(file.as_str()) => continue,
            Some(original) if is_gzip_of(&folder.join(&file), &folder.join(original)) => continue,
            Some(original) => format!("does not hold what {original} holds: publish again"),
            None => format!("does not belong to the run: {RUN_FILE} does not list it"),
        };
        check.note(&file, [fault]);
        check.files.push(file);
    }
}

/// Without a readable `run.json` each scenario can still be held against its own seal.
fn check_orphans(folder: &Path, check: &mut RunCheck) {
    for file in files(folder)
        .into_iter()
        .filter(|file| file.ends_with(".json") && file != RUN_FILE)
    {
        let read = read_text(&folder.join(&file)).map_err(|reason| vec![reason]);
        if let Err(faults) = read.and_then(|text| read_sealed(&text, read_scenario)) {
            check.note(&file, faults);
        }
        check.files.push(file);
    }
}

/// Names of all entries, sorted, but hidden ones: those are no part of a report (a killed writer's temporary file).
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::super::run_folder::RunFolder;
    use super::super::sample;
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use shared::report::seal;
    use std::io::Write;
    use std::path::PathBuf;

    fn messages(folder: &Path) -> Vec<String> {
        check_run(folder)
            .findings
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn written_with(change: impl FnOnce(&mut Run, &mut Scenario)) -> (tempfile::TempDir, PathBuf) {
        let out = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(out.path(), "ci", jiff::Timestamp::now()).unwrap();
        let mut run = sample::run(folder.id());
        let mut scenario = sample::scenario(folder.id(), "low-load");
        change(&mut run, &mut scenario);
        folder.write_scenario(&mut run, &scenario).unwrap();
        (out, folder.path().to_path_buf())
    }

    #[test]
    fn a_run_as_written_is_accepted() {
        let folder = sample::written(&["low-load", "high-load"]);
        let check = check_run(folder.path());
        assert_eq!(check.findings, []);
        assert_eq!(check.losses, []);
        assert_eq!(check.files, ["run.json", "low-load.json", "high-load.json"]);
    }

    #[test]
    fn one_changed_byte_anywhere_is_rejected_and_its_file_named() {
        let folder = sample::written(&["low-load"]);
        for file in files(folder.path()) {
            let path = folder.path().join(&file);
            let original = fs::read(&path).unwrap();
            // Every position would take minutes; the seal's own tests do that on a small file.
            let seal = original.len().saturating_sub(100)..original.len();
            for at in (0..original.len()).step_by(251).chain(seal.step_by(9)) {
                let mut changed = original.clone();
                changed[at] ^= if at % 2 == 0 { 0x01 } else { 0x80 };
                fs::write(&path, changed).unwrap();
                let findings = check_run(folder.path()).findings;
                assert!(
                    findings.iter().any(|f| f.file == file),
                    "byte {at} of {file}: {findings:?}"
                );
            }
            fs::write(&path, original).unwrap();
        }
        assert_eq!(messages(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_changed_histogram_is_named_by_its_field() {
        let folder = sample::written(&["low-load"]);
        let path = folder.path().join("low-load.json");
        let text = fs::read_to_string(&path).unwrap();
        let at = text.find("\"response\":\"H").unwrap() + "\"response\":\"".len();
        let changed = format!("{}!{}", &text[..at], &text[at + 1..]);
        fs::write(&path, changed).unwrap();
        let found = messages(folder.path());
        assert!(
            found[0].starts_with("low-load.json: field blocks[0].latencies.duplicate.response: "),
            "{found:?}"
        );
        assert_eq!(
            found[1],
            "low-load.json: changed since it was written: /blocks/0"
        );
    }

    #[test]
    fn a_compressed_copy_belongs_to_the_run_while_it_is_one() {
        let folder = sample::written(&["low-load"]);
        let copy = folder.path().join("low-load.json.gz");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder
            .write_all(&fs::read(folder.path().join("low-load.json")).unwrap())
            .unwrap();
        fs::write(&copy, encoder.finish().unwrap()).unwrap();
        assert_eq!(messages(folder.path()), Vec::<String>::new());
        fs::write(&copy, "stale").unwrap();
        assert_eq!(
            messages(folder.path()),
            ["low-load.json.gz: does not hold what low-load.json holds: publish again"]
        );
    }

    #[test]
    fn missing_and_surplus_files_are_named() {
        let folder = sample::written(&["low-load", "high-load"]);
        fs::rename(
            folder.path().join("low-load.json"),
            folder.path().join("mine.json"),
        )
        .unwrap();
        fs::write(folder.path().join(".left-over.tmp"), "").unwrap();
        assert_eq!(
            messages(folder.path()),
            [
                "low-load.json: is missing",
                "mine.json: does not belong to the run: run.json does not list it"
            ]
        );
    }

    #[test]
    fn a_newer_format_is_said() {
        let folder = sample::written(&["low-load"]);
        let path = folder.path().join(RUN_FILE);
        let text = fs::read_to_string(&path)
            .unwrap()
            .replace("\"format\": 1", "\"format\": 9");
        fs::write(&path, text).unwrap();
        let found = messages(folder.path());
        assert!(
            found[0].starts_with("run.json: report format 9 is newer"),
            "{found:?}"
        );
    }

    #[test]
    fn a_scenario_of_another_run_is_rejected_though_its_seal_is_whole() {
        let (_out, folder) = written_with(|_, scenario| scenario.run = "another".into());
        let found = messages(&folder);
        assert!(
            found[0].starts_with("low-load.json: /run: belongs to run another"),
            "{found:?}"
        );
    }

    #[test]
    fn a_scenario_that_was_changed_and_sealed_again_is_rejected() {
        let folder = sample::written(&["low-load"]);
        let path = folder.path().join("low-load.json");
        let mut scenario = read_scenario(&fs::read_to_string(&path).unwrap()).unwrap();
        scenario.why.push('!');
        fs::write(&path, seal(&scenario).unwrap().0).unwrap();
        let found = messages(folder.path());
        assert_eq!(
            found[0],
            "low-load.json: /seal/blake3: not the digest that run.json names for this scenario"
        );
    }

    #[test]
    fn a_run_is_not_complete_while_a_scenario_is_not() {
        let (_out, folder) = written_with(|run, _| run.scenarios.push(sample::entry("high-load")));
        assert_eq!(
            messages(&folder),
            ["run.json: /status: complete, but scenario high-load is not"]
        );
    }

    #[test]
    fn losses_are_told_apart_from_damage() {
        let (_out, folder) = written_with(|_, scenario| {
            let ledger = &mut scenario.ledger.as_mut().unwrap().candidate;
            ledger.found -= 2;
            ledger.lost += 2;
        });
        let check = check_run(&folder);
        assert_eq!(check.findings, []);
        assert_eq!(
            check.losses[0].to_string(),
            "low-load.json: /ledger/candidate: 2 acknowledged saves lost, 0 wrong, 0 runs with a stale latest state"
        );
    }

    #[test]
    fn scenarios_are_checked_though_run_json_is_damaged() {
        let folder = sample::written(&["low-load"]);
        fs::write(folder.path().join(RUN_FILE), "{").unwrap();
        fs::write(folder.path().join("low-load.json"), "{}").unwrap();
        let found = messages(folder.path());
        assert!(found[0].starts_with("run.json: line 1"), "{found:?}");
        assert!(
            found.iter().any(|f| f.starts_with("low-load.json: ")),
            "{found:?}"
        );
    }
}
