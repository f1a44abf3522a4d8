//! SQL of versions, their files and stages.

use super::NewVersion;
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
use std::collections::HashMap;
use uuid::Uuid;
use weighhouse_types::context::{Completeness, FileEntry, Kind};
use weighhouse_types::ids::UserId;
use weighhouse_types::reference::VersionRef;
use weighhouse_types::versions::{Stage, StageChange, VersionSummary};

mod swept;
pub(crate) use swept::swept_insert;
pub(super) use swept::{swept_of, swept_restore};

/// Locks a model's row, which serialises everything that happens to it; gives
/// the newest version's number and the kind.
pub(super) async fn model_lock(tx: &mut TenantTx<'_>, model: &authz::Model) -> Result<(i32, Kind)> {
    use crate::schema::models::dsl;
    let (number, kind): (i32, String) = dsl::models
        .filter(dsl::tenant_id.eq(model.tenant_id.0).and(dsl::id.eq(model.id.0)))
        .select((dsl::versions, dsl::kind))
        .for_update()
        .first(tx.conn()?)
        .await?;
    Ok((number, kind.parse().map_err(Error::internal)?))
}

/// Locks the rows of several models, always in the same order.
pub(super) async fn models_lock(tx: &mut TenantTx<'_>, models: &[&authz::Model]) -> Result<()> {
    use crate::schema::models::dsl;
    let ids: Vec<Uuid> = models.iter().map(|model| model.id.0).collect();
    let _: Vec<Uuid> = dsl::models
        .filter(dsl::tenant_id.eq(tx.tenant().0).and(dsl::id.eq_any(ids)))
        .select(dsl::id)
        .order(dsl::id)
        .for_update()
        .load(tx.conn()?)
        .await?;
    Ok(())
}

pub(super) async fn number_of_digest(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    digest: &[u8; 32],
) -> Result<Option<u32>> {
    use crate::schema::versions::dsl;
    let number: Option<i32> = dsl::versions
        .filter(dsl::tenant_id.eq(model.tenant_id.0).and(dsl::model_id.eq(model.id.0)))
        .filter(dsl::digest.eq(digest.as_slice()))
        .select(dsl::number)
        .first(tx.conn()?)
        .await
        .optional()?;
    number.map(fit).transpose()
}

/// Writes a version, its files, its stage and the model's count: four
/// statements, however many files.
pub(super) async fn version_insert(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    number: i32,
    new: &NewVersion,
) -> Result<()> {
    let id = Uuid::now_v7();
    let author = tx.ctx().user()?.id.0;
    let files = &new.artifact.files;
    sql_query(
        "INSERT INTO versions (tenant_id, id, model_id, number, digest, context, files, size, author_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Integer, _>(number)
    .bind::<Binary, _>(new.digest.as_slice())
    .bind::<Jsonb, _>(&new.context)
    .bind::<Integer, _>(fit::<_, i32>(files.len())?)
    .bind::<BigInt, _>(fit::<_, i64>(new.size)?)
    .bind::<SqlUuid, _>(author)
    .execute(tx.conn()?)
    .await?;
    files_insert(tx, model, id, files).await?;
    sql_query(
        "WITH stage AS (
             INSERT INTO version_stages (tenant_id, version_id, model_id, stage) VALUES ($1, $2, $3, 'development')),
         change AS (
             INSERT INTO stage_changes (tenant_id, version_id, id, to_stage, user_id, why)
             VALUES ($1, $2, $4, 'development', $5, 'registered'))
         UPDATE models SET versions = $6 WHERE tenant_id = $1 AND id = $3",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(author)
    .bind::<Integer, _>(number)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

async fn files_insert(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    version: Uuid,
    files: &[FileEntry],
) -> Result<()> {
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let digests =
        files.iter().map(|file| hex::decode(&file.sha256)).collect::<std::result::Result<Vec<_>, _>>();
    let sizes = files.iter().map(|file| fit::<_, i64>(file.size)).collect::<Result<Vec<_>>>()?;
    sql_query(
        "INSERT INTO version_files (tenant_id, version_id, path, sha256, size)
         SELECT $1, $2, * FROM unnest($3, $4, $5)",
    )
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(version)
    .bind::<Array<Text>, _>(paths)
    .bind::<Array<Binary>, _>(digests.map_err(Error::internal)?)
    .bind::<Array<BigInt>, _>(sizes)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
    #[diesel(sql_type = Jsonb)]
    context: Value,
    #[diesel(sql_type = Integer)]
    files: i32,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Text)]
    author: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    stage: String,
    #[diesel(sql_type = Timestamptz)]
    since: DateTime<Utc>,
}

/// The columns of a summary. Lists need only which components there are, not
/// what they hold: the keys with `true` as content.
fn select(context: &str) -> String {
    format!(
        "SELECT v.id, v.number, v.digest, {context} AS context, v.files, v.size, u.name AS author,
                v.created_at, s.stage, s.since
         FROM versions v
         JOIN users u ON u.id = v.author_id
         JOIN version_stages s ON s.tenant_id = v.tenant_id AND s.version_id = v.id"
    )
}

impl Row {
    fn summary(self, model: &authz::Model) -> Result<(VersionSummary, Value)> {
        let stage: Stage = self.stage.parse().map_err(Error::internal)?;
        let approved = matches!(stage, Stage::Production | Stage::Archived);
        let summary = VersionSummary {
            id: self.id.into(),
            reference: VersionRef { model: model.reference.clone(), number: fit(self.number)? },
            kind: Kind::of(&self.context),
            digest: hex::encode(self.digest),
            stage,
            stage_since: self.since,
            author: self.author,
            created_at: self.created_at,
            files: fit(self.files)?,
            size: fit(self.size)?,
            completeness: Completeness::of(&self.context, approved),
        };
        Ok((summary, self.context))
    }
}

/// Versions of a model below a number, newest first.
pub(super) async fn versions(
    tx: &mut TenantTx<'_>,
    model: &authz::Model,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<VersionSummary>> {
    let keys =
        "(SELECT coalesce(jsonb_object_agg(key, true), '{}') FROM jsonb_object_keys(v.context) AS key)";
    let rows: Vec<Row> = sql_query(format!(
        "{} WHERE v.tenant_id = $1 AND v.model_id = $2 AND ($3 IS NULL OR v.number < $3)
         ORDER BY v.number DESC LIMIT $4",
        select(keys)
    ))
    .bind::<SqlUuid, _>(model.tenant_id.0)
    .bind::<SqlUuid, _>(model.id.0)
    .bind::<Nullable<Integer>, _>(before)
    .bind::<BigInt, _>(limit)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().map(|row| Ok(row.summary(model)?.0)).collect()
}

/// One version with its context.
pub(crate) async fn summary_of(
    tx: &mut TenantTx<'_>,
    version: &authz::Version,
) -> Result<(VersionSummary, Value)> {
    let row: Row = sql_query(format!("{} WHERE v.tenant_id = $1 AND v.id = $2", select("v.context")))
        .bind::<SqlUuid, _>(version.model.tenant_id.0)
        .bind::<SqlUuid, _>(version.id.0)
        .get_result(tx.conn()?)
        .await?;
    row.summary(&version.model)
}

/// Several versions with their contexts, in their order, by one query.
pub(crate) async fn summaries_of(
    tx: &mut TenantTx<'_>,
    versions: &[authz::Version],
) -> Result<Vec<(VersionSummary, Value)>> {
    let ids: Vec<Uuid> = versions.iter().map(|version| version.id.0).collect();
    let rows: Vec<Row> =
        sql_query(format!("{} WHERE v.tenant_id = $1 AND v.id = ANY($2)", select("v.context")))
            .bind::<SqlUuid, _>(tx.tenant().0)
            .bind::<Array<SqlUuid>, _>(ids)
            .load(tx.conn()?)
            .await?;
    let mut rows: HashMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    let summary = |version: &authz::Version| {
        let row = rows.remove(&version.id.0).ok_or_else(|| Error::internal("a version is gone"))?;
        row.summary(&version.model)
    };
    versions.iter().map(summary).collect()
}

/// Who registered a version.
pub(crate) async fn author_of(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<UserId> {
    use crate::schema::versions::dsl;
    let author: Uuid = dsl::versions
        .filter(dsl::tenant_id.eq(version.model.tenant_id.0).and(dsl::id.eq(version.id.0)))
        .select(dsl::author_id)
        .first(tx.conn()?)
        .await?;
    Ok(author.into())
}

/// A version's files by path.
pub(crate) async fn files_of(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<FileEntry>> {
    use crate::schema::version_files::dsl;
    let rows: Vec<(String, i64, Vec<u8>)> = dsl::version_files
        .filter(dsl::tenant_id.eq(version.model.tenant_id.0).and(dsl::version_id.eq(version.id.0)))
        .select((dsl::path, dsl::size, dsl::sha256))
        .order(dsl::path)
        .load(tx.conn()?)
        .await?;
    let entry = |(path, size, sha256): (String, i64, Vec<u8>)| {
        Ok(FileEntry { path, size: fit(size)?, sha256: hex::encode(sha256) })
    };
    rows.into_iter().map(entry).collect()
}

#[derive(QueryableByName)]
struct ChangeRow {
    #[diesel(sql_type = Nullable<Text>)]
    from_stage: Option<String>,
    #[diesel(sql_type = Text)]
    to_stage: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    by: String,
    #[diesel(sql_type = Text)]
    why: String,
}

/// The stages that a version went through, oldest first.
pub(super) async fn history(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Vec<StageChange>> {
    let rows: Vec<ChangeRow> = sql_query(
        "SELECT c.from_stage, c.to_stage, c.at, u.name AS by, c.why
         FROM stage_changes c JOIN users u ON u.id = c.user_id
         WHERE c.tenant_id = $1 AND c.version_id = $2 ORDER BY c.id LIMIT 1000",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .load(tx.conn()?)
    .await?;
    let change = |row: ChangeRow| {
        let from = row.from_stage.map(|stage| stage.parse().map_err(Error::internal)).transpose()?;
        let to = row.to_stage.parse().map_err(Error::internal)?;
        Ok(StageChange { from, to, at: row.at, by: row.by, why: row.why })
    };
    rows.into_iter().map(change).collect()
}

/// A version's stage.
pub(crate) async fn stage_of(tx: &mut TenantTx<'_>, version: &authz::Version) -> Result<Stage> {
    use crate::schema::version_stages::dsl;
    let stage: String = dsl::version_stages
        .filter(dsl::tenant_id.eq(version.model.tenant_id.0).and(dsl::version_id.eq(version.id.0)))
        .select(dsl::stage)
        .first(tx.conn()?)
        .await?;
    stage.parse().map_err(Error::internal)
}

/// A step from one stage to another.
pub(crate) struct Moved {
    pub(crate) from: Stage,
    pub(crate) to: Stage,
    pub(crate) why: String,
}

/// Moves a version; the database's own check refuses what is not a way.
pub(crate) async fn stage_set(tx: &mut TenantTx<'_>, version: &authz::Version, moved: &Moved) -> Result<()> {
    let user = tx.ctx().user()?.id.0;
    let updated = sql_query(
        "WITH change AS (
             INSERT INTO stage_changes (tenant_id, version_id, id, from_stage, to_stage, user_id, why)
             VALUES ($1, $2, $3, $4, $5, $6, $7))
         UPDATE version_stages SET previous = $4, stage = $5, since = clock_timestamp()
         WHERE tenant_id = $1 AND version_id = $2 AND stage = $4",
    )
    .bind::<SqlUuid, _>(version.model.tenant_id.0)
    .bind::<SqlUuid, _>(version.id.0)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(moved.from.as_str())
    .bind::<Text, _>(moved.to.as_str())
    .bind::<SqlUuid, _>(user)
    .bind::<Text, _>(&moved.why)
    .execute(tx.conn()?)
    .await?;
    if updated == 1 {
        Ok(())
    } else {
        Err(Error::internal("the version was not in the stage it is moved from"))
    }
}
