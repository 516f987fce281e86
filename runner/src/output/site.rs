//! The static site: the viewer's files with the reports beside them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use shared::report::{Index, Unreadable};

use super::atomic::write_if_changed;
use super::index::{rebuild_index, run_folders, write_index};
use super::read::{Damaged, RUN_FILE, is_plain_name, read_run_folder, scenario_path};
use crate::exit::usage;
use crate::scenario::builtin_policies;

/// Where a site keeps its reports; the viewer looks there.
const REPORTS: &str = "reports";
/// A site's page.
const PAGE: &str = "index.html";
/// The built-in policies, beside the list of runs: the page that compares two runs judges by them.
const POLICIES_FILE: &str = "policies.json";

/// What publishing came to.
#[derive(Debug)]
pub(crate) struct Published {
    /// The site's page.
    pub(crate) page: PathBuf,
    /// The site's list of runs.
    pub(crate) index: Index,
    /// Files written: new ones and changed ones.
    pub(crate) written: usize,
}

/// Brings a site up to date with the viewer and the reports. Runs that are in the site already stay, whether
/// `reports` still has them or not. Every file is replaced whole.
///
/// # Errors
/// Where the viewer was not built or `reports` cannot be read (ends with [`crate::exit::Exit::Usage`]), or a file
/// cannot be written.
pub(crate) fn publish(site: &Path, reports: &Path, viewer: &Path) -> Result<Published> {
    let assets = viewer_files(viewer)?;
    let runs = run_folders(reports)?;
    let mut writer = Writer { site, written: 0 };
    // The page goes last: it must not name files that are not there yet.
    let (page, others): (Vec<_>, Vec<_>) =
        assets.into_iter().partition(|file| file == Path::new(PAGE));
    for file in others.iter().chain(&page) {
        writer.copy(&viewer.join(file), file)?;
    }
    let mut published = BTreeSet::new();
    let mut unreadable = Vec::new();
    for folder in &runs {
        if let Err(damaged) = publish_run(&mut writer, reports, folder, &mut published)? {
            unreadable.push(Unreadable {
                file: format!("{folder}/{}", damaged.file),
                reason: damaged.reason,
            });
        }
    }
    writer.write(&policies()?, &Path::new(REPORTS).join(POLICIES_FILE))?;
    let index = list(&site.join(REPORTS), unreadable)?;
    Ok(Published {
        page: site.join(PAGE),
        index,
        written: writer.written,
    })
}

/// A JSON array of the built-in policies, as they stand in reports.
fn policies() -> Result<Vec<u8>> {
    let text = serde_json::to_string_pretty(&builtin_policies())
        .with_context(|| format!("cannot serialize {POLICIES_FILE}"))?;
    Ok((text + "\n").into_bytes())
}

/// Copies the files that a run lists into a folder of the run's own id, whatever its folder is called here. A damaged
/// scenario is copied as it is: the page says what is wrong with it.
fn publish_run(
    writer: &mut Writer<'_>,
    reports: &Path,
    folder: &str,
    published: &mut BTreeSet<String>,
) -> Result<Result<(), Damaged>> {
    let folder = reports.join(folder);
    let (run, _) = match read_run_folder(&folder) {
        Ok(read) => read,
        Err(damaged) => return Ok(Err(damaged)),
    };
    if !is_plain_name(&run.id) {
        return Ok(Err(Damaged::run(format!(
            "/id: `{}` cannot be the name of a folder",
            run.id
        ))));
    }
    if !published.insert(run.id.clone()) {
        return Ok(Err(Damaged::run(format!(
            "is run {} again, which another folder holds",
            run.id
        ))));
    }
    let target = Path::new(REPORTS).join(&run.id);
    for entry in run.scenarios.iter().filter(|entry| entry.digest.is_some()) {
        if let Ok(source) = scenario_path(&folder, &entry.file)
            && source.is_file()
        {
            writer.copy(&source, &target.join(&entry.file))?;
        }
    }
    writer.copy(&folder.join(RUN_FILE), &target.join(RUN_FILE))?;
    Ok(Ok(()))
}

/// Writes the site's list: its own runs, and the damage that kept runs out of it.
fn list(reports: &Path, unreadable: Vec<Unreadable>) -> Result<Index> {
    fs::create_dir_all(reports).with_context(|| format!("cannot make {}", reports.display()))?;
    let mut index = rebuild_index(reports)?;
    for damaged in unreadable {
        // A run that the site has from earlier is better than the damaged one.
        let known = index
            .unreadable
            .iter()
            .any(|known| known.file == damaged.file)
            || index
                .runs
                .iter()
                .any(|run| damaged.file == format!("{}/{RUN_FILE}", run.id));
        if !known {
            index.unreadable.push(damaged);
        }
    }
    write_index(reports, &index)?;
    Ok(index)
}

struct Writer<'a> {
    site: &'a Path,
    written: usize,
}

impl Writer<'_> {
    fn copy(&mut self, source: &Path, name: &Path) -> Result<()> {
        let bytes =
            fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
        self.write(&bytes, name)
    }

    fn write(&mut self, bytes: &[u8], name: &Path) -> Result<()> {
        let target = self.site.join(name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        self.written += usize::from(write_if_changed(&target, bytes)?);
        Ok(())
    }
}

/// All files below the viewer's folder, by path relative to it.
fn viewer_files(viewer: &Path) -> Result<Vec<PathBuf>> {
    if !viewer.join(PAGE).is_file() {
        return Err(usage(anyhow!(
            "{} holds no built viewer: run `make viewer`, or name its folder with --viewer",
            viewer.display()
        )));
    }
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = viewer.join(&folder);
        for entry in
            fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?
        {
            let entry = entry.with_context(|| format!("cannot read {}", path.display()))?;
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::sample::written_into;
    use super::super::{INDEX_FILE, check_run};
    use super::*;
    use crate::exit::Exit;
    use tempfile::TempDir;

    struct Place {
        _root: TempDir,
        site: PathBuf,
        reports: PathBuf,
        viewer: PathBuf,
    }

    fn place() -> Place {
        let root = tempfile::tempdir().unwrap();
        let [site, reports, viewer] =
            ["site", "reports", "dist"].map(|name| root.path().join(name));
        fs::create_dir_all(viewer.join("icons")).unwrap();
        fs::create_dir(&reports).unwrap();
        fs::write(viewer.join(PAGE), "<!doctype html>").unwrap();
        fs::write(viewer.join("icons/mark.svg"), "<svg/>").unwrap();
        Place {
            _root: root,
            site,
            reports,
            viewer,
        }
    }

    impl Place {
        fn publish(&self) -> Published {
            publish(&self.site, &self.reports, &self.viewer).unwrap()
        }
    }

    #[test]
    fn a_site_holds_the_viewer_the_runs_and_their_list() {
        let place = place();
        let run = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
        let published = place.publish();
        assert_eq!(published.page, place.site.join("index.html"));
        assert!(place.site.join("icons/mark.svg").is_file());
        assert!(place.site.join("reports").join(INDEX_FILE).is_file());
        let copied = place.site.join("reports").join(run.file_name().unwrap());
        assert_eq!(check_run(&copied).findings, []);
    }

    #[test]
    fn a_site_holds_the_policies_that_its_pages_judge_by() {
        let place = place();
        place.publish();
        let text = fs::read_to_string(place.site.join("reports").join(POLICIES_FILE)).unwrap();
        let policies: Vec<shared::criteria::Policy> = serde_json::from_str(&text).unwrap();
        let names: Vec<(&str, bool)> = policies.iter().map(|p| (p.name.as_str(), p.gate)).collect();
        assert_eq!(names, [("release", false), ("ci", true)]);
    }

    #[test]
    fn publishing_again_writes_nothing_and_keeps_runs_that_are_gone() {
        let place = place();
        let old = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
        assert_eq!(place.publish().written, 5);
        assert_eq!(place.publish().written, 0);
        fs::remove_dir_all(old).unwrap();
        written_into(&place.reports, &["low-load"], "2026-11-24T03:15:00Z");
        let published = place.publish();
        assert_eq!(published.written, 2);
        assert_eq!(published.index.runs.len(), 2);
    }

    #[test]
    fn a_run_is_published_under_its_id_and_once() {
        let place = place();
        let run = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
        fs::rename(&run, place.reports.join("mine")).unwrap();
        let index = place.publish().index;
        assert_eq!(index.runs[0].id, run.file_name().unwrap().to_str().unwrap());
        assert_eq!(index.unreadable, []);
        fs::create_dir(place.reports.join("copy")).unwrap();
        for file in ["run.json", "low-load.json"] {
            fs::copy(
                place.reports.join("mine").join(file),
                place.reports.join("copy").join(file),
            )
            .unwrap();
        }
        let index = place.publish().index;
        assert_eq!((index.runs.len(), index.unreadable.len()), (1, 1));
    }

    #[test]
    fn damage_is_listed_and_stops_nothing() {
        let place = place();
        let lost = written_into(&place.reports, &["low-load"], "2026-11-23T03:15:00Z");
        let scratched = written_into(&place.reports, &["low-load"], "2026-11-24T03:15:00Z");
        fs::write(lost.join(RUN_FILE), "").unwrap();
        fs::write(scratched.join("low-load.json"), "").unwrap();
        let index = place.publish().index;
        assert_eq!(index.runs.len(), 1);
        let files: Vec<&str> = index
            .unreadable
            .iter()
            .map(|u| u.file.rsplit('/').next().unwrap())
            .collect();
        assert_eq!(files, ["low-load.json", "run.json"]);
    }

    #[test]
    fn a_missing_viewer_says_what_to_do() {
        let place = place();
        fs::remove_file(place.viewer.join(PAGE)).unwrap();
        let refused = publish(&place.site, &place.reports, &place.viewer).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(refused.to_string().contains("make viewer"), "{refused}");
        assert!(!place.site.exists());
    }
}
