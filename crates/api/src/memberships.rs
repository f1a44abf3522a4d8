//! Members and invitations.

use crate::error::{Answer, Result};
use crate::extract::{Anyone, Caller, agent, session_cookie};
use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put};
use weighhouse_core::memberships;
use weighhouse_types::identity::User;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{
    Invitation, InvitationAccept, InvitationCreate, InvitationShown, Member, MemberUpdate,
};

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

/// What the link of an invitation leads to. The link itself is the right to see it.
#[utoipa::path(tag = "members", security(()), responses((status = 200, body = InvitationShown)))]
#[get("/invitations/{link}")]
pub(crate) async fn invitation_show(ctx: Anyone, link: Path<String>) -> Result<Json<InvitationShown>> {
    memberships::invitation_show(&ctx, &link).await.or_problem(&ctx).map(Json)
}

/// Take an invitation. A new login chooses its name and password, one that
/// exists proves itself with its password. The answer's cookie signs in.
#[utoipa::path(tag = "members", security(()), responses((status = 200, body = User)))]
#[post("/invitations/{link}/accept")]
pub(crate) async fn invitation_accept(
    ctx: Anyone,
    request: HttpRequest,
    link: Path<String>,
    accept: Json<InvitationAccept>,
) -> Result<HttpResponse> {
    let InvitationAccept { name, password } = accept.into_inner();
    let accepted = memberships::invitation_accept(&ctx, &link, &name, &password, agent(&request)).await;
    let signed_in = accepted.or_problem(&ctx)?;
    Ok(HttpResponse::Ok().insert_header(session_cookie(&ctx, &signed_in.cookie, None)).json(signed_in.user))
}
