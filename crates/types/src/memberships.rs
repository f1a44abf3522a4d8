//! Members of agencies and tenants, and invitations.

use crate::ids::{InvitationId, UserId};
use crate::permission::{AgencyRole, Role, TenantRole};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A person with a role that reaches a tenant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub since: DateTime<Utc>,
}

/// An invitation to a tenant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreate {
    #[schema(format = Email, max_length = 254)]
    pub email: String,
    pub role: TenantRole,
}

/// An invitation that was sent and not yet taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: TenantRole,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Another role for a member of a tenant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberUpdate {
    pub role: TenantRole,
}

/// What the link of an invitation leads to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvitationShown {
    /// The client's name, or the agency's.
    pub place: String,
    pub email: String,
    pub role: Role,
    /// The address has a login: its password is asked, not chosen.
    pub has_login: bool,
}

/// Take an invitation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationAccept {
    /// What a new login is called; the address unless given.
    #[serde(default)]
    pub name: String,
    /// Chosen for a new login; asked of one that exists.
    #[schema(format = Password)]
    pub password: String,
}

/// An invitation to work at an agency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffInvitationCreate {
    pub email: String,
    pub role: AgencyRole,
}

/// An invitation to work at an agency that was sent and not yet taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StaffInvitation {
    pub id: InvitationId,
    pub email: String,
    pub role: AgencyRole,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Another role for one of an agency's staff.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffUpdate {
    pub role: AgencyRole,
}
