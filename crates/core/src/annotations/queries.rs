//! SQL of annotations.

use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;
use weighhouse_types::annotations::{Alias, AnnotationChange, Annotations, Change, Tags};
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::Stage;

/// Locks a model's row, which serialises everything that happens to it.
pub(super) async fn model_lock(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<()> {
    sql_query("SELECT FROM models WHERE tenant_id = $1 AND id = $2 FOR UPDATE")
        .bind::<SqlUuid, _>(model.tenant_id.0)
        .bind::<SqlUuid, _>(model.id.0)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Jsonb)]
    tags: Value,
    #[diesel(sql_type = Array<Text>)]
    aliases: Vec<String>,
}

impl Row {
    fn annotations(self) -> Result<Annotations> {
        let Self { description, tags, aliases } = self;
        Ok(Annotations { description, tags: tags_of(tags)?, aliases })
    }
}

pub(super) fn tags_of(tags: Value) -> Result<Tags> {
    serde_json::from_value(tags).map_err(Error::internal)
}

/// What is said of a version.
pub(crate) async fn annotations_of(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Annotations> {
    let row: Row = sql_query(
        "SELECT coalesce(max(a.description), '') AS description,
                coalesce((array_agg(a.tags) FILTER (WHERE a.tags IS NOT NULL))[1], '{}') AS tags,
                ARRAY (SELECT name FROM aliases WHERE tenant_id = $1 AND version_id = $2 ORDER BY name) AS aliases
         FROM version_annotations a WHERE a.tenant_id = $1 AND a.version_id = $2",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .get_result(tx.conn()?)
    .await?;
    row.annotations()
}

/// What is said of a model.
pub(super) async fn annotations_of_model(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Annotations> {
    let row: Row = sql_query(
        "SELECT description, tags, '{}'::text[] AS aliases FROM models WHERE tenant_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .get_result(tx.conn()?)
    .await?;
    row.annotations()
}

pub(super) async fn version_set(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
    said: &Annotations,
) -> Result<()> {
    sql_query(
        "INSERT INTO version_annotations (tenant_id, version_id, description, tags) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, version_id) DO UPDATE SET description = $3, tags = $4",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<Text, _>(&said.description)
    .bind::<Jsonb, _>(serde_json::to_value(&said.tags).map_err(Error::internal)?)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn model_set(tx: &mut TenantTx<'_>, model: &authz::Model, said: &Annotations) -> Result<()> {
    sql_query("UPDATE models SET description = $3, tags = $4 WHERE tenant_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(model.tenant_id.0)
        .bind::<SqlUuid, _>(model.id.0)
        .bind::<Text, _>(&said.description)
        .bind::<Jsonb, _>(serde_json::to_value(&said.tags).map_err(Error::internal)?)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct AliasRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

/// Versions of a model that something stands for: `$3` is the name.
async fn standing(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    name: &str,
    condition: &str,
) -> Result<Vec<Alias>> {
    let rows: Vec<AliasRow> = sql_query(format!(
        "SELECT $3 AS name, v.number, v.digest FROM versions v
         WHERE v.tenant_id = $1 AND v.model_id = $2 AND {condition} ORDER BY v.number LIMIT 20"
    ))
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Text, _>(name)
    .load(tx.conn()?)
    .await?;
    let alias = |row: AliasRow| {
        let version = VersionRef { model: model.reference.clone(), number: fit(row.number)? };
        Ok(Alias { name: row.name, version, digest: hex::encode(row.digest) })
    };
    rows.into_iter().map(alias).collect()
}

/// The version that an alias was given to.
pub(super) async fn aliased(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    name: &str,
) -> Result<Option<Alias>> {
    let condition = "v.id = (SELECT version_id FROM aliases
                             WHERE tenant_id = $1 AND model_id = $2 AND name = $3)";
    Ok(standing(tx, model, name, condition).await?.pop())
}

pub(super) async fn latest(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<Vec<Alias>> {
    let condition = "v.number = (SELECT versions FROM models WHERE tenant_id = $1 AND id = $2)";
    standing(tx, model, "latest", condition).await
}

pub(super) async fn in_stage(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    stage: Stage,
) -> Result<Vec<Alias>> {
    let condition = "v.id IN (SELECT version_id FROM version_stages
                              WHERE tenant_id = $1 AND model_id = $2 AND stage = $3)";
    standing(tx, model, stage.as_str(), condition).await
}

pub(super) async fn alias_set(tx: &mut TenantTx<'_>, version: &authz::Version, name: &str) -> Result<()> {
    sql_query(
        "INSERT INTO aliases (tenant_id, model_id, name, version_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, model_id, name) DO UPDATE SET version_id = $4",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.model.id.0)
    .bind::<Text, _>(name)
    .bind::<SqlUuid, _>(version.id.0)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn alias_remove(tx: &mut TenantTx<'_>, model: &authz::Model, name: &str) -> Result<()> {
    sql_query("DELETE FROM aliases WHERE tenant_id = $1 AND model_id = $2 AND name = $3")
        .bind::<SqlUuid, _>(model.tenant_id.0)
        .bind::<SqlUuid, _>(model.id.0)
        .bind::<Text, _>(name)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// Writes what changed, by whoever acts.
pub(super) async fn changes_insert(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    version: Option<&authz::Version>,
    changes: &[Change],
) -> Result<()> {
    let user = tx.ctx().user()?.id.0;
    let ids: Vec<Uuid> = changes.iter().map(|_| Uuid::now_v7()).collect();
    sql_query(
        "INSERT INTO annotation_changes (tenant_id, model_id, version_id, user_id, id, what, key, before, after)
         SELECT $1, $2, $3, $4, * FROM unnest($5, $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Nullable<SqlUuid>, _>(version.map(|version| version.id.0))
    .bind::<SqlUuid, _>(user)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(changes.iter().map(|change| change.what.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(changes.iter().map(|change| &change.key).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(changes.iter().map(|change| &change.before).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(changes.iter().map(|change| &change.after).collect::<Vec<_>>())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct ChangeRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Nullable<Integer>)]
    number: Option<i32>,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Nullable<Text>)]
    before: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    after: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    by: String,
}

/// Changes before one, newest first: of a model with all its versions, or what
/// concerns one of them.
pub(super) async fn changes(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    version: Option<u32>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, AnnotationChange)>> {
    let number = version.map(|number| i32::try_from(number).unwrap_or(0));
    let rows: Vec<ChangeRow> = sql_query(
        "SELECT c.id, v.number, c.what, c.key, c.before, c.after, c.at, u.name AS by
         FROM annotation_changes c
         JOIN users u ON u.id = c.user_id
         LEFT JOIN versions v ON v.tenant_id = c.tenant_id AND v.id = c.version_id
         WHERE c.tenant_id = $1 AND c.model_id = $2 AND ($3 IS NULL OR c.id < $3)
           AND ($4 IS NULL OR v.number = $4 OR (c.what = 'alias' AND $4::text IN (c.before, c.after)))
         ORDER BY c.id DESC LIMIT $5",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<Nullable<Integer>, _>(number)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    let change = |row: ChangeRow| {
        let ChangeRow { id, number, what, key, before, after, at, by } = row;
        let change = Change { what: what.parse().map_err(Error::internal)?, key, before, after };
        Ok((id, AnnotationChange { version: number.map(fit).transpose()?, change, at, by }))
    };
    rows.into_iter().map(change).collect()
}
