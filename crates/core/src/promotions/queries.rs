//! SQL of promotion requests and decisions.

use super::evidence::Weighed;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::{PortfolioTx, TenantTx};
use crate::notifications::Notice;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::ids::{PromotionId, UserId};
use weighhouse_types::promotions::{Approval, Decision, PromotionState, PromotionSummary};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::Stage;

mod periods;
pub(crate) use periods::ProductionColumns;
pub(super) use periods::{
    PeriodBegin, Which, current, digest_hex, moment, past, period_begin, period_end, periods, production_lock,
};
mod together;
pub(super) use together::{evidence_parts, open_about, standings};

/// A request to write.
pub(super) struct NewPromotion<'a> {
    pub(super) target: Stage,
    pub(super) state: PromotionState,
    pub(super) author: UserId,
    pub(super) reason: &'a str,
    pub(super) quorum: u32,
    pub(super) evidence: &'a Weighed,
}

pub(super) async fn promotion_insert(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    new: &NewPromotion<'_>,
) -> Result<PromotionId> {
    let id = Uuid::now_v7();
    let requester = tx.ctx().user()?.id.0;
    sql_query(
        "WITH request AS (
             INSERT INTO promotions (tenant_id, id, model_id, version_id, target, state, requester_id, author_id,
                                     reason, quorum, evidence_digest, closed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $6 <> 'open' THEN now() END))
         INSERT INTO promotion_evidence (tenant_id, promotion_id, digest, requester_id, author_id, evidence)
         VALUES ($1, $2, $11, $7, $8, $12)",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(version.model.id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<Text, _>(new.target.as_str())
    .bind::<Text, _>(new.state.as_str())
    .bind::<SqlUuid, _>(requester)
    .bind::<SqlUuid, _>(new.author.0)
    .bind::<Text, _>(new.reason)
    .bind::<Integer, _>(fit::<_, i32>(new.quorum)?)
    .bind::<Binary, _>(new.evidence.digest.as_slice())
    .bind::<Jsonb, _>(&new.evidence.json)
    .execute(tx.conn()?)
    .await?;
    Ok(id.into())
}

/// Replaces the evidence of an open request.
pub(super) async fn evidence_replace(
    tx: &mut TenantTx<'_>,
    id: PromotionId,
    weighed: &Weighed,
) -> Result<()> {
    sql_query(
        "WITH request AS (
             UPDATE promotions SET evidence_digest = $3
             WHERE tenant_id = $1 AND id = $2 AND state = 'open' RETURNING requester_id, author_id)
         INSERT INTO promotion_evidence (tenant_id, promotion_id, digest, requester_id, author_id, evidence)
         SELECT $1, $2, $3, requester_id, author_id, $4 FROM request
         ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(id.0)
    .bind::<Binary, _>(weighed.digest.as_slice())
    .bind::<Jsonb, _>(&weighed.json)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// A request as stored, with the names around it.
#[derive(QueryableByName)]
pub(super) struct PromotionRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) tenant_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    pub(super) id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) tenant: String,
    #[diesel(sql_type = Text)]
    pub(super) project: String,
    #[diesel(sql_type = Text)]
    pub(super) model: String,
    #[diesel(sql_type = Integer)]
    pub(super) number: i32,
    #[diesel(sql_type = Text)]
    pub(super) target: String,
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    #[diesel(sql_type = SqlUuid)]
    pub(super) requester_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) requester: String,
    #[diesel(sql_type = Text)]
    pub(super) requester_email: String,
    #[diesel(sql_type = SqlUuid)]
    pub(super) author_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(super) author: String,
    #[diesel(sql_type = Text)]
    pub(super) reason: String,
    #[diesel(sql_type = Integer)]
    pub(super) quorum: i32,
    #[diesel(sql_type = Binary)]
    pub(super) evidence_digest: Vec<u8>,
    #[diesel(sql_type = Jsonb)]
    pub(super) evidence: Value,
    #[diesel(sql_type = Timestamptz)]
    pub(super) created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(super) closed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    pub(super) decided_by_caller: bool,
}

/// Requests with the names around them; `$1` is the caller. Lists leave the
/// evidence out: it holds whole evaluations.
fn select(evidence: &str) -> String {
    format!(
        "
    SELECT q.tenant_id, q.id, t.slug AS tenant, p.slug AS project, m.name AS model, v.number, q.target, q.state,
           q.requester_id, r.name AS requester, r.email AS requester_email, q.author_id, a.name AS author,
           q.reason, q.quorum, q.evidence_digest, {evidence} AS evidence, q.created_at, q.closed_at,
           EXISTS (SELECT FROM approvals d WHERE d.tenant_id = q.tenant_id AND d.promotion_id = q.id
                   AND d.evidence_digest = q.evidence_digest AND d.approver_id = $1) AS decided_by_caller
    FROM promotions q
    JOIN tenants t ON t.tenant_id = q.tenant_id
    JOIN models m ON m.tenant_id = q.tenant_id AND m.id = q.model_id
    JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
    JOIN versions v ON v.tenant_id = q.tenant_id AND v.id = q.version_id
    JOIN users r ON r.id = q.requester_id
    JOIN users a ON a.id = q.author_id"
    )
}

const EVIDENCE: &str = "(SELECT e.evidence FROM promotion_evidence e
    WHERE e.tenant_id = q.tenant_id AND e.promotion_id = q.id AND e.digest = q.evidence_digest)";
const NO_EVIDENCE: &str = "'null'::jsonb";

impl PromotionRow {
    pub(super) fn state(&self) -> Result<PromotionState> {
        self.state.parse().map_err(Error::internal)
    }

    pub(super) fn summary(&self) -> Result<PromotionSummary> {
        let model = ModelRef {
            tenant: self.tenant.clone(),
            project: self.project.clone(),
            model: self.model.clone(),
        };
        Ok(PromotionSummary {
            id: self.id.into(),
            version: VersionRef { model, number: fit(self.number)? },
            target: self.target.parse().map_err(Error::internal)?,
            state: self.state()?,
            requester: self.requester.clone(),
            reason: self.reason.clone(),
            created_at: self.created_at,
            closed_at: self.closed_at,
        })
    }

    /// What a mail about the request needs.
    pub(super) fn notice(&self) -> Result<Notice> {
        Ok(Notice { summary: self.summary()?, requester_email: self.requester_email.clone() })
    }
}

pub(super) async fn promotion(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    id: PromotionId,
) -> Result<Option<PromotionRow>> {
    let caller = tx.ctx().user_id();
    let rows: Vec<PromotionRow> =
        sql_query(format!("{} WHERE q.tenant_id = $2 AND q.id = $3", select(EVIDENCE)))
            .bind::<Nullable<SqlUuid>, _>(caller)
            .bind::<SqlUuid, _>(tenant.id().0)
            .bind::<SqlUuid, _>(id.0)
            .load(tx.conn()?)
            .await?;
    Ok(rows.into_iter().next())
}

/// Which requests a list has.
pub(super) struct Wanted {
    pub(super) state: Option<PromotionState>,
    pub(super) model: Option<ModelRef>,
}

/// Requests before a moment and id, newest first.
pub(super) async fn promotions(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    wanted: &Wanted,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<PromotionRow>> {
    let caller = tx.ctx().user_id();
    let (at, id) = before.unzip();
    let rows = sql_query(format!(
        "{} WHERE q.tenant_id = $2 AND ($3 IS NULL OR (q.created_at, q.id) < ($3, $4))
           AND ($6 IS NULL OR q.state = $6) AND ($7 IS NULL OR (t.slug, p.slug, m.name) = ($7, $8, $9))
         ORDER BY q.created_at DESC, q.id DESC LIMIT $5",
        select(NO_EVIDENCE)
    ))
    .bind::<Nullable<SqlUuid>, _>(caller)
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Text>, _>(wanted.state.map(PromotionState::as_str))
    .bind::<Nullable<Text>, _>(wanted.model.as_ref().map(|model| &model.tenant))
    .bind::<Nullable<Text>, _>(wanted.model.as_ref().map(|model| &model.project))
    .bind::<Nullable<Text>, _>(wanted.model.as_ref().map(|model| &model.model))
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

/// The open request of a model for a stage.
pub(super) async fn open_for(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    target: Stage,
) -> Result<Option<PromotionSummary>> {
    let caller = tx.ctx().user_id();
    let rows: Vec<PromotionRow> = sql_query(format!(
        "{} WHERE q.tenant_id = $2 AND q.model_id = $3 AND q.target = $4 AND q.state = 'open'",
        select(NO_EVIDENCE)
    ))
    .bind::<Nullable<SqlUuid>, _>(caller)
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Text, _>(target.as_str())
    .load(tx.conn()?)
    .await?;
    rows.into_iter().next().map(|row| row.summary()).transpose()
}

/// Open requests of every tenant in the transaction's list, oldest first.
pub(super) async fn open_everywhere(tx: &mut PortfolioTx, caller: Uuid) -> Result<Vec<PromotionRow>> {
    let rows = sql_query(format!(
        "{} WHERE q.state = 'open' ORDER BY q.created_at, q.id LIMIT 500",
        select(NO_EVIDENCE)
    ))
    .bind::<SqlUuid, _>(caller)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

/// The open request of this kind about a version.
pub(super) async fn open_of(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    target: Stage,
) -> Result<Option<PromotionId>> {
    use crate::schema::promotions::dsl;
    let id: Option<Uuid> = dsl::promotions
        .filter(dsl::tenant_id.eq(tx.tenant().0).and(dsl::model_id.eq(version.model.id.0)))
        .filter(dsl::target.eq(target.as_str()).and(dsl::state.eq("open")))
        .filter(dsl::version_id.eq(version.id.0))
        .select(dsl::id)
        .first(tx.conn()?)
        .await
        .optional()?;
    Ok(id.map(Into::into))
}

pub(super) async fn promotion_close(
    tx: &mut TenantTx<'_>,
    id: PromotionId,
    state: PromotionState,
) -> Result<()> {
    use crate::schema::promotions::dsl;
    diesel::update(dsl::promotions)
        .filter(dsl::tenant_id.eq(tx.tenant().0).and(dsl::id.eq(id.0)).and(dsl::state.eq("open")))
        .set((dsl::state.eq(state.as_str()), dsl::closed_at.eq(Utc::now())))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// A decision as stored.
#[derive(QueryableByName)]
pub(super) struct ApprovalRow {
    #[diesel(sql_type = SqlUuid)]
    pub(super) approver_id: Uuid,
    #[diesel(sql_type = Text)]
    by: String,
    #[diesel(sql_type = Text)]
    decision: String,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Binary)]
    pub(super) evidence_digest: Vec<u8>,
}

impl ApprovalRow {
    /// Whether it is an approval of the request's present evidence.
    pub(super) fn counts(&self, row: &PromotionRow) -> bool {
        self.decision == Decision::Approve.as_str() && self.evidence_digest == row.evidence_digest
    }

    pub(super) fn approval(self, row: &PromotionRow) -> Result<Approval> {
        let decision = match self.decision.as_str() {
            "approve" => Decision::Approve,
            "reject" => Decision::Reject,
            other => return Err(Error::internal(format!("decision ‘{other}’"))),
        };
        let void = self.evidence_digest != row.evidence_digest;
        Ok(Approval { by: self.by, decision, reason: self.reason, at: self.at, void })
    }
}

pub(super) async fn approvals(tx: &mut TenantTx<'_>, row: &PromotionRow) -> Result<Vec<ApprovalRow>> {
    let rows = sql_query(
        "SELECT a.approver_id, u.name AS by, a.decision, a.reason, a.at, a.evidence_digest
         FROM approvals a JOIN users u ON u.id = a.approver_id
         WHERE a.tenant_id = $1 AND a.promotion_id = $2 ORDER BY a.at LIMIT 1000",
    )
    .bind::<SqlUuid, _>(row.tenant_id)
    .bind::<SqlUuid, _>(row.id)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}

/// Writes the caller's decision. Requester and author come along by key, so
/// that the table's own check refuses them.
pub(super) async fn approval_insert(
    tx: &mut TenantTx<'_>,
    row: &PromotionRow,
    decision: Decision,
    reason: &str,
) -> Result<()> {
    use crate::schema::approvals::dsl;
    let approver = tx.ctx().user()?.id.0;
    diesel::insert_into(dsl::approvals)
        .values((
            dsl::tenant_id.eq(row.tenant_id),
            dsl::promotion_id.eq(row.id),
            dsl::evidence_digest.eq(&row.evidence_digest),
            dsl::seen_digest.eq(&row.evidence_digest),
            dsl::approver_id.eq(approver),
            dsl::requester_id.eq(row.requester_id),
            dsl::author_id.eq(row.author_id),
            dsl::decision.eq(decision.as_str()),
            dsl::reason.eq(reason),
        ))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}
