//! Members and invitations.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use weighhouse_core::memberships;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{Invitation, InvitationCreate, Member, MemberUpdate};

/// Everyone with a role that reaches the tenant.
#[utoipa::path(tag = "members", responses((status = 200, body = Vec<Member>)))]
#[get("/tenants/{tenant}/members")]
pub(crate) async fn member_list(ctx: Caller, tenant: Path<String>) -> Result<Json<Vec<Member>>> {
    memberships::member_list(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Give one of the client's people another role.
#[utoipa::path(tag = "members", responses((status = 204)))]
#[put("/tenants/{tenant}/members/{user}")]
pub(crate) async fn member_update(
    ctx: Caller,
    path: Path<(String, UserId)>,
    update: Json<MemberUpdate>,
) -> Result<HttpResponse> {
    memberships::member_update(&ctx, &path.0, path.1, update.role).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take away a person's role; they lose access at once.
#[utoipa::path(tag = "members", responses((status = 204)))]
#[delete("/tenants/{tenant}/members/{user}")]
pub(crate) async fn member_remove(ctx: Caller, path: Path<(String, UserId)>) -> Result<HttpResponse> {
    memberships::member_remove(&ctx, &path.0, path.1).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Invitations that wait to be taken.
#[utoipa::path(tag = "members", responses((status = 200, body = Vec<Invitation>)))]
#[get("/tenants/{tenant}/invitations")]
pub(crate) async fn invitation_list(ctx: Caller, tenant: Path<String>) -> Result<Json<Vec<Invitation>>> {
    memberships::invitation_list(&ctx, &tenant).await.or_problem(&ctx).map(Json)
}

/// Invite a person by mail.
#[utoipa::path(tag = "members", responses((status = 201, body = Invitation)))]
#[post("/tenants/{tenant}/invitations")]
pub(crate) async fn invitation_create(
    ctx: Caller,
    tenant: Path<String>,
    new: Json<InvitationCreate>,
) -> Result<HttpResponse> {
    let invitation =
        memberships::invitation_create(&ctx, &tenant, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(invitation))
}

/// Make an invitation's link worthless.
#[utoipa::path(tag = "members", responses((status = 204)))]
#[delete("/tenants/{tenant}/invitations/{invitation}")]
pub(crate) async fn invitation_revoke(
    ctx: Caller,
    path: Path<(String, InvitationId)>,
) -> Result<HttpResponse> {
    memberships::invitation_revoke(&ctx, &path.0, path.1).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
