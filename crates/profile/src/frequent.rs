//! The most frequent values of a column, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Different numbers that are counted one by one; with more, they are a spread.
const NUMBERS: usize = 256;
/// Different texts that are counted at once.
const TEXTS: usize = 4096;
/// After so many rounds in which nothing proved frequent, nothing is.
const FRUITLESS: u32 = 8;

/// Spreads a number over all bits, one to one (the finaliser of splitmix64).
#[inline]
pub(crate) const fn mix(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

/// Keys of the maps are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = mix(self.0 ^ u64::from(*byte)));
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<Hashed>>;

/// Counts of numbers by their keys, while they are few.
#[derive(Clone, Debug, Default)]
pub(crate) struct Few {
    /// By the hash of the key.
    counts: Option<Map<(u64, u64)>>,
    many: bool,
}

impl Few {
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, key: u64, count: u64) {
        if self.many {
            return;
        }
        let counts = self.counts.get_or_insert_default();
        counts.entry(hash).or_insert((key, 0)).1 += count;
        if counts.len() > NUMBERS {
            (self.counts, self.many) = (None, true);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        if other.many {
            (self.counts, self.many) = (None, true);
        }
        for (hash, (key, count)) in other.counts.into_iter().flatten() {
            self.add(hash, key, count);
        }
    }

    /// Keys and counts; `None` where they are many.
    pub(crate) fn all(&self) -> Option<Vec<(u64, u64)>> {
        (!self.many).then(|| self.counts.iter().flatten().map(|(_, pair)| *pair).collect())
    }
}

/// Counts of texts. While there are no more than fit, all are exact. Beyond,
/// the rarer half is given up again and again (Misra and Gries, in rounds): a
/// count that is left is at most `given_up` too low.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    counts: Map<(Box<str>, u64)>,
    given_up: u64,
    fruitless: u32,
}

impl Texts {
    #[inline]
    pub(crate) fn add(&mut self, hash: u64, text: &str, count: u64, keep: fn(&str) -> &str) {
        if self.fruitless >= FRUITLESS {
            return;
        }
        if let Some((_, known)) = self.counts.get_mut(&hash) {
            *known += count;
            return;
        }
        if self.counts.len() >= TEXTS {
            self.give_up_half();
            if self.fruitless >= FRUITLESS {
                return;
            }
        }
        self.counts.insert(hash, (keep(text).into(), count));
    }

    fn give_up_half(&mut self) {
        let mut all: Vec<u64> = self.counts.values().map(|(_, count)| *count).collect();
        let (_, middle, _) = all.select_nth_unstable(TEXTS / 2);
        let middle = *middle;
        self.counts.retain(|_, (_, count)| {
            *count = count.saturating_sub(middle);
            *count > 0
        });
        self.given_up += middle;
        let any = self.counts.values().any(|(_, count)| *count > self.given_up);
        self.fruitless = if any { 0 } else { self.fruitless + 1 };
        if self.fruitless >= FRUITLESS {
            self.counts = Map::default();
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.given_up += other.given_up;
        self.fruitless = self.fruitless.max(other.fruitless);
        for (hash, (text, count)) in other.counts {
            self.add(hash, &text, count, |text| text);
        }
        if self.fruitless >= FRUITLESS {
            self.counts = Map::default();
        }
    }

    /// How many different texts there are, where that is certain.
    pub(crate) fn exact(&self) -> Option<usize> {
        (self.given_up == 0 && self.fruitless == 0).then_some(self.counts.len())
    }

    /// Texts that are certainly more frequent than what was given up.
    pub(crate) fn top(&self) -> Vec<(&str, u64)> {
        let counts = self.counts.values().filter(|(_, count)| *count > self.given_up);
        counts.map(|(text, count)| (&**text, *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(texts: &mut Texts, n: u64) {
        texts.add(mix(n), &n.to_string(), 1, |text| text);
    }

    #[test]
    fn what_is_frequent_among_many_is_found() {
        let mut parts = [Texts::default(), Texts::default()];
        for n in 0..400_000_u64 {
            // One in ten is 7, one in twenty 8, the rest are all different.
            let value = match n % 20 {
                0 | 1 => 7,
                2 => 8,
                _ => 1_000 + n,
            };
            add(&mut parts[usize::try_from(n % 2).unwrap()], value);
        }
        let [mut all, other] = parts;
        all.merge(other);
        let mut top = all.top();
        top.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let names: Vec<_> = top.iter().map(|(text, _)| *text).collect();
        assert_eq!(names, ["7", "8"]);
        assert!(top[0].1 <= 40_000 && top[0].1 + all.given_up >= 40_000);
        assert_eq!(all.exact(), None);
    }

    #[test]
    fn few_are_exact_and_all_different_are_given_up() {
        let mut few = Texts::default();
        (0..9_000).for_each(|n| add(&mut few, n % 3_000));
        assert_eq!(few.exact(), Some(3_000));
        assert!(few.top().iter().all(|(_, count)| *count == 3));
        let mut ids = Texts::default();
        (0..100_000).for_each(|n| add(&mut ids, n));
        assert!(ids.top().is_empty() && ids.counts.is_empty());
    }

    #[test]
    fn numbers_are_counted_while_they_are_few() {
        let mut few = Few::default();
        (0..1_000).for_each(|n| few.add(mix(n % 200), n % 200, 1));
        assert_eq!(few.all().map(|all| all.len()), Some(200));
        let mut many = few.clone();
        (200..300).for_each(|n| many.add(mix(n), n, 1));
        assert_eq!(many.all(), None);
        few.merge(many);
        assert_eq!(few.all(), None);
    }
}
