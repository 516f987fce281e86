//! What the system lets this process do and see, and the program itself.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use rustix::thread::{CapabilitySet, capabilities};

use super::finding::{Finding, Mark};
use crate::arm::{this_binary, unreadable};
use crate::environment::{WITHOUT_PROC, build};

/// What a run reads of `/proc` besides its own memory and threads, for the report's page of facts.
const FACTS: [&str; 3] = ["/proc/cpuinfo", "/proc/meminfo", "/proc/self/mountinfo"];
/// Where SQLite puts what does not fit into its memory, in its order; see its page on temporary files.
const TEMPORARY_VARIABLES: [&str; 2] = ["SQLITE_TMPDIR", "TMPDIR"];
const TEMPORARY_FOLDERS: [&str; 3] = ["/var/tmp", "/usr/tmp", "/tmp"];

/// What is allowed.
pub(super) fn findings() -> [Finding; 4] {
    let mut missing = unreadable();
    let facts = FACTS.iter().filter_map(|file| {
        let error = std::fs::read(file).err()?;
        Some(format!("{file}: {error}"))
    });
    missing.extend(facts);
    [
        program(this_binary()),
        proc(&missing),
        temporary(&temporary_folders(&|name| {
            std::env::var_os(name).map(PathBuf::from)
        })),
        fuse(),
    ]
}

fn program(file: io::Result<PathBuf>) -> Finding {
    let build = build();
    let found = build.in_words();
    match file {
        Err(e) => Finding::new(
            "runner",
            Mark::Trouble,
            format!("{found}; its own file is not found: {e}"),
            "each arm is a process of this program: mount /proc, or call the program by its path",
        ),
        Ok(_) if build.profile != "release" => Finding::new(
            "runner",
            Mark::Note,
            found,
            "a debug build measures the compiler's thrift, and its figures are not trusted: build with --release",
        ),
        Ok(_) => Finding::new("runner", Mark::Ok, found, "built for release"),
    }
}

/// `missing` says what cannot be read, and why.
fn proc(missing: &[String]) -> Finding {
    match missing {
        [] => Finding::new(
            "/proc",
            Mark::Ok,
            "readable",
            "memory, threads and connections of the arms are measured",
        ),
        [first, others @ ..] => {
            let more = match others.len() {
                0 => String::new(),
                count => format!(", and {count} more"),
            };
            Finding::new(
                "/proc",
                Mark::Note,
                format!("{first}{more}"),
                format!("a run goes on without it: {WITHOUT_PROC}"),
            )
        }
    }
}

/// Where temporary files may go, in SQLite's order; `variable` reads the environment.
fn temporary_folders(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let named = TEMPORARY_VARIABLES.into_iter().filter_map(variable);
    named
        .chain(TEMPORARY_FOLDERS.map(PathBuf::from))
        .chain([PathBuf::from(".")])
        .collect()
}

fn temporary(folders: &[PathBuf]) -> Finding {
    const NAME: &str = "temporary files";
    let writable = |folder: &PathBuf| tempfile::tempfile_in(folder).is_ok();
    match folders.iter().find(|folder| writable(folder)) {
        Some(folder) => Finding::new(
            NAME,
            Mark::Ok,
            format!("{} is writable", folder.display()),
            "SQLite has room for what does not fit into its memory; the runner itself needs none",
        ),
        None => Finding::new(
            NAME,
            Mark::Note,
            "neither /tmp nor another folder for them is writable",
            "a run goes on as long as SQLite needs no temporary file: set TMPDIR to a folder that can be written to",
        ),
    }
}

fn fuse() -> Finding {
    let device = OpenOptions::new().read(true).write(true).open("/dev/fuse");
    let is_admin =
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_helper = std::env::split_paths(&path)
        .any(|folder| folder.join("fusermount3").is_file() || folder.join("fusermount").is_file());
    fuse_of(device.err(), is_admin, has_helper)
}

/// `refused` is why the device cannot be opened.
fn fuse_of(refused: Option<io::Error>, is_admin: bool, has_helper: bool) -> Finding {
    const MEANS: &str =
        "no scenario needs it: it is for databases on a file system that drops what was not synced";
    let (mark, found) = match (refused, is_admin || has_helper) {
        (Some(e), _) => (
            Mark::Note,
            format!("{}: {e}", Path::new("/dev/fuse").display()),
        ),
        (None, false) => (
            Mark::Note,
            "/dev/fuse opens, but this user may not mount: CAP_SYS_ADMIN or fusermount3 is missing"
                .to_owned(),
        ),
        (None, true) => (Mark::Ok, "file systems can be mounted".to_owned()),
    };
    Finding::new("FUSE", mark, found, MEANS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proc_does_not_tell_is_named_with_the_remedy() {
        assert_eq!(proc(&[]).mark, Mark::Ok);
        let missing = ["threads cannot be measured".to_owned(), "x".to_owned()];
        let noted = proc(&missing);
        assert_eq!(noted.mark, Mark::Note);
        assert_eq!(noted.found, "threads cannot be measured, and 1 more");
        assert!(noted.means.contains("mount -t proc"), "{}", noted.means);
    }

    #[test]
    fn temporary_files_go_where_sqlite_puts_them() {
        let named = |name: &str| (name == "TMPDIR").then(|| PathBuf::from("/mine"));
        let folders = temporary_folders(&named);
        assert_eq!(folders[0], PathBuf::from("/mine"));
        assert_eq!(folders.len(), 5);
        let folder = tempfile::tempdir().unwrap();
        let some = [PathBuf::from("/no/such/folder"), folder.path().to_owned()];
        assert_eq!(temporary(&some).mark, Mark::Ok);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let none = temporary(&some[..1]);
        assert_eq!(none.mark, Mark::Note);
        assert!(none.means.contains("TMPDIR"), "{}", none.means);
    }

    #[test]
    fn fuse_needs_the_device_and_the_right_to_mount() {
        assert_eq!(fuse_of(None, true, false).mark, Mark::Ok);
        assert_eq!(fuse_of(None, false, true).mark, Mark::Ok);
        assert_eq!(fuse_of(None, false, false).mark, Mark::Note);
        let refused = fuse_of(Some(io::ErrorKind::NotFound.into()), true, true);
        assert_eq!(refused.mark, Mark::Note);
        assert!(
            refused.found.starts_with("/dev/fuse: "),
            "{}",
            refused.found
        );
    }

    #[test]
    fn a_program_that_does_not_find_itself_cannot_start_arms() {
        let lost = program(Err(io::ErrorKind::NotFound.into()));
        assert_eq!(lost.mark, Mark::Trouble);
        assert_ne!(program(Ok(PathBuf::from("/runner"))).mark, Mark::Trouble);
    }
}
