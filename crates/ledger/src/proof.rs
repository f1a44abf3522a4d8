//! Proofs that a leaf is in a log and that a log only grew: how they are made
//! (RFC 6962 §2.1.1 and §2.1.2) and verified (RFC 9162 §2.1.3.2 and §2.1.4.2).

use crate::Hash;
use crate::tree::{Head, Subtrees, Tree, node_hash, root};

/// A proof that cannot be made, or that proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    #[error("a log of {size} leaves has no leaf {index}; the first is 0")]
    NoSuchLeaf { index: u64, size: u64 },
    #[error("a log of {new} leaves cannot have grown from one of {old}")]
    Shrunk { old: u64, new: u64 },
    #[error("a hash that the proof needs is not there")]
    Missing,
    #[error("the proof does not fit: a hash, the position or a size is not what it proves")]
    Invalid,
}

/// Proves that a log of `size` leaves has its leaf at an index: the hashes
/// beside the leaf's way up to the root, from the bottom. Reads O(log n)
/// subtrees.
///
/// # Errors
/// [`ProofError::NoSuchLeaf`] when the log has no such leaf,
/// [`ProofError::Missing`] when the tree does not reach so far.
pub fn inclusion_proof<T: Subtrees + ?Sized>(
    tree: &T,
    size: u64,
    index: u64,
) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let mut proof = Vec::new();
    let mut subtree = Span { start: 0, length: size };
    while let Some((left, right)) = subtree.split() {
        let (way, beside) = if index < right.start { (left, right) } else { (right, left) };
        proof.push(beside.root(tree)?);
        subtree = way;
    }
    proof.reverse();
    Ok(proof)
}

/// Proves that a log of `size` leaves began with its first `old_size` leaves
/// as they were. Reads O(log n) subtrees.
///
/// # Errors
/// [`ProofError::Shrunk`] when the log has fewer leaves than that,
/// [`ProofError::Missing`] when the tree does not reach so far.
pub fn consistency_proof<T: Subtrees + ?Sized>(
    tree: &T,
    size: u64,
    old_size: u64,
) -> Result<Vec<Hash>, ProofError> {
    if old_size > size {
        return Err(ProofError::Shrunk { old: old_size, new: size });
    }
    if old_size == 0 || old_size == size {
        return Ok(Vec::new());
    }
    let mut proof = Vec::new();
    let mut subtree = Span { start: 0, length: size };
    // While only right halves were left out, the subtree that remains in the
    // end is the old log itself, whose root the verifier has.
    while old_size < subtree.end()
        && let Some((left, right)) = subtree.split()
    {
        let (way, beside) = if old_size <= right.start { (left, right) } else { (right, left) };
        proof.push(beside.root(tree)?);
        subtree = way;
    }
    if subtree.start > 0 {
        proof.push(subtree.root(tree)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Verifies that a log has a leaf at an index. The head must be one that the
/// log's keeper vouches for, size and root together: a proof alone cannot tell
/// sizes apart between which the leaf's way up is the same.
///
/// # Errors
/// [`ProofError::NoSuchLeaf`] when the log is too short for the index,
/// [`ProofError::Invalid`] when the proof does not show it.
pub fn verify_inclusion(leaf: &Hash, index: u64, log: &Head, proof: &[Hash]) -> Result<(), ProofError> {
    if index >= log.size {
        return Err(ProofError::NoSuchLeaf { index, size: log.size });
    }
    let mut climb = Climb { node: index, last: log.size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match climb.step().ok_or(ProofError::Invalid)? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    check(climb.at_root() && hash == log.root)
}

/// Verifies that a log began with another, and only grew since.
///
/// # Errors
/// [`ProofError::Shrunk`] when the new log is smaller than the old,
/// [`ProofError::Invalid`] when the proof does not show it.
pub fn verify_consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::Shrunk { old: old.size, new: new.size });
    }
    if old.size == new.size {
        return check(proof.is_empty() && old.root == new.root);
    }
    if old.size == 0 {
        // Any log grows from nothing; only nothing has nothing's root.
        return check(proof.is_empty() && old.root == root([]));
    }
    // The climb starts at the old log's last full subtree: its root comes
    // first in the proof, unless the subtree is the whole old log.
    let (start, siblings) = if old.size.is_power_of_two() {
        (&old.root, proof)
    } else {
        proof.split_first().ok_or(ProofError::Invalid)?
    };
    let height = old.size.trailing_zeros();
    let mut climb = Climb { node: (old.size - 1) >> height, last: (new.size - 1) >> height };
    let (mut old_root, mut new_root) = (*start, *start);
    for sibling in siblings {
        match climb.step().ok_or(ProofError::Invalid)? {
            // What lies to the left was in the old log already.
            Side::Left => {
                old_root = node_hash(sibling, &old_root);
                new_root = node_hash(sibling, &new_root);
            }
            Side::Right => new_root = node_hash(&new_root, sibling),
        }
    }
    check(climb.at_root() && old_root == old.root && new_root == new.root)
}

/// Where a sibling lies.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root, by positions on one level of the tree:
/// the node's own and that of the level's last.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// Climbs above the next sibling; `None` at the root, which has none.
    const fn step(&mut self) -> Option<Side> {
        if self.at_root() {
            return None;
        }
        let side = if self.node % 2 == 1 || self.node == self.last {
            // A last node without a sibling rises, as it is, to a level where
            // it has one, and there it is a right child.
            let levels = self.node.trailing_zeros();
            self.node >>= levels;
            self.last >>= levels;
            Side::Left
        } else {
            Side::Right
        };
        self.node /= 2;
        self.last /= 2;
        Some(side)
    }

    const fn at_root(&self) -> bool {
        self.last == 0
    }
}

/// One of the subtrees into which RFC 6962 splits a log.
#[derive(Clone, Copy)]
struct Span {
    start: u64,
    length: u64,
}

impl Span {
    /// The halves of a tree of two leaves or more: the left one is as large a
    /// full tree as leaves something for the right.
    fn split(self) -> Option<(Self, Self)> {
        let level = self.length.checked_sub(1)?.checked_ilog2()?;
        let (left, middle) = (1 << level, self.start + (1 << level));
        let right = Self { start: middle, length: self.length - left };
        Some((Self { start: self.start, length: left }, right))
    }

    const fn end(self) -> u64 {
        self.start + self.length
    }

    fn root<T: Subtrees + ?Sized>(self, tree: &T) -> Result<Hash, ProofError> {
        let tree = Tree::of_span(tree, self.start, self.length).ok_or(ProofError::Missing)?;
        Ok(tree.root())
    }
}

const fn check(valid: bool) -> Result<(), ProofError> {
    if valid { Ok(()) } else { Err(ProofError::Invalid) }
}

#[cfg(test)]
mod tests;
