//! Dates as people read them, in UTC.

use jiff::Timestamp;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;

/// An instant of a report, read; `None` where it is no RFC 3339 instant.
fn utc(instant: &str) -> Option<jiff::civil::DateTime> {
    let instant: Timestamp = instant.parse().ok()?;
    Some(TimeZone::UTC.to_datetime(instant))
}

/// `Thu 20 Nov 2025, 09:42 UTC`; what cannot be read is shown as it stands.
pub(crate) fn date_time(instant: &str) -> String {
    utc(instant).map_or_else(
        || instant.to_owned(),
        |t| t.strftime("%a %-d %b %Y, %H:%M UTC").to_string(),
    )
}

/// `Thu 20 Nov, 09:42`.
pub(crate) fn short(instant: &str) -> String {
    utc(instant).map_or_else(
        || instant.to_owned(),
        |t| t.strftime("%a %-d %b, %H:%M").to_string(),
    )
}

/// `2025-W47`; `undated` for what cannot be read.
pub(crate) fn week(instant: &str) -> String {
    utc(instant).map_or_else(
        || "undated".to_owned(),
        |t| {
            let week = t.date().iso_week_date();
            format!("{}-W{:02}", week.year(), week.week())
        },
    )
}

/// `17 … 23 Nov 2025` for `2025-W47`; empty for what is no week.
pub(crate) fn week_range(week: &str) -> String {
    range(week).map_or_else(String::new, |(first, last)| {
        let from = if first.month() == last.month() {
            "%-d"
        } else {
            "%-d %b"
        };
        format!("{} … {}", first.strftime(from), last.strftime("%-d %b %Y"))
    })
}

fn range(week: &str) -> Option<(Date, Date)> {
    let (year, number) = week.split_once("-W")?;
    let of = |day| ISOWeekDate::new(year.parse().ok()?, number.parse().ok()?, day).ok();
    Some((of(Weekday::Monday)?.date(), of(Weekday::Sunday)?.date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_utc() {
        assert_eq!(
            date_time("2025-11-20T10:42:07+01:00"),
            "Thu 20 Nov 2025, 09:42 UTC"
        );
        assert_eq!(short("2025-11-20T09:42:07Z"), "Thu 20 Nov, 09:42");
        assert_eq!(date_time("yesterday"), "yesterday");
    }

    #[test]
    fn weeks_follow_iso_8601() {
        assert_eq!(week("2025-12-29T00:00:00Z"), "2026-W01");
        assert_eq!(week("?"), "undated");
        assert_eq!(week_range("2025-W47"), "17 … 23 Nov 2025");
        assert_eq!(week_range("2026-W01"), "29 Dec … 4 Jan 2026");
        assert_eq!(week_range("2025-W60"), "");
    }
}
