//! Prompts of versions.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::post;
use actix_web::web::{Json, Path};
use serde::Deserialize;
use weighhouse_core::prompts;
use weighhouse_types::prompts::{PromptRender, PromptRendered};
use weighhouse_types::reference::{ModelRef, VersionRef};

/// The path of a version's prompt.
#[derive(Deserialize)]
pub(crate) struct PromptPath {
    tenant: String,
    project: String,
    model: String,
    number: u32,
    prompt: String,
}

/// Render a version's prompt, to look at it. Nothing is kept; the version's own
/// examples stand for values that are not given.
#[utoipa::path(tag = "versions",
    params(("tenant" = String, Path), ("project" = String, Path), ("model" = String, Path), ("number" = u32, Path),
           ("prompt" = String, Path)),
    responses((status = 200, body = PromptRendered)))]
#[post("/tenants/{tenant}/projects/{project}/models/{model}/versions/{number}/prompts/{prompt}/render")]
pub(crate) async fn prompt_render(
    ctx: Caller,
    path: Path<PromptPath>,
    given: Json<PromptRender>,
) -> Result<Json<PromptRendered>> {
    let PromptPath { tenant, project, model, number, prompt } = path.into_inner();
    let version = VersionRef { model: ModelRef { tenant, project, model }, number };
    prompts::prompt_render(&ctx, &version, &prompt, given.into_inner()).await.or_problem(&ctx).map(Json)
}
