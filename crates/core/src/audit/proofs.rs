//! Heads, proofs and leaves of a log, from its tiles: a few rows, however long
//! the log is.

use super::log::{LogName, LogTx};
use super::queries::tiles::{self as queries, LeafRow, State};
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use weighhouse_ledger::Hash;
use weighhouse_ledger::checkpoint::Checkpoint;
use weighhouse_ledger::proof::{self, ProofError};
use weighhouse_ledger::tile::{self, TileId, TileRange, WIDTH};
use weighhouse_ledger::tree::{Subtrees, Tree};
use weighhouse_types::audit::{
    AuditCheckpoint, AuditConsistency, AuditHead, AuditInclusion, AuditLeaf, AuditLeaves, AuditRefusal,
    AuditSigned, ConsistencyQuery, InclusionQuery, LEAVES_MAX, LeavesQuery,
};
use weighhouse_types::error::Code;

/// The most leaves that a head hashes besides the tiles.
const WAITING_MAX: i64 = 10_000;
/// A page of leaves ends after so many bytes.
const LEAVES_BYTES: usize = 8 << 20;

/// The head of a log as it is now, signed or not.
pub(super) async fn head(ctx: &Ctx, name: &LogName) -> Result<AuditHead> {
    let mut tx = LogTx::begin(ctx, name).await?;
    let state = queries::state(&mut tx).await?;
    let base = state.integrated.min(state.size);
    let mut root = None;
    if state.size - base <= WAITING_MAX {
        let size = fit(base)?;
        // Without a tile there is no root; the signer says why.
        let tree = from_tiles(&mut tx, |tree| Ok(Tree::of(tree, size))).await?;
        if let Some(mut tree) = tree {
            tree.extend(queries::leaf_hashes(&mut tx, (base, state.size)).await?);
            root = Some(tree.root().to_string());
        }
    }
    tx.finish().await?;
    Ok(AuditHead { size: fit(state.size)?, root })
}

/// What is signed of a log: its newest checkpoint, and whether the signer goes on.
///
/// # Errors
/// When the caller may not read the log.
pub async fn audit_signed(ctx: &Ctx, name: &LogName) -> Result<AuditSigned> {
    let mut tx = LogTx::begin(ctx, name).await?;
    let state = queries::state(&mut tx).await?;
    tx.finish().await?;
    signed(state)
}

fn signed(state: State) -> Result<AuditSigned> {
    let checkpoint = match (state.origin, state.note, state.key, state.signed_at) {
        (Some(origin), Some(note), Some(key), Some(signed_at)) => {
            let head = Checkpoint::open_unverified(&note).map_err(Error::internal)?.head;
            let (size, root) = (head.size, head.root.to_string());
            Some(AuditCheckpoint { origin, size, root, key, note, signed_at })
        }
        _ => None,
    };
    let refusal = match (state.refusal, state.refused_at) {
        (Some(reason), Some(at)) => Some(AuditRefusal { reason, at }),
        _ => None,
    };
    Ok(AuditSigned { checkpoint, refusal })
}

/// A log's newest checkpoint as it is signed: a C2SP signed note.
///
/// # Errors
/// When the caller may not read the log, or nothing is signed yet.
pub async fn audit_checkpoint(ctx: &Ctx, name: &LogName) -> Result<String> {
    let checkpoint = audit_signed(ctx, name).await?.checkpoint.ok_or_else(unsigned)?;
    Ok(checkpoint.note)
}

fn unsigned() -> Error {
    Error::conflict(
        "Nothing of this log is signed yet. A worker with a log key (--log-key) signs within seconds of a change.",
    )
}

/// Begins on a log with a checkpoint; gives how many leaves that has.
async fn begin_signed<'c>(ctx: &'c Ctx, name: &LogName) -> Result<(LogTx<'c>, u64)> {
    let mut tx = LogTx::begin(ctx, name).await?;
    match queries::state(&mut tx).await?.signed {
        0 => {
            tx.finish().await?;
            Err(unsigned())
        }
        signed => Ok((tx, fit(signed)?)),
    }
}

/// The size that a proof is for: at most what is signed.
fn size_up_to(field: &str, wanted: Option<u64>, signed: u64) -> Result<u64> {
    match wanted.unwrap_or(signed) {
        0 => Err(Error::invalid(field, "A log of no leaves proves nothing; sizes begin with 1.")),
        size if size > signed => Err(Error::invalid(
            field,
            format!("The newest checkpoint has {signed} leaves: ask for a size up to {signed}."),
        )),
        size => Ok(size),
    }
}

/// Proves that a leaf is in a log.
///
/// # Errors
/// When the caller may not read the log, or there is no such leaf or size.
pub async fn audit_inclusion(ctx: &Ctx, name: &LogName, query: &InclusionQuery) -> Result<AuditInclusion> {
    let (mut tx, signed) = begin_signed(ctx, name).await?;
    let index =
        query.index.ok_or_else(|| Error::invalid("index", "Say which leaf: ?index=0 is the first."))?;
    let size = size_up_to("size", query.size, signed)?;
    if index >= size {
        let last = size - 1;
        return Err(Error::invalid("index", format!("A log of {size} leaves has the leaves 0 to {last}.")));
    }
    let make = |tree: &dyn Subtrees| {
        let root = Tree::of(tree, size).ok_or(ProofError::Missing)?.root();
        let leaf = tree.subtree(0, index).ok_or(ProofError::Missing)?;
        Ok((root, leaf, proof::inclusion_proof(tree, size, index)?))
    };
    let (root, leaf, hashes) = from_tiles(&mut tx, make).await?;
    tx.finish().await?;
    let (root, leaf_hash) = (root.to_string(), leaf.to_string());
    Ok(AuditInclusion { index, size, root, leaf_hash, hashes: texts(&hashes) })
}

/// Proves that a log only grew from one size to another.
///
/// # Errors
/// When the caller may not read the log, or it has no such sizes.
pub async fn audit_consistency(
    ctx: &Ctx,
    name: &LogName,
    query: &ConsistencyQuery,
) -> Result<AuditConsistency> {
    let (mut tx, signed) = begin_signed(ctx, name).await?;
    let from = query.from.ok_or_else(|| Error::invalid("from", "Say from which size on: ?from=1."))?;
    let to = size_up_to("to", query.to, signed)?;
    let from = size_up_to("from", Some(from), to)?;
    let hashes = from_tiles(&mut tx, |tree| proof::consistency_proof(tree, to, from)).await?;
    tx.finish().await?;
    Ok(AuditConsistency { from, to, hashes: texts(&hashes) })
}

/// Leaves of a log in order, with their payloads, as far as it is signed.
///
/// # Errors
/// When the caller may not read the log.
pub async fn audit_leaves(ctx: &Ctx, name: &LogName, query: &LeavesQuery) -> Result<AuditLeaves> {
    let (mut tx, signed) = begin_signed(ctx, name).await?;
    let limit = query.limit.unwrap_or(LEAVES_MAX).clamp(1, LEAVES_MAX);
    let from = query.from.unwrap_or(0).min(signed);
    let to = signed.min(from + u64::from(limit));
    let (first, end) = (from / WIDTH, to.div_ceil(WIDTH));
    let ids: Vec<_> = (first..end).map(|index| TileId { level: 0, index }).collect();
    let tiles = queries::tiles(&mut tx, &ids).await?;
    let rows = queries::leaves(&mut tx, (fit(from)?, fit(to)?), true).await?;
    tx.finish().await?;
    let (mut items, mut bytes, mut next) = (Vec::new(), 0, to);
    for row in rows {
        let index = fit(row.index)?;
        bytes += row.leaf.len() + row.payload.as_ref().map_or(0, String::len);
        if bytes > LEAVES_BYTES && !items.is_empty() {
            next = index;
            break;
        }
        let hash = tiles.subtree(0, index).ok_or_else(|| Error::internal("a tile is missing"))?;
        items.push(leaf(row, hash));
    }
    Ok(AuditLeaves { items, next: Some(next).filter(|next| *next < signed) })
}

/// A tile of a log as C2SP's tlog-tiles has it, by its path below `tile/`: the
/// hashes one after the other.
///
/// # Errors
/// When the caller may not read the log, or the newest checkpoint does not
/// reach so far.
pub async fn audit_tile(ctx: &Ctx, name: &LogName, path: &str) -> Result<Vec<u8>> {
    let (mut tx, signed) = begin_signed(ctx, name).await?;
    let range = TileRange::parse(path).ok_or_else(|| {
        Error::invalid(
            "path",
            "A tile's path is level/index, such as 0/000, 0/x001/234 or, of 12 hashes, 1/000.p/12.",
        )
    })?;
    if range.leaves().is_none_or(|leaves| leaves > signed) {
        let detail = format!("The newest checkpoint has {signed} leaves, and no such tile yet.");
        return Err(Error::refused(Code::NotFound, detail));
    }
    let tiles = queries::tiles(&mut tx, &[range.id]).await?;
    tx.finish().await?;
    let hashes = tiles.get(range.id).and_then(|tile| tile.get(..fit(range.width).ok()?));
    Ok(tile::to_bytes(hashes.ok_or_else(|| Error::internal("a tile is missing"))?))
}

/// A leaf whose bytes are no text was tampered with: it goes out all the same,
/// for a verifier to see that it does not have its hash.
fn leaf(row: LeafRow, hash: Hash) -> AuditLeaf {
    AuditLeaf {
        leaf: String::from_utf8_lossy(&row.leaf).into_owned(),
        hash: hash.to_string(),
        payload: row.payload,
        nonce: row.nonce.map(hex::encode),
    }
}

/// Computes from those tiles that the computation reads.
async fn from_tiles<T>(
    tx: &mut LogTx<'_>,
    make: impl Fn(&dyn Subtrees) -> std::result::Result<T, ProofError>,
) -> Result<T> {
    let ids = tile::read_by(|tree| drop(make(tree)));
    let tiles = queries::tiles(tx, &ids).await?;
    make(&tiles).map_err(Error::internal)
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}
