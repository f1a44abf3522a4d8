//! SQL of versions that use what providers serve.

use crate::kernel::authz;
use crate::kernel::error::{Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::pins::rules::Candidate;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

#[derive(QueryableByName)]
struct CandidateRow {
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    pinned: String,
    #[diesel(sql_type = Nullable<Text>)]
    fingerprint: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    registered_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    evaluated_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    in_production: bool,
}

/// Versions that pin a provider's model; without `llm` there is no row.
const CANDIDATE: &str = "
    SELECT v.number, v.context #>> '{llm,model}' AS pinned, v.context #>> '{llm,fingerprint}' AS fingerprint,
           v.created_at AS registered_at,
           (SELECT max(a.at) FROM attestations a
            WHERE a.tenant_id = v.tenant_id AND a.version_id = v.id AND a.kind = 'evaluation') AS evaluated_at,
           coalesce(s.stage = 'production', false) AS in_production
    FROM versions v
    LEFT JOIN version_stages s ON s.tenant_id = v.tenant_id AND s.version_id = v.id
    WHERE v.tenant_id = $1 AND v.context #>> '{llm,model}' IS NOT NULL";

impl CandidateRow {
    fn candidate(self) -> Result<Candidate> {
        Ok(Candidate {
            number: fit(self.number)?,
            pinned: self.pinned,
            fingerprint: self.fingerprint,
            registered_at: self.registered_at,
            evaluated_at: self.evaluated_at,
            in_production: self.in_production,
        })
    }
}

pub(in crate::pins) async fn candidate(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Option<Candidate>> {
    let rows: Vec<CandidateRow> = sql_query(format!("{CANDIDATE} AND v.id = $2"))
        .bind::<SqlUuid, _>(version.model.tenant_id.0)
        .bind::<SqlUuid, _>(version.id.0)
        .load(tx.conn()?)
        .await?;
    rows.into_iter().next().map(CandidateRow::candidate).transpose()
}

/// The newest versions of a model that pin what an alert is about, with the
/// one in production.
pub(in crate::pins) async fn candidates(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    pinned: &str,
) -> Result<Vec<Candidate>> {
    let rows: Vec<CandidateRow> = sql_query(format!(
        "{CANDIDATE} AND v.model_id = $2 AND v.context #>> '{{llm,model}}' = $3
         ORDER BY in_production DESC, v.number DESC LIMIT 1000"
    ))
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Text, _>(pinned)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(CandidateRow::candidate).collect()
}

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = Text)]
    part: String,
}

/// What a system's version is made of, as `project/model@N`; nothing of others.
pub(in crate::pins) async fn parts(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<String>> {
    let rows: Vec<PartRow> = sql_query(
        "SELECT part.value ->> 'version' AS part FROM versions v, jsonb_each(v.context #> '{system,components}') part
         WHERE v.tenant_id = $1 AND v.id = $2 AND v.context ? 'system' AND part.value ->> 'version' IS NOT NULL
         LIMIT 1000",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    Ok(rows.into_iter().map(|row| row.part).collect())
}
