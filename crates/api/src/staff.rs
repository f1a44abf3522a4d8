//! The people who work at an agency, and invitations to.

use crate::error::{Answer, Result};
use crate::extract::Caller;
use actix_web::web::{Json, Path};
use actix_web::{HttpResponse, delete, get, post, put};
use weighhouse_core::memberships;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{Member, StaffInvitation, StaffInvitationCreate, StaffUpdate};

/// Everyone who works at the agency.
#[utoipa::path(tag = "staff", responses((status = 200, body = Vec<Member>)))]
#[get("/agencies/{agency}/staff")]
pub(crate) async fn staff_list(ctx: Caller, agency: Path<String>) -> Result<Json<Vec<Member>>> {
    memberships::staff_list(&ctx, &agency).await.or_problem(&ctx).map(Json)
}

/// Give one of the staff another role. Only owners say who is an owner.
#[utoipa::path(tag = "staff", responses((status = 204)))]
#[put("/agencies/{agency}/staff/{user}")]
pub(crate) async fn staff_update(
    ctx: Caller,
    path: Path<(String, UserId)>,
    update: Json<StaffUpdate>,
) -> Result<HttpResponse> {
    memberships::staff_update(&ctx, &path.0, path.1, update.role).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take away a person's role at the agency; they lose access to all its
/// clients at once.
#[utoipa::path(tag = "staff", responses((status = 204)))]
#[delete("/agencies/{agency}/staff/{user}")]
pub(crate) async fn staff_remove(ctx: Caller, path: Path<(String, UserId)>) -> Result<HttpResponse> {
    memberships::staff_remove(&ctx, &path.0, path.1).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Invitations to work at the agency that wait to be taken.
#[utoipa::path(tag = "staff", responses((status = 200, body = Vec<StaffInvitation>)))]
#[get("/agencies/{agency}/invitations")]
pub(crate) async fn staff_invitation_list(
    ctx: Caller,
    agency: Path<String>,
) -> Result<Json<Vec<StaffInvitation>>> {
    memberships::staff_invitation_list(&ctx, &agency).await.or_problem(&ctx).map(Json)
}

/// Invite a person to work at the agency, by mail.
#[utoipa::path(tag = "staff", responses((status = 201, body = StaffInvitation)))]
#[post("/agencies/{agency}/invitations")]
pub(crate) async fn staff_invitation_create(
    ctx: Caller,
    agency: Path<String>,
    new: Json<StaffInvitationCreate>,
) -> Result<HttpResponse> {
    let invitation =
        memberships::staff_invitation_create(&ctx, &agency, new.into_inner()).await.or_problem(&ctx)?;
    Ok(HttpResponse::Created().json(invitation))
}

/// Make an invitation's link worthless.
#[utoipa::path(tag = "staff", responses((status = 204)))]
#[delete("/agencies/{agency}/invitations/{invitation}")]
pub(crate) async fn staff_invitation_revoke(
    ctx: Caller,
    path: Path<(String, InvitationId)>,
) -> Result<HttpResponse> {
    memberships::staff_invitation_revoke(&ctx, &path.0, path.1).await.or_problem(&ctx)?;
    Ok(HttpResponse::NoContent().finish())
}
