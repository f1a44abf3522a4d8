//! The permission table: who may do what. The whole policy is the one match
//! in [`allows`]; its full matrix is a golden file of the test suite.

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name used in the API, on the command line and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        // By hand: the derive does not see names that come out of a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let about = [$($doc),*].concat();
                let schema = utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(about.trim()))
                    .enum_values(Some([$($text),*]));
                utoipa::openapi::RefOr::T(schema.into())
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(format!(
                        "‘{s}’ is not one of: {}",
                        [$($text),*].join(", ")
                    )),
                }
            }
        }
    };
}

pub(crate) use named;

named! {
    /// A role in an agency (reaches all of its tenants).
    AgencyRole {
        Owner = "owner",
        AgencyAdmin = "agency-admin",
        Engineer = "engineer",
        Auditor = "auditor",
    }
}

named! {
    /// A role in one tenant: a client's own people.
    TenantRole {
        ClientAdmin = "client-admin",
        Approver = "approver",
        Viewer = "viewer",
    }
}

named! {
    /// What an API token may be used for.
    Scope {
        Read = "read",
        Track = "track",
        Register = "register",
        Promote = "promote",
        Deploy = "deploy",
        Predict = "predict",
    }
}

named! {
    /// Everything that can be done inside one tenant.
    Action {
        TenantRead = "tenant.read",
        MemberRead = "member.read",
        MemberManage = "member.manage",
        ProjectCreate = "project.create",
        ModelCreate = "model.create",
        VersionRegister = "version.register",
        ArtifactDownload = "artifact.download",
        VersionRetire = "version.retire",
        PromotionOpen = "promotion.open",
        PromotionDecide = "promotion.decide",
        PromotionWithdraw = "promotion.withdraw",
        ProductionRollback = "production.rollback",
        TokenManageOwn = "token.manage-own",
        AuditRead = "audit.read",
        JobRead = "job.read",
        JobManage = "job.manage",
        RetentionRead = "retention.read",
        RetentionManage = "retention.manage",
        HoldManage = "hold.manage",
        PinManage = "pin.manage",
        AttestationAdd = "attestation.add",
        CommentAdd = "comment.add",
        SignerManage = "signer.manage",
    }
}

named! {
    /// Everything that is done to an agency rather than to one tenant.
    AgencyAction {
        AgencyRead = "agency.read",
        TenantCreate = "tenant.create",
        StaffManage = "staff.manage",
        OwnerManage = "owner.manage",
        AgencyAuditRead = "agency-audit.read",
    }
}

/// A role that gives rights in a tenant: the agency's or the client's own.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Agency(AgencyRole),
    Tenant(TenantRole),
}

impl Role {
    /// Every role, the agency's first.
    pub fn all() -> impl Iterator<Item = Self> {
        let agency = AgencyRole::ALL.iter().map(|r| Self::Agency(*r));
        agency.chain(TenantRole::ALL.iter().map(|r| Self::Tenant(*r)))
    }

    /// The role's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agency(role) => role.as_str(),
            Self::Tenant(role) => role.as_str(),
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a role may do something in a tenant that it reaches.
///
/// Separation of duties is part of the table: who registers and requests
/// (the agency) does not decide, and who decides (the client's approvers)
/// does not register.
#[must_use]
pub const fn allows(role: Role, action: Action) -> bool {
    use Action as A;
    use AgencyRole::{AgencyAdmin, Auditor, Engineer, Owner};
    use TenantRole::{Approver, ClientAdmin, Viewer};
    match action {
        A::TenantRead | A::MemberRead | A::ArtifactDownload | A::CommentAdd => true,
        A::AuditRead | A::RetentionRead => !matches!(role, Role::Tenant(Viewer)),
        A::JobRead => matches!(role, Role::Agency(_) | Role::Tenant(ClientAdmin)),
        A::MemberManage | A::JobManage | A::RetentionManage | A::HoldManage | A::SignerManage => {
            matches!(role, Role::Agency(Owner | AgencyAdmin) | Role::Tenant(ClientAdmin))
        }
        A::ProjectCreate
        | A::ModelCreate
        | A::VersionRegister
        | A::AttestationAdd
        | A::VersionRetire
        | A::PromotionOpen
        | A::PromotionWithdraw
        | A::ProductionRollback
        | A::PinManage => {
            matches!(role, Role::Agency(Owner | AgencyAdmin | Engineer))
        }
        A::PromotionDecide => matches!(role, Role::Tenant(Approver)),
        A::TokenManageOwn => !matches!(role, Role::Agency(Auditor)),
    }
}

/// Whether an agency role may do something to the agency itself.
#[must_use]
pub const fn agency_allows(role: AgencyRole, action: AgencyAction) -> bool {
    use AgencyAction as A;
    use AgencyRole::{AgencyAdmin, Auditor, Owner};
    match action {
        A::AgencyRead => true,
        A::TenantCreate | A::StaffManage => matches!(role, Owner | AgencyAdmin),
        // Who is an owner is for owners to say.
        A::OwnerManage => matches!(role, Owner),
        A::AgencyAuditRead => matches!(role, Owner | AgencyAdmin | Auditor),
    }
}

/// The scope a token needs for an action; `None` where no token may do it,
/// because it is a person's act in the browser.
#[must_use]
pub const fn token_scope(action: Action) -> Option<Scope> {
    use Action as A;
    match action {
        A::TenantRead
        | A::MemberRead
        | A::ArtifactDownload
        | A::AuditRead
        | A::JobRead
        | A::RetentionRead => Some(Scope::Read),
        A::ProjectCreate
        | A::ModelCreate
        | A::VersionRegister
        | A::AttestationAdd
        | A::CommentAdd
        | A::PinManage => Some(Scope::Register),
        A::PromotionOpen | A::PromotionWithdraw => Some(Scope::Promote),
        A::VersionRetire | A::ProductionRollback => Some(Scope::Deploy),
        A::MemberManage
        | A::PromotionDecide
        | A::TokenManageOwn
        | A::JobManage
        | A::RetentionManage
        | A::HoldManage
        | A::SignerManage => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for action in Action::ALL {
            assert_eq!(action.as_str().parse::<Action>(), Ok(*action));
        }
        assert!("nobody".parse::<AgencyRole>().is_err());
    }

    #[test]
    fn no_role_both_requests_and_decides() {
        for role in Role::all() {
            assert!(!(allows(role, Action::PromotionOpen) && allows(role, Action::PromotionDecide)));
        }
    }
}
