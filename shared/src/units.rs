//! How numbers are written for people: the same on the terminal and on the site.
//!
//! True minus, thin no-break spaces for thousands and before units, three significant digits for times, whole
//! percents for changes. An interval without width is that of something counted or read once, not measured: it has no
//! words.

/// Narrow no-break space: groups thousands and stands before units.
pub const THIN: char = '\u{202f}';
/// True minus.
pub const MINUS: char = '\u{2212}';

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Time in nanoseconds.
    Nanoseconds,
    /// Size in bytes.
    Bytes,
    /// A share of 0 to 1, shown in percent.
    Share,
    /// A factor, shown as ×1.2.
    Factor,
    /// A growth as a ratio, shown as a signed percent.
    Growth,
    /// Saves a second.
    PerSecond,
    /// Something per save.
    PerSave,
    /// A plain number.
    Count,
}

/// A figure with its unit.
#[must_use]
pub fn format_value(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    match unit {
        Unit::Nanoseconds => format_time(value),
        Unit::Bytes => format_bytes(value),
        // Between 99 and 100 % it is the missing part that counts.
        Unit::Share if value > 0.99 && value < 1.0 => format!("{}{THIN}%", group(value * 100.0, 2)),
        Unit::Share => format!("{}{THIN}%", significant(value * 100.0, 3, 2)),
        Unit::Factor => format_factor(value),
        Unit::Growth => format_change(value),
        Unit::PerSecond => format!("{}{THIN}op/s", group(value, 0)),
        Unit::PerSave => format!("{} per save", significant(value, 3, 2)),
        Unit::Count => group(value, 0),
    }
}

/// A time: milliseconds with three significant digits; microseconds below a tenth of one, seconds from ten seconds on.
#[must_use]
pub fn format_time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds.abs() {
        0.0 => (0.0, "ms"),
        n if n < 1e5 => (nanoseconds / 1e3, "µs"),
        n if n < 1e10 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    format!("{}{THIN}{unit}", significant(value, 3, 2))
}

/// A size in KiB, MiB, GiB with three significant digits.
#[must_use]
pub fn format_bytes(bytes: f64) -> String {
    let steps = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes;
    let mut step = 0;
    while value.abs() >= 1024.0 && step + 1 < steps.len() {
        value /= 1024.0;
        step += 1;
    }
    let decimals = if step == 0 { 0 } else { 2 };
    format!("{}{THIN}{}", significant(value, 3, decimals), steps[step])
}

/// A change as a signed whole percent: −68 %.
#[must_use]
pub fn format_change(ratio: f64) -> String {
    format!("{}{THIN}%", signed_percent(ratio))
}

/// An interval of changes without the sign of percent: −71 … −64; one decimal where its ends are the same without.
/// `None` where it has no width.
#[must_use]
pub fn format_change_interval(low: f64, high: f64) -> Option<String> {
    let ends = (signed_percent(low), signed_percent(high));
    if ends.0 == ends.1 {
        return format_change_interval_tenths(low, high);
    }
    has_width(low, high).then(|| format!("{} … {}", ends.0, ends.1))
}

/// A change with one decimal, for limits that lie a few percent from none: +13.0 %.
#[must_use]
pub fn format_change_tenths(ratio: f64) -> String {
    format!("{}{THIN}%", signed_tenths(ratio))
}

/// A ratio of at least zero as a percentage with one decimal: 3.1 %.
#[must_use]
pub fn format_percent_tenths(ratio: f64) -> String {
    format!("{}{THIN}%", group(ratio * 100.0, 1))
}

/// An interval of changes with one decimal, without the sign of percent: +10.6 … +15.8. `None` where it has no width.
#[must_use]
pub fn format_change_interval_tenths(low: f64, high: f64) -> Option<String> {
    has_width(low, high).then(|| format!("{} … {}", signed_tenths(low), signed_tenths(high)))
}

const fn has_width(low: f64, high: f64) -> bool {
    low < high
}

/// An interval of figures with their unit. `None` where it has no width.
#[must_use]
pub fn format_interval(low: f64, high: f64, unit: Unit) -> Option<String> {
    if unit == Unit::Growth {
        return format_change_interval(low, high).map(|ends| format!("{ends}{THIN}%"));
    }
    has_width(low, high).then(|| format_ends(low, high, unit))
}

fn format_ends(low: f64, high: f64, unit: Unit) -> String {
    let (low, high) = (format_value(low, unit), format_value(high, unit));
    match (low.rsplit_once(THIN), high.rsplit_once(THIN)) {
        (Some((number, a)), Some((_, b)))
            if a == b && !a.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            format!("{number} … {high}")
        }
        _ => format!("{low} … {high}"),
    }
}

/// A factor: ×6.4.
#[must_use]
pub fn format_factor(factor: f64) -> String {
    let decimals = if factor.abs() < 2.0 { 2 } else { 1 };
    format!("×{}", significant(factor, 3, decimals))
}

/// A whole number with grouped thousands.
#[must_use]
pub fn format_count(count: u64) -> String {
    group(count as f64, 0)
}

/// A number of things: 1 target, 2 targets.
#[must_use]
pub fn format_things(count: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        format_count(count),
        if count == 1 { one } else { many }
    )
}

/// Two times, the unit once where it is the same: 7.22 to 2.31 ms.
pub(crate) fn format_from_to(from: f64, to: f64) -> String {
    let (from, to) = (format_time(from), format_time(to));
    let unit = |text: &str| text.rsplit_once(THIN).map(|(_, unit)| unit.to_owned());
    match from.rsplit_once(THIN) {
        Some((number, a)) if unit(&to).as_deref() == Some(a) => format!("{number} to {to}"),
        _ => format!("{from} to {to}"),
    }
}

/// A sum that stops at the largest number: damaged reports may hold any count.
pub(crate) fn saturating_sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

/// An amount of money: cents from one to a thousand, whole above, three digits below.
#[must_use]
pub fn format_money(amount: f64, currency: &str) -> String {
    let text = match amount.abs() {
        0.0 => group(0.0, 0),
        a if a < 1.0 => significant(amount, 3, 9),
        a if a < 999.995 => group(amount, 2),
        _ => group(amount, 0),
    };
    match currency {
        "" => text,
        currency => format!("{text}{THIN}{currency}"),
    }
}

/// A percentile's name: P95, P99.9.
#[must_use]
pub fn percentile_name(percentile: f64) -> String {
    format!("P{percentile}")
}

/// A number with so many significant digits, but no more decimals than that.
#[must_use]
pub fn significant(value: f64, digits: i32, most_decimals: usize) -> String {
    let magnitude = |value: f64| match value {
        0.0 => 0,
        _ => value.abs().log10().floor() as i32,
    };
    let decimals = |magnitude: i32| {
        let wanted = (digits - 1).saturating_sub(magnitude).max(0);
        usize::try_from(wanted).unwrap_or(0).min(most_decimals)
    };
    // 9.999 is rounded to 10.0, not to 10.00.
    let scale = 10_f64.powi(decimals(magnitude(value)) as i32);
    group(value, decimals(magnitude((value * scale).round() / scale)))
}

fn signed_percent(ratio: f64) -> String {
    let percent = (ratio * 100.0).round();
    match percent {
        p if p > 0.0 => format!("+{}", group(p, 0)),
        _ => group(percent, 0),
    }
}

fn signed_tenths(ratio: f64) -> String {
    let percent = (ratio * 1_000.0).round() / 10.0;
    let plus = if percent > 0.0 { "+" } else { "" };
    format!("{plus}{}", group(percent, 1))
}

fn group(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), ""), |(w, f)| (w, f));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(THIN);
        }
        grouped.push(digit);
    }
    let is_zero = text.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if value < 0.0 && !is_zero {
        MINUS.to_string()
    } else {
        String::new()
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(THIN, "_")
    }

    #[test]
    fn money_has_cents_where_they_say_something() {
        let texts =
            [0.0, 0.001_234, 3.0, 999.99, 999.996, 1_234_567.8].map(|a| format_money(a, "EUR"));
        assert_eq!(
            texts,
            [
                "0 EUR",
                "0.00123 EUR",
                "3.00 EUR",
                "999.99 EUR",
                "1 000 EUR",
                "1 234 568 EUR"
            ]
            .map(|t| t.replace(' ', "\u{202f}"))
        );
        assert_eq!(format_money(2.5, ""), "2.50");
    }

    #[test]
    fn times_have_three_significant_digits() {
        let shown = [
            342_000.0,
            2_312_000.0,
            15_440_000.0,
            8_400.0,
            0.0,
            1_234_000_000.0,
            12_000_000_000.0,
        ]
        .map(|ns| plain(&format_time(ns)));
        assert_eq!(
            shown,
            [
                "0.34_ms", "2.31_ms", "15.4_ms", "8.40_µs", "0.00_ms", "1_234_ms", "12.0_s"
            ]
        );
    }

    #[test]
    fn rounding_up_adds_no_digit() {
        let shown =
            [9.994, 9.999, 99.94, 99.96, 999.6, 0.999_9].map(|ms| plain(&format_time(ms * 1e6)));
        assert_eq!(
            shown,
            [
                "9.99_ms", "10.0_ms", "99.9_ms", "100_ms", "1_000_ms", "1.00_ms"
            ]
        );
    }

    #[test]
    fn sentences_name_a_unit_once_and_count_in_words() {
        assert_eq!(plain(&format_from_to(7.22e6, 2.31e6)), "7.22 to 2.31_ms");
        assert_eq!(plain(&format_from_to(7.22e6, 5e4)), "7.22_ms to 50.0_µs");
        assert_eq!(format_things(1, "target", "targets"), "1 target");
        assert_eq!(
            plain(&format_things(1_200, "target", "targets")),
            "1_200 targets"
        );
    }

    #[test]
    fn changes_are_signed_whole_percents() {
        assert_eq!(plain(&format_change(-0.684)), "−68_%");
        assert_eq!(plain(&format_change(0.071)), "+7_%");
        assert_eq!(plain(&format_change(-0.001)), "0_%");
        let interval = |low, high| format_change_interval(low, high).unwrap();
        assert_eq!(interval(-0.712, -0.64), "−71 … −64");
        assert_eq!(interval(-0.674, -0.667), "−67.4 … −66.7");
        assert_eq!(plain(&format_change_tenths(0.13)), "+13.0_%");
        assert_eq!(plain(&format_change_tenths(-0.000_1)), "0.0_%");
        assert_eq!(plain(&format_percent_tenths(0.031)), "3.1_%");
        assert_eq!(
            format_change_interval_tenths(-0.004, 0.158).unwrap(),
            "−0.4 … +15.8"
        );
    }

    #[test]
    fn an_interval_without_width_has_no_words() {
        for end in [1.36, 0.0, -0.5, f64::NAN] {
            assert_eq!(format_change_interval(end, end), None);
            assert_eq!(format_change_interval_tenths(end, end), None);
            for unit in [Unit::Growth, Unit::Bytes, Unit::Factor, Unit::Share] {
                assert_eq!(format_interval(end, end, unit), None, "{end} {unit:?}");
            }
        }
    }

    #[test]
    fn intervals_name_the_unit_once_where_it_is_the_same() {
        let shown = |low, high, unit| plain(&format_interval(low, high, unit).unwrap());
        assert_eq!(shown(1.2e6, 2.5e6, Unit::Nanoseconds), "1.20 … 2.50_ms");
        assert_eq!(shown(9.0e4, 2.5e6, Unit::Nanoseconds), "90.0_µs … 2.50_ms");
        assert_eq!(shown(1_200.0, 1_500.0, Unit::Count), "1_200 … 1_500");
    }

    #[test]
    fn shares_near_one_keep_what_is_missing() {
        let shown =
            [0.9995, 1.0, 0.6, 0.0012].map(|share| plain(&format_value(share, Unit::Share)));
        assert_eq!(shown, ["99.95_%", "100_%", "60.0_%", "0.12_%"]);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(plain(&format_count(150_000)), "150_000");
        assert_eq!(plain(&format_value(-1234.0, Unit::Count)), "−1_234");
        assert_eq!(plain(&format_bytes(12_689_000.0)), "12.1_MiB");
        assert_eq!(format_value(f64::NAN, Unit::Bytes), "–");
    }
}
