//! The test vectors of transparency-dev/merkle: proofs that hold, and the same
//! proofs damaged in every way.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by panicking")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use weighhouse_ledger::Hash;
use weighhouse_ledger::proof::{verify_consistency, verify_inclusion};
use weighhouse_ledger::tree::Head;

/// Some hashes are placeholders of other lengths: they are filled up, which
/// keeps them what they are, equal or wrong. What is empty is no hash, as a
/// [`Hash`] could not be.
fn hash(text: &Value) -> Option<Hash> {
    let mut bytes = STANDARD.decode(text.as_str()?).unwrap();
    bytes.resize(if bytes.is_empty() { 0 } else { 32 }, 0);
    <[u8; 32]>::try_from(bytes).ok().map(Hash::from)
}

fn proof(vector: &Value) -> Option<Vec<Hash>> {
    vector["proof"].as_array().map_or(Some(Vec::new()), |proof| proof.iter().map(hash).collect())
}

fn head(vector: &Value, size: &str, root: &str) -> Option<Head> {
    Some(Head { size: vector[size].as_u64().unwrap(), root: hash(&vector[root])? })
}

/// Runs each vector; there must be as many, and as many that hold.
fn each(vectors: &str, count: usize, good: usize, verify: impl Fn(&Value) -> Option<bool>) {
    let vectors: Vec<Value> = vectors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(vectors.len(), count);
    assert_eq!(vectors.iter().filter(|vector| vector["wantErr"] == false).count(), good);
    for vector in vectors {
        assert_eq!(verify(&vector).unwrap_or(false), vector["wantErr"] == false, "{vector}");
    }
}

#[test]
fn inclusion() {
    each(include_str!("vectors/inclusion.jsonl"), 98, 6, |vector| {
        let log = head(vector, "treeSize", "root")?;
        let index = vector["leafIdx"].as_u64().unwrap();
        Some(verify_inclusion(&hash(&vector["leafHash"])?, index, &log, &proof(vector)?).is_ok())
    });
}

#[test]
fn consistency() {
    each(include_str!("vectors/consistency.jsonl"), 97, 7, |vector| {
        let (old, new) = (head(vector, "size1", "root1")?, head(vector, "size2", "root2")?);
        Some(verify_consistency(&old, &new, &proof(vector)?).is_ok())
    });
}
