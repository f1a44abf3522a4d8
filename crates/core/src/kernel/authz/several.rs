//! Handles of several versions at once.

use super::{Model, Version};
use crate::kernel::error::{Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::reference::ModelRef;

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(sql_type = Text)]
    tenant: String,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// Those versions of the transaction's tenant, in the order of their models'
/// ids; an id of anything else is left out.
pub(crate) async fn versions_by_id(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<Version>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tenant_id = tx.tenant();
    let found: Vec<Found> = sql_query(
        "SELECT v.id, v.model_id, t.slug AS tenant, p.slug AS project, m.name AS model, v.number
         FROM versions v
         JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         JOIN tenants t ON t.tenant_id = v.tenant_id
         WHERE v.tenant_id = $1 AND v.id = ANY ($2) ORDER BY v.model_id, v.number",
    )
    .bind::<SqlUuid, _>(tenant_id.0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn()?)
    .await?;
    let handle = |row: Found| {
        let reference = ModelRef { tenant: row.tenant, project: row.project, model: row.model };
        let model = Model { tenant_id, id: row.model_id.into(), reference, _made_here: () };
        Ok(Version { model, id: row.id.into(), number: fit(row.number)?, _made_here: () })
    };
    found.into_iter().map(handle).collect()
}
