//! The link of an invitation: what it shows, and how it is taken.

use super::queries;
use super::queries::invitations::{self, Close, Open};
use crate::identity::{self, SignedIn};
use crate::kernel::authz;
use crate::kernel::ctx::{Actor, Ctx};
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::{PlatformTx, TenantTx};
use weighhouse_types::audit::Event;
use weighhouse_types::error::Code;
use weighhouse_types::identity::User;
use weighhouse_types::ids::{AgencyId, TenantId};
use weighhouse_types::memberships::InvitationShown;
use weighhouse_types::permission::{AgencyRole, Role, TenantRole};

/// The invitation behind a link.
///
/// # Errors
/// When the link was used, revoked or is too old.
pub async fn invitation_show(ctx: &Ctx, token: &str) -> Result<InvitationShown> {
    let found = open_invitation(ctx, token).await?;
    Ok(InvitationShown {
        role: role(&found)?,
        place: found.place,
        has_login: found.has_login,
        email: found.email,
    })
}

/// Takes an invitation: a new login chooses its name and password, one that
/// exists proves itself with its password.
///
/// # Errors
/// When the link does not work any more, or the password is wrong or none.
pub async fn invitation_accept(
    ctx: &Ctx,
    token: &str,
    name: &str,
    password: &str,
    agent: &str,
) -> Result<SignedIn> {
    let found = open_invitation(ctx, token).await?;
    if !found.has_login {
        let name = if name.trim().is_empty() { &found.email } else { name.trim() };
        identity::login_create(ctx, found.agency_id.into(), &found.email, name, password).await?;
    }
    let login = identity::authenticate(ctx, &found.email, password).await?;
    // From here on the new member acts; the handle is the invitation's.
    match role(&found)? {
        Role::Tenant(role) => {
            let tenant = found.tenant_id.ok_or_else(|| Error::internal("an invitation to no tenant"))?;
            join_tenant(ctx, &found, login.user(), tenant.into(), role).await?;
        }
        Role::Agency(role) => join_agency(ctx, &found, login.user(), role).await?,
    }
    identity::session_start(ctx, login, agent).await
}

async fn join_tenant(ctx: &Ctx, found: &Open, user: User, tenant: TenantId, role: TenantRole) -> Result<()> {
    let id = user.id;
    let acting = ctx.acting(Actor::Invited { user, tenant: Some(tenant) });
    let tenant = authz::invited_tenant(&acting).await?;
    let mut tx = TenantTx::begin(&acting, &tenant).await?;
    let taken = invitations::close(tx.conn()?, &tenant.id().into(), found.id.into(), Close::Accepted).await?;
    let email = taken.ok_or_else(gone)?;
    queries::member_insert(&mut tx, id, role).await?;
    tx.commit(&Event::MemberJoined { email, role: role.to_string() }).await
}

async fn join_agency(ctx: &Ctx, found: &Open, user: User, role: AgencyRole) -> Result<()> {
    let id = user.id;
    let acting = ctx.acting(Actor::Invited { user, tenant: None });
    let agency: AgencyId = found.agency_id.into();
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let taken = invitations::close(tx.conn()?, &agency.into(), found.id.into(), Close::Accepted).await?;
    let email = taken.ok_or_else(gone)?;
    identity::agency_member_insert(&mut tx, agency, id, role.as_str()).await?;
    tx.commit(&acting, agency, &Event::MemberJoined { email, role: role.to_string() }).await
}

fn role(found: &Open) -> Result<Role> {
    let text = &found.role;
    match found.tenant_id {
        Some(_) => text.parse().map(Role::Tenant),
        None => text.parse().map(Role::Agency),
    }
    .map_err(Error::internal)
}

async fn open_invitation(ctx: &Ctx, token: &str) -> Result<Open> {
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let found = invitations::by_token(&mut tx, token).await?;
    tx.finish().await?;
    identity::link_found(ctx, found, gone).await
}

fn gone() -> Error {
    Error::refused(
        Code::NotFound,
        "This invitation was used, revoked or is older than a week. Ask for a new one.",
    )
}
