//! How long records are kept, and what sweeps removed.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path, Query};
use actix_web::{get, put};
use weighhouse_core::retention;
use weighhouse_types::ids::SweepId;
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::retention::{Retention, RetentionSet, Sweep, SweepBatch, SweepPreview};

/// How long each class of records is kept, and templates to choose from.
#[utoipa::path(tag = "retention", responses((status = 200, body = Retention)))]
#[get("/tenants/{tenant}/retention")]
pub(crate) async fn retention_get(ctx: Caller, tenant: Path<String>) -> Result<Json<Retention>> {
    retention::retention_get(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Set how long each class is kept, in days; without a term, for ever. Sweeps
/// follow it a day later. A person's act: an API token cannot.
#[utoipa::path(tag = "retention", responses((status = 200, body = Retention)))]
#[put("/tenants/{tenant}/retention")]
pub(crate) async fn retention_set(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<RetentionSet>,
) -> Result<Json<Retention>> {
    retention::retention_set(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx).map(Json)
}

/// What the next sweep would remove, as things stand.
#[utoipa::path(tag = "retention", responses((status = 200, body = SweepPreview)))]
#[get("/tenants/{tenant}/retention/preview")]
pub(crate) async fn sweep_preview(ctx: Caller, tenant: Path<String>) -> Result<Json<SweepPreview>> {
    retention::sweep_preview(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// What sweeps removed, newest first.
#[utoipa::path(tag = "retention", params(PageQuery), responses((status = 200, body = Page<Sweep>)))]
#[get("/tenants/{tenant}/retention/sweeps")]
pub(crate) async fn sweep_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<Sweep>>> {
    retention::sweep_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// One sweep.
#[utoipa::path(tag = "retention", responses((status = 200, body = Sweep)))]
#[get("/tenants/{tenant}/retention/sweeps/{sweep}")]
pub(crate) async fn sweep_get(ctx: Caller, path: Path<(String, SweepId)>) -> Result<Json<Sweep>> {
    retention::sweep_get(&ctx, &path.0, path.1).await.or_problem(&ctx).map(Json)
}

/// What one sweep removed, transaction by transaction.
#[utoipa::path(tag = "retention", params(PageQuery), responses((status = 200, body = Page<SweepBatch>)))]
#[get("/tenants/{tenant}/retention/sweeps/{sweep}/batches")]
pub(crate) async fn sweep_batches(
    ctx: Caller,
    path: Path<(String, SweepId)>,
    query: Query<PageQuery>,
) -> Result<Json<Page<SweepBatch>>> {
    retention::sweep_batches(&ctx, &path.0, path.1, &query).await.or_problem(&ctx).map(Json)
}
