//! SQL of looking: what is due, whose turn it is, and what came of it.

use super::{WATCH, WatchRow};
use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PlatformTx, TenantTx};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::pins::Observation;
use weighhouse_types::reference::ModelRef;

/// How long a look is its worker's: longer than it may take.
const LEASE: &str = "15 minutes";
/// How soon an endpoint that does not answer is asked again, at the latest
/// when it would be anyway.
const AGAIN_MINUTES: i32 = 5;

/// A watch that is due, or an alert that is open.
#[derive(QueryableByName)]
pub(in crate::pins) struct Due {
    #[diesel(sql_type = Text)]
    pub(in crate::pins) tenant: String,
    #[diesel(sql_type = SqlUuid)]
    pub(in crate::pins) model_id: Uuid,
}

/// The right to look.
#[derive(Clone, Copy)]
pub(in crate::pins) struct Lease(Uuid);

/// Takes the watches that are due and nobody looks at.
pub(in crate::pins) async fn due(tx: &mut PlatformTx<'_>, limit: i64) -> Result<(Vec<Due>, Lease)> {
    let lease = Uuid::new_v4();
    let rows = sql_query(format!(
        "WITH mine AS (
             SELECT tenant_id, model_id FROM pin_looks
             WHERE due_at <= now() AND (leased_until IS NULL OR leased_until < now())
             ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
         ), taken AS (
             UPDATE pin_looks w SET lease = $1, leased_until = now() + interval '{LEASE}'
             FROM mine WHERE w.tenant_id = mine.tenant_id AND w.model_id = mine.model_id
             RETURNING w.tenant_id, w.model_id)
         SELECT t.slug AS tenant, taken.model_id FROM taken JOIN tenants t ON t.tenant_id = taken.tenant_id"
    ))
    .bind::<SqlUuid, _>(lease)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok((rows, Lease(lease)))
}

/// The models that have an open alert.
pub(in crate::pins) async fn open_models(tx: &mut PlatformTx<'_>) -> Result<Vec<Due>> {
    let rows = sql_query(
        "SELECT DISTINCT t.slug AS tenant, a.model_id FROM pin_alerts a
         JOIN tenants t ON t.tenant_id = a.tenant_id WHERE a.closed_at IS NULL LIMIT 10000",
    )
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

/// Makes a look due now.
pub(in crate::pins) async fn due_now(tx: &mut PlatformTx<'_>, model: &authz::Model) -> Result<()> {
    sql_query(
        "UPDATE pin_looks SET due_at = now() WHERE tenant_id = $1 AND model_id = $2 AND due_at > now()",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct ModelRow {
    #[diesel(sql_type = Text)]
    tenant: String,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
}

/// What the model of an id is called.
pub(in crate::pins) async fn model_reference(tx: &mut TenantTx<'_>, id: Uuid) -> Result<Option<ModelRef>> {
    let rows: Vec<ModelRow> = sql_query(
        "SELECT t.slug AS tenant, p.slug AS project, m.name AS model FROM models m
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         JOIN tenants t ON t.tenant_id = m.tenant_id
         WHERE m.tenant_id = $1 AND m.id = $2",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(id)
    .load(tx.conn()?)
    .await?;
    let reference = |row: ModelRow| ModelRef { tenant: row.tenant, project: row.project, model: row.model };
    Ok(rows.into_iter().next().map(reference))
}

/// A watch, locked, as long as the lease is ours and it was not set anew since.
pub(in crate::pins) async fn watch_leased(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    Lease(lease): Lease,
    revision: Option<Uuid>,
) -> Result<Option<WatchRow>> {
    let rows: Vec<WatchRow> =
        sql_query(format!("{WATCH} AND l.lease = $3 AND ($4 IS NULL OR w.revision = $4) FOR UPDATE OF w, l"))
            .bind::<SqlUuid, _>(model.tenant_id.0)
            .bind::<SqlUuid, _>(model.id.0)
            .bind::<SqlUuid, _>(lease)
            .bind::<Nullable<SqlUuid>, _>(revision)
            .load(tx.conn()?)
            .await?;
    Ok(rows.into_iter().next())
}

/// Writes down what is compared with from now on.
pub(in crate::pins) async fn observed_set(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    seen: &Observation,
) -> Result<()> {
    sql_query(
        "UPDATE pin_watches SET observed = $3, observed_at = now() WHERE tenant_id = $1 AND model_id = $2",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Jsonb, _>(serde_json::to_value(seen).map_err(Error::internal)?)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Ends a look that was answered: the next one comes when it is due.
pub(in crate::pins) async fn answered(
    tx: &mut PlatformTx<'_>,
    model: &authz::Model,
    Lease(lease): Lease,
) -> Result<()> {
    sql_query(
        "UPDATE pin_looks SET seen_at = now(), unreachable_since = NULL, trouble = NULL, lease = NULL,
                leased_until = NULL, due_at = now() + make_interval(mins => every_minutes)
         WHERE tenant_id = $1 AND model_id = $2 AND lease = $3",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<SqlUuid, _>(lease)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Ends a look that was not answered as it should be.
pub(in crate::pins) async fn troubled(
    tx: &mut PlatformTx<'_>,
    model: &authz::Model,
    Lease(lease): Lease,
    trouble: &str,
) -> Result<()> {
    sql_query(format!(
        "UPDATE pin_looks SET unreachable_since = coalesce(unreachable_since, now()), trouble = $4, lease = NULL,
                leased_until = NULL, due_at = now() + make_interval(mins => least(every_minutes, {AGAIN_MINUTES}))
         WHERE tenant_id = $1 AND model_id = $2 AND lease = $3"
    ))
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<SqlUuid, _>(lease)
    .bind::<Text, _>(trouble)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
