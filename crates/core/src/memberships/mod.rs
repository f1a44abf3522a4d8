//! Members of a tenant, their roles, and invitations by mail.

mod queries;

use crate::identity::{self, SignedIn};
use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::tx::{PlatformTx, TenantTx};
use crate::notifications;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{Invitation, InvitationCreate, InvitationShown, Member, Staff};
use weighhouse_types::permission::{Action, AgencyAction, TenantRole};

pub(crate) use queries::approvers;

/// Everyone with a role that reaches the tenant, the client's people first.
///
/// # Errors
/// When the tenant is not visible.
pub async fn member_list(ctx: &Ctx, tenant: &str) -> Result<Vec<Member>> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberRead).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let members = queries::members(&mut tx, &tenant).await?;
    tx.finish().await?;
    Ok(members)
}

/// Everyone who works at an agency, by name.
///
/// # Errors
/// When the caller does not work there.
pub async fn staff_list(ctx: &Ctx, agency: &str) -> Result<Vec<Staff>> {
    let agency = authz::agency(ctx, agency, AgencyAction::AgencyRead).await?;
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let staff = queries::staff(&mut tx, &agency).await?;
    tx.finish().await?;
    Ok(staff)
}

/// Gives one of the client's people another role.
///
/// # Errors
/// When the person is no member, or it is the caller's own role.
pub async fn member_update(ctx: &Ctx, tenant: &str, user: UserId, role: TenantRole) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    refuse_self(ctx, user)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let email = queries::member_update(&mut tx, user, role).await?;
    let email = email.ok_or_else(|| Error::not_found("member"))?;
    tx.commit(&Event::MemberRoleChanged { email, role: role.to_string() }).await
}

/// Takes away a person's role in the tenant; they lose access at once.
///
/// # Errors
/// When the person is no member, or the caller.
pub async fn member_remove(ctx: &Ctx, tenant: &str, user: UserId) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    refuse_self(ctx, user)?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let email = queries::member_delete(&mut tx, user).await?;
    let email = email.ok_or_else(|| Error::not_found("member"))?;
    tx.commit(&Event::MemberRemoved { email }).await
}

fn refuse_self(ctx: &Ctx, user: UserId) -> Result<()> {
    if ctx.user().is_ok_and(|own| own.id == user) {
        return Err(Error::refused(Code::Forbidden, "Nobody changes their own role; ask another admin."));
    }
    Ok(())
}

pub(crate) async fn member_insert_in_tx(tx: &mut TenantTx<'_>, user: UserId, role: TenantRole) -> Result<()> {
    queries::member_insert(tx, user, role).await
}

/// Invites a person by mail. The link works once, for a week.
///
/// # Errors
/// When the address is malformed, or its owner is a member already.
pub async fn invitation_create(ctx: &Ctx, tenant: &str, new: InvitationCreate) -> Result<Invitation> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    let email = identity::email_normalise(&new.email)?;
    let token = secret::opaque();
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    if queries::member_exists(&mut tx, &email).await? {
        return Err(Error::conflict(format!("{email} is a member already; change the role instead.")));
    }
    let inviter = ctx.user()?;
    let invitation = queries::invitation_insert(&mut tx, &email, new.role, &token, inviter.id).await?;
    notifications::invitation_mail(&mut tx, &tenant, &invitation, &inviter.name, &token).await?;
    tx.commit(&Event::MemberInvited { email, role: new.role.to_string() }).await?;
    Ok(invitation)
}

/// Invitations that wait to be taken, newest first.
///
/// # Errors
/// When the caller does not manage members.
pub async fn invitation_list(ctx: &Ctx, tenant: &str) -> Result<Vec<Invitation>> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let invitations = queries::invitations(&mut tx, &tenant).await?;
    tx.finish().await?;
    Ok(invitations)
}

/// Makes an invitation's link worthless.
///
/// # Errors
/// When there is no such invitation that waits.
pub async fn invitation_revoke(ctx: &Ctx, tenant: &str, invitation: InvitationId) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let email = queries::invitation_close(&mut tx, invitation, "revoked_at").await?;
    let email = email.ok_or_else(|| Error::not_found("invitation"))?;
    tx.commit(&Event::InvitationRevoked { email }).await
}

/// The invitation behind a link.
///
/// # Errors
/// When the link was used, revoked or is too old.
pub async fn invitation_show(ctx: &Ctx, token: &str) -> Result<InvitationShown> {
    let found = open_invitation(ctx, token).await?;
    Ok(InvitationShown {
        tenant_name: found.tenant_name,
        role: found.role.parse().map_err(Error::internal)?,
        has_login: found.has_login,
        email: found.email,
    })
}

/// Takes an invitation: a new login chooses its name and password, one that
/// exists proves itself with its password.
///
/// # Errors
/// When the link does not work any more, or the password is wrong or too short.
pub async fn invitation_accept(ctx: &Ctx, token: &str, name: &str, password: &str) -> Result<SignedIn> {
    let found = open_invitation(ctx, token).await?;
    let role: TenantRole = found.role.parse().map_err(Error::internal)?;
    if !found.has_login {
        identity::login_create(ctx, found.agency_id.into(), &found.email, name, password).await?;
    }
    let signed_in = identity::sign_in(ctx, &found.email, password, "invitation").await?;
    // From here on the new member acts; the handle is the invitation's.
    let actor = Actor::Invited { user: signed_in.user.clone(), tenant: found.tenant_id.into() };
    let acting = ctx.acting(actor);
    let tenant = authz::invited_tenant(&acting).await?;
    let mut tx = TenantTx::begin(&acting, &tenant).await?;
    let taken = queries::invitation_close(&mut tx, found.id.into(), "accepted_at").await?;
    let email = taken.ok_or_else(gone)?;
    queries::member_insert(&mut tx, signed_in.user.id, role).await?;
    tx.commit(&Event::MemberJoined { email, role: role.to_string() }).await?;
    Ok(signed_in)
}

async fn open_invitation(ctx: &Ctx, token: &str) -> Result<queries::OpenInvitation> {
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let found = queries::invitation_by_token(&mut tx, token).await?;
    tx.finish().await?;
    found.ok_or_else(gone)
}

fn gone() -> Error {
    Error::refused(
        Code::NotFound,
        "This invitation was used, revoked or is older than a week. Ask for a new one.",
    )
}
