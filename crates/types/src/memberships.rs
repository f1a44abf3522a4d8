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
