//! The mounted file systems that this process sees.

use std::path::{Path, PathBuf};

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Folder of the file system that is seen at the mount point.
    pub(crate) root: PathBuf,
    /// Where it is seen.
    pub(crate) point: PathBuf,
    /// Type: `ext4`, `tmpfs`, `cgroup2`.
    pub(crate) kind: String,
    /// Options of the file system itself, separated by commas; those of a cgroup are its controllers.
    pub(crate) options: String,
}

/// The file systems of a text in the format of proc_pid_mountinfo(5), in its order; lines of another form are passed over.
pub(crate) fn mounts(mountinfo: &str) -> impl Iterator<Item = Mount> {
    mountinfo.lines().filter_map(|line| {
        let (mount, source) = line.split_once(" - ")?;
        let mut of_mount = mount.split(' ').skip(3);
        let mut of_source = source.split(' ');
        Some(Mount {
            root: path(of_mount.next()?),
            point: path(of_mount.next()?),
            kind: of_source.next()?.to_owned(),
            options: of_source.nth(1).unwrap_or_default().to_owned(),
        })
    })
}

/// The file system that holds a path: of the longest mount point above it, the last mounted of equals.
pub(crate) fn mount_of(mountinfo: &str, path: &Path) -> Option<Mount> {
    mounts(mountinfo)
        .filter(|mount| path.starts_with(&mount.point))
        .max_by_key(|mount| mount.point.as_os_str().len())
}

/// A path as it is escaped there: space, tab, line feed and backslash as three octal digits.
fn path(escaped: &str) -> PathBuf {
    let plain = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n")]
        .into_iter()
        .fold(escaped.to_owned(), |text, (code, character)| {
            text.replace(code, character)
        });
    PathBuf::from(plain.replace("\\134", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_counts() {
        let mounts = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n\
                      23 22 0:5 / /tmp rw - tmpfs tmpfs rw\n\
                      24 22 0:6 / /tmp/with\\040space rw - xfs /dev/sdb rw";
        let kind = |path| mount_of(mounts, Path::new(path)).unwrap().kind;
        assert_eq!(kind("/tmp/run"), "tmpfs");
        assert_eq!(kind("/tmpfiles"), "ext4");
        assert_eq!(kind("/tmp/with space/x"), "xfs");
        assert_eq!(mount_of("", Path::new("/")), None);
    }

    #[test]
    fn what_was_mounted_last_hides_what_was_there() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:5 / / rw - overlay overlay rw";
        assert_eq!(mount_of(mounts, Path::new("/x")).unwrap().kind, "overlay");
    }

    #[test]
    fn a_line_of_another_form_is_passed_over() {
        assert_eq!(mounts("22 1 8:1 / - ext4\n\nnothing").count(), 0);
        assert_eq!(path("/a\\134040\\011b"), PathBuf::from("/a\\040\tb"));
    }
}
