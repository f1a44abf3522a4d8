//! SQL of models.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::promotions::ProductionColumns;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::context::Kind;
use weighhouse_types::models::Model;
use weighhouse_types::versions::Stage;

pub(super) async fn model_insert(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    name: &str,
    description: &str,
    kind: Kind,
) -> Result<()> {
    use crate::schema::models::dsl;
    diesel::insert_into(dsl::models)
        .values((
            dsl::tenant_id.eq(project.tenant_id.0),
            dsl::id.eq(Uuid::now_v7()),
            dsl::project_id.eq(project.id.0),
            dsl::name.eq(name),
            dsl::description.eq(description),
            dsl::kind.eq(kind.as_str()),
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
    kind: Kind,
) -> Result<bool> {
    use crate::schema::models::dsl;
    let inserted = diesel::insert_into(dsl::models)
        .values((
            dsl::tenant_id.eq(project.tenant_id.0),
            dsl::id.eq(Uuid::now_v7()),
            dsl::project_id.eq(project.id.0),
            dsl::name.eq(name),
            dsl::kind.eq(kind.as_str()),
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
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Integer)]
    versions: i32,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(embed)]
    production: ProductionColumns,
    #[diesel(sql_type = Jsonb)]
    stages: Value,
}

pub(super) async fn models(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    filter: &Filter<'_>,
) -> Result<Vec<Model>> {
    let rows: Vec<Row> = sql_query(
        "SELECT m.id, p.slug AS project, m.name, m.description, m.kind, m.versions, m.created_at,
                r.number, r.digest, r.since, r.by,
                (SELECT coalesce(jsonb_object_agg(s.stage, s.n), '{}') FROM (
                     SELECT stage, count(*) AS n FROM version_stages vs
                     WHERE vs.tenant_id = m.tenant_id AND vs.model_id = m.id GROUP BY stage) s) AS stages
         FROM models m
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         LEFT JOIN production_now r ON r.tenant_id = m.tenant_id AND r.model_id = m.id
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
        Ok(Model {
            id: self.id.into(),
            project: self.project,
            name: self.name,
            description: self.description,
            kind: self.kind.parse().map_err(Error::internal)?,
            created_at: self.created_at,
            latest: Some(fit(self.versions)?).filter(|n: &u32| *n > 0),
            production: self.production.now()?,
            stages,
        })
    }
}
