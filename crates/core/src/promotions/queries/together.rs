//! SQL of systems, which are promoted and rolled back as one.

use super::{PromotionRow, select};
use crate::kernel::authz;
use crate::kernel::error::{Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::promotions::rules::Standing;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::promotions::{EvidencePart, EvidenceProduction, PromotionSummary};
use weighhouse_types::reference::{ModelRef, VersionRef};

#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    model: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Nullable<Integer>)]
    now: Option<i32>,
    #[diesel(sql_type = Nullable<Binary>)]
    now_digest: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<DateTime<Utc>>,
}

/// Everything that goes into production with a version, and what it would replace.
pub(in crate::promotions) async fn evidence_parts(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<Vec<EvidencePart>> {
    let rows: Vec<PartRow> = sql_query(
        "SELECT p.slug AS project, m.name AS model, v.number, v.digest,
                n.number AS now, n.digest AS now_digest, n.since
         FROM system_parts($1, $2) part
         JOIN versions v ON v.tenant_id = $1 AND v.id = part.version_id
         JOIN models m ON m.tenant_id = $1 AND m.id = v.model_id
         JOIN projects p ON p.tenant_id = $1 AND p.id = m.project_id
         LEFT JOIN production_now n ON n.tenant_id = $1 AND n.model_id = v.model_id
         ORDER BY p.slug, m.name",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    let part = |row: PartRow| {
        let model = ModelRef {
            tenant: version.model.reference.tenant.clone(),
            project: row.project,
            model: row.model,
        };
        let production = match (row.now, row.now_digest, row.since) {
            (Some(number), Some(digest), Some(since)) => Some(EvidenceProduction {
                number: fit(number)?,
                digest: hex::encode(digest),
                since,
                evaluation: None,
            }),
            _ => None,
        };
        let version = VersionRef { model, number: fit(row.number)? };
        Ok(EvidencePart { version, digest: hex::encode(row.digest), production })
    };
    rows.into_iter().map(part).collect()
}

/// The open requests for production whose evidence says what is in production
/// of one of these models: of its versions, and of systems that hold one.
pub(in crate::promotions) async fn open_about(
    tx: &mut TenantTx<'_>,
    models: &[Uuid],
) -> Result<Vec<PromotionSummary>> {
    let caller = tx.ctx().user_id();
    let rows: Vec<PromotionRow> = sql_query(format!(
        "{} WHERE q.tenant_id = $2 AND q.state = 'open' AND q.target = 'production'
           AND (q.model_id = ANY ($3) OR q.version_id IN (SELECT version_id FROM systems_with($2, ARRAY(
               SELECT c.component_id FROM system_components c
               WHERE c.tenant_id = $2 AND c.component_model_id = ANY ($3)))))
         ORDER BY q.id",
        select(super::NO_EVIDENCE)
    ))
    .bind::<Nullable<SqlUuid>, _>(caller)
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(models)
    .load(tx.conn()?)
    .await?;
    rows.iter().map(PromotionRow::summary).collect()
}

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = SqlUuid)]
    model_id: Uuid,
    #[diesel(sql_type = Nullable<Integer>)]
    now: Option<i32>,
    #[diesel(sql_type = Bool)]
    brought: bool,
    #[diesel(sql_type = Array<SqlUuid>)]
    holders: Vec<Uuid>,
    #[diesel(sql_type = Nullable<Integer>)]
    before: Option<i32>,
}

/// How production of these models stands when a system is rolled back from
/// what is in production of it; `wanted` is for the caller to say.
pub(in crate::promotions) async fn standings(
    tx: &mut TenantTx<'_>,
    system: &authz::Model,
    models: &[Uuid],
) -> Result<Vec<Standing<Uuid>>> {
    let rows: Vec<StandingRow> = sql_query(
        "SELECT w.model_id, v.number AS now,
                coalesce(r.promotion_id = (SELECT o.promotion_id FROM production_periods o
                    WHERE o.tenant_id = $1 AND o.model_id = $2 AND upper_inf(o.period)), false) AS brought,
                ARRAY(SELECT c.system_model_id FROM system_components c
                      JOIN version_stages hs ON hs.tenant_id = $1 AND hs.version_id = c.system_id
                           AND hs.stage = 'production'
                      WHERE c.tenant_id = $1 AND c.component_id = r.version_id
                        AND c.system_model_id <> $2) AS holders,
                (SELECT bv.number FROM production_periods b
                 JOIN versions bv ON bv.tenant_id = $1 AND bv.id = b.version_id
                 JOIN version_stages bs ON bs.tenant_id = $1 AND bs.version_id = b.version_id
                      AND bs.stage <> 'retired'
                 WHERE b.tenant_id = $1 AND b.model_id = w.model_id AND upper(b.period) = lower(r.period)
                   AND NOT EXISTS (SELECT FROM artifact_sweeps a WHERE a.tenant_id = $1
                                   AND a.version_id = b.version_id AND a.restored_at IS NULL)) AS before
         FROM unnest($3) AS w(model_id)
         LEFT JOIN production_periods r ON r.tenant_id = $1 AND r.model_id = w.model_id AND upper_inf(r.period)
         LEFT JOIN versions v ON v.tenant_id = $1 AND v.id = r.version_id
         ORDER BY w.model_id",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(system.id.0)
    .bind::<Array<SqlUuid>, _>(models)
    .load(tx.conn()?)
    .await?;
    let standing = |row: StandingRow| {
        Ok(Standing {
            model: row.model_id,
            now: row.now.map(fit).transpose()?,
            wanted: None,
            brought: row.brought,
            holders: row.holders,
            before: row.before.map(fit).transpose()?,
        })
    };
    rows.into_iter().map(standing).collect()
}
