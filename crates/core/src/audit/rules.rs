//! What a signer accepts of a log, decided without looking anywhere.

use weighhouse_ledger::Hash;
use weighhouse_ledger::checkpoint::Checkpoint;
use weighhouse_ledger::tile::{TileError, TileId, Tiles, WIDTH};
use weighhouse_ledger::tree::{Head, Tree, leaf_hash};

/// Why a log's head is refused: it is not what was signed before.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("The log has {size} leaves and {signed} were signed: the last ones are gone.")]
    Shrunk { signed: u64, size: u64 },
    #[error("The first {signed} leaves are not the ones that were signed: the log was rewritten.")]
    Rewritten { signed: u64 },
    #[error("Leaf {0} is not what it was when it was hashed into the tree: it was rewritten.")]
    LeafChanged(u64),
    #[error("Leaf {0} is missing.")]
    LeafMissing(u64),
    #[error("The log's tiles are damaged: {0}.")]
    Tiles(#[from] TileError),
    #[error(
        "The signer's own record, which lies in the object store, is missing, though {signed} leaves were signed. \
         Put the newest checkpoint that anybody has back in its place."
    )]
    RecordMissing { signed: u64 },
    #[error("The signer's own record, which lies in the object store, cannot be read: {0}.")]
    RecordDamaged(String),
    #[error("The log is called {stored} in the database and {recorded} in the signer's own record.")]
    Origin { stored: String, recorded: String },
}

/// Compares what the database says with the signer's own record, before
/// anything is hashed.
pub(super) fn record_fits(
    size: u64,
    signed: u64,
    origin: Option<&str>,
    record: Option<&Checkpoint>,
) -> Result<(), Refusal> {
    let Some(record) = record else {
        return if origin.is_none() && signed == 0 { Ok(()) } else { Err(Refusal::RecordMissing { signed }) };
    };
    if let Some(origin) = origin.filter(|origin| *origin != record.origin) {
        return Err(Refusal::Origin { stored: origin.to_owned(), recorded: record.origin.clone() });
    }
    if size < record.head.size {
        return Err(Refusal::Shrunk { signed: record.head.size, size });
    }
    Ok(())
}

/// Grows the tiles of a log of `integrated` leaves by what follows. `leaves`
/// begins where the last tile does, so that what is in it is held against the
/// stored leaves once more.
pub(super) fn grow(
    tiles: &mut Tiles,
    integrated: u64,
    target: u64,
    leaves: impl IntoIterator<Item = (u64, Vec<u8>)>,
) -> Result<(), Refusal> {
    let edge = TileId { level: 0, index: integrated / WIDTH };
    let hashed: Vec<Hash> = tiles.get(edge).unwrap_or_default().to_vec();
    let mut hashed = hashed.into_iter();
    let mut next = edge.index * WIDTH;
    for (index, leaf) in leaves {
        if index != next {
            return Err(Refusal::LeafMissing(next));
        }
        let hash = leaf_hash(&leaf);
        match hashed.next() {
            Some(before) if index < integrated && before == hash => {}
            Some(_) => return Err(Refusal::LeafChanged(index)),
            None => tiles.append(index, hash)?,
        }
        next += 1;
    }
    if next < target { Err(Refusal::LeafMissing(next)) } else { Ok(()) }
}

/// The head of the first `target` leaves, if what was signed before is their
/// beginning; `None` while the tiles do not reach so far.
pub(super) fn head(tiles: &Tiles, target: u64, signed: Option<Head>) -> Result<Option<Head>, Refusal> {
    if let Some(signed) = signed {
        if signed.size > target {
            return Ok(None);
        }
        if Tree::of(tiles, signed.size).map(|tree| tree.head()) != Some(signed) {
            return Err(Refusal::Rewritten { signed: signed.size });
        }
    }
    let tree = Tree::of(tiles, target).ok_or(TileError::Missing)?;
    Ok(Some(tree.head()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(range: std::ops::Range<u64>) -> Vec<(u64, Vec<u8>)> {
        range.map(|n| (n, n.to_be_bytes().to_vec())).collect()
    }

    fn tiles(size: u64) -> Tiles {
        let mut tiles = Tiles::default();
        grow(&mut tiles, 0, size, leaves(0..size)).unwrap();
        tiles
    }

    fn record(origin: &str, size: u64) -> Checkpoint {
        Checkpoint { origin: origin.into(), head: head(&tiles(size), size, None).unwrap().unwrap() }
    }

    #[test]
    fn the_record_and_the_database_agree_or_nothing_is_signed() {
        let ten = record("a/audit/1", 10);
        let fits = |size, signed, origin, record| record_fits(size, signed, origin, record);
        assert_eq!(fits(3, 0, None, None), Ok(()), "the first signing");
        assert_eq!(fits(12, 10, Some("a/audit/1"), Some(&ten)), Ok(()));
        assert_eq!(fits(12, 8, Some("a/audit/1"), Some(&ten)), Ok(()), "recorded, and then not published");
        assert_eq!(fits(12, 0, None, Some(&ten)), Ok(()), "recorded, and never published");
        assert_eq!(fits(9, 10, Some("a/audit/1"), Some(&ten)), Err(Refusal::Shrunk { signed: 10, size: 9 }));
        assert_eq!(fits(12, 10, Some("a/audit/1"), None), Err(Refusal::RecordMissing { signed: 10 }));
        assert!(matches!(fits(12, 10, Some("b/audit/1"), Some(&ten)), Err(Refusal::Origin { .. })));
    }

    #[test]
    fn tiles_grow_by_exactly_the_leaves_that_follow() {
        for (integrated, target) in [(0, 1), (255, 257), (256, 256), (300, 1000), (512, 513)] {
            let mut grown = tiles(integrated);
            let start = integrated / 256 * 256;
            grow(&mut grown, integrated, target, leaves(start..target)).unwrap();
            assert_eq!(grown, tiles(target), "{integrated} to {target}");
        }
        let refused = |leaves| grow(&mut tiles(300), 300, 310, leaves).unwrap_err();
        let mut changed = leaves(256..310);
        changed[40].1.push(0);
        assert_eq!(refused(changed), Refusal::LeafChanged(296));
        assert_eq!(refused(leaves(256..309)), Refusal::LeafMissing(309));
        assert_eq!(refused(leaves(257..310)), Refusal::LeafMissing(256));
        let gap = [leaves(256..300), leaves(301..310)].concat();
        assert_eq!(refused(gap), Refusal::LeafMissing(300));
        // Tiles that hold more or less than the log are no tiles of it.
        assert_eq!(grow(&mut tiles(301), 300, 310, leaves(256..310)), Err(Refusal::LeafChanged(300)));
    }

    #[test]
    fn only_what_goes_on_from_the_signed_head_is_a_head() {
        let grown = tiles(600);
        for size in [1, 255, 256, 300, 600] {
            let signed = record("a", size).head;
            assert_eq!(head(&grown, 600, Some(signed)), Ok(Some(record("a", 600).head)), "{size}");
            let other = Head { root: record("a", 7).head.root, ..signed };
            assert_eq!(head(&grown, 600, Some(other)), Err(Refusal::Rewritten { signed: size }));
        }
        let missing =
            [(TileId { level: 0, index: 2 }, grown.get(TileId { level: 0, index: 2 }).unwrap().to_vec())];
        let missing: Tiles = missing.into_iter().collect();
        assert_eq!(head(&missing, 600, None), Err(Refusal::Tiles(TileError::Missing)));
        let later = record("a", 601).head;
        assert_eq!(head(&grown, 600, Some(later)), Ok(None), "not integrated so far yet");
    }
}
