//! Versions and their files.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::models::ModelPath;
use actix_web::http::header::{CONTENT_DISPOSITION, ContentEncoding, ETAG};
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use weighhouse_core::{Ctx, Error, blobs, versions};
use weighhouse_types::page::{Page, PageQuery};
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::{Version, VersionRegister, VersionSummary};

/// The path of a version.
#[derive(Deserialize)]
pub(crate) struct VersionPath {
    tenant: String,
    project: String,
    model: String,
    number: u32,
}

impl VersionPath {
    pub(crate) fn reference(self) -> VersionRef {
        let model = ModelRef { tenant: self.tenant, project: self.project, model: self.model };
        VersionRef { model, number: self.number }
    }
}

/// A model's versions, newest first.
#[utoipa::path(tag = "versions", params(PageQuery, ("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Page<VersionSummary>)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions")]
pub(crate) async fn version_list(
    ctx: Caller,
    path: Path<ModelPath>,
    query: Query<PageQuery>,
) -> Result<Json<Page<VersionSummary>>> {
    versions::version_list(&ctx, &path.into_inner().reference(), &query).await.or_problem(&ctx).map(Json)
}

/// Register a version whose files were sent before. The same context again
/// answers 200 with the version that is there.
#[utoipa::path(tag = "versions", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 201, body = Version, description = "Registered"),
              (status = 200, body = Version, description = "The same content is there already")))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions")]
pub(crate) async fn version_register(
    ctx: Caller,
    path: Path<ModelPath>,
    new: Json<VersionRegister>,
) -> Result<HttpResponse> {
    let model = path.into_inner().reference();
    let (version, created) =
        versions::version_register(&ctx, &model, new.into_inner()).await.or_problem(&ctx)?;
    let mut response = if created { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(version))
}

/// A version with its context, files, stages and history.
#[utoipa::path(tag = "versions",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Version)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}")]
pub(crate) async fn version_get(ctx: Caller, path: Path<VersionPath>) -> Result<Json<Version>> {
    versions::version_get(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// Why a version is retired.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retire {
    /// Why; it stands in the record for good.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    reason: String,
}

/// Retire a version: it stays on record and is never used again.
#[utoipa::path(tag = "versions",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Version)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/retire")]
pub(crate) async fn version_retire(
    ctx: Caller,
    path: Path<VersionPath>,
    retire: Json<Retire>,
) -> Result<Json<Version>> {
    versions::version_retire(&ctx, &path.into_inner().reference(), &retire.reason)
        .await
        .or_problem(&ctx)
        .map(Json)
}

/// The path of a version's file.
#[derive(Deserialize)]
pub(crate) struct FilePath {
    tenant: String,
    project: String,
    model: String,
    number: u32,
    path: String,
}

/// One file's bytes, verified against their digest while they stream. A damaged
/// file ends in a broken connection, never in wrong bytes.
#[utoipa::path(tag = "files",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path), ("path" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream")))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/files/{path:.*}")]
pub(crate) async fn file_get(ctx: Caller, path: Path<FilePath>) -> Result<HttpResponse> {
    let FilePath { tenant, project, model, number, path } = path.into_inner();
    let version = VersionRef { model: ModelRef { tenant, project, model }, number };
    let file = blobs::file_stream(&ctx, &version, &path).await.or_problem(&ctx)?;
    let digest = hex::decode(&file.entry.sha256).map_err(Error::internal).or_problem(&ctx)?;
    let name = attachment(path.rsplit('/').next().unwrap_or_default());
    Ok(HttpResponse::Ok()
        .insert_header(("Content-Digest", format!("sha-256=:{}:", STANDARD.encode(digest))))
        .insert_header((ETAG, format!("\"{}\"", file.entry.sha256)))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header(ContentEncoding::Identity)
        .content_type("application/octet-stream")
        .no_chunking(file.entry.size)
        .streaming(file.body.map_err(broken_off(&ctx))))
}

/// Every file of the version as one ZIP, verified while it streams.
#[utoipa::path(tag = "files",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, content_type = "application/zip")))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/archive")]
pub(crate) async fn archive_get(ctx: Caller, path: Path<VersionPath>) -> Result<HttpResponse> {
    let version = path.into_inner().reference();
    let body = blobs::archive_stream(&ctx, &version).await.or_problem(&ctx)?;
    let name = attachment(&format!("{}-{}.zip", version.model.model, version.number));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header(ContentEncoding::Identity)
        .content_type("application/zip")
        .streaming(body.map_err(broken_off(&ctx))))
}

/// Names the file that a browser saves, without what would end the name.
pub(crate) fn attachment(name: &str) -> String {
    format!("attachment; filename=\"{}\"", name.replace(['"', '\\', '\r', '\n'], "_"))
}

/// Says in the log why a download ends early; the head of its answer is long gone.
fn broken_off(ctx: &Ctx) -> impl Fn(Error) -> actix_web::Error + use<> {
    let request_id = ctx.request_id().to_owned();
    move |error| {
        tracing::error!(request_id, %error, "a download broke off");
        actix_web::error::ErrorInternalServerError("the file cannot be read whole")
    }
}
