//! How metric points are packed: about eleven bytes each, values exact.
//!
//! A pack is a sequence of groups. A group is the key's id, the number of its
//! points, and then for each point the difference of step and of time to the
//! one before (zigzag, LEB128) and the value's eight bytes, little end first.

use crate::kernel::error::{Error, Result};
use weighhouse_types::experiments::Point;

/// The bytes of a value.
const VALUE: usize = 8;

/// Appends a group of one metric's points.
pub(super) fn pack(out: &mut Vec<u8>, key: i32, points: &[Point]) {
    put(out, zigzag(i64::from(key)));
    put(out, u64::try_from(points.len()).unwrap_or(u64::MAX));
    let (mut step, mut at) = (0_i64, 0_i64);
    for point in points {
        put(out, zigzag(point.step.wrapping_sub(step)));
        put(out, zigzag(point.at.wrapping_sub(at)));
        out.extend_from_slice(&point.value.to_le_bytes());
        (step, at) = (point.step, point.at);
    }
}

/// Reads the groups of a pack, and gives the points of one key, or of all, to
/// `each` with their key.
///
/// # Errors
/// When the pack is damaged.
pub(super) fn unpack(pack: &[u8], only: Option<i32>, mut each: impl FnMut(i32, Point)) -> Result<()> {
    let mut rest = pack;
    while !rest.is_empty() {
        let key = i32::try_from(unzigzag(take(&mut rest)?)).map_err(Error::internal)?;
        let wanted = only.is_none_or(|only| only == key);
        let (mut step, mut at) = (0_i64, 0_i64);
        for _ in 0..take(&mut rest)? {
            step = step.wrapping_add(unzigzag(take(&mut rest)?));
            at = at.wrapping_add(unzigzag(take(&mut rest)?));
            let (value, behind) = rest.split_first_chunk::<VALUE>().ok_or_else(damaged)?;
            rest = behind;
            if wanted {
                each(key, Point { step, at, value: f64::from_le_bytes(*value) });
            }
        }
    }
    Ok(())
}

fn damaged() -> Error {
    Error::internal("a pack of metric points is damaged")
}

/// Small numbers of either sign become small numbers.
const fn zigzag(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ number.wrapping_shr(63)).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg()
}

/// Seven bits a byte, the lowest first; all but the last have the eighth set.
fn put(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

fn take(from: &mut &[u8]) -> Result<u64> {
    let mut number = 0;
    for shift in (0..70).step_by(7) {
        let (byte, rest) = from.split_first().ok_or_else(damaged)?;
        *from = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = Point> {
        (any::<i64>(), any::<i64>(), any::<u64>()).prop_map(|(step, at, bits)| Point {
            step,
            at,
            value: f64::from_bits(bits),
        })
    }

    fn bits(point: Point) -> (i64, i64, u64) {
        (point.step, point.at, point.value.to_bits())
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(groups in proptest::collection::vec((any::<i32>(), proptest::collection::vec(point(), 0..20)), 0..5)) {
            let mut packed = Vec::new();
            for (key, points) in &groups {
                pack(&mut packed, *key, points);
            }
            let mut all = Vec::new();
            unpack(&packed, None, |key, point| all.push((key, bits(point)))).unwrap();
            let expected: Vec<_> =
                groups.iter().flat_map(|(key, points)| points.iter().map(|p| (*key, bits(*p)))).collect();
            prop_assert_eq!(all, expected);
        }

        #[test]
        fn damaged_packs_are_errors_or_points(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes, None, |_, _| ());
        }
    }

    #[test]
    fn points_in_a_row_take_eleven_bytes() {
        let points: Vec<_> =
            (0..1000).map(|n| Point { step: n, at: 1_764_000_000_000 + n * 50, value: 0.5 }).collect();
        let mut packed = Vec::new();
        pack(&mut packed, 7, &points);
        assert!(packed.len() < 11 * 1000 + 20, "{}", packed.len());
    }

    #[test]
    fn only_one_key_is_given_where_it_is_asked_for() {
        let mut packed = Vec::new();
        for key in 1..4 {
            pack(&mut packed, key, &[Point { step: 1, at: 2, value: f64::from(key) }]);
        }
        let mut found = Vec::new();
        unpack(&packed, Some(2), |key, point| found.push((key, point.value))).unwrap();
        assert_eq!(found, [(2, 2.0)]);
    }
}
