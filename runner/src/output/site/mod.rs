//! The static site: the viewer's files with the reports beside them, ready for any host of files.

mod address;
mod assets;
mod compressed;
pub(crate) mod headers;
mod preview;
mod publisher;
#[cfg(test)]
mod tests;
mod viewer;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use shared::report::{Index, Unreadable, to_json};

pub(crate) use address::SiteUrl;
pub(super) use compressed::is_gzip_of;
pub(crate) use publisher::{Publisher, Replaced};
pub(crate) use viewer::Viewer;

use self::assets::Assets;
use self::compressed::Copies;
use self::preview::Preview;
use super::INDEX_FILE;
use super::atomic::write_atomically;
use super::index::{rebuild_index_with, run_folders};
use super::read::{Damaged, RUN_FILE, is_plain_name, read_run_folder, scenario_path};
use crate::exit::usage;
use crate::scenario::builtin_policies;

/// Where a site keeps its reports; the viewer looks there.
const REPORTS: &str = "reports";
/// A site's page.
const PAGE: &str = "index.html";
/// The built-in policies, beside the list of runs: the page that compares two runs judges by them.
const POLICIES_FILE: &str = "policies.json";
/// Tells GitHub Pages to serve every file as it is.
const NO_JEKYLL: &str = ".nojekyll";

/// What to publish, and where.
#[derive(Debug)]
pub(crate) struct Publication<'a> {
    /// Folder of the site.
    pub(crate) site: &'a Path,
    /// Folder of the runs.
    pub(crate) reports: &'a Path,
    /// The built viewer.
    pub(crate) viewer: &'a Viewer,
    /// Where the site will be found, for link previews.
    pub(crate) url: Option<&'a SiteUrl>,
    /// Who publishes.
    pub(crate) by: &'a Publisher,
    /// The time.
    pub(crate) now: Timestamp,
}

/// What publishing came to.
#[derive(Debug)]
pub(crate) struct Published {
    /// The site's page.
    pub(crate) page: PathBuf,
    /// The site's list of runs.
    pub(crate) index: Index,
    /// Files written: new ones and changed ones.
    pub(crate) written: usize,
    /// Files whose content changed although their name, which holds a digest, did not: browsers may keep the old ones.
    pub(crate) renewed: Vec<PathBuf>,
    /// Whose site was there before, where another build published it.
    pub(crate) replaced: Option<Replaced>,
}

/// Brings a site up to date with the viewer and the reports. Runs that are in the site already stay, whether
/// `reports` still has them or not. Every file is replaced whole, and what is wrong with the input is found before the
/// first is.
///
/// # Errors
/// Where `reports` cannot be read or nothing can be written into the site (ends with
/// [`crate::exit::Exit::Usage`]), or a file cannot be written.
pub(crate) fn publish(publication: &Publication<'_>) -> Result<Published> {
    let Publication { site, reports, .. } = *publication;
    let runs = run_folders(reports)?;
    check_site(site, publication.viewer.folder.as_deref())?;
    let mut writer = Writer { site, written: 0 };
    let mut assets = Assets::read(site);
    let replaced = assets.publish_by(site, publication.by);
    let renewed = publish_viewer(&mut writer, publication, assets)?;
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
    let index = list(&mut writer, unreadable, publication.url)?;
    Ok(Published {
        page: site.join(PAGE),
        index,
        written: writer.written,
        renewed,
        replaced,
    })
}

/// Says early and plainly what each write would fail with, and that a viewer's folder cannot become a site: the next
/// publishing would take the site for the viewer.
fn check_site(site: &Path, viewer: Option<&Path>) -> Result<()> {
    fs::create_dir_all(site)
        .and_then(|()| tempfile::tempfile_in(site))
        .map_err(|e| {
            usage(anyhow!(
                "cannot write into the site's folder {}: {e}; name another folder, or make this one writable",
                site.display()
            ))
        })?;
    if viewer.is_some_and(|viewer| fs::canonicalize(site).ok() == fs::canonicalize(viewer).ok()) {
        return Err(usage(anyhow!(
            "{} holds the built viewer; name another folder for the site",
            site.display()
        )));
    }
    Ok(())
}

/// Copies the viewer, and removes what earlier viewers left behind long ago; says which names got another content.
fn publish_viewer(
    writer: &mut Writer<'_>,
    publication: &Publication<'_>,
    mut assets: Assets,
) -> Result<Vec<PathBuf>> {
    let files = &publication.viewer.files;
    let mut renewed = Vec::new();
    for file in files {
        if assets.note(&file.name, &file.bytes) {
            renewed.push(file.name.clone());
        }
        writer.write_with(&file.bytes, &file.name, Copies::All)?;
    }
    let headers = headers::headers_file(files.iter().map(|file| file.name.as_path()));
    writer.write(headers.as_bytes(), Path::new(headers::HEADERS_FILE))?;
    writer.write(b"", Path::new(NO_JEKYLL))?;
    assets.sweep(writer, files, publication.now)?;
    Ok(renewed)
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

/// Writes the pages for link previews and the site's list: its own runs, and the damage that kept runs out of it.
fn list(
    writer: &mut Writer<'_>,
    unreadable: Vec<Unreadable>,
    url: Option<&SiteUrl>,
) -> Result<Index> {
    let mut previews = Vec::new();
    let mut index = rebuild_index_with(&writer.site.join(REPORTS), |run, scenarios, summary| {
        previews.extend(Preview::of(run, scenarios, summary));
    })?;
    preview::write(writer, &previews, url)?;
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
    let text = to_json(&index).with_context(|| format!("cannot serialize {INDEX_FILE}"))?;
    writer.write(text.as_bytes(), &Path::new(REPORTS).join(INDEX_FILE))?;
    Ok(index)
}

struct Writer<'a> {
    site: &'a Path,
    written: usize,
}

impl Writer<'_> {
    fn copy(&mut self, source: &Path, name: &Path) -> Result<()> {
        self.write(&read(source)?, name)
    }

    fn write(&mut self, bytes: &[u8], name: &Path) -> Result<()> {
        self.write_with(bytes, name, Copies::Gzip)
    }

    /// Writes a file that has changed, and its compressed copies.
    fn write_with(&mut self, bytes: &[u8], name: &Path, copies: Copies) -> Result<()> {
        let target = self.site.join(name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        if !fs::read(&target).is_ok_and(|current| current == bytes) {
            compressed::discard(&target)?;
            write_atomically(&target, bytes)?;
            self.written += 1;
        }
        self.written += compressed::refresh(&target, bytes, copies)?;
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
