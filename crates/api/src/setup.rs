//! The first visit to an installation.

use crate::error::{Answer, Result};
use crate::extract::{Anyone, session_cookie};
use actix_web::web::Json;
use actix_web::{HttpResponse, get, post};
use weighhouse_core::identity::{self, SetupForm};
use weighhouse_types::identity::{Setup, SetupState, User};

/// Whether nobody has a login yet.
#[utoipa::path(tag = "installation", security(()), responses((status = 200, body = SetupState)))]
#[get("/setup")]
pub(crate) async fn setup_state(ctx: Anyone) -> Result<Json<SetupState>> {
    let needed = identity::setup_needed(&ctx).await.or_problem(&ctx)?;
    Ok(Json(SetupState { needed }))
}

/// Make the first agency and its owner, who is the installation's operator.
/// The code is in the link that the server's console printed last, and works
/// once. The answer's cookie signs the owner in.
#[utoipa::path(tag = "installation", security(()), responses((status = 201, body = User)))]
#[post("/setup")]
pub(crate) async fn set_up(ctx: Anyone, setup: Json<Setup>) -> Result<HttpResponse> {
    let Setup { code, agency_name, agency_slug, name, email, password } = setup.into_inner();
    let form = SetupForm { agency_name, agency_slug, name, email, password };
    let signed_in = identity::setup(&ctx, &code, form).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created()
        .insert_header(session_cookie(&ctx, &signed_in.cookie, None))
        .json(signed_in.user))
}
