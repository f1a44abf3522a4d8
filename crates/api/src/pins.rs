//! Watches on providers of language models, and their alerts.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::models::ModelPath;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, delete, get, post, put};
use weighhouse_core::pins;
use weighhouse_types::page::Page;
use weighhouse_types::pins::{Pin, PinAlert, PinAlertQuery, PinSet};

/// Whether a model's provider still serves what versions were tested with. With
/// the watch, what was seen, and the latest alerts.
#[utoipa::path(tag = "pins", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Pin)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/pin")]
pub(crate) async fn pin_get(ctx: Caller, path: Path<ModelPath>) -> Result<Json<Pin>> {
    pins::pin_get(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// Watch a model's provider. A worker asks it for the model's identity and for
/// the golden prompts, records what it sees at first, and compares from then on.
#[utoipa::path(tag = "pins", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Pin)))]
#[put("/tenants/{tenant}/projects/{project}/models/{model}/pin")]
pub(crate) async fn pin_set(ctx: Caller, path: Path<ModelPath>, new: Json<PinSet>) -> Result<Json<Pin>> {
    pins::pin_set(&ctx, &path.into_inner().reference(), new.into_inner()).await.or_problem(&ctx).map(Json)
}

/// End the watch. Alerts stay, and what they block stays blocked.
#[utoipa::path(tag = "pins", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 204)))]
#[delete("/tenants/{tenant}/projects/{project}/models/{model}/pin")]
pub(crate) async fn pin_remove(ctx: Caller, path: Path<ModelPath>) -> Result<HttpResponse> {
    pins::pin_remove(&ctx, &path.into_inner().reference()).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have the provider looked at now. A worker does it within seconds: `seen_at`
/// or `unreachable_since` of the watch say when it did.
#[utoipa::path(tag = "pins", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Pin)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/pin/check")]
pub(crate) async fn pin_check(ctx: Caller, path: Path<ModelPath>) -> Result<Json<Pin>> {
    pins::pin_check(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// Providers' changes that concern the tenant's models, newest first.
#[utoipa::path(tag = "pins", params(PinAlertQuery), responses((status = 200, body = Page<PinAlert>)))]
#[get("/tenants/{tenant}/pin-alerts")]
pub(crate) async fn pin_alert_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PinAlertQuery>,
) -> Result<Json<Page<PinAlert>>> {
    pins::pin_alert_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}
