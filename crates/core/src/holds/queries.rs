//! SQL of legal holds.

use super::InForce;
use crate::kernel::authz;
use crate::kernel::error::Result;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::holds::{Hold, LiftAsked, Lifted};
use weighhouse_types::ids::HoldId;
use weighhouse_types::reference::ModelRef;

pub(super) async fn tenant_lock(tx: &mut TenantTx<'_>) -> Result<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('holds ' || $1::text, 0))")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// The same for sessions, which belong to people of several tenants: one lock
/// for all. Taken after the tenant's own.
pub(crate) async fn sessions_lock(tx: &mut TenantTx<'_>) -> Result<()> {
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('holds and sessions', 0))")
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct ModelRow {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    model_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    project: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    model: Option<String>,
}

/// The holds in force.
pub(crate) async fn in_force(tx: &mut TenantTx<'_>, tenant: &authz::Tenant) -> Result<InForce> {
    let rows: Vec<ModelRow> = sql_query(
        "SELECT DISTINCT h.model_id, p.slug AS project, m.name AS model
         FROM legal_holds h
         LEFT JOIN models m ON m.tenant_id = h.tenant_id AND m.id = h.model_id
         LEFT JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         WHERE h.tenant_id = $1 AND h.lifted_at IS NULL",
    )
    .bind::<SqlUuid, _>(tenant.id().0)
    .load(tx.conn()?)
    .await?;
    let mut found = InForce::default();
    for row in rows {
        match (row.model_id, row.project, row.model) {
            (Some(id), Some(project), Some(model)) => {
                found.models.push((id, ModelRef { tenant: tenant.slug().into(), project, model }));
            }
            _ => found.everything = true,
        }
    }
    Ok(found)
}

/// A hold as stored, with the names around it.
#[derive(QueryableByName)]
pub(super) struct HoldRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    project: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    model: Option<String>,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = Text)]
    placed_by: String,
    #[diesel(sql_type = Timestamptz)]
    placed_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    pub(super) by_client: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) asked_by: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) asked_by_name: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    pub(super) asked_by_client: Option<bool>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    asked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) lift_reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    lifted_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    lifted_at: Option<DateTime<Utc>>,
}

const SELECT: &str = "
    SELECT h.id, p.slug AS project, m.name AS model, h.reason, h.owner, u.name AS placed_by, h.placed_at,
           h.by_client, h.lift_asked_by AS asked_by, a.name AS asked_by_name,
           h.lift_asked_by_client AS asked_by_client, h.lift_asked_at AS asked_at, h.lift_reason,
           l.name AS lifted_by, h.lifted_at
    FROM legal_holds h
    JOIN users u ON u.id = h.placed_by
    LEFT JOIN users a ON a.id = h.lift_asked_by
    LEFT JOIN users l ON l.id = h.lifted_by
    LEFT JOIN models m ON m.tenant_id = h.tenant_id AND m.id = h.model_id
    LEFT JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id";

impl HoldRow {
    pub(super) fn is_lifted(&self) -> bool {
        self.lifted_at.is_some()
    }

    fn model_ref(&self, tenant: &str) -> Option<ModelRef> {
        let (project, model) = (self.project.clone()?, self.model.clone()?);
        Some(ModelRef { tenant: tenant.into(), project, model })
    }

    pub(super) fn model_text(&self, tenant: &str) -> Option<String> {
        self.model_ref(tenant).map(|model| model.to_string())
    }

    pub(super) fn hold(self, tenant: &str, caller: Option<Uuid>) -> Hold {
        let lift = match (self.asked_by_name.clone(), self.asked_at) {
            (Some(by), Some(at)) => Some(LiftAsked {
                by,
                at,
                reason: self.lift_reason.clone().unwrap_or_default(),
                by_caller: self.asked_by == caller,
            }),
            _ => None,
        };
        let lifted = self.lifted_by.clone().zip(self.lifted_at).map(|(by, at)| Lifted { by, at });
        Hold {
            id: self.id.into(),
            model: self.model_ref(tenant),
            reason: self.reason,
            owner: self.owner,
            placed_by: self.placed_by,
            placed_at: self.placed_at,
            by_client: self.by_client,
            lift,
            lifted,
        }
    }
}

pub(super) async fn hold(tx: &mut TenantTx<'_>, id: HoldId) -> Result<Option<HoldRow>> {
    let rows: Vec<HoldRow> = sql_query(format!("{SELECT} WHERE h.tenant_id = $1 AND h.id = $2"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(id.0)
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().next())
}

/// Holds before a moment and id, newest first.
pub(super) async fn holds(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Hold>> {
    let caller = tx.ctx().user_id();
    let (at, id) = before.unzip();
    let rows: Vec<HoldRow> = sql_query(format!(
        "{SELECT} WHERE h.tenant_id = $1 AND ($2 IS NULL OR (h.placed_at, h.id) < ($2, $3))
         ORDER BY h.placed_at DESC, h.id DESC LIMIT $4"
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.hold(tenant.slug(), caller)).collect())
}

pub(super) async fn hold_insert(
    tx: &mut TenantTx<'_>,
    model: Option<&authz::Model>,
    reason: &str,
    owner: &str,
    by_client: bool,
) -> Result<HoldId> {
    use crate::schema::legal_holds::dsl;
    let id = Uuid::now_v7();
    let placed_by = tx.ctx().user()?.id.0;
    diesel::insert_into(dsl::legal_holds)
        .values((
            dsl::tenant_id.eq(tx.tenant().0),
            dsl::id.eq(id),
            dsl::model_id.eq(model.map(|model| model.id.0)),
            dsl::reason.eq(reason),
            dsl::owner.eq(owner),
            dsl::placed_by.eq(placed_by),
            dsl::by_client.eq(by_client),
        ))
        .execute(tx.conn()?)
        .await?;
    Ok(id.into())
}

pub(super) async fn lift_ask(tx: &mut TenantTx<'_>, id: HoldId, reason: &str, by_client: bool) -> Result<()> {
    let asker = tx.ctx().user()?.id.0;
    sql_query(
        "UPDATE legal_holds SET lift_asked_by = $3, lift_asked_by_client = $4, lift_asked_at = now(),
                lift_reason = $5
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(id.0)
    .bind::<SqlUuid, _>(asker)
    .bind::<Bool, _>(by_client)
    .bind::<Text, _>(reason)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn lift_withdraw(tx: &mut TenantTx<'_>, id: HoldId) -> Result<()> {
    sql_query(
        "UPDATE legal_holds SET lift_asked_by = NULL, lift_asked_by_client = NULL, lift_asked_at = NULL,
                lift_reason = NULL
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(id.0)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn lift(tx: &mut TenantTx<'_>, id: HoldId) -> Result<()> {
    let confirming = tx.ctx().user()?.id.0;
    sql_query("UPDATE legal_holds SET lifted_by = $3, lifted_at = now() WHERE tenant_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(id.0)
        .bind::<SqlUuid, _>(confirming)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
