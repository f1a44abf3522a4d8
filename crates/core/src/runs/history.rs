//! All values of a metric over time.

use super::queries::points::packs;
use super::{keys, points, queries};
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::TenantTx;
use weighhouse_types::experiments::Point;
use weighhouse_types::ids::RunId;
use weighhouse_types::permission::Action;

/// Every point of a run's metric, each once, in the order of time, step and
/// value. A metric that was never logged has none.
///
/// # Errors
/// When the project has no such run.
pub async fn metric_history(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    run: RunId,
    key: &str,
) -> Result<Vec<Point>> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    queries::run(&mut tx, &place, run).await?.ok_or_else(|| Error::not_found("run"))?;
    let points = read(&mut tx, run, key).await?;
    tx.finish().await?;
    Ok(points)
}

/// The same for several runs; runs that the project does not have are left out.
///
/// # Errors
/// When the project is not visible.
pub async fn metric_history_many(
    ctx: &Ctx,
    tenant: &str,
    project: &str,
    runs: &[RunId],
    key: &str,
) -> Result<Vec<(RunId, Vec<Point>)>> {
    let (tenant, place) = authz::place(ctx, tenant, project, Action::RunRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let mut all = Vec::new();
    for run in runs {
        if queries::run(&mut tx, &place, *run).await?.is_some() {
            all.push((*run, read(&mut tx, *run, key).await?));
        }
    }
    tx.finish().await?;
    Ok(all)
}

async fn read(tx: &mut TenantTx<'_>, run: RunId, key: &str) -> Result<Vec<Point>> {
    let Some(id) = keys::find(tx, &[key].into()).await?.get(key).copied() else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for pack in packs(tx, run, id).await? {
        points::unpack(&pack, Some(id), |_, point| all.push(point))?;
    }
    let order =
        |a: &Point, b: &Point| (a.at, a.step).cmp(&(b.at, b.step)).then_with(|| a.value.total_cmp(&b.value));
    // Nearly sorted already, as a rule: then it is one look at each.
    all.sort_by(order);
    all.dedup_by(|a, b| order(a, b).is_eq());
    Ok(all)
}
