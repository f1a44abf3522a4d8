//! Members of a tenant.

use super::{InTenant, Output, SignIn, tenant};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args as ClapArgs, Subcommand};
use weighhouse_types::permission::TenantRole;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Inviting people and changing roles are a person's acts that no token may do:
these ask for your e-mail address and password, sign in, and sign out again.")]
pub(crate) enum Member {
    /// List everyone with a role that reaches a tenant
    List(InTenant),
    /// Invite a person by mail
    Invite(MemberInvite),
    /// Give one of the client's people another role
    Role(MemberRole),
    /// Take away a person's role; they lose access at once
    Remove(MemberRemove),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  wh member invite acme bob@acme.example --role approver")]
pub(crate) struct MemberInvite {
    /// The tenant
    #[arg(value_parser = tenant)]
    pub(crate) tenant: String,
    /// Whom to invite: an e-mail address
    pub(crate) person: String,
    /// The role that they will have
    #[arg(long, value_parser = roles())]
    pub(crate) role: TenantRole,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct MemberRole {
    /// The tenant
    #[arg(value_parser = tenant)]
    pub(crate) tenant: String,
    /// Whose role: their e-mail address
    pub(crate) person: String,
    /// The role that they will have
    #[arg(value_parser = roles())]
    pub(crate) role: TenantRole,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct MemberRemove {
    /// The tenant
    #[arg(value_parser = tenant)]
    pub(crate) tenant: String,
    /// Whose role: their e-mail address
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Roles by their names, which shells complete.
fn roles() -> impl clap::builder::TypedValueParser<Value = TenantRole> {
    PossibleValuesParser::new(TenantRole::ALL.iter().map(|role| role.as_str()))
        .try_map(|name| name.parse::<TenantRole>())
}
