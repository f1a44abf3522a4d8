//! Names for runs that came without one.

use crate::kernel::secret;

const ADJECTIVES: [&str; 16] = [
    "able", "brave", "calm", "deft", "even", "fair", "glad", "keen", "level", "mild", "neat", "plain",
    "quiet", "steady", "true", "warm",
];
const NOUNS: [&str; 16] = [
    "anchor", "balance", "beam", "carat", "dram", "grain", "hook", "ledger", "ounce", "pan", "pivot",
    "pound", "scale", "stone", "tare", "weight",
];

/// Such as `steady-balance-417`.
pub(super) fn made_up() -> String {
    let [a, b, c, d, ..] = secret::random32();
    let of = |words: [&'static str; 16], n: u8| words.get(usize::from(n % 16)).copied().unwrap_or("run");
    format!("{}-{}-{}", of(ADJECTIVES, a), of(NOUNS, b), u16::from_le_bytes([c, d]) % 1000)
}
