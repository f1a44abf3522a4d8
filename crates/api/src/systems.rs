//! Systems: what they hold, what is known to work together, and the policy.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use crate::models::ModelPath;
use crate::versions::VersionPath;
use actix_web::web::{Json, Path};
use actix_web::{HttpResponse, get, post, put};
use weighhouse_core::systems;
use weighhouse_types::systems::{
    Combination, CompatibilityState, Composition, SystemPolicy, SystemPolicySet,
};

/// What a version holds, which systems hold it, and what promoting it would do to others.
#[utoipa::path(tag = "systems",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 200, body = Composition)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/systems")]
pub(crate) async fn composition_get(ctx: Caller, path: Path<VersionPath>) -> Result<Json<Composition>> {
    systems::composition_get(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// Which combinations of a model's versions are known to work. Said by people,
/// or seen in production together.
#[utoipa::path(tag = "systems", params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path)),
    responses((status = 200, body = Vec<Combination>)))]
#[get("/tenants/{tenant}/projects/{project}/models/{model}/compatibility")]
pub(crate) async fn compatibility_get(ctx: Caller, path: Path<ModelPath>) -> Result<Json<Vec<Combination>>> {
    systems::compatibility_get(&ctx, &path.into_inner().reference()).await.or_problem(&ctx).map(Json)
}

/// Say whether a version works with another. Said again, the latest counts.
/// Answers with what is known of the model's versions.
#[utoipa::path(tag = "systems",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path)),
    responses((status = 201, body = Vec<Combination>)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/compatibility")]
pub(crate) async fn compatibility_state(
    ctx: Caller,
    path: Path<VersionPath>,
    state: Json<CompatibilityState>,
) -> Result<HttpResponse> {
    let version = path.into_inner().reference();
    let known = systems::compatibility_state(&ctx, &version, state.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(known))
}

/// What is done about a promotion that would break a system in production.
#[utoipa::path(tag = "systems", responses((status = 200, body = SystemPolicy)))]
#[get("/tenants/{tenant}/system-policy")]
pub(crate) async fn system_policy_get(ctx: Caller, tenant: Path<String>) -> Result<Json<SystemPolicy>> {
    systems::policy_get(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Set what is done about a promotion that would break a system in production.
/// `block` refuses it, also where nobody knows. A person's act: an API token cannot.
#[utoipa::path(tag = "systems", responses((status = 200, body = SystemPolicy)))]
#[put("/tenants/{tenant}/system-policy")]
pub(crate) async fn system_policy_set(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<SystemPolicySet>,
) -> Result<Json<SystemPolicy>> {
    systems::policy_set(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx).map(Json)
}
