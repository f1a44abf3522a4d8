//! Chance that repeats itself: SplitMix64.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A stream of chance, the same for the same seed and part.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64, part: u64) -> Self {
        let mut dice = Self(seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of some words.
    pub(super) fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let n = self.below(u64::try_from(words.len()).unwrap_or(1));
        usize::try_from(n).ok().and_then(|n| words.get(n)).copied().unwrap_or_default()
    }

    pub(super) fn hex(&mut self, digits: usize) -> String {
        let mut hex = String::new();
        while hex.len() < digits {
            hex.push_str(&format!("{:016x}", self.next()));
        }
        hex.truncate(digits);
        hex
    }

    /// An id as it would have been given at a moment.
    pub(super) fn id(&mut self, at: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        let random = (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes();
        let [a, b, c, d, e, f, g, h, i, j, ..] = random;
        uuid::Builder::from_unix_timestamp_millis(millis, &[a, b, c, d, e, f, g, h, i, j]).into_uuid()
    }

    pub(super) fn name(&mut self) -> String {
        let first =
            ["Ann", "Bob", "Cleo", "Dan", "Eva", "Femi", "Greta", "Hiro", "Ines", "Jonas", "Kemi", "Lena"];
        let last = ["Ashe", "Birch", "Cole", "Dietrich", "Eriksen", "Faro", "Grant", "Holm", "Ito", "Jansen"];
        format!("{} {}", self.pick(&first), self.pick(&last))
    }

    pub(super) fn company(&mut self, number: usize) -> String {
        let first =
            ["Alder", "Bright", "Castle", "Dover", "Elm", "Fjord", "Granite", "Harbour", "Iron", "Juniper"];
        let last =
            ["Mutual", "Freight", "Energy", "Health", "Foods", "Retail", "Bank", "Rail", "Insurance", "Labs"];
        format!("{} {} {number}", self.pick(&first), self.pick(&last))
    }
}
