//! Projects.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path};
use actix_web::{HttpResponse, get, post};
use weighhouse_core::projects;
use weighhouse_types::projects::{Project, ProjectCreate};

/// The tenant's projects by slug.
#[utoipa::path(tag = "projects", responses((status = 200, body = Vec<Project>)))]
#[get("/tenants/{tenant}/projects")]
pub(crate) async fn project_list(ctx: Caller, tenant: Path<String>) -> Result<Json<Vec<Project>>> {
    projects::project_list(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Make a project.
#[utoipa::path(tag = "projects", responses((status = 201, body = Project)))]
#[post("/tenants/{tenant}/projects")]
pub(crate) async fn project_create(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<ProjectCreate>,
) -> Result<HttpResponse> {
    let project = projects::project_create(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(project))
}

/// One project.
#[utoipa::path(tag = "projects", responses((status = 200, body = Project)))]
#[get("/tenants/{tenant}/projects/{project}")]
pub(crate) async fn project_get(ctx: Caller, path: Path<(String, String)>) -> Result<Json<Project>> {
    projects::project_get(&ctx, &path.0, &path.1).await.or_problem(&ctx).map(Json)
}
