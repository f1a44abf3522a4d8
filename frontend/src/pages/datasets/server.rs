//! What the pages of this feature need of core.

use weighhouse_core::{Ctx, Error, Result, datasets, tenancy};
use weighhouse_types::datasets::{DataRef, DatasetRecord, Drift, PipelineRecord, Record, Registered};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::tenancy::Tenant;

/// What the page of all data shows.
pub(super) struct AllShown {
    pub(super) tenant: Tenant,
    pub(super) datasets: Page<Registered<DatasetRecord>>,
    pub(super) pipelines: Page<Registered<PipelineRecord>>,
}

/// Where either list of that page begins.
pub(super) struct Cursors {
    pub(super) datasets: Option<String>,
    pub(super) pipelines: Option<String>,
}

pub(super) async fn all(ctx: &Ctx, tenant: &str, cursors: Cursors) -> Result<AllShown> {
    let query = |cursor| PageQuery { cursor, limit: None };
    Ok(AllShown {
        datasets: datasets::series_list(ctx, tenant, &query(cursors.datasets)).await?,
        pipelines: datasets::series_list(ctx, tenant, &query(cursors.pipelines)).await?,
        tenant: tenancy::tenant_get(ctx, tenant).await?,
    })
}

/// What a version's page shows.
pub(super) struct VersionShown<T> {
    pub(super) tenant: Tenant,
    pub(super) version: Registered<T>,
    /// All of its name, newest first, or as many as a page holds.
    pub(super) others: Page<Registered<T>>,
}

pub(super) async fn version<T: Record>(
    ctx: &Ctx,
    tenant: &str,
    reference: &DataRef,
    cursor: Option<String>,
) -> Result<VersionShown<T>> {
    let query = PageQuery { cursor, limit: None };
    Ok(VersionShown {
        version: datasets::data_get(ctx, tenant, reference).await?,
        others: datasets::data_list(ctx, tenant, &reference.name, &query).await?,
        tenant: tenancy::tenant_get(ctx, tenant).await?,
    })
}

/// How two versions differ; the one before is the measure unless another is named.
pub(super) async fn drift(
    ctx: &Ctx,
    tenant: &str,
    to: &DataRef,
    against: Option<String>,
) -> Result<(Tenant, Drift)> {
    let from = match against {
        Some(text) => text.parse().map_err(|e: String| Error::invalid("against", e))?,
        None => DataRef { name: to.name.clone(), number: to.number.saturating_sub(1) },
    };
    let drift = datasets::drift(ctx, tenant, &from, to).await?;
    Ok((tenancy::tenant_get(ctx, tenant).await?, drift))
}
