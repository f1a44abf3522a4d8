use super::{ProofError, verify_consistency, verify_inclusion};
use crate::Hash;
use crate::tree::tests::{ROOTS, any_leaves, known_leaves};
use crate::tree::{Head, Tree, leaf_hash};
use proptest::prelude::*;
use proptest::sample::Index;

fn head(leaves: &[Hash]) -> Head {
    leaves.iter().copied().collect::<Tree>().head()
}

fn inclusion_proof(leaves: &[Hash], index: u64) -> Result<Vec<Hash>, ProofError> {
    super::inclusion_proof(leaves, head(leaves).size, index)
}

fn consistency_proof(leaves: &[Hash], old_size: u64) -> Result<Vec<Hash>, ProofError> {
    super::consistency_proof(leaves, head(leaves).size, old_size)
}

fn known_head(size: usize) -> Head {
    Head { size: size.try_into().unwrap(), root: ROOTS[size].parse().unwrap() }
}

fn hashes(texts: &[&str]) -> Vec<Hash> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn flip(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    bytes.into()
}

/// The proof with a bit flipped, a hash dropped, and one added at either end.
fn damaged(proof: &[Hash], at: Index, bit: usize) -> Vec<Vec<Hash>> {
    let extra = leaf_hash(b"extra");
    let mut all = vec![[&[extra], proof].concat(), [proof, &[extra]].concat()];
    if !proof.is_empty() {
        let at = at.index(proof.len());
        let mut flipped = proof.to_vec();
        flipped[at] = flip(&proof[at], bit);
        let mut dropped = proof.to_vec();
        dropped.remove(at);
        all.extend([flipped, dropped]);
    }
    all
}

// The proofs of certificate transparency's own tests.
const H01: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
const H1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const H23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const H4567: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const H4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const H67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const H0123: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const H45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

#[test]
fn known_inclusion_proofs() {
    let leaves = known_leaves();
    let cases: [(u64, usize, &[&str]); 5] = [
        (0, 1, &[]),
        (0, 8, &[H1, H23, H4567]),
        (5, 8, &[H4, H67, H0123]),
        (2, 3, &[H01]),
        (1, 5, &[ROOTS[1], H23, H4]),
    ];
    for (index, size, expected) in cases {
        let proof = inclusion_proof(&leaves[..size], index).unwrap();
        assert_eq!(proof, hashes(expected), "leaf {index} of {size}");
        let leaf = &leaves[usize::try_from(index).unwrap()];
        assert_eq!(verify_inclusion(leaf, index, &known_head(size), &proof), Ok(()));
    }
}

#[test]
fn known_consistency_proofs() {
    let leaves = known_leaves();
    let cases: [(usize, usize, &[&str]); 5] =
        [(1, 1, &[]), (1, 8, &[H1, H23, H4567]), (6, 8, &[H45, H67, H0123]), (2, 5, &[H23, H4]), (0, 8, &[])];
    for (old, new, expected) in cases {
        let proof = consistency_proof(&leaves[..new], known_head(old).size).unwrap();
        assert_eq!(proof, hashes(expected), "{old} to {new}");
        assert_eq!(verify_consistency(&known_head(old), &known_head(new), &proof), Ok(()));
    }
}

#[test]
fn what_is_not_in_the_log_is_said() {
    let (leaves, log) = (known_leaves(), known_head(8));
    let missing = Err(ProofError::NoSuchLeaf { index: 8, size: 8 });
    assert_eq!(inclusion_proof(&leaves, 8).map(drop), missing);
    assert_eq!(verify_inclusion(&leaves[0], 8, &log, &[]), missing);

    let shrunk = Err(ProofError::Shrunk { old: 9, new: 8 });
    assert_eq!(consistency_proof(&leaves, 9).map(drop), shrunk);
    assert_eq!(verify_consistency(&Head { size: 9, ..log }, &log, &[]), shrunk);
}

#[test]
fn only_the_empty_log_has_no_leaves() {
    let false_empty = Head { size: 0, root: ROOTS[1].parse().unwrap() };
    assert_eq!(verify_consistency(&false_empty, &known_head(8), &[]), Err(ProofError::Invalid));
}

#[test]
fn the_largest_positions_do_not_overflow() {
    let log = Head { size: u64::MAX, root: ROOTS[0].parse().unwrap() };
    let half = Head { size: 1 << 63, ..log };
    let past_half = Head { size: (1 << 63) + 1, ..log };
    let long = vec![log.root; 100];
    for proof in [&long[..], &long[..1], &long[..64], &[]] {
        for head in [&log, &half, &past_half] {
            assert_eq!(verify_inclusion(&log.root, head.size - 1, head, proof), Err(ProofError::Invalid));
        }
        assert_eq!(verify_consistency(&half, &log, proof), Err(ProofError::Invalid));
        assert_eq!(verify_consistency(&half, &past_half, proof), Err(ProofError::Invalid));
    }
}

/// Small trees whole: every leaf of every size, every pair of sizes.
#[test]
fn every_proof_of_small_logs() {
    let leaves: Vec<_> = (0..40_u8).map(|n| leaf_hash(&[n])).collect();
    for new in 0..=leaves.len() {
        let (log, leaves) = (head(&leaves[..new]), &leaves[..new]);
        for (index, leaf) in (0..).zip(leaves) {
            let proof = inclusion_proof(leaves, index).unwrap();
            assert_eq!(verify_inclusion(leaf, index, &log, &proof), Ok(()), "leaf {index} of {new}");
        }
        for old in 0..=new {
            let old = head(&leaves[..old]);
            let proof = consistency_proof(leaves, old.size).unwrap();
            assert_eq!(verify_consistency(&old, &log, &proof), Ok(()), "{} to {new}", old.size);
        }
    }
}

proptest! {
    #[test]
    fn inclusion_holds_for_nothing_else(
        leaves in any_leaves(300).prop_filter("has a leaf", |leaves| !leaves.is_empty()),
        at: Index, other: Index, bit: usize,
    ) {
        let log = head(&leaves);
        let leaf = at.get(&leaves);
        let index = u64::try_from(at.index(leaves.len())).unwrap();
        let proof = inclusion_proof(&leaves, index).unwrap();
        let verify = |leaf: &Hash, index, log: &Head, proof: &[Hash]| verify_inclusion(leaf, index, log, proof);
        prop_assert_eq!(verify(leaf, index, &log, &proof), Ok(()));

        prop_assert!(verify(&flip(leaf, bit), index, &log, &proof).is_err());
        let other_root = Head { root: flip(&log.root, bit), ..log };
        prop_assert!(verify(leaf, index, &other_root, &proof).is_err());
        for wrong in damaged(&proof, other, bit) {
            prop_assert!(verify(leaf, index, &log, &wrong).is_err());
        }
        let wrong = u64::try_from(other.index(leaves.len() + 2)).unwrap();
        if wrong != index {
            prop_assert!(verify(leaf, wrong, &log, &proof).is_err());
        }
        let taller = Head { size: 2 * log.size.next_power_of_two() + 1, ..log };
        prop_assert!(verify(leaf, index, &taller, &proof).is_err());
    }

    #[test]
    fn consistency_holds_for_nothing_else(leaves in any_leaves(300), at: Index, other: Index, bit: usize) {
        let (old, new) = (head(&leaves[..at.index(leaves.len() + 1)]), head(&leaves));
        let proof = consistency_proof(&leaves, old.size).unwrap();
        prop_assert_eq!(verify_consistency(&old, &new, &proof), Ok(()));

        let flipped = |head: Head| Head { root: flip(&head.root, bit), ..head };
        prop_assert!(verify_consistency(&flipped(old), &new, &proof).is_err());
        if old.size > 0 {
            prop_assert!(verify_consistency(&old, &flipped(new), &proof).is_err());
        }
        for wrong in damaged(&proof, other, bit) {
            prop_assert!(verify_consistency(&old, &new, &wrong).is_err());
        }
        let size = u64::try_from(other.index(leaves.len() + 2)).unwrap();
        if size != old.size {
            let other_size = Head { size, ..old };
            prop_assert!(verify_consistency(&other_size, &new, &proof).is_err());
        }
    }

    #[test]
    fn verifying_never_panics(
        [index, old_size, new_size] in any::<[u64; 3]>(), leaf: [u8; 32], proof in any_leaves(70),
    ) {
        let leaf = Hash::from(leaf);
        let [old, new] = [old_size, new_size].map(|size| Head { size, root: leaf });
        let _ = verify_inclusion(&leaf, index, &new, &proof);
        let _ = verify_consistency(&old, &new, &proof);
    }
}
