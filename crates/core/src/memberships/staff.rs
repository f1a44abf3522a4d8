//! The people who work at an agency. Their roles reach all of its clients.

use super::{invite_bounded, queries, refuse_self, rules};
use crate::identity;
use crate::kernel::authz::{self, Agency};
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::PlatformTx;
use crate::notifications;
use queries::invitations::{self, Close};
use queries::staff;
use weighhouse_types::audit::Event;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{Member, StaffInvitation, StaffInvitationCreate};
use weighhouse_types::permission::{AgencyAction, AgencyRole};

/// Everyone who works at the agency.
///
/// # Errors
/// When the caller does not.
pub async fn staff_list(ctx: &Ctx, agency: &str) -> Result<Vec<Member>> {
    let agency = authz::agency(ctx, agency, AgencyAction::AgencyRead).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let staff = staff::members(&mut tx, &agency).await?;
    tx.finish().await?;
    Ok(staff)
}

/// Gives one of the staff another role.
///
/// # Errors
/// When the person does not work there, it is the caller's own role, or the
/// agency would be left without an owner.
pub async fn staff_update(ctx: &Ctx, agency: &str, user: UserId, role: AgencyRole) -> Result<()> {
    change(ctx, agency, user, Some(role)).await
}

/// Takes away a person's role at the agency, and with it the way to all of
/// its clients, at once.
///
/// # Errors
/// As [`staff_update`].
pub async fn staff_remove(ctx: &Ctx, agency: &str, user: UserId) -> Result<()> {
    change(ctx, agency, user, None).await
}

async fn change(ctx: &Ctx, slug: &str, user: UserId, wanted: Option<AgencyRole>) -> Result<()> {
    let agency = authz::agency(ctx, slug, AgencyAction::StaffManage).await?;
    refuse_self(ctx, user)?;
    let as_owner = authz::agency(ctx, slug, AgencyAction::OwnerManage).await;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    // Of two owners who remove each other, the second comes too late.
    let owners = staff::owners_lock(&mut tx, &agency).await?;
    let Some((email, present)) = staff::role_of(&mut tx, &agency, user).await? else {
        tx.finish().await?;
        return Err(Error::not_found("member"));
    };
    let allowed = if rules::is_about_owners(Some(present), wanted) { as_owner.map(drop) } else { Ok(()) };
    if let Err(refused) = allowed.and_then(|()| rules::keeps_an_owner(present, wanted, owners)) {
        tx.finish().await?;
        return Err(refused);
    }
    let event = match wanted {
        Some(role) => {
            staff::role_set(&mut tx, &agency, user, role).await?;
            Event::MemberRoleChanged { email, role: role.to_string() }
        }
        None => {
            staff::member_delete(&mut tx, &agency, user).await?;
            Event::MemberRemoved { email }
        }
    };
    tx.commit(ctx, agency.id(), &event).await
}

/// Invites a person to work at the agency. The link works once, for a week.
///
/// # Errors
/// When the address is malformed, or its owner works there already.
pub async fn staff_invitation_create(
    ctx: &Ctx,
    slug: &str,
    new: StaffInvitationCreate,
) -> Result<StaffInvitation> {
    let agency = authz::agency(ctx, slug, AgencyAction::StaffManage).await?;
    if rules::is_about_owners(None, Some(new.role)) {
        authz::agency(ctx, slug, AgencyAction::OwnerManage).await?;
    }
    let email = identity::email_normalise(&new.email)?;
    invite_bounded(ctx, agency.id().0, &email).await?;
    let inviter = ctx.user()?.id;
    let token = secret::opaque();
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    if staff::works_here(&mut tx, &agency, &email).await? {
        tx.finish().await?;
        return Err(Error::conflict(format!("{email} works here already; change the role instead.")));
    }
    let place = (&agency).into();
    let row = invitations::insert(tx.conn()?, &place, &email, new.role, &token, inviter).await?;
    let invitation = invitation(row)?;
    notifications::staff_invitation(&mut tx, ctx, &agency.info().name, &invitation, &token).await?;
    tx.commit(ctx, agency.id(), &Event::MemberInvited { email, role: new.role.to_string() }).await?;
    Ok(invitation)
}

fn invitation(row: invitations::Row) -> Result<StaffInvitation> {
    let role = row.role()?;
    let invitations::Row { id, email, created_at, expires_at, .. } = row;
    Ok(StaffInvitation { id: id.into(), email, role, created_at, expires_at })
}

/// Invitations that wait to be taken, newest first.
///
/// # Errors
/// When the caller does not manage staff.
pub async fn staff_invitation_list(ctx: &Ctx, agency: &str) -> Result<Vec<StaffInvitation>> {
    let agency = authorise(ctx, agency).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let waiting = invitations::waiting(tx.conn()?, &(&agency).into()).await?;
    tx.finish().await?;
    waiting.into_iter().map(invitation).collect()
}

/// Makes an invitation's link worthless.
///
/// # Errors
/// When there is no such invitation that waits.
pub async fn staff_invitation_revoke(ctx: &Ctx, agency: &str, invitation: InvitationId) -> Result<()> {
    let agency = authorise(ctx, agency).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let place = (&agency).into();
    let Some(email) = invitations::close(tx.conn()?, &place, invitation, Close::Revoked).await? else {
        tx.finish().await?;
        return Err(Error::not_found("invitation"));
    };
    tx.commit(ctx, agency.id(), &Event::InvitationRevoked { email }).await
}

async fn authorise(ctx: &Ctx, agency: &str) -> Result<Agency> {
    authz::agency(ctx, agency, AgencyAction::StaffManage).await
}
