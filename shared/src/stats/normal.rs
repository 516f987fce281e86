//! The normal distribution and Student's t.

use std::f64::consts::TAU;

/// The share of the standard normal distribution below a value of at most zero, within 1e-7.
/// Source: Abramowitz & Stegun (1964), 26.2.17.
pub(super) fn below(x: f64) -> f64 {
    let t = 1.0 / (1.0 - 0.231_641_9 * x);
    let series = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ]
    .iter()
    .rev()
    .fold(0.0, |sum, term| (sum + term) * t);
    density(x) * series
}

fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / TAU.sqrt()
}

/// Newton's steps after the rational approximation: its error of 4.5e-4 squares with each.
const STEPS: usize = 2;

/// The value that a share of the standard normal distribution lies above; shares from 1e-12 to one half, within 1e-5.
/// Source: Abramowitz & Stegun (1964), 26.2.23, then Newton's method on [`below`].
pub(super) fn above(share: f64) -> f64 {
    let share = share.clamp(1e-12, 0.5);
    let t = (-2.0 * share.ln()).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    (0..STEPS).fold(t - numerator / denominator, |z, _| {
        z + (below(-z) - share) / density(z)
    })
}

/// The value that a share of Student's t distribution lies above, within 0.5 % from four degrees of freedom on for
/// shares down to 0.5 %. Source: Abramowitz & Stegun (1964), 26.7.5.
pub(super) fn student_above(share: f64, degrees: f64) -> f64 {
    let x = above(share);
    let z = |power| x.powi(power);
    let terms = [
        (z(3) + x) / 4.0,
        (5.0 * z(5) + 16.0 * z(3) + 3.0 * x) / 96.0,
        (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * x) / 384.0,
        (79.0 * z(9) + 776.0 * z(7) + 1_482.0 * z(5) - 1_920.0 * z(3) - 945.0 * x) / 92_160.0,
    ];
    terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| (sum + term) / degrees)
        + x
}

/// The share of Student's t distribution above a value of at least zero, within 1 % from four degrees of freedom on.
/// Source: Hill (1970), Algorithm 395: Student's t-Distribution, Communications of the ACM 13(10), 617–619.
pub(super) fn student_beyond(t: f64, degrees: f64) -> f64 {
    let a = degrees - 0.5;
    let b = 48.0 * a * a;
    let y = a * (t * t / degrees).ln_1p();
    let correction =
        ((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + 100.0 + b) + y + 3.0) / b
            + 1.0;
    below(-correction * y.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_values_are_those_of_the_published_tables() {
        for (x, share) in [
            (0.0, 0.5),
            (-1.0, 0.158_655_25),
            (-1.959_963_985, 0.025),
            (-2.575_829_304, 0.005),
            (-3.0, 0.001_349_9),
        ] {
            assert!((below(x) - share).abs() < 1e-6, "{x}");
            assert!((above(share) + x).abs() < 1e-4, "{share}");
        }
        assert!(above(0.0).is_finite() && above(1.0).abs() < 1e-6);
    }

    #[test]
    fn students_values_are_those_of_the_published_tables() {
        for (share, degrees, t) in [
            (0.025, 4.0, 2.776),
            (0.025, 9.0, 2.262),
            (0.025, 29.0, 2.045),
            (0.025, 1e9, 1.960),
            (0.005, 4.0, 4.604),
            (0.005, 9.0, 3.250),
            (0.005, 29.0, 2.756),
        ] {
            assert!(
                (student_above(share, degrees) / t - 1.0).abs() < 5e-3,
                "{share} {degrees}"
            );
        }
    }

    #[test]
    fn shares_beyond_students_values_are_those_of_the_published_tables() {
        for (share, degrees, t) in [
            (0.025, 4.0, 2.776),
            (0.005, 4.0, 4.604),
            (0.000_5, 4.0, 8.610),
            (0.000_05, 4.0, 15.544),
            (0.025, 9.0, 2.262),
            (0.000_5, 9.0, 4.781),
            (0.000_5, 29.0, 3.659),
        ] {
            let found = student_beyond(t, degrees);
            assert!(
                (found / share - 1.0).abs() < 1e-2,
                "{share} {degrees}: {found}"
            );
        }
        assert!(student_beyond(1e12, 9.0) < 1e-9);
    }
}
