//! SQL of experiments.

use super::ExperimentSearch;
use crate::kernel::authz;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::sql::sql_query;
use crate::kernel::tx::TenantTx;
use crate::runs::filter::{Clause, Op, Value};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;
use weighhouse_types::experiments::{Experiment, View};
use weighhouse_types::ids::ExperimentId;

/// How an experiment is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExperimentName {
    Number(u32),
    Name(String),
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// Inserts an experiment under the project's next number.
pub(super) async fn experiment_insert(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    name: &str,
) -> Result<(ExperimentId, u32)> {
    // One after the other, so that each has a number of its own.
    sql_query("SELECT pg_advisory_xact_lock(hashtextextended('experiments ' || $1::text, 0))")
        .bind::<SqlUuid, _>(project.id.0)
        .execute(tx.conn()?)
        .await?;
    let id = Uuid::now_v7();
    let Number { number } = sql_query(
        "INSERT INTO experiments (tenant_id, id, project_id, number, name, created_by)
         SELECT $1, $2, $3, coalesce(max(number) + 1, 0), $4, $5 FROM experiments
         WHERE tenant_id = $1 AND project_id = $3
         RETURNING number",
    )
    .bind::<SqlUuid, _>(project.tenant_id.0)
    .bind::<SqlUuid, _>(id)
    .bind::<SqlUuid, _>(project.id.0)
    .bind::<Text, _>(name)
    .bind::<Nullable<SqlUuid>, _>(tx.ctx().user_id())
    .get_result(tx.conn()?)
    .await?;
    Ok((id.into(), fit(number)?))
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    deleted_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Jsonb)]
    tags: serde_json::Value,
}

const SELECT: &str = "
    SELECT e.id, e.number, e.name, e.created_at, e.updated_at, e.deleted_at,
           (SELECT coalesce(jsonb_object_agg(t.key, t.value), '{}') FROM experiment_tags t
            WHERE t.tenant_id = e.tenant_id AND t.experiment_id = e.id) AS tags
    FROM experiments e
    WHERE e.tenant_id = $1 AND e.project_id = $2";

impl Row {
    fn experiment(self) -> Result<Experiment> {
        Ok(Experiment {
            id: self.id.into(),
            number: fit(self.number)?,
            name: self.name,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
            tags: serde_json::from_value(self.tags).map_err(Error::internal)?,
        })
    }
}

pub(super) async fn experiment(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    which: &ExperimentName,
) -> Result<Option<Experiment>> {
    let (number, name) = match which {
        ExperimentName::Number(number) => (i32::try_from(*number).ok(), None),
        ExperimentName::Name(name) => (None, Some(name)),
    };
    let rows: Vec<Row> = sql_query(format!("{SELECT} AND (e.number = $3 OR e.name = $4)"))
        .bind::<SqlUuid, _>(project.tenant_id.0)
        .bind::<SqlUuid, _>(project.id.0)
        .bind::<Nullable<Integer>, _>(number)
        .bind::<Nullable<Text>, _>(name)
        .load(tx.conn()?)
        .await?;
    rows.into_iter().next().map(Row::experiment).transpose()
}

/// An experiment that stays as it is until the transaction ends.
pub(super) async fn experiment_locked(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    number: u32,
) -> Result<Option<Experiment>> {
    let Ok(number) = i32::try_from(number) else { return Ok(None) };
    let rows: Vec<Row> = sql_query(format!("{SELECT} AND e.number = $3 FOR UPDATE OF e"))
        .bind::<SqlUuid, _>(project.tenant_id.0)
        .bind::<SqlUuid, _>(project.id.0)
        .bind::<Integer, _>(number)
        .load(tx.conn()?)
        .await?;
    rows.into_iter().next().map(Row::experiment).transpose()
}

/// One more than the limit, where there are more.
pub(super) async fn experiments(
    tx: &mut TenantTx<'_>,
    project: &authz::Project,
    search: &ExperimentSearch,
) -> Result<Vec<Experiment>> {
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    let mut text = format!("{SELECT} AND ($3::text[], $4::float8[]) IS NOT NULL");
    text.push_str(match search.view {
        View::Active => " AND e.deleted_at IS NULL",
        View::Deleted => " AND e.deleted_at IS NOT NULL",
        View::All => "",
    });
    for clause in &search.filter {
        text.push_str(" AND ");
        text.push_str(&condition(clause, &mut texts, &mut numbers)?);
    }
    text.push_str(" ORDER BY ");
    for order in &search.order {
        let column = column("order_by", order.entity.as_deref(), &order.key)?.0;
        text.push_str(&format!("{column} {}, ", if order.ascending { "ASC" } else { "DESC" }));
    }
    text.push_str("e.created_at DESC, e.number DESC OFFSET $5 LIMIT $6");
    let rows: Vec<Row> = sql_query(text)
        .bind::<SqlUuid, _>(project.tenant_id.0)
        .bind::<SqlUuid, _>(project.id.0)
        .bind::<Array<Text>, _>(texts)
        .bind::<Array<Double>, _>(numbers)
        .bind::<BigInt, _>(fit::<_, i64>(search.offset)?)
        .bind::<BigInt, _>(i64::from(search.limit) + 1)
        .load(tx.conn()?)
        .await?;
    rows.into_iter().map(Row::experiment).collect()
}

fn condition(clause: &Clause, texts: &mut Vec<String>, numbers: &mut Vec<f64>) -> Result<String> {
    let Clause { entity, key, op, value } = clause;
    let op = *op;
    let mut text = |text: &String| {
        texts.push(text.clone());
        format!("($3)[{}]", texts.len())
    };
    if matches!(entity.as_deref(), Some("tags" | "tag")) {
        let tag = format!(
            "(SELECT t.value FROM experiment_tags t WHERE t.tenant_id = e.tenant_id
              AND t.experiment_id = e.id AND t.key = {})",
            text(key)
        );
        return match (op, value) {
            (Op::Eq | Op::Ne | Op::Like | Op::Ilike, Value::Text(value)) => {
                Ok(format!("{tag} {} {}", op.sql(), text(value)))
            }
            (Op::IsNull | Op::IsNotNull, _) => Ok(format!("{tag} {}", op.sql())),
            _ => {
                Err(wrong(key, "a text: compare it by =, !=, LIKE, ILIKE or IS NULL, with a text in quotes"))
            }
        };
    }
    let (column, is_time) = column("filter", entity.as_deref(), key)?;
    match (is_time, op, value) {
        (true, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge, Value::Number(number)) => {
            numbers.push(*number);
            Ok(format!("{column} {} ($4)[{}]", op.sql(), numbers.len()))
        }
        (false, Op::Eq | Op::Ne | Op::Like | Op::Ilike, Value::Text(value)) => {
            Ok(format!("{column} {} {}", op.sql(), text(value)))
        }
        (true, ..) => {
            Err(wrong(key, "a time: compare it by =, !=, <, <=, > or >= with milliseconds since 1970"))
        }
        _ => Err(wrong(key, "a text: compare it by =, !=, LIKE or ILIKE, with a text in quotes")),
    }
}

fn wrong(key: &str, what: &str) -> Error {
    Error::invalid("filter", format!("‘{key}’ is {what}."))
}

/// The column of an attribute, and whether it is a time.
fn column(field: &str, entity: Option<&str>, key: &str) -> Result<(&'static str, bool)> {
    if matches!(entity, None | Some("attributes" | "attribute" | "attr")) {
        match key {
            "name" => return Ok(("e.name", false)),
            "experiment_id" if field == "order_by" => return Ok(("e.number", false)),
            "creation_time" => return Ok(("floor(extract(epoch FROM e.created_at) * 1000)", true)),
            "last_update_time" => return Ok(("floor(extract(epoch FROM e.updated_at) * 1000)", true)),
            _ => {}
        }
    }
    let detail = format!(
        "‘{key}’ is not among what experiments are asked for by: name, creation_time, last_update_time and tags.…."
    );
    Err(Error::invalid(field, detail))
}

pub(super) async fn experiment_rename(
    tx: &mut TenantTx<'_>,
    experiment: &Experiment,
    name: &str,
) -> Result<()> {
    sql_query("UPDATE experiments SET name = $3, updated_at = now() WHERE tenant_id = $1 AND id = $2")
        .bind::<SqlUuid, _>(tx.tenant().0)
        .bind::<SqlUuid, _>(experiment.id.0)
        .bind::<Text, _>(name)
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

pub(super) async fn experiment_deleted_set(
    tx: &mut TenantTx<'_>,
    experiment: &Experiment,
    deleted: bool,
) -> Result<()> {
    sql_query(
        "UPDATE experiments SET deleted_at = CASE WHEN $3 THEN now() END, updated_at = now()
         WHERE tenant_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(experiment.id.0)
    .bind::<Bool, _>(deleted)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

pub(super) async fn tag_set(
    tx: &mut TenantTx<'_>,
    experiment: ExperimentId,
    key: &str,
    value: &str,
) -> Result<()> {
    sql_query(
        "INSERT INTO experiment_tags (tenant_id, experiment_id, key, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, experiment_id, key) DO UPDATE SET value = excluded.value",
    )
    .bind::<SqlUuid, _>(tx.tenant().0)
    .bind::<SqlUuid, _>(experiment.0)
    .bind::<Text, _>(key)
    .bind::<Text, _>(value)
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

/// Says whether there was such a tag.
pub(super) async fn tag_delete(tx: &mut TenantTx<'_>, experiment: ExperimentId, key: &str) -> Result<bool> {
    let removed =
        sql_query("DELETE FROM experiment_tags WHERE tenant_id = $1 AND experiment_id = $2 AND key = $3")
            .bind::<SqlUuid, _>(tx.tenant().0)
            .bind::<SqlUuid, _>(experiment.0)
            .bind::<Text, _>(key)
            .execute(tx.conn()?)
            .await?;
    Ok(removed == 1)
}
