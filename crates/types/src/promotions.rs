//! Promotion requests: what is asked, the evidence, and the decisions.

use crate::attestations::AttestationKind;
use crate::context::Completeness;
use crate::ids::{AttestationId, PromotionId};
use crate::page::PageQuery;
use crate::reference::VersionRef;
use crate::versions::Stage;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromotionState {
    Open,
    Approved,
    Rejected,
    Withdrawn,
}

impl PromotionState {
    /// The state's name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl std::str::FromStr for PromotionState {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        [Self::Open, Self::Approved, Self::Rejected, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or_else(|| format!("‘{s}’ is no promotion state"))
    }
}

/// Which requests are asked for, and which page of them.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PromotionQuery {
    /// Where the previous page ended: its `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Items wanted, 1 to 200; 50 unless given.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only requests in this state.
    #[serde(default)]
    #[param(inline)]
    pub state: Option<PromotionState>,
    /// Only requests for versions of a model, `tenant/project/model`.
    #[serde(default)]
    pub model: Option<String>,
}

impl PromotionQuery {
    /// The page of the list that is left.
    #[must_use]
    pub fn page(&self) -> PageQuery {
        PageQuery { cursor: self.cursor.clone(), limit: self.limit }
    }
}

/// Ask for a version to be promoted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionOpen {
    /// Where to.
    #[schema(schema_with = targets)]
    pub target: Stage,
    /// What is better, and what the reviewer should look at.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub reason: String,
}

/// The stages that a version is promoted to.
fn targets() -> utoipa::openapi::Object {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("Where to."))
        .enum_values(Some([Stage::Staging, Stage::Production].map(Stage::as_str)))
        .build()
}

/// A decision about a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionDecide {
    pub decision: Decision,
    /// Why; it stands in the record for good.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    pub reason: String,
    /// The digest of the evidence that was looked at.
    pub evidence_digest: String,
}

/// Yes or no.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Reject,
}

impl Decision {
    /// The decision's name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// A request in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PromotionSummary {
    pub id: PromotionId,
    pub version: VersionRef,
    pub target: Stage,
    pub state: PromotionState,
    pub requester: String,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
}

/// A request with what a reviewer needs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Promotion {
    #[serde(flatten)]
    pub summary: PromotionSummary,
    pub author: String,
    pub evidence: Evidence,
    /// SHA-256 over the canonical JSON of the evidence, lower-case hex.
    pub evidence_digest: String,
    pub approvals: Vec<Approval>,
    /// How many distinct people must approve.
    pub quorum: u32,
    /// Why the caller cannot decide; absent where they can.
    pub cannot_decide: Option<String>,
    /// What the version changes against production, metric by metric.
    pub changes: Vec<MetricChange>,
}

/// What a decision is about. If any of it changes, approvals given are void.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evidence {
    pub version: VersionRef,
    pub version_digest: String,
    pub target: Stage,
    pub completeness: Completeness,
    /// The newest results on each test set: of the version's evaluation component, or attested later.
    #[schema(value_type = Option<Vec<Object>>)]
    pub evaluation: Option<Value>,
    /// What is in production, and would be replaced.
    pub production: Option<EvidenceProduction>,
    /// Evaluations, scans and signatures that were attested, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<EvidenceAttestation>,
}

impl Eq for Evidence {}

/// An attestation that a decision is about as well.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EvidenceAttestation {
    pub id: AttestationId,
    pub kind: AttestationKind,
    pub digest: String,
    /// What it says, in a few words.
    pub summary: String,
}

/// The version that a promotion would replace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EvidenceProduction {
    pub number: u32,
    pub digest: String,
    /// Part of the evidence: the same version back in production is another state.
    pub since: DateTime<Utc>,
    #[schema(value_type = Option<Vec<Object>>)]
    pub evaluation: Option<Value>,
}

/// A decision that was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Approval {
    pub by: String,
    pub decision: Decision,
    pub reason: String,
    pub at: DateTime<Utc>,
    /// Given on evidence that has changed since, so that it does not count.
    pub void: bool,
}

/// One metric of a version beside production's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MetricChange {
    pub dataset: String,
    /// The slice, as `name = value`; absent for the whole test set.
    pub slice: Option<String>,
    pub metric: String,
    pub higher_is_better: bool,
    pub before: Option<f64>,
    pub after: Option<f64>,
}

impl Eq for MetricChange {}
