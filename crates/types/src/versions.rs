//! Versions: immutable, numbered, identified by the digest of their context.

use crate::annotations::Annotations;
use crate::context::{Completeness, Context, FileEntry, Kind, Supply};
use crate::ids::VersionId;
use crate::reference::VersionRef;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a version is approved for.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Development,
    Staging,
    Production,
    Archived,
    Retired,
}

impl Stage {
    /// Every stage, in order of a version's life.
    pub const ALL: [Self; 5] =
        [Self::Development, Self::Staging, Self::Production, Self::Archived, Self::Retired];

    /// The stage's name in the API and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
            Self::Archived => "archived",
            Self::Retired => "retired",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Stage {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|stage| stage.as_str() == s);
        found.ok_or_else(|| {
            format!("‘{s}’ is no stage; stages are development, staging, production, archived, retired")
        })
    }
}

/// A version to register. Its files were uploaded before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionRegister {
    /// The components, by name.
    #[schema(value_type = Context)]
    pub context: Value,
    /// Make the model if the project has none of this name.
    #[serde(default)]
    pub create_model: bool,
}

/// A version, without its context.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VersionSummary {
    pub id: VersionId,
    pub reference: VersionRef,
    pub kind: Kind,
    /// SHA-256 over the RFC 8785 canonical JSON of the context, lower-case hex.
    pub digest: String,
    pub stage: Stage,
    /// When it came into its stage.
    pub stage_since: DateTime<Utc>,
    pub author: String,
    pub created_at: DateTime<Utc>,
    pub files: u32,
    /// Bytes of all files together.
    pub size: u64,
    pub completeness: Completeness,
}

/// A version with all that is known of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Version {
    #[serde(flatten)]
    pub summary: VersionSummary,
    /// The components as registered.
    #[schema(value_type = Object)]
    pub context: Value,
    pub file_list: Vec<FileEntry>,
    /// What it was made of and measured on, where that is registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<crate::datasets::Input>,
    /// Stages that it went through, oldest first.
    pub history: Vec<StageChange>,
    /// Components that are missing, and how the next version gets them.
    #[serde(default)]
    pub supplies: Vec<Supply>,
    /// What people say of it; the digest does not cover it.
    #[serde(default)]
    pub annotations: Annotations,
    /// The request that waits for a decision about it.
    pub open_promotion: Option<crate::ids::PromotionId>,
    /// When and why its files were removed; absent while they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept: Option<crate::retention::ArtifactSwept>,
}

/// One step of a version through its stages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StageChange {
    pub from: Option<Stage>,
    pub to: Stage,
    pub at: DateTime<Utc>,
    pub by: String,
    /// Why, in one sentence: the request, the rollback and its reason, or what replaced it.
    pub why: String,
}

/// What is approved for production of a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductionNow {
    pub number: u32,
    pub digest: String,
    pub since: DateTime<Utc>,
    /// Who approved it, or rolled back to it.
    pub by: Vec<String>,
}

/// A span of time in which a version was approved for production.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductionPeriod {
    pub number: u32,
    pub digest: String,
    pub from: DateTime<Utc>,
    /// Absent while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// How it began.
    pub began_by: PeriodCause,
    /// How it ended.
    pub ended_by: Option<PeriodCause>,
    /// Who requested it, or rolled back.
    pub requested_by: String,
    /// Who approved the version; for a rollback, when it was promoted before.
    pub approved_by: Vec<String>,
    pub reason: String,
}

/// What began or ended a production period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodCause {
    Promotion,
    Rollback,
}

/// Ask what was in production at a moment.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    /// RFC 3339; now unless given.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
}

/// The five-minute question, answered for one moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProductionAnswer {
    pub at: DateTime<Utc>,
    /// What was in production; absent where nothing was.
    pub production: Option<ProductionPeriod>,
    /// What a rollback now would restore.
    pub rollback_target: Option<u32>,
}

/// Roll production back to the version before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Why; it stands in the record for good.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    pub reason: String,
    /// The version the caller believes to be in production; refused when it is another.
    #[serde(default)]
    pub from: Option<u32>,
}

/// What a rollback did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RolledBack {
    pub from: VersionRef,
    pub to: VersionRef,
    pub digest: String,
    pub at: DateTime<Utc>,
    /// Of a system: what its parts moved, in the same transaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<MovedVersion>,
    /// Systems that hold what was left, and are not whole without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<crate::systems::AffectedSystem>,
}

/// A model whose production moved together with a system's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MovedVersion {
    /// The version that was in production, `tenant/project/model@N`, and is archived.
    pub from: Option<String>,
    /// The version that is; absent where none is any more.
    pub to: Option<String>,
    /// The open request for what came, by id, which this answered and closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
}

impl std::fmt::Display for MovedVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "{to} in place of {from}"),
            (None, Some(to)) => f.write_str(to),
            (Some(from), None) => write!(f, "{from} archived, with none in its place"),
            (None, None) => f.write_str("nothing"),
        }
    }
}
