//! SQL of models.

use crate::kernel::authz;
use crate::kernel::error::{Result, fit};
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::models::Model;
use weighhouse_types::versions::{ProductionNow, Stage};

pub(super) async fn model_insert(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    name: &str,
    description: &str,
) -> Result<()> {
    use crate::schema::models::dsl;
    diesel::insert_into(dsl::models)
        .values((
            dsl::tenant_id.eq(project.tenant_id.0),
            dsl::id.eq(Uuid::now_v7()),
            dsl::project_id.eq(project.id.0),
            dsl::name.eq(name),
            dsl::description.eq(description),
            dsl::created_by.eq(tx.ctx().user_id()),
        ))
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(super) async fn model_insert_if_missing(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    name: &str,
) -> Result<bool> {
    use crate::schema::models::dsl;
    let inserted = diesel::insert_into(dsl::models)
        .values((
            dsl::tenant_id.eq(project.tenant_id.0),
            dsl::id.eq(Uuid::now_v7()),
            dsl::project_id.eq(project.id.0),
            dsl::name.eq(name),
            dsl::created_by.eq(tx.ctx().user_id()),
        ))
        .on_conflict_do_nothing()
        .execute(tx.conn()?)
        .await?;
    Ok(inserted == 1)
}

/// Which models of a project.
pub(super) struct Filter<'a> {
    pub(super) after: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) limit: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    project: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Integer)]
    versions: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Integer>)]
    number: Option<i32>,
    #[diesel(sql_type = Nullable<Binary>)]
    digest: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Array<Text>)]
    approvers: Vec<String>,
    #[diesel(sql_type = Jsonb)]
    stages: Value,
}

pub(super) async fn models(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    filter: &Filter<'_>,
) -> Result<Vec<Model>> {
    let rows: Vec<Row> = diesel::sql_query(
        "SELECT m.id, p.slug AS project, m.name, m.description, m.versions, m.created_at,
                v.number, v.digest, lower(r.period) AS since,
                CASE WHEN r.began_by = 'rollback' THEN ARRAY[ru.name]
                     ELSE ARRAY(SELECT u.name FROM approvals a JOIN users u ON u.id = a.approver_id
                                JOIN promotions q ON q.tenant_id = a.tenant_id AND q.id = a.promotion_id
                                     AND q.evidence_digest = a.evidence_digest
                                WHERE a.tenant_id = r.tenant_id AND a.promotion_id = r.promotion_id
                                  AND a.decision = 'approve' ORDER BY a.at)
                END AS approvers,
                (SELECT coalesce(jsonb_object_agg(s.stage, s.n), '{}') FROM (
                     SELECT stage, count(*) AS n FROM version_stages vs
                     WHERE vs.tenant_id = m.tenant_id AND vs.model_id = m.id GROUP BY stage) s) AS stages
         FROM models m
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         LEFT JOIN production_periods r
              ON r.tenant_id = m.tenant_id AND r.model_id = m.id AND upper_inf(r.period)
         LEFT JOIN versions v ON v.tenant_id = r.tenant_id AND v.id = r.version_id
         LEFT JOIN users ru ON ru.id = r.user_id
         WHERE m.tenant_id = $1 AND m.project_id = $2
           AND ($3 IS NULL OR m.name > $3) AND ($4 IS NULL OR m.name = $4)
         ORDER BY m.name LIMIT $5",
    )
    .bind::<SqlUuid, _>(project.tenant_id.0)
    .bind::<SqlUuid, _>(project.id.0)
    .bind::<Nullable<Text>, _>(filter.after)
    .bind::<Nullable<Text>, _>(filter.name)
    .bind::<BigInt, _>(filter.limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(Row::model).collect()
}

impl Row {
    fn model(self) -> Result<Model> {
        let count = |stage: &Stage| {
            let n = self.stages.get(stage.as_str()).and_then(Value::as_u64)?;
            Some((*stage, u32::try_from(n).ok()?))
        };
        let stages = Stage::ALL.iter().filter_map(count).collect();
        let production = match (self.number, self.digest, self.since) {
            (Some(number), Some(digest), Some(since)) => Some(ProductionNow {
                number: fit(number)?,
                digest: hex::encode(digest),
                since,
                by: self.approvers,
            }),
            _ => None,
        };
        Ok(Model {
            id: self.id.into(),
            project: self.project,
            name: self.name,
            description: self.description,
            created_at: self.created_at,
            latest: Some(fit(self.versions)?).filter(|n: &u32| *n > 0),
            production,
            stages,
        })
    }
}
