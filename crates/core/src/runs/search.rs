//! Runs that match a filter, in an order.

use super::filter::{Clause, Op, Order, Value};
use super::queries::search::{self, Entity, Place, Wanted};
use super::{keys, queries};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result, fit};
use crate::kernel::tx::TenantTx;
use std::collections::BTreeSet;
use weighhouse_types::experiments::{Run, View};
use weighhouse_types::permission::Action;

/// The most runs in one answer.
const LIMIT_MAX: u32 = 50_000;

/// Which runs are asked for.
#[derive(Debug, Default)]
pub struct RunSearch {
    /// The numbers of experiments; those that there are not have no runs.
    pub experiments: Vec<u32>,
    pub view: View,
    pub filter: Vec<Clause>,
    pub order: Vec<Order>,
    pub offset: u64,
    pub limit: u32,
}

/// The runs that match with what they logged, and whether there are more.
///
/// # Errors
/// When filter or order name what runs do not have, or compare it with what
/// it cannot be.
pub async fn run_search(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    wanted: &RunSearch,
) -> Result<(Vec<Run>, bool)> {
    if !(1..=LIMIT_MAX).contains(&wanted.limit) {
        return Err(Error::invalid("max_results", format!("Ask for 1 to {LIMIT_MAX} runs at a time.")));
    }
    let filter = wanted.filter.iter().map(place_of_clause).collect::<Result<Vec<_>>>()?;
    let order = wanted.order.iter().map(place_of_order).collect::<Result<Vec<_>>>()?;
    let (tenant, project) = authz::place(ctx, tenant, project, Action::RunRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let names: BTreeSet<&str> = filter
        .iter()
        .map(|(place, _)| place)
        .chain(order.iter().map(|(place, _)| place))
        .filter_map(Place::key)
        .collect();
    let keys = keys::find(&mut tx, &names).await?;
    let search = Wanted { keys: &keys, filter: &filter, order: &order, view: wanted.view };
    let page = (fit(wanted.offset)?, i64::from(wanted.limit) + 1);
    let mut infos = search::runs(&mut tx, &project, &wanted.experiments, &search, page).await?;
    let limit: usize = fit(wanted.limit)?;
    let more = infos.len() > limit;
    infos.truncate(limit);
    let runs = queries::with_data(&mut tx, infos).await?;
    tx.finish().await?;
    Ok((runs, more))
}

/// What a condition is about, once it is known to make sense.
fn place_of_clause(clause: &Clause) -> Result<(Place, &Clause)> {
    let place =
        place(clause.entity.as_deref(), &clause.key).map_err(|detail| Error::invalid("filter", detail))?;
    let number = matches!(clause.value, Value::Number(_));
    let text = matches!(clause.value, Value::Text(_));
    let wrong = |detail: String| Err(Error::invalid("filter", detail));
    let key = &clause.key;
    match (&place, clause.op) {
        (Place::Value(Entity::Param | Entity::Tag, _), Op::IsNull | Op::IsNotNull) => Ok(()),
        (
            Place::Value(Entity::Metric, _) | Place::Number(_),
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge,
        ) => {
            if number {
                Ok(())
            } else {
                wrong(format!("‘{key}’ is a number: compare it with one, without quotes."))
            }
        }
        (Place::Value(Entity::Metric, _) | Place::Number(_), _) => {
            wrong(format!("‘{key}’ is a number: compare it by =, !=, <, <=, > or >=."))
        }
        (Place::Id, Op::In | Op::NotIn) => Ok(()),
        (_, Op::Eq | Op::Ne | Op::Like | Op::Ilike) => {
            if text {
                Ok(())
            } else {
                wrong(format!("‘{key}’ is a text: compare it with one in quotes."))
            }
        }
        (Place::Value(..), _) => {
            wrong(format!("‘{key}’ is a text: compare it by =, !=, LIKE, ILIKE, IS NULL or IS NOT NULL."))
        }
        _ => wrong(format!("‘{key}’ is a text: compare it by =, !=, LIKE or ILIKE.")),
    }?;
    Ok((place, clause))
}

fn place_of_order(order: &Order) -> Result<(Place, bool)> {
    let place =
        place(order.entity.as_deref(), &order.key).map_err(|detail| Error::invalid("order_by", detail))?;
    Ok((place, order.ascending))
}

fn place(entity: Option<&str>, key: &str) -> std::result::Result<Place, String> {
    let value = |entity| Ok(Place::Value(entity, key.to_owned()));
    match entity {
        Some("metrics" | "metric") => value(Entity::Metric),
        Some("params" | "param" | "parameters" | "parameter") => value(Entity::Param),
        Some("tags" | "tag") => value(Entity::Tag),
        None | Some("attributes" | "attribute" | "attr" | "run") => attribute(key),
        Some(other) => {
            Err(format!("‘{other}’ is not among what runs have: metrics, params, tags and attributes."))
        }
    }
}

fn attribute(key: &str) -> std::result::Result<Place, String> {
    Ok(match key.to_ascii_lowercase().as_str() {
        "run_id" | "run id" => Place::Id,
        "run_name" | "run name" => Place::Text("r.name"),
        "user_id" | "user" | "user id" => Place::Text("r.user_name"),
        "status" => Place::Text("r.status"),
        "start_time" | "created" => Place::Number("r.start_time"),
        "end_time" => Place::Number("r.end_time"),
        _ => {
            return Err(format!(
                "‘{key}’ is no attribute of a run: run_id, run_name, user_id, status, start_time and end_time are. \
                 Metrics, parameters and tags are written metrics.…, params.… and tags.…."
            ));
        }
    })
}
