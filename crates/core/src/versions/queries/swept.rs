//! SQL of versions whose files were removed.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use weighhouse_types::retention::ArtifactSwept;
use weighhouse_types::versions::Stage;

/// When and why a version's files were removed; `None` while they are kept.
pub(in crate::versions) async fn swept_of(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Option<ArtifactSwept>> {
    use crate::schema::artifact_sweeps::dsl;
    let row: Option<(DateTime<Utc>, String, i32)> = dsl::artifact_sweeps
        .filter(dsl::tenant_id.eq(version.model.tenant_id.0).and(dsl::version_id.eq(version.id.0)))
        .filter(dsl::restored_at.is_null())
        .select((dsl::swept_at, dsl::stage, dsl::days))
        .first(tx.conn()?)
        .await
        .optional()?;
    let swept = |(at, stage, days): (_, String, _)| {
        Ok(ArtifactSwept { at, stage: stage.parse().map_err(Error::internal)?, days: fit(days)? })
    };
    row.map(swept).transpose()
}

/// Notes that a version's files are no longer kept. Called under the model's lock.
pub(crate) async fn swept_insert(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    stage: Stage,
    days: u32,
) -> Result<()> {
    sql_query(
        "INSERT INTO artifact_sweeps (tenant_id, version_id, model_id, stage, days, swept_at)
         VALUES ($1, $2, $3, $4, $5, now())
         ON CONFLICT (tenant_id, version_id) DO UPDATE
         SET stage = excluded.stage, days = excluded.days, swept_at = excluded.swept_at, restored_at = NULL",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<SqlUuid, _>(version.model.id.0)
    .bind::<Text, _>(stage.as_str())
    .bind::<Integer, _>(fit::<_, i32>(days)?)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Notes that a version has its files again; false where they were never gone.
pub(in crate::versions) async fn swept_restore(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<bool> {
    let restored = sql_query(
        "UPDATE artifact_sweeps SET restored_at = now()
         WHERE tenant_id = $1 AND version_id = $2 AND restored_at IS NULL",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .execute(tx.conn()?)
    .await?;
    Ok(restored == 1)
}
