//! Passwords that were in public breaches: `breached.bin` holds fingerprints
//! of 1.4 million, and `infra/passwords/build.py` makes it.

use super::secret::sha256;

/// How many entries each bucket holds, then the buckets' entries in order.
static LIST: &[u8] = include_bytes!("breached.bin");

/// The first bits of a hash choose the bucket …
const BUCKETS: usize = 1 << 18;
/// … and the next ones stand in it, in this many bytes.
const ENTRY: usize = 2;

/// Whether a password was in a breach, whatever its case. One of 12,000 good
/// ones is taken for such by accident.
pub(crate) fn contains(password: &str) -> bool {
    let [a, b, c, d, e, ..] = sha256(password.to_lowercase().as_bytes());
    let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]) >> 6;
    let [.., high, low] = bits.to_be_bytes();
    let (Ok(bucket), Some((counts, entries))) = (usize::try_from(bits >> 16), LIST.split_at_checked(BUCKETS))
    else {
        return false;
    };
    let before: usize = counts.iter().take(bucket).map(|count| usize::from(*count)).sum();
    let count = counts.get(bucket).copied().map_or(0, usize::from);
    let range = before * ENTRY..(before + count) * ENTRY;
    entries.get(range).is_some_and(|bucket| bucket.chunks_exact(ENTRY).any(|entry| entry == [high, low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        let entries: usize = LIST[..BUCKETS].iter().map(|count| usize::from(*count)).sum();
        assert_eq!(LIST.len(), BUCKETS + entries * ENTRY);
        assert!(entries > 1_000_000);
    }

    #[test]
    fn breached_passwords_are_known_and_good_ones_are_not() {
        for known in
            ["password1234", "PassWord1234", "qwertyuiop123", "iloveyou1234", "correcthorsebatterystaple"]
        {
            assert!(contains(known), "{known}");
        }
        for good in ["four words make one", "correct horse battery", "Zürich, leise im März"] {
            assert!(!contains(good), "{good}");
        }
        // A filter that says yes to everything would pass the first half.
        let random = (0..2_000).filter(|n| contains(&format!("no such password {n}"))).count();
        assert!(random < 5, "{random} of 2,000");
    }
}
