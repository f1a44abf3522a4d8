//! SQL of a log's leaves, tiles and checkpoint.

use super::{AGENCY, TENANT, Tables};
use crate::audit::log::{LogName, LogTx};
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::log::Log;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::PlatformTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use weighhouse_ledger::Hash;
use weighhouse_ledger::tile::{self, TileId, Tiles};

fn tables(log: Log) -> Tables {
    match log {
        Log::Tenant(_) => TENANT,
        Log::Agency(_) => AGENCY,
    }
}

/// How far a log is, and how far it is integrated and signed.
#[derive(QueryableByName, Debug)]
pub(in crate::audit) struct State {
    #[diesel(sql_type = BigInt)]
    pub(in crate::audit) size: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::audit) integrated: i64,
    #[diesel(sql_type = BigInt)]
    pub(in crate::audit) signed: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::audit) origin: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::audit) note: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::audit) key: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(in crate::audit) signed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::audit) refusal: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(in crate::audit) refused_at: Option<DateTime<Utc>>,
}

/// Where a log is.
pub(in crate::audit) async fn state(tx: &mut LogTx<'_>) -> Result<State> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    let state = sql_query(format!(
        "SELECT coalesce(h.size, 0) AS size, coalesce(c.integrated, 0) AS integrated,
                coalesce(c.signed, 0) AS signed, c.origin, c.note, c.key, c.signed_at, c.refusal, c.refused_at
         FROM (SELECT $1 AS id) AS log
         LEFT JOIN {prefix}_heads h ON h.{owner} = log.id
         LEFT JOIN {prefix}_checkpoints c ON c.{owner} = log.id"
    ));
    Ok(state.bind::<SqlUuid, _>(id).get_result(tx.conn()?).await?)
}

/// Takes the log for its signer; `None` where another one has it now.
pub(in crate::audit) async fn state_locked(tx: &mut LogTx<'_>) -> Result<Option<State>> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    sql_query(format!("INSERT INTO {prefix}_checkpoints ({owner}) VALUES ($1) ON CONFLICT DO NOTHING"))
        .bind::<SqlUuid, _>(id)
        .execute(tx.conn()?)
        .await?;
    let locked =
        sql_query(format!("SELECT 1 FROM {prefix}_checkpoints WHERE {owner} = $1 FOR UPDATE SKIP LOCKED"))
            .bind::<SqlUuid, _>(id)
            .execute(tx.conn()?)
            .await?;
    // Only now, under the lock, is it read.
    if locked == 0 { Ok(None) } else { state(tx).await.map(Some) }
}

#[derive(QueryableByName)]
struct TileRow {
    #[diesel(sql_type = SmallInt)]
    level: i16,
    #[diesel(sql_type = BigInt)]
    index: i64,
    #[diesel(sql_type = Binary)]
    hashes: Vec<u8>,
}

/// Those of the tiles that are there.
pub(in crate::audit) async fn tiles(tx: &mut LogTx<'_>, ids: &[TileId]) -> Result<Tiles> {
    let Tables { prefix, owner } = tables(tx.log());
    let (levels, indexes) = columns(ids.iter().copied())?;
    let id = tx.log().id();
    let rows: Vec<TileRow> = sql_query(format!(
        "SELECT t.level, t.index, t.hashes
         FROM unnest($2, $3) AS wanted (level, index)
         JOIN {prefix}_tiles t ON t.{owner} = $1 AND t.level = wanted.level AND t.index = wanted.index"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Array<SmallInt>, _>(levels)
    .bind::<Array<BigInt>, _>(indexes)
    .load(tx.conn()?)
    .await?;
    let tile = |row: TileRow| {
        let id = TileId { level: fit(row.level)?, index: fit(row.index)? };
        Ok((id, tile::from_bytes(&row.hashes).map_err(Error::internal)?))
    };
    rows.into_iter().map(tile).collect()
}

/// Stores new tiles, and what others have grown by.
pub(in crate::audit) async fn tiles_put(tx: &mut LogTx<'_>, tiles: &[(TileId, &[Hash])]) -> Result<()> {
    let Tables { prefix, owner } = tables(tx.log());
    let (levels, indexes) = columns(tiles.iter().map(|(id, _)| *id))?;
    let hashes: Vec<Vec<u8>> = tiles.iter().map(|(_, tile)| tile::to_bytes(tile)).collect();
    let id = tx.log().id();
    sql_query(format!(
        "INSERT INTO {prefix}_tiles ({owner}, level, index, hashes)
         SELECT $1, * FROM unnest($2, $3, $4)
         ON CONFLICT ({owner}, level, index) DO UPDATE SET hashes = excluded.hashes"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Array<SmallInt>, _>(levels)
    .bind::<Array<BigInt>, _>(indexes)
    .bind::<Array<Binary>, _>(hashes)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

fn columns(ids: impl Iterator<Item = TileId>) -> Result<(Vec<i16>, Vec<i64>)> {
    let mut columns = (Vec::new(), Vec::new());
    for id in ids {
        columns.0.push(id.level.into());
        columns.1.push(fit(id.index)?);
    }
    Ok(columns)
}

/// A leaf as it is stored.
#[derive(QueryableByName)]
pub(in crate::audit) struct LeafRow {
    #[diesel(sql_type = BigInt)]
    pub(in crate::audit) index: i64,
    #[diesel(sql_type = Binary)]
    pub(in crate::audit) leaf: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::audit) payload: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(in crate::audit) nonce: Option<Vec<u8>>,
}

/// The leaves from one index up to another, with their payloads where asked for.
pub(in crate::audit) async fn leaves(
    tx: &mut LogTx<'_>,
    (from, to): (i64, i64),
    payloads: bool,
) -> Result<Vec<LeafRow>> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    Ok(sql_query(format!(
        "SELECT l.index, l.leaf, p.payload, p.nonce
         FROM {prefix}_leaves l
         LEFT JOIN {prefix}_payloads p ON $4 AND p.{owner} = l.{owner} AND p.index = l.index
         WHERE l.{owner} = $1 AND l.index >= $2 AND l.index < $3
         ORDER BY l.index"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .bind::<Bool, _>(payloads)
    .load(tx.conn()?)
    .await?)
}

#[derive(QueryableByName)]
struct LeafHash {
    #[diesel(sql_type = Binary)]
    leaf_hash: Vec<u8>,
}

/// The leaf hashes from one index up to another, as they were written.
pub(in crate::audit) async fn leaf_hashes(tx: &mut LogTx<'_>, (from, to): (i64, i64)) -> Result<Vec<Hash>> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    let rows: Vec<LeafHash> = sql_query(format!(
        "SELECT leaf_hash FROM {prefix}_leaves WHERE {owner} = $1 AND index >= $2 AND index < $3 ORDER BY index"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .load(tx.conn()?)
    .await?;
    let hash = |row: LeafHash| {
        let bytes: [u8; 32] = row.leaf_hash.as_slice().try_into().map_err(Error::internal)?;
        Ok(Hash::from(bytes))
    };
    rows.into_iter().map(hash).collect()
}

/// The tiles have as many leaves now, and nothing was found wrong.
pub(in crate::audit) async fn integrated_set(tx: &mut LogTx<'_>, integrated: i64) -> Result<()> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    sql_query(format!(
        "UPDATE {prefix}_checkpoints SET integrated = $2, refusal = NULL, refused_at = NULL WHERE {owner} = $1"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(integrated)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A checkpoint to publish.
pub(in crate::audit) struct Signed<'a> {
    pub(in crate::audit) size: i64,
    pub(in crate::audit) origin: &'a str,
    pub(in crate::audit) note: &'a str,
    pub(in crate::audit) key: &'a str,
}

pub(in crate::audit) async fn signed_set(tx: &mut LogTx<'_>, signed: &Signed<'_>) -> Result<()> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    sql_query(format!(
        "UPDATE {prefix}_checkpoints SET signed = $2, origin = $3, note = $4, key = $5, signed_at = now()
         WHERE {owner} = $1"
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(signed.size)
    .bind::<Text, _>(signed.origin)
    .bind::<Text, _>(signed.note)
    .bind::<Text, _>(signed.key)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(in crate::audit) async fn refusal_set(tx: &mut LogTx<'_>, refusal: &str) -> Result<()> {
    let Tables { prefix, owner } = tables(tx.log());
    let id = tx.log().id();
    sql_query(format!("UPDATE {prefix}_checkpoints SET refusal = $2, refused_at = now() WHERE {owner} = $1"))
        .bind::<SqlUuid, _>(id)
        .bind::<Text, _>(refusal)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = Bool)]
    agency: bool,
    #[diesel(sql_type = Text)]
    slug: String,
}

/// The most logs of one turn; the others wait for the next.
const LOGS_MAX: i64 = 10_000;

/// The logs that wait for their tiles or, where there is a key, for a signature.
pub(in crate::audit) async fn logs_due(tx: &mut PlatformTx<'_>, signs: bool) -> Result<Vec<LogName>> {
    let half = |agency: bool, names: &str, key: &str, Tables { prefix, owner }: Tables| {
        format!(
            "SELECT {agency} AS agency, n.slug FROM {names} n
             LEFT JOIN {prefix}_heads h ON h.{owner} = n.{key}
             LEFT JOIN {prefix}_checkpoints c ON c.{owner} = n.{key}
             WHERE coalesce(h.size, 0) > coalesce(c.integrated, 0)
                OR $1 AND (coalesce(h.size, 0) <> coalesce(c.signed, 0) OR c.refusal IS NOT NULL)"
        )
    };
    let tenants = half(false, "tenants", "tenant_id", TENANT);
    let agencies = half(true, "agencies", "id", AGENCY);
    let due: Vec<Due> = sql_query(format!("{tenants} UNION ALL {agencies} LIMIT $2"))
        .bind::<Bool, _>(signs)
        .bind::<BigInt, _>(LOGS_MAX)
        .load(tx.conn()?)
        .await?;
    let name = |due: Due| if due.agency { LogName::Agency(due.slug) } else { LogName::Tenant(due.slug) };
    Ok(due.into_iter().map(name).collect())
}
