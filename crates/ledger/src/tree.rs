//! Hashing of a log into a Merkle tree, as RFC 6962 §2.1 has it.

use crate::Hash;

/// The hash of a leaf: SHA-256 of `00` and the entry's bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::of(&[&[0], entry])
}

/// The hash of an inner node: SHA-256 of `01` and both children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root over leaf hashes, in the order of the log.
#[must_use]
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    leaves.into_iter().collect::<Tree>().root()
}

/// What names one state of a log: no other log of that size has that root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// How many leaves it has.
    pub size: u64,
    pub root: Hash,
}

/// Where the roots of a log's full subtrees come from.
pub trait Subtrees {
    /// The root over the 2^`level` leaves from `index` × 2^`level` on; `None`
    /// when it is not here.
    fn subtree(&self, level: u32, index: u64) -> Option<Hash>;
}

/// A log's leaf hashes, all of them.
impl Subtrees for [Hash] {
    fn subtree(&self, level: u32, index: u64) -> Option<Hash> {
        let length = 1_usize.checked_shl(level)?;
        let start = usize::try_from(index).ok()?.checked_mul(length)?;
        let leaves = self.get(start..start.checked_add(length)?)?;
        Some(root(leaves.iter().copied()))
    }
}

/// A tree that grows, without its leaves: all that a root needs are the peaks,
/// the roots of the full subtrees that the leaves fill from the left. There is
/// one for each 1 in the binary form of the size, the largest first, so that
/// appending a leaf merges peaks as adding one carries digits.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up a tree where [`Tree::size`] and [`Tree::peaks`] left it; `None`
    /// when a tree of this size has another number of peaks.
    #[must_use]
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let count = u32::try_from(peaks.len()).ok()?;
        (count == size.count_ones()).then_some(Self { size, peaks })
    }

    /// The tree of the first `size` leaves; `None` when the subtrees do not
    /// reach so far.
    #[must_use]
    pub fn of<T: Subtrees + ?Sized>(subtrees: &T, size: u64) -> Option<Self> {
        Self::of_span(subtrees, 0, size)
    }

    /// The tree of `size` leaves from one that begins a subtree of that size.
    pub(crate) fn of_span<T: Subtrees + ?Sized>(subtrees: &T, start: u64, size: u64) -> Option<Self> {
        let (mut peaks, mut start, mut left) = (Vec::new(), start, size);
        while let Some(level) = left.checked_ilog2() {
            peaks.push(subtrees.subtree(level, start >> level)?);
            start += 1 << level;
            left -= 1 << level;
        }
        Self::from_peaks(size, peaks)
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its full subtrees, the largest first; at most 64.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf at the end.
    pub fn append(&mut self, leaf: Hash) {
        let merges = 0..self.size.trailing_ones();
        let peak = merges.filter_map(|_| self.peaks.pop()).fold(leaf, |right, left| node_hash(&left, &right));
        self.peaks.push(peak);
        self.size += 1;
    }

    /// The root over all leaves; of the empty tree, SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let smallest_first = self.peaks.iter().rev().copied();
        smallest_first.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| Hash::of(&[]))
    }

    /// Size and root.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { size: self.size, root: self.root() }
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.append(leaf));
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The eight entries that certificate transparency's own tests use.
    const ENTRIES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    /// The roots over the first 0, 1, … 8 of them.
    pub(crate) const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    pub(crate) fn known_leaves() -> Vec<Hash> {
        ENTRIES.iter().map(|entry| leaf_hash(&hex::decode(entry).unwrap())).collect()
    }

    pub(crate) fn any_leaves(max: usize) -> impl Strategy<Value = Vec<Hash>> {
        prop::collection::vec(any::<[u8; 32]>().prop_map(Hash::from), 0..=max)
    }

    /// MTH, word for word as RFC 6962 defines it.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(&[]),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    #[test]
    fn known_roots() {
        let mut tree = Tree::new();
        assert_eq!(tree.root().to_string(), ROOTS[0]);
        for (leaf, expected) in known_leaves().into_iter().zip(&ROOTS[1..]) {
            tree.append(leaf);
            assert_eq!(tree.root().to_string(), *expected, "of {} leaves", tree.size());
        }
    }

    #[test]
    fn a_leaf_is_no_node() {
        let [a, b] = [leaf_hash(b"a"), leaf_hash(b"b")];
        let both = [a.as_bytes().as_slice(), b.as_bytes()].concat();
        assert_ne!(leaf_hash(&both), node_hash(&a, &b));
    }

    #[test]
    fn peaks_that_do_not_fit_the_size_are_refused() {
        let peaks = known_leaves();
        assert!(Tree::from_peaks(3, peaks[..2].to_vec()).is_some());
        assert!(Tree::from_peaks(3, peaks[..3].to_vec()).is_none());
        assert!(Tree::from_peaks(0, peaks[..1].to_vec()).is_none());
    }

    proptest! {
        #[test]
        fn a_growing_tree_has_the_root_of_the_definition(leaves in any_leaves(70)) {
            prop_assert_eq!(root(leaves.iter().copied()), root_by_definition(&leaves));
        }

        #[test]
        fn a_tree_goes_on_where_it_was_left(leaves in any_leaves(70), cut: prop::sample::Index) {
            let (before, after) = leaves.split_at(cut.index(leaves.len() + 1));
            let left: Tree = before.iter().copied().collect();
            let mut taken_up = Tree::from_peaks(left.size(), left.peaks().to_vec()).unwrap();
            taken_up.extend(after.iter().copied());
            prop_assert_eq!(taken_up, leaves.into_iter().collect::<Tree>());
        }
    }
}
