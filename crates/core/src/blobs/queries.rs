//! SQL of blobs and their parts.

use super::Part;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::{HashMap, HashSet};

pub(super) mod garbage;
pub(super) mod small;

#[derive(QueryableByName)]
struct BlobRow {
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

/// Those of the digests that are whole, with their sizes; kept so until the
/// transaction ends, for it is about to name them.
pub(super) async fn present_sizes(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    digests: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, u64>> {
    whole(tx, tenant, digests, "FOR SHARE").await
}

async fn whole(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    digests: &[Vec<u8>],
    lock: &str,
) -> Result<HashMap<Vec<u8>, u64>> {
    let rows: Vec<BlobRow> = sql_query(format!(
        "SELECT sha256, size FROM blobs
         WHERE tenant_id = $1 AND sha256 = ANY($2) AND gone_at IS NULL {lock}"
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Array<Binary>, _>(digests)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| Ok((row.sha256, fit(row.size)?))).collect()
}

/// Those of the digests that are whole.
pub(super) async fn present(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    digests: &[Vec<u8>],
) -> Result<HashSet<Vec<u8>>> {
    Ok(whole(tx, tenant, digests, "").await?.into_keys().collect())
}

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = Binary)]
    blob_sha256: Vec<u8>,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    size: i64,
}

/// The parts held of each of the digests, in order.
pub(super) async fn parts(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    digests: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Vec<Part>>> {
    let rows: Vec<PartRow> = sql_query(
        "SELECT blob_sha256, number, sha256, size FROM blob_parts
         WHERE tenant_id = $1 AND blob_sha256 = ANY($2) ORDER BY blob_sha256, number",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Array<Binary>, _>(digests)
    .load(tx.conn()?)
    .await?;
    let mut parts: HashMap<Vec<u8>, Vec<Part>> = HashMap::new();
    for row in rows {
        let sha256 = row.sha256.as_slice().try_into().map_err(Error::internal)?;
        let part = Part { number: fit(row.number)?, sha256, size: fit(row.size)? };
        parts.entry(row.blob_sha256).or_default().push(part);
    }
    Ok(parts)
}

/// Serialises what is written about one blob until the transaction ends, so
/// that no part changes between its check and the blob's row.
pub(super) async fn blob_lock(tx: &mut TenantTx<'_>, blob: [u8; 32]) -> Result<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1::text || encode($2, 'hex'), 0))")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Binary, _>(blob.as_slice())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Notes a staged part. Once the blob is whole its parts stay as they are.
pub(super) async fn part_upsert(tx: &mut TenantTx<'_>, blob: [u8; 32], part: &Part) -> Result<()> {
    sql_query(
        "INSERT INTO blob_parts (tenant_id, blob_sha256, number, sha256, size)
         SELECT $1, $2, $3, $4, $5
         WHERE NOT EXISTS (SELECT FROM blobs WHERE tenant_id = $1 AND sha256 = $2 AND gone_at IS NULL)
         ON CONFLICT (tenant_id, blob_sha256, number)
         DO UPDATE SET sha256 = excluded.sha256, size = excluded.size, stored_at = now()",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .bind::<Integer, _>(fit::<_, i32>(part.number)?)
    .bind::<Binary, _>(part.sha256.as_slice())
    .bind::<BigInt, _>(fit::<_, i64>(part.size)?)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Says that a file is there from now on; one that was given up is there again.
pub(super) async fn blob_insert(tx: &mut TenantTx<'_>, blob: [u8; 32], size: u64) -> Result<()> {
    sql_query(
        "INSERT INTO blobs (tenant_id, sha256, size) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, sha256) DO UPDATE SET gone_at = NULL WHERE blobs.gone_at IS NOT NULL",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .bind::<BigInt, _>(fit::<_, i64>(size)?)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn parts_delete(tx: &mut TenantTx<'_>, blob: [u8; 32]) -> Result<()> {
    sql_query(
        "DELETE FROM blob_parts p WHERE tenant_id = $1 AND blob_sha256 = $2
         AND NOT EXISTS (SELECT FROM blobs b WHERE b.tenant_id = $1 AND b.sha256 = $2 AND b.gone_at IS NULL)",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
