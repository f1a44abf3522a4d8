//! What people say of models and versions, and names that stand for versions.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::models::ModelPath;
use crate::versions::VersionPath;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, delete, get, post, put};
use serde::Deserialize;
use weighhouse_core::annotations;
use weighhouse_types::annotations::{
    Alias, AliasSet, Annotate, AnnotationChange, AnnotationQuery, Annotations,
};
use weighhouse_types::page::Page;
use weighhouse_types::reference::ModelRef;

/// The path of an alias.
#[derive(Deserialize)]
pub(crate) struct AliasPath {
    tenant: String,
    project: String,
    model: String,
    alias: String,
}

impl AliasPath {
    fn parts(self) -> (ModelRef, String) {
        (ModelRef { tenant: self.tenant, project: self.project, model: self.model }, self.alias)
    }
}

/// Describe and tag a version, outside its digest.
#[utoipa::path(tag = "annotations",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Annotations)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/annotations")]
pub(crate) async fn version_annotate(
    ctx: Caller,
    path: Path<VersionPath>,
    edit: Json<Annotate>,
) -> Result<Json<Annotations>> {
    let version = path.into_inner().reference();
    annotations::version_annotate(&ctx, &version, edit.into_inner()).await.or_problem(&ctx).map(Json)
}

/// Describe and tag a model.
#[utoipa::path(tag = "annotations", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Annotations)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/annotations")]
pub(crate) async fn model_annotate(
    ctx: Caller,
    path: Path<ModelPath>,
    edit: Json<Annotate>,
) -> Result<Json<Annotations>> {
    let model = path.into_inner().reference();
    annotations::model_annotate(&ctx, &model, edit.into_inner()).await.or_problem(&ctx).map(Json)
}

/// Who said what of a model and its versions, newest first.
#[utoipa::path(tag = "annotations",
    params(AnnotationQuery, ("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Page<AnnotationChange>)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/annotations")]
pub(crate) async fn annotation_list(
    ctx: Caller,
    path: Path<ModelPath>,
    query: Query<AnnotationQuery>,
) -> Result<Json<Page<AnnotationChange>>> {
    let model = path.into_inner().reference();
    annotations::annotation_list(&ctx, &model, &query).await.or_problem(&ctx).map(Json)
}

/// The version that an alias stands for. `latest`, `staging` and `production`
/// follow from the versions.
#[utoipa::path(tag = "annotations",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("alias" = String, Path)),
    responses((status = 200, body = Alias)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/aliases/{alias}")]
pub(crate) async fn alias_get(ctx: Caller, path: Path<AliasPath>) -> Result<Json<Alias>> {
    let (model, alias) = path.into_inner().parts();
    annotations::alias_get(&ctx, &model, &alias).await.or_problem(&ctx).map(Json)
}

/// Give an alias to a version, taking it from the one that has it.
#[utoipa::path(tag = "annotations",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("alias" = String, Path)),
    responses((status = 200, body = Alias)))]
#[put("/tenants/{tenant}/projects/{project}/models/{model}/aliases/{alias}")]
pub(crate) async fn alias_set(
    ctx: Caller,
    path: Path<AliasPath>,
    set: Json<AliasSet>,
) -> Result<Json<Alias>> {
    let (model, alias) = path.into_inner().parts();
    annotations::alias_set(&ctx, &model, &alias, set.into_inner()).await.or_problem(&ctx).map(Json)
}

/// Take an alias away.
#[utoipa::path(tag = "annotations",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("alias" = String, Path)),
    responses((status = 204)))]
#[delete("/tenants/{tenant}/projects/{project}/models/{model}/aliases/{alias}")]
pub(crate) async fn alias_remove(ctx: Caller, path: Path<AliasPath>) -> Result<HttpResponse> {
    let (model, alias) = path.into_inner().parts();
    annotations::alias_remove(&ctx, &model, &alias).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
