//! Promotion requests and decisions.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::versions::VersionPath;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use weighhouse_core::promotions;
use weighhouse_types::ids::PromotionId;
use weighhouse_types::page::Page;
use weighhouse_types::promotions::{
    Promotion, PromotionDecide, PromotionOpen, PromotionQuery, PromotionSummary,
};

/// Ask for a version to be promoted. To staging it moves at once; production
/// takes an approval.
#[utoipa::path(tag = "promotions",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 201, body = Promotion)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/promotions")]
pub(crate) async fn promotion_open(
    ctx: Caller,
    path: Path<VersionPath>,
    new: Json<PromotionOpen>,
) -> Result<HttpResponse> {
    let version = path.into_inner().reference();
    let promotion = promotions::promotion_open(&ctx, &version, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(promotion))
}

/// The tenant's requests, newest first.
#[utoipa::path(tag = "promotions", params(PromotionQuery), responses((status = 200, body = Page<PromotionSummary>)))]
#[get("/tenants/{tenant}/promotions")]
pub(crate) async fn promotion_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PromotionQuery>,
) -> Result<Json<Page<PromotionSummary>>> {
    promotions::promotion_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// One request with its evidence and decisions.
#[utoipa::path(tag = "promotions", responses((status = 200, body = Promotion)))]
#[get("/tenants/{tenant}/promotions/{promotion}")]
pub(crate) async fn promotion_get(ctx: Caller, path: Path<(String, PromotionId)>) -> Result<Json<Promotion>> {
    promotions::promotion_get(&ctx, &path.0, path.1).await.or_problem(&ctx).map(Json)
}

/// Approve or reject a request. A person's act: an API token cannot.
#[utoipa::path(tag = "promotions", responses((status = 200, body = Promotion)))]
#[post("/tenants/{tenant}/promotions/{promotion}/decision")]
pub(crate) async fn promotion_decide(
    ctx: Caller,
    path: Path<(String, PromotionId)>,
    decide: Json<PromotionDecide>,
) -> Result<Json<Promotion>> {
    promotions::promotion_decide(&ctx, &path.0, path.1, decide.into_inner()).await.or_problem(&ctx).map(Json)
}

/// Take a request back.
#[utoipa::path(tag = "promotions", responses((status = 200, body = Promotion)))]
#[post("/tenants/{tenant}/promotions/{promotion}/withdraw")]
pub(crate) async fn promotion_withdraw(
    ctx: Caller,
    path: Path<(String, PromotionId)>,
) -> Result<Json<Promotion>> {
    promotions::promotion_withdraw(&ctx, &path.0, path.1).await.or_problem(&ctx).map(Json)
}
