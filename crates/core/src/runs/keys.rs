//! Names of parameters, tags and metrics, each stored once and known by a
//! small number.

use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use weighhouse_types::ids::TenantId;

/// More names than this are not remembered: whoever makes up names without
/// end pays with a look into the database.
const MAX: usize = 100_000;

/// The names that this process has seen. They never change, so that nothing
/// here grows old.
#[derive(Default)]
struct Keys(Mutex<HashMap<TenantId, HashMap<Arc<str>, i32>>>);

impl Keys {
    /// The ids of names, and which names are not known here.
    fn known<'n>(
        &self,
        tenant: TenantId,
        names: &BTreeSet<&'n str>,
    ) -> (BTreeMap<&'n str, i32>, Vec<&'n str>) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&tenant);
        let (mut ids, mut missing) = (BTreeMap::new(), Vec::new());
        for name in names {
            match known.and_then(|known| known.get(*name)) {
                Some(id) => drop(ids.insert(*name, *id)),
                None => missing.push(*name),
            }
        }
        (ids, missing)
    }

    fn remember(&self, tenant: TenantId, found: &[Row]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().map(HashMap::len).sum::<usize>() + found.len() > MAX {
            all.clear();
        }
        let known = all.entry(tenant).or_default();
        known.extend(found.iter().map(|row| (Arc::from(row.name.as_str()), row.id)));
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Text)]
    name: String,
}

/// The ids of those names that the tenant has.
pub(super) async fn find<'n>(
    tx: &mut TenantTx<'_>,
    names: &BTreeSet<&'n str>,
) -> Result<BTreeMap<&'n str, i32>> {
    let (mut ids, missing) = tx.ctx().app().part::<Keys>().known(tx.tenant(), names);
    if !missing.is_empty() {
        let rows: Vec<Row> =
            sql_query("SELECT id, name FROM run_keys WHERE tenant_id = $1 AND name = ANY($2)")
                .bind::<SqlUuid, _>(tx.tenant().0)
                .bind::<Array<Text>, _>(missing.clone())
                .load(tx.conn()?)
                .await?;
        tx.ctx().app().part::<Keys>().remember(tx.tenant(), &rows);
        add(&mut ids, &missing, &rows);
    }
    Ok(ids)
}

/// The ids of names, in a transaction that will be committed; new ones get
/// theirs. Nothing is remembered that could still be rolled back.
pub(super) async fn intern<'n>(
    tx: &mut TenantTx<'_>,
    names: &BTreeSet<&'n str>,
) -> Result<BTreeMap<&'n str, i32>> {
    let mut ids = find(tx, names).await?;
    let missing: Vec<&str> = names.iter().copied().filter(|name| !ids.contains_key(name)).collect();
    if missing.is_empty() {
        return Ok(ids);
    }
    // One after the other, so that each name gets one number.
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('run keys ' || $1::text, 0))")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .execute(tx.conn()?)
        .await?;
    let rows: Vec<Row> = sql_query(
        "WITH wanted AS (SELECT name, row_number() OVER () AS n FROM unnest($2) AS name
                         WHERE name NOT IN (SELECT k.name FROM run_keys k WHERE k.tenant_id = $1)),
         made AS (INSERT INTO run_keys (tenant_id, id, name)
                  SELECT $1, (SELECT coalesce(max(id), 0) FROM run_keys WHERE tenant_id = $1) + n, name
                  FROM wanted RETURNING id, name)
         SELECT id, name FROM made
         UNION ALL SELECT id, name FROM run_keys WHERE tenant_id = $1 AND name = ANY($2)",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<Array<Text>, _>(missing.clone())
    .load(tx.conn()?)
    .await?;
    add(&mut ids, &missing, &rows);
    if ids.len() == names.len() { Ok(ids) } else { Err(Error::internal("a key was not stored")) }
}

fn add<'n>(ids: &mut BTreeMap<&'n str, i32>, names: &[&'n str], rows: &[Row]) {
    let found: HashMap<&str, i32> = rows.iter().map(|row| (row.name.as_str(), row.id)).collect();
    ids.extend(names.iter().filter_map(|name| Some((*name, *found.get(name)?))));
}

/// The names of ids.
pub(super) async fn names(tx: &mut TenantTx<'_>, ids: &BTreeSet<i32>) -> Result<HashMap<i32, String>> {
    let rows: Vec<Row> = sql_query("SELECT id, name FROM run_keys WHERE tenant_id = $1 AND id = ANY($2)")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<Array<Integer>, _>(ids.iter().copied().collect::<Vec<_>>())
        .load(tx.conn()?)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
