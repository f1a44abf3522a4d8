//! SQL of small files that come many at once, each of one part.

use crate::kernel::error::{Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::HashSet;

/// Takes the files' locks, as `blob_lock` does one's, in the order given.
pub(in crate::blobs) async fn lock(tx: &mut TenantTx<'_>, digests: &[&[u8]]) -> Result<()> {
    sql_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text || encode(blob, 'hex'), 0))
         FROM unnest($2) AS blob",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<Binary>, _>(digests)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Blob {
    #[diesel(sql_type = Binary)]
    blob_sha256: Vec<u8>,
}

/// Takes the marks of the files' objects away; gives those that had one, and
/// so may be gone from the store.
pub(in crate::blobs) async fn unmark(tx: &mut TenantTx<'_>, digests: &[&[u8]]) -> Result<HashSet<Vec<u8>>> {
    let rows: Vec<Blob> = sql_query(
        "DELETE FROM blob_garbage
         WHERE tenant_id = $1 AND blob_sha256 = ANY ($2) AND number = 1 AND sha256 = blob_sha256
         RETURNING blob_sha256",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<Binary>, _>(digests)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.blob_sha256).collect())
}

/// Says that the files are there from now on, each of one part. Whatever else
/// was staged under their names is none of their parts.
pub(in crate::blobs) async fn insert(
    tx: &mut TenantTx<'_>,
    digests: &[&[u8]],
    sizes: &[usize],
) -> Result<()> {
    let sizes = sizes.iter().map(|size| fit::<_, i64>(*size)).collect::<Result<Vec<_>>>()?;
    let tenant = tx.tenant().0;
    sql_query(
        "DELETE FROM blob_parts p USING unnest($2) AS blob
         WHERE p.tenant_id = $1 AND p.blob_sha256 = blob
           AND NOT EXISTS (SELECT FROM blobs b
                           WHERE b.tenant_id = $1 AND b.sha256 = blob AND b.gone_at IS NULL)",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<Binary>, _>(digests)
    .execute(tx.conn()?)
    .await?;
    sql_query(
        "WITH file AS (SELECT * FROM unnest($2, $3) AS file (blob, size)),
         part AS (
             INSERT INTO blob_parts (tenant_id, blob_sha256, number, sha256, size)
             SELECT $1, blob, 1, blob, size FROM file
             ON CONFLICT (tenant_id, blob_sha256, number) DO NOTHING)
         INSERT INTO blobs (tenant_id, sha256, size) SELECT $1, blob, size FROM file
         ON CONFLICT (tenant_id, sha256) DO UPDATE SET gone_at = NULL WHERE blobs.gone_at IS NOT NULL",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Array<Binary>, _>(digests)
    .bind::<Array<BigInt>, _>(sizes)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
