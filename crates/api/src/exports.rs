//! A version in the open formats of others.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::versions::{VersionPath, attachment};
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use weighhouse_core::exports;
use weighhouse_types::exports::ExportQuery;

/// A version as a bill of materials or as provenance.
#[utoipa::path(tag = "versions",
    params(ExportQuery, ("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, description = "CycloneDX 1.7, or an in-toto statement with SLSA provenance v1",
        content((Object = "application/vnd.cyclonedx+json"), (Object = "application/vnd.in-toto+json")))))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/export")]
pub(crate) async fn version_export(
    ctx: Caller,
    path: Path<VersionPath>,
    query: Query<ExportQuery>,
) -> Result<HttpResponse> {
    let (version, format) = (path.into_inner().reference(), query.format);
    let document = exports::version_export(&ctx, &version, format).await.or_problem(&ctx)?;
    let name = format!("{}-{}.{}", version.model.model, version.number, format.ending());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, attachment(&name)))
        .content_type(format.media_type())
        .body(document.to_string()))
}
