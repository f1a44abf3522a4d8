//! What a version came from, and what became of it.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::versions::VersionPath;
use actix_web::get;
use actix_web::web::{Json, Path, Query};
use weighhouse_core::lineage;
use weighhouse_types::lineage::{InputQuery, Lineage, LineageQuery};

/// What a version came from, and what became of it.
#[utoipa::path(tag = "lineage",
    params(LineageQuery, ("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Lineage)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/lineage")]
pub(crate) async fn version_lineage(
    ctx: Caller,
    path: Path<VersionPath>,
    query: Query<LineageQuery>,
) -> Result<Json<Lineage>> {
    lineage::version_lineage(&ctx, &path.into_inner().reference(), &query).await.or_problem(&ctx).map(Json)
}

/// What was made of data or of a feature pipeline, by its name.
#[utoipa::path(tag = "lineage", params(InputQuery), responses((status = 200, body = Lineage)))]
#[get("/tenants/{tenant}/lineage")]
pub(crate) async fn input_lineage(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<InputQuery>,
) -> Result<Json<Lineage>> {
    lineage::input_lineage(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}
