//! Making logins.

use super::queries::{self, NewLogin};
use super::rules::password_check;
use crate::kernel::authz;
use crate::kernel::ctx::Ctx;
use crate::kernel::error::{Error, Result};
use crate::kernel::tx::{PlatformTx, TenantTx};
use weighhouse_types::audit::Event;
use weighhouse_types::identity::User;
use weighhouse_types::ids::{AgencyId, UserId};
use weighhouse_types::permission::{Action, AgencyAction, AgencyRole, TenantRole};

/// A login to make.
#[derive(Clone)]
pub struct UserCreate {
    pub email: String,
    /// The part of the address before the @ unless given.
    pub name: Option<String>,
    pub password: String,
    pub role: UserRole,
}

/// The role that a new login has, and where.
#[derive(Clone, Debug)]
pub enum UserRole {
    Agency { agency: String, role: AgencyRole },
    Tenant { tenant: String, role: TenantRole },
}

/// Makes a login with its first role.
///
/// # Errors
/// When the address is taken or the password too short.
pub async fn user_create(ctx: &Ctx, new: UserCreate) -> Result<User> {
    match &new.role {
        UserRole::Agency { agency, role } => {
            let agency = authz::agency(ctx, agency, AgencyAction::StaffManage).await?;
            let (email, name) = named(&new)?;
            password_check(&new.password, &[&email, &name, &agency.info().name])?;
            let password_hash = &ctx.app().passwords.hash(&new.password).await?;
            let login =
                NewLogin { agency: agency.id(), email: &email, name: &name, password_hash, operator: false };
            let mut tx = PlatformTx::begin(ctx.app()).await?;
            let id = queries::login_insert(&mut tx, &login).await?;
            queries::agency_member_insert(&mut tx, agency.id(), id, role.as_str()).await?;
            let event =
                Event::UserCreated { email: email.clone(), role: Some(role.to_string()), tenant: None };
            tx.commit(ctx, agency.id(), &event).await?;
            Ok(User { id, email, name, operator: false })
        }
        UserRole::Tenant { tenant, role } => {
            let tenant = authz::tenant(ctx, tenant, Action::MemberManage).await?;
            let (email, name) = named(&new)?;
            let id = login_create(ctx, tenant.agency_id(), &email, &name, &new.password).await?;
            let mut tx = TenantTx::begin(ctx, &tenant).await?;
            crate::memberships::member_insert_in_tx(&mut tx, id, *role).await?;
            tx.commit(&Event::MemberJoined { email: email.clone(), role: role.to_string() }).await?;
            Ok(User { id, email, name, operator: false })
        }
    }
}

/// Makes a login of a generator of data, under a password that was hashed.
pub(crate) async fn login_made_up(
    ctx: &Ctx,
    agency: &authz::Agency,
    email: &str,
    name: &str,
    password_hash: &str,
    role: Option<AgencyRole>,
) -> Result<UserId> {
    let login = NewLogin { agency: agency.id(), email, name, password_hash, operator: false };
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let id = queries::login_insert(&mut tx, &login).await?;
    if let Some(role) = role {
        queries::agency_member_insert(&mut tx, agency.id(), id, role.as_str()).await?;
    }
    let role = role.map(|role| role.to_string());
    tx.commit(ctx, agency.id(), &Event::UserCreated { email: email.into(), role, tenant: None }).await?;
    Ok(id)
}

/// The address and name of a login to make, in their one form.
fn named(new: &UserCreate) -> Result<(String, String)> {
    let email = email_normalise(&new.email)?;
    let local = email.split('@').next().unwrap_or(&email);
    let name = name_or(new.name.as_deref().unwrap_or_default(), local);
    Ok((email, name))
}

/// Makes a login without a role yet, recorded by the agency.
pub(crate) async fn login_create(
    ctx: &Ctx,
    agency: AgencyId,
    email: &str,
    name: &str,
    password: &str,
) -> Result<UserId> {
    password_check(password, &[email, name])?;
    let password_hash = &ctx.app().passwords.hash(password).await?;
    let name = &name_or(name, email);
    let login = NewLogin { agency, email, name, password_hash, operator: false };
    let mut tx = PlatformTx::begin(ctx.app()).await?;
    let id = queries::login_insert(&mut tx, &login).await?;
    let event = Event::UserCreated { email: email.into(), role: None, tenant: None };
    tx.commit(ctx, agency, &event).await?;
    Ok(id)
}

/// An address in its one form: trimmed, lower case.
pub(crate) fn email_normalise(email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    let form = email
        .split_once('@')
        .filter(|(name, host)| !name.is_empty() && (host.contains('.') || *host == "localhost"));
    let plain = email.len() <= 254 && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    match form {
        Some(_) if plain && email.parse::<lettre::Address>().is_ok() => Ok(email),
        _ => Err(Error::invalid("email", format!("‘{email}’ is no e-mail address."))),
    }
}

/// A person's name in its bounds, or what stands in for one that was not given.
pub(super) fn name_or(name: &str, otherwise: &str) -> String {
    let name = if name.trim().is_empty() { otherwise } else { name.trim() };
    name.chars().take(100).collect()
}
