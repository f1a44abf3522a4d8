//! SQL of the policy about systems.

use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use weighhouse_types::systems::{BrokenSystems, SystemPolicy};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    broken_systems: String,
    #[diesel(sql_type = Integer)]
    revision: i32,
    #[diesel(sql_type = Nullable<Text>)]
    set_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    set_at: DateTime<Utc>,
}

/// A tenant's policy; one that was never set warns.
pub(in crate::systems) async fn policy(tx: &mut TenantTx<'_>) -> Result<SystemPolicy> {
    let rows: Vec<Row> = sql_query(
        "SELECT s.broken_systems, s.revision, u.name AS set_by, s.set_at
         FROM system_policies s LEFT JOIN users u ON u.id = s.set_by WHERE s.tenant_id = $1",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .load(tx.conn()?)
    .await?;
    let Some(row) = rows.into_iter().next() else {
        let broken_systems = BrokenSystems::Warn;
        return Ok(SystemPolicy { broken_systems, revision: 0, set_by: None, set_at: None });
    };
    Ok(SystemPolicy {
        broken_systems: row.broken_systems.parse().map_err(Error::internal)?,
        revision: fit(row.revision)?,
        set_by: row.set_by,
        set_at: Some(row.set_at),
    })
}

/// Waits for whoever else sets the policy.
pub(in crate::systems) async fn policy_lock(tx: &mut TenantTx<'_>) -> Result<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('system policy ' || $1::text, 0))")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(in crate::systems) async fn policy_set(
    tx: &mut TenantTx<'_>,
    broken_systems: BrokenSystems,
    revision: u32,
) -> Result<()> {
    let caller = tx.ctx().user_id();
    sql_query(
        "INSERT INTO system_policies (tenant_id, broken_systems, revision, set_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id) DO UPDATE
         SET broken_systems = excluded.broken_systems, revision = excluded.revision,
             set_by = excluded.set_by, set_at = now()",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Text, _>(broken_systems.as_str())
    .bind::<Integer, _>(fit::<_, i32>(revision)?)
    .bind::<Nullable<SqlUuid>, _>(caller)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}
