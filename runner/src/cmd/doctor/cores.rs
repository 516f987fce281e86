//! The processors: how many, how much of them, and how fast they may be.

use std::path::Path;

use rustix::thread::sched_getaffinity;
use shared::units::significant;

use super::finding::{Finding, Mark};
use crate::environment::cgroup::{Limits, Quota, limits};

/// Cores that a run wants: one for the arm under load, one for the runner and the threads that must be in time.
const WANTED: u32 = 2;

const ONLINE: &str = "/sys/devices/system/cpu/online";
/// Of the first core: those of one machine are set alike.
const GOVERNOR: &str = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
/// Says whether cores may go above their rate: 1 for yes.
const BOOST: &str = "/sys/devices/system/cpu/cpufreq/boost";
/// The same of Intel's driver: 1 for no.
const NO_TURBO: &str = "/sys/devices/system/cpu/intel_pstate/no_turbo";

/// What the processors are.
pub(super) fn findings() -> [Finding; 2] {
    let file = |path: &str| Some(std::fs::read_to_string(path).ok()?.trim().to_owned());
    let online = file(ONLINE).and_then(|list| count(&list));
    let allowed = sched_getaffinity(None).ok().map(|set| set.count());
    let turbo = match (file(BOOST), file(NO_TURBO)) {
        (Some(boost), _) => Some(boost == "1"),
        (None, Some(no_turbo)) => Some(no_turbo == "0"),
        (None, None) => None,
    };
    [
        cores(online, allowed, groups().quota),
        rate(file(GOVERNOR).as_deref(), turbo),
    ]
}

/// The limits of this process's control groups.
pub(super) fn groups() -> Limits {
    let file = |path: &Path| std::fs::read_to_string(path).ok();
    let text = |path: &str| file(Path::new(path)).unwrap_or_default();
    limits(
        &text("/proc/self/cgroup"),
        &text("/proc/self/mountinfo"),
        &file,
    )
}

fn cores(online: Option<u32>, allowed: Option<u32>, quota: Option<Quota>) -> Finding {
    let usable = allowed.or(online).unwrap_or(1);
    let of = online.map_or_else(String::new, |online| format!(" of {online}"));
    let limited = quota.filter(|quota| quota.cores() < f64::from(usable));
    let quota_text = limited.map_or_else(String::new, |quota| {
        format!(
            ", of which the control group grants {}",
            significant(quota.cores(), 2, 2)
        )
    });
    let (mark, means) = if limited.is_some() {
        (
            Mark::Note,
            "a group that used up its quota stands still until the next period: pauses that look like the service's; raise the \
             quota or run outside the group",
        )
    } else if usable < WANTED {
        (
            Mark::Note,
            "service and load generator share a core, so latencies hold their waiting for each other; both arms alike",
        )
    } else {
        (
            Mark::Ok,
            "one for the arm under load, the others for the threads that must be in time",
        )
    };
    let found = format!("{usable}{of} may be used{quota_text}");
    Finding::new("cores", mark, found, means)
        .with("usable", Some(usable.into()))
        .with("online", online.map(u64::from))
        .with("quota_us", quota.map(|q| q.quota_us))
        .with("quota_period_us", quota.map(|q| q.period_us))
}

/// `turbo` is whether cores may go above their rate for a while.
fn rate(governor: Option<&str>, turbo: Option<bool>) -> Finding {
    let turbo_text = match turbo {
        None => "",
        Some(true) => ", turbo on",
        Some(false) => ", turbo off",
    };
    let found = format!(
        "governor {}{turbo_text}",
        governor.unwrap_or("not to be read")
    );
    let (mark, means) = match (governor, turbo) {
        (Some("performance"), Some(false)) => (Mark::Ok, "the cores keep one rate"),
        (Some("performance"), _) => (
            Mark::Ok,
            "the cores do not slow down when idle; warm ones may, and pairs in random order meet that alike",
        ),
        (Some(_), _) => (
            Mark::Note,
            "cores slow down when idle, so low loads look slower than they are, in both arms: `cpupower frequency-set -g \
             performance`",
        ),
        (None, _) => (
            Mark::Note,
            "usual for a virtual machine: the host sets the rate and may change it; pairs in random order meet that alike",
        ),
    };
    Finding::new("clock rate", mark, found, means)
}

/// How many a list such as `0-3,8` names.
fn count(list: &str) -> Option<u32> {
    list.split(',')
        .map(|part| {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to): (u32, u32) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            to.checked_sub(from)?.checked_add(1)
        })
        .try_fold(0_u32, |sum, part| sum.checked_add(part?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores_are_counted() {
        assert_eq!(count("0-3,8"), Some(5));
        assert_eq!(count("0"), Some(1));
        for wrong in ["", "3-1", "a-b", "0-4294967295"] {
            assert_eq!(count(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn few_cores_and_a_quota_are_noted() {
        let quota = |quota_us| {
            Some(Quota {
                quota_us,
                period_us: 100_000,
            })
        };
        assert_eq!(cores(Some(4), Some(4), None).mark, Mark::Ok);
        assert_eq!(cores(Some(4), Some(4), quota(400_000)).mark, Mark::Ok);
        let held = cores(Some(4), Some(2), quota(150_000));
        assert_eq!(held.mark, Mark::Note);
        assert_eq!(
            held.found,
            "2 of 4 may be used, of which the control group grants 1.5"
        );
        assert_eq!(held.figures["quota_us"], 150_000);
        assert_eq!(cores(Some(4), Some(1), None).mark, Mark::Note);
        assert_eq!(cores(None, None, None).found, "1 may be used");
    }

    #[test]
    fn a_rate_that_changes_is_noted() {
        assert_eq!(rate(Some("performance"), Some(false)).mark, Mark::Ok);
        assert_eq!(rate(Some("performance"), None).mark, Mark::Ok);
        let saving = rate(Some("powersave"), Some(true));
        assert_eq!(saving.mark, Mark::Note);
        assert_eq!(saving.found, "governor powersave, turbo on");
        assert_eq!(rate(None, None).mark, Mark::Note);
    }
}
