//! SQL that writes a group of what runs log, in one transaction: one
//! statement a table, however many writes there are.

mod looked;

use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::runs::keys;
use crate::runs::points;
use crate::runs::writer::{What, Write, Written};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Double, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use looked::Looked;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;
use weighhouse_types::experiments::{Batch, Point, RunCreate, RunInfo, RunStatus};
use weighhouse_types::ids::{RunId, UserId};

/// The tag that holds a run's name.
const NAME_TAG: &str = "mlflow.runName";

/// Writes a group. Refuses those that cannot be, and commits the others.
///
/// # Errors
/// When the database fails: nothing is written then, or it is in doubt.
pub(in crate::runs) async fn group(
    ctx: &Ctx,
    tenant: &authz::Tenant,
    writes: &[Write],
) -> Result<Vec<Result<Written>>> {
    let mut tx = TenantTx::begin(ctx, tenant).await?;
    let looked = Looked::up(&mut tx, writes).await?;
    let keys = keys::intern(&mut tx, &names(writes)).await?;
    let mut rows = Rows::default();
    let params = params_there(&mut tx, writes).await?;
    let mut seen = Seen { keys: &keys, params };
    let outcomes: Vec<_> = writes.iter().map(|write| rows.add(write, &looked, &mut seen)).collect();
    if outcomes.iter().all(Result::is_err) {
        tx.finish().await?;
    } else {
        rows.store(&mut tx).await?;
        tx.commit_tracking().await?;
    }
    Ok(outcomes)
}

/// Every name that the group logs under.
fn names(writes: &[Write]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for write in writes {
        match &write.what {
            What::Create { run, .. } => names.extend(run.tags.iter().map(|(key, _)| key.as_str())),
            What::Log { batch, .. } => {
                names.extend(batch.metrics.iter().map(|(key, _)| key.as_str()));
                names.extend(batch.params.iter().chain(&batch.tags).map(|(key, _)| key.as_str()));
            }
        }
    }
    names
}

#[derive(QueryableByName)]
struct Param {
    #[diesel(sql_type = SqlUuid)]
    run_id: Uuid,
    #[diesel(sql_type = Integer)]
    key_id: i32,
    #[diesel(sql_type = Text)]
    value: String,
}

type Params = HashMap<(Uuid, i32), String>;

/// The parameters that the runs have which log some.
async fn params_there(tx: &mut TenantTx<'_>, writes: &[Write]) -> Result<Params> {
    let logging = writes.iter().filter_map(|write| match &write.what {
        What::Log { run, batch } if !batch.params.is_empty() => Some(run.0),
        _ => None,
    });
    let runs: Vec<Uuid> = logging.collect();
    if runs.is_empty() {
        return Ok(Params::new());
    }
    let rows: Vec<Param> =
        sql_query("SELECT run_id, key_id, value FROM run_params WHERE tenant_id = $1 AND run_id = ANY($2)")
            .bind::<SqlUuid, _>(tx.tenant().0)
            .bind::<Array<SqlUuid>, _>(runs)
            .load(tx.conn()?)
            .await?;
    Ok(rows.into_iter().map(|row| ((row.run_id, row.key_id), row.value)).collect())
}

/// What was seen so far, in the database and in the writes before.
struct Seen<'a> {
    keys: &'a BTreeMap<&'a str, i32>,
    params: Params,
}

impl Seen<'_> {
    fn key(&self, name: &str) -> Result<i32> {
        self.keys.get(name).copied().ok_or_else(|| Error::internal("a key has no id"))
    }

    /// The parameters of a batch that are new. One that has another value
    /// already refuses the batch as a whole.
    fn params<'b>(&mut self, run: Uuid, batch: &'b Batch) -> Result<Vec<(i32, &'b str)>> {
        let mut new: Vec<(i32, &str)> = Vec::new();
        for (name, value) in &batch.params {
            let key = self.key(name)?;
            let within = new.iter().find(|(other, _)| *other == key).map(|(_, value)| *value);
            let there = within.or_else(|| self.params.get(&(run, key)).map(String::as_str));
            match there {
                Some(there) if there == value => {}
                Some(there) => {
                    let detail = format!(
                        "The parameter ‘{name}’ is ‘{}’ and cannot become ‘{}’: parameters are logged once.",
                        short(there),
                        short(value)
                    );
                    return Err(Error::invalid("params", detail));
                }
                None => new.push((key, value)),
            }
        }
        self.params.extend(new.iter().map(|(key, value)| ((run, *key), (*value).to_owned())));
        Ok(new)
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(100).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A value of a parameter or tag.
struct Valued<'w> {
    experiment: Uuid,
    value: &'w str,
}

/// All that a group writes, by table.
#[derive(Default)]
struct Rows<'w> {
    runs: Vec<(RunId, Uuid, &'w RunCreate, Option<UserId>)>,
    params: BTreeMap<(Uuid, i32), Valued<'w>>,
    /// Of several values the last one stays.
    tags: BTreeMap<(Uuid, i32), Valued<'w>>,
    names: BTreeMap<Uuid, &'w str>,
    /// Of several points the latest.
    latest: BTreeMap<(Uuid, i32), Point>,
    points: BTreeMap<Uuid, BTreeMap<i32, Vec<Point>>>,
}

impl<'w> Rows<'w> {
    fn add(&mut self, write: &'w Write, looked: &Looked, seen: &mut Seen<'_>) -> Result<Written> {
        match &write.what {
            What::Create { id, run, by } => {
                let experiment = looked.experiment(write.project, run.experiment)?.id;
                for (key, value) in &run.tags {
                    self.tags.insert((id.0, seen.key(key)?), Valued { experiment, value });
                }
                self.runs.push((*id, experiment, run, *by));
                Ok(Some(created(*id, run)))
            }
            What::Log { run, batch } => {
                let found = looked.run(write.project, *run)?;
                self.add_batch(run.0, found.experiment_id, batch, seen)?;
                Ok(None)
            }
        }
    }

    fn add_batch(
        &mut self,
        run: Uuid,
        experiment: Uuid,
        batch: &'w Batch,
        seen: &mut Seen<'_>,
    ) -> Result<()> {
        for (key, value) in seen.params(run, batch)? {
            self.params.insert((run, key), Valued { experiment, value });
        }
        for (name, value) in &batch.tags {
            self.tags.insert((run, seen.key(name)?), Valued { experiment, value });
            if name == NAME_TAG {
                self.names.insert(run, value);
            }
        }
        for (name, point) in &batch.metrics {
            let key = seen.key(name)?;
            let latest = self.latest.entry((run, key)).or_insert(*point);
            if point.order(latest).is_gt() {
                *latest = *point;
            }
            self.points.entry(run).or_default().entry(key).or_default().push(*point);
        }
        Ok(())
    }

    async fn store(&self, tx: &mut TenantTx<'_>) -> Result<()> {
        self.store_runs(tx).await?;
        self.store_names(tx).await?;
        store_values(tx, &self.params, PARAMS).await?;
        store_values(tx, &self.tags, TAGS).await?;
        self.store_latest(tx).await?;
        self.store_points(tx).await
    }

    async fn store_runs(&self, tx: &mut TenantTx<'_>) -> Result<()> {
        if self.runs.is_empty() {
            return Ok(());
        }
        sql_query(
            "INSERT INTO runs (tenant_id, id, experiment_id, name, user_name, status, start_time, created_by)
             SELECT $1, id, experiment_id, name, user_name, 'RUNNING', start_time, created_by
             FROM unnest($2, $3, $4, $5, $6, $7) AS new (id, experiment_id, name, user_name, start_time, created_by)",
        )
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Array<SqlUuid>, _>(self.runs.iter().map(|run| run.0.0).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(self.runs.iter().map(|run| run.1).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(self.runs.iter().map(|run| run.2.name.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(self.runs.iter().map(|run| run.2.user.as_str()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(self.runs.iter().map(|run| run.2.start_time).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(self.runs.iter().map(|run| run.3.map(|by| by.0)).collect::<Vec<_>>())
        .execute(tx.conn()?)
        .await?;
        Ok(())
    }

    /// A run is called what its tag says.
    async fn store_names(&self, tx: &mut TenantTx<'_>) -> Result<()> {
        if self.names.is_empty() {
            return Ok(());
        }
        sql_query(
            "UPDATE runs r SET name = new.name FROM unnest($2, $3) AS new (id, name)
             WHERE r.tenant_id = $1 AND r.id = new.id",
        )
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Array<SqlUuid>, _>(self.names.keys().copied().collect::<Vec<_>>())
        .bind::<Array<Text>, _>(self.names.values().copied().collect::<Vec<_>>())
        .execute(tx.conn()?)
        .await?;
        Ok(())
    }

    async fn store_latest(&self, tx: &mut TenantTx<'_>) -> Result<()> {
        if self.latest.is_empty() {
            return Ok(());
        }
        sql_query(
            "INSERT INTO run_metrics AS there (tenant_id, run_id, key_id, step, at, value)
             SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
             ON CONFLICT (tenant_id, run_id, key_id) DO UPDATE
             SET step = excluded.step, at = excluded.at, value = excluded.value
             WHERE (excluded.step, excluded.at, excluded.value) > (there.step, there.at, there.value)",
        )
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Array<SqlUuid>, _>(self.latest.keys().map(|(run, _)| *run).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(self.latest.keys().map(|(_, key)| *key).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(self.latest.values().map(|point| point.step).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(self.latest.values().map(|point| point.at).collect::<Vec<_>>())
        .bind::<Array<Double>, _>(self.latest.values().map(|point| point.value).collect::<Vec<_>>())
        .execute(tx.conn()?)
        .await?;
        Ok(())
    }

    async fn store_points(&self, tx: &mut TenantTx<'_>) -> Result<()> {
        if self.points.is_empty() {
            return Ok(());
        }
        let packs = self.points.values().map(|metrics| {
            let mut pack = Vec::new();
            metrics.iter().for_each(|(key, points)| points::pack(&mut pack, *key, points));
            pack
        });
        sql_query(
            "INSERT INTO metric_log (tenant_id, run_id, id, points) SELECT $1, * FROM unnest($2, $3, $4)",
        )
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Array<SqlUuid>, _>(self.points.keys().copied().collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(self.points.keys().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(packs.collect::<Vec<_>>())
        .execute(tx.conn()?)
        .await?;
        Ok(())
    }
}

fn created(id: RunId, run: &RunCreate) -> RunInfo {
    RunInfo {
        id,
        experiment: run.experiment,
        name: run.name.clone(),
        user: run.user.clone(),
        status: RunStatus::Running,
        start_time: run.start_time,
        end_time: None,
        deleted: false,
    }
}

/// Another process may have been first with a parameter: that breaks the key,
/// and the writes of the group are tried one by one.
const PARAMS: &str = "
    INSERT INTO run_params (tenant_id, run_id, key_id, experiment_id, value_hash, value)
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6)";

const TAGS: &str = "
    INSERT INTO run_tags (tenant_id, run_id, key_id, experiment_id, value_hash, value)
    SELECT $1, * FROM unnest($2, $3, $4, $5, $6)
    ON CONFLICT (tenant_id, run_id, key_id) DO UPDATE
    SET value_hash = excluded.value_hash, value = excluded.value";

async fn store_values(
    tx: &mut TenantTx<'_>,
    values: &BTreeMap<(Uuid, i32), Valued<'_>>,
    insert: &str,
) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let hashes = values.values().map(|valued| hash(valued.value)).collect::<Result<Vec<_>>>()?;
    sql_query(insert)
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Array<SqlUuid>, _>(values.keys().map(|(run, _)| *run).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(values.keys().map(|(_, key)| *key).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(values.values().map(|valued| valued.experiment).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(hashes)
        .bind::<Array<Text>, _>(values.values().map(|valued| valued.value).collect::<Vec<_>>())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// By which a value is found: the first eight bytes of its SHA-256.
pub(super) fn hash(value: &str) -> Result<i64> {
    let digest = secret::sha256(value.as_bytes());
    let first: [u8; 8] = digest.first_chunk().copied().ok_or_else(|| Error::internal("a short hash"))?;
    Ok(i64::from_be_bytes(first))
}
