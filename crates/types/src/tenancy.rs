//! Agencies and their tenants (client engagements).

use crate::ids::{AgencyId, TenantId};
use crate::permission::{AgencyRole, Role};
use crate::promotions::PromotionSummary;
use crate::versions::ProductionNow;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An agency: the paying account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Agency {
    pub id: AgencyId,
    pub slug: String,
    pub name: String,
    pub created_at: DateTime<Utc>,
}

/// A new agency or tenant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantCreate {
    /// Stands in URLs and references; global and for good.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$")]
    pub slug: String,
    /// The client's name; the slug unless given.
    #[serde(default)]
    pub name: Option<String>,
}

/// A tenant: one client engagement of an agency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub agency: String,
    pub created_at: DateTime<Utc>,
    /// The caller's role here.
    pub role: Role,
    /// Whether everything in it is made up, as in the demonstration.
    pub synthetic: bool,
}

/// One client on the portfolio page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PortfolioTenant {
    pub tenant: Tenant,
    /// The first models by name with what is approved for production of them; at most 20.
    pub models: Vec<PortfolioModel>,
    /// Whether there are more models than these.
    pub more_models: bool,
    pub open_promotions: u32,
}

/// One model on the portfolio page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PortfolioModel {
    pub project: String,
    pub model: String,
    pub production: Option<ProductionNow>,
    pub latest: Option<u32>,
}

/// What a person sees across the clients that they reach.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Portfolio {
    /// The agencies that the person works at.
    pub agencies: Vec<AgencyMembership>,
    /// A page of the clients that the person reaches, by name.
    pub tenants: Vec<PortfolioTenant>,
    /// The cursor of the clients' next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Open requests, those that wait for the caller's own decision first.
    pub inbox: Vec<InboxItem>,
}

/// An agency and the caller's role there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgencyMembership {
    pub agency: Agency,
    pub role: AgencyRole,
}

/// An open promotion request in somebody's inbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxItem {
    pub promotion: PromotionSummary,
    /// Whether the caller may decide it.
    pub needs_me: bool,
}
