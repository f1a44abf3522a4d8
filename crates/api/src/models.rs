//! Models, and what is or was in production of them.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use weighhouse_core::{models, promotions};
use weighhouse_types::models::{Model, ModelCreate, ModelQuery};
use weighhouse_types::page::Page;
use weighhouse_types::reference::ModelRef;
use weighhouse_types::versions::{AsOf, ProductionAnswer, ProductionPeriod, Rollback, RolledBack};

/// The path of a model.
#[derive(Deserialize)]
pub(crate) struct ModelPath {
    tenant: String,
    project: String,
    model: String,
}

impl ModelPath {
    pub(crate) fn reference(self) -> ModelRef {
        ModelRef { tenant: self.tenant, project: self.project, model: self.model }
    }
}

/// A project's models, filtered and sorted.
#[utoipa::path(tag = "models", params(ModelQuery, ("tenant" = String, Path), ("project" = String, Path)),
    responses((status = 200, body = Page<Model>)))]
#[get("/tenants/{tenant}/projects/{project}/models")]
pub(crate) async fn model_list(
    ctx: Caller,
    path: Path<(String, String)>,
    query: Query<ModelQuery>,
) -> Result<Json<Page<Model>>> {
    let (tenant, project) = path.into_inner();
    let query = ModelQuery { project: Some(project), ..query.into_inner() };
    models::model_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// A client's models, of all projects or one, filtered and sorted.
#[utoipa::path(tag = "models", params(ModelQuery, ("tenant" = String, Path)), responses((status = 200, body = Page<Model>)))]
#[get("/tenants/{tenant}/models")]
pub(crate) async fn tenant_model_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<ModelQuery>,
) -> Result<Json<Page<Model>>> {
    models::model_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// The same list as CSV (RFC 4180), whole: the first 10,000 models of it.
#[utoipa::path(tag = "models", params(ModelQuery, ("tenant" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv")))]
#[get("/tenants/{tenant}/models.csv")]
pub(crate) async fn model_csv(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<ModelQuery>,
) -> Result<HttpResponse> {
    let table = models::model_csv(&ctx, &tenant, query.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{tenant}-models.csv\"")))
        .content_type("text/csv; charset=utf-8; header=present")
        .body(table))
}

/// Make a model.
#[utoipa::path(tag = "models", responses((status = 201, body = Model)))]
#[post("/tenants/{tenant}/projects/{project}/models")]
pub(crate) async fn model_create(
    ctx: Caller,
    path: Path<(String, String)>,
    new: Json<ModelCreate>,
) -> Result<HttpResponse> {
    let model = models::model_create(&ctx, &path.0, &path.1, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(model))
}

/// One model.
#[utoipa::path(tag = "models", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Model)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}")]
pub(crate) async fn model_get(ctx: Caller, path: Path<ModelPath>) -> Result<Json<Model>> {
    models::model_get(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// What was in production at a moment, now unless `at` is given. With who asked
/// and who approved, and what a rollback now would restore.
#[utoipa::path(tag = "production", params(AsOf, ("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = ProductionAnswer)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/production")]
pub(crate) async fn production_at(
    ctx: Caller,
    path: Path<ModelPath>,
    as_of: Query<AsOf>,
) -> Result<Json<ProductionAnswer>> {
    promotions::production_at(&ctx, &path.into_inner().reference(), &as_of).await.or_problem(&ctx).map(Json)
}

/// Every span of time in which a version was in production, newest first.
#[utoipa::path(tag = "production", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Vec<ProductionPeriod>)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/production/history")]
pub(crate) async fn production_history(
    ctx: Caller,
    path: Path<ModelPath>,
) -> Result<Json<Vec<ProductionPeriod>>> {
    promotions::production_history(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// Put the latest earlier good version back into production, at once.
#[utoipa::path(tag = "production", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = RolledBack)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/rollback")]
pub(crate) async fn production_rollback(
    ctx: Caller,
    path: Path<ModelPath>,
    rollback: Json<Rollback>,
) -> Result<Json<RolledBack>> {
    let model = path.into_inner().reference();
    promotions::production_rollback(&ctx, &model, rollback.into_inner()).await.or_problem(&ctx).map(Json)
}
