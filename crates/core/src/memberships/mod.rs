//! Members of a tenant, staff of an agency, their roles, and invitations by mail.

mod accept;
mod queries;
mod rules;
mod staff;

pub use accept::{invitation_accept, invitation_show};
pub use staff::{
    staff_invitation_create, staff_invitation_list, staff_invitation_revoke, staff_list, staff_remove,
    staff_update,
};

use crate::identity;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::secret;
use crate::kernel::throttle::{self, Limit};
use crate::kernel::tx::{PlatformTx, TenantTx};
use crate::notifications;
use std::time::Duration;
use uuid::Uuid;
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::ids::{InvitationId, UserId};
use weighhouse_types::memberships::{Invitation, InvitationCreate, Member};
use weighhouse_types::permission::{Action, TenantRole};

pub(crate) use queries::approvers;
use queries::invitations::{self, Close};

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

/// Mails to one address from one client or agency …
static INVITED_TO: Limit = Limit {
    name: "invited-to",
    burst: 10,
    every: Duration::from_mins(10),
    words: "This address was invited here several times lately. Any of the links that arrived works. For another one, wait {wait}.",
};
/// … and by one person, to whomever.
static INVITED_BY: Limit = Limit {
    name: "invited-by",
    burst: 100,
    every: Duration::from_mins(1),
    words: "You invited very many people lately. Wait {wait} before the next.",
};

/// Bounds the mails that go to addresses of somebody's choice.
async fn invite_bounded(ctx: &Ctx, place: Uuid, email: &str) -> Result<()> {
    let by = ctx.user()?.id.to_string();
    let counters = [INVITED_BY.of(&[&by]), INVITED_TO.of(&[&place.to_string(), email])];
    throttle::take(PlatformTx::begin(ctx.app()).await?, &counters).await?.commit_bookkeeping().await
}

/// Invites a person by mail. The link works once, for a week.
///
/// # Errors
/// When the address is malformed, or its owner is a member already.
pub async fn invitation_create(ctx: &Ctx, tenant: &str, new: InvitationCreate) -> Result<Invitation> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    let email = identity::email_normalise(&new.email)?;
    invite_bounded(ctx, tenant.id().0, &email).await?;
    let token = secret::opaque();
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    if queries::member_exists(&mut tx, &email).await? {
        return Err(Error::conflict(format!("{email} is a member already; change the role instead.")));
    }
    let inviter = ctx.user()?;
    let place = tenant.id().into();
    let row = invitations::insert(tx.conn()?, &place, &email, new.role, &token, inviter.id).await?;
    let invitation = invitation(row)?;
    notifications::invitation_mail(&mut tx, &tenant, &invitation, &inviter.name, &token).await?;
    tx.commit(&Event::MemberInvited { email, role: new.role.to_string() }).await?;
    Ok(invitation)
}

fn invitation(row: invitations::Row) -> Result<Invitation> {
    let role = row.role()?;
    let invitations::Row { id, email, created_at, expires_at, .. } = row;
    Ok(Invitation { id: id.into(), email, role, created_at, expires_at })
}

/// Invitations that wait to be taken, newest first.
///
/// # Errors
/// When the caller does not manage members.
pub async fn invitation_list(ctx: &Ctx, tenant: &str) -> Result<Vec<Invitation>> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let waiting = invitations::waiting(tx.conn()?, &tenant.id().into()).await?;
    tx.finish().await?;
    waiting.into_iter().map(invitation).collect()
}

/// Makes an invitation's link worthless.
///
/// # Errors
/// When there is no such invitation that waits.
pub async fn invitation_revoke(ctx: &Ctx, tenant: &str, invitation: InvitationId) -> Result<()> {
    let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
    let mut tx = TenantTx::begin(ctx, &tenant).await?;
    let email = invitations::close(tx.conn()?, &tenant.id().into(), invitation, Close::Revoked).await?;
    let email = email.ok_or_else(|| Error::not_found("invitation"))?;
    tx.commit(&Event::InvitationRevoked { email }).await
}
