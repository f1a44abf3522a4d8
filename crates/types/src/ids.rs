//! Identifiers: UUIDs, one type per thing, so that they cannot be swapped.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
            Serialize, Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = Uuid)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// The paying account: an agency.
    AgencyId,
    /// One client engagement.
    TenantId,
    /// A person's login.
    UserId,
    /// A browser session.
    SessionId,
    /// An API token.
    TokenId,
    /// An invitation that was sent.
    InvitationId,
    /// A project inside a tenant.
    ProjectId,
    /// A model inside a project.
    ModelId,
    /// An immutable version of a model.
    VersionId,
    /// A request to move a version to a stage.
    PromotionId,
    /// A job of the workers.
    JobId,
    /// A legal hold.
    HoldId,
    /// An attestation on a version.
    AttestationId,
    /// A key whose signatures a client trusts.
    SignerId,
    /// One sweep of what has expired.
    SweepId,
    /// A provider's change.
    PinAlertId,
}
