//! Dates as people read them, in UTC. Reports write every instant as `2025-11-20T09:42:00Z`, so a calendar is
//! all it takes: a library for time zones would be a sixth of what a reader downloads.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A day, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day(i64);

impl Day {
    /// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, `days_from_civil`.
    fn from_civil(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let year_of_era = year - era * 400;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day of the month. Source: the same, `civil_from_days`.
    fn civil(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }

    /// 0 is Monday.
    const fn weekday(self) -> i64 {
        (self.0 + 3).rem_euclid(7)
    }

    /// ISO 8601 year and week: the week belongs to the year of its Thursday.
    fn iso_week(self) -> (i64, i64) {
        let thursday = Self(self.0 - self.weekday() + 3);
        let (year, ..) = thursday.civil();
        (year, (thursday.0 - Self::from_civil(year, 1, 1).0) / 7 + 1)
    }

    fn in_words(self) -> String {
        let (_, month, day) = self.civil();
        format!(
            "{} {day} {}",
            name(&WEEKDAYS, self.weekday()),
            name(&MONTHS, month - 1)
        )
    }
}

fn name(names: &[&'static str], i: i64) -> &'static str {
    names.get(i as usize).copied().unwrap_or_default()
}

/// Day and time of day, `09:42`, of a report's instant; `None` where it is none.
fn read(instant: &str) -> Option<(Day, &str)> {
    let (date, time) = instant.strip_suffix('Z')?.split_once('T')?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let known = Day::from_civil(year, month, day);
    (known.civil() == (year, month, day)).then_some((known, time.get(..5)?))
}

/// `Thu 20 Nov 2025, 09:42 UTC`; what cannot be read is shown as it stands.
pub(crate) fn date_time(instant: &str) -> String {
    read(instant).map_or_else(
        || instant.to_owned(),
        |(day, time)| format!("{} {}, {time} UTC", day.in_words(), day.civil().0),
    )
}

/// `Thu 20 Nov, 09:42`.
pub(crate) fn short(instant: &str) -> String {
    read(instant).map_or_else(
        || instant.to_owned(),
        |(day, time)| format!("{}, {time}", day.in_words()),
    )
}

/// `20 Nov 2025`.
pub(crate) fn day(instant: &str) -> String {
    read(instant).map_or_else(
        || instant.to_owned(),
        |(day, _)| {
            let (year, month, day) = day.civil();
            format!("{day} {} {year}", name(&MONTHS, month - 1))
        },
    )
}

/// `2025-W47`; `undated` for what cannot be read.
pub(crate) fn week(instant: &str) -> String {
    read(instant).map_or_else(
        || "undated".to_owned(),
        |(day, _)| {
            let (year, week) = day.iso_week();
            format!("{year}-W{week:02}")
        },
    )
}

/// `17 … 23 Nov 2025` for `2025-W47`; empty for what is no week.
pub(crate) fn week_range(week: &str) -> String {
    range(week).map_or_else(String::new, |(first, last)| {
        let ((_, month, from), (year, last_month, to)) = (first.civil(), last.civil());
        let name = |month: i64| name(&MONTHS, month - 1);
        let from = if month == last_month {
            from.to_string()
        } else {
            format!("{from} {}", name(month))
        };
        format!("{from} … {to} {} {year}", name(last_month))
    })
}

fn range(week: &str) -> Option<(Day, Day)> {
    let (year, number) = week.split_once("-W")?;
    let (year, number): (i64, i64) = (year.parse().ok()?, number.parse().ok()?);
    // 4 January is always in the first week.
    let fourth = Day::from_civil(year, 1, 4);
    let monday = Day(fourth.0 - fourth.weekday() + (number - 1) * 7);
    (monday.iso_week() == (year, number)).then_some((monday, Day(monday.0 + 6)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_utc() {
        assert_eq!(
            date_time("2025-11-20T09:42:07Z"),
            "Thu 20 Nov 2025, 09:42 UTC"
        );
        assert_eq!(
            date_time("2024-02-29T23:59:59.5Z"),
            "Thu 29 Feb 2024, 23:59 UTC"
        );
        assert_eq!(short("2025-11-20T09:42:07Z"), "Thu 20 Nov, 09:42");
        assert_eq!(day("2025-11-20T09:42:07Z"), "20 Nov 2025");
    }

    #[test]
    fn what_is_no_instant_is_shown_as_it_stands() {
        for odd in [
            "yesterday",
            "2025-02-30T09:42:00Z",
            "2025-11-20T9Z",
            "2025-11-20",
            "",
            "é-é-éTéZ",
        ] {
            assert_eq!(date_time(odd), odd);
            assert_eq!(week(odd), "undated");
        }
    }

    #[test]
    fn weeks_follow_iso_8601() {
        assert_eq!(week("2025-12-29T00:00:00Z"), "2026-W01");
        assert_eq!(week("2027-01-03T00:00:00Z"), "2026-W53");
        assert_eq!(week_range("2025-W47"), "17 … 23 Nov 2025");
        assert_eq!(week_range("2026-W01"), "29 Dec … 4 Jan 2026");
        for odd in ["2025-W53", "2025-W0", "2025-W60", "week", "x-W1"] {
            assert_eq!(week_range(odd), "", "{odd}");
        }
    }

    #[test]
    fn every_day_of_a_long_cycle_is_found_again() {
        for day in (-200_000..200_000).step_by(37).map(Day) {
            let (year, month, of_month) = day.civil();
            assert_eq!(Day::from_civil(year, month, of_month), day);
        }
    }
}
