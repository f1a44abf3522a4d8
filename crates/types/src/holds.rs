//! Legal holds: what nobody may remove while one is in force.

use crate::ids::HoldId;
use crate::reference::ModelRef;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A hold to place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldPlace {
    /// Why; stands in the record for good.
    pub reason: String,
    /// Who answers for it, such as a lawyer or a case; the caller unless given.
    #[serde(default)]
    pub owner: Option<String>,
    /// Only this model, as `tenant/project/model`; everything of the tenant unless given.
    #[serde(default)]
    pub model: Option<String>,
}

/// Ask for a hold to be lifted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldLift {
    /// Why it is no longer needed.
    pub reason: String,
}

/// A legal hold. It is in force until it is lifted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hold {
    pub id: HoldId,
    /// The one model that it covers; absent where it covers the whole tenant.
    pub model: Option<ModelRef>,
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    pub placed_by: String,
    pub placed_at: DateTime<Utc>,
    /// Whether the client's own people placed it: then the agency alone cannot lift it.
    pub by_client: bool,
    /// That somebody has asked to lift it.
    pub lift: Option<LiftAsked>,
    pub lifted: Option<Lifted>,
}

/// The first half of lifting a hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LiftAsked {
    pub by: String,
    pub at: DateTime<Utc>,
    pub reason: String,
    /// Whether the caller is the one who asked, and so cannot confirm.
    pub by_caller: bool,
}

/// The second half: another person confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lifted {
    pub by: String,
    pub at: DateTime<Utc>,
}
