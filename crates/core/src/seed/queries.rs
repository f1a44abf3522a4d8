//! SQL of made-up data: rows as JSON, a statement a table.

use crate::kernel::error::Result;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::sql_types::Jsonb;
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// Rows of a tenant's tables, with their columns.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) projects: Vec<Value>,
    pub(super) models: Vec<Value>,
    pub(super) versions: Vec<Value>,
    pub(super) files: Vec<Value>,
    pub(super) stages: Vec<Value>,
    pub(super) changes: Vec<Value>,
    pub(super) promotions: Vec<Value>,
    pub(super) evidence: Vec<Value>,
    pub(super) approvals: Vec<Value>,
    pub(super) periods: Vec<Value>,
}

impl Rows {
    /// In an order in which every row's keys are there before it.
    fn tables(&self) -> [(&'static str, &'static str, &[Value]); 10] {
        [
            ("projects", "tenant_id, id, slug, name, created_at", &self.projects),
            ("models", "tenant_id, id, project_id, name, description, versions, created_at", &self.models),
            (
                "versions",
                "tenant_id, id, model_id, number, digest, context, files, size, author_id, created_at",
                &self.versions,
            ),
            ("version_files", "tenant_id, version_id, path, sha256, size", &self.files),
            ("version_stages", "tenant_id, version_id, model_id, stage, previous, since", &self.stages),
            (
                "stage_changes",
                "tenant_id, version_id, id, from_stage, to_stage, at, user_id, why",
                &self.changes,
            ),
            (
                "promotions",
                "tenant_id, id, model_id, version_id, target, state, requester_id, author_id, reason, quorum,
                 evidence_digest, created_at, closed_at",
                &self.promotions,
            ),
            (
                "promotion_evidence",
                "tenant_id, promotion_id, digest, requester_id, author_id, evidence",
                &self.evidence,
            ),
            (
                "approvals",
                "tenant_id, promotion_id, evidence_digest, seen_digest, approver_id, requester_id, author_id,
                 decision, reason, at",
                &self.approvals,
            ),
            (
                "production_periods",
                "tenant_id, id, model_id, version_id, period, began_by, ended_by, promotion_id, user_id, reason",
                &self.periods,
            ),
        ]
    }
}

/// Writes the rows as the tenant's role, behind its wall.
pub(super) async fn write(tx: &mut TenantTx<'_>, rows: &Rows) -> Result<()> {
    for (table, columns, rows) in rows.tables() {
        let text = format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, $1)"
        );
        sql_query(text).bind::<Jsonb, _>(Value::Array(rows.to_vec())).execute(tx.conn()?).await?;
    }
    Ok(())
}
