//! Small pictures of how a column's values lie.

use crate::components::format::metric;
use leptos::prelude::*;
use weighhouse_types::datasets::{ColumnKind, ColumnProfile, Numbers};

/// Bars of a histogram of numbers.
const BARS: u32 = 24;
/// Bars of the most frequent values.
const VALUES: usize = 12;
const WIDTH: f64 = 144.0;
const HEIGHT: f64 = 32.0;

/// A column's values as bars: numbers by where they lie, words by how often
/// each occurs.
#[component]
pub(super) fn Histogram(column: ColumnProfile) -> impl IntoView {
    let (bars, said) = match &column.numbers {
        Some(numbers) if numbers.max > numbers.min => {
            let kind = column.kind;
            let said = format!(
                "{} from {} to {}, half below {}",
                column.name,
                value(kind, numbers.min),
                value(kind, numbers.max),
                value(kind, numbers.quantiles.get(25).copied().unwrap_or(numbers.mean))
            );
            (shares(numbers), said)
        }
        _ => {
            let top: Vec<u64> = column.top.iter().take(VALUES).map(|top| top.count).collect();
            let most = top.iter().max().copied().unwrap_or(1);
            let name = |top: &weighhouse_types::datasets::TopValue| top.value.clone();
            let names: Vec<String> = column.top.iter().take(VALUES).map(name).collect();
            (top.iter().map(|n| part(*n, most)).collect(), format!("{}: {}", column.name, names.join(", ")))
        }
    };
    (!bars.is_empty()).then(|| view! { <Bars bars=bars said=said /> })
}

/// Bars of heights from 0 to 1.
#[component]
fn Bars(bars: Vec<f64>, said: String) -> impl IntoView {
    let step = WIDTH / f64::from(BARS).max(f64::from(u32::try_from(bars.len()).unwrap_or(BARS)));
    let mut left = 0.0;
    let bars = bars
        .into_iter()
        .map(|share| {
            // What is there at all is seen.
            let height = if share > 0.0 { (share * HEIGHT).max(1.0) } else { 0.0 };
            let x = left;
            left += step;
            view! {
                <rect
                    x=format!("{x:.2}")
                    y=format!("{:.2}", HEIGHT - height)
                    width=format!("{:.2}", step - 1.0)
                    height=format!("{height:.2}")
                />
            }
        })
        .collect_view();
    view! {
        <svg class="histogram" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=said>
            {bars}
        </svg>
    }
}

/// The share of values in each of the bars between the ends, the highest being 1.
fn shares(numbers: &Numbers) -> Vec<f64> {
    let width = (numbers.max - numbers.min) / f64::from(BARS);
    let mut below = 0.0;
    let mut shares: Vec<f64> = Vec::new();
    for n in 1..=BARS {
        // Up to the end itself, whatever the sum of the widths came to.
        let edge = if n == BARS { numbers.max } else { numbers.min + width * f64::from(n) };
        let here = numbers.share_up_to(edge);
        shares.push((here - below).max(0.0));
        below = here;
    }
    let most = shares.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    shares.into_iter().map(|share| share / most).collect()
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a picture needs no 53 bits")]
pub(super) fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

/// A number as its column's values are written.
pub(super) fn value(kind: ColumnKind, number: f64) -> String {
    if kind != ColumnKind::Time {
        return metric(number);
    }
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "saturates, and is no moment then"
    )]
    let at = chrono::DateTime::from_timestamp(number as i64, 0);
    at.map_or_else(|| metric(number), |at| at.format("%-d %b %Y").to_string())
}

/// A share in percent, short.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".into(),
        tiny if tiny < 0.1 => "< 0.1 %".into(),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_numbers_have_even_bars_and_heaps_stand_out() {
        let quantiles: Vec<f64> = (0..51).map(f64::from).collect();
        let even = Numbers { min: 0.0, max: 50.0, mean: 25.0, std: 1.0, quantiles };
        assert!(shares(&even).iter().all(|share| (share - 1.0).abs() < 1e-6), "{:?}", shares(&even));
        let heap = Numbers { quantiles: [vec![0.0; 41], vec![50.0; 10]].concat(), ..even };
        let bars = shares(&heap);
        assert_eq!(bars.len(), 24);
        assert!((bars[0] - 1.0).abs() < 1e-9 && bars[23] > 0.2, "{bars:?}");
    }

    #[test]
    fn shares_are_short() {
        for (share, words) in
            [(0.0, "0 %"), (0.0002, "< 0.1 %"), (0.034, "3.4 %"), (0.5, "50 %"), (1.0, "100 %")]
        {
            assert_eq!(percent(share), words);
        }
    }
}
