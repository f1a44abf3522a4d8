//! SQL of policies and the history of sweeps.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::ids::SweepId;
use weighhouse_types::retention::{RecordClass, Sweep, SweepBatch, SweptClass, Terms};

mod expired;
pub(super) use expired::{
    ArtifactRow, Expiring, MailRow, PayloadRow, SessionRow, artifact_again, artifacts, expired,
};

/// A tenant's policy as stored.
pub(super) struct Policy {
    pub(super) terms: Terms,
    pub(super) revision: u32,
    pub(super) set_by: Option<String>,
    pub(super) set_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct PolicyRow {
    #[diesel(sql_type = Jsonb)]
    terms: Value,
    #[diesel(sql_type = Integer)]
    revision: i32,
    #[diesel(sql_type = Nullable<Text>)]
    set_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    set_at: DateTime<Utc>,
}

/// A tenant's policy; `None` where none was ever set.
pub(super) async fn policy(tx: &mut TenantTx<'_>) -> Result<Option<Policy>> {
    let rows: Vec<PolicyRow> = sql_query(
        "SELECT jsonb_build_object('audit_payloads', r.audit_payloads, 'archived_artifacts', r.archived_artifacts,
                    'retired_artifacts', r.retired_artifacts, 'mails', r.mails, 'sessions', r.sessions) AS terms,
                r.revision, u.name AS set_by, r.set_at
         FROM retention_policies r LEFT JOIN users u ON u.id = r.set_by WHERE r.tenant_id = $1",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .load(tx.conn()?)
    .await?;
    let policy = |row: PolicyRow| {
        Ok(Policy {
            terms: serde_json::from_value(row.terms).map_err(Error::internal)?,
            revision: fit(row.revision)?,
            set_by: row.set_by,
            set_at: row.set_at,
        })
    };
    rows.into_iter().next().map(policy).transpose()
}

/// Writes a tenant's policy.
pub(super) async fn policy_set(tx: &mut TenantTx<'_>, terms: &Terms, revision: u32) -> Result<()> {
    let days = |class| terms.of(class).map(fit::<_, i32>).transpose();
    let caller = tx.ctx().user_id();
    sql_query(
        "INSERT INTO retention_policies (tenant_id, audit_payloads, archived_artifacts, retired_artifacts, mails,
                                         sessions, revision, set_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id) DO UPDATE
         SET audit_payloads = excluded.audit_payloads, archived_artifacts = excluded.archived_artifacts,
             retired_artifacts = excluded.retired_artifacts, mails = excluded.mails,
             sessions = excluded.sessions, revision = excluded.revision, set_by = excluded.set_by, set_at = now()",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Nullable<Integer>, _>(days(RecordClass::AuditPayloads)?)
    .bind::<Nullable<Integer>, _>(days(RecordClass::ArchivedArtifacts)?)
    .bind::<Nullable<Integer>, _>(days(RecordClass::RetiredArtifacts)?)
    .bind::<Nullable<Integer>, _>(days(RecordClass::Mails)?)
    .bind::<Nullable<Integer>, _>(days(RecordClass::Sessions)?)
    .bind::<Integer, _>(fit::<_, i32>(revision)?)
    .bind::<Nullable<SqlUuid>, _>(caller)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// The sweep that is under way, if one is.
pub(super) async fn sweep_open(tx: &mut TenantTx<'_>) -> Result<Option<SweepId>> {
    use crate::schema::retention_sweeps::dsl;
    let id: Option<Uuid> = dsl::retention_sweeps
        .filter(dsl::tenant_id.eq(tx.tenant().0).and(dsl::finished_at.is_null()))
        .select(dsl::id)
        .first(tx.conn()?)
        .await
        .optional()?;
    Ok(id.map(SweepId))
}

pub(super) async fn sweep_begin(tx: &mut TenantTx<'_>) -> Result<SweepId> {
    use crate::schema::retention_sweeps::dsl;
    let id = Uuid::now_v7();
    diesel::insert_into(dsl::retention_sweeps)
        .values((dsl::tenant_id.eq(tx.tenant().0), dsl::id.eq(id)))
        .execute(tx.conn()?)
        .await?;
    Ok(id.into())
}

pub(super) async fn sweep_finish(tx: &mut TenantTx<'_>, sweep: SweepId) -> Result<()> {
    sql_query("UPDATE retention_sweeps SET finished_at = now() WHERE tenant_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(sweep.0)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Lists what a transaction of a sweep removed.
pub(super) async fn batch_insert(tx: &mut TenantTx<'_>, sweep: SweepId, batch: &SweepBatch) -> Result<()> {
    sql_query(
        "INSERT INTO retention_batches (tenant_id, sweep_id, id, class, items, bytes, what)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(sweep.0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(batch.class.as_str())
    .bind::<BigInt, _>(fit::<_, i64>(batch.items)?)
    .bind::<BigInt, _>(fit::<_, i64>(batch.bytes)?)
    .bind::<Text, _>(&batch.what)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct SweepRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    started_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    finished_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Jsonb)]
    removed: Value,
}

impl SweepRow {
    fn sweep(self) -> Result<Sweep> {
        let mut removed: Vec<SweptClass> = serde_json::from_value(self.removed).map_err(Error::internal)?;
        removed.sort_by_key(|swept| swept.class);
        Ok(Sweep { id: self.id.into(), started_at: self.started_at, finished_at: self.finished_at, removed })
    }
}

const SWEEP: &str = "
    SELECT s.id, s.started_at, s.finished_at,
           (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM (
                SELECT class, count(*) AS batches, sum(items) AS items, sum(bytes) AS bytes
                FROM retention_batches b WHERE b.tenant_id = s.tenant_id AND b.sweep_id = s.id
                GROUP BY class) AS c) AS removed
    FROM retention_sweeps s";

/// One sweep with what it removed.
pub(super) async fn sweep(tx: &mut TenantTx<'_>, id: SweepId) -> Result<Option<Sweep>> {
    let rows: Vec<SweepRow> = sql_query(format!("{SWEEP} WHERE s.tenant_id = $1 AND s.id = $2"))
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(id.0)
        .load(tx.conn()?)
        .await?;
    rows.into_iter().next().map(SweepRow::sweep).transpose()
}

/// Sweeps before an id, newest first.
pub(super) async fn sweeps(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Sweep>> {
    let rows: Vec<SweepRow> = sql_query(format!(
        "{SWEEP} WHERE s.tenant_id = $1 AND ($2 IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3"
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(SweepRow::sweep).collect()
}

#[derive(QueryableByName)]
struct BatchRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    class: String,
    #[diesel(sql_type = BigInt)]
    items: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = Text)]
    what: String,
}

/// The transactions of a sweep after an id, oldest first.
pub(super) async fn batches(
    tx: &mut TenantTx<'_>,
    sweep: SweepId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, SweepBatch)>> {
    let rows: Vec<BatchRow> = sql_query(
        "SELECT id, at, class, items, bytes, what FROM retention_batches
         WHERE tenant_id = $1 AND sweep_id = $2 AND ($3 IS NULL OR id > $3) ORDER BY id LIMIT $4",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(sweep.0)
    .bind::<Nullable<SqlUuid>, _>(after)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    let batch = |row: BatchRow| {
        let class = row.class.parse().map_err(Error::internal)?;
        let (items, bytes) = (fit(row.items)?, fit(row.bytes)?);
        Ok((row.id, SweepBatch { at: row.at, class, items, bytes, what: row.what }))
    };
    rows.into_iter().map(batch).collect()
}
