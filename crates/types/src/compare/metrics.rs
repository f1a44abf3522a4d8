//! The one formula for how large a change is, whether
//! it is more than noise, and whether it is for the better.

use crate::text::metric as number;
use serde::{Deserialize, Serialize};

/// Relative changes below this are the last digit's.
const SAME: f64 = 0.0005;
/// A metric that gets worse by this much deserves to be looked at.
const MUCH: f64 = 0.10;
/// From here on a growth reads better as a factor.
const FACTOR: f64 = 2.0;
/// Student's t, 97.5 %, from one degree of freedom on; the last for all above.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// What was measured of a version: once, or again and again.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Measured {
    /// The mean of the repeats.
    pub value: f64,
    pub repeats: u32,
    /// The standard deviation of the repeats, where there are any.
    pub deviation: Option<f64>,
}

impl Measured {
    pub(super) fn of(values: &[f64]) -> Self {
        let repeats = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let n = f64::from(repeats.max(1));
        let value: f64 = values.iter().map(|each| each / n).sum();
        let squares: f64 = values.iter().map(|each| (each - value).powi(2) / (n - 1.0).max(1.0)).sum();
        let deviation = (repeats > 1).then(|| squares.sqrt()).filter(|d| d.is_finite());
        Self { value, repeats, deviation }
    }
}

/// What a change means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Better,
    Worse,
    /// Worse by a tenth or more.
    MuchWorse,
    Same,
    /// No more than repeats differ among themselves.
    WithinNoise,
    /// Not measured on both, or on other data under the same name.
    Incomparable,
}

impl Verdict {
    /// The verdict in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::MuchWorse => "much worse",
            Self::Same => "the same",
            Self::WithinNoise => "within noise",
            Self::Incomparable => "not comparable",
        }
    }

    /// Whether something got worse.
    #[must_use]
    pub const fn is_worse(self) -> bool {
        matches!(self, Self::Worse | Self::MuchWorse)
    }
}

/// A metric of one version against another's.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delta {
    /// The difference over what it was; absent where that is zero or nothing.
    pub relative: Option<f64>,
    /// Where there are repeats: how far two measurements of the same may lie
    /// apart (95 %).
    pub noise: Option<f64>,
    pub verdict: Verdict,
}

impl Delta {
    /// Judges what was measured before and after.
    #[must_use]
    pub fn between(before: Option<&Measured>, after: Option<&Measured>, higher_is_better: bool) -> Self {
        let (Some(before), Some(after)) = (before, after) else { return Self::incomparable() };
        let noise = noise(before, after);
        let gain = gain(before.value, after.value, higher_is_better);
        let within = noise.is_some_and(|noise| (after.value - before.value).abs() <= noise);
        let verdict = match gain {
            g if g.abs() < SAME => Verdict::Same,
            _ if within => Verdict::WithinNoise,
            g if g <= -MUCH => Verdict::MuchWorse,
            g if g < 0.0 => Verdict::Worse,
            _ => Verdict::Better,
        };
        let relative = (after.value - before.value) / before.value.abs();
        Self { relative: Some(relative).filter(|r| r.is_finite()), noise, verdict }
    }

    pub(super) const fn incomparable() -> Self {
        Self { relative: None, noise: None, verdict: Verdict::Incomparable }
    }
}

/// How far two versions' metrics lie apart by chance: the 95 % band of
/// Student's test. A side that was measured once has the other's deviation.
fn noise(before: &Measured, after: &Measured) -> Option<f64> {
    let freedom = (before.repeats + after.repeats).checked_sub(2).filter(|freedom| *freedom > 0)?;
    let squares = |side: &Measured| f64::from(side.repeats - 1) * side.deviation.unwrap_or(0.0).powi(2);
    let pooled = ((squares(before) + squares(after)) / f64::from(freedom)).sqrt();
    let at = usize::try_from(freedom - 1).unwrap_or(usize::MAX).min(STUDENT.len() - 1);
    let student = STUDENT.get(at)?;
    let band = student * pooled * (1.0 / f64::from(before.repeats) + 1.0 / f64::from(after.repeats)).sqrt();
    Some(band).filter(|band| band.is_finite())
}

/// The relative change for the better; below zero for the worse. There is no
/// ratio to zero: from there any change counts as a whole one.
fn gain(before: f64, after: f64, higher_is_better: bool) -> f64 {
    let relative = match (before == 0.0, after == 0.0) {
        (true, true) => 0.0,
        (true, false) => after.signum(),
        (false, _) => (after - before) / before.abs(),
    };
    if higher_is_better { relative } else { -relative }
}

/// One metric of a version beside another's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MetricChange {
    pub dataset: String,
    /// The slice, as `name = value`; absent for the whole test set.
    pub slice: Option<String>,
    pub metric: String,
    pub higher_is_better: bool,
    pub before: Option<f64>,
    pub after: Option<f64>,
    #[serde(flatten)]
    pub delta: Delta,
}

impl Eq for MetricChange {}

impl MetricChange {
    /// The relative change for the better; zero where nothing can be compared.
    #[must_use]
    pub fn gain(&self) -> f64 {
        match (self.before, self.after) {
            (Some(before), Some(after)) if self.delta.verdict != Verdict::Incomparable => {
                gain(before, after, self.higher_is_better)
            }
            _ => 0.0,
        }
    }

    /// How large the change is: `+2.4 %`, `× 3.1`.
    #[must_use]
    pub fn size(&self) -> String {
        let (before, after) = match (self.before, self.after) {
            (Some(before), Some(after)) => (before, after),
            (Some(_), None) => return "no longer measured".into(),
            (None, _) => return "not measured before".into(),
        };
        if self.delta.verdict == Verdict::Incomparable {
            return "other test data".into();
        }
        let Some(relative) = self.delta.relative else {
            return if after == 0.0 { "no change" } else { "from zero" }.into();
        };
        if before > 0.0 && after / before >= FACTOR {
            return format!("× {:.1}", after / before);
        }
        if relative.abs() < SAME {
            return "no change".into();
        }
        let percent = relative * 100.0;
        let sign = if percent < 0.0 { "−" } else { "+" };
        let decimals = if percent.abs() >= 10.0 { 0 } else { 1 };
        format!("{sign}{:.decimals$} %", percent.abs())
    }

    /// Size and verdict, with the noise where it is known: `+2.4 %, better`.
    #[must_use]
    pub fn words(&self) -> String {
        let size = self.size();
        let noise = self.delta.noise.map_or_else(String::new, |noise| format!(", noise ± {}", number(noise)));
        match self.delta.verdict {
            Verdict::Same | Verdict::Incomparable => size,
            verdict => format!("{size}, {}{noise}", verdict.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(up: bool, before: f64, after: f64) -> MetricChange {
        let measured = |value: f64| Measured::of(&[value]);
        MetricChange {
            dataset: "a".into(),
            slice: None,
            metric: "m".into(),
            higher_is_better: up,
            before: Some(before),
            after: Some(after),
            delta: Delta::between(Some(&measured(before)), Some(&measured(after)), up),
        }
    }

    #[test]
    fn direction_decides_what_is_better() {
        let cases = [
            (true, 0.871, 0.892, Verdict::Better, "+2.4 %"),
            (false, 0.041, 0.126, Verdict::MuchWorse, "× 3.1"),
            (true, 0.57, 0.31, Verdict::MuchWorse, "−46 %"),
            (false, 0.041, 0.039, Verdict::Better, "−4.9 %"),
            (true, 0.5, 0.5, Verdict::Same, "no change"),
            (true, 0.0, 0.0, Verdict::Same, "no change"),
            (false, 0.0, 0.2, Verdict::MuchWorse, "from zero"),
            (true, 0.60, 0.59, Verdict::Worse, "−1.7 %"),
            (true, -2.0, -1.0, Verdict::Better, "+50 %"),
        ];
        for (up, before, after, verdict, size) in cases {
            let change = change(up, before, after);
            assert_eq!(
                (change.delta.verdict, change.size().as_str()),
                (verdict, size),
                "{before} to {after}"
            );
        }
    }

    #[test]
    fn a_change_within_the_noise_of_repeats_is_none() {
        let steady = Measured::of(&[0.80, 0.81, 0.82]);
        let judged = |after: &[f64]| Delta::between(Some(&steady), Some(&Measured::of(after)), true);
        // Deviation 0.01, two degrees of freedom: 4.303 * 0.01 * sqrt(1/3 + 1).
        let once = judged(&[0.84]);
        assert_eq!(once.verdict, Verdict::WithinNoise);
        assert!((once.noise.unwrap() - 0.049_687).abs() < 1e-5, "{once:?}");
        assert_eq!(judged(&[0.87]).verdict, Verdict::Better);
        assert_eq!(judged(&[0.84, 0.85, 0.86]).verdict, Verdict::Better);
        // Measured once each, nothing is known of the noise.
        assert_eq!(change(true, 0.8, 0.81).delta.noise, None);
    }
}
