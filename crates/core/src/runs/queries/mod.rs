//! SQL of runs.

pub(super) mod points;
pub(super) mod search;
pub(super) mod write;

use super::keys;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;
use weighhouse_types::experiments::{Point, Run, RunInfo, RunUpdate};
use weighhouse_types::ids::RunId;

/// A run, without what it logged.
#[derive(QueryableByName)]
pub(super) struct InfoRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    user_name: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    start_time: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    end_time: Option<i64>,
    #[diesel(sql_type = Bool)]
    deleted: bool,
}

pub(super) const COLUMNS: &str = "r.id, e.number, r.name, r.user_name, r.status, r.start_time, r.end_time,
    r.deleted_at IS NOT NULL OR e.deleted_at IS NOT NULL AS deleted";

impl InfoRow {
    pub(super) fn info(self) -> Result<RunInfo> {
        Ok(RunInfo {
            id: self.id.into(),
            experiment: fit(self.number)?,
            name: self.name,
            user: self.user_name,
            status: self.status.parse().map_err(Error::internal)?,
            start_time: self.start_time,
            end_time: self.end_time,
            deleted: self.deleted,
        })
    }
}

pub(super) async fn run(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    run: RunId,
) -> Result<Option<RunInfo>> {
    one(tx, project, run, "").await
}

/// A run that stays as it is until the transaction ends.
pub(super) async fn run_locked(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    run: RunId,
) -> Result<Option<RunInfo>> {
    one(tx, project, run, "FOR UPDATE OF r").await
}

async fn one(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    run: RunId,
    lock: &'static str,
) -> Result<Option<RunInfo>> {
    let rows: Vec<InfoRow> = sql_query(format!(
        "SELECT {COLUMNS} FROM runs r
         JOIN experiments e ON e.tenant_id = r.tenant_id AND e.id = r.experiment_id
         WHERE r.tenant_id = $1 AND r.id = $2 AND e.project_id = $3 {lock}"
    ))
    .bind::<SqlUuid, _>(project.tenant_id.0)
    .bind::<SqlUuid, _>(run.0)
    .bind::<SqlUuid, _>(project.id.0)
    .load(tx.conn()?)
    .await?;
    rows.into_iter().next().map(InfoRow::info).transpose()
}

pub(super) async fn run_update(tx: &mut TenantTx<'_>, run: RunId, update: &RunUpdate) -> Result<()> {
    sql_query(
        "UPDATE runs SET status = coalesce($3, status), end_time = coalesce($4, end_time), name = coalesce($5, name)
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(run.0)
    .bind::<Nullable<Text>, _>(update.status.map(|status| status.as_str()))
    .bind::<Nullable<BigInt>, _>(update.end_time)
    .bind::<Nullable<Text>, _>(update.name.as_deref())
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Deletes or restores a run; says whether that changed it.
pub(super) async fn deleted_set(tx: &mut TenantTx<'_>, run: RunId, deleted: bool) -> Result<bool> {
    let changed = sql_query(
        "UPDATE runs SET deleted_at = CASE WHEN $3 THEN now() END
         WHERE tenant_id = $1 AND id = $2 AND (deleted_at IS NULL) = $3",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(run.0)
    .bind::<Bool, _>(deleted)
    .execute(tx.conn()?)
    .await?;
    Ok(changed == 1)
}

/// Sets a tag of a run.
pub(super) async fn tag_set(tx: &mut TenantTx<'_>, run: RunId, key: i32, value: &str) -> Result<()> {
    sql_query(
        "INSERT INTO run_tags (tenant_id, run_id, key_id, experiment_id, value_hash, value)
         SELECT tenant_id, id, $3, experiment_id, $4, $5 FROM runs WHERE tenant_id = $1 AND id = $2
         ON CONFLICT (tenant_id, run_id, key_id) DO UPDATE
         SET value_hash = excluded.value_hash, value = excluded.value",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(run.0)
    .bind::<Integer, _>(key)
    .bind::<BigInt, _>(write::hash(value)?)
    .bind::<Text, _>(value)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn tag_delete(tx: &mut TenantTx<'_>, run: RunId, key: i32) -> Result<bool> {
    let removed = sql_query("DELETE FROM run_tags WHERE tenant_id = $1 AND run_id = $2 AND key_id = $3")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(run.0)
        .bind::<Integer, _>(key)
        .execute(tx.conn()?)
        .await?;
    Ok(removed == 1)
}

#[derive(QueryableByName)]
struct ValueRow {
    #[diesel(sql_type = SqlUuid)]
    run_id: Uuid,
    #[diesel(sql_type = Integer)]
    key_id: i32,
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct MetricRow {
    #[diesel(sql_type = SqlUuid)]
    run_id: Uuid,
    #[diesel(sql_type = Integer)]
    key_id: i32,
    #[diesel(sql_type = BigInt)]
    step: i64,
    #[diesel(sql_type = BigInt)]
    at: i64,
    #[diesel(sql_type = Double)]
    value: f64,
}

/// Runs with what they logged, in the same order: three statements, however
/// many runs.
pub(super) async fn with_data(tx: &mut TenantTx<'_>, infos: Vec<RunInfo>) -> Result<Vec<Run>> {
    let ids: Vec<Uuid> = infos.iter().map(|info| info.id.0).collect();
    let params = values(tx, &ids, "run_params").await?;
    let tags = values(tx, &ids, "run_tags").await?;
    let metrics: Vec<MetricRow> = sql_query(
        "SELECT run_id, key_id, step, at, value FROM run_metrics WHERE tenant_id = $1 AND run_id = ANY($2)",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(&ids)
    .load(tx.conn()?)
    .await?;
    let used = params.iter().chain(&tags).map(|row| row.key_id);
    let used: BTreeSet<i32> = used.chain(metrics.iter().map(|row| row.key_id)).collect();
    let names = keys::names(tx, &used).await?;
    let name = |id: &i32| names.get(id).cloned().ok_or_else(|| Error::internal("a key has no name"));
    let mut runs: HashMap<Uuid, Run> = infos.into_iter().map(|info| (info.id.0, bare(info))).collect();
    for row in params {
        let run = runs.get_mut(&row.run_id);
        run.map(|run| Ok::<_, Error>(run.params.insert(name(&row.key_id)?, row.value))).transpose()?;
    }
    for row in tags {
        let run = runs.get_mut(&row.run_id);
        run.map(|run| Ok::<_, Error>(run.tags.insert(name(&row.key_id)?, row.value))).transpose()?;
    }
    for row in metrics {
        let point = Point { step: row.step, at: row.at, value: row.value };
        let run = runs.get_mut(&row.run_id);
        run.map(|run| Ok::<_, Error>(run.metrics.insert(name(&row.key_id)?, point))).transpose()?;
    }
    Ok(ids.iter().filter_map(|id| runs.remove(id)).collect())
}

fn bare(info: RunInfo) -> Run {
    Run { info, params: BTreeMap::new(), tags: BTreeMap::new(), metrics: BTreeMap::new() }
}

async fn values(tx: &mut TenantTx<'_>, runs: &[Uuid], table: &'static str) -> Result<Vec<ValueRow>> {
    let rows = sql_query(format!(
        "SELECT run_id, key_id, value FROM {table} WHERE tenant_id = $1 AND run_id = ANY($2)"
    ))
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<SqlUuid>, _>(runs)
    .load(tx.conn()?)
    .await?;
    Ok(rows)
}
