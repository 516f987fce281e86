//! The clock, and how late a thread wakes up by it: what every latency is measured with.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_getres};
use shared::estimate::DISPATCH_LAG_P99_NS;
use shared::units::format_time;

use super::finding::{Finding, Mark};
use crate::arm::be_urgent;

/// Where Linux tells what its clock counts by.
const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
/// Clock sources that a process cannot read by itself: each reading is a call to the kernel, and takes microseconds.
const SLOW_SOURCES: [&str; 4] = ["hpet", "acpi_pm", "jiffies", "pit"];
/// Coarsest resolution that tells saves apart, nanoseconds: the fastest, of a cached state, take some microseconds.
const COARSEST_NS: u64 = 1_000;
/// How long the clock is read.
const READ_FOR: Duration = Duration::from_millis(300);
/// Wake-ups that are tried, a millisecond apart: about the pace of the highest loads.
const WAKE_UPS: u32 = 300;
/// How far apart they are.
const NAP: Duration = Duration::from_millis(1);

/// What the clock is, and whether threads are woken in time.
pub(super) fn findings() -> [Finding; 2] {
    let source = std::fs::read_to_string(SOURCE).ok();
    let resolution = clock_getres(ClockId::Monotonic);
    let seconds = u64::try_from(resolution.tv_sec).unwrap_or(0);
    let resolution_ns = seconds * 1_000_000_000 + u64::try_from(resolution.tv_nsec).unwrap_or(0);
    // A thread of its own: it is to wake up as the load generator's does, and stays as it is made.
    let woken = std::thread::spawn(wake_ups).join();
    let (raised, latest_ns) = woken.unwrap_or((false, u64::MAX));
    [
        priority(raised, latest_ns),
        clock(source.as_deref().map(str::trim), resolution_ns, &read()),
    ]
}

/// What reading the clock again and again gives.
struct Readings {
    count: u64,
    /// Of all readings together, nanoseconds.
    elapsed_ns: u64,
    /// Between two readings, nanoseconds.
    longest_ns: u64,
}

fn read() -> Readings {
    let begin = Instant::now();
    let (mut last, mut count, mut longest) = (begin, 0, Duration::ZERO);
    while last - begin < READ_FOR {
        let now = Instant::now();
        longest = longest.max(now - last);
        (last, count) = (now, count + 1);
    }
    Readings {
        count,
        elapsed_ns: nanoseconds(last - begin),
        longest_ns: nanoseconds(longest),
    }
}

fn clock(source: Option<&str>, resolution_ns: u64, readings: &Readings) -> Finding {
    let Readings {
        count,
        elapsed_ns,
        longest_ns,
    } = readings;
    let reading_ns = elapsed_ns / count.max(&1);
    let found = format!(
        "{}, resolution {resolution_ns} ns, {reading_ns} ns a reading, longest pause {}",
        source.unwrap_or("source unknown"),
        format_time(*longest_ns as f64)
    );
    let is_slow = source.is_some_and(|source| SLOW_SOURCES.contains(&source));
    let (mark, means) = if is_slow || resolution_ns > COARSEST_NS || reading_ns > COARSEST_NS {
        (
            Mark::Note,
            "too slow or too coarse for saves of some microseconds; another clock source (tsc, kvm-clock) can be \
             written to current_clocksource, if the machine has one",
        )
    } else if *longest_ns > DISPATCH_LAG_P99_NS {
        (
            Mark::Note,
            "a pause is time in which others had the core; in a run it lengthens the latencies of both arms: leave the \
             machine to the run",
        )
    } else {
        (
            Mark::Ok,
            "steady: what is measured is the service, not the clock",
        )
    };
    Finding::new("clock", mark, found, means)
        .with("resolution_ns", Some(resolution_ns))
        .with("reading_ns", Some(reading_ns))
        .with("longest_pause_ns", Some(*longest_ns))
}

/// Whether a thread may be scheduled before all others, and by how much it woke up too late at the most, nanoseconds.
fn wake_ups() -> (bool, u64) {
    let raised = be_urgent();
    let late = (0..WAKE_UPS).map(|_| {
        let due = Instant::now() + NAP;
        std::thread::sleep(NAP);
        nanoseconds(due.elapsed())
    });
    (raised, late.max().unwrap_or(0))
}

fn priority(raised: bool, latest_ns: u64) -> Finding {
    let found = format!(
        "{}; the latest of {WAKE_UPS} wake-ups was {} late",
        if raised {
            "may be raised"
        } else {
            "may not be raised"
        },
        format_time(latest_ns as f64)
    );
    let (mark, means) = match (raised, latest_ns > DISPATCH_LAG_P99_NS) {
        (true, false) => (
            Mark::Ok,
            "saves are handed over when they are due, also while a service keeps all cores busy",
        ),
        (true, true) => (
            Mark::Note,
            "the thread that hands saves over goes first, but others held the core; pairs in which saves were late do not \
             count: leave the machine to the run",
        ),
        (false, _) => (
            Mark::Note,
            "where a service keeps all cores busy, saves are handed over late, and such pairs do not count: run as root or \
             give the runner CAP_SYS_NICE",
        ),
    };
    Finding::new("priority", mark, found, means).with("latest_wake_up_ns", Some(latest_ns))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(reading_ns: u64, longest_ns: u64) -> Readings {
        Readings {
            count: 1_000,
            elapsed_ns: reading_ns * 1_000,
            longest_ns,
        }
    }

    #[test]
    fn a_clock_is_judged_by_source_grain_cost_and_pauses() {
        let mark = |source, resolution, reading, longest| {
            clock(source, resolution, &readings(reading, longest)).mark
        };
        assert_eq!(mark(Some("tsc"), 1, 25, 50_000), Mark::Ok);
        assert_eq!(mark(None, 1, 25, 50_000), Mark::Ok);
        assert_eq!(mark(Some("hpet"), 1, 25, 50_000), Mark::Note);
        assert_eq!(mark(Some("tsc"), 4_000_000, 25, 50_000), Mark::Note);
        assert_eq!(mark(Some("tsc"), 1, 1_500, 50_000), Mark::Note);
        let paused = clock(Some("tsc"), 1, &readings(25, 4_000_000));
        assert_eq!(paused.mark, Mark::Note);
        assert!(paused.found.contains("longest pause 4"), "{}", paused.found);
    }

    #[test]
    fn without_the_privilege_the_remedy_is_named() {
        assert_eq!(priority(true, 60_000).mark, Mark::Ok);
        assert_eq!(priority(true, 2_000_000).mark, Mark::Note);
        let refused = priority(false, 60_000);
        assert_eq!(refused.mark, Mark::Note);
        assert!(refused.means.contains("CAP_SYS_NICE"), "{}", refused.means);
        assert_eq!(refused.figures["latest_wake_up_ns"], 60_000);
    }

    #[test]
    fn this_machines_clock_goes_on() {
        let readings = read();
        assert!(readings.count > 0 && readings.elapsed_ns >= nanoseconds(READ_FOR));
        assert!(readings.longest_ns * readings.count >= readings.elapsed_ns);
        assert!(wake_ups().1 > 0);
    }
}
