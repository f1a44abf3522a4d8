//! What is kept of more values than memory holds: how many different ones
//! there are, and how they lie.

use weighhouse_types::datasets::QUANTILES;

/// Registers of the count of different values, as a power of two: an error of
/// 0.8 % (one standard deviation), in 16 kB.
const PRECISION: u32 = 14;
const REGISTERS: usize = 1 << PRECISION;
/// Bits of a hash below those that choose the register.
const TAIL: u32 = 64 - PRECISION;

/// How many different values there were: HyperLogLog, with Ertl's estimator,
/// which needs no tables and has no bias at any size (arXiv:1702.01284).
#[derive(Clone, Debug)]
pub(crate) struct Distinct(Vec<u8>);

impl Distinct {
    pub(crate) fn new() -> Self {
        Self(vec![0; REGISTERS])
    }

    /// Adds a value by its hash, all of whose bits must be even.
    #[inline]
    pub(crate) fn add(&mut self, hash: u64) {
        // The guard bit ends the count of zeros where all others are zero.
        let rank = ((hash << PRECISION) | (1 << (PRECISION - 1))).leading_zeros() + 1;
        let index = usize::try_from(hash >> TAIL).unwrap_or(0);
        let rank = u8::try_from(rank).unwrap_or(u8::MAX);
        if let Some(register) = self.0.get_mut(index)
            && *register < rank
        {
            *register = rank;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }

    pub(crate) fn estimate(&self) -> f64 {
        let m = float(REGISTERS);
        let mut counts = vec![0_usize; usize::try_from(TAIL).unwrap_or(0) + 2];
        for register in &self.0 {
            if let Some(count) = counts.get_mut(usize::from(*register)) {
                *count += 1;
            }
        }
        let (Some((full, rest)), Some(empty)) = (counts.split_last(), counts.first()) else { return 0.0 };
        let mut z = m * tau(1.0 - float(*full) / m);
        for count in rest.iter().skip(1).rev() {
            z = 0.5 * (z + float(*count));
        }
        z += m * sigma(float(*empty) / m);
        m * m / (2.0 * std::f64::consts::LN_2 * z)
    }
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "counts of registers and ranks: far below 2^53"
)]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// Values that a level keeps before every second of them goes up.
const LEVEL: usize = 1024;

/// Where the quantiles of numbers lie: levels of values that stand for 1, 2, 4 …
/// each. A full level is put in order, and every second value, of even and odd
/// rank in turn, goes to the next. Ranks are off by well under 1 %: each level
/// adds at most half a value's weight per compaction, and turns cancel out.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ranks {
    levels: Vec<Level>,
}

#[derive(Clone, Default, Debug)]
struct Level {
    values: Vec<f64>,
    odd: bool,
}

impl Ranks {
    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        match self.levels.first_mut() {
            Some(level) => {
                level.values.push(value);
                if level.values.len() >= LEVEL {
                    self.compact(0);
                }
            }
            None => self.levels.push(Level { values: vec![value], odd: false }),
        }
    }

    fn compact(&mut self, from: usize) {
        for n in from..64 {
            if self.levels.len() == n + 1 {
                self.levels.push(Level::default());
            }
            let Some([level, next]) = self.levels.get_mut(n..n + 2) else { return };
            if level.values.len() < LEVEL {
                return;
            }
            level.values.sort_by(f64::total_cmp);
            let pairs = level.values.chunks_exact(2);
            // One without a partner stays behind.
            let left = pairs.remainder().first().copied();
            let turn = usize::from(level.odd);
            next.values.extend(pairs.filter_map(|pair| pair.get(turn)));
            level.odd = !level.odd;
            level.values.clear();
            level.values.extend(left);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (n, theirs) in other.levels.into_iter().enumerate() {
            match self.levels.get_mut(n) {
                Some(mine) => mine.values.extend(theirs.values),
                None => self.levels.push(theirs),
            }
        }
        for n in 0..self.levels.len() {
            self.compact(n);
        }
    }

    /// The quantiles of a profile, between the exact ends.
    pub(crate) fn quantiles(&self, min: f64, max: f64) -> Vec<f64> {
        let weigh = |(n, level): (usize, &Level)| {
            let weight = 1_u64 << n.min(63);
            level.values.iter().map(move |value| (*value, weight)).collect::<Vec<_>>()
        };
        let mut all: Vec<(f64, u64)> = self.levels.iter().enumerate().flat_map(weigh).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: u64 = all.iter().map(|(_, weight)| weight).sum();
        let steps = u64::try_from(QUANTILES - 1).unwrap_or(1);
        let (mut rest, mut sum) = (all.iter(), 0_u64);
        let mut here = min;
        let quantile = |step: u64| {
            // The nearest rank: the first value that so many are not above.
            let wanted = u128::from(total) * u128::from(step);
            while u128::from(sum) * u128::from(steps) < wanted {
                let Some((value, weight)) = rest.next() else { break };
                (here, sum) = (*value, sum + weight);
            }
            if step == 0 {
                min
            } else if step == steps {
                max
            } else {
                here.clamp(min, max)
            }
        };
        (0..=steps).map(quantile).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frequent::mix;
    use proptest::prelude::*;

    #[test]
    fn different_values_are_counted_within_two_percent() {
        for size in [0_u64, 1, 100, 5_000, 40_000, 70_000, 300_000, 2_000_000] {
            let mut distinct = Distinct::new();
            (0..size).for_each(|n| distinct.add(mix(n)));
            (0..size / 2).for_each(|n| distinct.add(mix(n)));
            let (exact, found) = (float(usize::try_from(size).unwrap()), distinct.estimate());
            assert!((found - exact).abs() <= 0.02 * exact, "{found} of {exact}");
        }
    }

    #[test]
    fn parts_count_as_the_whole() {
        let (mut whole, mut a, mut b) = (Distinct::new(), Distinct::new(), Distinct::new());
        for n in 0..10_000 {
            whole.add(mix(n));
            if n % 3 == 0 { a.add(mix(n)) } else { b.add(mix(n)) }
        }
        a.merge(&b);
        assert_eq!(a.0, whole.0);
    }

    /// How far a quantile's rank is from where it should be, as a share.
    fn worst(values: &mut [f64], ranks: &Ranks) -> f64 {
        values.sort_by(f64::total_cmp);
        let quantiles = ranks.quantiles(values[0], values[values.len() - 1]);
        assert_eq!(quantiles.len(), QUANTILES);
        let off = |(step, q): (usize, &f64)| {
            let wanted = float(step) / 50.0;
            let low = float(values.partition_point(|v| v < q)) / float(values.len());
            let high = float(values.partition_point(|v| v <= q)) / float(values.len());
            (low - wanted).max(wanted - high).max(0.0)
        };
        quantiles.iter().enumerate().map(off).fold(0.0, f64::max)
    }

    #[test]
    fn ranks_of_many_values_are_within_one_percent() {
        let orders: [fn(u64) -> f64; 4] = [
            |n| float(usize::try_from(n).unwrap()),
            |n| -float(usize::try_from(n).unwrap()),
            |n| float(usize::try_from(mix(n) >> 12).unwrap()),
            |n| float(usize::try_from(mix(n) % 7).unwrap()),
        ];
        for order in orders {
            let (mut a, mut b) = (Ranks::default(), Ranks::default());
            let mut values: Vec<f64> = (0..400_000).map(order).collect();
            for (n, value) in values.iter().enumerate() {
                if n % 2 == 0 { a.add(*value) } else { b.add(*value) }
            }
            a.merge(b);
            let worst = worst(&mut values, &a);
            assert!(worst < 0.01, "{worst}");
        }
    }

    proptest! {
        #[test]
        fn few_values_have_exact_ranks(mut values in prop::collection::vec(-1e9_f64..1e9, 1..900)) {
            let mut ranks = Ranks::default();
            values.iter().for_each(|value| ranks.add(*value));
            prop_assert_eq!(worst(&mut values, &ranks), 0.0);
        }
    }
}
