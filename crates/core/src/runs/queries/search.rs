//! SQL of searches for runs.
//!
//! What is compared by equality is found by its index; all else is looked at
//! run by run, each look one step into an index. So a search costs what its
//! runs cost, however much others have logged, and no plan of the database
//! can turn it into a scan of everything. Texts from outside are bound.

use super::write::hash;
use super::{COLUMNS, InfoRow};
use crate::kernel::authz;
use crate::kernel::error::{Error, Result};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::runs::filter::{Clause, Op, Value};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use std::collections::BTreeMap;
use uuid::Uuid;
use weighhouse_types::experiments::{RunInfo, View};

/// What a run logs under keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::runs) enum Entity {
    Metric,
    Param,
    Tag,
}

/// What a condition or an order is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::runs) enum Place {
    /// Something that was logged, by its key.
    Value(Entity, String),
    Id,
    /// A column that is a text.
    Text(&'static str),
    /// A column that is a number.
    Number(&'static str),
}

impl Place {
    /// The key that it was logged under.
    pub(in crate::runs) fn key(&self) -> Option<&str> {
        match self {
            Self::Value(_, key) => Some(key),
            _ => None,
        }
    }
}

/// A search that makes sense.
pub(in crate::runs) struct Wanted<'w> {
    /// Ids of the keys that anything was ever logged under.
    pub(in crate::runs) keys: &'w BTreeMap<&'w str, i32>,
    pub(in crate::runs) filter: &'w [(Place, &'w Clause)],
    /// Each ascending or not.
    pub(in crate::runs) order: &'w [(Place, bool)],
    pub(in crate::runs) view: View,
}

#[derive(QueryableByName)]
struct Experiment {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// The runs from an offset on, at most `limit`.
pub(in crate::runs) async fn runs(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    experiments: &[u32],
    wanted: &Wanted<'_>,
    (offset, limit): (i64, i64),
) -> Result<Vec<RunInfo>> {
    let numbers: Vec<i32> = experiments.iter().filter_map(|number| i32::try_from(*number).ok()).collect();
    let found: Vec<Experiment> =
        sql_query("SELECT id FROM experiments WHERE tenant_id = $1 AND project_id = $2 AND number = ANY($3)")
            .bind::<SqlUuid, _>(project.tenant_id.0)
            .bind::<SqlUuid, _>(project.id.0)
            .bind::<Array<Integer>, _>(numbers)
            .load(tx.conn()?)
            .await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut bound = Bound::default();
    let text = statement(wanted, &mut bound)?;
    let rows: Vec<InfoRow> = sql_query(text)
        .bind::<SqlUuid, _>(project.tenant_id.0)
        .bind::<Array<SqlUuid>, _>(found.into_iter().map(|experiment| experiment.id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(bound.texts)
        .bind::<Array<Double>, _>(bound.numbers)
        .bind::<Array<Integer>, _>(bound.keys)
        .bind::<Array<BigInt>, _>(bound.hashes)
        .bind::<Array<SqlUuid>, _>(bound.ids)
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit)
        .load(tx.conn()?)
        .await?;
    rows.into_iter().map(InfoRow::info).collect()
}

fn statement(wanted: &Wanted<'_>, bound: &mut Bound) -> Result<String> {
    let mut text = format!(
        "SELECT {COLUMNS} FROM runs r
         JOIN experiments e ON e.tenant_id = r.tenant_id AND e.id = r.experiment_id
         WHERE r.tenant_id = $1 AND r.experiment_id = ANY($2)
           AND ($3::text[], $4::float8[], $5::int4[], $6::int8[], $7::uuid[]) IS NOT NULL"
    );
    text.push_str(match wanted.view {
        View::Active => " AND r.deleted_at IS NULL AND e.deleted_at IS NULL",
        View::Deleted => " AND (r.deleted_at IS NOT NULL OR e.deleted_at IS NOT NULL)",
        View::All => "",
    });
    for (place, clause) in wanted.filter {
        text.push_str(" AND ");
        text.push_str(&condition(place, clause, wanted, bound)?);
    }
    text.push_str(" ORDER BY ");
    for (place, ascending) in wanted.order {
        // NaN and what was not logged come last either way.
        let value = match place {
            Place::Value(Entity::Metric, key) => {
                format!("nullif({}, 'NaN')", logged(Entity::Metric, key, wanted, bound))
            }
            Place::Value(entity, key) => logged(*entity, key, wanted, bound),
            Place::Id => "r.id".to_owned(),
            Place::Text(column) | Place::Number(column) => (*column).to_owned(),
        };
        text.push_str(&format!("{value} {} NULLS LAST, ", if *ascending { "ASC" } else { "DESC" }));
    }
    text.push_str("r.start_time DESC, r.id OFFSET $8 LIMIT $9");
    Ok(text)
}

fn condition(place: &Place, clause: &Clause, wanted: &Wanted<'_>, bound: &mut Bound) -> Result<String> {
    let op = clause.op.sql();
    Ok(match (place, &clause.value) {
        (Place::Value(entity @ (Entity::Param | Entity::Tag), key), Value::Text(value))
            if clause.op == Op::Eq =>
        {
            let table = table(*entity);
            let key = bound.key(wanted, key);
            let (hash, value) = (bound.hash(hash(value)?), bound.text(value));
            format!(
                "r.id IN (SELECT v.run_id FROM {table} v WHERE v.tenant_id = $1 AND v.experiment_id = ANY($2)
                          AND v.key_id = {key} AND v.value_hash = {hash} AND v.value = {value})"
            )
        }
        (Place::Value(entity, key), Value::Text(value)) => {
            format!("{} {op} {}", logged(*entity, key, wanted, bound), bound.text(value))
        }
        (Place::Value(entity, key), Value::Number(value)) => {
            format!("{} {op} {}", logged(*entity, key, wanted, bound), bound.number(*value))
        }
        (Place::Value(entity, key), Value::Nothing) => {
            format!("{} {op}", logged(*entity, key, wanted, bound))
        }
        (Place::Number(column), Value::Number(value)) => format!("{column} {op} {}", bound.number(*value)),
        (Place::Text(column), Value::Text(value)) => format!("{column} {op} {}", bound.text(value)),
        (Place::Id, Value::Text(value)) if matches!(clause.op, Op::Eq | Op::Ne) => match value.parse() {
            Ok(id) => format!("r.id {op} {}", bound.id(id)),
            // No run has such an id.
            Err(_) => (clause.op == Op::Ne).to_string(),
        },
        (Place::Id, Value::Text(value)) => {
            format!("replace(r.id::text, '-', '') {op} {}", bound.text(value))
        }
        (Place::Id, Value::List(values)) => {
            let ids: Vec<String> =
                values.iter().filter_map(|value| value.parse().ok()).map(|id| bound.id(id)).collect();
            format!("r.id {op} (ARRAY[{}]::uuid[])", ids.join(", "))
        }
        _ => return Err(Error::internal("a condition that was not checked")),
    })
}

const fn table(entity: Entity) -> &'static str {
    match entity {
        Entity::Metric => "run_metrics",
        Entity::Param => "run_params",
        Entity::Tag => "run_tags",
    }
}

/// What the run at hand logged under a key.
fn logged(entity: Entity, key: &str, wanted: &Wanted<'_>, bound: &mut Bound) -> String {
    format!(
        "(SELECT v.value FROM {} v WHERE v.tenant_id = $1 AND v.run_id = r.id AND v.key_id = {})",
        table(entity),
        bound.key(wanted, key)
    )
}

/// The values that a statement is bound to, and how it names them.
#[derive(Default)]
struct Bound {
    texts: Vec<String>,
    numbers: Vec<f64>,
    keys: Vec<i32>,
    hashes: Vec<i64>,
    ids: Vec<Uuid>,
}

impl Bound {
    fn text(&mut self, text: &str) -> String {
        self.texts.push(text.to_owned());
        format!("($3)[{}]", self.texts.len())
    }

    fn number(&mut self, number: f64) -> String {
        self.numbers.push(number);
        format!("($4)[{}]", self.numbers.len())
    }

    /// A key that nothing was ever logged under is none.
    fn key(&mut self, wanted: &Wanted<'_>, key: &str) -> String {
        self.keys.push(wanted.keys.get(key).copied().unwrap_or(-1));
        format!("($5)[{}]", self.keys.len())
    }

    fn hash(&mut self, hash: i64) -> String {
        self.hashes.push(hash);
        format!("($6)[{}]", self.hashes.len())
    }

    fn id(&mut self, id: Uuid) -> String {
        self.ids.push(id);
        format!("($7)[{}]", self.ids.len())
    }
}
