//! SQL of lineage.

use super::Input;
use crate::kernel::authz;
use crate::kernel::error::Result;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::BTreeSet;
use uuid::Uuid;
use weighhouse_types::lineage::NodeKind;

pub(super) async fn inputs_insert(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    inputs: &BTreeSet<Input>,
) -> Result<()> {
    use crate::schema::lineage_inputs::dsl;
    let row = |(kind, name, identity): &Input| {
        (
            dsl::tenant_id.eq(version.model.tenant_id.0),
            dsl::version_id.eq(version.id.0),
            dsl::kind.eq(kind.as_str()),
            dsl::name.eq(name.clone()),
            dsl::identity.eq(identity.clone()),
        )
    };
    let rows: Vec<_> = inputs.iter().map(row).collect();
    diesel::insert_into(dsl::lineage_inputs).values(rows).execute(tx.conn()?).await?;
    Ok(())
}

/// Which way from version to version.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// To what systems hold.
    Up,
    /// To the systems that hold it.
    Down,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Versions within so many steps, the nearest first, themselves included.
pub(super) async fn reach(
    tx: &mut TenantTx<'_>,
    way: Way,
    roots: &[Uuid],
    depth: i32,
    limit: i64,
) -> Result<Vec<Uuid>> {
    let (here, there) = match way {
        Way::Up => ("system_id", "component_id"),
        Way::Down => ("component_id", "system_id"),
    };
    let rows: Vec<Id> = sql_query(format!(
        "WITH RECURSIVE reached(id, step) AS (
             SELECT id, 0 FROM unnest($2) AS root(id)
             UNION
             SELECT c.{there}, r.step + 1 FROM reached r
             JOIN system_components c ON c.tenant_id = $1 AND c.{here} = r.id
             WHERE r.step < $3)
         SELECT id FROM reached GROUP BY id ORDER BY min(step), id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(roots)
    .bind::<Integer, _>(depth)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The versions that name an input, newest first.
pub(super) async fn named(
    tx: &mut TenantTx<'_>,
    kind: NodeKind,
    name: &str,
    identity: Option<&str>,
    limit: i64,
) -> Result<Vec<Uuid>> {
    let rows: Vec<Id> = sql_query(
        "SELECT DISTINCT version_id AS id FROM lineage_inputs
         WHERE tenant_id = $1 AND kind = $2 AND name = $3 AND ($4 IS NULL OR identity = $4)
         ORDER BY version_id DESC LIMIT $5",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Text, _>(kind.as_str())
    .bind::<Text, _>(name)
    .bind::<Nullable<Text>, _>(identity)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
pub(super) struct VersionRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) project: String,
    #[diesel(sql_type = Text)]
    pub(super) model: String,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Integer)]
    pub(super) number: i32,
    #[diesel(sql_type = Binary)]
    pub(super) digest: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    pub(super) created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub(super) stage: String,
}

pub(super) async fn versions(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<VersionRow>> {
    let rows = sql_query(
        "SELECT v.id, p.slug AS project, m.name AS model, m.kind, v.number, v.digest, v.created_at, s.stage
         FROM versions v
         JOIN models m ON m.tenant_id = v.tenant_id AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         JOIN version_stages s ON s.tenant_id = v.tenant_id AND s.version_id = v.id
         WHERE v.tenant_id = $1 AND v.id = ANY ($2) ORDER BY p.slug, m.name, v.number",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

#[derive(QueryableByName)]
pub(super) struct ComponentRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) component_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(super) system_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) role: String,
}

/// What holds what among these versions.
pub(super) async fn components(tx: &mut TenantTx<'_>, ids: &[Uuid]) -> Result<Vec<ComponentRow>> {
    let rows = sql_query(
        "SELECT component_id, system_id, role FROM system_components
         WHERE tenant_id = $1 AND system_id = ANY ($2) AND component_id = ANY ($2) ORDER BY system_id, role",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(ids)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

#[derive(QueryableByName)]
pub(super) struct InputRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) version_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) identity: String,
}

pub(super) async fn inputs(tx: &mut TenantTx<'_>, ids: &[Uuid], limit: i64) -> Result<Vec<InputRow>> {
    let rows = sql_query(
        "SELECT version_id, kind, name, identity FROM lineage_inputs
         WHERE tenant_id = $1 AND version_id = ANY ($2) ORDER BY kind, name, identity, version_id LIMIT $3",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

#[derive(QueryableByName)]
pub(super) struct PromotionRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(super) version_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) target: String,
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    #[diesel(sql_type = Text)]
    pub(super) requester: String,
    #[diesel(sql_type = Timestamptz)]
    pub(super) created_at: DateTime<Utc>,
}

/// Promotion requests for these versions, newest first.
pub(super) async fn promotions(tx: &mut TenantTx<'_>, ids: &[Uuid], limit: i64) -> Result<Vec<PromotionRow>> {
    let rows = sql_query(
        "SELECT q.id, q.version_id, q.target, q.state, u.name AS requester, q.created_at
         FROM promotions q JOIN users u ON u.id = q.requester_id
         WHERE q.tenant_id = $1 AND q.version_id = ANY ($2) ORDER BY q.id DESC LIMIT $3",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

#[derive(QueryableByName)]
pub(super) struct PeriodRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(super) version_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) promotion_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    pub(super) began_by: String,
    #[diesel(sql_type = Timestamptz)]
    pub(super) begun: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(super) ended: Option<DateTime<Utc>>,
}

/// Time in production of these versions, the latest first.
pub(super) async fn periods(tx: &mut TenantTx<'_>, ids: &[Uuid], limit: i64) -> Result<Vec<PeriodRow>> {
    // The model comes along for the index of the periods.
    let rows = sql_query(
        "SELECT r.id, r.version_id, r.promotion_id, r.began_by, lower(r.period) AS begun,
                upper(r.period) AS ended
         FROM versions v
         JOIN production_periods r ON r.tenant_id = v.tenant_id AND r.model_id = v.model_id
              AND r.version_id = v.id
         WHERE v.tenant_id = $1 AND v.id = ANY ($2) ORDER BY lower(r.period) DESC LIMIT $3",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}
