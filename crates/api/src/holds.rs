//! Legal holds.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use weighhouse_core::holds;
use weighhouse_types::holds::{Hold, HoldLift, HoldPlace};
use weighhouse_types::ids::HoldId;
use weighhouse_types::page::{Page, PageQuery};

/// The tenant's legal holds, newest first, lifted ones too.
#[utoipa::path(tag = "holds", params(PageQuery), responses((status = 200, body = Page<Hold>)))]
#[get("/tenants/{tenant}/holds")]
pub(crate) async fn hold_list(
    ctx: Caller,
    tenant: Path<String>,
    query: Query<PageQuery>,
) -> Result<Json<Page<Hold>>> {
    holds::hold_list(&ctx, &tenant, &query).await.or_problem(&ctx).map(Json)
}

/// Place a hold on the tenant or one model: nothing that it covers is removed
/// from now on. A person's act: an API token cannot.
#[utoipa::path(tag = "holds", responses((status = 201, body = Hold)))]
#[post("/tenants/{tenant}/holds")]
pub(crate) async fn hold_place(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<HoldPlace>,
) -> Result<HttpResponse> {
    let hold = holds::hold_place(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(hold))
}

/// Ask for a hold to be lifted. It stays until another person confirms.
#[utoipa::path(tag = "holds", responses((status = 200, body = Hold)))]
#[post("/tenants/{tenant}/holds/{hold}/lift")]
pub(crate) async fn hold_lift_ask(
    ctx: Caller,
    path: Path<(String, HoldId)>,
    lift: Json<HoldLift>,
) -> Result<Json<Hold>> {
    holds::hold_lift_ask(&ctx, &path.0, path.1, lift.into_inner()).await.or_problem(&ctx).map(Json)
}

/// Lift a hold that another person asked to lift.
#[utoipa::path(tag = "holds", responses((status = 200, body = Hold)))]
#[post("/tenants/{tenant}/holds/{hold}/lift/confirm")]
pub(crate) async fn hold_lift_confirm(ctx: Caller, path: Path<(String, HoldId)>) -> Result<Json<Hold>> {
    holds::hold_lift_confirm(&ctx, &path.0, path.1).await.or_problem(&ctx).map(Json)
}

/// Take back, or turn down, that a hold be lifted.
#[utoipa::path(tag = "holds", responses((status = 200, body = Hold)))]
#[post("/tenants/{tenant}/holds/{hold}/lift/withdraw")]
pub(crate) async fn hold_lift_withdraw(ctx: Caller, path: Path<(String, HoldId)>) -> Result<Json<Hold>> {
    holds::hold_lift_withdraw(&ctx, &path.0, path.1).await.or_problem(&ctx).map(Json)
}
