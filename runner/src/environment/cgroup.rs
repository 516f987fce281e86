//! Limits of the control groups that this process is in: cgroups(7), versions 1 and 2.

use std::path::{Path, PathBuf};

use super::mounts::{Mount, mounts};

/// Version 1 has no word for "no limit", only the largest multiple of a page: whatever is above this is none.
const NO_LIMIT: u64 = 1 << 60;

/// The least limits of all groups above this process; an absent one is not set or cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    /// Memory of all processes of the group, bytes.
    pub(crate) memory_bytes: Option<u64>,
    /// Processor time of all processes of the group.
    pub(crate) quota: Option<Quota>,
}

/// Processor time that a group may use of each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Time that may be used, microseconds; of several cores it adds up.
    pub(crate) quota_us: u64,
    /// Length of a period, microseconds; never 0.
    pub(crate) period_us: u64,
}

impl Quota {
    /// How many cores it comes to.
    pub(crate) fn cores(self) -> f64 {
        self.quota_us as f64 / self.period_us as f64
    }
}

/// Reads the limits: from the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`, and the groups' own files through
/// `read`, which gives none where there is no such file.
pub(crate) fn limits(
    cgroup: &str,
    mountinfo: &str,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Limits {
    let of = |controller| Groups::find(cgroup, mountinfo, controller);
    let memory = |groups: Groups| {
        let file = match groups.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        let each = groups.folders.iter();
        each.filter_map(|folder| read(&folder.join(file))?.trim().parse().ok())
            .filter(|bytes| *bytes < NO_LIMIT)
            .min()
    };
    let quota = |groups: Groups| {
        let each = groups.folders.iter();
        each.filter_map(|folder| match groups.version {
            Version::One => quota(
                &read(&folder.join("cpu.cfs_quota_us"))?,
                &read(&folder.join("cpu.cfs_period_us"))?,
            ),
            Version::Two => {
                let text = read(&folder.join("cpu.max"))?;
                let (of, period) = text.trim().split_once(' ')?;
                quota(of, period)
            }
        })
        .min_by(|a, b| a.cores().total_cmp(&b.cores()))
    };
    Limits {
        memory_bytes: of("memory").and_then(memory),
        quota: of("cpu").and_then(quota),
    }
}

/// None where there is no limit, which is `max` in version 2 and -1 in version 1.
fn quota(quota_us: &str, period_us: &str) -> Option<Quota> {
    let quota = Quota {
        quota_us: quota_us.trim().parse().ok()?,
        period_us: period_us.trim().parse().ok()?,
    };
    (quota.period_us > 0).then_some(quota)
}

enum Version {
    One,
    Two,
}

/// The group of this process for a controller and those above it, as far as they can be seen.
struct Groups {
    version: Version,
    folders: Vec<PathBuf>,
}

impl Groups {
    /// A controller that version 1 has is not in version 2.
    fn find(cgroup: &str, mountinfo: &str, controller: &str) -> Option<Self> {
        let has = |list: &str| list.split(',').any(|name| name == controller);
        let of_lines = |wanted: &dyn Fn(&str) -> bool| {
            cgroup.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                wanted(controllers).then_some(path)
            })
        };
        let at = |kind: &str, wanted: &dyn Fn(&Mount) -> bool| {
            mounts(mountinfo).find(|mount| mount.kind == kind && wanted(mount))
        };
        let (version, path, mount) = match of_lines(&has) {
            Some(path) => (Version::One, path, at("cgroup", &|m| has(&m.options))?),
            None => (
                Version::Two,
                of_lines(&str::is_empty)?,
                at("cgroup2", &|_| true)?,
            ),
        };
        Some(Self {
            version,
            folders: folders(Path::new(path), &mount),
        })
    }
}

/// From the group's own folder up to the mount point. A group outside what is mounted here has the mount point only.
fn folders(path: &Path, mount: &Mount) -> Vec<PathBuf> {
    let below = path.strip_prefix(&mount.root).unwrap_or(Path::new(""));
    below
        .ancestors()
        .map(|part| mount.point.join(part))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1_MOUNTS: &str = "\
31 1 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
32 1 0:27 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
33 1 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
    const V2_MOUNTS: &str = "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";

    fn read_from(files: &[(&str, &str)]) -> impl Fn(&Path) -> Option<String> {
        let files: Vec<(PathBuf, String)> = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()))
            .collect();
        move |path| {
            let found = files.iter().find(|(name, _)| name == path)?;
            Some(found.1.clone())
        }
    }

    #[test]
    fn the_least_limit_of_all_groups_above_counts_in_version_2() {
        let read = read_from(&[
            ("/sys/fs/cgroup/user.slice/run.scope/memory.max", "max\n"),
            ("/sys/fs/cgroup/user.slice/memory.max", "2147483648\n"),
            (
                "/sys/fs/cgroup/user.slice/run.scope/cpu.max",
                "max 100000\n",
            ),
            ("/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n"),
        ]);
        let limits = limits("0::/user.slice/run.scope\n", V2_MOUNTS, &read);
        assert_eq!(limits.memory_bytes, Some(2_147_483_648));
        assert_eq!(limits.quota.unwrap().cores(), 1.5);
    }

    #[test]
    fn version_1_has_a_folder_for_each_controller_below_the_mounts_root() {
        let cgroup = "5:cpu,cpuacct:/batch\n4:memory:/docker/ab/job\n0::/\n";
        let read = read_from(&[
            (
                "/sys/fs/cgroup/memory/job/memory.limit_in_bytes",
                "1048576\n",
            ),
            (
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            (
                "/sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us",
                "50000\n",
            ),
            (
                "/sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_period_us",
                "100000\n",
            ),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ]);
        let limits = limits(cgroup, V1_MOUNTS, &read);
        assert_eq!(limits.memory_bytes, Some(1_048_576));
        assert_eq!(limits.quota.unwrap().cores(), 0.5);
    }

    #[test]
    fn what_is_unlimited_or_unreadable_is_no_limit() {
        let unlimited = read_from(&[
            (
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712",
            ),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "0"),
        ]);
        let cgroup = "5:cpu,cpuacct:/\n4:memory:/../outside\n0::/\n";
        assert_eq!(limits(cgroup, V1_MOUNTS, &unlimited), Limits::default());
        assert_eq!(limits("", V2_MOUNTS, &|_| None), Limits::default());
        assert_eq!(limits("0::/\n", "", &|_| None), Limits::default());
        assert_eq!(limits("nonsense", "nonsense", &|_| None), Limits::default());
    }
}
