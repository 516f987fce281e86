//! The folders of a run: whether they can be written to, their room, and how long a sync takes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use shared::units::{format_bytes, format_count, format_time};

use super::super::run::DEFAULT_SEED;
use super::finding::{Finding, Mark};
use crate::databases::Home;
use crate::dataset::{DEFAULT_STATES, Dataset};
use crate::environment::mounts::mount_of;
use crate::place::without_password;
use crate::room::{LEAST_BYTES, free_bytes, needed_bytes};
use crate::scenario::{Profile, Spec, builtin, is_in_all};

/// What a commit writes at the least: a page of the database's log.
const PAGE: usize = 4096;
/// Syncs that are tried, at the most.
const SYNCS: usize = 200;
/// How long they are tried.
const SYNC_FOR: Duration = Duration::from_secs(1);
/// Syncs in less than this reach no disk, nanoseconds: the fastest solid-state disks take more.
const NO_DISK_NS: u64 = 10_000;
/// File systems that are memory.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// What the folders of reports and databases allow.
///
/// # Errors
/// A database of a kind that there is not.
pub(super) async fn findings(out: &Path, database: Option<&str>) -> Result<Vec<Finding>> {
    let home = Home::find(database, out)?;
    // A run makes the folder of its reports, but not that of the databases.
    let mut findings = vec![writable("reports", out, &existing(out), "--out")];
    match home {
        Home::Folder(folder) => {
            if folder != out {
                findings.push(writable(
                    "databases",
                    &folder,
                    &folder,
                    "--database sqlite:DIR",
                ));
            }
            let there = existing(&folder);
            findings.push(space(&there, free_bytes(&there)));
            findings.push(sync(&kind(&there), syncs(&there)));
        }
        Home::Server(url) => findings.push(server(url).await),
    }
    Ok(findings)
}

/// The folder itself, or the nearest one above that is there: what a run makes lies on the same disk.
fn existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|above| above.exists());
    there.unwrap_or(Path::new("/")).to_owned()
}

/// Type of the file system that holds a folder.
fn kind(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let found = folder
        .canonicalize()
        .ok()
        .and_then(|path| mount_of(&mounts, &path));
    found.map_or_else(|| "an unknown file system".to_owned(), |mount| mount.kind)
}

/// `there` is where a file can be tried.
fn writable(name: &'static str, folder: &Path, there: &Path, option: &str) -> Finding {
    let shown = folder.display();
    match tempfile::tempfile_in(there) {
        Ok(_) => Finding::new(
            name,
            Mark::Ok,
            format!("{shown} can be written to, on {}", kind(there)),
            if folder.exists() {
                "a run makes a folder of its own in it"
            } else {
                "it is not there yet; a run makes it"
            },
        ),
        Err(e) => Finding::new(
            name,
            Mark::Trouble,
            format!("{shown} cannot be written to: {}", cause(&e)),
            format!("make the folder writable or name another one with {option}"),
        ),
    }
}

/// Without the path of the temporary file, which says nothing.
fn cause(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => error
            .get_ref()
            .and_then(|inner| inner.source())
            .map_or_else(|| error.to_string(), ToString::to_string),
    }
}

fn space(folder: &Path, free: io::Result<u64>) -> Finding {
    let size = |bytes: u64| format_bytes(bytes as f64);
    let [quick, full] = [Profile::Quick, Profile::Full].map(most_needed);
    let needs = format!(
        "the databases of `runner --all` grow to about {}, those of --profile full to {}",
        size(quick),
        size(full)
    );
    let (mark, found, means) = match &free {
        Ok(free) if *free < quick => (
            if *free < LEAST_BYTES {
                Mark::Trouble
            } else {
                Mark::Note
            },
            format!("{} free", size(*free)),
            format!("{needs}: free some, or name another folder with --out"),
        ),
        Ok(free) => (Mark::Ok, format!("{} free", size(*free)), needs),
        Err(e) => (Mark::Note, format!("{}: {e}", folder.display()), needs),
    };
    Finding::new("space", mark, found, means).with("free_bytes", free.ok())
}

/// The most that a scenario of `--all` needs at once, bytes.
fn most_needed(profile: Profile) -> u64 {
    let dataset = Dataset::new(DEFAULT_SEED, DEFAULT_STATES);
    let in_all = builtin().into_iter().filter(|file| is_in_all(file.name()));
    let specs = in_all.filter_map(|file| file.resolve(profile, None).ok());
    let needed = |spec: Spec| needed_bytes(&spec, &dataset);
    specs.map(needed).max().unwrap_or(0)
}

/// How long each sync took, nanoseconds, ascending.
fn syncs(folder: &Path) -> io::Result<Vec<u64>> {
    let mut file = tempfile::tempfile_in(folder)?;
    let page = [0x5a; PAGE];
    let begin = Instant::now();
    let mut times = Vec::with_capacity(SYNCS);
    while times.len() < SYNCS && begin.elapsed() < SYNC_FOR {
        file.write_all(&page)?;
        let asked = Instant::now();
        file.sync_data()?;
        times.push(u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    times.sort_unstable();
    Ok(times)
}

fn sync(kind: &str, times: io::Result<Vec<u64>>) -> Finding {
    const NAME: &str = "disk sync";
    let times = match times {
        Ok(times) => times,
        Err(e) => {
            return Finding::new(
                NAME,
                Mark::Trouble,
                format!("a page cannot be synced: {}", cause(&e)),
                "no save could be acknowledged: free space, or name another folder with --out",
            );
        }
    };
    let median = times.get(times.len() / 2).copied().unwrap_or(0);
    let slowest = times.last().copied().unwrap_or(0);
    let found = format!(
        "median {}, slowest {} of {} syncs, {kind}",
        format_time(median as f64),
        format_time(slowest as f64),
        times.len()
    );
    let (mark, means) = if IN_MEMORY.contains(&kind) || median < NO_DISK_NS {
        (
            Mark::Note,
            "this is memory, not a disk: a commit costs nothing, and the comparison says little; keep the databases on a disk with \
             --database sqlite:DIR"
                .to_owned(),
        )
    } else {
        let per_second = 1_000_000_000 / median.max(1);
        (
            Mark::Ok,
            format!(
                "who syncs each save alone ends at about {} saves a second; saves that commit together share a sync",
                format_count(per_second)
            ),
        )
    };
    Finding::new(NAME, mark, found, means)
        .with("median_ns", Some(median))
        .with("slowest_ns", Some(slowest))
}

async fn server(url: String) -> Finding {
    let shown = without_password(&url);
    match Home::Server(url).prepare().await {
        Ok(_) => Finding::new(
            "databases",
            Mark::Ok,
            format!("schemas of {shown}"),
            "the server lets schemas be made and keeps what it acknowledges; the speed of its disk is its own affair",
        ),
        Err(e) => Finding::new(
            "databases",
            Mark::Trouble,
            format!("{e:#}"),
            "name another database with --database or DATABASE_URL, or unset the variable",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_lies_where_it_will_be_made() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(existing(&folder.path().join("a/b")), folder.path());
        assert!(existing(Path::new("reports")).is_absolute());
        let missing = folder.path().join("a/b");
        let found = writable("reports", &missing, folder.path(), "--out");
        assert_eq!(found.mark, Mark::Ok);
        assert!(found.means.contains("not there yet"), "{}", found.means);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let found = writable("databases", &missing, &missing, "--database");
        assert_eq!(found.mark, Mark::Trouble);
    }

    #[test]
    fn a_file_in_the_way_is_trouble() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let below = file.path().join("x");
        let found = writable("reports", &below, &existing(&below), "--out");
        assert_eq!(found.mark, Mark::Trouble);
        assert!(
            found.found.ends_with("Not a directory (os error 20)"),
            "{}",
            found.found
        );
        assert!(found.means.contains("--out"), "{}", found.means);
    }

    #[test]
    fn room_is_held_against_what_a_run_needs() {
        let mark = |free| space(Path::new("/x"), free).mark;
        assert_eq!(mark(Ok(0)), Mark::Trouble);
        assert_eq!(mark(Ok(LEAST_BYTES)), Mark::Note);
        assert_eq!(mark(Ok(1 << 40)), Mark::Ok);
        assert_eq!(
            mark(Err(io::ErrorKind::PermissionDenied.into())),
            Mark::Note
        );
        assert!(most_needed(Profile::Full) > most_needed(Profile::Quick));
    }

    #[test]
    fn memory_is_no_disk_and_a_disk_bounds_the_rate() {
        let disk = sync("ext4", Ok(vec![900_000, 1_000_000, 8_000_000]));
        assert_eq!(disk.mark, Mark::Ok);
        assert_eq!(disk.figures["median_ns"], 1_000_000);
        assert!(
            disk.means.contains("about 1\u{202f}000 saves"),
            "{}",
            disk.means
        );
        assert_eq!(sync("tmpfs", Ok(vec![50_000])).mark, Mark::Note);
        assert_eq!(sync("ext4", Ok(vec![700])).mark, Mark::Note);
        let full = sync("ext4", Err(io::Error::from_raw_os_error(28)));
        assert_eq!(full.mark, Mark::Trouble);
        assert!(full.found.contains("No space left"), "{}", full.found);
    }

    #[test]
    fn syncs_of_a_real_folder_are_timed_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let times = syncs(folder.path()).unwrap();
        assert!(!times.is_empty() && times.is_sorted() && times[0] > 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
