//! Tiles: a log's hashes as they are stored and served (C2SP tlog-tiles,
//! height 8).
//!
//! A tile of level L holds up to 256 roots of full subtrees of 256^L leaves,
//! from the left: a tile of level 0 leaf hashes, one of level 1 the roots of
//! 256 full tiles below, and so on. A tile only grows, and a full one is final,
//! so that any earlier tree is read from the tiles of a later one.

use crate::Hash;
use crate::tree::{Subtrees, root};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The height of a tile's own tree.
const HEIGHT: u32 = 8;
/// How many hashes a full tile has.
pub const WIDTH: u64 = 1 << HEIGHT;
/// The levels of tiles that a log of any size has.
const LEVELS: u8 = 8;

/// Where a tile stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TileId {
    pub level: u8,
    /// Its place on its level, from 0.
    pub index: u64,
}

impl TileId {
    /// The tile that holds, or makes, the root of a full subtree; with the
    /// place of the first of its hashes that are below the root, and how many.
    fn of(level: u32, index: u64) -> Option<(Self, u64, u64)> {
        let (level, inside) = (u8::try_from(level / HEIGHT).ok()?, level % HEIGHT);
        let first = index.checked_mul(1 << inside)?;
        Some((Self { level, index: first / WIDTH }, first % WIDTH, 1 << inside))
    }

    /// The tiles at the right edge of a log of this size that are not full:
    /// what a log needs to grow on.
    #[must_use]
    pub fn edge(size: u64) -> Vec<Self> {
        let ids = (0..LEVELS).map(|level| (level, size >> (HEIGHT * u32::from(level))));
        let partial = ids.filter(|(_, hashes)| hashes % WIDTH > 0);
        partial.map(|(level, hashes)| Self { level, index: hashes / WIDTH }).collect()
    }
}

/// How far a tile is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TileRange {
    pub id: TileId,
    /// How many of its hashes, from the left: 1 to 256.
    pub width: u64,
}

impl TileRange {
    /// Reads a tile's path, `<level>/<index>[.p/<width>]`, whose index stands in
    /// groups of three digits: `0/x001/x234/067.p/12`.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| text.parse::<u64>().ok())?
        };
        let (level, path) = path.split_once('/')?;
        let level = number(level, 1).filter(|level| *level < u64::from(LEVELS))?;
        let (index, width) = match path.split_once(".p/") {
            Some((index, width)) => (
                index,
                number(width, width.len()).filter(|w| (1..WIDTH).contains(w) && !width.starts_with('0'))?,
            ),
            None => (path, WIDTH),
        };
        let mut groups = index.rsplit('/');
        let last = number(groups.next()?, 3)?;
        let (mut index, mut factor) = (last, 1000_u64);
        let mut highest = None;
        for group in groups {
            let group = number(group.strip_prefix('x')?, 3)?;
            index = index.checked_add(group.checked_mul(factor)?)?;
            factor = factor.checked_mul(1000)?;
            highest = Some(group);
        }
        // One tile has one path: no leading groups of zeros.
        let id = TileId { level: u8::try_from(level).ok()?, index };
        (highest != Some(0)).then_some(Self { id, width })
    }

    /// How many leaves a log must have to have these hashes; `None` when none can.
    #[must_use]
    pub fn leaves(&self) -> Option<u64> {
        let hashes = self.id.index.checked_mul(WIDTH)?.checked_add(self.width)?;
        hashes.checked_mul(1 << (HEIGHT * u32::from(self.id.level)))
    }
}

/// A tile as it was stored.
///
/// # Errors
/// When the bytes are no tile: one has 1 to 256 hashes of 32 bytes.
pub fn from_bytes(bytes: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let valid = rest.is_empty() && !hashes.is_empty() && count(hashes) <= WIDTH;
    if valid { Ok(hashes.iter().copied().map(Hash::from).collect()) } else { Err(TileError::Malformed) }
}

/// A tile as it is stored.
#[must_use]
pub fn to_bytes(tile: &[Hash]) -> Vec<u8> {
    tile.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// A tile that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TileError {
    #[error("a tile has 1 to 256 hashes of 32 bytes")]
    Malformed,
    #[error("a tile is missing")]
    Missing,
    #[error("tile {}/{} is not as long as a log of this size has it", .0.level, .0.index)]
    Length(TileId),
}

/// Tiles of one log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tiles {
    tiles: BTreeMap<TileId, Vec<Hash>>,
}

impl Tiles {
    /// Adds the leaf that a log of `size` leaves gets next. The tiles of
    /// [`TileId::edge`] must be here.
    ///
    /// # Errors
    /// When a tile is not as long as it should be: they are not of such a log.
    pub fn append(&mut self, size: u64, leaf: Hash) -> Result<(), TileError> {
        let (mut hash, mut place) = (leaf, size);
        for level in 0..LEVELS {
            let id = TileId { level, index: place / WIDTH };
            let tile = self.tiles.entry(id).or_default();
            if count(tile) != place % WIDTH {
                return Err(TileError::Length(id));
            }
            tile.push(hash);
            if count(tile) < WIDTH {
                break;
            }
            hash = root(tile.iter().copied());
            place /= WIDTH;
        }
        Ok(())
    }

    /// One tile.
    #[must_use]
    pub fn get(&self, id: TileId) -> Option<&[Hash]> {
        self.tiles.get(&id).map(Vec::as_slice)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TileId, &[Hash])> {
        self.tiles.iter().map(|(id, tile)| (*id, tile.as_slice()))
    }
}

impl FromIterator<(TileId, Vec<Hash>)> for Tiles {
    fn from_iter<I: IntoIterator<Item = (TileId, Vec<Hash>)>>(tiles: I) -> Self {
        Self { tiles: tiles.into_iter().collect() }
    }
}

impl Subtrees for Tiles {
    fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let (id, first, length) = TileId::of(level, index)?;
        let first = usize::try_from(first).ok()?;
        let hashes = self.get(id)?.get(first..first + usize::try_from(length).ok()?)?;
        Some(root(hashes.iter().copied()))
    }
}

/// The tiles that some work on a log's subtrees reads: at most a few a level.
/// The hashes that it sees here are none.
pub fn read_by(work: impl FnOnce(&dyn Subtrees)) -> Vec<TileId> {
    let reads = Reads::default();
    work(&reads);
    reads.0.into_inner().into_iter().collect()
}

#[derive(Default)]
struct Reads(RefCell<BTreeSet<TileId>>);

impl Subtrees for Reads {
    fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let (id, ..) = TileId::of(level, index)?;
        self.0.borrow_mut().insert(id);
        Some(Hash::from([0; 32]))
    }
}

/// A number of hashes; memory ends long before `u64` does.
fn count<T>(hashes: &[T]) -> u64 {
    u64::try_from(hashes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{consistency_proof, inclusion_proof};
    use crate::tree::{Tree, leaf_hash};
    use proptest::prelude::*;
    use proptest::sample::Index;

    fn leaves(size: u64) -> Vec<Hash> {
        (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    fn tiles(leaves: &[Hash]) -> Tiles {
        let mut tiles = Tiles::default();
        for (size, leaf) in (0..).zip(leaves) {
            tiles.append(size, *leaf).unwrap();
        }
        tiles
    }

    /// Only the tiles that the work reads, through their stored form.
    fn read<T>(all: &Tiles, work: impl Fn(&dyn Subtrees) -> T) -> (usize, T) {
        let ids = read_by(|tree| drop(work(tree)));
        let stored = ids.iter().map(|id| (*id, from_bytes(&to_bytes(all.get(*id).unwrap())).unwrap()));
        (ids.len(), work(&stored.collect::<Tiles>()))
    }

    #[test]
    fn the_levels_of_a_large_log() {
        let large = tiles(&leaves(70_000));
        let lengths: Vec<_> = large
            .iter()
            .filter(|(id, tile)| id.level > 0 || tile.len() < 256)
            .map(|(id, tile)| (id.level, id.index, tile.len()))
            .collect();
        assert_eq!(lengths, [(0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]);
        let edge: Vec<_> = TileId::edge(70_000).into_iter().map(|id| (id.level, id.index)).collect();
        assert_eq!(edge, [(0, 273), (1, 1), (2, 0)]);
        assert_eq!(TileId::edge(65_536), [TileId { level: 2, index: 0 }]);
        // A proof in a log of 70,000 reads a handful of tiles.
        let (count, proof) = read(&large, |tree| inclusion_proof(tree, 70_000, 12_345).unwrap());
        assert!(count <= 6, "{count}");
        assert_eq!(proof, inclusion_proof(&leaves(70_000)[..], 70_000, 12_345).unwrap());
    }

    #[test]
    fn a_tile_has_one_path() {
        let parse = |path| TileRange::parse(path).map(|range| (range.id.level, range.id.index, range.width));
        assert_eq!(parse("0/000"), Some((0, 0, 256)));
        assert_eq!(parse("2/067.p/12"), Some((2, 67, 12)));
        assert_eq!(parse("0/x001/x234/067.p/255"), Some((0, 1_234_067, 255)));
        for wrong in [
            "",
            "0",
            "0/",
            "8/000",
            "00/000",
            "0/0",
            "0/0000",
            "0/x000/001",
            "0/001/002",
            "0/x001",
            "0/+01",
            "-1/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/000.p/+1",
            "0/000/",
            "data/000",
            "0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        let leaves = |path| TileRange::parse(path).unwrap().leaves();
        assert_eq!(leaves("0/001.p/3"), Some(259));
        assert_eq!(leaves("1/001"), Some(512 * 256));
        assert_eq!(leaves("7/x001/000"), None);
    }

    #[test]
    fn what_is_no_tile_is_refused() {
        for length in [0, 31, 33, 257 * 32] {
            assert_eq!(from_bytes(&vec![0; length]), Err(TileError::Malformed), "{length}");
        }
        let mut short = tiles(&leaves(5));
        let id = TileId { level: 0, index: 0 };
        assert_eq!(short.append(6, leaf_hash(b"")), Err(TileError::Length(id)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn proofs_from_tiles_are_those_from_leaves(size in 1_u64..1500, at: Index, old: Index) {
            let leaves = leaves(size);
            // Read from the tiles of a log that has grown since.
            let grown = tiles(&[&leaves[..], &self::leaves(300)].concat());
            let (at, old) = (at.index(leaves.len()), old.index(leaves.len() + 1));
            let (at, old) = (u64::try_from(at).unwrap(), u64::try_from(old).unwrap());
            let included = |tree: &dyn Subtrees| inclusion_proof(tree, size, at).unwrap();
            prop_assert_eq!(read(&grown, included).1, included(&grown));
            prop_assert_eq!(included(&grown), inclusion_proof(&leaves[..], size, at).unwrap());
            let consistent = |tree: &dyn Subtrees| consistency_proof(tree, size, old).unwrap();
            prop_assert_eq!(read(&grown, consistent).1, consistency_proof(&leaves[..], size, old).unwrap());
            let whole = |tree: &dyn Subtrees| Tree::of(tree, size).unwrap();
            prop_assert_eq!(read(&grown, whole).1, leaves.iter().copied().collect::<Tree>());
        }

        #[test]
        fn a_log_grows_on_from_its_edge(size in 0_u64..1500, more in 0_u64..600) {
            let all = leaves(size + more);
            let (before, after) = all.split_at(usize::try_from(size).unwrap());
            let stored = tiles(before);
            let mut edge: Tiles = TileId::edge(size).into_iter()
                .map(|id| (id, stored.get(id).unwrap().to_vec())).collect();
            for (size, leaf) in (size..).zip(after) {
                edge.append(size, *leaf).unwrap();
            }
            let expected = tiles(&all);
            for (id, tile) in edge.iter() {
                prop_assert_eq!(Some(tile), expected.get(id));
            }
        }
    }
}
