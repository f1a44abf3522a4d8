//! SQL of stored objects that nobody needs.

use crate::blobs::rules::{Fate, Marked, fate};
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::store::PartKey;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

/// How long an object that nobody needs is left alone; also how long after
/// its last part a push counts as under way.
const GRACE: &str = "1 day";
/// How long it is remembered what was erased: longer than any request lasts.
const REMEMBERED: &str = "7 days";
/// Files looked at in one transaction.
const FILES: i64 = 50;
/// Objects erased in one transaction.
const ERASED: i64 = 200;

#[derive(QueryableByName)]
struct After {
    #[diesel(sql_type = Text)]
    after: String,
}

/// How far the store was looked through.
pub(in crate::blobs) async fn cursor(tx: &mut TenantTx<'_>) -> Result<Option<String>> {
    let rows: Vec<After> = sql_query("SELECT after FROM blob_cursors WHERE tenant_id = $1")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().next().map(|row| row.after))
}

/// Sets how far the store was looked through; `None` begins anew.
pub(in crate::blobs) async fn cursor_set(tx: &mut TenantTx<'_>, after: Option<&str>) -> Result<()> {
    let tenant = tx.tenant().0;
    let Some(after) = after else {
        sql_query("DELETE FROM blob_cursors WHERE tenant_id = $1")
            .bind::<SqlUuid, _>(tenant)
            .execute(tx.conn()?)
            .await?;
        return Ok(());
    };
    sql_query(
        "INSERT INTO blob_cursors (tenant_id, after) VALUES ($1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET after = excluded.after",
    )
    .bind::<SqlUuid, _>(tenant)
    .bind::<Text, _>(after)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Marks those of the listed objects that nobody needs. One that was erased
/// and is there again has its day anew.
pub(in crate::blobs) async fn mark(tx: &mut TenantTx<'_>, listed: &[(PartKey, u64)]) -> Result<()> {
    let keys = listed.iter().map(|(key, _)| key);
    let blobs: Vec<&[u8]> = keys.clone().map(|key| key.blob.as_slice()).collect();
    let numbers = keys.clone().map(|key| fit::<_, i32>(key.number)).collect::<Result<Vec<_>>>()?;
    let parts: Vec<&[u8]> = keys.map(|key| key.part.as_slice()).collect();
    let sizes = listed.iter().map(|(_, size)| fit::<_, i64>(*size)).collect::<Result<Vec<_>>>()?;
    sql_query(
        "INSERT INTO blob_garbage AS g (tenant_id, blob_sha256, number, sha256, size)
         SELECT $1, o.blob, o.number, o.part, o.size
         FROM unnest($2, $3, $4, $5) AS o (blob, number, part, size)
         WHERE o.number > 0
           AND NOT (EXISTS (SELECT FROM blob_parts p
                            WHERE p.tenant_id = $1 AND p.blob_sha256 = o.blob AND p.number = o.number
                              AND p.sha256 = o.part)
                    AND blob_needed($1, o.blob))
         ON CONFLICT (tenant_id, blob_sha256, number, sha256)
         DO UPDATE SET marked_at = now(), buried_at = NULL, erased_at = NULL WHERE g.erased_at IS NOT NULL",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<Binary>, _>(blobs)
    .bind::<Array<Integer>, _>(numbers)
    .bind::<Array<Binary>, _>(parts)
    .bind::<Array<BigInt>, _>(sizes)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Marks what only a version needed whose files were just given up.
pub(crate) async fn mark_version(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<()> {
    sql_query(
        "INSERT INTO blob_garbage (tenant_id, blob_sha256, number, sha256, size)
         SELECT p.tenant_id, p.blob_sha256, p.number, p.sha256, p.size
         FROM (SELECT DISTINCT sha256 FROM version_files WHERE tenant_id = $1 AND version_id = $2) AS f
         JOIN blob_parts p ON p.tenant_id = $1 AND p.blob_sha256 = f.sha256
         WHERE NOT blob_needed($1, f.sha256)
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(version.id.0)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Takes an object's mark away, since it was just sent. Says whether it had
/// one, and so may be gone from the store.
pub(in crate::blobs) async fn unmark(tx: &mut TenantTx<'_>, key: &PartKey) -> Result<bool> {
    let deleted = sql_query(format!("DELETE FROM blob_garbage WHERE {KEY}"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Binary, _>(key.blob.as_slice())
        .bind::<Integer, _>(fit::<_, i32>(key.number)?)
        .bind::<Binary, _>(key.part.as_slice())
        .execute(tx.conn()?)
        .await?;
    Ok(deleted > 0)
}

const KEY: &str = "tenant_id = $1 AND blob_sha256 = $2 AND number = $3 AND sha256 = $4";

/// What a file's objects wait for.
#[derive(Clone, Copy)]
pub(in crate::blobs) enum Step {
    /// The second look.
    Marked,
    /// To be erased.
    Buried,
}

#[derive(QueryableByName)]
struct Blob {
    #[diesel(sql_type = Binary)]
    blob_sha256: Vec<u8>,
}

/// Some files that a step is due for, in the order in which they are locked.
pub(in crate::blobs) async fn due(tx: &mut TenantTx<'_>, step: Step) -> Result<Vec<[u8; 32]>> {
    let due = match step {
        Step::Marked => format!("buried_at IS NULL AND marked_at < now() - interval '{GRACE}'"),
        Step::Buried => {
            "buried_at IS NOT NULL AND erased_at IS NULL AND NOT blob_held($1, blob_sha256)".to_owned()
        }
    };
    let rows: Vec<Blob> = sql_query(format!(
        "SELECT DISTINCT blob_sha256 FROM blob_garbage WHERE tenant_id = $1 AND {due}
         ORDER BY blob_sha256 LIMIT {FILES}"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| row.blob_sha256.as_slice().try_into().map_err(Error::internal)).collect()
}

/// Waits for registrations that are about to name the file.
pub(in crate::blobs) async fn blob_row_lock(tx: &mut TenantTx<'_>, blob: [u8; 32]) -> Result<()> {
    sql_query("SELECT FROM blobs WHERE tenant_id = $1 AND sha256 = $2 FOR UPDATE")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Binary, _>(blob.as_slice())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// A marked object and what is known of it.
#[derive(QueryableByName)]
pub(in crate::blobs) struct MarkedRow {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
    #[diesel(sql_type = Bool)]
    named: bool,
    #[diesel(sql_type = Bool)]
    needed: bool,
    #[diesel(sql_type = Bool)]
    quiet: bool,
}

impl MarkedRow {
    pub(in crate::blobs) fn fate(&self) -> Fate {
        fate(Marked { named: self.named, needed: self.needed, quiet: self.quiet })
    }
}

/// The objects of a file that were marked long enough ago. Read under the
/// file's locks, in a statement of its own: it sees what was committed before.
pub(in crate::blobs) async fn marked(tx: &mut TenantTx<'_>, blob: [u8; 32]) -> Result<Vec<MarkedRow>> {
    let rows = sql_query(format!(
        "SELECT g.number, g.sha256, p.number IS NOT NULL AS named, blob_needed($1, $2) AS needed,
                coalesce((SELECT max(q.stored_at) FROM blob_parts q
                          WHERE q.tenant_id = $1 AND q.blob_sha256 = $2) < now() - interval '{GRACE}', true) AS quiet
         FROM blob_garbage g
         LEFT JOIN blob_parts p ON p.tenant_id = g.tenant_id AND p.blob_sha256 = g.blob_sha256
              AND p.number = g.number AND p.sha256 = g.sha256
         WHERE g.tenant_id = $1 AND g.blob_sha256 = $2 AND g.buried_at IS NULL
           AND g.marked_at < now() - interval '{GRACE}'"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

/// What was given up.
#[derive(Default)]
pub(in crate::blobs) struct Buried {
    /// Files that were whole, or on their way.
    pub(in crate::blobs) files: u64,
    pub(in crate::blobs) objects: u64,
    pub(in crate::blobs) bytes: u64,
}

impl Buried {
    pub(in crate::blobs) fn add(&mut self, more: Self) {
        self.files += more.files;
        self.objects += more.objects;
        self.bytes += more.bytes;
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    objects: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// Buries objects. Where a part's row names one, the file is given up whole:
/// its other parts are of no use.
pub(in crate::blobs) async fn bury(
    tx: &mut TenantTx<'_>,
    blob: [u8; 32],
    rows: impl Iterator<Item = &MarkedRow>,
) -> Result<Buried> {
    let rows: Vec<&MarkedRow> = rows.collect();
    if rows.is_empty() {
        return Ok(Buried::default());
    }
    let whole = rows.iter().any(|row| row.named);
    if whole {
        give_up(tx, blob).await?;
    }
    let (numbers, parts) = columns(&rows);
    let count: Count = sql_query(
        "WITH buried AS (
             UPDATE blob_garbage g SET buried_at = now()
             WHERE tenant_id = $1 AND blob_sha256 = $2 AND buried_at IS NULL
               AND ($3 OR (number, sha256) IN (SELECT * FROM unnest($4, $5)))
               AND NOT EXISTS (SELECT FROM blob_parts p WHERE p.tenant_id = $1 AND p.blob_sha256 = $2
                               AND p.number = g.number AND p.sha256 = g.sha256)
             RETURNING size)
         SELECT count(*) AS objects, coalesce(sum(size), 0)::bigint AS bytes FROM buried",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .bind::<Bool, _>(whole)
    .bind::<Array<Integer>, _>(numbers)
    .bind::<Array<Binary>, _>(parts)
    .get_result(tx.conn()?)
    .await?;
    Ok(Buried { files: u64::from(whole), objects: fit(count.objects)?, bytes: fit(count.bytes)? })
}

/// Takes away the rows that name a file's parts; those that were not marked
/// yet are marked now, and so buried with the others.
async fn give_up(tx: &mut TenantTx<'_>, blob: [u8; 32]) -> Result<()> {
    for statement in [
        "INSERT INTO blob_garbage (tenant_id, blob_sha256, number, sha256, size)
         SELECT tenant_id, blob_sha256, number, sha256, size FROM blob_parts
         WHERE tenant_id = $1 AND blob_sha256 = $2 ON CONFLICT DO NOTHING",
        "DELETE FROM blob_parts WHERE tenant_id = $1 AND blob_sha256 = $2",
        "UPDATE blobs SET gone_at = now() WHERE tenant_id = $1 AND sha256 = $2",
    ] {
        sql_query(statement)
            .bind::<SqlUuid, _>(tx.tenant().0)
            .bind::<Binary, _>(blob.as_slice())
            .execute(tx.conn()?)
            .await?;
    }
    Ok(())
}

fn columns(rows: &[&MarkedRow]) -> (Vec<i32>, Vec<Vec<u8>>) {
    rows.iter().map(|row| (row.number, row.sha256.clone())).unzip()
}

/// Takes the marks away from objects that are needed.
pub(in crate::blobs) async fn keep(
    tx: &mut TenantTx<'_>,
    blob: [u8; 32],
    rows: impl Iterator<Item = &MarkedRow>,
) -> Result<()> {
    change(tx, blob, rows, "DELETE FROM blob_garbage").await
}

/// Gives objects another day.
pub(in crate::blobs) async fn wait(
    tx: &mut TenantTx<'_>,
    blob: [u8; 32],
    rows: impl Iterator<Item = &MarkedRow>,
) -> Result<()> {
    change(tx, blob, rows, "UPDATE blob_garbage SET marked_at = now()").await
}

async fn change(
    tx: &mut TenantTx<'_>,
    blob: [u8; 32],
    rows: impl Iterator<Item = &MarkedRow>,
    how: &str,
) -> Result<()> {
    let (numbers, parts) = columns(&rows.collect::<Vec<_>>());
    sql_query(format!(
        "{how} WHERE tenant_id = $1 AND blob_sha256 = $2 AND buried_at IS NULL
         AND (number, sha256) IN (SELECT * FROM unnest($3, $4))"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .bind::<Array<Integer>, _>(numbers)
    .bind::<Array<Binary>, _>(parts)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    sha256: Vec<u8>,
}

/// Some buried objects of a file that are still in the store, looked at once
/// more under its lock: none that a row names, none of a file that is held.
pub(in crate::blobs) async fn buried(tx: &mut TenantTx<'_>, blob: [u8; 32]) -> Result<Vec<(u32, [u8; 32])>> {
    let rows: Vec<PartRow> = sql_query(format!(
        "SELECT number, sha256 FROM blob_garbage g
         WHERE tenant_id = $1 AND blob_sha256 = $2 AND buried_at IS NOT NULL AND erased_at IS NULL
           AND NOT blob_held($1, $2)
           AND NOT EXISTS (SELECT FROM blob_parts p WHERE p.tenant_id = $1 AND p.blob_sha256 = $2
                           AND p.number = g.number AND p.sha256 = g.sha256)
         ORDER BY number, sha256 LIMIT {ERASED}"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Binary, _>(blob.as_slice())
    .load(tx.conn()?)
    .await?;
    let part =
        |row: PartRow| Ok((fit(row.number)?, row.sha256.as_slice().try_into().map_err(Error::internal)?));
    rows.into_iter().map(part).collect()
}

pub(in crate::blobs) async fn erased(tx: &mut TenantTx<'_>, key: &PartKey) -> Result<()> {
    sql_query(format!("UPDATE blob_garbage SET erased_at = now() WHERE {KEY}"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Binary, _>(key.blob.as_slice())
        .bind::<Integer, _>(fit::<_, i32>(key.number)?)
        .bind::<Binary, _>(key.part.as_slice())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Forgets what was erased a while ago.
pub(in crate::blobs) async fn forget(tx: &mut TenantTx<'_>) -> Result<()> {
    sql_query(format!(
        "DELETE FROM blob_garbage WHERE tenant_id = $1 AND erased_at < now() - interval '{REMEMBERED}'"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
