//! SQL of models.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::page;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::promotions::ProductionColumns;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::context::Kind;
use weighhouse_types::models::{Model, ModelQuery, ModelSort};
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

/// Where a page of models ended: how it was sorted, by which value, and the model.
pub(super) type Key = (ModelSort, String, Uuid);

/// A model's place in a list.
pub(super) fn key_of(sort: ModelSort, model: &Model) -> Key {
    let value = match sort {
        ModelSort::Name | ModelSort::NameBack => model.name.clone(),
        ModelSort::Newest | ModelSort::Oldest => model.created_at.to_rfc3339(),
        ModelSort::Versions => model.latest.unwrap_or(0).to_string(),
    };
    (sort, value, model.id.0)
}

/// A place that a caller gave, if it is one of a list in this order.
fn key_checked(sort: ModelSort, key: Key) -> Result<(String, Uuid)> {
    let (of, value, id) = key;
    let fits = of == sort
        && match sort {
            ModelSort::Name | ModelSort::NameBack => true,
            ModelSort::Newest | ModelSort::Oldest => DateTime::parse_from_rfc3339(&value).is_ok(),
            ModelSort::Versions => value.parse::<i32>().is_ok(),
        };
    let wrong =
        || Error::invalid("cursor", "This cursor is not one that a page of this list gave as ‘next’.");
    fits.then_some((value, id)).ok_or_else(wrong)
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
    #[diesel(sql_type = Jsonb)]
    tags: Value,
    #[diesel(sql_type = Jsonb)]
    aliases: Value,
}

const SELECT: &str = "
         SELECT m.id, p.slug AS project, m.name, m.description, m.kind, m.versions, m.created_at, m.tags,
                r.number, r.digest, r.since, r.by,
                (SELECT coalesce(jsonb_object_agg(s.stage, s.n), '{}') FROM (
                     SELECT stage, count(*) AS n FROM version_stages vs
                     WHERE vs.tenant_id = m.tenant_id AND vs.model_id = m.id GROUP BY stage) s) AS stages,
                (SELECT coalesce(jsonb_object_agg(a.name, v.number), '{}') FROM aliases a
                     JOIN versions v ON v.tenant_id = a.tenant_id AND v.id = a.version_id
                     WHERE a.tenant_id = m.tenant_id AND a.model_id = m.id) AS aliases
         FROM models m
         JOIN projects p ON p.tenant_id = m.tenant_id AND p.id = m.project_id
         LEFT JOIN production_now r ON r.tenant_id = m.tenant_id AND r.model_id = m.id";

/// A model of a project.
pub(super) async fn named(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    name: &str,
) -> Result<Option<Model>> {
    let rows: Vec<Row> =
        sql_query(format!("{SELECT} WHERE m.tenant_id = $1 AND m.project_id = $2 AND m.name = $3"))
            .bind::<SqlUuid, _>(project.tenant_id.0)
            .bind::<SqlUuid, _>(project.id.0)
            .bind::<Text, _>(name)
            .load(tx.conn()?)
            .await?;
    rows.into_iter().next().map(Row::model).transpose()
}

/// The first models of each of the transaction's tenant's projects.
pub(super) async fn first(tx: &mut TenantTx<'_>, projects: &[Uuid], each: u32) -> Result<Vec<Model>> {
    let rows: Vec<Row> = sql_query(format!(
        "SELECT f.* FROM unnest($2) AS of (id) CROSS JOIN LATERAL (
             {SELECT} WHERE m.tenant_id = $1 AND m.project_id = of.id ORDER BY m.name LIMIT $3) AS f"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(projects)
    .bind::<BigInt, _>(i64::from(each))
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(Row::model).collect()
}

/// What is sorted by, its type, and whether backwards.
const fn order(sort: ModelSort) -> (&'static str, &'static str, bool) {
    match sort {
        ModelSort::Name => ("m.name", "text", false),
        ModelSort::NameBack => ("m.name", "text", true),
        ModelSort::Newest => ("m.created_at", "timestamptz", true),
        ModelSort::Oldest => ("m.created_at", "timestamptz", false),
        ModelSort::Versions => ("m.versions", "integer", true),
    }
}

/// A page of a tenant's models, or of one of its projects.
pub(super) async fn listed(
    tx: &mut TenantTx<'_>,
    tenant: &authz::Tenant,
    project: Option<&authz::Project>,
    query: &ModelQuery,
    after: Option<Key>,
) -> Result<Vec<Model>> {
    let sort = query.sort.unwrap_or_default();
    let (by, of, back) = order(sort);
    let (compare, way) = if back { ("<", "DESC") } else { (">", "ASC") };
    let (key, id) = after.map(|key| key_checked(sort, key)).transpose()?.unzip();
    let (tag, value) = match query.tag.as_deref().map(|tag| tag.split_once('=').unwrap_or((tag, ""))) {
        Some((tag, value)) => (Some(tag), Some(value).filter(|value| !value.is_empty())),
        None => (None, None),
    };
    let rows: Vec<Row> = sql_query(format!(
        "{SELECT} WHERE m.tenant_id = $1 AND ($2 IS NULL OR m.project_id = $2)
            AND ($3 IS NULL OR ({by}, m.id) {compare} ($3::{of}, $4))
            AND ($5 IS NULL OR position(lower($5) IN lower(m.name)) > 0)
            AND ($6 IS NULL OR m.kind = $6)
            AND ($7 IS NULL OR EXISTS (SELECT FROM version_stages w
                 WHERE w.tenant_id = m.tenant_id AND w.model_id = m.id AND w.stage = $7))
            AND ($8 IS NULL OR (m.tags ->> $8) IS NOT NULL AND ($9 IS NULL OR m.tags ->> $8 = $9))
         ORDER BY {by} {way}, m.id {way} LIMIT $10"
    ))
    .bind::<SqlUuid, _>(tenant.id().0)
    .bind::<Nullable<SqlUuid>, _>(project.map(|project| project.id.0))
    .bind::<Nullable<Text>, _>(key)
    .bind::<Nullable<SqlUuid>, _>(id)
    .bind::<Nullable<Text>, _>(query.name.as_deref())
    .bind::<Nullable<Text>, _>(query.kind.map(Kind::as_str))
    .bind::<Nullable<Text>, _>(query.stage.map(Stage::as_str))
    .bind::<Nullable<Text>, _>(tag)
    .bind::<Nullable<Text>, _>(value)
    .bind::<BigInt, _>(page::fetch(&query.page()))
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
            tags: serde_json::from_value(self.tags).map_err(Error::internal)?,
            aliases: serde_json::from_value(self.aliases).map_err(Error::internal)?,
            created_at: self.created_at,
            latest: Some(fit(self.versions)?).filter(|n: &u32| *n > 0),
            production: self.production.now()?,
            stages,
        })
    }
}
